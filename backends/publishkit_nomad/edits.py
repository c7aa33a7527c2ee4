"""Makes an upload and its entries say what they should, and reads back whether they do.

NOMAD answers 200 to edits that it drops (entries that come later get nothing of an edit before),
so that only reading tells.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pydantic import JsonValue

from publishkit.errors import RejectedError
from publishkit_nomad.block import block_of
from publishkit_nomad.people import UnclearUserError
from publishkit_nomad.wishes import (
    EntryWishes,
    Layout,
    embargo_months,
    entry_wishes,
    lifts_embargo,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from publishkit.abilities import Member
    from publishkit.model import Record
    from publishkit_nomad.answers import Entry, Upload
    from publishkit_nomad.api import NomadApi
    from publishkit_nomad.datasets import Datasets
    from publishkit_nomad.people import People

__all__ = ["Edit", "Editor", "Fields"]

_BUSY: Final = "is_blocking"
"""In the answer to an edit while the upload is processed (NOMAD 1.4 on)."""
_ROUNDS: Final = 2
"""How often an edit is made before what is missing counts as refused."""

Fields = dict[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Edit:
    """One edit request."""

    fields: Fields
    entry_ids: tuple[str, ...] | None = None
    """The entries that it is about; None means the upload with all that it holds."""

    @classmethod
    def of_entries(cls, fields: Fields, entry_ids: Sequence[str], upload: Upload) -> Edit:
        """An edit of some entries, or of the whole upload where these are all it has."""
        return cls(fields, None if len(entry_ids) == upload.entries else tuple(entry_ids))

    def request(self) -> dict[str, JsonValue]:
        """What to send."""
        if self.entry_ids is None:
            return {"metadata": self.fields}
        # without the owner, the default `public` finds no entry of a draft
        return {
            "metadata": self.fields,
            "query": {"entry_id:any": list(self.entry_ids)},
            "owner": "user",
        }


class Editor:
    """Edits uploads of one NOMAD."""

    def __init__(
        self,
        api: NomadApi,
        people: People,
        datasets: Datasets,
        settled: Callable[[str], Upload],
    ) -> None:
        """Make one.

        Args:
            api: Where to.
            people: Who is who.
            datasets: Which there are.
            settled: Waits until an upload is idle, and gives it.
        """
        self._api = api
        self._people = people
        self._datasets = datasets
        self._settled = settled

    def apply(self, upload_id: str, layout: Layout) -> tuple[Upload, Sequence[Entry]]:
        """Make the upload and its entries say what the layout's records ask for.

        Gives both as they are then, the entries by the name of their main files.

        Raises:
            RejectedError: Names all that NOMAD refused, or what it dropped without a word.
        """
        entries: Sequence[Entry] = ()

        def needed(upload: Upload) -> Sequence[Edit]:
            nonlocal entries
            entries = list(self._api.entries(upload_id)) if upload.entries else ()
            return self._needed(upload, layout, entries)

        return self.bring(upload_id, needed), entries

    def bring(self, upload_id: str, needed: Callable[[Upload], Sequence[Edit]]) -> Upload:
        """Edit until nothing is needed any more, and give the upload as it is then.

        Args:
            upload_id: Of the upload; waited for before, between and after.
            needed: The edits that lack, by what the upload and its entries say now.

        Raises:
            RejectedError: Names all that NOMAD refused, or what it dropped without a word.
        """
        upload = self._settled(upload_id)
        for _ in range(_ROUNDS):
            edits = needed(upload)
            if not edits:
                return upload
            for edit in edits:
                upload = self._edit(upload_id, edit)
        missing = needed(upload)
        if missing:
            names = sorted({name for edit in missing for name in edit.fields})
            raise RejectedError(
                f"NOMAD did not take over {', '.join(names)} of the upload {upload_id}",
                target=self._api.target,
                advice="Look at the upload's page; if somebody edits it there, push again later.",
            )
        return upload

    def entries(self, upload: Upload, entry_id: str | None = None) -> list[Entry]:
        """The entries of an upload, or one of them. RejectedError when there are none."""
        found = self._api.entries(upload.upload_id) if upload.entries else ()
        entries = [entry for entry in found if entry_id in {None, entry.entry_id}]
        if not entries:
            raise RejectedError(
                f"the upload {upload.upload_id} has no entries, and these are what NOMAD links",
                target=self._api.target,
                advice="Push its files first, and leave nomad.entry out of record_metadata.json.",
            )
        return entries

    def _edit(self, upload_id: str, edit: Edit) -> Upload:
        try:
            self._api.edit(upload_id, edit.request())
        except RejectedError as error:
            if _BUSY not in error.answer:
                raise
            self._settled(upload_id)
            self._api.edit(upload_id, edit.request())
        return self._settled(upload_id)

    def _needed(self, upload: Upload, layout: Layout, entries: Sequence[Entry]) -> list[Edit]:
        """The edits that bring the upload from what it says to what it should say."""
        whole = self._upload_fields(upload, layout)
        datasets, own = self._datasets_of(layout, entries)
        edits: list[Edit] = []
        for member in layout.members:
            mine = _entries_of(member, entries)
            fields = _entry_fields(mine, entry_wishes(member.record), datasets, own)
            if not layout.is_group:
                whole |= fields
            elif fields:
                edits.append(Edit(fields, tuple(entry.entry_id for entry in mine)))
        return [Edit(whole), *edits] if whole else edits

    def _datasets_of(
        self, layout: Layout, entries: Sequence[Entry]
    ) -> tuple[dict[str, str], frozenset[str]]:
        """The ids of the datasets that are asked for by name, and of those that are one's own.

        Creates those that lack. What an entry is in and somebody else's stays as it is: NOMAD
        refuses to add to it or to take out of it, and one of the same name is not meant.
        """
        there = {d.dataset_id: d.dataset_name for entry in entries for d in entry.datasets}
        own = {d.dataset_id: d.dataset_name for d in self._datasets.own()} if there else {}
        foreign = there.keys() - own.keys()
        theirs = {*foreign, *(there[one] for one in foreign)} - {*own.values()}
        return self._datasets.ensure(layout.datasets - theirs), frozenset(own)

    def _upload_fields(self, upload: Upload, layout: Layout) -> Fields:
        block = block_of(layout.lead)
        fields: Fields = {}
        if upload.upload_name != layout.name:
            fields["upload_name"] = layout.name
        months = self._embargo(upload, [member.record for member in layout.members])
        if upload.embargo_length != months:
            fields["embargo_length"] = months
        for name, called, now in (
            ("coauthors", block.coauthors, upload.coauthors),
            ("reviewers", block.reviewers, upload.reviewers),
        ):
            ids = None if called is None else self._ids(called, upload.main_author)
            if ids is not None and set(ids) != set(now):
                fields[name] = list(ids)
        return fields

    def _embargo(self, upload: Upload, records: Sequence[Record]) -> int:
        """How long the embargo should be; that of a published upload can only be lifted."""
        if not upload.published:
            return embargo_months(records)
        if all(lifts_embargo(record) for record in records):
            return 0
        day = upload.publish_time.date() if upload.publish_time else None
        wanted = embargo_months(records, day)
        if wanted > upload.embargo_length:
            raise RejectedError(
                f"the upload {upload.upload_id} is published with an embargo of "
                f"{upload.embargo_length} months, which cannot become {wanted}",
                target=self._api.target,
                advice="Take the embargo out of record_metadata.json, or set embargo_length to 0 "
                "in its nomad block to lift it.",
            )
        return upload.embargo_length

    def _ids(self, called: Sequence[str], main_author: str) -> list[str]:
        """The ids of people without the main author, whom NOMAD drops silently."""
        try:
            found = [self._people.find(text).user_id for text in called]
        except UnclearUserError as error:
            raise RejectedError(str(error), target=self._api.target) from error
        return [user_id for user_id in dict.fromkeys(found) if user_id != main_author]


def _entries_of(member: Member, entries: Sequence[Entry]) -> list[Entry]:
    if not member.prefix:
        return list(entries)
    return [entry for entry in entries if entry.mainfile.startswith(f"{member.prefix}/")]


def _entry_fields(
    entries: Sequence[Entry],
    wishes: EntryWishes,
    datasets: dict[str, str],
    own: frozenset[str],
) -> Fields:
    """The fields in which any of the entries differs from the wishes.

    Args:
        entries: What they say now.
        wishes: What they should say.
        datasets: The ids of the datasets in the wishes, by name.
        own: The ids of the datasets that may be changed.
    """
    fields: Fields = {}
    comment, references = wishes.comment, wishes.references
    if comment is not None and any((entry.comment or "") != comment for entry in entries):
        fields["comment"] = comment
    if references is not None and any(set(e.references) != set(references) for e in entries):
        fields["references"] = list(references)
    now = [{d.dataset_id for d in entry.datasets} & own for entry in entries]
    kept = wishes.kept & {one for ids in now for one in ids}
    if wishes.datasets is not None:
        wanted = {datasets[name] for name in wishes.datasets if name in datasets}
        change = _dataset_change(now, {*kept, *wanted})
    else:
        change = _dataset_change([ids & kept for ids in now], set(kept))
    return {**fields, "datasets": change} if change else fields


def _dataset_change(now: Sequence[Collection[str]], wanted: set[str]) -> dict[str, JsonValue]:
    """What to add and remove; a bare list would only add (seen on NOMAD 1.3.17 to 2.0.0)."""
    add = {wish for wish in wanted for ids in now if wish not in ids}
    remove = {one for ids in now for one in ids} - wanted
    change: dict[str, JsonValue] = {}
    if add:
        change["add"] = [*sorted(add)]
    if remove:
        change["remove"] = [*sorted(remove)]
    return change
