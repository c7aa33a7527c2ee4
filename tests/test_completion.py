"""Completion in bash, zsh and fish: by click's protocol, and in the shells that are here."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest
from click.testing import CliRunner
from terminal import COMMAND, Terminal

from publishkit.cli import cli

SHELLS: Final = ("bash", "zsh", "fish")


def environment() -> dict[str, str]:
    """What differs from this process's: the installed command is found, and shells stay plain."""
    return {"PATH": f"{COMMAND.parent}{os.pathsep}{os.environ['PATH']}", "TERM": "dumb"}


def answered(shell: str, line: str) -> str:
    """What is answered to a line that is being typed, asked as the shell's script asks."""
    words = line.split()
    if line.endswith(" "):
        words.append("")
    current = words[-1] if shell == "fish" else str(len(words) - 1)
    asked = {"COMP_WORDS": line, "COMP_CWORD": current}
    done = CliRunner().invoke(
        cli, prog_name="publishkit", env={"_PUBLISHKIT_COMPLETE": f"{shell}_complete", **asked}
    )
    assert (done.exit_code, done.stderr) == (0, "")
    return done.stdout


def completed(shell: str, line: str) -> list[str]:
    """The words of the answer."""
    answer = answered(shell, line)
    if shell == "zsh":
        return answer.rstrip("\n").split("\n")[1::3]
    return [one.split(",", 1)[1].partition("\t")[0] for one in answer.splitlines() if one]


def real(shell: str) -> str:
    """The shell itself; a test without it says so."""
    found = shutil.which(shell)
    if not found:
        pytest.skip(
            f"{shell} is not installed here; click's protocol for it is tested all the same"
        )
    return found


# ---- what there is to complete, in all three ----


@pytest.mark.parametrize("shell", SHELLS)
def test_commands_are_completed(shell: str) -> None:
    assert {"push", "publish", "pull"} <= set(completed(shell, "publishkit pu"))


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("command", ["push", "status", "whoami", "entries list", "links"])
def test_targets_are_completed_wherever_one_is_named(shell: str, command: str) -> None:
    assert completed(shell, f"publishkit {command} --to big") == ["big-map", "big-map-demo"]


@pytest.mark.parametrize("shell", SHELLS)
def test_the_users_own_targets_are_completed(shell: str) -> None:
    own = '[targets.institute]\nbackend = "invenio"\nurl = "https://data.example"\n'
    Path("publishkit.toml").write_text(own)
    assert completed(shell, "publishkit push --to ins") == ["institute"]


@pytest.mark.parametrize("shell", SHELLS)
def test_words_that_an_option_takes_are_completed(shell: str) -> None:
    found = completed(shell, "publishkit share records/0 --permission ")
    assert found == ["view", "preview", "edit", "manage"]
    assert completed(shell, "publishkit links --format p") == ["pids"]


@pytest.mark.parametrize("command", ["push", "status", "adopt ID", "pull ID", "entries list"])
def test_folders_are_left_to_the_shell(command: str) -> None:
    assert answered("bash", f"publishkit {command} rec").strip() == "dir,rec"


@pytest.mark.parametrize("shell", SHELLS)
def test_a_broken_configuration_completes_nothing_and_says_nothing(shell: str) -> None:
    Path("publishkit.toml").write_text("[targets")
    assert completed(shell, "publishkit push --to big") == []


# ---- the scripts, in the shells ----


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_says_how_to_keep_it(shell: str) -> None:
    done = CliRunner().invoke(cli, ["completion", shell])
    assert f"publishkit completion {shell}" in done.stdout.splitlines()[-1]
    assert done.stdout.splitlines()[-1].startswith("# ")
    if shell == "zsh":
        assert done.stdout.startswith("#compdef publishkit")


def test_another_shell_is_refused_with_those_that_there_are() -> None:
    done = CliRunner().invoke(cli, ["completion", "tcsh"])
    assert done.exit_code == 2
    assert all(shell in done.stderr for shell in SHELLS)


def test_bash_completes() -> None:
    script = (
        "source <(publishkit completion bash) && COMP_WORDS=(publishkit push --to nomad-t) "
        'COMP_CWORD=3 && _publishkit_completion publishkit && printf "%s\\n" "${COMPREPLY[@]}"'
    )
    assert ran(real("bash"), "--norc", "--noprofile", "-c", script) == ["nomad-test"]


def test_fish_completes() -> None:
    script = 'publishkit completion fish | source; complete -C "publishkit push --to nomad-t"'
    (found,) = ran(real("fish"), "--no-config", "-c", script)
    assert found.split("\t")[0] == "nomad-test"


def test_zsh_completes_what_is_typed() -> None:
    """Its completion runs only where somebody types: in a terminal."""
    with Terminal("-f", "-i", program=[real("zsh")], **environment()) as terminal:
        terminal.type("PS1=; autoload -U compinit; compinit -u -D; echo re''ady", hidden=True)
        terminal.until("ready")
        terminal.type("eval \"$(publishkit completion zsh)\"; echo lo''aded", hidden=True)
        terminal.until("loaded")
        terminal.press(b"publishkit push --to nomad-t\t", hidden=True)
        terminal.until("nomad-test")


def ran(*command: str) -> list[str]:
    done = subprocess.run(
        command,
        env={**os.environ, **environment()},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout.split("\n")[:-1]
