"""Where the identifiers in a record's metadata lead."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from publishkit_local.markup import Html, join, safe_url, tag

if TYPE_CHECKING:
    from publishkit.model import Identifier, Right

__all__ = ["identifier_link", "licence_link", "link", "url_of"]

_PLAIN: Final = frozenset({"", "doi", "other", "url"})
"""Schemes that go without saying."""
_SCHEMES: Final = MappingProxyType(
    {"arxiv": "arXiv", "handle": "Handle", "purl": "PURL", "wikidata": "Wikidata"}
)
_LICENCES: Final = "https://creativecommons.org/licenses"


def link(text: str, url: str | None) -> Html:
    """Text that leads to a URL, or only text where the URL may not be followed."""
    safe = safe_url(url)
    return tag("a", text, href=safe, rel="noopener") if safe else join([text])


def url_of(identifier: str, scheme: str | None) -> str | None:
    """Where an identifier leads; None when that is nowhere, or not on the web."""
    import idutils  # slow to import

    try:
        known = scheme or next(iter(idutils.detect_identifier_schemes(identifier)), "")
        return safe_url(str(idutils.to_url(identifier, known, "https")))
    except (AttributeError, IndexError, ValueError):  # what idutils raises for some that are wrong
        return None


def identifier_link(found: Identifier) -> Html:
    """An identifier that leads to what it identifies."""
    text, scheme = found.identifier, found.scheme or ""
    if scheme not in _PLAIN and not text.lower().startswith(scheme):
        text = f"{_SCHEMES.get(scheme, scheme.upper())} {text}"
    return link(text, url_of(found.identifier, found.scheme))


def licence_link(right: Right) -> Html:
    """A licence by its name, leading to its text where that is known."""
    given = right.link or (right.props.url if right.props else None)
    title = right.title.get("en") or next(iter(right.title.values()), "")
    return link(title or licence_name(right.id or ""), given or _licence_url(right.id or ""))


def licence_name(id_: str) -> str:
    """An id of InvenioRDM's licences as people write it: `CC BY 4.0`, `MIT`."""
    if not id_.startswith(("cc-", "cc0-")):
        return id_.upper() if id_.isalpha() else id_  # MIT, but apache-2.0
    kind, _, version = id_.rpartition("-")
    return f"{kind.upper().replace('CC-', 'CC ')} {version}"


def _licence_url(id_: str) -> str | None:
    if id_ == "cc0-1.0":
        return "https://creativecommons.org/publicdomain/zero/1.0/"
    if not id_.startswith("cc-by"):
        return None
    kind, _, version = id_.removeprefix("cc-").rpartition("-")
    return f"{_LICENCES}/{kind}/{version}/"
