"""Who may see an upload: its reviewers and coauthors, and who there is to ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from publishkit.abilities import Permission, Share, Sharing, Users
from publishkit.errors import NotFoundError, RejectedError
from publishkit_nomad.calls import RightsError
from publishkit_nomad.edits import Edit, Fields
from publishkit_nomad.people import UnclearUserError, user_of
from publishkit_nomad.uploads import UploadRepository

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from publishkit.repository import User
    from publishkit_nomad.answers import Person, Upload

__all__ = ["NomadSharing"]

_ROLES: Final[Mapping[Permission, str]] = {
    Permission.VIEW: "reviewers",
    Permission.PREVIEW: "reviewers",
    Permission.EDIT: "coauthors",
}
"""The least that NOMAD has with each permission: reviewers read drafts, coauthors may edit and
publish."""


class NomadSharing(UploadRepository, Sharing, Users):
    """Gives people access to uploads.

    The id of a share is that of a user or of a group.
    """

    permissions: ClassVar[tuple[Permission, ...]] = (Permission.PREVIEW, Permission.EDIT)

    def shares(self, id: str) -> list[Share]:
        """Coauthors and reviewers, groups of them included; the main author is not among them."""
        return list(self._shares(self.api.upload(id)))

    def grant(self, id: str, people: Sequence[str], permission: Permission) -> list[Share]:
        """Make people reviewers or coauthors; those who are it, or more, stay what they are."""
        role = _ROLES.get(permission)
        if role is None:
            raise RejectedError(
                f"NOMAD lets nobody but the main author {permission} an upload",
                target=self.api.target,
                advice="Give preview (reviewers, who read the draft) or edit (coauthors, who may "
                "edit and publish too).",
            )
        found = self._found(people)

        def needed(upload: Upload) -> list[Edit]:
            have = {upload.main_author, *upload.coauthors}
            have |= set(upload.reviewers) if role == "reviewers" else set()
            lacking = [user_id for user_id in found if user_id not in have]
            return [Edit({role: {"add": [*lacking]}})] if lacking else []

        upload = self._editor.bring(id, needed)
        held = {share.id: share for share in self._shares(upload)}
        me = upload.main_author
        if me in found:
            held[me] = Share(me, Permission.MANAGE, who=found[me].name)
        return [held[user_id] for user_id in found]

    def revoke(self, id: str, share: str) -> None:
        """Take somebody out of the reviewers and coauthors; a coauthor may be oneself."""
        upload = self.api.upload(id)
        held = list(self._shares(upload))
        ids = {one.id for one in held if share == one.id}
        ids = ids or {one.id for one in held if share.casefold() == one.who.casefold()}
        if len(ids) != 1:
            ids = set(self._found([share]))
        if upload.main_author in ids:
            raise RejectedError(
                f"{share} is the main author of the upload {id}",
                target=self.api.target,
                advice="NOMAD's administrators can make somebody else its main author.",
            )
        try:
            self._editor.bring(id, lambda now: _without(now, ids))
        except RightsError as error:
            # who took themselves out may not read the draft back
            if error.method != "GET" or self.access.people.me().user_id not in ids:
                raise

    def users(self, query: str) -> Iterator[User]:
        """Everybody of whom NOMAD finds every word in the name, user name or address."""
        return map(user_of, self.access.people.matching(query))

    def user(self, id: str) -> User:
        """The user with an id."""
        found = self.access.people.by_id(id)
        if found is None:
            raise NotFoundError(
                f"no user of this NOMAD has the id {id}",
                target=self.api.target,
                advice="Look them up by their name (publishkit users NAME).",
            )
        return user_of(found)

    # ---- inside ----

    def _found(self, people: Sequence[str]) -> dict[str, Person]:
        """Each person as exactly one user, by id. RejectedError names all who are not."""
        found: dict[str, Person] = {}
        unclear: list[str] = []
        for called in people:
            try:
                person = self.access.people.find(called)
            except UnclearUserError as error:
                unclear.append(str(error))
            else:
                found[person.user_id] = person
        if unclear:
            raise RejectedError(
                "; ".join(unclear),
                target=self.api.target,
                advice="Nothing was changed. Name each by a user id, user name, e-mail address or "
                "full name that only one has.",
            )
        return found

    def _shares(self, upload: Upload) -> Iterator[Share]:
        for user_id in dict.fromkeys((*upload.coauthors, *upload.reviewers)):
            person = self.access.people.by_id(user_id)
            permission = _permission(user_id in upload.coauthors)
            yield Share(user_id, permission, who=(person.name if person else "") or user_id)
        for group in dict.fromkeys((*upload.coauthor_groups, *upload.reviewer_groups)):
            permission = _permission(group in upload.coauthor_groups)
            yield Share(group, permission, who=f"group {group}")


def _permission(may_edit: bool) -> Permission:  # noqa: FBT001 - the one thing it asks
    return Permission.EDIT if may_edit else Permission.PREVIEW


def _without(upload: Upload, ids: set[str]) -> list[Edit]:
    """The edit that takes users or groups out of every role."""
    roles = {
        "coauthors": upload.coauthors,
        "reviewers": upload.reviewers,
        "coauthor_groups": upload.coauthor_groups,
        "reviewer_groups": upload.reviewer_groups,
    }
    fields: Fields = {}
    for name, now in roles.items():
        if leaving := [one for one in now if one in ids]:
            fields[name] = {"remove": [*leaving]}
    return [Edit(fields)] if fields else []
