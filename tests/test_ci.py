"""The files for GitHub Actions and GitLab CI in docs/ci, as far as they run without a runner."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from shell import ARCHIVE, shell

from publishkit.credentials import variable
from publishkit.plugins import declared_targets
from publishkit.testing import write_record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from servers.api import InvenioServer

CI = Path(__file__).parents[1] / "docs" / "ci"
SCRIPTS = Path(sys.executable).parent
WHO = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "ci"), ("EMAIL", "ci@example.org"))
}


@dataclass
class Repository:
    """A project at a host: its bare repository, and the clone of somebody who works on it."""

    origin: Path
    clone: Path
    target: str
    environment: Mapping[str, str]

    def run(self, *command: str | Path, at: Path | None = None, code: int = 0) -> str:
        """Run a command in a clone, and give what it prints."""
        done = subprocess.run(
            list(map(str, command)),
            cwd=at or self.clone,
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def commit(self, tag: str) -> None:
        self.run("git", "add", "-A")
        self.run("git", "commit", "-qm", tag, "--allow-empty")
        self.run("git", "tag", tag)
        self.run("git", "push", "-q", "origin", "main", tag)

    def job(self, tag: str, code: int = 0) -> str:
        """What a runner does for a tag: a shallow clone of nothing but it, and the script."""
        at = self.clone.with_name("runner")
        shutil.rmtree(at, ignore_errors=True)
        origin = self.origin.as_uri()
        self.run("git", "clone", "-q", "--depth", "1", "-b", tag, origin, at, at=at.parent)
        self.run("git", "checkout", "-q", "--detach", at=at)
        return self.run("sh", CI / "publish.sh", at=at, code=code)

    def rows(self) -> list[dict[str, Any]]:
        """The links file on the default branch."""
        text = self.run("git", "--git-dir", self.origin, "show", "main:records/records_links.json")
        rows: list[dict[str, Any]] = json.loads(text)
        return rows


def repository(folder: Path, target: str, environment: Mapping[str, str]) -> Repository:
    """A project with records that is not pushed anywhere yet."""
    path = f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}"
    ci = {**environment, **WHO, "PATH": path, "TARGET": target, "BRANCH": "main"}
    ci["GIT_CONFIG_GLOBAL"] = os.devnull
    made = Repository(folder.parent / "origin.git", folder, target, ci)
    made.run("git", "init", "-q", "--bare", "-b", "main", made.origin)
    made.run("git", "init", "-q", "-b", "main")
    made.run("git", "remote", "add", "origin", made.origin.as_uri())
    (folder / ".gitignore").write_text(".publishkit/\n")
    return made


def publish_a_tag_and_another(project: Repository) -> None:
    """A project's first two releases, each run twice."""
    project.run(SCRIPTS / "publishkit", "push", "records", "--to", project.target)
    project.commit("v1")
    project.job("v1")
    first = project.rows()
    assert {row["state"] for row in first} == {"published"}
    assert "unchanged" in project.job("v1")
    assert project.rows() == first

    project.run("git", "pull", "-q", "--rebase", "origin", "main")
    (project.clone / "records" / "0" / "more.txt").write_text("more")
    project.commit("v2")
    project.job("v2")
    second = project.rows()
    assert {row["state"] for row in second} == {"published"}
    changed = [old["id"] != new["id"] for old, new in zip(first, second, strict=True)]
    assert changed == [True, False]
    assert "unchanged" in project.job("v2")
    assert project.rows() == second


@pytest.fixture
def project(tmp_path: Path) -> Repository:
    """One with two records, which name nothing that it takes long to check."""
    for name in ("0", "1"):
        write_record(tmp_path / "work" / "records" / name, {"data.csv": name.encode()})
    return repository(tmp_path / "work", "local", {})


def test_a_tag_is_published_once_and_the_next_one_as_new_versions(project: Repository) -> None:
    publish_a_tag_and_another(project)


def test_without_a_links_file_nothing_is_deposited(project: Repository) -> None:
    project.commit("v1")
    assert "publishkit push records --to local" in project.job("v1", code=1)
    assert not (Path.home() / "publishkit-archive").exists()


def test_a_record_that_was_never_pushed_stops_it_before_anything_is_published(
    project: Repository,
) -> None:
    project.run(SCRIPTS / "publishkit", "push", "records/0", "--to", "local")
    project.commit("v1")
    assert "no deposit on local yet" in project.job("v1", code=3)
    assert {row["state"] for row in project.rows()} == {"draft"}


def test_nothing_is_published_that_could_not_be_committed_before(project: Repository) -> None:
    project.run(SCRIPTS / "publishkit", "push", "records", "--to", "local", "--publish")
    project.commit("v1")
    (project.clone / "records" / "0" / "more.txt").write_text("more")
    project.commit("v2")
    hook = project.origin / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    before = sorted((Path.home() / "publishkit-archive").glob("*/bagit.txt"))
    project.job("v2", code=1)
    assert sorted((Path.home() / "publishkit-archive").glob("*/bagit.txt")) == before
    hook.unlink()
    project.job("v2")
    assert len({row["id"] for row in project.rows()}) == 2


@pytest.mark.live
def test_it_publishes_to_a_real_archive(folder: Path, invenio_server: InvenioServer) -> None:
    shutil.rmtree(folder / "records" / "2")
    user = shell(folder, invenio_server)
    publish_a_tag_and_another(repository(folder, ARCHIVE, user.environment))


# ---- the YAML ----


def steps(job: Mapping[str, Any]) -> list[str]:
    """The shell lines of a job of either host."""
    lines = job.get("script") or [step["run"] for step in job["steps"] if "run" in step]
    return "\n".join(lines).splitlines()


@pytest.mark.parametrize("name", ["github.yml", "gitlab.yml"])
def test_each_checks_every_push_and_publishes_only_tags(name: str) -> None:
    found = yaml.safe_load((CI / name).read_text())
    jobs = found.get("jobs", found)
    assert "publishkit validate records/ --to zenodo-sandbox" in steps(jobs["validate"])
    assert steps(jobs["publish"])[-1] == "sh ci/publish.sh"
    only = jobs["publish"].get("if") or jobs["publish"]["rules"]
    assert only in ("github.ref_type == 'tag'", [{"if": "$CI_COMMIT_TAG"}])


def test_the_token_comes_by_the_variable_of_the_target() -> None:
    jobs = yaml.safe_load((CI / "github.yml").read_text())["jobs"]
    given = next(step["env"] for step in jobs["publish"]["steps"] if "env" in step)
    named = variable(declared_targets()[given["TARGET"]], "token")
    assert given[named].startswith("${{ secrets.")
    assert named in (CI.parent / "ci.md").read_text()


def test_the_page_shows_the_files_as_they_are() -> None:
    page = (CI.parent / "ci.md").read_text()
    for name in ("publish.sh", "github.yml", "gitlab.yml"):
        assert f"](ci/{name})" in page
