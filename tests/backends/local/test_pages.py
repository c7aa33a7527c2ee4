"""The page of one record."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import pytest

from publishkit.repository import State
from publishkit_local.labels import label, resource_type
from publishkit_local.layout import slug
from publishkit_local.manifest import Arrived
from publishkit_local.pages import landing_page
from publishkit_local.text import count, human_size

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from publishkit.model import Record
    from tests.backends.local.conftest import MakeRecord, Push

EVIL = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>"


class _Page(HTMLParser):
    """A page as a browser would read it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self._parts: list[str] = []
        self.feed(html)

    @property
    def text(self) -> str:
        return " ".join("".join(self._parts).split())

    def links(self) -> list[str]:
        return [
            value or "" for _, a in self.elements for k, value in a.items() if k in {"href", "src"}
        ]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._parts.append(" " if tag in {"td", "tr", "li", "p", "h1", "h2", "dd", "dt"} else "")

    def handle_data(self, data: str) -> None:
        self._parts.append(data)


def _page(
    record: Record, files: Mapping[str, Arrived] | None = None, state: State = State.DRAFT
) -> _Page:
    return _Page(landing_page(record, files or {}, id_="0123456789ab", state=state))


def test_a_page_says_everything_about_its_record(make_record: MakeRecord) -> None:
    josiah = {
        "person_or_org": {
            "type": "personal",
            "family_name": "Carberry",
            "given_name": "Josiah",
            "identifiers": [{"scheme": "orcid", "identifier": "0000-0002-1825-0097"}],
        },
        "affiliations": [{"name": "Example University"}],
    }
    page = _page(
        make_record(
            "Title",
            {"pids": {"doi": {"identifier": "10.1234/abc", "provider": "external"}}},
            creators=[josiah],
            contributors=[{**josiah, "role": {"id": "datacollector"}}],
            version="1.2",
            description="<p>What it is</p>",
            additional_descriptions=[{"description": "How", "type": {"id": "methods"}}],
            additional_titles=[{"title": "Titel", "type": {"id": "translated-title"}}],
            subjects=[{"subject": "battery"}],
            languages=[{"id": "eng"}],
            dates=[{"date": "2026-01", "type": {"id": "collected"}}],
            related_identifiers=[
                {
                    "identifier": "10.1038/sdata.2016.18",
                    "scheme": "doi",
                    "relation_type": {"id": "issupplementto"},
                    "resource_type": {"id": "publication-article"},
                }
            ],
            identifiers=[{"identifier": "arXiv:2101.00001"}],
            funding=[
                {"funder": {"name": "Council"}, "award": {"number": "7", "title": {"en": "Cold"}}}
            ],
            references=[
                {"reference": "A book", "identifier": "https://book.example", "scheme": "url"}
            ],
            locations={"features": [{"place": "Providence"}]},
            copyright="(c) 2026",
            sizes=["3 pages"],
            formats=["text/csv"],
        ),
        {"a.csv": Arrived(1234, "f" * 64)},
        State.PUBLISHED,
    )
    for said in (
        "Published",
        "Title",
        "Translated title: Titel",
        "Dataset",
        "Version 1.2",
        "1 file, 1.23 kB",
        "Carberry, Josiah",
        "Example University; ORCID 0000-0002-1825-0097",
        "Data collector; Example University",
        "What it is",
        "Methods",
        "battery",
        "English",
        "Collected 2026-01",
        "Is supplement to 10.1038/sdata.2016.18 (Journal article)",
        "arXiv:2101.00001",
        "Council, Cold, grant 7",
        "A book",
        "Providence",
        "(c) 2026",
        "3 pages",
        "text/csv",
        "CC BY 4.0",
        "f" * 64,
        "bagit.py --validate .",
        "Carberry, Josiah (2026). Title (Version 1.2) [Dataset]. publishkit. https://doi.org/10.1234/abc",
    ):
        assert said in page.text
    assert {
        "https://orcid.org/0000-0002-1825-0097",
        "https://doi.org/10.1234/abc",
        "https://doi.org/10.1038/sdata.2016.18",
        "https://creativecommons.org/licenses/by/4.0/",
        "https://book.example",
        "data/a.csv",
        "manifest-sha256.txt",
    } <= set(page.links())


def test_hostile_metadata_is_only_text(make_record: MakeRecord) -> None:
    person = {"type": "organizational", "name": EVIL}
    page = _page(
        make_record(
            EVIL,
            {"access": {"embargo": {"active": True, "until": "2099-01-01", "reason": EVIL}}},
            creators=[{"person_or_org": person, "affiliations": [{"name": EVIL}]}],
            description=EVIL,
            version=EVIL,
            publisher=EVIL,
            subjects=[{"subject": EVIL}],
            rights=[{"title": {"en": EVIL}, "link": "javascript:alert(1)"}],
            identifiers=[
                {"identifier": "javascript:alert(1)", "scheme": "url"},
                {"identifier": EVIL, "scheme": "doi"},
                {"identifier": "ascl", "scheme": "ascl"},
            ],
            related_identifiers=[
                {
                    "identifier": f"https://x.y/{EVIL}",
                    "scheme": "url",
                    "relation_type": {"id": EVIL},
                }
            ],
            funding=[{"funder": {"name": EVIL}}],
        ),
        {f"{EVIL}.png": Arrived(1, "0" * 64), f"{EVIL}/b": Arrived(1, "0" * 64)},
    )
    names = [name for name, _ in page.elements]
    assert "script" not in names
    assert names.count("img") == 1  # the picture among the files
    assert not [key for _, a in page.elements for key in a if key.startswith("on")]
    schemes = {urlsplit(link).scheme for link in page.links()}
    assert schemes <= {"https", ""}


