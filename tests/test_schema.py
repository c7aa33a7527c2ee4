"""The JSON Schema against the records: what can be pushed fits it, slips do not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from mutated import MUTATIONS, VALUES, Mutation

import publishkit
from publishkit.errors import Severity
from publishkit.fields import Model
from publishkit.model import Record
from publishkit.setting import blocks
from publishkit.validation import parse
from publishkit.validation.dates import date_problem

HERE = Path(__file__).parent
RECORDS = [
    *sorted((HERE.parent / "records").rglob("record_metadata.json")),
    HERE / "publishkit" / "data" / "downloaded.json",
]
FULL: dict[str, Any] = {
    "$schema": ".record_metadata.schema.json",
    "access": {
        "record": "public",
        "files": "restricted",
        "embargo": {"active": True, "until": "2999-01-31", "reason": None},
    },
    "files": {"enabled": True, "order": ["a.csv"], "default_preview": None},
    "pids": {
        "doi": {"identifier": "10.1234/abc", "provider": "external"},
        "oai": {"identifier": ""},
    },
    "custom_fields": {"journal:journal": {"title": "x", "pages": [1, 2]}},
    "metadata": {
        "title": "A title",
        "resource_type": {"id": "an-institute-own-type", "title": {"en": "Own"}},
        "creators": [
            {
                "person_or_org": {
                    "type": "personal",
                    "family_name": "Doe",
                    "name": "Doe, Jane",
                    "identifiers": [
                        {"scheme": "orcid", "identifier": "https://orcid.org/0000-0002-1825-0097"}
                    ],
                },
                "role": {"id": "researcher"},
                "affiliations": [{"id": "02s376052", "country": "CH"}, {"name": "EPFL"}],
            },
            {
                "person_or_org": {
                    "type": "organizational",
                    "name": "EPFL",
                    "identifiers": [{"scheme": "ror", "identifier": "02s376052"}],
                }
            },
        ],
        "publication_date": " 2024-01/2024-03 ",
        "rights": [
            {"id": "cc-by-4.0", "title": {"en": "x", "de": None}, "props": {"url": 1}},
            {"title": {"en": "Our own"}, "link": "https://example.org/"},
        ],
        "contributors": [],
        "additional_titles": [{"title": "Another", "type": {"id": "subtitle"}, "lang": None}],
        "dates": [{"date": "2024-05-17T10:00:00Z", "type": {"id": "collected"}}],
        "subjects": [{"subject": "a"}, {"id": "x"}],
        "languages": [{"id": "eng"}],
        "related_identifiers": [
            {"identifier": "10.1234/x", "scheme": "doi", "relation_type": {"id": "cites"}}
        ],
        "locations": {
            "features": [{"geometry": {"type": "Point", "coordinates": [6.5, 46]}, "place": "x"}]
        },
        "funding": [{"funder": {"name": "EC"}, "award": {"number": "1", "acronym": "X"}}],
        "references": [{"reference": "A book", "scheme": None}],
        "version": None,
    },
    "nomad": {"datasets": ["x"], "embargo_length": 3, "comment": None},
    "invenio": {"communities": [" bigmap "]},
    "links": {"self": "x"},
    "revision_id": 4,
}
SCHEMA: Any = publishkit.schema()
CHECKER = jsonschema.Draft202012Validator(SCHEMA)


def wrong(value: object) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in CHECKER.iter_errors(value)]


def accepted(data: bytes) -> bool:
    """Whether validation takes it, and knows all of its blocks."""
    found = parse(data, blocks=blocks())
    odd = [p for p in found.problems if "no backend of this name" in p.message]
    return found.ok and not odd


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(publishkit.schema())
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_it_refers_to_nothing_outside_of_it() -> None:
    def refers(value: object) -> set[str]:
        if isinstance(value, list):
            return set().union(*map(refers, value))
        if not isinstance(value, dict):
            return set()
        own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*map(refers, value.values()))

    known = {f"#/$defs/{name}" for name in SCHEMA["$defs"]}
    assert refers(SCHEMA) == known


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_example_fits(path: Path) -> None:
    assert wrong(json.loads(path.read_text())) == []


def test_a_record_with_everything_fits() -> None:
    problems = parse(json.dumps(FULL).encode(), blocks=blocks()).problems
    assert [str(p) for p in problems if p.severity is Severity.ERROR] == []
    assert wrong(FULL) == []


def changed(*path: str | int, to: object) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(json.dumps(FULL))
    here: Any = value
    for part in path[:-1]:
        here = here[part]
    here[path[-1]] = to
    return value


@pytest.mark.parametrize(
    "value",
    [
        [],
        {},
        changed("acess", to={"record": "public"}),
        changed("metadata", "titel", to="x"),
        changed("metadata", "title", to=None),
        changed("metadata", "title", to="ab"),
        changed("metadata", "creators", to=[]),
        changed("metadata", "creators", 0, "affiliation", to=[]),
        changed("metadata", "creators", 0, "person_or_org", to={"type": "personal", "name": "J"}),
        changed("metadata", "creators", 0, "person_or_org", "identifiers", 0, "identifier", to="x"),
        changed("metadata", "creators", 1, "person_or_org", "name", to=1),
        changed("metadata", "creators", 1, "person_or_org", "identifiers", 0, "identifier", to="1"),
        changed("metadata", "publication_date", to="17.5.2024"),
        changed("metadata", "publication_date", to=2024),
        changed("metadata", "dates", 0, "date", to="May 2024"),
        changed("metadata", "rights", 1, "link", to=1),
        changed("metadata", "rights", 0, to={}),
        changed("metadata", "rights", to={"id": "cc-by-4.0"}),
        changed("metadata", "subjects", 0, to="battery"),
        changed("metadata", "related_identifiers", 0, "identifier", to="abc"),
        changed("metadata", "locations", "features", 0, "geometry", "coordinates", to=[1]),
        changed("metadata", "languages", 0, to="eng"),
        changed("access", "record", to="closed"),
        changed("access", "embargo", "until", to="next year"),
        changed("access", "embargo", "active", to="yes"),
        changed("files", "enabled", to="yes"),
        changed("pids", "doi", "identifier", to=1),
        changed("nomad", "embargo_length", to=37),
        changed("nomad", "dataset", to=[]),
        changed("invenio", "communities", to=["a/b"]),
    ],
)
def test_slips_do_not_fit(value: Any) -> None:  # noqa: ANN401 - JSON
    assert not accepted(json.dumps(value).encode())
    assert wrong(value)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (("$defs", "ResourceTypes"), "dataset"),
        (("$defs", "Licences"), "cc-by-4.0"),
        (("$defs", "Relations"), "cites"),
        (("$defs", "Access", "properties", "record"), "restricted"),
    ],
)
def test_editors_can_propose_the_words(path: tuple[str, ...], words: str) -> None:
    here = SCHEMA
    for part in path:
        here = here[part]
    assert words in here["enum"]


def test_every_field_says_what_it_is() -> None:
    silent = [
        f"{name}.{key}"
        for name, kind in SCHEMA["$defs"].items()
        for key, field in kind.get("properties", {}).items()
        if "description" not in field and (name, key) not in _SHAPES
    ]
    assert silent == []


_SHAPES = {(kind, "type") for kind in ("Point", "MultiPoint", "Polygon")}


def test_every_key_of_a_record_is_known() -> None:
    def kinds(kind: type[Model]) -> set[type[Model]]:
        return {kind}.union(*(kinds(sub) for sub in kind.__subclasses__()))

    described = SCHEMA["$defs"]
    ours = {
        kind for kind in kinds(Model) if kind.__module__ in {Record.__module__, Model.__module__}
    }
    for kind in ours - {Model, Record}:
        assert set(described[kind.__name__]["properties"]) == set(kind.model_fields)


# ---- whatever validation takes ----

SEEDS = [*(path.read_bytes() for path in RECORDS), json.dumps(FULL).encode()]
NEAR = st.one_of(
    VALUES,
    st.none(),
    st.text(max_size=5),
    st.sampled_from(
        ["2024", "/2024", "2024/", "external", "orcid", "doi", " x ", "personal", "10.1/x", "oai"]
    ),
)
CHANGES = MUTATIONS | st.builds(
    Mutation, st.sampled_from(["replace", "drop", "twice"]), st.floats(0, 1), NEAR
)


@st.composite
def documents(draw: st.DrawFn) -> bytes:
    data = draw(st.sampled_from(SEEDS))
    for change in draw(st.lists(CHANGES, max_size=3)):
        _, _, data = change((200, {}, data))
    return data


@given(data=documents())
@example(data=json.dumps(changed("pids", "doi", to={"provider": "datacite", "client": 5})).encode())
@example(data=json.dumps(changed("pids", "doi", to={"provider": "external"})).encode())
@example(data=json.dumps(changed("pids", "oai", to="x")).encode())
@example(data=json.dumps(changed("metadata", "creators", 0, "affiliations", to=None)).encode())
def test_whatever_can_be_pushed_fits(data: bytes) -> None:
    if accepted(data):
        assert wrong(json.loads(data.decode("utf-8-sig"))) == []


PARTS = st.sampled_from(
    ["2024", "-05", "-17", "/", "~", "?", "..", " ", "T10:00:00Z", "0001", "20"]
)
DATES = st.lists(PARTS, min_size=1, max_size=6).map("".join) | st.text("0123456789-/T: ~?%.xXu^()")


@given(text=DATES)
@example(text="/..")
def test_every_date_that_archives_take_fits(text: str) -> None:
    if date_problem(text.strip(), times=False) is None and text.strip():
        assert wrong(changed("metadata", "publication_date", to=text)) == []
    if date_problem(text.strip(), times=True) is None and text.strip():
        assert wrong(changed("metadata", "dates", 0, "date", to=text)) == []
