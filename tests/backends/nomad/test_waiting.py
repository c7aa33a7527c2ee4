"""How soon the end of processing is noticed, and how often NOMAD is asked until then."""

from __future__ import annotations

from itertools import accumulate, takewhile

import pytest

from publishkit_nomad.waiting import pauses


def looks(seconds: float) -> list[float]:
    """When NOMAD is asked within so many seconds of a wait."""
    return list(takewhile(lambda when: when <= seconds, accumulate(pauses(), initial=0.0)))


@pytest.mark.parametrize("processing", [0.1, 0.5, 1, 3, 7, 20, 60, 200, 600])
def test_the_end_is_noticed_within_half_a_second_or_a_tenth_of_the_time(processing: float) -> None:
    noticed = next(when for when in looks(10 * processing + 1) if when >= processing)
    assert noticed - processing <= max(0.5, processing / 10)


def test_a_long_job_is_asked_after_a_few_times_a_minute() -> None:
    minutes = [len(looks(60 * (n + 1))) - len(looks(60 * n)) for n in range(60)]
    assert max(minutes[1:]) <= 8
    assert max(minutes[4:]) <= 3
    assert min(minutes) >= 2
