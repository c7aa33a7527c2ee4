"""The documentation against the code: commands, options, examples, links."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from pathlib import Path

import click
import pytest

from publishkit.cli import cli
from publishkit.cli.mapping import MapGroup
from publishkit.errors import PublishkitError
from publishkit.plugins import backends, declared_targets

ROOT = Path(__file__).parents[1]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *(ROOT / "docs").glob("*.md"),
]


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of a language, without their indentation."""
    found = re.findall(
        rf"^( *)```{language}\n(.*?)^ *```", page.read_text(), re.MULTILINE | re.DOTALL
    )
    return [re.sub(rf"^{indent}", "", text, flags=re.MULTILINE) for indent, text in found]


def commands() -> list[tuple[str, str]]:
    """Every `publishkit ...` that a page shows, with the page's name."""
    shown: list[tuple[str, str]] = []
    for page in PAGES:
        text = page.read_text()
        lines = [part for block in blocks(page, "sh") for part in re.split(r"\n|&&", block)]
        lines += re.findall(r"^    (publishkit .*)", text, re.MULTILINE) + re.findall(
            r"`(publishkit .*?)`", text
        )
        shown += [
            (page.name, line.partition("#")[0].strip()) for line in lines if "publishkit " in line
        ]
    return [(page, line) for page, line in shown if line.startswith("publishkit ")]


def walk(command: click.Command, name: str = "publishkit") -> list[tuple[str, click.Command]]:
    if not isinstance(command, click.Group):
        return [(name, command)]
    return [
        one
        for sub, found in command.commands.items()
        for one in walk(found, name if found.hidden else f"{name} {sub}")
    ]


@pytest.mark.parametrize(("page", "line"), commands())
def test_every_command_that_is_shown_exists_with_its_options(page: str, line: str) -> None:
    words = shlex.split(line)[1:]
    command: click.Command = cli
    while words and isinstance(command, click.Group):
        if isinstance(command, MapGroup) and words[0] not in command.commands:
            command = command.default
            break
        name = words.pop(0)
        assert name in command.commands
        command = command.commands[name]
    words = words[: words.index("--")] if "--" in words else words
    options = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--") and "..." not in word} <= {
        f"{option}{suffix}" for option in options for suffix in ("", "]")
    } | {"--to"}


@pytest.mark.parametrize(("name", "command"), walk(cli))
def test_every_command_and_option_is_documented(name: str, command: click.Command) -> None:
    text = "\n".join(page.read_text() for page in PAGES)
    assert name in text
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert any(option in text for option in parameter.opts), parameter.opts


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_examples_of_json_and_toml_can_be_read(page: Path) -> None:
    for text in blocks(page, "json"):
        json.loads(text)
    for text in blocks(page, "toml"):
        tomllib.loads(text)


def test_the_smallest_record_is_valid(tmp_path: Path) -> None:
    import publishkit

    smallest = blocks(ROOT / "docs" / "record.md", "json")[0]
    (tmp_path / "record_metadata.json").write_text(smallest)
    for target in ("local", "nomad-test", "big-map-demo"):
        assert [str(p) for p in publishkit.validate(tmp_path, to=target)] == []


def test_the_configuration_that_is_shown_is_right(tmp_path: Path) -> None:
    from publishkit import config

    (text,) = blocks(ROOT / "docs" / "targets.md", "toml")
    (tmp_path / config.CONFIG_FILE).write_text(text)
    found = config.load(tmp_path, environment={"NOMAD_USERNAME": "u", "NOMAD_PASSWORD": "p"})
    assert found.target("institute").settings == {"dois": "on", "publisher": "The Institute"}
    assert found.credentials(found.target("oasis"))


def test_every_target_and_every_setting_is_documented() -> None:
    text = (ROOT / "docs" / "targets.md").read_text()
    for name in declared_targets():
        assert f"`{name}`" in text
    for backend in backends().values():
        for key in backend.settings:
            assert f"`{key}`" in text


def test_every_exit_code_is_documented() -> None:
    def kinds(kind: type[PublishkitError]) -> set[int]:
        return {kind.exit_code}.union(*(kinds(sub) for sub in kind.__subclasses__()))

    table = (ROOT / "docs" / "push.md").read_text()
    for code in kinds(PublishkitError):
        assert f"| {code} |" in table


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_the_pages_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
        assert (page.parent / link).exists(), link


def test_the_python_example_runs(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    (example,) = blocks(ROOT / "README.md", "python")
    exec(compile(example, "README.md", "exec"), {})  # noqa: S102 - our own
    assert capsys.readouterr().out.count("created") == 3
