"""The transformations that come with publishkit: what a mapping can do to a value, by name."""

from __future__ import annotations

import math
import re
from functools import cache, partial
from typing import TYPE_CHECKING, Annotated, Final, Literal, TypeVar

from pydantic import BaseModel, Field, JsonValue, RootModel, StringConstraints

from publishkit import answers, plugins
from publishkit.errors import PluginError
from publishkit.fields import Text
from publishkit.hooks import Conversion, Transformation
from publishkit.mapping import times, units
from publishkit.mapping.expressions import Expression
from publishkit.mapping.model import Part
from publishkit.validation.node import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from publishkit.hooks import Look

__all__ = ["DEFAULT", "OPTIONAL", "Default", "transformations"]

A = TypeVar("A", bound=BaseModel)
OPTIONAL: Final = "optional"
DEFAULT: Final = "default"
_YES: Final = ("yes", "y", "true", "1", "on")
_NO: Final = ("no", "n", "false", "0", "off")
_EXACT: Final = 2**53


def _plainly(convert: Callable[[JsonValue], JsonValue]) -> Callable[[JsonValue, Look], JsonValue]:
    """A conversion that looks at nothing but the value."""
    return lambda value, _look: convert(value)


# ---- texts and numbers ----


def _text(value: JsonValue) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise ValueError("no text")


class Number(Part):
    """How numbers are written."""

    decimal: Literal[".", ","] = "."
    """What stands before the decimals."""
    thousands: Annotated[str, StringConstraints(strip_whitespace=False, max_length=1)] = ""
    """What stands between thousands, such as `.` or a blank."""


def _number(value: JsonValue, how: Number) -> int | float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    text = value.strip() if isinstance(value, str) else ""
    text = _ungrouped(text, how) if how.thousands else text
    wrong_sign = how.decimal == "," and "." in text
    found = None if wrong_sign else units.number_of(text.replace(how.decimal, "."))
    if found is None:
        hint = ', but with decimal: ","' if re.fullmatch(r"[+-]?\d+,\d+", text) else ""
        raise ValueError(f"no number{hint}")
    if not math.isfinite(found):
        raise ValueError("the number is too large")
    if not re.fullmatch(r"[+-]?\d+", text):
        return found
    if abs(found) > _EXACT - 1:  # the float of what is just above is _EXACT itself
        raise ValueError("a whole number with more digits than are kept; leave it text")
    return int(text)


def _ungrouped(text: str, how: Number) -> str:
    """A number without what stands between its thousands: 1.5 is not 15 where a dot does."""
    whole, decimal, rest = text.partition(how.decimal)
    mark = re.escape(how.thousands)
    if how.thousands in text and not re.fullmatch(rf"[+-]?\d{{1,3}}({mark}\d{{3}})+", whole):
        raise ValueError(f'"{how.thousands}" does not stand between thousands in it')
    return whole.replace(how.thousands, "") + decimal + rest


def _prepare_number(arguments: BaseModel | None) -> Conversion:
    how = _given(arguments, Number)
    if how.thousands == how.decimal:
        raise ValueError("decimal and thousands are the same")
    return Conversion(apply=_plainly(lambda value: _number(value, how)))


def _integer(value: JsonValue) -> int:
    number = _number(value, Number())
    if isinstance(number, float) and not (number.is_integer() and abs(number) <= _EXACT):
        raise ValueError("no whole number")
    return int(number)


# ---- words ----


class YesNo(Part):
    """Which words mean what; capitals do not matter."""

    yes: Annotated[tuple[Text, ...], Field(min_length=1)] = _YES
    """What means yes."""
    no: Annotated[tuple[Text, ...], Field(min_length=1)] = _NO
    """What means no."""


def _prepare_yes_no(arguments: BaseModel | None) -> Conversion:
    how = _given(arguments, YesNo)
    known = {word.casefold(): False for word in how.no}
    both = [word for word in how.yes if word.casefold() in known]
    if both:
        raise ValueError(f"{both[0]} means both yes and no")
    known |= {word.casefold(): True for word in how.yes}

    def convert(value: JsonValue) -> JsonValue:
        if isinstance(value, bool):
            return value
        found = known.get(_text(value).strip().casefold())
        if found is None:
            raise ValueError(f"neither yes ({', '.join(how.yes)}) nor no ({', '.join(how.no)})")
        return found

    return Conversion(apply=_plainly(convert))


class Choices(RootModel[Annotated[dict[str, JsonValue], Field(min_length=1)]]):
    """What each word becomes."""


