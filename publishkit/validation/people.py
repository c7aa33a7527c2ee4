"""Rules for creators and contributors."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from publishkit.identifiers import PERSON_SCHEMES
from publishkit.validation.node import shown
from publishkit.validation.works import identifier_rules, one_for_each_scheme

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publishkit.errors import Problem
    from publishkit.validation.node import Node

__all__ = ["people_rules"]


def people_rules(metadata: Node) -> Iterator[Problem]:
    """Names, identifiers and affiliations of all people and organisations."""
    for field in ("creators", "contributors"):
        for entry in metadata[field].each():
            who = entry["person_or_org"]
            yield from _name(who)
            for node in who["identifiers"].each():
                yield from identifier_rules(node, PERSON_SCHEMES)
            yield from one_for_each_scheme(who["identifiers"], PERSON_SCHEMES)
            yield from _affiliations(entry["affiliations"])


def _name(who: Node) -> Iterator[Problem]:
    name, family = who["name"].text, who["family_name"]
    if who["type"].text == "personal" and family.value is None:
        yield family.error("missing: a person needs a family name", _split(name))
    elif who["type"].text == "organizational":
        if who["name"].value is None:
            yield who["name"].error(
                "missing: an organisation needs a name",
                f'write "name": {shown(family.text)}' if family.text else 'write "name": "..."',
            )
        if family.text or who["given_name"].text:
            yield who.warning(
                "archives drop the family and given name of an organisation",
                'keep "name", or write "type": "personal"',
            )


def _split(name: str) -> str:
    """How a whole name is written in two parts."""
    if "," in name:
        family, _, given = (part.strip() for part in name.partition(","))
    else:
        given, _, family = name.rpartition(" ")
    if not family:
        return 'write "family_name": "Doe", "given_name": "Jane"'
    guess = f'"family_name": {shown(family)}' + (f', "given_name": {shown(given)}' * bool(given))
    return f'write {guess}, or "type": "organizational"'


def _affiliations(affiliations: Node) -> Iterator[Problem]:
    counted: Counter[str] = Counter()
    for node in affiliations.each():
        known_as = node["name"].text or node["id"].text
        if not known_as:
            yield node.error("neither a name nor an id", 'write {"name": "..."}')
        counted[known_as] += 1
        if known_as and counted[known_as] == 2:  # noqa: PLR2004 - say it once
            yield node.error(f"{shown(known_as)} is there twice", "leave it out here")
