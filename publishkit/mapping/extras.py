"""What only mappings need, and a plain installation lacks."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from publishkit.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["needs"]


@contextmanager
def needs() -> Iterator[None]:
    """Around an import of what belongs to `publishkit[lims]`.

    Raises:
        ConfigError: It is not installed; says what to do.
    """
    try:
        yield
    except ImportError as error:
        raise ConfigError(
            f"this needs {error.name or 'a package'}, which is not installed",
            advice='Install it: pip install "publishkit[lims]"',
        ) from error
