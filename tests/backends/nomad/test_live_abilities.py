"""What only NOMAD does, on real ones."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from threading import Event
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from publishkit import folder as folders
from publishkit.abilities import Editing, Link, Member, Permission, Query
from publishkit.errors import RejectedError, Severity
from publishkit.hooks import LOOPBACK, Connection, Credentials, Target
from publishkit.repository import State
from publishkit.setting import blocks
from publishkit.testing.base import ConformanceTests, Pushed, new_marker
from publishkit.testing.harness import write_record
from publishkit.testing.meter import NoMeter
from publishkit_nomad import publishkit_backend
from publishkit_nomad.repository import NomadRepository

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pydantic import JsonValue
    from servers.api import NomadServer

    from publishkit.abilities import Source
    from publishkit.repository import DataFile

BROKEN = b'{"data": {"m_def": "no.such.Section"}}'
PAGE = "https://example.org/publishkit-abilities"


def sign_in(server: NomadServer, username: str) -> NomadRepository:
    """A repository with somebody signed in."""
    target = Target(name="nomad-live", backend="nomad", url=server.api)
    credentials = Credentials(username=username, password=server.password)
    return NomadRepository(
        Connection(target=target, credentials=credentials, stop=Event(), workers=4)
    )


def read(source: Source, offset: int = 0) -> bytes:
    """A source's content from an offset on."""
    with source.open(offset) as content:
        return b"".join(content)


