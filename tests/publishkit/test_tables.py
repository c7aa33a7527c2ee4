"""What a notebook shows of results."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

import publishkit
from publishkit.abilities import Collection, Entry, Permission, Share
from publishkit.errors import Problem, RejectedError
from publishkit.hooks import Target
from publishkit.receipts import Outcome, Receipt
from publishkit.repository import Deposit, State, User
from publishkit.tables import Results, Stream, Tabular
from publishkit.verbs.delete import Deleted
from publishkit.verbs.link import Linkage
from publishkit.verbs.pull import Pulled
from publishkit.verbs.status import Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publishkit.testing import MemoryRepository

HOSTILE = "<script>alert('&\"')</script>\x1b[2J\u202e"
BAD = "javascript:alert(1)"


class Reading(HTMLParser):
    """A browser, as far as it matters: which elements there are, and where they lead."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.targets: list[str] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.targets += [value or "" for name, value in attrs if name == "href"]
        assert not [name for name, _ in attrs if name.startswith("on")]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def shown(thing: Any) -> Reading:  # noqa: ANN401 - as IPython asks any object
    return Reading(thing._repr_html_())


EACH: list[Tabular] = [
    Receipt(
        folder=Path("x"),
        name=HOSTILE,
        target=HOSTILE,
        outcome=Outcome.FAILED,
        id=HOSTILE,
        state=State.DRAFT,
        waiting=HOSTILE,
        doi=HOSTILE,
        links={"self_html": BAD},
        failures=(HOSTILE,),
        error=RejectedError(HOSTILE, answer=HOSTILE, url=BAD),
    ),
    Status(name=HOSTILE, target=HOSTILE, id=HOSTILE, state=State.DRAFT, title=HOSTILE, doi=HOSTILE),
    Problem(HOSTILE, HOSTILE, HOSTILE, record=HOSTILE),
    Deposit(HOSTILE, State.DRAFT, "", "", {"self_html": BAD}, doi=HOSTILE, title=HOSTILE),
    User(HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE),
    Share(HOSTILE, Permission.EDIT, HOSTILE, datetime.now(UTC), url=BAD),
    Collection(HOSTILE, HOSTILE, HOSTILE, BAD, HOSTILE),
    Entry(HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, page="http://[", errors=(HOSTILE,)),
    Target(name=HOSTILE, backend=HOSTILE, url=BAD, title=HOSTILE),
    Linkage(
        name=HOSTILE,
        target=HOSTILE,
        id=HOSTILE,
        link=publishkit.Link(f"{BAD}//", HOSTILE),
        collection=Collection(HOSTILE, HOSTILE, page='https://x.example/"onclick="x'),
    ),
    Deleted(name=HOSTILE, target=HOSTILE, id=HOSTILE, kept_at=HOSTILE),
    Pulled(
        folder=Path(HOSTILE),
        id=HOSTILE,
        target=HOSTILE,
        files=1,
        bytes=1,
        kept=0,
        others=(HOSTILE,),
    ),
]


@pytest.mark.parametrize("result", EACH, ids=lambda one: type(one).__name__)
def test_nothing_that_a_result_says_is_obeyed(result: Tabular) -> None:
    for seen in (shown(result), shown(Results([result]))):
        assert seen.elements <= {"table", "thead", "tbody", "tr", "th", "td", "a"}
        assert not [one for one in seen.targets if not one.startswith("https://")]
        assert "\x1b" not in "".join(seen.texts)
        assert "\u202e" not in "".join(seen.texts)
    assert "\x1b" not in repr(Results([result]))


def test_a_push_gives_a_list_that_shows_as_a_table_with_links(records: Path) -> None:
    receipts = publishkit.push(records, to="memory")
    assert len(receipts) == 3
    assert receipts[0] in receipts
    assert receipts == list(receipts)
    seen = shown(receipts)
    assert seen.targets == [f"https://memory.example/{one.id}" for one in receipts]
    assert {"record", "target", "outcome", "state", "sent", "page"} <= set(seen.texts)
    assert repr(receipts).count("\n") == 2
    assert "created" in repr(receipts)


def test_every_verb_that_gives_several_shows_a_table(records: Path) -> None:
    publishkit.push(records, to="memory")
    assert "draft" in shown(publishkit.status(records)).texts
    assert "memory" in shown(publishkit.targets()).texts
    assert "draft" in shown(publishkit.deposits("memory")).texts
    assert "Josiah Carberry" in shown(publishkit.whoami("memory")).texts
    assert shown(publishkit.validate(records, to="memory")).texts == ["none"]


