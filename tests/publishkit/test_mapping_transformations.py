"""What a mapping can do to a value, and what it says where it cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from publishkit.mapping.expressions import FUNCTIONS, Expression
from publishkit.mapping.transformations import transformations

if TYPE_CHECKING:
    from pydantic import JsonValue

Given = Any
"""Whatever a test gives."""


def done(name: str, value: JsonValue, arguments: Given = None, **fields: JsonValue) -> JsonValue:
    """What a transformation makes of a value."""
    found = transformations()[name]
    given = None
    if arguments is not None and found.arguments:
        given = found.arguments().model_validate(arguments)
    return found.prepare(given).apply(value, fields.get)


@pytest.mark.parametrize(
    ("name", "value", "arguments", "made"),
    [
        ("text", 5, None, "5"),
        ("text", True, None, "true"),
        ("strip", "  a   b ", None, "a b"),
        ("integer", "3.0", None, 3),
        ("integer", 3.0, None, 3),
        ("number", "1e-3", None, 0.001),
        ("number", " 12 ", None, 12),
        ("number", "1.234,5", {"decimal": ",", "thousands": "."}, 1234.5),
        ("number", "1 234.5", {"thousands": " "}, 1234.5),
        ("number", "234,5", {"decimal": ",", "thousands": "."}, 234.5),
        ("number", "-1.234.567", {"decimal": ",", "thousands": "."}, -1234567),
        ("number", "9007199254740991", None, 9007199254740991),
        ("unit", 1234567890123456, {"from": "ns", "to": "ns"}, 1234567890123456.0),
        ("yes_no", "Y", None, True),
        ("yes_no", "0", None, False),
        ("yes_no", "passed", {"yes": ["Passed"], "no": ["failed"]}, True),
        ("choices", "ACE", {"ACE": "acetone"}, "acetone"),
        ("choices", 1, {"1": True}, True),
        ("date", "12.03.2024", {"format": "%d.%m.%Y"}, "2024-03-12"),
        ("date", "2024-03-12 08:00", None, "2024-03-12"),
        ("datetime", "2024-03-12 08:00", None, "2024-03-12T08:00:00"),
        (
            "datetime",
            "12.07.2024 08:00",
            {"format": "%d.%m.%Y %H:%M", "timezone": "Europe/Rome"},
            "2024-07-12T08:00:00+02:00",
        ),
        ("duration", "01:30:00", None, 5400.0),
        ("duration", "30:00:00.5", None, 108000.5),
        ("duration", "90:00", {"format": "mm:ss", "to": "min"}, 90.0),
        ("duration", "1:30", {"format": "hh:mm", "to": "h"}, 1.5),
        ("unit", 5, {"from": "min", "to": "s"}, 300.0),
        ("unit", "5 min", {"to": "s"}, 300.0),
        ("unit", "5 h", {"from": "min", "to": "s"}, 18000.0),
        ("unit", "25", {"from": "degC", "to": "K"}, 298.15),
        ("unit", "25 \u00b0C", {"to": "K"}, 298.15),
        ("unit", "1 mol/l", {"to": "mol/m^3"}, 1000.0),
        ("unit", "0.1", {"from": "mbar", "to": "Pa"}, 10.0),
        ("split", "a, b,,c", None, ["a", "b", "c"]),
        ("split", "a;b", {"by": ";"}, ["a", "b"]),
        ("join", ["a", 5], {"by": "-"}, "a-5"),
    ],
)
def test_values_become_what_the_rule_says(
    name: str, value: JsonValue, arguments: Given, made: JsonValue
) -> None:
    assert done(name, value, arguments) == made


@pytest.mark.parametrize(
    ("name", "value", "arguments", "said"),
    [
        ("integer", "3.5", None, "no whole number"),
        ("integer", "9007199254740993", None, "more digits than are kept; leave it text"),
        ("number", "12345678901234567890", None, "more digits than are kept; leave it text"),
        ("number", "1e999", None, "too large"),
        ("number", "1.5", {"decimal": ",", "thousands": "."}, "does not stand between thousands"),
        ("number", "1,5", {"thousands": ","}, "does not stand between thousands"),
        ("number", "12.03.2024", {"decimal": ",", "thousands": "."}, "between thousands"),
        ("number", "1.234,567.8", {"decimal": ",", "thousands": "."}, "no number"),
        ("expression", "1e999", {"expression": "value"}, "the result is no number"),
        ("expression", 1, {"expression": "1e999"}, "the result is no number"),
        ("date", "12:30", {"format": "%H:%M"}, "does not say the year, the month and the day"),
        ("date", "12.03.", {"format": "%d.%m."}, "does not say the year, the month and the day"),
        ("datetime", "03/2024", {"format": "%m/%Y"}, "does not say the year"),
        ("datetime", "2024-03-31 02:30", {"timezone": "Europe/Rome"}, "it was put forward then"),
        ("integer", True, None, "no number"),
        ("number", "fast", None, "no number"),
        ("number", "1,5", None, 'decimal: ","'),
        ("number", "1.5", {"decimal": ","}, "no number"),
        ("number", "nan", None, "no number"),
        ("yes_no", "maybe", None, "neither yes"),
        ("choices", "IPA", {"ACE": "acetone"}, "none of ACE"),
        ("date", "31.02.2024", {"format": "%d.%m.%Y"}, "no date"),
        ("datetime", "01.05.2024", None, "ISO 8601"),
        ("duration", "1:30", None, "hh:mm:ss"),
        ("duration", "00:99:00", None, "60 or more"),
        ("unit", "5 kg", {"from": "min", "to": "s"}, "cannot be had in s"),
        ("unit", "5", {"to": "s"}, "without a unit"),
        ("unit", "5 minn", {"to": "s"}, 'no unit "minn"'),
        ("unit", "fast", {"to": "s"}, "no number with a unit"),
        ("unit", [5], {"to": "s"}, "no number"),
        ("creator", "; 0000", None, "family name"),
    ],
)
def test_what_does_not_convert_says_why(
    name: str, value: JsonValue, arguments: Given, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        done(name, value, arguments)


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("unit", {"from": "min", "to": "kg"}, "the units do not fit"),
        ("unit", {"from": "minn", "to": "s"}, 'no unit "minn"'),
        ("duration", {"to": "kg"}, "cannot be had in kg"),
        ("date", {"format": "day"}, "no parts such as"),
        ("datetime", {"timezone": "Europe/Nowhere"}, "no time zone"),
        ("yes_no", {"yes": ["x"], "no": ["X"]}, "both yes and no"),
        ("number", {"decimal": ",", "thousands": ","}, "the same"),
        ("expression", {"expression": "1 +"}, "no expression"),
        ("replace", "lambda v: v", "never run"),
    ],
)
def test_rules_that_can_never_work_are_refused_before_any_value(
    name: str, arguments: Given, said: str
) -> None:
    found = transformations()[name]
    assert found.arguments
    with pytest.raises(ValueError, match=said):
        found.prepare(found.arguments().model_validate(arguments))


@pytest.mark.parametrize(
    "text",
    ["9**9**9 m", "9 m**9**9", "9 m(9)**9", "9 m**99", "5 __class__", "5 " + "m" * 100, "5 m**(9)"],
)
def test_a_unit_that_would_take_for_ever_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"no unit|no number"):
        done("unit", text, {"to": "m"})


# ---- arithmetic ----


@pytest.mark.parametrize(
    ("expression", "made"),
    [
        ("value * 60 + 3", 303),
        ("2 ** 3 / 4 % 3", 2.0),
        ("max(1, value, round(2.567, 1))", 5),
        ("1 if kind == 'spin' and value > 2 else 0", 1),
        ("-value + abs(-3)", -2),
        ('field("Spin speed") / process.area', 2.5),
        ("sqrt(16) + floor(2.7)", 6.0),
        ("not value < 3", True),
    ],
)
def test_arithmetic_with_the_fields_of_a_step(expression: str, made: JsonValue) -> None:
    fields: dict[str, JsonValue] = {"Spin speed": "10", "process.area": 4, "kind": "spin"}
    assert done("expression", "5", {"expression": expression}, **fields) == made


@pytest.mark.parametrize(
    "expression",
    [
        '__import__("os").system("true")',
        "().__class__",
        "[1, 2]",
        "(lambda: 1)()",
        "{}",
        'f"{value}"',
        "open('x')",
        "value if value else exec('x')",
        "field(value)",
        "max(value, key=1)",
        "b'x'",
        "None",
        "(1).__class__",
        "x := 5",
        "1 +",
        "value" + " + 1" * 200,
        "-" * 60 + "1",
    ],
)
def test_nothing_but_arithmetic_is_an_expression(expression: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Expression(expression)


@pytest.mark.parametrize(
    "expression",
    ["9**9**9", "(9**99)**99", "1/0", '"a" * 5', "value.__class__", "lacking * 2", "sqrt(-1)",
     "(-8) ** 0.5", "10**99 * 10**99 * 10**99 * 10**99"],
)  # fmt: skip
def test_arithmetic_that_gives_no_number_says_so(expression: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        done("expression", 5, {"expression": expression})


def test_what_an_expression_looks_at_is_known() -> None:
    found = Expression('value * process.area + field("Spin speed") + pi')
    assert found.uses == {"process.area", "Spin speed"}
    assert "min" in FUNCTIONS
