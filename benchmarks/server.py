"""The stand-in and the proxy before it, as processes of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.request import Request, urlopen

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Arrived", "Report", "Server", "Setup", "serving"]

ROOT: Final = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Setup:
    """What kind of server, at the end of what kind of line."""

    tls: bool = False
    round_trip: float = 0.0
    """Seconds."""
    rate: float = 0.0
    """Bytes a second each way; 0 for no limit."""
    limit: int = 0
    """Requests in a window; 0 for no limit."""
    window: float = 60.0
    """Seconds."""
    processing: float = 0.0
    """Seconds that NOMAD processes a zip."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A deposit that a server holds."""

    title: str
    files: Mapping[str, tuple[int, str]]
    """Size, and md5 (InvenioRDM) or CRC-32 (NOMAD), by path."""
    looks: int
    """How often NOMAD was asked whether it had ended processing."""
    late: float | None
    """How many seconds after that end it was noticed."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a server saw."""

    requests: int
    connections: int
    statuses: Mapping[int, int]
    routes: Mapping[str, int]
    deposits: tuple[Arrived, ...]


@dataclass(frozen=True, slots=True)
class Server:
    """A stand-in that runs."""

    url: str
    """Without a path."""
    certificates: Path | None
    """Of who signed its certificate; None without TLS."""
    _control: str

    @property
    def port(self) -> int:
        """Where it listens, or the proxy before it."""
        return int(self.url.rpartition(":")[2])

    def report(self) -> Report:
        """What it saw since the start, or since the last reset."""
        with urlopen(self._control) as answer:  # noqa: S310 - on loopback
            found = json.load(answer)
        return Report(
            requests=found["requests"],
            connections=found["connections"],
            statuses={int(status): count for status, count in found["by_status"].items()},
            routes=found["by_route"],
            deposits=tuple(_arrived(one) for one in [*found["invenio"], *found["nomad"]]),
        )

    def reset(self) -> None:
        """Let the counts begin anew; deposits stay."""
        request = Request(f"{self._control}reset", method="POST")  # noqa: S310 - as above
        with urlopen(request):  # noqa: S310 - as above
            pass


def _arrived(found: Mapping[str, Any]) -> Arrived:
    waited = found.get("waited", {})
    files = {path: (size, digest.removeprefix("md5:")) for path, (size, digest) in _files(found)}
    return Arrived(str(found["title"]), files, waited.get("looks", 0), waited.get("late"))


def _files(found: Mapping[str, Any]) -> list[tuple[str, tuple[int, str]]]:
    return [(path, (size, digest)) for path, (size, digest) in found["files"].items()]


@contextmanager
def serving(setup: Setup, work: Path) -> Iterator[Server]:
    """Run a stand-in.

    Args:
        setup: What kind.
        work: For certificates and zips that arrive.
    """
    authority, certificate = _certificates(work) if setup.tls else (None, None)
    options = {
        "--limit": setup.limit,
        "--window": setup.window,
        "--processing": setup.processing,
        "--spool": work,
        **({"--certificate": certificate} if certificate else {}),
    }
    scheme = "https" if setup.tls else "http"
    with ExitStack() as stack:
        ports = stack.enter_context(_started("benchmarks.standin", options))
        port = ports["port"]
        if setup.round_trip or setup.rate:
            line = {"--to": port, "--round-trip": setup.round_trip, "--rate": setup.rate}
            port = stack.enter_context(_started("benchmarks.standin.proxy", line))["port"]
        control = f"http://127.0.0.1:{ports['control']}/"
        yield Server(f"{scheme}://127.0.0.1:{port}", authority, control)


@contextmanager
def _started(module: str, options: Mapping[str, object]) -> Iterator[dict[str, int]]:
    words = [text for pair in options.items() for text in map(str, pair)]
    with subprocess.Popen(
        [sys.executable, "-m", module, *words],
        cwd=ROOT,
        stdin=subprocess.PIPE,  # its end is the server's
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            raise RuntimeError(f"{module} did not start")
        yield json.loads(line)


def _certificates(work: Path) -> tuple[Path, Path]:
    """Of an authority, and of a server on loopback, made once."""
    authority, server = work / "authority.pem", work / "server.pem"
    if not server.exists():
        import trustme

        made = trustme.CA()
        made.cert_pem.write_to_path(str(authority))
        own = made.issue_cert("127.0.0.1", "localhost")
        own.private_key_and_cert_chain_pem.write_to_path(str(server))
    return authority, server