def test_what_is_wrong_shows_as_a_table(records: Path) -> None:
    (records / "0" / "record_metadata.json").write_text(json.dumps({"acess": {}}))
    seen = shown(publishkit.validate(records, to="memory"))
    assert "error" in seen.texts
    assert "acess" in seen.texts


def test_the_address_of_a_secret_link_does_not_show_since_notebooks_are_kept(
    records: Path,
) -> None:
    publishkit.push(records / "0", to="memory")
    shares = publishkit.share(records / "0", link=True)
    assert shares[0].url
    assert shares[0].url not in shares._repr_html_() + repr(shares)
    assert "a secret link" in shown(shares).texts


def test_to_look_at_what_is_still_coming_loses_none_of_it() -> None:
    asked: list[int] = []

    def coming() -> Iterator[User]:
        for number in range(100):
            asked.append(number)
            yield User(str(number), f"user {number}")

    stream = Stream(coming())
    seen = shown(stream)
    assert len(asked) == 21  # one more than is shown, to know that there are more
    assert "user 19" in seen.texts
    assert "user 20" not in seen.texts
    assert any("and more" in text for text in seen.texts)
    assert [user.id for user in stream] == [str(number) for number in range(100)]


def test_of_very_many_rows_a_notebook_shows_some() -> None:
    seen = shown(Results([User(str(number), f"user {number}") for number in range(1200)]))
    assert "user 999" in seen.texts
    assert "and 200 more" in seen.texts


# ---- progress ----


@dataclass
class Handle:
    shown: list[object] = field(default_factory=list)

    def update(self, obj: object) -> None:
        self.shown.append(obj)


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> Handle:
    """What IPython is where there is a kernel."""
    handle = Handle()

    def display(obj: object, *, display_id: bool) -> Handle:
        handle.update(obj)
        return handle

    shell = SimpleNamespace(kernel=object())
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setitem(sys.modules, "IPython.display", SimpleNamespace(display=display))
    return handle


def test_a_script_says_nothing_unless_it_asks(
    records: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    publishkit.push(records, to="memory")
    assert capfd.readouterr() == ("", "")


def test_a_script_that_asks_for_progress_gets_it_on_standard_error(
    records: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    publishkit.push(records, to="memory", progress=True)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("created    ") == 3
    assert "3 created." in err


def test_a_notebook_shows_progress_below_the_cell(records: Path, notebook: Handle) -> None:
    publishkit.push(records, to="memory")
    assert repr(notebook.shown[-1]) == "3 of 3 done, 16 of 16 B"
    assert repr(notebook.shown[0]) == "checking the records"
    assert "progress" in shown(notebook.shown[-1]).elements


def test_a_notebook_that_does_not_want_progress_has_none(records: Path, notebook: Handle) -> None:
    publishkit.push(records, to="memory", progress=False)
    assert notebook.shown == []


def test_what_is_under_way_shows_as_rows_that_obey_nothing(
    records: Path, notebook: Handle, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    from publishkit.showing import notebook as module

    monkeypatch.setattr(module, "PER_SECOND", 200)
    (records / "0").rename(records / "<script>")
    create = memory.create

    def slow(marker: str, record: Any = None) -> Deposit:  # noqa: ANN401 - passed on
        import time

        end = time.monotonic() + 60
        while not any("creating" in shown(one).texts for one in notebook.shown):
            assert time.monotonic() < end
            time.sleep(0.01)
        return create(marker, record)

    monkeypatch.setattr(memory, "create", slow)
    publishkit.push(records / "<script>", to="memory")
    (seen,) = [s for s in map(shown, notebook.shown) if "creating" in s.texts][:1]
    assert "script" not in seen.elements
    assert any("<script>" in text for text in seen.texts)


def test_interrupting_the_kernel_says_how_to_go_on(
    records: Path, notebook: Handle, memory: MemoryRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(marker: str, record: Any = None) -> Deposit:  # noqa: ANN401 - unused
        raise KeyboardInterrupt

    monkeypatch.setattr(memory, "create", interrupted)
    with pytest.raises(
        publishkit.Cancelled, match=r"0 of 3 records done.*goes on where it stopped"
    ):
        publishkit.push(records, to="memory")
