"""Backends are found by their entry points, and refused when they do not fit."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from publishkit import plugins
from publishkit.errors import PluginError
from publishkit.hooks import Backend, Target, hookimpl
from publishkit.testing import MemoryRepository

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def register(monkeypatch: pytest.MonkeyPatch) -> Callable[..., EntryPoint]:
    """Make a module with a backend, and give its entry point."""

    def make(
        module_name: str, backend: str, target: str, hook: str = "publishkit_backend"
    ) -> EntryPoint:
        module = ModuleType(module_name)

        def declare() -> Backend:
            return Backend(
                name=backend,
                targets=(Target(name=target, backend=backend, url="https://a.example"),),
                open=lambda _connection: MemoryRepository(),
            )

        declare.__name__ = hook
        setattr(module, hook, hookimpl(declare))
        monkeypatch.setitem(sys.modules, module_name, module)
        return EntryPoint(module_name, module_name, "publishkit")

    return make


def test_backends_come_by_name(register: Callable[..., EntryPoint]) -> None:
    found = plugins.load([register("plug_b", "b", "tb"), register("plug_a", "a", "ta")])
    assert list(found) == ["a", "b"]


def test_two_backends_of_one_name_are_refused(register: Callable[..., EntryPoint]) -> None:
    with pytest.raises(PluginError, match="backend same"):
        plugins.load([register("plug_b", "same", "tb"), register("plug_a", "same", "ta")])


def test_two_targets_of_one_name_are_refused(register: Callable[..., EntryPoint]) -> None:
    with pytest.raises(PluginError, match="target same"):
        plugins.load([register("plug_b", "b", "same"), register("plug_a", "a", "same")])


def test_a_plugin_with_an_unknown_hook_is_refused(register: Callable[..., EntryPoint]) -> None:
    with pytest.raises(PluginError, match="publishkit_backends"):
        plugins.load([register("plug_a", "a", "ta", hook="publishkit_backends")])


def test_a_plugin_that_cannot_be_imported_is_named() -> None:
    with pytest.raises(PluginError, match="pip uninstall"):
        plugins.load([EntryPoint("broken", "no_such_module_here", "publishkit")])
