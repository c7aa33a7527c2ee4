"""What people say of a new record, in one line each, becomes metadata; or is refused with a reason.

Every function takes text and gives JSON. It raises ValueError, whose words say what is wrong and
what would be right.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from html import escape
from typing import TYPE_CHECKING, Final, TypeVar

from publishkit import identifiers, vocabularies
from publishkit.validation.dates import date_problem
from publishkit.validation.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from pydantic import JsonValue

__all__ = [
    "affiliation",
    "creator",
    "day",
    "description",
    "keyword",
    "licence",
    "name",
    "orcid",
    "resource_type",
    "title",
]

Made = TypeVar("Made")

_TAG: Final = re.compile(r"</?[a-z][^<>]*>", re.IGNORECASE)
_ORGANISATION: Final = re.compile(r"org(?:ani[sz]ation)?\s*:\s*(.*)", re.IGNORECASE | re.DOTALL)
_ORCID_LIKE: Final = re.compile(
    r"(?:https?://)?(?:www\.)?orcid(?:\.org/|:).*|[\d -]{12,}x?", re.IGNORECASE
)
_ORCID_ADDRESS: Final = re.compile(
    r"^(?:https?://)?(?:www\.)?(?:orcid(?:\.org/|:))?\s*", re.IGNORECASE
)
_SHORTEST: Final = 3


def _line(text: str) -> str:
    """Text without blanks around it, if every character of it can be kept."""
    text = text.strip()
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("it is not UTF-8; type it anew") from None
    odd = next((c for c in text if unicodedata.category(c) == "Cc" and c not in "\n\t"), None)
    if odd is not None:
        raise ValueError(f"it holds a control character ({odd!r}); type it anew")
    return text


def title(text: str) -> JsonValue:
    """A title."""
    text = " ".join(_line(text).split())
    if len(text) < _SHORTEST:
        raise ValueError("it needs three characters or more")
    return text


def description(text: str) -> JsonValue:
    """A description: HTML as it is, plain text as a paragraph for each line."""
    text = _line(text)
    if len(text) < _SHORTEST:
        raise ValueError("it needs three characters or more")
    if _TAG.search(text):
        return text
    return "".join(f"<p>{escape(one.strip(), quote=False)}</p>" for one in text.splitlines() if one)


def keyword(text: str) -> JsonValue:
    """A keyword."""
    if not (text := _line(text)):
        raise ValueError("it is blank")
    return {"subject": text}


def day(text: str) -> JsonValue:
    """A date, such as `2024-05-17`, or an interval of dates."""
    text = dt.datetime.now().astimezone().date().isoformat() if text == "today" else _line(text)
    if found := date_problem(text, times=False):
        raise ValueError("; ".join(found))
    return text


def resource_type(text: str) -> JsonValue:
    """What the record is, by the id of the usual vocabulary."""
    return {"id": _word(text, vocabularies.RESOURCE_TYPES, "a resource type")}


def licence(text: str) -> JsonValue:
    """A licence, by its SPDX id in capitals or not."""
    folded = _line(text).lower().replace(" ", "-")
    meant = vocabularies.ALIASES.get(folded)
    if meant and folded not in vocabularies.LICENCES:
        raise ValueError(f'"{text}" is no licence by itself; did you mean "{meant}"?')
    return {"id": _word(folded, vocabularies.LICENCES, "a licence")}


def _word(text: str, known: Collection[str], what: str) -> str:
    text = _line(text)
    if text.lower() in known:
        return text.lower()
    meant = nearest(text, known)
    some = 'such as "cc-by-4.0"' if len(known) > 100 else f"known: {', '.join(sorted(known))}"  # noqa: PLR2004
    raise ValueError(f'"{text}" is not {what}; ' + (f'did you mean "{meant}"?' if meant else some))


# ---- people ----


def creator(text: str) -> dict[str, JsonValue]:
    """A person or organisation: `Doe, Jane; 0000-0002-1825-0097; Example Institute`."""
    first, *rest = (part.strip() for part in _line(text).split(";"))
    wrong: list[str] = []
    [who] = _each(name, [first], wrong) or [{}]
    parts = [part for part in rest if part]
    if who.get("type") == "organizational":
        found = _each(_ror, parts, wrong)
        listed: list[JsonValue] = [{"scheme": "ror", "identifier": one} for one in found]
        affiliations: list[JsonValue] = []
    else:
        like = [part for part in parts if _ORCID_LIKE.fullmatch(part)]
        listed = [*_each(orcid, like, wrong)]
        affiliations = [*_each(affiliation, [one for one in parts if one not in like], wrong)]
    if len(listed) > 1:
        wrong.append("there are two ids; write several creators one by one")
    if wrong:
        raise ValueError(f"({text.strip()}) {'; '.join(wrong)}")
    made: dict[str, JsonValue] = {
        "person_or_org": who | ({"identifiers": listed} if listed else {})
    }
    return made | ({"affiliations": affiliations} if affiliations else {})


def _each(convert: Callable[[str], Made], texts: Sequence[str], wrong: list[str]) -> list[Made]:
    """What can be made of texts; what is wrong with the others is noted."""
    made = []
    for text in texts:
        try:
            made.append(convert(text))
        except ValueError as error:
            wrong.append(str(error))
    return made


def name(text: str) -> dict[str, JsonValue]:
    """A name: `Doe, Jane` for a person, `org: Example Institute` for an organisation."""
    text = _line(text)
    if found := _ORGANISATION.fullmatch(text):
        if not found[1]:
            raise ValueError("the organisation has no name; write org: Example Institute")
        return {"type": "organizational", "name": found[1]}
    family, comma, given = (part.strip() for part in text.partition(","))
    if not family:
        raise ValueError("there is no family name; write Doe, Jane")
    if not comma:
        first, _, last = family.rpartition(" ")
        guess = f"{last}, {first}" if first else f"{last},"
        raise ValueError(
            f'family name and given name cannot be told apart; write "{guess}", '
            f'or "org: {family}" for an organisation'
        )
    person: dict[str, JsonValue] = {"type": "personal", "family_name": family}
    return person | ({"given_name": given} if given else {})


def orcid(text: str) -> dict[str, JsonValue]:
    """An ORCID iD, bare or as its URL."""
    bare = re.sub(
        r"^(?:https?://)?(?:www\.)?(?:orcid(?:\.org/|:))?\s*", "", _line(text), flags=re.IGNORECASE
    )
    bare = bare.rstrip("/")
    if not (bare.isascii() and identifiers.is_valid(bare, "orcid")):
        raise ValueError(
            f'"{text.strip()}" is not a valid ORCID iD (its last character follows from the '
            f"others); write one such as {identifiers.EXAMPLES['orcid']}"
        )
    return {"scheme": "orcid", "identifier": identifiers.normalised(bare, "orcid")}


def affiliation(text: str) -> dict[str, JsonValue]:
    """An institute: its name, its ROR id, or both (`EPFL https://ror.org/02s376052`)."""
    text = _line(text)
    before, _, last = text.rpartition(" ")
    bare = identifiers.as_ror(last.strip("()"))
    if bare:
        both: dict[str, JsonValue] = {"id": bare, "name": before.rstrip(" ,(")}
        return {key: value for key, value in both.items() if value}
    if "ror.org" in text.lower():
        _ror(last.strip("()"))
    if not text:
        raise ValueError("it is blank")
    return {"name": text}


def _ror(text: str) -> str:
    found = identifiers.as_ror(text)
    if not found:
        raise ValueError(
            f'"{text}" is not a valid ROR id (its last two digits follow from the others); '
            f"write one such as {identifiers.EXAMPLES['ror']}"
        )
    return found
