"""Ids of vocabularies, held against those that every InvenioRDM has by default."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publishkit import vocabularies as known
from publishkit.validation.nearest import nearest
from publishkit.validation.node import Node, shown

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from publishkit.errors import Problem

__all__ = ["term_rules"]

_CODE = 3


def term_rules(metadata: Node) -> Iterator[Problem]:
    """Every id whose vocabulary is small enough to be known here."""
    yield from _term(metadata["resource_type"], known.RESOURCE_TYPES, "resource type")
    for field in ("creators", "contributors"):
        for entry in metadata[field].each():
            yield from _term(entry["role"], known.ROLES, "role")
    for field, terms, name in (
        ("additional_titles", known.TITLE_TYPES, "title type"),
        ("additional_descriptions", known.DESCRIPTION_TYPES, "description type"),
        ("dates", known.DATE_TYPES, "date type"),
    ):
        for entry in metadata[field].each():
            yield from _term(entry["type"], terms, name)
            yield from _language(entry["lang"])
    for entry in metadata["related_identifiers"].each():
        yield from _relation(entry["relation_type"])
        yield from _term(entry["resource_type"], known.RESOURCE_TYPES, "resource type")
    for entry in metadata["languages"].each():
        yield from _language(entry)
    for entry in metadata["rights"].each():
        yield from _licence(entry)


def _term(node: Node, terms: Collection[str], name: str) -> Iterator[Problem]:
    term = node["id"].text
    if term and term not in terms:
        yield node["id"].warning(
            f"{shown(term)} is not a {name} that archives have by default",
            _advice(nearest(term, terms), terms),
        )


def _advice(meant: str | None, terms: Collection[str]) -> str:
    return f'did you mean "{meant}"?' if meant else f"by default: {', '.join(sorted(terms))}"


def _relation(node: Node) -> Iterator[Problem]:
    """DataCite's spelling, `IsSupplementTo`, is 400 on InvenioRDM 13.1.2."""
    relation = node["id"].text
    meant = relation.lower()
    if relation != meant and meant in known.RELATION_TYPES:
        yield node["id"].error(
            f"relation types are in lower case, not {shown(relation)}", f'write "{meant}"'
        )
    else:
        yield from _term(node, known.RELATION_TYPES, "relation type")


def _language(node: Node) -> Iterator[Problem]:
    code = node["id"].text
    if not code or (len(code) == _CODE and code.isascii() and code.isalpha() and code.islower()):
        return
    meant = known.LANGUAGES.get(code.lower().partition("-")[0])
    yield node["id"].warning(
        f"{shown(code)} is not a language that archives know",
        f'write "{meant}"' if meant else 'write three letters (ISO 639-3), such as "eng"',
    )


def _licence(node: Node) -> Iterator[Problem]:
    licence = node["id"].text
    if not licence or licence in known.LICENCES:
        return
    meant = known.ALIASES.get(licence.lower().replace(" ", "-")) or nearest(licence, known.LICENCES)
    yield node["id"].warning(
        f"{shown(licence)} is not a licence that archives have by default",
        f'did you mean "{meant}"?'
        if meant
        else 'write an SPDX id in lower case, such as "cc-by-4.0", or {"title": {"en": "..."}}',
    )
