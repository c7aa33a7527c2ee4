"""Who may see a deposit."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

from publishkit.tables import Tabular

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from publishkit.repository import User
    from publishkit.tables import Cells

__all__ = ["LinkSharing", "Permission", "Share", "Sharing", "Users"]


class Permission(StrEnum):
    """What somebody may do with a deposit; each includes those before it."""

    VIEW = "view"
    """See it when it is published."""
    PREVIEW = "preview"
    """See the draft too."""
    EDIT = "edit"
    MANAGE = "manage"


@dataclass(frozen=True, slots=True)
class Share(Tabular):
    """Access that was given to a deposit."""

    id: str
    """Under which it can be revoked."""
    permission: Permission
    who: str = ""
    """A person, as the archive names them; '' for a secret link."""
    expires: datetime | None = None
    """In UTC; None means never."""
    url: str = field(default="", repr=False)
    """Of a secret link, with its token; '' where the archive does not show it again."""

    def cells(self) -> Cells:
        """What a table says of it; not the address of a secret link, since notebooks are kept."""
        return {
            "who": self.who or "a secret link",
            "permission": self.permission.value,
            "until": f"{self.expires:%Y-%m-%d %H:%M} UTC" if self.expires else "",
            "id": self.id,
        }


class Sharing(ABC):
    """People can be given access to a deposit."""

    permissions: ClassVar[tuple[Permission, ...]]
    """Those that a person can be given."""

    @abstractmethod
    def shares(self, id: str) -> list[Share]:
        """Everybody who was given access, and every secret link."""

    @abstractmethod
    def grant(self, id: str, people: Sequence[str], permission: Permission) -> list[Share]:
        """Give people access; one who has it keeps it.

        Each is found by id, user name, e-mail address or full name. RejectedError names everybody
        who is not exactly one user, before anybody is given access.
        """

    @abstractmethod
    def revoke(self, id: str, share: str) -> None:
        """Take back what has this share's id, or this person's name; a missing one is no error."""


class LinkSharing(ABC):
    """A deposit can be shared by a secret link."""

    link_permissions: ClassVar[tuple[Permission, ...]]

    @abstractmethod
    def share_link(self, id: str, permission: Permission, expires: datetime | None) -> Share:
        """A secret link; the same one as before where there is one of equal kind and end."""


class Users(ABC):
    """People can be looked up."""

    @abstractmethod
    def users(self, query: str) -> Iterator[User]:
        """Everybody whose name, user name or e-mail address matches, as far as one may see."""

    @abstractmethod
    def user(self, id: str) -> User:
        """The user with an id. Raises NotFoundError."""
