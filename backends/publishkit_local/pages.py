"""The page of one record, `index.html` in its bag."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from publishkit_local.labels import label, language, resource_type
from publishkit_local.links import identifier_link, licence_link, link, url_of
from publishkit_local.manifest import MANIFEST, PAYLOAD, Arrived
from publishkit_local.markup import Html, described, join, tag
from publishkit_local.style import badge, page
from publishkit_local.text import count, human_size

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from publishkit.model import Award, Contributor, Creator, Funding, Record, RelatedIdentifier
    from publishkit.repository import State

__all__ = ["landing_page"]

_NAMED: Final = 10
"""Creators that are shown without being asked for."""
_PICTURES: Final = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg")
_LARGEST_PICTURE: Final = 5_000_000


def landing_page(
    record: Record,
    files: Mapping[str, Arrived],
    *,
    id_: str,
    state: State,
    previous: str = "",
    collections: Sequence[str] = (),
) -> str:
    """The page as HTML that needs nothing but the bag around it.

    Args:
        record: Its metadata, which nobody has checked for harm.
        files: The payload by key.
        id_: The deposit's id.
        state: Draft or published.
        previous: The folder's name of the published bag that this one follows.
        collections: The collections that it is in.
    """
    before = _previous(previous)
    first = [_picture(record, files), _description(record), _cite(record, id_), _files(files)]
    rest = [
        _details(record, collections, before),
        _funding(record),
        _related(record),
        _references(record),
    ]
    columns = [tag("div", *first), tag("div", *rest, _verify())]
    main = join([_head(record, files, state), tag("div", *columns, class_="columns")])
    return page(
        record.metadata.title,
        nav=tag("a", "All records of this archive", href="../../index.html"),
        main=main,
        footer=_footer(id_),
    )


def _head(record: Record, files: Mapping[str, Arrived], state: State) -> Html:
    metadata = record.metadata
    size = human_size(sum(file.size for file in files.values()))
    facts = [
        resource_type(metadata.resource_type.id),
        metadata.publication_date,
        f"Version {metadata.version}" if metadata.version else "",
        f"{count(len(files), 'file')}, {size}" if files else "No files",
    ]
    shown = join(tag("span", fact) for fact in facts if fact)
    further = (
        tag("p", join([label(t.type.id), ": ", t.title]), class_="soft")
        for t in metadata.additional_titles
    )
    parts = [badge(state.value), tag("h1", metadata.title), *further]
    return join([*parts, tag("p", shown, class_="facts"), _creators(record), _notice(record)])


def _creators(record: Record) -> Html:
    people = [_person(creator) for creator in record.metadata.creators]
    shown, rest = people[:_NAMED], people[_NAMED:]
    if len(rest) < _NAMED:
        return tag("ul", *people, class_="plain people")
    summary = tag("summary", f"and {len(rest)} more")
    more = tag("details", summary, tag("ul", *rest, class_="plain people"))
    return join([tag("ul", *shown, class_="plain people"), more])


def _person(person: Creator | Contributor) -> Html:
    who = person.person_or_org
    name = tag("strong", who.display_name)
    ids = [identifier_link(found) for found in who.identifiers]
    role = label(person.role.id) if person.role else ""
    homes = ", ".join(a.name or a.id or "" for a in person.affiliations)
    about = join([role, homes, join(ids, ", ")], "; ")
    return tag("li", name, Html(" "), tag("span", about, class_="soft") if about else "")


def _notice(record: Record) -> Html:
    access, embargo = record.access, record.access.embargo
    says = []
    if embargo.active:
        until = f" until {embargo.until.isoformat()}" if embargo.until else ""
        reason = f" ({embargo.reason})" if embargo.reason else ""
        says.append(f"Under embargo{until}{reason}.")
    if access.record == "restricted":
        says.append("The metadata and files of this record are restricted.")
    elif access.files == "restricted":
        says.append("The files of this record are restricted.")
    if not says:
        return Html("")
    says.append("This archive is a folder and enforces nothing: please do not pass the files on.")
    return tag("div", tag("p", " ".join(says)), class_="note", role="note")


def _picture(record: Record, files: Mapping[str, Arrived]) -> Html:
    chosen = record.files.default_preview
    keys = [chosen] if chosen in files else list(files)
    key = next((k for k in keys if k and _can_show(k, files[k])), None)
    if key is None:
        return Html("")
    image = tag("img", src=_href(key), alt=f"Picture in the file {key}", loading="lazy")
    return _card("", tag("figure", image, tag("figcaption", key)))


def _can_show(key: str, file: Arrived) -> bool:
    return key.lower().endswith(_PICTURES) and 0 < file.size <= _LARGEST_PICTURE


def _description(record: Record) -> Html:
    metadata = record.metadata
    parts = [described(metadata.description)] if metadata.description else []
    for more in metadata.additional_descriptions:
        parts += [tag("h3", label(more.type.id)), described(more.description)]
    return _card("Description", tag("div", *parts, class_="prose") if parts else "")


def _files(files: Mapping[str, Arrived]) -> Html:
    if not files:
        return Html("")
    names = tag("th", "Name", scope="col"), tag("th", "Size", scope="col", class_="size")
    head = tag("tr", *names, tag("th", "SHA-256", scope="col", class_="sum"))
    at_root_first = sorted(files, key=lambda key: (*_split(key),))
    folders = groupby(at_root_first, key=lambda key: _split(key)[0])
    bodies = (_folder(folder, {key: files[key] for key in keys}) for folder, keys in folders)
    return _card("Files", tag("table", tag("thead", head), *bodies, class_="files"))


def _split(key: str) -> tuple[str, str]:
    folder, _, name = key.rpartition("/")
    return folder, name


def _folder(folder: str, files: Mapping[str, Arrived]) -> Html:
    rows = [_row(_split(key)[1], key, file) for key, file in files.items()]
    if not folder:
        return tag("tbody", *rows)
    title = tag("th", f"{folder}/", colspan="3", scope="rowgroup", class_="folder")
    return tag("tbody", tag("tr", title), *rows, class_="in")


def _row(name: str, key: str, file: Arrived) -> Html:
    return tag(
        "tr",
        tag("td", tag("a", name, href=_href(key), download=name)),
        tag("td", human_size(file.size), class_="size"),
        tag("td", tag("code", file.sha256), class_="sum"),
    )


def _href(key: str) -> str:
    return f"{PAYLOAD}/{quote(key)}"


def _previous(bag: str) -> Html:
    if not bag:
        return Html("")
    record = f"Record {bag.rpartition('-')[2]}"
    return tag("a", record, href=f"../../published/{quote(bag)}/index.html")


def _details(record: Record, collections: Sequence[str], previous: Html) -> Html:
    metadata = record.metadata
    doi = link(record.doi, url_of(record.doi, "doi")) if record.doi else ""
    dates = (f"{label(d.type.id)} {d.date}" for d in metadata.dates)
    places = (f.place or f.description or "" for f in metadata.locations.features)
    rows = {
        "DOI": [doi],
        "Licence": map(licence_link, metadata.rights),
        "Copyright": [metadata.copyright or ""],
        "Publisher": [metadata.publisher or ""],
        "Publication date": [metadata.publication_date],
        "Dates": dates,
        "Subjects": (s.subject or s.id or "" for s in metadata.subjects),
        "Languages": (language(known.id) for known in metadata.languages),
        "Identifiers": map(identifier_link, metadata.identifiers),
        "Sizes": metadata.sizes,
        "Formats": metadata.formats,
        "Places": places,
        "Collections": collections,
        "Previous version": [previous],
    }
    listed = (_detail(name, values) for name, values in rows.items())
    people = tag("ul", *map(_person, metadata.contributors), class_="plain")
    helpers = _term("Contributors", people) if metadata.contributors else ""
    return _card("Details", tag("dl", *listed, helpers))


def _detail(name: str, values: Iterable[str]) -> Html:
    shown = join(values, ", ")
    return _term(name, shown) if shown else Html("")


def _term(name: str, content: Html) -> Html:
    return tag("div", tag("dt", name), tag("dd", content))


def _funding(record: Record) -> Html:
    return _card("Funding", _list(map(_grant, record.metadata.funding)))


def _grant(funding: Funding) -> Html:
    funder = funding.funder.name or funding.funder.id or ""
    return join([funder, _award(funding.award) if funding.award else ""], ", ")


def _award(award: Award) -> Html:
    title = award.title.get("en") or next(iter(award.title.values()), "")
    number = award.number or award.id or ""
    ids = join(map(identifier_link, award.identifiers), ", ")
    return join([title or award.acronym or "", f"grant {number}" if number else "", ids], ", ")


def _related(record: Record) -> Html:
    return _card("Related works", _list(map(_relation, record.metadata.related_identifiers)))


def _relation(related: RelatedIdentifier) -> Html:
    kind = f" ({resource_type(related.resource_type.id)})" if related.resource_type else ""
    return join([label(related.relation_type.id), " ", identifier_link(related), kind])


def _references(record: Record) -> Html:
    shown = (
        join([r.reference, link(r.identifier, url_of(r.identifier, r.scheme))], " ")
        if r.identifier
        else r.reference
        for r in record.metadata.references
    )
    return _card("References", _list(shown))


def _list(items: Iterable[str]) -> Html:
    listed = [tag("li", item) for item in items]
    return tag("ul", *listed, class_="plain") if listed else Html("")


def _cite(record: Record, id_: str) -> Html:
    metadata = record.metadata
    people = "; ".join(c.person_or_org.display_name for c in metadata.creators)
    version = f" (Version {metadata.version})" if metadata.version else ""
    kind = resource_type(metadata.resource_type.id)
    text = f"{people} ({metadata.publication_date[:4]}). {metadata.title}{version} [{kind}]. "
    publisher = f"{metadata.publisher}. " if metadata.publisher else ""
    where = record.doi and url_of(record.doi, "doi")
    end = link(where, where) if where else f"Local archive, record {id_}."
    return _card("How to cite", tag("p", text, publisher, end))


def _verify() -> Html:
    kept = [tag("a", MANIFEST, href=MANIFEST)]
    kept += [tag("a", n, href=n) for n in ("record_metadata.json", "bag-info.txt")]
    says = (
        "This folder is a BagIt bag. To check that every file is as it was stored, in the folder:"
    )
    return _card(
        "Verify",
        join(
            [
                tag("p", says),
                tag("pre", tag("code", "pip install bagit\nbagit.py --validate .")),
                tag("p", join(["Beside this page: ", join(kept, ", "), "."]), class_="soft"),
            ]
        ),
    )


def _card(title: str, content: str) -> Html:
    heading = tag("h2", title) if title else ""
    return tag("section", heading, content, class_="card") if content else Html("")


def _footer(id_: str) -> Html:
    return tag("p", f"Record {id_}. Made by publishkit.")
