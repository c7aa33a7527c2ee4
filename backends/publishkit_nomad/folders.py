"""Which paths to delete so that no more requests are made than need be."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

__all__ = ["removals"]


def removals(present: Collection[str], unwanted: Collection[str]) -> list[str]:
    """The files and whole folders whose deletion leaves all of `present` but the `unwanted`."""
    kept = {folder for path in present if path not in unwanted for folder in _folders(path)}
    going = [path for path in present if path in unwanted]
    return sorted({_highest(path, kept) for path in going})


def _highest(path: str, kept: Collection[str]) -> str:
    """The highest folder of `path` that holds nothing to keep, or else the path itself."""
    return next((folder for folder in _folders(path) if folder not in kept), path)


def _folders(path: str) -> Iterator[str]:
    """The folders that a path lies in, the highest first."""
    parts = path.split("/")[:-1]
    for depth in range(1, len(parts) + 1):
        yield "/".join(parts[:depth])
