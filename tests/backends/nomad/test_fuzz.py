"""Whatever a NOMAD answers, a call gives what it says or a RepositoryError."""

from __future__ import annotations

import copy
import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import responses
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from mutated import MUTATIONS, SPOILERS, Endless, Mutation, Spoiler

from publishkit.abilities import Permission, Query
from publishkit.errors import RepositoryError, TemporaryError
from publishkit.repository import Deposit, RemoteFile, Report, State
from publishkit_nomad import answers, manifest
from publishkit_nomad.answers import words

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests
    from mutated import Answer

    from publishkit.model import Record
    from publishkit.repository import DataFile
    from publishkit_nomad.repository import NomadRepository

    Call = Callable[[NomadRepository, str, Record, list[DataFile]], object]

DATA = Path(__file__).parent / "data"
API = "https://nomad.example/api/v1"
MARKER = "publishkit-1"

MANY = settings.default.max_examples if settings.default else 100
FEW = settings(max_examples=MANY // 6, suppress_health_check=list(HealthCheck))


class Impatient:
    """A meter whose user has little patience."""

    def __init__(self) -> None:
        self.left = 20

    def advance(self, nbytes: int) -> None:
        """Nothing is shown."""

    def wait(self, seconds: float) -> None:
        self.left -= 1
        if not self.left:
            raise TemporaryError("this takes too long")


def _download(repository: NomadRepository, id_: str) -> None:
    for source in repository.sources(id_):
        with source.open(0) as blocks:
            list(blocks)


CALLS: dict[str, Call] = {
    "whoami": lambda r, _, __, ___: r.whoami(),
    "create": lambda r, _, __, ___: r.create(MARKER),
    "find": lambda r, _, __, ___: r.find(MARKER),
    "get": lambda r, id_, __, ___: r.get(id_),
    "files": lambda r, id_, __, ___: r.files(id_),
    "update": lambda r, id_, record, ___: r.update(id_, record),
    "transfers": lambda r, id_, record, files: [
        t.run(Impatient()) for t in r.transfers(id_, record, files)
    ],
    "remove": lambda r, id_, __, ___: r.remove(id_, ["a.txt"]),
    "settle": lambda r, id_, __, ___: r.settle(id_, Impatient()),
    "inspect": lambda r, id_, __, ___: r.inspect(id_),
    "publish": lambda r, id_, record, ___: r.publish(id_, record),
    "delete": lambda r, id_, __, ___: r.delete(id_),
    "resolve": lambda r, _, record, ___: r.resolve(record),
    "room": lambda r, _, __, ___: r.room(),
    "deposits": lambda r, _, __, ___: list(r.deposits()),
    "search": lambda r, _, __, ___: list(r.search(Query("x", owner="user"))),
    "shares": lambda r, id_, __, ___: r.shares(id_),
    "grant": lambda r, id_, __, ___: r.grant(id_, ["lhofstadter"], Permission.PREVIEW),
    "revoke": lambda r, id_, __, ___: r.revoke(id_, "lhofstadter"),
    "users": lambda r, _, __, ___: list(r.users("ada")),
    "user": lambda r, _, __, ___: r.user("lhofstadter"),
    "collections": lambda r, _, __, ___: list(r.collections()),
    "collection": lambda r, _, __, ___: r.collection("Salt"),
    "collect": lambda r, id_, __, ___: r.collect(id_, "Salt"),
    "entries": lambda r, id_, __, ___: list(r.entries(id_)),
    "entry": lambda r, id_, __, ___: r.entry(id_),
    "archive": lambda r, id_, __, ___: r.archive(id_),
    "describe": lambda r, id_, __, ___: r.describe(id_),
    "sources": lambda r, id_, __, ___: _download(r, id_),
    "request": lambda r, id_, __, ___: r.request("GET", f"uploads/{id_}"),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_spoilt_answer_is_told_and_never_believed(
    nomad: Any,  # noqa: ANN401 - the fake of the fixtures
    repository: NomadRepository,
    make_record: Callable[..., Record],
    make_files: Callable[..., list[DataFile]],
    name: str,
) -> None:
    record = make_record(block={"datasets": ["Salt"], "coauthors": ["lhofstadter"]})
    files = make_files({"a.txt": b"hello", "sub/b.txt": b"more"})
    id_ = repository.create(MARKER).id
    for transfer in repository.transfers(id_, record, files[1:]):
        transfer.run(Impatient())
    repository.update(id_, record)
    nomad.uploads[id_].says["upload_name"] = MARKER

    @FEW
    @given(spoiler=SPOILERS)
    @example(spoiler=Spoiler((Mutation("headers", value=(302, {"Location": "//"})),)))
    def check(spoiler: Spoiler) -> None:
        server = copy.deepcopy(nomad)
        _sound(_run(server, spoiler, lambda: CALLS[name](repository, id_, record, files)))

    _run(
        copy.deepcopy(nomad),
        unspoilt := Spoiler(),
        lambda: CALLS[name](repository, id_, record, files),
    )
    assert unspoilt.count > 0
    check()


@pytest.mark.parametrize("name", CALLS)
def test_a_list_that_never_ends_is_given_up(
    nomad: Any,  # noqa: ANN401 - the fake of the fixtures
    repository: NomadRepository,
    make_record: Callable[..., Record],
    name: str,
) -> None:
    record = make_record(block={"datasets": ["Salt"]})
    id_ = repository.create(MARKER).id
    for transfer in repository.transfers(id_, record, []):
        transfer.run(Impatient())
    nomad.datasets["Salt"] = "id of Salt"
    _run(nomad, Endless(), lambda: CALLS[name](repository, id_, record, []))


@pytest.mark.parametrize(
    "element",
    [
        {"name": "sub", "is_file": False},
        {"name": "", "is_file": False},
        {"name": "..", "is_file": False},
        {"name": "a/../../b", "is_file": True, "size": 1},
        {"name": "a.txt", "is_file": True, "size": -1},
    ],
)
def test_a_folder_that_no_server_can_have_is_told(
    nomad: Any,  # noqa: ANN401 - the fake of the fixtures
    repository: NomadRepository,
    element: dict[str, object],
) -> None:
    id_ = repository.create(MARKER).id
    page = {"directory_metadata": {"size": 1, "content": [element]}, "pagination": {"total": 1}}
    nomad._rawdir = lambda *_: (200, {}, json.dumps(page).encode())  # noqa: SLF001 - the fake's
    with pytest.raises(TemporaryError):
        repository.files(id_)


def test_an_answer_about_another_upload_is_not_taken_for_the_one_asked_for(
    nomad: Any,  # noqa: ANN401 - the fake of the fixtures
    repository: NomadRepository,
) -> None:
    id_ = repository.create(MARKER).id
    nomad.uploads[id_].says["upload_id"] = "another"
    with pytest.raises(TemporaryError, match="another"):
        repository.get(id_)


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_time_that_utc_does_not_know_is_refused_as_a_wrong_answer(
    nomad: Any,  # noqa: ANN401 - the fake of the fixtures
    repository: NomadRepository,
    time: str,
) -> None:
    id_ = repository.create(MARKER).id
    nomad.uploads[id_].says["publish_time"] = time
    with pytest.raises(TemporaryError):
        repository.get(id_)


@pytest.mark.parametrize("value", [1, "yes", "true"])
def test_only_true_means_published(
    nomad: Any,  # noqa: ANN401 - the fake of the fixtures
    repository: NomadRepository,
    value: object,
) -> None:
    id_ = repository.create(MARKER).id
    nomad.uploads[id_].says["published"] = value
    with pytest.raises(TemporaryError):
        repository.get(id_)


def _run(server: Callable[[Any], Answer], spoil: Spoiler, call: Callable[[], object]) -> object:
    def answer(request: requests.PreparedRequest) -> Answer:
        try:
            return spoil(server(request))
        except KeyError:  # of what was deleted before
            return spoil((404, {}, b'{"detail": "Not Found"}'))

    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        for method in ("GET", "POST", "PUT", "DELETE"):
            mock.add_callback(method, re.compile(re.escape(API)), callback=answer)
        try:
            return call()
        except RepositoryError:
            return None


def _sound(found: object) -> None:
    """What is given is of the types that it is said to be of, and claims nothing."""
    if isinstance(found, Report):
        _sound(found.deposit)
    elif isinstance(found, Deposit):
        assert all(isinstance(v, str) for v in [*found.links, *found.links.values()])
        json.dumps(asdict(found), default=str).encode()
        assert found.state is not State.PUBLISHED
    elif isinstance(found, dict):
        for one in found.values():
            assert not isinstance(one, RemoteFile) or one.size >= 0


@given(mutation=MUTATIONS, name=st.sampled_from(sorted(DATA.glob("*.json"))))
def test_any_answer_has_words_or_none(mutation: Mutation, name: Path) -> None:
    _, _, body = mutation((200, {}, name.read_bytes()))
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return
    assert isinstance(words(document), str)


@given(
    mutation=MUTATIONS,
    name=st.sampled_from(sorted(DATA.glob("*.json"))),
    model=st.sampled_from([answers.UploadAnswer, answers.ProcessedPage, answers.FolderPage]),
)
def test_any_answer_is_understood_or_refused(
    mutation: Mutation, name: Path, model: type[answers.UploadAnswer]
) -> None:
    _, _, body = mutation((200, {}, name.read_bytes()))
    try:
        found = model.model_validate_json(body)
    except ValueError:
        return
    if isinstance(found, answers.UploadAnswer):
        assert found.data.changed is None or found.data.changed.tzinfo


@given(st.binary() | st.text().map(str.encode))
def test_any_bytes_are_a_manifest_of_something_or_nothing(content: bytes) -> None:
    assert all(line.size >= 0 for line in manifest.load(content).values())


@given(
    st.dictionaries(
        st.text(min_size=1),
        st.builds(
            manifest.Line, st.from_regex("[0-9a-f]{64}", fullmatch=True), st.integers(0, 10**17)
        ),
    )
)
def test_a_manifest_comes_back_as_it_was_written(lines: dict[str, manifest.Line]) -> None:
    assert manifest.load(manifest.dump(lines)) == lines


def test_a_manifest_with_an_absurd_number_says_nothing() -> None:
    content = b"#: " + b"9" * 5000 + b" bytes\n" + b"0" * 64 + b"  a.txt\n"
    assert manifest.load(content) == {}
