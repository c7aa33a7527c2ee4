"""Records to push: made once, and laid out as each tool wants them."""

from __future__ import annotations

import hashlib
import json
import os
import random
import zlib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final
from zipfile import ZIP_STORED, ZipFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

__all__ = ["Data", "Digest", "Records"]

_BLOCK: Final = 1 << 20
_WORDS: Final = [f"{word}={n:.3f}" for n in range(40) for word in ("voltage", "current", "time")]


@dataclass(frozen=True, slots=True)
class Digest:
    """What a file should arrive as."""

    size: int
    md5: str
    crc: str


@dataclass(frozen=True, slots=True)
class Records:
    """Some records, all of the same shape."""

    folder: Path
    files: Mapping[str, Mapping[str, Digest]]
    """By name of the record, then of the file."""

    @property
    def records(self) -> Path:
        """A folder for each, of data files and `record_metadata.json`."""
        return self.folder / "records"

    @property
    def plain(self) -> Path:
        """A folder for each, of data files alone."""
        return self.folder / "plain"

    @property
    def crates(self) -> Path:
        """A folder for each, of data files and `ro-crate-metadata.json`."""
        return self.folder / "crates"

    @property
    def size(self) -> int:
        """Bytes of all data files."""
        return sum(digest.size for files in self.files.values() for digest in files.values())

    def title(self, name: str) -> str:
        """What a record is called."""
        return f"Benchmark {name}"


@dataclass(frozen=True, slots=True)
class Data:
    """A folder of records, kept from run to run."""

    folder: Path

    def small(self, count: int, files: int, size: int) -> Records:
        """Records of small files of random bytes."""
        shape = {_name(n): {f"data{m:03}.bin": size for m in range(files)} for n in range(count)}
        return self._made(f"{count}x{files}x{size}", shape, _noise)

    def sparse(self, size: int) -> Records:
        """One record of one file that is mostly holes."""
        return self._made(f"sparse{size}", {_name(0): {"large.bin": size}}, _holes)

    def folders(self, size: int, *, compressible: bool) -> Records:
        """One record of twenty files, of text or of random bytes."""
        kind = "text" if compressible else "noise"
        shape = {_name(0): {f"part{n:02}/{kind}.dat": size // 20 for n in range(20)}}
        return self._made(f"{kind}{size}", shape, _text if compressible else _noise)

    def zip_of(self, records: Records) -> Path:
        """A stored zip of the first record's folder, metadata included."""
        path = records.folder / "record.zip"
        if not path.exists():
            root = records.records / next(iter(records.files))
            with ZipFile(path, "w", ZIP_STORED) as zipped:
                for file in sorted(one for one in root.rglob("*") if one.is_file()):
                    zipped.write(file, file.relative_to(root))
        return path

    def _made(
        self,
        name: str,
        shape: Mapping[str, Mapping[str, int]],
        content: Callable[[int, int], Iterator[bytes | int]],
    ) -> Records:
        folder = self.folder / name
        index = folder / "index.json"
        if not index.exists():
            made = {
                record: _write_record(folder, record, files, content)
                for record, files in shape.items()
            }
            index.write_text(json.dumps(made))
        found: dict[str, dict[str, list[int | str]]] = json.loads(index.read_text())
        return Records(folder, {name: _digests(files) for name, files in found.items()})


def _digests(found: Mapping[str, list[int | str]]) -> dict[str, Digest]:
    return {name: Digest(int(s), str(m), str(c)) for name, (s, m, c) in found.items()}


def _name(number: int) -> str:
    return f"{number:05}"


def _write_record(
    folder: Path,
    name: str,
    files: Mapping[str, int],
    content: Callable[[int, int], Iterator[bytes | int]],
) -> dict[str, list[int | str]]:
    record, plain, crate = (folder / kind / name for kind in ("records", "plain", "crates"))
    made: dict[str, list[int | str]] = {}
    for number, (key, size) in enumerate(files.items()):
        path = record / key
        path.parent.mkdir(parents=True, exist_ok=True)
        made[key] = _write(path, content(zlib.crc32(f"{name}/{number}".encode()), size))
        for other in (plain, crate):
            (other / key).parent.mkdir(parents=True, exist_ok=True)
            if not (other / key).exists():
                os.link(path, other / key)
    (record / "record_metadata.json").write_text(json.dumps(_metadata(f"Benchmark {name}")))
    (crate / "ro-crate-metadata.json").write_text(json.dumps(_crate(f"Benchmark {name}", files)))
    return made


def _write(path: Path, blocks: Iterator[bytes | int]) -> list[int | str]:
    """Write bytes, and holes of a length: size, md5 and CRC-32."""
    md5, crc, size = hashlib.md5(usedforsecurity=False), 0, 0
    with path.open("wb") as file:
        for block in blocks:
            data = bytes(block) if isinstance(block, int) else block
            if isinstance(block, int):
                file.seek(block, os.SEEK_CUR)
            else:
                file.write(block)
            md5.update(data)
            crc, size = zlib.crc32(data, crc), size + len(data)
        file.truncate(size)
    return [size, md5.hexdigest(), f"{crc:08x}"]


def _noise(seed: int, size: int) -> Iterator[bytes | int]:
    chance = random.Random(seed)  # noqa: S311 - the same bytes each time
    for left in range(size, 0, -_BLOCK):
        yield chance.randbytes(min(left, _BLOCK))


def _text(seed: int, size: int) -> Iterator[bytes | int]:
    """Lines of a log, which deflate halves; blocks come again, out of its reach."""
    blocks = _logs()
    for number, left in enumerate(range(size, 0, -_BLOCK), seed):
        yield blocks[number % len(blocks)][: min(left, _BLOCK)]


@cache
def _logs() -> list[bytes]:
    chance = random.Random(1)  # noqa: S311 - the same bytes each time
    lines = (f"{chance.choice(_WORDS)} {chance.random():.6f}\n" for _ in range(16 * _BLOCK // 20))
    text = "".join(lines).encode()
    return [text[n : n + _BLOCK] for n in range(0, len(text) - _BLOCK, _BLOCK)]


def _holes(seed: int, size: int) -> Iterator[bytes | int]:
    """A megabyte of random bytes, then holes."""
    first = min(size, _BLOCK)
    yield from _noise(seed, first)
    for left in range(size - first, 0, -_BLOCK):
        yield min(left, _BLOCK)


def _metadata(title: str) -> dict[str, object]:
    person = {"type": "personal", "family_name": "Carberry", "given_name": "Josiah"}
    return {
        "metadata": {
            "title": title,
            "creators": [{"person_or_org": person}],
            "publication_date": "2026-03-25",
            "publisher": "publishkit benchmarks",
            "resource_type": {"id": "dataset"},
        }
    }


def _crate(title: str, files: Mapping[str, int]) -> dict[str, object]:
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": title,
        "description": title,
        "datePublished": "2026-03-25",
        "author": {"@id": "#josiah"},
        "license": {"@id": "https://creativecommons.org/licenses/by/4.0/"},
        "hasPart": [{"@id": key} for key in files],
    }
    about = {
        "@id": "ro-crate-metadata.json",
        "@type": "CreativeWork",
        "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
        "about": {"@id": "./"},
    }
    person = {"@id": "#josiah", "@type": "Person", "name": "Josiah Carberry"}
    parts = [{"@id": key, "@type": "File", "name": key} for key in files]
    return {
        "@context": "https://w3id.org/ro/crate/1.1/context",
        "@graph": [about, root, person, *parts],
    }
