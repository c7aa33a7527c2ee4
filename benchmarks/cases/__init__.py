"""What is measured, one module a case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from benchmarks.cases import (
    again,
    folder_to_nomad,
    large_file,
    many_records,
    rate_limit,
    request_counts,
    starting,
    waiting,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.samples import Case

__all__ = ["CASES"]

CASES: Final[Sequence[Case]] = (
    many_records.CASE,
    request_counts.CASE,
    large_file.CASE,
    folder_to_nomad.CASE,
    waiting.CASE,
    rate_limit.CASE,
    again.CASE,
    starting.CASE,
)
