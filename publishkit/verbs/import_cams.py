"""Take over a mapping of the kind that CAMS, the laboratory database of CNR-ISMN, has."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from publishkit.errors import ConfigError, RecordError
from publishkit.mapping.cams import convert, to_yaml
from publishkit.smallfiles import read_small
from publishkit.validation.reading import MAX_BYTES, read_json

if TYPE_CHECKING:
    from publishkit.errors import Problem

__all__ = ["Imported", "import_cams"]


@dataclass(frozen=True, slots=True)
class Imported:
    """A mapping that was taken over."""

    text: str
    """The mapping, as YAML."""
    left: tuple[Problem, ...]
    """What was code, and must be replaced before the mapping can be used."""


def import_cams(file: str | Path) -> Imported:
    """Make a mapping of a JSON file with `m_def`, `mapping` and `transformations` by step type.

    Casts of Python (`float`, `int`, `str`, `bool`) become transformations. What else was a function
    is named by the transformation `replace`, with which a mapping is refused. Of the process itself
    such a file says nothing, so that its part and the record's are to be filled in.

    Args:
        file: The file.

    Returns:
        The mapping, and what is left to do.

    Raises:
        ConfigError: The file cannot be read.
        RecordError: It is no such mapping; names everything that is wrong.
    """
    path = Path(file)
    try:
        data = read_small(path, MAX_BYTES)
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be read: {error.strerror}", advice="Give the mapping as a JSON file."
        ) from error
    document, problems = read_json(data)
    made, wrong, left = ({}, [], []) if problems else convert(document)
    if problems or wrong:
        named = [replace(one, record=str(path)) for one in [*problems, *wrong]]
        advice = "Write the dictionary as JSON, with its functions as text."
        raise RecordError(named, "this is no mapping of the kind of cams2nomad", advice=advice)
    return Imported(to_yaml(made), tuple(left))