def _prepare_choices(arguments: BaseModel | None) -> Conversion:
    choices = _given(arguments, Choices).root

    def convert(value: JsonValue) -> JsonValue:
        word = _text(value).strip()
        if word in choices:
            return choices[word]
        raise ValueError(f"none of {', '.join(choices)}")

    return Conversion(apply=_plainly(convert))


class Split(Part):
    """Where a text is split."""

    by: Annotated[str, StringConstraints(strip_whitespace=False, min_length=1)] = ","
    """What stands between the items; blanks around them do not count."""


def _prepare_split(arguments: BaseModel | None) -> Conversion:
    by = _given(arguments, Split).by

    def convert(value: JsonValue) -> JsonValue:
        return [item for one in _text(value).split(by) if (item := one.strip())]

    return Conversion(apply=_plainly(convert))


class Join(Part):
    """What is put between the items."""

    by: Annotated[str, StringConstraints(strip_whitespace=False)] = " "
    """What is put between them."""


def _prepare_join(arguments: BaseModel | None) -> Conversion:
    by = _given(arguments, Join).by

    def convert(value: JsonValue) -> JsonValue:
        return by.join(_text(one) for one in (value if isinstance(value, list) else [value]))

    return Conversion(apply=_plainly(convert), whole=True)


# ---- times and units ----


class Format(Part):
    """How a day is written."""

    format: Text | None = None
    """As Python's strptime has it, such as `%d.%m.%Y`; YYYY-MM-DD unless given."""


class Moment(Format):
    """How a moment is written."""

    timezone: Text | None = None
    """Where the clock stood, such as `Europe/Rome`, for moments that do not say it themselves."""


class Duration(Part):
    """How a duration is written, and in which unit it is wanted."""

    to: Text = "s"
    """The unit of the result."""
    format: Literal["hh:mm:ss", "hh:mm", "mm:ss"] = "hh:mm:ss"
    """What the parts are; hours or minutes may be more than 59."""


def _prepare_date(arguments: BaseModel | None) -> Conversion:
    how = _given(arguments, Format)
    times.check_format(how.format)
    return Conversion(apply=_plainly(lambda value: times.day(_text(value), how.format)))


def _prepare_datetime(arguments: BaseModel | None) -> Conversion:
    how = _given(arguments, Moment)
    times.check_format(how.format)
    zone = times.zone(how.timezone) if how.timezone else None
    return Conversion(apply=_plainly(lambda value: times.moment(_text(value), how.format, zone)))


def _prepare_duration(arguments: BaseModel | None) -> Conversion:
    how = _given(arguments, Duration)
    second, to = units.as_unit("s"), units.as_unit(how.to)
    units.convert(1.0, second, to)  # raises where they do not fit

    def convert(value: JsonValue) -> JsonValue:
        return units.convert(times.seconds(_text(value), how.format), second, to)

    return Conversion(apply=_plainly(convert), unit=how.to)


class Units(Part):
    """From which unit to which."""

    from_: Text | None = Field(default=None, alias="from")
    """The unit that numbers are in; without it each value must have its own, such as `5 min`."""
    to: Text
    """The unit of the result."""


def _prepare_unit(arguments: BaseModel | None) -> Conversion:
    how = _given(arguments, Units)
    to = units.as_unit(how.to)
    known = units.as_unit(how.from_) if how.from_ else None
    if known is not None and not known.is_compatible_with(to):
        raise ValueError(f"{how.from_} cannot be had in {how.to}: the units do not fit")

    def convert(value: JsonValue) -> JsonValue:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise ValueError("no number")  # noqa: TRY004 - as all that does not convert
        number, own = units.quantity_of(value) if isinstance(value, str) else (value, "")
        unit = units.as_unit(own) if own else known
        if unit is None:
            raise ValueError("a number without a unit, and the rule names none (from)")
        return units.convert(number, unit, to)

    return Conversion(apply=_plainly(convert), unit=how.to)


# ---- the rest ----


class Reckoning(Part):
    """What is reckoned."""

    expression: Text
    """Such as `value * 60` or `field("Spin speed") / process.area`."""


def _prepare_expression(arguments: BaseModel | None) -> Conversion:
    found = Expression(_given(arguments, Reckoning).expression)
    return Conversion(apply=found, uses=found.uses)


class Default(RootModel[JsonValue]):
    """What is taken where the export has nothing."""


class Replace(RootModel[JsonValue]):
    """What stood there before."""


def _prepare_replace(arguments: BaseModel | None) -> Conversion:
    said = shown(_given(arguments, Replace).root)
    raise ValueError(f"{said} was code, which is never run: use other transformations")


