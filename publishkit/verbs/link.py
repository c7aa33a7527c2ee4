"""Say that deposits belong together, or to a collection."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from publishkit import linking
from publishkit.abilities import (
    Addresses,
    Collection,
    CollectionKeeping,
    Collections,
    Link,
    Relations,
)
from publishkit.errors import ConfigError, NotFoundError
from publishkit.finding import Found, able, find, keeping
from publishkit.identifiers import as_doi, is_url
from publishkit.keeping import KeptRows
from publishkit.linking import Linked
from publishkit.repository import State
from publishkit.tables import Anchor, Tabular, tabled
from publishkit.validation.nearest import nearest
from publishkit.verbs.working import (
    as_path,
    attempt,
    collected,
    distinct,
    one_by_one,
    sign_in,
    whole,
)
from publishkit.vocabularies import RELATION_TYPES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from publishkit.tables import Cells

__all__ = ["DEFAULT_RELATION", "Linkage", "link", "link_each"]

DEFAULT_RELATION = "references"


@dataclass(frozen=True, slots=True, kw_only=True)
class Linkage(Tabular):
    """That a deposit belongs to another work, or to a collection."""

    name: str
    """Of the deposit: the folder as it was given, else the id."""
    target: str
    id: str
    link: Link | None = None
    collection: Collection | None = None
    waiting: bool = False
    """Whether the collection's curators must accept it first."""
    draft: bool = False
    """Whether it is a draft, which counts in the collection once it is published."""

    def cells(self) -> Cells:
        """What a table says of it."""
        group = self.collection
        other = self.link.identifier if self.link else ""
        url = other if "://" in other else f"https://doi.org/{other}"
        return {
            "record": self.name,
            "target": self.target,
            "id": self.id,
            "relation": self.link.relation if self.link else "",
            "other": Anchor(other, url) if other else "",
            "collection": Anchor(group.name or group.id, group.page) if group else "",
            "waits for": "its curators" if self.waiting else "",
        }


@tabled
def link(
    what: str | Path,
    to: str | None = None,
    *,
    collection: str | None = None,
    to_record: str | Path | None = None,
    relation: str = DEFAULT_RELATION,
    cross: bool = False,
    recursive: bool = False,
    links: str | Path | None = None,
) -> list[Linkage]:
    """Put deposits into a collection, relate them to another work, or both; again is success.

    Args:
        what: A record folder or a folder of them, an id, a DOI or the URL of a page.
        to: The name of the target; for a folder that is on several, all of them by default.
        collection: By its id, slug or name; made where it is missing and one can make it.
        to_record: The other work: a DOI or a URL as it is; or a folder or the id of a deposit,
            which is named by its DOI, else by the address that it will have for good.
        relation: An id of InvenioRDM's vocabulary, such as `issupplementto`.
        cross: Let the deposits that a record has on several targets name each other.
        recursive: Whether to look for records in deeper folders too.
        links: The links file, instead of the one that knows the folder.

    Raises:
        UnsupportedError: The target has no collections, or its deposits name no other works.
        NotFoundError: There is no such collection, and it cannot be made.
        ConfigError: There is nothing to link to, or no such relation.
        PartialError: Some of several deposits were not linked; `done` has the links of the others.
    """
    made = link_each(
        what,
        to,
        collection=collection,
        to_record=to_record,
        relation=relation,
        cross=cross,
        recursive=recursive,
        links=links,
    )
    return collected(made)


def link_each(
    what: str | Path,
    to: str | None = None,
    *,
    collection: str | None = None,
    to_record: str | Path | None = None,
    relation: str = DEFAULT_RELATION,
    cross: bool = False,
    recursive: bool = False,
    links: str | Path | None = None,
) -> Iterator[Linkage]:
    """Link as `link` does, one by one."""
    if not (collection or to_record or cross):
        raise ConfigError("there is nothing to link to", advice="Name a collection or a record.")
    relation = _relation(relation)
    found = whole(find(what, to, links=as_path(links), recursive=recursive), "link")
    if cross:
        _by_record(found)
    _check_able(found, collects=bool(collection), relates=bool(to_record))
    sign_in(found)
    wanted = [
        (one, _identifier(to_record, one, as_path(links)) if to_record else "") for one in found
    ]

    def runs() -> Iterator[Callable[[], Iterator[Linkage]]]:
        for one, identifier in wanted if collection or to_record else []:
            other = Link(identifier, relation) if identifier else None
            yield partial(attempt, one, partial(_linked, one, other, collection))
        if cross:  # found anew, since an archive may have made new versions
            for record in _by_record(find(what, to, links=as_path(links), recursive=recursive)):
                yield partial(attempt, record[0], partial(_cross, record))

    yield from one_by_one(runs())


def _linked(found: Found, link: Link | None, collection: str | None) -> Iterator[Linkage]:
    deposit = found
    if link:
        made = _relate(found, link)
        yield made
        deposit = replace(found, id=made.id)  # another one where an archive made a new version
    if collection:
        yield _collect(deposit, collection)


def _check_able(found: Sequence[Found], *, collects: bool, relates: bool) -> None:
    for one in found:
        if collects:
            able(one.repository, Collections, one.target, "put deposits into collections", found)
        if relates:
            able(one.repository, Relations, one.target, "name other works", found)


