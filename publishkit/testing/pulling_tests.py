"""The conformance tests of `Download`: what comes back is what was sent."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from publishkit import folder as folders
from publishkit.abilities import Download
from publishkit.errors import Severity
from publishkit.repository import Digests
from publishkit.setting import blocks
from publishkit.testing.base import SMALL, ConformanceTests
from publishkit.testing.harness import write_record

if TYPE_CHECKING:
    from pathlib import Path

    from publishkit.abilities import Source
    from publishkit.model import Metadata
    from publishkit.repository import Repository
    from publishkit.testing.base import Pushed

__all__ = ["PullingTests"]

_LARGE = {**SMALL, "empty.txt": b"", "sub folder/värde 1%.dat": bytes(range(256)) * 2_000}


class PullingTests(ConformanceTests):
    """What can be pulled."""

    def test_a_draft_that_is_pulled_is_the_record_that_was_pushed(
        self, repository: Repository, tmp_path: Path
    ) -> None:
        if isinstance(repository, Download):
            pushed = self.push(repository, tmp_path / "draft" / "0", _LARGE)
            self._assert_pulled(repository, pushed, tmp_path / "pulled")
            repository.delete(pushed.id)

    def test_what_is_published_is_pulled_as_it_was_pushed(
        self, repository: Repository, published: Pushed, tmp_path: Path
    ) -> None:
        if isinstance(repository, Download):
            self._assert_pulled(repository, published, tmp_path / "pulled")

    def _assert_pulled(self, repository: Download, pushed: Pushed, folder: Path) -> None:
        sources = list(repository.sources(pushed.id))
        contents = {source.key: self._read(source) for source in sources}
        write_record(folder, contents, repository.describe(pushed.id))
        assert contents == {file.key: file.path.read_bytes() for file in pushed.files}
        for source in sources:
            self._assert_says_what_it_is(source, contents[source.key])
        loaded = folders.load(folder, folder.name, blocks())
        wrong = [str(p) for p in loaded.problems if p.severity is Severity.ERROR]
        assert wrong == []
        assert loaded.record is not None
        assert _told(loaded.record.metadata) == _told(pushed.record.metadata)
        assert [file.key for file in loaded.files] == [file.key for file in pushed.files]

    def test_a_download_takes_up_in_the_middle_where_it_can(
        self, repository: Repository, pushed: Pushed
    ) -> None:
        if isinstance(repository, Download):
            for source in repository.sources(pushed.id):
                if source.resumes:
                    assert self._read(source, 3) == self._read(source)[3:]

    def _read(self, source: Source, offset: int = 0) -> bytes:
        with source.open(offset) as blocks_:
            return b"".join(blocks_)

    def _assert_says_what_it_is(self, source: Source, content: bytes) -> None:
        assert source.size in {None, len(content)}
        md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
        digests = Digests(md5, hashlib.sha256(content).hexdigest())
        assert source.checksum is None or digests.match(source.checksum)


def _told(metadata: Metadata) -> tuple[object, ...]:
    people = [creator.person_or_org.display_name for creator in metadata.creators]
    return metadata.title, people, metadata.publication_date, metadata.resource_type
