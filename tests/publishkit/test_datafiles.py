"""Which files of a folder are sent, and under which keys."""

from __future__ import annotations

import os
import stat
import time
import unicodedata
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from publishkit.datafiles import data_files
from publishkit.errors import Severity

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty record folder."""
    made = tmp_path / "record"
    made.mkdir()
    (made / "record_metadata.json").write_text("{}")
    return made


def write(folder: Path, *keys: str, text: str = "x") -> None:
    for key in keys:
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def keys(folder: Path) -> list[str]:
    files, problems = data_files(folder)
    assert problems == []
    return [file.key for file in files]


def problem(folder: Path) -> tuple[str, str, Severity]:
    """The one thing that is wrong."""
    [found] = data_files(folder)[1]
    return found.path, found.message, found.severity


def test_every_file_is_data_and_sub_folders_are_kept(folder: Path) -> None:
    write(folder, "b.txt", "a.txt", "sub/dir/file.dat", "sub/a b#c%.csv", "é/ü.txt")

    assert keys(folder) == ["a.txt", "b.txt", "sub/a b#c%.csv", "sub/dir/file.dat", "é/ü.txt"]


def test_a_file_has_its_path_size_and_time(folder: Path) -> None:
    write(folder, "sub/a.txt", text="hello")
    [file], _ = data_files(folder)

    assert file.path == folder / "sub" / "a.txt"
    assert file.size == 5
    assert file.modified == file.path.stat().st_mtime_ns


@pytest.mark.parametrize(
    "key",
    [
        "records_links.json",
        ".publishkit/journal.jsonl",
        ".hidden",
        ".git/config",
        "sub/.hidden",
        "sub/.hidden/a.txt",
        "notes.txt~",
        "#notes.txt#",
        "~$report.docx",
        "notes.swp",
        ".DS_Store",
        "Thumbs.db",
        "THUMBS.DB",
        "Desktop.ini",
        "sub/__pycache__/a.pyc",
        "__MACOSX/a.txt",
    ],
)
def test_what_is_no_data_is_left_out(folder: Path, key: str) -> None:
    write(folder, "data.csv", key)

    assert keys(folder) == ["data.csv"]


@pytest.mark.parametrize(
    "key",
    [
        "sub/record_metadata.json",
        "a.tmp",
        "core",
        "a~b",
        "$x",
        "build/a.o",
    ],
)
def test_what_only_looks_like_litter_is_data(folder: Path, key: str) -> None:
    write(folder, key)

    assert keys(folder) == [key]


def test_an_empty_file_is_data_and_an_empty_folder_is_not(folder: Path) -> None:
    write(folder, "empty", text="")
    (folder / "nothing").mkdir()

    assert keys(folder) == ["empty"]


# ---- .publishignore ----


@pytest.mark.parametrize(
    ("patterns", "left"),
    [
        ("*.log", ["a.txt", "sub/b.txt", "sub/deep/c.txt"]),
        ("sub/", ["a.log", "a.txt"]),
        ("/a.*", ["sub/b.log", "sub/b.txt", "sub/deep/c.txt"]),
        ("*.log\n!sub/b.log", ["a.txt", "sub/b.log", "sub/b.txt", "sub/deep/c.txt"]),
        ("**/deep/**", ["a.log", "a.txt", "sub/b.log", "sub/b.txt"]),
        ("# a comment\n\n", ["a.log", "a.txt", "sub/b.log", "sub/b.txt", "sub/deep/c.txt"]),
        ("sub\n!sub/b.txt", ["a.log", "a.txt"]),  # git: nothing comes back from inside
        ("*", []),
    ],
)
def test_publishignore_speaks_gitignore(folder: Path, patterns: str, left: list[str]) -> None:
    write(folder, "a.txt", "a.log", "sub/b.txt", "sub/b.log", "sub/deep/c.txt")
    (folder / ".publishignore").write_text(patterns)

    assert keys(folder) == left


def test_publishignore_in_a_sub_folder_counts_there_and_wins(folder: Path) -> None:
    write(folder, "a.log", "sub/a.log", "sub/b.log", "sub/c.txt", "c.txt")
    (folder / ".publishignore").write_text("*.log\n")
    (folder / "sub" / ".publishignore").write_text("!b.log\n/c.txt\n")

    assert keys(folder) == ["c.txt", "sub/b.log"]


def test_publishignore_as_windows_writes_it(folder: Path) -> None:
    write(folder, "a.log", "b.txt")
    (folder / ".publishignore").write_bytes(b"\xef\xbb\xbf*.log\r\n")

    assert keys(folder) == ["b.txt"]


def test_publishignore_that_is_not_utf_8_is_an_error(folder: Path) -> None:
    (folder / ".publishignore").write_bytes(b"\xff")

    assert problem(folder) == (".publishignore", "not UTF-8", Severity.ERROR)


@pytest.mark.parametrize("pattern", ["!", "a\\", "[z-a]"])
def test_publishignore_with_a_wrong_pattern_is_an_error(folder: Path, pattern: str) -> None:
    write(folder, "a.txt")
    (folder / ".publishignore").write_text(f"*.log\n{pattern}\n")

    key, message, severity = problem(folder)

    assert (key, severity) == (".publishignore", Severity.ERROR)
    assert "not gitignore's syntax" in message


def test_publishignore_that_cannot_be_read_is_an_error(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / ".publishignore").touch()

    def refuse(_path: Path, _most: int) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("publishkit.ignored.read_small", refuse)

    assert problem(folder)[:2] == (".publishignore", "cannot be read: Permission denied")


# ---- symbolic links ----


def test_a_link_inside_the_record_is_followed(folder: Path) -> None:
    write(folder, "sub/a.txt", text="hello")
    (folder / "link.txt").symlink_to("sub/a.txt")
    (folder / "linked").symlink_to("sub")

    files, problems = data_files(folder)

    assert problems == []
    assert [(f.key, f.size) for f in files] == [
        ("link.txt", 5),
        ("linked/a.txt", 5),
        ("sub/a.txt", 5),
    ]


@pytest.mark.parametrize("what", ["file", "folder"])
def test_a_link_that_leads_out_is_an_error(folder: Path, tmp_path: Path, what: str) -> None:
    write(tmp_path, "elsewhere/secret.txt")
    target = tmp_path / "elsewhere"
    (folder / "link").symlink_to(target / "secret.txt" if what == "file" else target)

    assert problem(folder)[:2] == (
        "link",
        "a symbolic link that leads out of the record's folder",
    )


def test_a_link_to_a_folder_with_a_name_that_begins_alike_leads_out(folder: Path) -> None:
    write(folder.parent, "record-2/a.txt")
    (folder / "link").symlink_to(folder.parent / "record-2")

    assert "leads out" in problem(folder)[1]


def test_a_link_through_the_outside_that_comes_back_is_followed(
    folder: Path, tmp_path: Path
) -> None:
    write(folder, "a.txt")
    (tmp_path / "alias").symlink_to(folder)
    (folder / "link.txt").symlink_to(tmp_path / "alias" / "a.txt")

    assert keys(folder) == ["a.txt", "link.txt"]


def test_a_record_that_is_itself_a_link_is_read(folder: Path, tmp_path: Path) -> None:
    write(folder, "sub/a.txt")
    (folder / "link.txt").symlink_to("sub/a.txt")
    (tmp_path / "alias").symlink_to(folder)

    assert keys(tmp_path / "alias") == ["link.txt", "sub/a.txt"]


@pytest.mark.parametrize("target", [".", "..", "../sub"])
def test_a_loop_of_links_is_an_error_and_ends(folder: Path, target: str) -> None:
    write(folder, "sub/a.txt")
    (folder / "sub" / "loop").symlink_to(target)

    key, message, _ = problem(folder)

    assert (key, message) == ("sub/loop", "a symbolic link to a folder that it lies in")


def test_folders_that_link_to_each_other_are_an_error_and_end(folder: Path) -> None:
    write(folder, "a/1.txt", "b/2.txt")
    (folder / "a" / "to_b").symlink_to("../b")
    (folder / "b" / "to_a").symlink_to("../a")

    files, problems = data_files(folder)

    assert [p.path for p in problems] == ["a/to_b/to_a", "b/to_a/to_b"]
    assert [f.key for f in files] == ["a/1.txt", "a/to_b/2.txt", "b/2.txt", "b/to_a/1.txt"]


@pytest.mark.parametrize("target", ["missing", "link"])
def test_a_link_that_leads_nowhere_is_an_error(folder: Path, target: str) -> None:
    (folder / "link").symlink_to(target)

    assert "leads nowhere" in problem(folder)[1]


def test_an_ignored_link_does_no_harm(folder: Path, tmp_path: Path) -> None:
    (folder / "out").symlink_to(tmp_path)
    (folder / "broken").symlink_to("missing")
    (folder / ".publishignore").write_text("out\nbroken\n")

    assert keys(folder) == []


# ---- what cannot be sent ----


def test_a_named_pipe_is_an_error(folder: Path) -> None:
    os.mkfifo(folder / "pipe")

    assert problem(folder)[:2] == ("pipe", "a named pipe, not a file")


def test_a_socket_is_an_error(folder: Path) -> None:
    os.mknod(folder / "socket", stat.S_IFSOCK | 0o600)

    assert problem(folder)[:2] == ("socket", "a socket, not a file")


def test_a_link_to_a_device_leads_out(folder: Path) -> None:
    (folder / "null").symlink_to("/dev/null")

    assert "leads out" in problem(folder)[1]


def test_a_file_that_cannot_be_read_is_an_error(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, "secret.txt")
    monkeypatch.setattr(os, "access", lambda _path, _mode: False)

    assert problem(folder) == ("secret.txt", "the file cannot be read", Severity.ERROR)


def test_a_folder_that_cannot_be_read_is_an_error(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, "a.txt", "sub/b.txt")
    scandir = os.scandir

    def refuse(path: Path) -> object:
        if path.name == "sub":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    files, [found] = data_files(folder)

    assert [f.key for f in files] == ["a.txt"]
    assert (found.path, found.message) == ("sub", "the folder cannot be read: Permission denied")


# ---- names ----


def test_keys_are_nfc_however_the_system_wrote_the_name(folder: Path) -> None:
    write(folder, unicodedata.normalize("NFD", "é/ü.txt"))

    assert keys(folder) == [unicodedata.normalize("NFC", "é/ü.txt")]


def test_two_names_that_are_one_key_are_an_error(folder: Path) -> None:
    write(folder, unicodedata.normalize("NFD", "ü.txt"), unicodedata.normalize("NFC", "ü.txt"))

    key, message, severity = problem(folder)

    assert key == unicodedata.normalize("NFC", "ü.txt")
    assert "accents" in message
    assert severity is Severity.ERROR


def test_names_that_differ_only_in_case_are_a_warning(folder: Path) -> None:
    write(folder, "Data/a.txt", "data/a.txt")

    assert problem(folder) == (
        "data/a.txt",
        "differs from Data/a.txt only in upper and lower case",
        Severity.WARNING,
    )


def test_a_name_that_is_not_utf_8_is_an_error_that_can_be_printed(folder: Path) -> None:
    os.close(os.open(os.fsencode(folder) + b"/caf\xe9.txt", os.O_CREAT | os.O_WRONLY))

    key, message, _ = problem(folder)

    assert message == "the name is not UTF-8"
    assert key.encode() == b"caf\\xe9.txt"


@pytest.mark.parametrize("name", ["a\nb", "a\tb", "a\x7fb", "a\x85b"])
def test_control_characters_in_names_are_errors(folder: Path, name: str) -> None:
    write(folder, f"sub/{name}")

    key, message, _ = problem(folder)

    assert message == "the name has control characters in it"
    assert key.isprintable()


names = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/."),
    min_size=1,
    max_size=8,
).filter(lambda name: len(name.encode()) < 200 and name[0] not in "~#" and name[-1] not in "~#")


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(names, min_size=1, max_size=5))
def test_every_name_becomes_a_key_in_nfc_or_is_named_as_a_problem(
    tmp_path_factory: pytest.TempPathFactory, made: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("names")
    for name in made:
        write(folder, f"d/{name}")
    files, problems = data_files(folder)

    for file in files:
        assert unicodedata.is_normalized("NFC", file.key)
        assert file.path.read_text() == "x"
    assert [f.key for f in files] == sorted(f.key for f in files)
    on_disk = len(list((folder / "d").iterdir()))
    errors = [p for p in problems if p.severity is Severity.ERROR]
    assert len({f.key for f in files}) + len(errors) == on_disk


def test_ten_thousand_files_are_listed_at_once(folder: Path) -> None:
    for top in range(10):
        sub = folder / str(top)
        sub.mkdir()
        for number in range(1000):
            (sub / f"{number}.dat").touch()
    begin = time.perf_counter()

    assert len(keys(folder)) == 10_000
    assert time.perf_counter() - begin < 10


def test_a_deep_folder_is_listed(folder: Path) -> None:
    deep = "/".join(["d"] * 300)
    write(folder, f"{deep}/a.txt")

    assert keys(folder) == [f"{deep}/a.txt"]
