"""A process that serves until its parent goes away."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

__all__ = ["closed", "run", "say"]


def run(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a server's coroutine, on uvloop where that is installed."""
    try:
        import uvloop
    except ImportError:
        asyncio.run(main())
    else:
        uvloop.run(main())


def say(ports: Mapping[str, int]) -> None:
    """Tell whoever started this process where it listens, in one line of JSON."""
    sys.stdout.write(json.dumps(dict(ports)) + "\n")
    sys.stdout.flush()


async def closed() -> None:
    """Wait until the standard input ends, as it does when the parent is gone."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()
