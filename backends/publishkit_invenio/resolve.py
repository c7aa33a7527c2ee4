"""What only the archive knows: its vocabularies and communities."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel

from publishkit.errors import AuthenticationError, NotFoundError, Problem, Severity
from publishkit.model import (
    Affiliation,
    Award,
    Contributor,
    Creator,
    Funder,
    Funding,
    Metadata,
    Record,
    Subject,
    Term,
)
from publishkit.repository import Resolved
from publishkit_invenio.block import block_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from publishkit_invenio.answers import Community
    from publishkit_invenio.api import InvenioApi

__all__ = ["Lookups", "resolve"]

Named = TypeVar("Named", Affiliation, Award, Funder, Subject)
Person = TypeVar("Person", Creator, Contributor)
Use = tuple[str, str, str]
"""JSON path, vocabulary and id of a term that a record names."""


class Lookups:
    """Asks an archive for terms and communities, each once. Thread-safe."""

    def __init__(self, api: InvenioApi) -> None:
        self._api = api
        self._terms: dict[tuple[str, str], bool] = {}
        self._communities: dict[str, Community] = {}
        self._lock = Lock()

    def has(self, vocabulary: str, term: str) -> bool:
        """Whether the archive's vocabulary has a term."""
        with self._lock:
            known = self._terms.get((vocabulary, term))
        if known is None:
            known = self._api.has_term(vocabulary, term)
            with self._lock:
                self._terms[vocabulary, term] = known
        return known

    def community(self, slug: str) -> str:
        """The UUID of a community.

        Raises:
            NotFoundError: There is none.
            AuthenticationError: It is not open to this account.
        """
        return self._community(slug).id

    def slug(self, uuid: str) -> str:
        """The last part of a community's page's address; the UUID where it is not to be seen."""
        try:
            return self._community(uuid).slug or uuid
        except (NotFoundError, AuthenticationError):
            return uuid

    def _community(self, name: str) -> Community:
        with self._lock:
            known = self._communities.get(name)
        if known is None:
            known = self._api.community(name)
            with self._lock:
                self._communities[name] = known
        return known


def resolve(record: Record, lookups: Lookups) -> Resolved:
    """The record with the terms that the archive lacks replaced by their names where they can be.

    An id that an archive lacks is a 400 there, even with a name beside it.
    """
    problems = [
        Problem(
            path,
            f"this archive has no {term!r} among its {vocabulary}",
            _advice(lookups, term, vocabulary),
        )
        for path, vocabulary, term in _terms(record.metadata)
        if not lookups.has(vocabulary, term)
    ]
    naming = _Naming(lookups)
    metadata = naming.metadata(record.metadata)
    problems += naming.problems
    problems += _communities(record, lookups)
    if metadata is not record.metadata:
        record = record.model_copy(update={"metadata": metadata})
    return Resolved(record, tuple(problems))


def _advice(lookups: Lookups, term: str, vocabulary: str) -> str:
    lower = term.lower()
    if lower != term and lookups.has(vocabulary, lower):
        return f'write "{lower}"'
    return f"choose one of those at /api/vocabularies/{vocabulary}, or leave it out"


def _communities(record: Record, lookups: Lookups) -> Iterator[Problem]:
    for number, slug in enumerate(block_of(record).communities):
        path = f"invenio.communities[{number}]"
        try:
            lookups.community(slug)
        except NotFoundError:
            advice = "write the last part of the address of the community's page"
            yield Problem(path, f"this archive has no community {slug!r}", advice)
        except AuthenticationError:
            advice = "sign in as a member of it"
            yield Problem(path, f"the community {slug!r} is not open to this account", advice)


# ---- terms that have no other form than their id ----


def _terms(metadata: Metadata) -> Iterator[Use]:
    yield from _used("metadata.resource_type", "resourcetypes", metadata.resource_type)
    for number, language in enumerate(metadata.languages):
        yield from _used(f"metadata.languages[{number}]", "languages", language)
    for number, right in enumerate(metadata.rights):
        if right.id:
            yield f"metadata.rights[{number}].id", "licenses", right.id
    yield from _roles(metadata)
    yield from _typed_texts(metadata)
    for number, related in enumerate(metadata.related_identifiers):
        path = f"metadata.related_identifiers[{number}]"
        yield from _used(f"{path}.relation_type", "relationtypes", related.relation_type)
        yield from _used(f"{path}.resource_type", "resourcetypes", related.resource_type)


