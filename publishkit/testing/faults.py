"""Ends a push at a chosen moment, as a kill would: nothing after that moment is done."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock, local
from typing import TYPE_CHECKING, Any, TypeVar
from unittest.mock import patch

from publishkit.http import Client
from publishkit.locate import look
from publishkit.testing.meter import NoMeter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from publishkit.model import Record
    from publishkit.repository import Repository

__all__ = ["Killed", "Killer"]

R = TypeVar("R")

_STEPS = (
    *("create", "find", "get", "files", "remove", "update", "wait", "settle", "publish"),
    *("edit", "discard", "new_version"),
)


_INDEXED = 10.0
"""Seconds after which an archive's index has a new deposit."""


class Killed(BaseException):
    """The process would be gone by now."""


@dataclass
class Killer:
    """Kills at the n-th step, before it reaches the server or after the server has acted.

    A step is a request where the backend sends by `publishkit.http`, and a call of the
    repository otherwise.
    """

    at: int
    """Counted from 1; 0 never kills."""
    after: bool = False
    steps: int = 0
    """How many steps were begun."""
    created: int = 0
    """How many deposits were made."""
    _dead: bool = False
    _lock: Lock = field(default_factory=Lock)
    _inside: local = field(default_factory=local)

    @contextmanager
    def around(self, repository: Repository, *, requests: bool) -> Iterator[None]:
        """Watch over a repository's steps, or over every request."""
        kind = type(repository)
        create = kind.create

        def counted(itself: Repository, marker: str, record: Record | None = None) -> object:
            try:
                made = create(itself, marker, record)
            except Killed:
                self._inside.depth = 1  # this look is no step
                self.created += look(itself, marker, NoMeter(), _INDEXED) is not None
                self._inside.depth = 0
                raise
            self.created += 1
            return made

        with patch.object(kind, "create", counted):
            if requests:
                with patch.object(Client, "_exchange", self._guarded(Client._exchange)):
                    yield
            else:
                with self._each_step(kind):
                    yield

    @contextmanager
    def _each_step(self, kind: type[Repository]) -> Iterator[None]:
        real = {name: getattr(kind, name) for name in _STEPS if hasattr(kind, name)}
        for name, function in real.items():
            setattr(kind, name, self._guarded(function))
        try:
            yield
        finally:
            for name, function in real.items():
                setattr(kind, name, function)

    def _guarded(self, function: Callable[..., R]) -> Callable[..., R]:
        def guarded(*args: Any, **kwargs: Any) -> R:
            if getattr(self._inside, "depth", 0):  # a step of a step, or a look
                return function(*args, **kwargs)
            with self._lock:
                if self._dead:
                    raise Killed
                self.steps += 1
                mine = self.steps == self.at
                self._dead = mine and not self.after
            if self._dead:
                raise Killed
            self._inside.depth = 1
            try:
                result = function(*args, **kwargs)
            finally:
                self._inside.depth = 0
            if mine:
                self._dead = True
                raise Killed
            return result

        return guarded
