"""The files of `bma`, big-map-archive-api-client 1.2.0, by which people push to BIG-MAP Archive.

What a docstring says of it was seen by running and reading that version.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from publishkit.errors import Problem
from publishkit.hooks import ForeignConfig, ForeignMetadata, SignIn

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic import JsonValue

__all__ = ["CONFIG", "METADATA"]

_TOOL: Final = "big-map-archive-api-client"
_TYPES: Final = ("Dataset", "Software", "Other")
_LICENSES: Final = {
    "BIG-MAP Archive License": "bm-1.0",
    "Creative Commons Attribution Share Alike 4.0 International": "cc-by-sa-4.0",
    "MIT License": "mit",
}
_SCHEMES: Final = ("arxiv", "doi", "isbn", "url")
_PERSON: Final = frozenset({"family_name", "given_name", "affiliations"})
_REFERENCE: Final = frozenset({"scheme", "identifier"})


@dataclass(frozen=True, slots=True)
class _Place:
    """A value in the file, and where everything that is wrong is noted."""

    value: JsonValue
    path: str
    problems: list[Problem]

    def __getitem__(self, key: str) -> _Place:
        inner = self.value.get(key) if isinstance(self.value, dict) else None
        return _Place(inner, f"{self.path}.{key}" if self.path else key, self.problems)

    def wrong(self, message: str, advice: str) -> None:
        """Note that something is wrong here."""
        self.problems.append(Problem(self.path, message, advice))

    def text(self, advice: str, *, needed: bool = True) -> str:
        """Text, or ''."""
        if isinstance(self.value, str) and self.value.strip():
            return self.value.strip()
        if self.value is None or isinstance(self.value, str):
            if needed:
                self.wrong("missing", advice)
        else:
            self.wrong("a list or keys instead of text", advice)
        return ""

    def each(self, advice: str) -> Iterator[_Place]:
        """The items of a list; one that stands alone counts as a list of it."""
        if isinstance(self.value, dict):
            self.wrong("keys instead of a list", advice)
            return
        items = self.value if isinstance(self.value, list) else [self.value]
        for number, item in enumerate(items if self.value is not None else []):
            yield _Place(item, f"{self.path}[{number}]", self.problems)

    def chosen(self, choices: tuple[str, ...], *, needed: bool) -> str:
        """One of several words, however they are capitalised, or ''."""
        advice = f"write one of: {', '.join(choices)}"
        text = self.text(advice, needed=needed)
        found = next((one for one in choices if one.casefold() == text.casefold()), "")
        if text and not found:
            self.wrong(f'"{text[:60]}" is not understood', advice)
        return found

    def refuse_others(self, keys: frozenset[str]) -> bool:
        """Note keys that are unknown here; whether this has keys at all."""
        if not isinstance(self.value, dict):
            self.wrong("no keys with values", f"write {', '.join(sorted(keys))} below it")
            return False
        for key in self.value.keys() - keys:
            self[key].wrong("an unknown key", f"the keys here are {', '.join(sorted(keys))}")
        return True


def translate(
    found: Mapping[str, JsonValue],
) -> tuple[dict[str, JsonValue], list[Problem]]:
    """A `metadata.yaml` as a `record_metadata.json`.

    `bma` wants all seven keys, and puts the day of publishing and the publisher in by itself. The
    publisher is the target's here, so that the record can go to other archives too. An empty list
    may be left out, and a lone text stands for a list of it.
    """
    problems: list[Problem] = []
    top = _Place(dict(found), "", problems)
    license_ = top["license"].chosen(tuple(_LICENSES), needed=False)
    kind: JsonValue = {"id": top["resource_type"].chosen(_TYPES, needed=True).lower()}
    rights: list[JsonValue] = [{"id": _LICENSES[license_]}] if license_ else []
    keywords: list[JsonValue] = [
        {"subject": text}
        for one in top["keywords"].each("write a list of words")
        if (text := one.text("write a word, or take the line away"))
    ]
    metadata: dict[str, JsonValue] = {
        "resource_type": kind,
        "title": top["title"].text("write the record's title"),
        "creators": list(_creators(top["authors"])),
        "description": top["description"].text("write text", needed=False),
        "rights": rights,
        "subjects": keywords,
        "related_identifiers": list(_references(top["references"])),
    }
    kept: dict[str, JsonValue] = {key: value for key, value in metadata.items() if value}
    return {"metadata": kept}, problems


def _creators(authors: _Place) -> Iterator[JsonValue]:
    if authors.value in (None, []):
        authors.wrong("missing", "name at least one author, by family_name and given_name")
    for author in authors.each("write a list: - family_name: ..."):
        if not author.refuse_others(_PERSON):
            continue
        person: dict[str, JsonValue] = {"type": "personal"}
        person["family_name"] = author["family_name"].text("write the family name")
        if given := author["given_name"].text("write the given name", needed=False):
            person["given_name"] = given
        places = author["affiliations"].each("write a list of names of institutes")
        names = [one.text("write the institute's name") for one in places]
        affiliations: list[JsonValue] = [{"name": name} for name in names if name]
        yield {"person_or_org": person, **({"affiliations": affiliations} if affiliations else {})}


def _references(references: _Place) -> Iterator[JsonValue]:
    for reference in references.each("write a list: - scheme: doi"):
        if not reference.refuse_others(_REFERENCE):
            continue
        scheme = reference["scheme"].chosen(_SCHEMES, needed=True)
        identifier = reference["identifier"].text("write the identifier")
        yield {
            "identifier": identifier,
            "scheme": scheme,
            "relation_type": {"id": "references"},
        }


METADATA: Final = ForeignMetadata(
    tool=_TOOL,
    file="metadata.yaml",
    data="upload",
    keys=frozenset(
        {"resource_type", "title", "authors", "description", "license", "keywords", "references"}
    ),
    telling=frozenset({"resource_type", "authors"}),
    words=frozenset({"resource_type", "license"}),
    translate=translate,
    names={
        "metadata.creators": "authors",
        "metadata.rights": "license",
        "metadata.subjects": "keywords",
        "metadata.related_identifiers": "references",
        "metadata": "",
    },
)


def read_config(found: Mapping[str, JsonValue]) -> tuple[SignIn | None, list[Problem]]:
    """A `bma_config.yaml`: the server and the token.

    `bma` 1.2.0 wants a `port` for every server, and uses it for 127.0.0.1 alone, where it verifies
    no certificate; its README leaves the port out. Other keys it passes over.
    """
    problems: list[Problem] = []
    top = _Place(dict(found), "", problems)
    domain = top["domain_name"].text("write the archive's host, such as archive.big-map.eu")
    port = top["port"].text("write a number", needed=False)
    token = top["token"].text("write the token from the archive's page", needed=False)
    if domain and not _is_host(domain):
        advice = "write the host alone, such as archive.big-map.eu"
        top["domain_name"].wrong("this is not the name of a host", advice)
    if port and not (port.isascii() and port.isdigit() and 0 < int(port[:6]) < 65536):  # noqa: PLR2004 - TCP's
        top["port"].wrong("this is no port", "write a number, such as 5000, or take it out")
    if problems:
        return None, problems
    filled = "" if token.startswith("<") else token  # `<replace>` in the file that comes with bma
    where = f":{port}" if port and domain == "127.0.0.1" else ""
    return SignIn(url=f"https://{domain}{where}", token=filled), []


def _is_host(text: str) -> bool:
    try:
        return (
            urlsplit(f"https://{text}").netloc == text
            and urlsplit(f"https://{text}").hostname == text.lower()
        )
    except ValueError:
        return False


CONFIG: Final = ForeignConfig(tool=_TOOL, file="bma_config.yaml", read=read_config)
