"""Runs one service and ends it, and whatever it started, when its owner is gone.

The owner holds the other end of this program's standard input. When that closes, because the
owner closed it, exited, crashed or was killed, the service is ended. With ``--stay`` there is no
owner: then only a SIGTERM ends it. Only the standard library of any Python 3.9+ is used here.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from types import FrameType

MARK = "PUBLISHKIT_TEST_GUARD"
SECONDS_TO_END = 8.0
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36

libc = ctypes.CDLL(None, use_errno=True)


class AskedToEndError(Exception):
    """Somebody asked this guard to end its service."""


def main() -> int:
    """Run the service until it ends or has to end; its exit code is this program's."""
    options = arguments()
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    owner = os.getppid()
    service = None
    try:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, ask_to_end)
        service = start(options)
        return wait(service, None if options.stay else owner)
    except AskedToEndError:
        return 0
    finally:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        if service is not None:
            end(service)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--pid-file", type=Path, required=True)
    parser.add_argument("--stay", action="store_true")
    parser.add_argument("command", nargs="+")
    return parser.parse_args()


def ask_to_end(_number: int, _frame: FrameType | None) -> NoReturn:
    """Turn a signal into an exception, which breaks off the waiting."""
    raise AskedToEndError


def start(options: argparse.Namespace) -> subprocess.Popen[bytes]:
    """Start the service in a session of its own, its output going to the log."""
    with options.log.open("ab") as log:
        service = subprocess.Popen(
            options.command,
            env={**os.environ, MARK: f"{os.getpid()}:{start_time(os.getpid())}"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=end_with_guard,  # noqa: PLW1509 - there are no threads here
        )
    options.pid_file.write_text(str(service.pid))
    return service


def end_with_guard() -> None:
    """Have the kernel end the service should even this guard be killed."""
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def wait(service: subprocess.Popen[bytes], owner: int | None) -> int:
    """Wait for the service to end by itself (its code) or for the owner to go."""
    while (code := service.poll()) is None:
        if owner is None:
            time.sleep(0.2)
            continue
        # A fork of the owner may still hold the pipe, hence the look at the parent's pid too.
        closed = select.select([0], [], [], 0.2)[0] and not os.read(0, 1)
        if closed or os.getppid() != owner:
            raise AskedToEndError
    return code if code >= 0 else 128 - code


def end(service: subprocess.Popen[bytes]) -> None:
    """End the service and everything it left behind: politely first, then by force."""
    if service.poll() is None:
        service.terminate()
        service.send_signal(signal.SIGCONT)  # a stopped process does not see the SIGTERM
    deadline = time.monotonic() + SECONDS_TO_END
    while family_left() and time.monotonic() < deadline:
        if service.returncode is None:
            service.poll()
        time.sleep(0.02)
    while family := family_left():
        for pid in family:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)


def family_left() -> list[int]:
    """Reap what ended, and list what did not: this process adopts all its orphans."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    parents = parents_by_pid()
    return [pid for pid in parents if descends(pid, os.getpid(), parents)]


def parents_by_pid() -> dict[int, int]:
    """Map every process to its parent."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            found[int(folder.name)] = int(stat_fields(int(folder.name))[1])
    return found


def descends(pid: int, ancestor: int, parents: dict[int, int]) -> bool:
    """Tell whether a process is a child, grandchild, ... of another."""
    while pid in parents:
        pid = parents[pid]
        if pid == ancestor:
            return True
    return False


def start_time(pid: int) -> int:
    """Give when a process started, in ticks since boot: with its pid, that names it for good."""
    return int(stat_fields(pid)[19])


def stat_fields(pid: int) -> list[str]:
    """Read the fields of /proc/PID/stat from the third on (the second may hold blanks)."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


if __name__ == "__main__":
    sys.exit(main())