def test_pages_load_nothing_from_elsewhere(make_record: MakeRecord) -> None:
    html = landing_page(make_record(), {"a.png": Arrived(1, "0")}, id_="0", state=State.DRAFT)
    page = _Page(html)
    assert not {"script", "link", "iframe", "object", "form"} & {name for name, _ in page.elements}
    assert "url(" not in html
    assert "@import" not in html
    (image,) = (a["src"] for name, a in page.elements if name == "img")
    assert image == "data/a.png"


def test_file_links_lead_to_the_files(push: Push, bags: Callable[[], list[Path]]) -> None:
    keys = ["a#b?c&d.txt", "50%.dat", "sub dir/ü/x y.txt", 'quote"<>.txt', "a:b", "%41"]
    push(dict.fromkeys(keys, b"1"))
    (bag,) = bags()
    page = _Page((bag / "index.html").read_text(encoding="utf-8"))
    for link in page.links():
        if not urlsplit(link).scheme and not link.startswith(("#", "../../")):
            assert (bag / unquote(urlsplit(link).path)).is_file(), link
    assert {unquote(link) for link in page.links() if link.startswith("data/")} == {
        f"data/{key}" for key in keys
    }


def test_files_are_listed_by_folder(make_record: MakeRecord) -> None:
    files = {key: Arrived(1, "0") for key in ("z", "a/2", "a/1", "a/b/3", "b.txt")}
    text = _page(make_record(), files).text
    assert text.index("b.txt") < text.index("a/ ") < text.index("a/b/")


@pytest.mark.parametrize(
    ("access", "says"),
    [
        ({"record": "restricted", "files": "restricted"}, "metadata and files of this record are"),
        ({"files": "restricted"}, "The files of this record are restricted"),
        ({"embargo": {"active": True, "until": "2099-05-01"}}, "Under embargo until 2099-05-01."),
    ],
)
def test_restrictions_are_pointed_out(
    access: dict[str, object], says: str, make_record: MakeRecord
) -> None:
    page = _page(make_record(rest={"access": access}))
    assert says in page.text
    assert "please do not pass the files on" in page.text


def test_an_open_record_has_no_notice(make_record: MakeRecord) -> None:
    assert "enforces nothing" not in _page(make_record()).text


def test_of_many_creators_the_first_are_shown(make_record: MakeRecord) -> None:
    people = [{"person_or_org": {"type": "organizational", "name": f"Org {n}"}} for n in range(50)]
    page = _page(make_record(creators=people))
    assert "and 40 more" in page.text
    assert "Org 49" in page.text


def test_the_chosen_picture_is_shown_and_no_large_one(make_record: MakeRecord) -> None:
    files = {"a.png": Arrived(1, "0"), "b.PNG": Arrived(1, "0"), "c.png": Arrived(10**8, "0")}
    for chosen, shown in (("b.PNG", ["data/b.PNG"]), ("c.png", [])):
        record = make_record(rest={"files": {"default_preview": chosen}})
        page = _page(record, files)
        assert [a["src"] for name, a in page.elements if name == "img"] == shown


def test_a_page_can_be_read_without_seeing_it(make_record: MakeRecord) -> None:
    page = _page(make_record(), {"a.png": Arrived(1, "0")})
    found = dict(page.elements)
    assert found["html"]["lang"] == "en"
    assert {"main", "header", "nav", "footer", "h1"} <= found.keys()
    assert [name for name, _ in page.elements].count("h1") == 1
    assert all(a.get("alt") for name, a in page.elements if name == "img")
    assert all(a.get("scope") for name, a in page.elements if name == "th")
    assert ("a", {"href": "#main", "class": "skip"}) in page.elements
    assert found["main"]["id"] == "main"


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (1234, "1.23 kB"),
        (999_499, "999 kB"),
        (999_500, "1 MB"),
        (5 * 10**12, "5 TB"),
        (4 * 10**15, "4e+03 TB"),
    ],
)
def test_sizes_have_units(size: int, shown: str) -> None:
    assert human_size(size) == shown


def test_counts_have_their_noun() -> None:
    assert [count(n, "file") for n in (0, 1, 1204)] == ["0 files", "1 file", "1,204 files"]


def test_vocabulary_ids_are_shown_as_words() -> None:
    assert label("isnewversionof") == "Is new version of"
    assert label("some-other_id") == "Some other id"
    assert resource_type("publication-article") == "Journal article"
    assert resource_type("image-photo") == "Photo"


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("A title", "a-title"),
        ("Überraschung: 50% off/../etc", "uberraschung-50-off-etc"),
        ("测定", "record"),
        ("CON", "con"),
        ("word " * 40, "-".join(["word"] * 12)),
        ("x" * 100, "x" * 60),
    ],
)
def test_folders_are_named_after_titles(title: str, name: str) -> None:
    assert slug(title) == name
