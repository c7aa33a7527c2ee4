"""The ids of InvenioRDM's default vocabularies in words."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

__all__ = ["label", "language", "resource_type"]

_RELATIONS: Final = (
    "is cited by|cites|is supplement to|is supplemented by|is continued by|continues|"
    "is described by|describes|has metadata|is metadata for|has version|is version of|"
    "is new version of|is previous version of|is part of|has part|is published in|"
    "is referenced by|references|is documented by|documents|is compiled by|compiles|"
    "is variant form of|is original form of|is identical to|is reviewed by|reviews|"
    "is derived from|is source of|is required by|requires|is obsoleted by|obsoletes|"
    "is collected by|collects|is translation of|has translation"
)
_OTHERS: Final = (
    "contact person|data collector|data curator|data manager|distributor|editor|"
    "hosting institution|project leader|project manager|project member|registration agency|"
    "registration authority|related person|research group|rights holder|supervisor|sponsor|"
    "work package leader|alternative title|translated title|series information|"
    "table of contents|technical info|technical information|available|accepted|collected|"
    "copyrighted|created|issued|submitted|updated|valid|withdrawn"
)
_TYPES: Final = MappingProxyType(
    {
        "dataset": "Dataset",
        "image-figure": "Figure",
        "lesson": "Lesson",
        "physicalobject": "Physical object",
        "publication-article": "Journal article",
        "publication-conferencepaper": "Conference paper",
        "publication-datamanagementplan": "Data management plan",
        "publication-preprint": "Preprint",
        "publication-softwaredocumentation": "Software documentation",
        "publication-technicalnote": "Technical note",
        "publication-thesis": "Thesis",
        "publication-workingpaper": "Working paper",
        "software": "Software",
    }
)
_LANGUAGES: Final = MappingProxyType(
    {
        "ara": "Arabic",
        "ces": "Czech",
        "dan": "Danish",
        "deu": "German",
        "eng": "English",
        "fin": "Finnish",
        "fra": "French",
        "ita": "Italian",
        "jpn": "Japanese",
        "nld": "Dutch",
        "nor": "Norwegian",
        "pol": "Polish",
        "por": "Portuguese",
        "rus": "Russian",
        "spa": "Spanish",
        "swe": "Swedish",
        "zho": "Chinese",
    }
)
_WORDS: Final = MappingProxyType(
    {words.replace(" ", ""): words for words in f"{_RELATIONS}|{_OTHERS}".split("|")}
)


def label(id_: str) -> str:
    """An id in words: `iscitedby` is `Is cited by`; what is not known stays readable."""
    words = _WORDS.get(id_.lower(), id_.replace("-", " ").replace("_", " "))
    return words[:1].upper() + words[1:]


def language(id_: str) -> str:
    """A language by its code of ISO 639-3; a code that is not known stays as it is."""
    return _LANGUAGES.get(id_, id_)


def resource_type(id_: str) -> str:
    """A type of resource: `publication-article` is `Journal article`."""
    return _TYPES.get(id_) or label(id_.partition("-")[2] or id_)
