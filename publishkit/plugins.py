"""Finds the backends: the bundled ones and those of other distributions."""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING

import pluggy

from publishkit import hooks
from publishkit.errors import PluginError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from publishkit.hooks import Backend, Target, Transformation

__all__ = ["backends", "declared_targets", "load", "load_transformations", "transformations"]


@cache
def backends() -> Mapping[str, Backend]:
    """Every installed backend by name.

    Raises:
        PluginError: One cannot be loaded, or two declare the same name or target.
    """
    return load(entry_points(group=hooks.PROJECT))


def load(points: Iterable[EntryPoint]) -> Mapping[str, Backend]:
    """Load backends from entry points; see `backends`."""
    found: list[Backend] = _manager(points).hook.publishkit_backend()
    _refuse_duplicates("backend", [backend.name for backend in found])
    _refuse_duplicates("target", [target.name for b in found for target in b.targets])
    return {backend.name: backend for backend in sorted(found, key=lambda b: b.name)}


def declared_targets() -> Mapping[str, Target]:
    """The targets that come with the installed backends, by name."""
    return {target.name: target for b in backends().values() for target in b.targets}


@cache
def transformations() -> Mapping[str, Transformation]:
    """What plugins add to the transformations of mappings, by name.

    Raises:
        PluginError: A plugin cannot be loaded, or two declare the same name.
    """
    return load_transformations(entry_points(group=hooks.PROJECT))


def load_transformations(points: Iterable[EntryPoint]) -> Mapping[str, Transformation]:
    """Load transformations from entry points; see `transformations`."""
    given: list[Sequence[Transformation]] = _manager(points).hook.publishkit_transformations()
    found = [one for each in given for one in each]
    _refuse_duplicates("transformation", [one.name for one in found])
    return {one.name: one for one in sorted(found, key=lambda one: one.name)}


def _manager(points: Iterable[EntryPoint]) -> pluggy.PluginManager:
    manager = pluggy.PluginManager(hooks.PROJECT)
    manager.add_hookspecs(hooks)
    for point in points:
        _register(manager, point)
    try:
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        raise PluginError(str(error), advice="Upgrade publishkit or the plugin.") from error
    return manager


def _register(manager: pluggy.PluginManager, point: EntryPoint) -> None:
    try:
        manager.register(point.load(), name=point.name)
    except Exception as error:
        package = point.dist.name if point.dist else point.value
        raise PluginError(
            f"the plugin {point.name} of {package} cannot be loaded: {error!r}",
            advice=f"Repair or remove it: pip uninstall {package}",
        ) from error


def _refuse_duplicates(what: str, names: list[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise PluginError(
            f"more than one plugin declares the {what} {', '.join(twice)}",
            advice="Uninstall all but one of them.",
        )
