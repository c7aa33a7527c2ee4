"""Names of files and settings, whatever people or servers write there."""

from __future__ import annotations

import unicodedata
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from publishkit import config
from publishkit.config import Config
from publishkit.datafiles import data_files
from publishkit.errors import ConfigError
from publishkit.hooks import Target
from publishkit.ignored import is_litter
from publishkit.keys import hostile, inside, obstacles

FEW = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])

ODD = st.sampled_from(
    [
        "ä",
        "ä",
        "\u202e",
        "\u2066",
        "\u200d",
        "\ufeff",
        "�",
        "�",
        "\x00",
        "\n",
        "\x85",
        "\u2028",
        "CON",
        "nul.txt",
        "com1",
        "a.",
        "a ",
        "~",
        "-rf",
        "$HOME",
        "*",
        "C:",
        "\\",
        "..",
        ".",
        "\u017f",
        "S",
        "s",
        "K",
        "\u212a",
        "\u0130",
        "i̇",
        "ß",
        "ss",
        "ͅ",
        "\u03b9",
        "\ufb01",
        "fi",
        "A",
        "a",
        ".git",
        ".GIT",
        ".env",
        ".publishkit",
        "x" * 300,
        "\U0001d518" * 70,
        "가",
        "가",
    ]
)
PARTS = st.lists(ODD | st.text(max_size=3), min_size=1, max_size=3).map("".join)
KEYS = st.lists(PARTS, min_size=1, max_size=3).map("/".join)


@FEW
@given(keys=st.lists(KEYS, min_size=1, max_size=6, unique=True))
@example(keys=["a\u0308", "ä"])
@example(keys=["a/b", "a"])
@example(keys=["../x", "/etc/x", "a/../../x"])
def test_what_may_be_written_stays_in_the_folder_and_comes_back_under_its_name(
    tmp_path: Path, keys: list[str]
) -> None:
    folder = Path(mkdtemp(dir=tmp_path)) / "record"
    folder.mkdir()
    good = [key for key in keys if key not in hostile(keys)]
    assert not obstacles(folder, good)
    for key in good:
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:  # none may take another's place
            file.write(key.encode())
        assert inside(folder, path)
    assert [one.name for one in folder.parent.iterdir()] == ["record"]
    files, problems = data_files(folder)
    assert not [problem for problem in problems if "NFC" in problem.message]
    wanted = {
        unicodedata.normalize("NFC", key): key
        for key in good
        if not any(is_litter(part) for part in key.split("/"))
    }
    assert {file.key: file.path.read_bytes().decode() for file in files} == wanted


@given(keys=st.lists(KEYS, max_size=6))
def test_names_that_a_system_may_take_for_one_are_never_written_both(keys: list[str]) -> None:
    wrong = hostile(keys)
    good = [key for key in keys if key not in wrong]
    alike = [unicodedata.normalize("NFD", key.casefold()).casefold() for key in good]
    assert len(set(alike)) == len(good)


VALUES = st.one_of(
    st.sampled_from(
        [
            '"https://a.example"',
            '"http://a.example"',
            '"//"',
            '"https://a.example:x/"',
            '"https://[::1"',
            '"https://a:99999999"',
            '"file:///tmp/x"',
            '""',
            "true",
            "1",
            "1e400",
            "[]",
            "{}",
            '"invenio"',
            '"memory"',
            '"\\u0000"',
            "1979-05-27",
            "nan",
            '{token = "X"}',
            "{token = 1}",
            '{x = "y"}',
            '"javascript:x"',
        ]
    )
)
ADDRESSES = st.sampled_from(
    ['"https://me:s3cr3t@a.example"', '"https://a.example/?token=s3cr3t"', '"me:s3cr3t@x"']
)
SETTING_NAMES = st.sampled_from(
    [
        "backend",
        "title",
        "sandbox",
        "insecure",
        "database",
        "token_page",
        "environment",
        "ca_bundle",
        "timeout",
        "max_bytes",
        '"ü"',
        "x",
    ]
)
TABLES = st.tuples(
    st.sampled_from(
        ["targets.memory", "targets.new", 'targets."a b"', "targets", "x", 'targets.""']
    ),
    st.builds(
        lambda url, table: {"url": url, **table},
        VALUES | ADDRESSES,
        st.dictionaries(SETTING_NAMES, VALUES, max_size=5),
    ),
)


def _toml(tables: list[tuple[str, dict[str, str]]]) -> bytes:
    return "".join(
        f"[{name}]\n" + "".join(f"{key} = {value}\n" for key, value in table.items())
        for name, table in tables
    ).encode()


FILES = st.one_of(st.lists(TABLES, max_size=2).map(_toml), st.binary(), st.text().map(str.encode))


def _written(folder: Path, name: str, content: bytes) -> None:
    path = folder / name
    path.write_bytes(content)
    path.chmod(0o600)


@FEW
@given(settings_file=FILES, variables=st.binary() | st.text().map(str.encode))
def test_any_configuration_is_one_or_is_refused_in_words(
    tmp_path: Path, settings_file: bytes, variables: bytes
) -> None:
    _written(tmp_path, config.CONFIG_FILE, settings_file)
    _written(tmp_path, ".env", variables)
    said = ""
    try:
        found = config.load(tmp_path, environment={})
        for target in found.targets.values():
            with suppress(ConfigError):
                found.credentials(target)
    except ConfigError as error:
        said = str(error)
    assert "s3cr3t" not in said
    assert not said or "publishkit.toml" in said or ".env" in said or "target" in said


URLS = st.one_of(
    st.text(max_size=10),
    st.sampled_from(
        [
            "https://me:s3cr3t@a.example",
            "https://s3cr3t@a.example",
            "https://a.example?t=s3cr3t",
            "https://a.example/#s3cr3t",
            "http://me:s3cr3t@localhost",
            "https://[::1",
            "https://:x",
            "https:me:s3cr3t@a.example",
            "https://me:s3cr3t@℀.example",
            "me:s3cr3t@a.example",
            "//me:s3cr3t@a.example",
            "ftp://me:s3cr3t@a.example",
            "https://me:s3cr3t@a:99999/",
        ]
    ),
)


@given(kind=st.sampled_from(["memory", "nomad", "", "x"]), url=URLS)
def test_any_name_of_a_target_is_one_or_is_refused_without_its_secrets(kind: str, url: str) -> None:
    known = Config({"memory": Target(name="memory", backend="memory", url="https://m.example")})
    try:
        said = repr(known.target(f"{kind}+{url}"))
    except ConfigError as error:
        said = str(error)
    assert "s3cr3t" not in said
