"""All else that a repository over HTTP can be asked."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Answer", "RawRequests"]


@dataclass(frozen=True, slots=True)
class Answer:
    """A server's answer to a raw request, whatever its status."""

    status: int
    headers: Mapping[str, str]
    content: bytes


class RawRequests(ABC):
    """The repository has an API over HTTP."""

    @abstractmethod
    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: bytes | None = None,
        content_type: str = "application/json",
    ) -> Answer:
        """Send one signed request; only GET and HEAD are repeated.

        Args:
            method: The HTTP method.
            path: Below the API's address, or a full URL of the same host.
            params: The query.
            body: What to send.
            content_type: Of the body.
        """
