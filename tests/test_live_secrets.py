"""Real servers: nothing that a run prints or writes has a token or password in it."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from shell import ARCHIVE, NOMAD, Shell, shell

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from servers.api import InvenioServer, NomadServer

pytestmark = pytest.mark.live

NEWEST = "2.0.0"


def refuse(secret: str, printed: str, folders: list[Path]) -> None:
    """Look for a secret, as it is and encoded, in all that was printed and written."""
    forms = {secret, quote(secret, safe="")}
    encoded = (base64.b64encode(b"x" * n + secret.encode()).decode() for n in range(3))
    forms |= {one[4 : len(secret)] for one in encoded}
    places = {str(path): path.read_bytes() for f in folders for path in f.rglob("*") if _is(path)}
    assert len(places) > 3  # the links file, the digests, what was pulled
    for where, text in {**places, "printed": printed.encode()}.items():
        assert not [one for one in forms if one.encode() in text], where


def _is(path: Path) -> bool:
    return path.is_file() and path.name != "publishkit.toml"


def everything(user: Shell, target: str, records: str = "records/0") -> str:
    """What a user could do in a day, at its loudest."""
    said = user.run("push", records, "--to", target, "-vv")
    row = user.row(target)
    said += user.run("status", records, "--to", target, "-vv")
    said += user.run("pull", row["id"], "copy", "--to", target, "-vv")
    said += user.run("list", "--to", target, "--json", "-vv")
    said += user.run("users", "a", "--to", target, "-vv")
    said += user.run("whoami", "--to", target, "--json", "-vv")
    said += user.run("targets")
    return str(said)


def wrong(user: Shell, target: str, **credentials: str) -> str:
    """What is said to one whose credentials are not accepted."""
    done = user.start("push", "records/1", "--to", target, "-vv", **credentials)
    assert done.returncode == 5, done.stderr
    return str(done.stdout + done.stderr)


def test_on_invenio(invenio_server: InvenioServer, folder: Path, tmp_path: Path) -> None:
    user = shell(folder, invenio=invenio_server)
    token = invenio_server.tokens["alice"]
    said = everything(user, ARCHIVE)
    said += user.run("request", "GET", "me", "-i", "--to", ARCHIVE, "-vv")
    link = user.run("share", "records/0", "--link", "--to", ARCHIVE)
    said += user.run("share", "records/0", "--to", ARCHIVE, "-vv")
    secret = link.partition("token=")[2].split()[0]
    assert secret not in said
    assert secret not in (folder / "records" / "records_links.json").read_text()
    mistaken = token[:-4] + "0000"
    said += wrong(user, ARCHIVE, PUBLISHKIT_ARCHIVE_HERE_TOKEN=mistaken)
    refuse(token, said, [folder, tmp_path / "cache", tmp_path / "home"])
    refuse(mistaken, said, [folder])
    user.run("delete", "records/0", "--to", ARCHIVE, "--yes")


def test_on_nomad(
    nomad_servers: Callable[[str], NomadServer], folder: Path, tmp_path: Path
) -> None:
    server = nomad_servers(NEWEST)
    user = shell(folder, nomad=server)
    said = everything(user, NOMAD)
    token = user.run("request", "GET", "auth/app_token?expires_in=60", "--to", NOMAD)
    jwt = token.partition('"app_token"')[2].split('"')[1]
    done = user.start("whoami", "--to", NOMAD, "-vv", PUBLISHKIT_NOMAD_HERE_TOKEN=jwt)
    said += done.stdout + done.stderr
    refuse(jwt, said, [folder, tmp_path / "cache", tmp_path / "home"])
    mistaken = "wr0ng/pass word+&"
    said += wrong(user, NOMAD, PUBLISHKIT_NOMAD_HERE_PASSWORD=mistaken)
    refuse(mistaken, said, [folder])
    user.run("delete", "records/0", "--to", NOMAD, "--yes")
