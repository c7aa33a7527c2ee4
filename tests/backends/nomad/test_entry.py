"""The generated entry."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from publishkit_nomad.entry import archive_of, entry_id_of

if TYPE_CHECKING:
    from tests.backends.nomad.conftest import MakeRecord

RICH: dict[str, object] = {
    "description": "<p>About <script>x</script> it</p>",
    "additional_titles": [{"title": "Sub & title", "type": {"id": "subtitle"}}],
    "additional_descriptions": [{"description": "<p>How</p>", "type": {"id": "methods"}}],
    "creators": [
        {
            "person_or_org": {
                "type": "personal",
                "family_name": "Doe <b>",
                "given_name": "Jané",
                "identifiers": [
                    {"scheme": "orcid", "identifier": "0000-0002-1825-0097"},
                    {"scheme": "isni", "identifier": "0000 0001 2103 2683"},
                ],
            },
            "affiliations": [{"name": "EPFL"}, {"id": "01ggx4157"}],
        }
    ],
    "contributors": [
        {
            "person_or_org": {"type": "organizational", "name": "Lab"},
            "role": {"id": "data-manager"},
        }
    ],
    "rights": [{"id": "cc-by-4.0"}, {"title": {"en": "Mine"}, "link": "https://l.example/"}],
    "copyright": "(c) Lab",
    "subjects": [{"subject": "perovskite"}, {"id": "mesh:1"}],
    "languages": [{"id": "eng"}],
    "publisher": "EPFL",
    "version": "v1",
    "dates": [{"date": "2023", "type": {"id": "collected"}, "description": "in May"}],
    "identifiers": [{"identifier": "2020ApJ...123..456A", "scheme": "ads"}],
    "related_identifiers": [
        {"identifier": "10.1234/abc", "scheme": "doi", "relation_type": {"id": "cites"}},
        {"identifier": "https://a.example/", "relation_type": {"id": "cites"}},
    ],
    "funding": [
        {"funder": {"name": "SNSF"}, "award": {"number": "12", "title": {"en": "Grant"}}},
        {"funder": {"id": "00k4n6c32"}},
    ],
    "references": [{"reference": "Doe 2020", "identifier": "10.1/x", "scheme": "doi"}],
    "locations": {
        "features": [{"place": "Bern", "geometry": {"type": "Point", "coordinates": [7.4, 46.9]}}]
    },
    "sizes": ["11 pages"],
    "formats": ["text/csv"],
}


def test_the_id_of_an_entry_is_known_before_it_is_sent() -> None:
    # seen on nomad-lab 2.0.0
    made = entry_id_of("FGqEVY_nQAy6jlRQp9_hPA", "s.archive.json")
    assert made == "E2JtkqXMAMQkj3KgmUCGQ2Ms9zgZ"


def test_name_tags_and_doi_have_fields_of_their_own(make_record: MakeRecord) -> None:
    record = make_record(
        RICH, pids={"doi": {"identifier": "10.5281/zenodo.1", "provider": "external"}}
    )
    data = json.loads(archive_of(record))["data"]
    assert data["m_def"] == "nomad.datamodel.metainfo.eln.BasicEln"
    assert data["name"] == "Resistivity"
    assert data["tags"] == ["perovskite", "mesh:1"]
    assert data["lab_id"] == "10.5281/zenodo.1"


def test_everything_else_is_in_the_description(make_record: MakeRecord) -> None:
    html = json.loads(archive_of(make_record(RICH)))["data"]["description"]
    for said in (
        "<p>About  it</p>",
        "<h4>Methods</h4><p>How</p>",
        "Sub &amp; title",
        "Doe &lt;b&gt;, Jané",
        '<a href="https://orcid.org/0000-0002-1825-0097">0000-0002-1825-0097</a>',
        "isni 0000 0001 2103 2683",
        "(EPFL; 01ggx4157)",
        "Lab, Data manager",
        "cc-by-4.0",
        '<a href="https://l.example/">Mine</a>',
        "(c) Lab",
        "Date: 2024-05",
        "Type: Dataset",
        "Publisher: EPFL",
        "Version: v1",
        "Languages: eng",
        "Collected: 2023 (in May)",
        "ads 2020ApJ...123..456A",
        'Cites: DOI <a href="https://doi.org/10.1234/abc">10.1234/abc</a>',
        'Cites: <a href="https://a.example/">https://a.example/</a>',
        "SNSF, 12, Grant",
        "00k4n6c32",
        "Doe 2020 (10.1/x)",
        "Bern: [7.4, 46.9]",
        "11 pages",
        "text/csv",
    ):
        assert said in html
    assert "<script" not in html


def test_a_small_record_makes_no_empty_headings(make_record: MakeRecord) -> None:
    archive = json.loads(archive_of(make_record()))["data"]
    assert "Funding" not in archive["description"]
    assert "<ul></ul>" not in archive["description"]
    assert "tags" not in archive
    assert "lab_id" not in archive


def test_the_same_record_makes_the_same_bytes(make_record: MakeRecord) -> None:
    assert archive_of(make_record(RICH)) == archive_of(make_record(RICH))


def test_a_link_that_is_none_is_text(make_record: MakeRecord) -> None:
    record = make_record({"rights": [{"title": {"en": "Odd"}, "link": "javascript:x()"}]})
    html = json.loads(archive_of(record))["data"]["description"]
    assert "Odd (javascript:x())" in html
    assert "href" not in html
