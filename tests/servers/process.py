"""Starts and stops the services of a test server, and only ever those.

Every service has a guard (`guard.py`), a small process that ends it when this process is gone.
A process is told from another by its pid and the time it started, for pids are used again.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

from .guard import MARK, start_time, stat_fields

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

GUARD = Path(__file__).with_name("guard.py")
SECONDS_TO_STOP = 30.0
# As it was when this was imported: tests change their environment, the home folder above all.
ENVIRONMENT = dict(os.environ)
INHERITED = ("LANG", "LC_ALL", "PATH", "TMPDIR", "TZ")


Command = list[str | Path]


class ServerError(RuntimeError):
    """A test server could not be installed, started or stopped."""


@dataclass(frozen=True)
class Guard:
    """The guard of one service, which may have been started by an earlier process."""

    name: str
    pid: int
    started: int

    def alive(self) -> bool:
        """Tell whether this very process still runs."""
        return runs(self.pid, self.started)

    def stop(self) -> None:
        """Have the guard end its service, and wait until it did."""
        with contextlib.suppress(ProcessLookupError):
            if self.alive():
                os.kill(self.pid, signal.SIGTERM)
        until(lambda: not self.alive(), f"{self.name} to stop", SECONDS_TO_STOP)


@dataclass
class Service:
    """A service that this process started, and its guard."""

    guard: Guard
    process: subprocess.Popen[bytes]
    log: Path
    pid_file: Path
    ready: Callable[[], bool]

    @property
    def pid(self) -> int:
        """The service's own pid, which also names its process group."""
        until(self.pid_known, f"the pid of {self.guard.name}", 10)
        return int(self.pid_file.read_text())

    def pid_known(self) -> bool:
        """Tell whether the guard has written the pid down."""
        return self.pid_file.is_file() and self.pid_file.read_text() != ""

    def check(self) -> None:
        """Raise if the service has ended by itself."""
        if (code := self.process.poll()) is not None:
            raise ServerError(f"{self.guard.name} ended with code {code}\n{tail(self.log)}")

    def stop(self) -> None:
        """End the service, and wait until it has ended."""
        if self.process.stdin is None:
            self.guard.stop()
        else:
            self.process.stdin.close()
        try:
            self.process.wait(SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise ServerError(f"{self.guard.name} did not stop, see {self.log}") from None


@dataclass
class Services:
    """The services of one server; leaving the ``with`` block ends them, last started first.

    Attributes:
        folder: Where the logs and pids go.
        detached: Whether the services outlive this process; then `Guard.stop` ends them.
    """

    folder: Path
    detached: bool = False
    running: list[Service] = field(default_factory=list)
    reserved: list[socket.socket] = field(default_factory=list)

    def __enter__(self) -> Self:
        self.prepare()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def prepare(self) -> None:
        """Make the folder, and see to it that nothing is left of a run that was killed."""
        end_orphans()
        (self.folder / "logs").mkdir(parents=True, exist_ok=True)

    def port(self) -> int:
        """Pick a free port on loopback and keep others from picking it.

        The socket stays bound. As it never listens and allows the address to be used again, a
        server may bind and listen on the same port; another search for a free port cannot get it.
        """
        holder = socket.socket()
        self.reserved.append(holder)
        holder.bind(("127.0.0.1", 0))
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return int(holder.getsockname()[1])

    def start(
        self,
        name: str,
        command: Command,
        *,
        folder: Path | None = None,
        environment: Mapping[str, str] | None = None,
        ready: Callable[[], bool] = lambda: True,
    ) -> Service:
        """Start a service under a guard; its output goes to ``logs/NAME.log``.

        Args:
            name: What to call it.
            command: The program and its arguments.
            folder: Where to run it, if not in the server's folder.
            environment: What to add to the environment.
            ready: Tells whether it can be used; `settle` waits for that.
        """
        log, pid_file = self.folder / "logs" / f"{name}.log", self.folder / "logs" / f"{name}.pid"
        pid_file.unlink(missing_ok=True)
        stay = ["--stay"] if self.detached else []
        guard: Command = [
            sys.executable,
            "-IS",
            GUARD,
            "--log",
            log,
            "--pid-file",
            pid_file,
            *stay,
            "--",
        ]
        with log.open("ab") as output:
            process = subprocess.Popen(
                [*guard, *command],
                cwd=folder or self.folder,
                env=plain_environment() | dict(environment or {}),
                stdin=subprocess.DEVNULL if self.detached else subprocess.PIPE,
                stdout=output,
                stderr=output,
                start_new_session=True,  # a Ctrl-C is for this process, which then stops them
            )
        identity = Guard(name, process.pid, start_time(process.pid))
        service = Service(identity, process, log, pid_file, ready)
        self.running.append(service)
        return service

    def run(self, name: str, command: Command, environment: Mapping[str, str]) -> None:
        """Run a program to its end, and raise if it fails."""
        service = self.start(name, command, environment=environment)
        self.running.remove(service)
        try:
            until(lambda: service.process.poll() is not None, name, 300, self.check)
            if service.process.returncode:
                service.check()
        finally:
            service.stop()

    def wait(self, what: str, ready: Callable[[], bool], seconds: float = 120) -> None:
        """Wait for something, and raise if it takes too long or any service ends meanwhile."""
        until(ready, what, seconds, self.check)

    def settle(self) -> None:
        """Wait until all that was started can be used."""
        for service in self.running:
            self.wait(service.guard.name, service.ready)

    def check(self) -> None:
        """Raise if any of the services has ended."""
        for service in self.running:
            service.check()

    def stop(self) -> None:
        """End all services, and give the ports back."""
        try:
            with contextlib.ExitStack() as stack:  # goes through all of them, whatever fails
                for service in self.running:
                    stack.callback(service.stop)
        finally:
            self.running.clear()
            while self.reserved:
                self.reserved.pop().close()


def until(
    done: Callable[[], bool],
    what: str,
    seconds: float,
    check: Callable[[], None] = lambda: None,
) -> None:
    """Ask again and again until something is done; ``check`` may raise to give up earlier."""
    deadline = time.monotonic() + seconds
    while not done():
        check()
        if time.monotonic() > deadline:
            raise ServerError(f"waited {seconds:.0f} s for {what}, in vain")
        time.sleep(0.05)


def answers(port: int) -> bool:
    """Tell whether something listens on a port of this machine."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
        return True
    return False


def runs(pid: int, started: int) -> bool:
    """Tell whether a process is there, not a later one with the same pid, and not a zombie."""
    try:
        return start_time(pid) == started and stat_fields(pid)[0] != "Z"
    except OSError:
        return False


def plain_environment() -> dict[str, str]:
    """Give what a service should see of this process's environment: next to nothing."""
    return {name: ENVIRONMENT[name] for name in INHERITED if name in ENVIRONMENT}


def tail(log: Path, lines: int = 25) -> str:
    """Give the last lines of a log, below its name."""
    text = log.read_text(errors="replace").splitlines() if log.is_file() else []
    return "\n".join([f"the end of {log}:", *(f"    {line[:300]}" for line in text[-lines:])])


def end_orphans() -> None:
    """End services whose guard was killed before it could end them."""
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            process = os.pidfd_open(int(folder.name))  # names the process, should the pid go round
            try:
                if orphaned(folder):
                    signal.pidfd_send_signal(process, signal.SIGKILL)
            finally:
                os.close(process)


def orphaned(folder: Path) -> bool:
    """Tell whether a process carries the mark of a guard that is no more."""
    mark = f"{MARK}=".encode()
    for entry in (folder / "environ").read_bytes().split(b"\0"):
        if entry.startswith(mark):
            pid, _, started = entry.removeprefix(mark).decode().partition(":")
            return not runs(int(pid), int(started))
    return False
