"""Identifiers, told apart, checked and normalised by idutils, as InvenioRDM does it.

idutils takes a third of a second to import, so it is imported when first used.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

__all__ = [
    "AWARD_SCHEMES",
    "EXAMPLES",
    "LOCATION_SCHEMES",
    "PERSON_SCHEMES",
    "WORK_SCHEMES",
    "as_doi",
    "as_ror",
    "detect",
    "is_url",
    "is_valid",
    "normalised",
]

PERSON_SCHEMES = frozenset({"gnd", "isni", "orcid", "ror"})
"""What a person or an organisation may have (defaults of invenio-rdm-records 20)."""
WORK_SCHEMES = frozenset(
    {
        "ads",
        "ark",
        "arxiv",
        "crossreffunderid",
        "doi",
        "ean13",
        "eissn",
        "grid",
        "handle",
        "igsn",
        "isbn",
        "isni",
        "issn",
        "istc",
        "lissn",
        "lsid",
        "other",
        "pmid",
        "purl",
        "upc",
        "url",
        "urn",
        "w3id",
    }
)
"""What a record, or a work that it relates to, may have (defaults of invenio-rdm-records 20)."""
AWARD_SCHEMES = frozenset({"doi", "url"})
"""What a grant may have (defaults of invenio-vocabularies 9)."""
LOCATION_SCHEMES = frozenset({"geonames", "wikidata"})
"""What a place may have (defaults of invenio-rdm-records 20)."""
_DOI_PREFIX = re.compile(r"^doi:\s*", re.IGNORECASE)
_DOI_ADDRESS = re.compile(
    r"(?:https?://)?(?:(?:(?:www|dx)\.)?doi|handle(?:\.test|\.stage)?\.datacite)\.org/([^?#]+).*",
    re.IGNORECASE,
)
_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
_ROR = re.compile(
    rf"(?:https?://)?(?:www\.)?(?:ror\.org/)?(0[{_CROCKFORD}]{{6}}[0-9]{{2}})",
    re.IGNORECASE | re.ASCII,
)
_BARE_DOI = re.compile(r"10\.\d{4,9}(\.\d+)*/\S+")
_CHECKED_AS = {"eissn": "issn", "lissn": "issn"}
_UNCHECKED = frozenset(
    {"crossreffunderid", "geonames", "grid", "igsn", "other", "upc", "w3id", "wikidata"}
)
EXAMPLES: Mapping[str, str] = MappingProxyType(
    {
        "ads": "2020ApJ...123..456A",
        "ark": "ark:/12345/abc",
        "arxiv": "arXiv:2101.00001",
        "doi": "10.1234/abc",
        "ean13": "4006381333931",
        "gnd": "gnd:118540238",
        "handle": "20.500.12345/1",
        "isbn": "978-3-16-148410-0",
        "isni": "0000 0001 2103 2683",
        "issn": "2049-3630",
        "orcid": "0000-0002-1825-0097",
        "pmid": "12345678",
        "purl": "https://purl.org/abc",
        "ror": "https://ror.org/02s376052",
        "url": "https://example.org/",
        "urn": "urn:nbn:de:101:1-201102033592",
    }
)
"""What a valid one looks like."""


def is_valid(identifier: str, scheme: str) -> bool:
    """Whether `identifier` is right for `scheme`; True for schemes that have no rule."""
    if not identifier:
        return False
    if scheme in _UNCHECKED:
        return True
    import idutils  # slow to import

    check = getattr(idutils, f"is_{_CHECKED_AS.get(scheme, scheme)}", None)
    return check is None or bool(check(identifier))


def is_url(text: str) -> bool:
    """Whether `text` is a full URL."""
    return is_valid(text, "url")


def detect(identifier: str, allowed: Collection[str]) -> str | None:
    """The first scheme of `allowed` that `identifier` fits, in the order of idutils."""
    import idutils  # slow to import

    found: list[str] = idutils.detect_identifier_schemes(identifier)
    return next((scheme for scheme in found if scheme in allowed), None)


def normalised(identifier: str, scheme: str) -> str:
    """The bare form (`10.1234/abc` of `https://doi.org/10.1234/abc`); as it is if not valid."""
    if not is_valid(identifier, scheme):
        return identifier
    import idutils  # slow to import

    return str(idutils.normalize_pid(identifier, scheme))


def as_ror(text: str) -> str | None:
    """A ROR id, bare and in lower case (`02s376052`), given so or as a URL; None for anything else.

    Its last two digits are checked (ISO/IEC 7064, MOD 97-10), which idutils does not do.
    """
    found = _ROR.fullmatch(text.strip().rstrip("/"))
    if not found:
        return None
    bare = found[1].lower()
    number = 0
    for char in bare[1:7]:
        number = number * len(_CROCKFORD) + _CROCKFORD.index(char)
    return bare if 98 - number * 100 % 97 == int(bare[7:]) else None  # as ROR computes them


def as_doi(text: str) -> str | None:
    """A DOI, bare and in lower case (`10.1234/abc`), however it is written; None for anything else.

    An address counts when doi.org (or dx.doi.org) or a handle server of DataCite's resolves it;
    its query and fragment are no part of the DOI.
    """
    bare = text.strip()
    address = _DOI_ADDRESS.fullmatch(bare)
    bare = unquote(address[1]) if address else _DOI_PREFIX.sub("", bare)
    if "/" not in bare:  # a DOI has one, so that it was quoted
        bare = unquote(bare)
    return bare.lower() if _BARE_DOI.fullmatch(bare) and bare.isprintable() else None
