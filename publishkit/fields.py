"""What the models of a record have in common: their base, and the types of their fields."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints
from pydantic_core import PydanticCustomError

__all__ = ["Day", "Identifier", "Longer", "Model", "Term", "Text", "as_day"]

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
Text = Annotated[str, StringConstraints(min_length=1)]
"""Text that is not blank."""
Longer = Annotated[str, StringConstraints(min_length=3)]
"""Text of three characters or more, as InvenioRDM asks of titles and descriptions."""


def as_day(text: str) -> dt.date | None:
    """The day that `YYYY-MM-DD` means, or None if it is not one."""
    try:
        return dt.date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


def _day(value: object) -> dt.date:
    if type(value) is dt.date:
        return value
    day = as_day(value.strip()) if isinstance(value, str) else None
    if day is None:
        raise PydanticCustomError("day", "a day is written YYYY-MM-DD")
    return day


Day = Annotated[dt.date, BeforeValidator(_day)]
"""A day; in JSON `YYYY-MM-DD`."""


class Model(BaseModel):
    """The base of every part of a record: frozen, and without unknown keys."""

    # InvenioRDM strips blanks around text too.
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Term(Model):
    """A term of a vocabulary; the vocabularies belong to each instance."""

    id: Text
    """A term of the archive's vocabulary, such as `dataset` or `eng`."""


class Identifier(Model):
    """An identifier under one of the schemes that InvenioRDM knows (doi, orcid, ror ...)."""

    identifier: Text
    """Such as `10.1234/abc`, `0000-0002-1825-0097` or `https://ror.org/02s376052`."""
    scheme: Text | None = None
    """Found out by the archive where it is not given."""
