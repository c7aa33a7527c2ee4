"""The remaining rules: what must be given together, and what excludes what."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from publishkit.identifiers import is_url
from publishkit.validation.dates import date_rules, embargo_rules
from publishkit.validation.node import Node, shown
from publishkit.validation.people import people_rules
from publishkit.validation.terms import term_rules
from publishkit.validation.works import pid_rules, work_rules

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from publishkit.errors import Problem

__all__ = ["rules"]

_CODE = re.compile("[a-z]{2}")


def rules(record: Node, today: dt.date) -> Iterator[Problem]:
    """Everything about a record that is not a matter of types.

    Args:
        record: The whole record, cleaned; it may have any shape.
        today: In UTC.
    """
    metadata = record["metadata"]
    yield from people_rules(metadata)
    yield from date_rules(metadata)
    yield from term_rules(metadata)
    yield from _rights(metadata["rights"])
    yield from _subjects(metadata["subjects"])
    yield from _funding(metadata["funding"])
    yield from _places(metadata["locations"]["features"])
    yield from work_rules(metadata)
    yield from embargo_rules(record, today)
    yield from pid_rules(record)
    yield from _custom_fields(record["custom_fields"])


def _rights(rights: Node) -> Iterator[Problem]:
    for node in rights.each():
        if not node["id"].text and not node["title"].keys():
            yield node.error(
                "neither the id of a licence nor a title",
                'write {"id": "cc-by-4.0"}, or {"title": {"en": "..."}, "link": "..."}',
            )
        for field in ("title", "description"):
            yield from _languages(node[field])
            if len(node[field].keys()) > 1:
                yield node[field].error("archives take one language here", 'keep one, such as "en"')
        for link in (node["link"], node["props"]["url"]):
            if link.text and not is_url(link.text):
                yield link.error(f"{shown(link.text)} is not a full URL", "begin it with https://")


def _languages(texts: Node) -> Iterator[Problem]:
    """Texts by language have two letters as keys here, although `languages` have three."""
    for key in texts.keys():  # noqa: SIM118 - a node is no mapping
        if not _CODE.fullmatch(key):
            yield texts[key].error(
                f"{shown(key)} is not a language", 'write two letters, such as "en"'
            )


def _subjects(subjects: Node) -> Iterator[Problem]:
    for node in subjects.each():
        if not node["id"].text and not node["subject"].text:
            yield node.error("neither a keyword nor an id", 'write {"subject": "..."}')


def _funding(funding: Node) -> Iterator[Problem]:
    for node in funding.each():
        funder, award = node["funder"], node["award"]
        if isinstance(funder.value, dict) and not funder["id"].text and not funder["name"].text:
            yield funder.error("neither an id nor a name", 'write {"name": "..."}')
        yield from _languages(award["title"])
        named = award["id"].text or award["number"].text or award["title"].keys()
        if isinstance(award.value, dict) and not named:
            yield award.error(
                "neither an id nor a number nor a title",
                'write {"number": "957189", "title": {"en": "..."}}',
            )


def _places(features: Node) -> Iterator[Problem]:
    for node in features.each():
        if not any(node[key].value for key in ("geometry", "place", "description", "identifiers")):
            yield node.error("an empty place", 'write {"place": "..."}, or leave it out')
        geometry = node["geometry"]
        if geometry["type"].text == "Polygon" and isinstance(geometry["coordinates"].value, list):
            for number, ring in enumerate(geometry["coordinates"].value):
                yield from _ring(Node(ring, f"{geometry['coordinates'].path}[{number}]"))


def _ring(ring: Node) -> Iterator[Problem]:
    points = ring.value
    if isinstance(points, list) and (len(points) < 4 or points[0] != points[-1]):  # noqa: PLR2004
        yield ring.error(
            "not a closed ring", "give four positions or more, the last equal to the first"
        )


def _custom_fields(fields: Node) -> Iterator[Problem]:
    for key in fields.keys():  # noqa: SIM118 - a node is no mapping
        name, colon, rest = key.partition(":")
        if not (name and colon and rest):
            yield fields[key].warning(
                "custom fields mostly have a namespace", f'such as "journal:{rest or name}"'
            )