def _roles(metadata: Metadata) -> Iterator[Use]:
    for number, creator in enumerate(metadata.creators):
        yield from _used(f"metadata.creators[{number}].role", "creatorsroles", creator.role)
    for number, person in enumerate(metadata.contributors):
        yield from _used(f"metadata.contributors[{number}].role", "contributorsroles", person.role)


def _typed_texts(metadata: Metadata) -> Iterator[Use]:
    for number, date in enumerate(metadata.dates):
        yield from _used(f"metadata.dates[{number}].type", "datetypes", date.type)
    for number, title in enumerate(metadata.additional_titles):
        path = f"metadata.additional_titles[{number}]"
        yield from _used(f"{path}.type", "titletypes", title.type)
        yield from _used(f"{path}.lang", "languages", title.lang)
    for number, text in enumerate(metadata.additional_descriptions):
        path = f"metadata.additional_descriptions[{number}]"
        yield from _used(f"{path}.type", "descriptiontypes", text.type)
        yield from _used(f"{path}.lang", "languages", text.lang)


def _used(path: str, vocabulary: str, term: Term | None) -> Iterator[Use]:
    if term is not None:
        yield f"{path}.id", vocabulary, term.id


# ---- terms that can be given by name instead ----


class _Naming:
    """Replaces ids that the archive lacks by the names beside them."""

    def __init__(self, lookups: Lookups) -> None:
        self._lookups = lookups
        self.problems: list[Problem] = []

    def metadata(self, metadata: Metadata) -> Metadata:
        """The metadata, the same object where nothing was replaced."""
        after: dict[str, object] = {
            "creators": _each(metadata.creators, "metadata.creators", self._person),
            "contributors": _each(metadata.contributors, "metadata.contributors", self._person),
            "subjects": _each(metadata.subjects, "metadata.subjects", self._subject),
            "funding": _each(metadata.funding, "metadata.funding", self._funding),
        }
        changed = {key: value for key, value in after.items() if value != getattr(metadata, key)}
        return metadata.model_copy(update=changed) if changed else metadata

    def _person(self, person: Person, path: str) -> Person:
        found = _each(person.affiliations, f"{path}.affiliations", self._affiliation)
        if found == person.affiliations:
            return person
        return person.model_copy(update={"affiliations": found})

    def _affiliation(self, affiliation: Affiliation, path: str) -> Affiliation:
        return self._named(affiliation, path, "affiliations", "name", affiliation.name)

    def _subject(self, subject: Subject, path: str) -> Subject:
        return self._named(subject, path, "subjects", "subject", subject.subject)

    def _funding(self, funding: Funding, path: str) -> Funding:
        funder, award = funding.funder, funding.award
        changes: dict[str, object] = {
            "funder": self._named(funder, f"{path}.funder", "funders", "name", funder.name)
        }
        if award is not None:
            name = award.number or next(iter(award.title.values()), None)
            changes["award"] = self._named(award, f"{path}.award", "awards", "number", name)
        changed = {k: value for k, value in changes.items() if value != getattr(funding, k)}
        return funding.model_copy(update=changed) if changed else funding

    def _named(
        self, item: Named, path: str, vocabulary: str, field: str, name: str | None
    ) -> Named:
        if not item.id or self._lookups.has(vocabulary, item.id):
            return item
        lacks = f"this archive has no {item.id!r} among its {vocabulary}"
        if not name:
            advice = f'write its {field} too: "{field}": "..."'
            self.problems.append(Problem(f"{path}.id", lacks, advice))
            return item
        self.problems.append(
            Problem(f"{path}.id", f"{lacks}; sent as {name!r}", severity=Severity.NOTICE)
        )
        return _without_id(item)


Item = TypeVar("Item")
Model = TypeVar("Model", bound=BaseModel)


def _each(
    items: tuple[Item, ...], path: str, change: Callable[[Item, str], Item]
) -> tuple[Item, ...]:
    return tuple(change(item, f"{path}[{number}]") for number, item in enumerate(items))


def _without_id(item: Model) -> Model:
    # made anew: an id of None that was set would be sent as null
    return type(item).model_validate(item.model_dump(exclude_unset=True, exclude={"id"}))
