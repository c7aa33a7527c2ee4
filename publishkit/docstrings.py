"""What the fields of a class are, in the words that stand below them in its source."""

from __future__ import annotations

import ast
import inspect
import sys
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["field_docs"]


def field_docs(kind: type) -> dict[str, str]:
    """The docstring of each field of a class and of those it derives from, on one line.

    Empty where there is no source, as in an installation of byte code alone.
    """
    found: dict[str, str] = {}
    for one in reversed(kind.__mro__):
        found |= _in_module(one.__module__).get(one.__qualname__, {})
    return found


@cache
def _in_module(name: str) -> Mapping[str, Mapping[str, str]]:
    """By class and field."""
    with suppress(OSError, TypeError, SyntaxError, KeyError):
        tree = ast.parse(inspect.getsource(sys.modules[name]))
        return {node.name: _in_class(node) for node in tree.body if isinstance(node, ast.ClassDef)}
    return {}


def _in_class(node: ast.ClassDef) -> dict[str, str]:
    return {
        field.target.id: " ".join(below.value.value.split())
        for field, below in zip(node.body, node.body[1:], strict=False)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(below, ast.Expr)
        and isinstance(below.value, ast.Constant)
        and isinstance(below.value.value, str)
    }
