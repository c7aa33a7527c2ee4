"""Rules for identifiers: of the record, of works that it relates to, of people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publishkit import identifiers
from publishkit.errors import Problem, Severity
from publishkit.identifiers import AWARD_SCHEMES, EXAMPLES, LOCATION_SCHEMES, WORK_SCHEMES
from publishkit.validation.nearest import nearest
from publishkit.validation.node import Node, shown

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

__all__ = ["given_out", "identifier_rules", "one_for_each_scheme", "pid_rules", "work_rules"]


def work_rules(metadata: Node) -> Iterator[Problem]:
    """The record's other identifiers, related works, references, places and awards."""
    for field in ("identifiers", "related_identifiers"):
        for node in metadata[field].each():
            yield from identifier_rules(node, WORK_SCHEMES)
    yield from _no_duplicates(metadata["identifiers"])
    for node in metadata["references"].each():
        if node["identifier"].text or node["scheme"].text:
            yield from identifier_rules(node, WORK_SCHEMES)
    for place in metadata["locations"]["features"].each():
        for node in place["identifiers"].each():
            yield from identifier_rules(node, LOCATION_SCHEMES)
    for funding in metadata["funding"].each():
        listed = funding["award"]["identifiers"]
        for node in listed.each():
            yield from identifier_rules(node, AWARD_SCHEMES)
        yield from one_for_each_scheme(listed, AWARD_SCHEMES)


def identifier_rules(node: Node, allowed: Collection[str]) -> Iterator[Problem]:
    """An identifier must fit its scheme, or one that can be told from it.

    Args:
        node: An object with `identifier` and perhaps `scheme`.
        allowed: The schemes that archives know here.
    """
    value, scheme = node["identifier"].text, node["scheme"].text
    if not value:
        if node["identifier"].value is None and scheme:
            yield node["identifier"].error("missing", f"write {_example(scheme)}")
        return
    if not scheme:
        if not identifiers.detect(value, allowed):
            yield node["scheme"].error(
                f"no scheme is given, and {shown(value)} does not tell it",
                f"write one of {', '.join(sorted(allowed))}",
            )
    elif scheme not in allowed:
        yield _unknown_scheme(node["scheme"], value, allowed)
    elif not identifiers.is_valid(value, scheme):
        yield _invalid(node["identifier"], scheme, allowed)


def _unknown_scheme(node: Node, value: str, allowed: Collection[str]) -> Problem:
    meant = nearest(node.text, allowed)
    if meant and meant.casefold() == node.text.casefold():
        return node.error(f"schemes are in lower case, not {shown(node.text)}", f'write "{meant}"')
    detected = meant or identifiers.detect(value, allowed)
    return node.warning(
        f"{shown(node.text)} is not a scheme that archives know here by default",
        f'did you mean "{detected}"?' if detected else f"known: {', '.join(sorted(allowed))}",
    )


def _invalid(node: Node, scheme: str, allowed: Collection[str]) -> Problem:
    other = identifiers.detect(node.text, allowed)
    advice = f"write {_example(scheme)}"
    if other:
        advice += f', or "scheme": "{other}"'
    return node.error(f"{shown(node.text)} is not a valid {scheme}", advice)


def _example(scheme: str) -> str:
    return f"one such as {EXAMPLES[scheme]}" if scheme in EXAMPLES else "an identifier"


def one_for_each_scheme(listed: Node, allowed: Collection[str]) -> Iterator[Problem]:
    """A person or grant has one identifier of each kind (InvenioRDM 13.1.2 refuses the list)."""
    seen: set[str] = set()
    for node in listed.each():
        value = node["identifier"].text
        scheme = node["scheme"].text or (identifiers.detect(value, allowed) if value else None)
        if scheme in seen:
            yield node.error(f"a second {scheme}", "leave one of them out")
        elif scheme:
            seen.add(scheme)


def _no_duplicates(listed: Node) -> Iterator[Problem]:
    seen: set[tuple[str, str]] = set()
    for node in listed.each():
        key = (node["scheme"].text, node["identifier"].text)
        if key in seen and key[1]:
            yield node.error(f"{shown(key[1])} is there twice", "leave one of them out")
        seen.add(key)


def pid_rules(record: Node) -> Iterator[Problem]:
    """`pids`: a DOI that exists already is `external`."""
    pids = record["pids"]
    for kind in pids.keys():  # noqa: SIM118 - a node is no mapping
        if kind != "doi":
            yield pids[kind].warning(
                "archives know only doi here by default", "use metadata.identifiers"
            )
    value = pids["doi"]["identifier"]
    if value.text and not identifiers.is_valid(value.text, "doi"):
        yield _invalid(value, "doi", ())


def given_out(doi: Node) -> Problem | None:
    """The notice about a `pids.doi` that is left out, if it is."""
    provider, identifier = doi["provider"].text, doi["identifier"].text
    if provider not in {"", "external"}:
        return Problem(
            doi.path,
            f"{shown(identifier)} was given out by an archive ({provider}) and is left out",
            'to keep it, write "provider": "external"; '
            "to point to it, name it in metadata.related_identifiers",
            Severity.NOTICE,
        )
    empty = doi["identifier"].value is None or isinstance(doi["identifier"].value, str)
    if provider and empty and not identifier:
        return Problem(doi.path, "an empty DOI is left out", severity=Severity.NOTICE)
    return None
