"""Getting a deposit back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from pydantic import JsonValue

__all__ = ["Download", "Source"]


@dataclass(frozen=True, slots=True)
class Source:
    """A file that can be downloaded."""

    key: str
    """As the repository names it; not to be trusted as a path."""
    size: int | None
    checksum: str | None
    """`md5:...` or `sha256:...`; None where the repository keeps none."""
    open: Callable[[int], AbstractContextManager[Iterator[bytes]]]
    """Gives the content from an offset on, in blocks. The offset is 0 unless it `resumes`."""
    resumes: bool = False
    """Whether a download can begin in the middle."""


class Download(ABC):
    """A deposit can be pulled."""

    @abstractmethod
    def describe(self, id: str) -> Mapping[str, JsonValue]:
        """What a `record_metadata.json` of the deposit says: pushed again it gives the same."""

    @abstractmethod
    def sources(self, id: str) -> Iterator[Source]:
        """The data files, without those that the backend itself put there."""
