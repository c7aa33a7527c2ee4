"""The conformance tests of `RawRequests`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from publishkit.abilities import RawRequests
from publishkit.errors import RepositoryError
from publishkit.testing.base import ConformanceTests

if TYPE_CHECKING:
    from publishkit.repository import Repository
    from publishkit.testing.base import Pushed

__all__ = ["RequestTests"]


class RequestTests(ConformanceTests):
    """What has no verb yet."""

    def test_a_signed_request_shows_a_draft(self, repository: Repository, pushed: Pushed) -> None:
        if isinstance(repository, RawRequests):
            answer = repository.request("GET", pushed.deposit.links["self"])
            assert answer.status == 200
            assert pushed.id.encode() in answer.content
            assert any(name.lower() == "content-type" for name in answer.headers)

    def test_an_answer_is_an_answer_whatever_its_status(self, repository: Repository) -> None:
        if isinstance(repository, RawRequests):
            assert repository.request("GET", "publishkit-no-such-path").status == 404

    def test_nothing_is_sent_to_another_host(self, repository: Repository) -> None:
        if isinstance(repository, RawRequests):
            with pytest.raises(RepositoryError, match="host"):
                repository.request("GET", "https://elsewhere.example/")
