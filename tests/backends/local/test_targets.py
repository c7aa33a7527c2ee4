"""Which folder a target means."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from publishkit.errors import ConfigError
from publishkit.hooks import Target
from publishkit_local import publishkit_backend
from publishkit_local.targets import folder_of, locate, targets


def _target(url: str) -> Target:
    return Target(name="mine", backend="local", url=url)


def test_the_target_local_is_a_folder_in_the_home_folder() -> None:
    (target,) = targets()
    assert target.name == "local"
    assert target.sandbox
    assert folder_of(target) == Path.home() / "publishkit-archive"


def test_without_a_home_folder_the_target_is_in_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere() -> Path:
        raise RuntimeError

    monkeypatch.setattr(Path, "home", nowhere)
    monkeypatch.chdir(tmp_path)
    (target,) = targets()
    assert folder_of(target) == tmp_path / "publishkit-archive"


@pytest.mark.parametrize("name", ["archive", "ein Archiv ü", "100% a#b?"])
def test_a_folder_of_any_name_can_be_an_archive(name: str, tmp_path: Path) -> None:
    folder = tmp_path / name
    assert folder_of(_target(folder.as_uri())) == folder


def test_localhost_is_this_machine(tmp_path: Path) -> None:
    url = tmp_path.as_uri().replace("file://", "file://localhost")
    assert folder_of(_target(url)) == tmp_path


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/archive",
        "/home/me/archive",
        "archive",
        "file:archive",
        "file://server.example/archive" if os.name != "nt" else "file:",
        "file:///",
        "file:///archive?x=1",
    ],
)
def test_what_is_no_folder_of_this_machine_is_refused_with_an_example(url: str) -> None:
    with pytest.raises(ConfigError, match=r"mine: .*such as file:///"):
        folder_of(_target(url))


@pytest.mark.parametrize(
    ("path", "id_"),
    [
        ("published/a-title-0123456789ab", "0123456789ab"),
        ("published/a-title-0123456789ab/index.html", "0123456789ab"),
        ("drafts/a-title-0123456789ab/data/my file.csv", "0123456789ab"),
        (".incoming/0123456789ab", "0123456789ab"),
        (".trash/a-title-0123456789ab", None),
        ("index.html", None),
        ("published/something", None),
        ("../other/published/a-title-0123456789ab", None),
        ("", None),
    ],
)
def test_a_deposit_is_located_by_the_address_of_anything_in_its_folder(
    path: str, id_: str | None, tmp_path: Path
) -> None:
    archive = tmp_path / "an archive"
    assert locate(_target(archive.as_uri()), (archive / path).as_uri()) == id_


def test_an_address_elsewhere_is_no_deposit_of_an_archive(tmp_path: Path) -> None:
    target = _target(tmp_path.as_uri())
    for url in ("https://example.org/published/a-0123456789ab", "0123456789ab", ""):
        assert locate(target, url) is None


def test_the_backend_says_its_name_and_takes_no_settings() -> None:
    backend = publishkit_backend()
    assert backend.name == "local"
    assert backend.settings == frozenset()


def imported(code: str, *names: str) -> str:
    """Which modules a program has imported when it ends."""
    result = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\nprint({set(names)} & set(sys.modules))"],
        capture_output=True,
        check=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    return result.stdout.strip()


def test_declaring_the_backend_imports_nothing_heavy() -> None:
    code = "import publishkit_local; publishkit_local.publishkit_backend()"
    assert imported(code, "pydantic", "requests", "bagit", "idutils", "filelock") == "set()"


def test_looking_at_an_archive_does_not_wait_for_what_only_pages_need() -> None:
    code = "import publishkit; publishkit.whoami('local'); list(publishkit.deposits('local'))"
    assert imported(code, "idutils", "edtf") == "set()"