def zipped(files: Mapping[str, bytes]) -> bytes:
    """A zip of some files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.live
class TestNomadAbilities(ConformanceTests):
    title = "publishkit abilities"

    @pytest.fixture
    def repository(self, nomad_server: NomadServer) -> NomadRepository:
        names = [n for n in ("lhofstadter", *nomad_server.users) if n in nomad_server.users]
        return sign_in(nomad_server, names[0])

    def asked(self, block: Mapping[str, JsonValue], **more: JsonValue) -> dict[str, JsonValue]:
        """The content of a record's file with a block for NOMAD."""
        return {**self.content(self.new_title()), "nomad": dict(block), **more}

    # ---- looking ----

    def test_an_entry_that_failed_is_told_without_waiting(
        self, repository: NomadRepository, tmp_path: Path
    ) -> None:
        pushed = self.push(repository, tmp_path / "0", {"bad.archive.json": BROKEN})
        report = repository.inspect(pushed.id)
        assert (report.details["entries"], report.details["failed_entries"]) == (2, 1)
        assert [said.partition(":")[0] for said in report.deposit.failures] == ["bad.archive.json"]
        (failed,) = (e for e in repository.entries(pushed.id) if not e.processed)
        assert failed.mainfile == "bad.archive.json"
        assert "Traceback" not in "".join(failed.errors)
        assert repository.entry(failed.id).errors == failed.errors != ()
        repository.delete(pushed.id)

    def test_a_pages_address_leads_back_to_the_upload(
        self, repository: NomadRepository, pushed: Pushed
    ) -> None:
        locate = publishkit_backend().locate
        assert locate is not None
        target = Target(name="live", backend="nomad", url=repository.api.base)
        for name in ("self", "self_html", "files", "publish"):
            assert locate(target, pushed.deposit.links[name]) == pushed.id

    # ---- sharing ----

    def test_taking_access_back_from_one_leaves_the_others(
        self, repository: NomadRepository, nomad_server: NomadServer, pushed: Pushed
    ) -> None:
        if urlsplit(nomad_server.api).hostname not in LOOPBACK:  # nobody else is bothered
            return
        me = repository.whoami()
        one, two, three = (
            name for name in ("admin", "scooper", "lhofstadter", "hwolowitz") if name != me.username
        )
        repository.grant(pushed.id, [one, me.name, two], Permission.EDIT)
        repository.grant(pushed.id, [three], Permission.PREVIEW)
        (first, mine, second) = repository.grant(pushed.id, [one, me.id, two], Permission.PREVIEW)
        assert (first.permission, mine.permission) == (Permission.EDIT, Permission.MANAGE)
        repository.revoke(pushed.id, one)
        left = {share.id: share.permission for share in repository.shares(pushed.id)}
        assert first.id not in left
        assert left.pop(second.id) is Permission.EDIT
        assert list(left.values()) == [Permission.PREVIEW]
        colleague = sign_in(nomad_server, three)
        assert colleague.get(pushed.id).title == pushed.title
        with pytest.raises(RejectedError, match="main author"):
            repository.revoke(pushed.id, me.id)

    # ---- linking ----

    def test_an_address_is_known_before_a_file_is_sent(
        self, repository: NomadRepository, tmp_path: Path
    ) -> None:
        empty = repository.create(new_marker())
        address = repository.address(empty.id)
        folder = write_record(tmp_path / "0", {"a.txt": b"a"}, self.content(self.new_title()))
        record, files = self.load(folder)
        self.fill(repository, empty.id, record, files)
        assert repository.address(empty.id) == address
        assert repository.get(empty.id).links["record_html"] == address
        repository.delete(empty.id)

    def test_an_upload_without_our_entry_is_named_by_its_own_page(
        self, repository: NomadRepository, tmp_path: Path
    ) -> None:
        main = {"own.archive.json": self._main("Mine")}
        pushed = self.push(repository, tmp_path / "0", main, content=self.asked({"entry": False}))
        assert repository.address(pushed.id) == pushed.deposit.links["self_html"]
        repository.delete(pushed.id)

    def test_a_member_of_a_group_is_linked_alone(
        self, repository: NomadRepository, tmp_path: Path
    ) -> None:
        members, files = self._members(tmp_path)
        group = repository.group(self.new_title(), members)
        deposit = group.create(new_marker())
        self.fill(group, deposit.id, members[0].record, files)
        ids = [repository.member(deposit, name).id for name in ("a", "b")]
        repository.relate(ids[0], [Link(PAGE)])
        named = [next(repository.entries(id_)).references for id_ in ids]
        assert named == [(PAGE,), ()]
        repository.relate(deposit.id, [Link(PAGE)])
        assert [next(repository.entries(id_)).references for id_ in ids] == [(PAGE,), (PAGE,)]
        repository.delete(deposit.id)

    def test_what_is_no_full_address_is_named_and_nothing_is_linked(
        self, repository: NomadRepository, pushed: Pushed
    ) -> None:
        with pytest.raises(RejectedError, match=r"mailto:a@b\.example, http://localhost/x"):
            repository.relate(
                pushed.id, [Link(PAGE), Link("mailto:a@b.example"), Link("http://localhost/x")]
            )
        assert {e.references for e in repository.entries(pushed.id)} == {()}

    def test_an_upload_without_entries_says_to_push_first(
        self, repository: NomadRepository
    ) -> None:
        empty = repository.create(new_marker())
        with pytest.raises(RejectedError, match="Push its files first"):
            repository.relate(empty.id, [Link(PAGE)])
        with pytest.raises(RejectedError, match="Push its files first"):
            repository.collect(empty.id, "any")
        repository.delete(empty.id)

    def test_links_are_added_to_the_references_of_the_block(
        self, repository: NomadRepository, tmp_path: Path
    ) -> None:
        own = "https://example.org/own"
        content = self.asked({"references": [own]})
        pushed = self.push(repository, tmp_path / "0", content=content)
        repository.update(pushed.id, pushed.record.with_links({PAGE: "isidenticalto"}))
        assert {frozenset(e.references) for e in repository.entries(pushed.id)} == {
            frozenset({own, PAGE})
        }
        repository.delete(pushed.id)

    # ---- editing after publishing ----

    def test_an_embargo_is_lifted_only_when_the_record_says_so(
        self, repository: NomadRepository, tmp_path: Path
    ) -> None:
        asked = self.asked({"embargo_length": 2})
        pushed = self.push(repository, tmp_path / "0", content=asked, publish_it=True)
        silent, _ = self.load(write_record(tmp_path / "1" / "0", {}, self.content(pushed.title)))
        silent = silent.model_copy(update={"access": type(silent.access)()})
        repository.edit(pushed.id, silent)
        assert repository.inspect(pushed.id).details["under_embargo"] is True
        longer, _ = self.load(
            write_record(tmp_path / "2" / "0", {}, self.asked({"embargo_length": 5}))
        )
        with pytest.raises(RejectedError, match="cannot become 5"):
            repository.edit(pushed.id, longer)
        lifted, _ = self.load(
            write_record(tmp_path / "3" / "0", {}, self.asked({"embargo_length": 0}))
        )
        repository.edit(pushed.id, lifted)
        assert repository.inspect(pushed.id).details["under_embargo"] is False

    def test_the_records_of_a_published_group_are_edited_each_for_itself(
        self, repository: NomadRepository, tmp_path: Path
    ) -> None:
        members, files = self._members(tmp_path)
        name = self.new_title()
        group = repository.group(name, members)
        deposit = group.create(new_marker())
        self.fill(group, deposit.id, members[0].record, files)
        group.publish(deposit.id, members[0].record)
        assert group.settle(deposit.id, NoMeter()).state is State.PUBLISHED
        changed = [
            replace(member, record=member.record.with_links({f"{PAGE}/{member.prefix}": "cites"}))
            for member in members
        ]
        editing = repository.group(name, changed)
        assert isinstance(editing, Editing)
        editing.edit(deposit.id, changed[0].record)
        ids = [repository.member(deposit, member.prefix).id for member in members]
        assert [next(repository.entries(id_)).references for id_ in ids] == [
            (f"{PAGE}/a",),
            (f"{PAGE}/b",),
        ]

    # ---- DOIs ----

    def test_a_dataset_with_a_doi_stays_and_leads_to_its_one_upload(
        self, repository: NomadRepository, nomad_server: NomadServer, published: Pushed
    ) -> None:
        made = repository.create_collection(self.new_title())
        if nomad_server.version.startswith("1.4"):  # runs here without DataCite
            with pytest.raises(RejectedError, match="registers no DOIs"):
                repository.assign_collection_doi(made.id)
            repository.delete_collection(made.id)
            return
        with pytest.raises(RejectedError, match="empty"):
            repository.assign_collection_doi(made.id)
        repository.collect(published.id, made.id)
        doi = repository.assign_collection_doi(made.id)
        assert repository.assign_collection_doi(made.id) == doi
        with pytest.raises(RejectedError, match="stays for good"):
            repository.delete_collection(made.id)
        assert repository.collection(made.name).doi == doi
        assert repository.find_doi(doi.lower()) == published.id

    def test_an_upload_gets_a_doi_where_nomad_gives_any(
        self, repository: NomadRepository, nomad_server: NomadServer, published: Pushed
    ) -> None:
        refusals = {"1.3": "assign a DOI to that", "1.4": "registers no DOIs"}
        refusal = refusals.get(nomad_server.version[:3])
        if refusal:
            with pytest.raises(RejectedError, match=refusal):
                repository.assign_doi(published.id)
            return
        doi = repository.assign_doi(published.id)
        assert repository.assign_doi(published.id) == doi
        assert repository.find_doi(doi.upper()) == published.id
        assert repository.address(published.id) == f"https://doi.org/{doi}"

    # ---- searching ----

    def test_entries_are_searched_by_words_and_by_nomads_own_queries(
        self, repository: NomadRepository, tmp_path: Path
    ) -> None:
        word = self.new_title().rpartition(" ")[2]
        asked = self.asked({"comment": f"measured with {word}", "datasets": [f"of {word}"]})
        pushed = self.push(repository, tmp_path / "0", content=asked)
        dataset = repository.collection(f"of {word}")
        own = f'{{"upload_id": "{pushed.id}"}}'
        for query in (
            Query(f"{word} MEASURED", "user"),
            Query(own, "user"),
            Query(own, "staging", dataset.id),
            Query("", "user", dataset.id),
        ):
            assert {entry.deposit for entry in repository.search(query)} == {pushed.id}
        for query in (Query(own), Query(f"{word} nowhere", "user")):
            assert list(repository.search(query)) == []
        with pytest.raises(RejectedError, match=r"nobody.*staging"):
            repository.search(Query("", "nobody"))
        with pytest.raises(RejectedError, match="no JSON"):
            repository.search(Query("{broken", "user"))
        repository.delete(pushed.id)
        repository.delete_collection(dataset.id)

    # ---- getting it back ----

    def test_an_upload_made_by_hand_is_pulled_as_a_record_that_loads(
        self, repository: NomadRepository, tmp_path: Path
    ) -> None:
        files = {"own.archive.json": self._main("Mine"), "sub/a.txt": b"a"}
        made = repository.create("By hand")
        answer = repository.request(
            "PUT",
            f"uploads/{made.id}/raw/",
            params={"file_name": "x.zip"},
            body=zipped(files),
            content_type="application/zip",
        )
        assert answer.status == 200
        repository.settle(made.id, NoMeter())
        contents = {source.key: read(source) for source in repository.sources(made.id)}
        assert contents == files
        folder = write_record(tmp_path / "0", contents, repository.describe(made.id))
        loaded = folders.load(folder, "0", blocks())
        assert [p for p in loaded.problems if p.severity is Severity.ERROR] == []
        assert loaded.record is not None
        assert loaded.record.metadata.title == "By hand"
        (creator,) = loaded.record.metadata.creators
        first, _, last = repository.whoami().name.rpartition(" ")
        assert creator.person_or_org.display_name == f"{last}, {first}"
        repository.delete(made.id)

    def test_what_is_pulled_and_pushed_again_says_the_same(
        self, repository: NomadRepository, tmp_path: Path
    ) -> None:
        word = self.new_title().rpartition(" ")[2]
        asked = self.asked(
            {
                "upload_name": f"another name {word}",
                "comment": "a comment of its own",
                "datasets": [f"of {word}"],
                "embargo_length": 3,
                "accept_license": True,
            }
        )
        metadata = asked["metadata"]
        assert isinstance(metadata, dict)
        metadata["rights"] = [{"id": "cc0-1.0"}]
        first = self.push(repository, tmp_path / "first" / "0", content=asked)
        repository.relate(first.id, [Link(PAGE)])
        told = repository.describe(first.id)
        again = self.push(repository, tmp_path / "again" / "0", content=told)
        assert repository.describe(again.id) == told
        assert repository.get(again.id).revision != ""
        assert told["nomad"] == {
            "upload_name": f"another name {word}",
            "comment": "a comment of its own",
            "datasets": [f"of {word}"],
            "embargo_length": 3,
            "accept_license": True,
        }
        for id_ in (first.id, again.id):
            repository.delete(id_)
        repository.delete_collection(repository.collection(f"of {word}").id)

    def test_files_of_any_alphabet_are_pulled(
        self, repository: NomadRepository, tmp_path: Path
    ) -> None:
        """NOMAD 1.3 and 1.4 do not give them out by themselves."""
        files = {"данные/файл 1.txt": b"0123456789", "a/[данные] 1.txt": b"abc", "a/b.txt": b"b"}
        pushed = self.push(repository, tmp_path / "0", files)
        sources = {source.key: source for source in repository.sources(pushed.id)}
        assert {key: read(source) for key, source in sources.items()} == files
        assert read(sources["данные/файл 1.txt"], 4) == b"456789"
        repository.delete(pushed.id)

    def _members(self, folder: Path) -> tuple[list[Member], list[DataFile]]:
        """Two records of one upload, and the files of both."""
        members, files = [], []
        for name in ("a", "b"):
            content = self.content(self.new_title())
            record, found = self.load(write_record(folder / name, {"x.txt": b"x"}, content))
            members.append(Member(name, record))
            files += [replace(file, key=f"{name}/{file.key}") for file in found]
        return members, files

    def _main(self, name: str) -> bytes:
        section = "nomad.datamodel.metainfo.eln.BasicEln"
        return f'{{"data": {{"m_def": "{section}", "name": "{name}"}}}}'.encode()