def _relation(text: str) -> str:
    relation = text.strip().lower()
    if relation in RELATION_TYPES:
        return relation
    meant = nearest(relation, RELATION_TYPES)
    known = (
        f"did you mean {meant}?" if meant else f"it is one of {', '.join(sorted(RELATION_TYPES))}"
    )
    raise ConfigError(f"there is no relation {text}", advice=f"{known[0].upper()}{known[1:]}")


# ---- across targets ----


def _by_record(found: Sequence[Found]) -> list[list[Found]]:
    """The deposits of each record.

    Raises:
        ConfigError: A record has but one, or shares one with others.
    """
    records: dict[str, list[Found]] = {}
    for one in found:
        if one.member:
            raise ConfigError(
                f"{one.name} shares a deposit on {one.target.name}, which cannot be linked across",
                advice="Relate it by --to-record instead.",
            )
        records.setdefault(one.name, []).append(one)
    for name, deposits in records.items():
        if len(deposits) == 1:
            raise ConfigError(
                f"{name} is only on {deposits[0].target.name}",
                advice=f"Push it to another target first: publishkit push {name} --to TARGET",
            )
    return list(records.values())


def _cross(deposits: Sequence[Found]) -> Iterator[Linkage]:
    """Let the deposits of one record name each other; they share a links file."""
    with keeping(deposits[0]) as first:
        linked = {}
        for one in deposits:
            keeper = first if one is deposits[0] else first.beside(one)
            before = one.repository.get(one.id)
            linked[one.target.name] = Linked(one.repository, before, KeptRows(one, keeper, before))
        after = linking.cross(linked, anew=True)
        for one in deposits:
            for identifier, relation in linked[one.target.name].rows.row.linked.items():
                if relation == linking.SAME:
                    yield Linkage(
                        name=one.name,
                        target=one.target.name,
                        id=after[one.target.name].id,
                        link=Link(identifier, relation),
                    )


# ---- other works ----


def _identifier(other: str | Path, found: Found, links: Path | None) -> str:
    """How the other work is named: a DOI by its URL, else a URL."""
    text = str(other).strip()
    doi = as_doi(text)
    if not Path(other).is_dir():
        if doi:
            return f"https://doi.org/{doi}"
        if "://" in text and is_url(text):
            return text
    try:
        return _address(_other(other, found, links))
    except NotFoundError as error:
        if Path(other).is_dir():
            raise
        raise NotFoundError(
            f"{text!r} is no DOI, no URL, no folder, and no id of a deposit",
            target=found.target.name,
            advice="Give one of these: 10.1234/abc, https://..., a record folder, or an id.",
        ) from error


def _other(other: str | Path, found: Found, links: Path | None) -> Found:
    """The other deposit: on the same target where it is on several."""
    here = Path(other).is_dir()
    several = distinct(find(other, None if here else found.target.name, links=links))
    beside = [one for one in several if one.target.database == found.target.database]
    choice = several if len(several) == 1 else beside
    if len(choice) != 1:
        places = ", ".join(f"{one.id} on {one.target.name}" for one in several)
        raise ConfigError(
            f"{other} stands for several deposits: {places}",
            advice="Name one of them by its DOI or the URL of its page.",
        )
    if choice[0].id == found.id and choice[0].target.database == found.target.database:
        raise ConfigError(f"{other} is {found.name} itself", advice="Name another record.")
    return choice[0]


def _address(other: Found) -> str:
    deposit = other.repository.get(other.id)
    if deposit.doi:
        return f"https://doi.org/{deposit.doi}"
    if isinstance(other.repository, Addresses):
        return other.repository.address(other.id)
    page = deposit.links.get("record_html") or deposit.links.get("self_html")
    if page:
        return page
    raise ConfigError(
        f"{other.name} on {other.target.name} has no address that others can name",
        advice="Name it by a DOI or a URL.",
    )


def _relate(found: Found, link: Link) -> Linkage:
    """Relate a deposit to a work, and keep that, so that the next push does not lose it."""
    with keeping(found) as keeper:
        before = found.repository.get(found.id)
        one = Linked(found.repository, before, KeptRows(found, keeper, before))
        after = linking.relate(one, [link], anew=True)
    return Linkage(name=found.name, target=found.target.name, id=after.id, link=link)


# ---- collections ----


def _collect(found: Found, name: str) -> Linkage:
    repository = able(found.repository, Collections, found.target, "put deposits into collections")
    collection = _collection(repository, name)
    with keeping(found) as keeper:
        before = found.repository.get(found.id)
        accepted = repository.collect(found.id, collection.id)
        known = keeper.row.collections if keeper.row else ()
        after = found.repository.get(found.id)
        keeper.keep(
            after,
            before=before,
            collections=tuple(dict.fromkeys((*known, collection.id))),
        )
    return Linkage(
        name=found.name,
        target=found.target.name,
        id=found.id,
        collection=collection,
        waiting=not accepted,
        draft=after.state is not State.PUBLISHED,
    )


def _collection(repository: Collections, name: str) -> Collection:
    try:
        return repository.collection(name)
    except NotFoundError:
        if isinstance(repository, CollectionKeeping):
            return repository.create_collection(name)
        raise