def _unchanged(_arguments: BaseModel | None) -> Conversion:
    return Conversion(apply=lambda value, _look: value)


def _simple(convert: Callable[[JsonValue], JsonValue], _: BaseModel | None) -> Conversion:
    return Conversion(apply=_plainly(convert))


def _given(arguments: BaseModel | None, kind: type[A]) -> A:
    """The arguments, or those of a transformation that was named without any."""
    return arguments if isinstance(arguments, kind) else kind()


def _stripped(value: JsonValue) -> str:
    return " ".join(_text(value).split())


def _person(value: JsonValue) -> JsonValue:
    return answers.creator(_text(value))


_OWN: Final = (
    Transformation(
        name="text",
        title="Text of what is a number or yes or no.",
        prepare=partial(_simple, _text),
        bare=True,
    ),
    Transformation(
        name="strip",
        title="Text without blanks around it, and with one where there are several.",
        prepare=partial(_simple, _stripped),
        bare=True,
    ),
    Transformation(
        name="integer",
        title="A whole number.",
        prepare=partial(_simple, _integer),
        bare=True,
    ),
    Transformation(
        name="number",
        title="A number; `decimal` and `thousands` say how it is written.",
        prepare=_prepare_number,
        arguments=lambda: Number,
        shorthand="decimal",
        bare=True,
    ),
    Transformation(
        name="yes_no",
        title="True or false; `yes` and `no` list the words where they are not the usual ones.",
        prepare=_prepare_yes_no,
        arguments=lambda: YesNo,
        bare=True,
    ),
    Transformation(
        name="choices",
        title="One value for each word; a word that is not listed is a problem.",
        prepare=_prepare_choices,
        arguments=lambda: Choices,
    ),
    Transformation(
        name="date",
        title="A day as YYYY-MM-DD; `format` says how it is written.",
        prepare=_prepare_date,
        arguments=lambda: Format,
        shorthand="format",
        bare=True,
    ),
    Transformation(
        name="datetime",
        title="A moment as ISO 8601 has it; `format` says how it is written, `timezone` where.",
        prepare=_prepare_datetime,
        arguments=lambda: Moment,
        shorthand="format",
        bare=True,
    ),
    Transformation(
        name="duration",
        title="A number of seconds, or of the unit `to`, of `hh:mm:ss` or another `format`.",
        prepare=_prepare_duration,
        arguments=lambda: Duration,
        shorthand="to",
        bare=True,
    ),
    Transformation(
        name="unit",
        title="A number in the unit `to` of one in the unit `from`, or of a text such as `5 min`.",
        prepare=_prepare_unit,
        arguments=lambda: Units,
        shorthand="to",
    ),
    Transformation(
        name="expression",
        title="What is reckoned with `value` and other fields.",
        prepare=_prepare_expression,
        arguments=lambda: Reckoning,
        shorthand="expression",
    ),
    Transformation(
        name="split",
        title="A list of the parts of a text; what comes after it is done to each.",
        prepare=_prepare_split,
        arguments=lambda: Split,
        shorthand="by",
        bare=True,
    ),
    Transformation(
        name="join",
        title="One text of a list.",
        prepare=_prepare_join,
        arguments=lambda: Join,
        shorthand="by",
        bare=True,
    ),
    Transformation(
        name="creator",
        title="A creator of a record, of `Doe, Jane; ORCID; institute`.",
        prepare=partial(_simple, _person),
        bare=True,
    ),
    Transformation(
        name=DEFAULT,
        title="What is taken where the export has nothing; it is not transformed.",
        prepare=_unchanged,
        arguments=lambda: Default,
    ),
    Transformation(
        name=OPTIONAL,
        title="The field is left out where the export has nothing.",
        prepare=_unchanged,
        bare=True,
    ),
    Transformation(
        name="replace",
        title="Where an imported mapping had code: to be replaced before the mapping can be used.",
        prepare=_prepare_replace,
        arguments=lambda: Replace,
    ),
)


@cache
def transformations() -> Mapping[str, Transformation]:
    """All that a mapping can name: our own, and what plugins add.

    Raises:
        PluginError: A plugin cannot be loaded, or takes a name that is taken.
    """
    own = {one.name: one for one in _OWN}
    added = plugins.transformations()
    if both := sorted(own.keys() & added.keys()):
        raise PluginError(
            f"a plugin declares the transformation {both[0]}, which publishkit has",
            advice="Uninstall the plugin, or ask its author for another name.",
        )
    return {**own, **added}
