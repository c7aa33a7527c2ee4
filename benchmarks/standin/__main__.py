"""The stand-in's process: `python -m benchmarks.standin`."""

from __future__ import annotations

import argparse
import asyncio
import ssl
from pathlib import Path
from tempfile import gettempdir

from benchmarks.standin.archives import Archives, Control
from benchmarks.standin.counts import RateLimit
from benchmarks.standin.serving import closed, run, say
from benchmarks.standin.wire import Connection

HOST = "127.0.0.1"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.standin", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="any free one unless given")
    parser.add_argument("--certificate", type=Path, help="a PEM of certificate and key, for TLS")
    parser.add_argument("--limit", type=int, default=0, help="requests in a window; 0 for no limit")
    parser.add_argument("--window", type=float, default=60.0, help="a window's seconds")
    parser.add_argument("--processing", type=float, default=0.0, help="seconds of NOMAD's process")
    parser.add_argument("--spool", type=Path, default=Path(gettempdir()), help="where zips go")
    return parser.parse_args()


async def _serve(options: argparse.Namespace) -> None:
    scheme = "https" if options.certificate else "http"
    limit = RateLimit(options.limit, options.window)
    archives = Archives(limit, options.processing, options.spool, scheme)
    control = Control(archives)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Connection(archives, archives.counts.connected),
        HOST,
        options.port,
        ssl=_tls(options.certificate),
    )
    inside = await loop.create_server(lambda: Connection(control, lambda: None), HOST, 0)
    say({"port": _port(server), "control": _port(inside)})
    await closed()


def _tls(certificate: Path | None) -> ssl.SSLContext | None:
    if certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context


def _port(server: asyncio.Server) -> int:
    port: int = server.sockets[0].getsockname()[1]
    return port


if __name__ == "__main__":
    given = _options()
    run(lambda: _serve(given))
