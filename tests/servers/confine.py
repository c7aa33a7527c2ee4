"""Runs a server program that must not be seen from, nor see, anything but this machine.

It takes the port on 127.0.0.1 itself, then starts the program in a network namespace that holds
nothing but a loopback device, and passes connections on. That is for programs that cannot be told
to listen on loopback only (the Temporal test server) or whose source is not public (noida-db).
As root it also gives up its rights: the program runs as ``nobody``, in the current folder.

Where namespaces are forbidden (some containers) the program is started as it is.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import ctypes
import fcntl
import os
import signal
import socket
import struct
import sys
import threading
from pathlib import Path

CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000
SIOCSIFFLAGS = 0x8914
IFF_UP_RUNNING = 0x1 | 0x40
PR_SET_PDEATHSIG = 1
NOBODY = 65534

libc = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    """Start the program, inside if possible, and serve its port until it ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    if not possible():
        sys.stderr.write("no network namespaces here: started without\n")
        execute(options.command)
    listener = socket.create_server(("127.0.0.1", options.port), backlog=128)
    # Inherited by the connections: else an answer sent in parts takes 40 ms.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    enter_namespace()
    pid = spawn(options.command)
    threading.Thread(target=end_with, args=(pid,), daemon=True).start()
    asyncio.run(serve(listener, options.port))


def possible() -> bool:
    """Try it in a child: a half-entered namespace could not be left again."""
    pid = os.fork()
    if pid == 0:
        try:
            enter_namespace()
        except OSError:
            os._exit(1)
        os._exit(0)
    return os.waitpid(pid, 0)[1] == 0


def enter_namespace() -> None:
    """Move this process to a network of its own, with only a loopback device."""
    user, group = os.getuid(), os.getgid()
    if libc.unshare(CLONE_NEWNET if user == 0 else CLONE_NEWNET | CLONE_NEWUSER):
        raise OSError(ctypes.get_errno(), "unshare")
    if user != 0:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP_RUNNING))


def spawn(command: list[str]) -> int:
    """Start the program as a child that ends with this process."""
    pid = os.fork()
    if pid == 0:
        try:
            execute(command)
        finally:
            os._exit(127)
    return pid


def execute(command: list[str]) -> None:
    """Become the program, with as few rights as possible."""
    # Opened first: ``nobody`` may be unable to walk to the file, or to this folder.
    program = os.open(command[0], os.O_RDONLY | os.O_CLOEXEC)
    if os.getuid() == 0:
        with contextlib.suppress(OSError):  # some sandboxes have no other user
            give_up_rights()
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)  # a change of user would undo it
    os.execve(program, command, os.environ)  # noqa: S606 - a shell has no business here


def give_up_rights() -> None:
    """Hand the current folder to ``nobody`` and become it."""
    for folder, _, files in os.walk("."):
        for name in ["", *files]:
            os.chown(Path(folder, name), NOBODY, NOBODY)
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


def end_with(pid: int) -> None:
    """End this process when the program ended."""
    os._exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) & 0xFF)


async def serve(listener: socket.socket, port: int) -> None:
    """Pass every connection on to the same port inside."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inside = await connect(port)
        await asyncio.gather(copy(reader, inside[1]), copy(inside[0], writer))
        writer.close()
        inside[1].close()

    async with await asyncio.start_server(connected, sock=listener) as server:
        await server.serve_forever()


async def connect(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect to the program, which may need a moment before it listens."""
    while True:
        try:
            return await asyncio.open_connection("127.0.0.1", port)
        except ConnectionRefusedError:
            await asyncio.sleep(0.02)


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy one direction of a connection, the end of it included."""
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
    except OSError:
        writer.close()


if __name__ == "__main__":
    main()
