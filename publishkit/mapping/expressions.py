"""Arithmetic on the fields of a step: numbers, comparisons and a few functions, and no more."""

from __future__ import annotations

import ast
import math
import operator
from typing import TYPE_CHECKING, Final

from publishkit.mapping.extras import needs
from publishkit.mapping.units import number_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import JsonValue

    from publishkit.hooks import Look

__all__ = ["FUNCTIONS", "Expression"]

_LONGEST: Final = 500
_DEEPEST: Final = 30
_LARGEST: Final = 2**53
"""Whole numbers up to here are exact; larger ones go on as floats, so that none is endless."""
_HIGHEST: Final = 100
"""Exponents."""
VALUE: Final = "value"
"""What the expression calls the value itself."""


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("it reckons with what is no number")
    return value


def _bounded(value: float) -> float:
    if isinstance(value, complex) or not math.isfinite(value):
        raise ValueError("the result is no number")
    return float(value) if isinstance(value, int) and abs(value) > _LARGEST else value


def _on_numbers(function: Callable[..., float]) -> Callable[..., float]:
    def bounded(*values: object) -> float:
        return _bounded(function(*map(_number, values)))

    return bounded


def _power(base: float, exponent: float) -> float:
    if abs(exponent) > _HIGHEST:
        raise ValueError(f"an exponent is larger than {_HIGHEST}")
    made = float(base) ** exponent
    whole = isinstance(base, int) and isinstance(exponent, int) and exponent >= 0
    return int(made) if whole and abs(made) <= _LARGEST else made


def _rounded(value: float, digits: float = 0) -> float:
    return round(value, int(digits)) if digits else round(value)


FUNCTIONS: Final = {
    "abs": _on_numbers(abs),
    "ceil": _on_numbers(math.ceil),
    "exp": _on_numbers(math.exp),
    "floor": _on_numbers(math.floor),
    "log": _on_numbers(math.log),
    "log10": _on_numbers(math.log10),
    "max": _on_numbers(max),
    "min": _on_numbers(min),
    "round": _on_numbers(_rounded),
    "sqrt": _on_numbers(math.sqrt),
}
"""What an expression can call."""
_OPERATORS: Final[dict[type[ast.AST], Callable[..., object]]] = {
    ast.Add: _on_numbers(operator.add),
    ast.Sub: _on_numbers(operator.sub),
    ast.Mult: _on_numbers(operator.mul),
    ast.Div: _on_numbers(operator.truediv),
    ast.FloorDiv: _on_numbers(operator.floordiv),
    ast.Mod: _on_numbers(operator.mod),
    ast.Pow: _on_numbers(_power),
    ast.USub: _on_numbers(operator.neg),
    ast.UAdd: _on_numbers(operator.pos),
    ast.Not: operator.not_,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_ALLOWED: Final = (
    *_OPERATORS,
    *(ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.And, ast.Or, ast.Compare, ast.IfExp),
    *(ast.Call, ast.Name, ast.Attribute, ast.Constant, ast.Load, ast.Expression),
)
_CONSTANTS: Final = (int, float, str, bool)
_FIELD: Final = "field"
"""The function that gives a field whose name Python would not take for one."""


class Expression:
    """An expression that was found to be harmless.

    Args:
        text: Such as `value * 60` or `field("Spin speed") / process.area`.

    Raises:
        ValueError: It is none, or has something in it that is not allowed.
    """

    def __init__(self, text: str) -> None:
        if len(text) > _LONGEST:
            raise ValueError(f"it is longer than {_LONGEST} characters")
        try:
            self._tree = ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise ValueError(f'"{text}" is no expression') from None
        self.text = text
        self.uses = frozenset(self._checked(self._tree, 0))

    def _checked(self, node: ast.AST, depth: int) -> list[str]:
        """The fields that it names; raises ValueError for what is not allowed."""
        if depth > _DEEPEST:
            raise ValueError("it is nested too deep")
        if type(node) not in _ALLOWED:
            raise ValueError(f"{type(node).__name__} is not allowed in an expression")
        if isinstance(node, ast.Constant) and type(node.value) not in _CONSTANTS:
            raise ValueError(f"{node.value!r} is not allowed in an expression")
        if isinstance(node, ast.Call):
            return self._called(node, depth)
        if (path := _path(node)) is not None:
            return [] if path in _NAMES else [path]
        inner = ast.iter_child_nodes(node)
        return [name for one in inner for name in self._checked(one, depth + 1)]

    def _called(self, node: ast.Call, depth: int) -> list[str]:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name == _FIELD and len(node.args) == 1 and not node.keywords:
            (given,) = node.args
            if isinstance(given, ast.Constant) and isinstance(given.value, str):
                return [given.value]
            raise ValueError('field takes one name in quotes: field("Spin speed")')
        if name not in FUNCTIONS or node.keywords:
            known = ", ".join(sorted([*FUNCTIONS, _FIELD]))
            raise ValueError(f"it can call {known}, and nothing else")
        return [used for one in node.args for used in self._checked(one, depth + 1)]

    def __call__(self, value: JsonValue, look: Look) -> JsonValue:
        """What it gives for a value; raises ValueError with the reason why nothing."""
        with needs():
            from simpleeval import InvalidExpression, SimpleEval

        def at(path: str) -> JsonValue:
            found = look(path)
            if found is None:
                raise ValueError(f"{path} is missing")
            return _as_number(found)

        known = {VALUE: _as_number(value), "pi": math.pi, "true": True, "false": False}
        evaluator = SimpleEval(operators=_OPERATORS, functions={**FUNCTIONS, _FIELD: at})

        def named(node: ast.AST) -> object:
            path = _path(node) or ""
            return known[path] if path in known else at(path)

        evaluator.nodes = {kind: evaluator.nodes[kind] for kind in _EVALUATED}
        evaluator.nodes |= {ast.Name: named, ast.Attribute: named}
        try:
            made: JsonValue = evaluator.eval(self.text, previously_parsed=self._tree)
        except (ArithmeticError, TypeError, ValueError, InvalidExpression) as error:
            raise ValueError(str(error)) from error
        if isinstance(made, float) and not math.isfinite(made):
            raise ValueError("the result is no number")
        return made


_NAMES: Final = frozenset({VALUE, "pi", "true", "false"})
_EVALUATED: Final = (
    *(ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Call, ast.Constant),
)


def _path(node: ast.AST) -> str | None:
    """The dotted name that a node is, or None."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = _path(node.value)
        if before is None:
            raise ValueError("only the fields of a step and of its process have parts")
        return f"{before}.{node.attr}"
    return None


def _as_number(value: JsonValue) -> JsonValue:
    """Text that is a number, as tables have them, is one."""
    if not isinstance(value, str):
        return value
    number = number_of(value)
    if number is None:
        return value
    return int(number) if number.is_integer() and abs(number) < _LARGEST else number
