"""What a server says of waiting, whatever stands there."""

from __future__ import annotations

import time
from email.utils import formatdate

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from publishkit.failures import told_wait

HEADER = st.one_of(
    st.text(st.characters(max_codepoint=255)),
    st.integers().map(str),
    st.sampled_from(["\xb2", "9" * 5000, "Wed, 99999999999 Oct 2099 07:28:00 GMT", "1e3", "inf"]),
)


def _answer(status: int, **headers: str) -> requests.Response:
    answer = requests.Response()
    answer.status_code = status
    answer.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return answer


@given(
    status=st.sampled_from([200, 429, 503]),
    after=HEADER,
    reset=HEADER,
)
def test_what_is_told_is_a_wait_or_nothing(status: int, after: str, reset: str) -> None:
    told = told_wait(_answer(status, Retry_After=after, X_RateLimit_Reset=reset))
    assert told is None or (told >= 0 and status != 200)


def test_a_date_to_wait_for_is_understood() -> None:
    told = told_wait(_answer(503, Retry_After=formatdate(time.time() + 1000, usegmt=True)))
    assert told == pytest.approx(1000, abs=100)


def test_a_date_that_is_over_is_no_wait() -> None:
    assert told_wait(_answer(429, Retry_After="Wed, 21 Oct 2015 07:28:00 GMT")) == 0
