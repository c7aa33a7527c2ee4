"""One case: a run with a fault, runs without it until all is done, and a look at the server."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from .client import KILLED, Client, Run
from .looking import Expected, compare, leaks
from .plans import Fault, Plan
from .proxy import Proxy, Wire

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from .archives import Archive
    from .proxy import Exchange
    from .scenarios import Scenario

__all__ = ["Case", "Outcome", "run_case"]

RUNS: Final = 4
"""How many runs without a fault a case gets at most."""
SHORT_TIMEOUT: Final = 4.0
"""The client's patience where it is to notice a stall."""
FAILED: Final = frozenset({0, 7, 8})
"""What a run with a fault may end with: done after all, failed for now, some of it failed."""
REFUSED: Final = frozenset({0, 5, 8})
"""The same where the token is refused."""


@dataclass(frozen=True, slots=True)
class Case:
    """A scenario on some servers with a plan, or with none."""

    scenario: Scenario
    archives: tuple[Archive, ...]
    plan: Plan | None = None

    @property
    def place(self) -> str:
        """Where it runs, or `both`."""
        return self.archives[0].place if len(self.archives) == 1 else "both"

    @property
    def name(self) -> str:
        """What tells it from other cases."""
        return f"{self.scenario.name}-{self.place}-{self.plan or 'clean'}"

    @property
    def again(self) -> str:
        """The command that runs just this case."""
        plan = self.plan
        fault = f" --fault {plan.fault} --at {plan.at}" if plan else " --clean"
        name, _, database = self.place.partition("-")
        server = f" --server {name}{f' --database {database}' if database else ''}"
        return f"python -m tests.faults matrix{server} --scenario {self.scenario.name}{fault}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a case."""

    case: Case
    at_once: bool
    """Whether the run with the fault finished the job."""
    runs: int
    """How many runs it took until all was done."""
    problems: tuple[str, ...]
    exchanges: tuple[Exchange, ...] = ()
    """Those of the first run."""
    wrong: str = ""
    """The request that went wrong; '' if the fault was not reached in a run of fewer requests."""


async def run_case(case: Case, folder: Path, *, keep: bool = False) -> Outcome:
    """Run a case in a folder of its own, which is deleted unless the case fails.

    Args:
        case: The case.
        folder: Must not exist.
        keep: Whether the folder stays in any case.
    """
    await asyncio.to_thread(folder.mkdir, parents=True)
    outcome = await _Course(case, folder).run()
    if not (keep or outcome.problems):
        await asyncio.to_thread(shutil.rmtree, folder)
    return outcome


@dataclass
class _Course:
    case: Case
    folder: Path
    said: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    async def run(self) -> Outcome:
        case = self.case
        disguises = {k: v for archive in case.archives for k, v in archive.disguises.items()}
        wire = Wire(tag=f"{self.folder.name}/{id(self)}", disguises=disguises)
        async with AsyncExitStack() as stack:
            urls = {
                archive.name: (
                    await stack.enter_async_context(
                        Proxy(wire, archive.name, archive.url).listening()
                    )
                ).url
                for archive in case.archives
            }
            try:
                return await self._course(wire, urls)
            except Exception as error:  # noqa: BLE001 - one case's mishap must not end the others
                self.problems.append(f"the case itself failed: {error!r}")
                return Outcome(case, at_once=False, runs=0, problems=tuple(self.problems))

    async def _course(self, wire: Wire, urls: Mapping[str, str]) -> Outcome:
        case, targets = self.case, tuple(urls)
        client = Client(
            self.folder, {k: v for a in case.archives for k, v in a.environment.items()}
        )
        await self._prepare(client, wire, urls)
        earlier = set(wire.made)

        wire.arm(case.plan)
        command = case.scenario.arguments(targets)
        stalls = bool(case.plan and case.plan.fault.stalls)
        client.configure(urls, SHORT_TIMEOUT if stalls else None)
        first = await self._ran(client, wire, command)
        exchanges, wrong = tuple(wire.exchanges), wire.wrong
        self._judge(first, wrong)

        client.configure(urls)
        wire.arm(None)
        last, runs = first, 1
        while last.code and runs <= RUNS:
            last, runs = await self._ran(client, wire, command), runs + 1
        if last.code:
            self.problems.append(f"not done after {runs} runs")
        await wire.quiet()
        await self._look(wire, earlier)
        await self._nothing_to_do(client, wire, targets)
        self.problems += leaks(self.folder, self.said, wire)
        if self.problems:
            await asyncio.to_thread(self._tidy, wire)
        return Outcome(
            case,
            at_once=not first.code,
            runs=runs,
            problems=tuple(self.problems),
            exchanges=exchanges,
            wrong=wrong,
        )

    async def _prepare(self, client: Client, wire: Wire, urls: Mapping[str, str]) -> None:
        scenario = self.case.scenario
        scenario.prepare(self.folder, self.folder.name)
        client.configure(urls)
        for command in scenario.preparing(tuple(urls)):
            done = await self._ran(client, wire, command)
            if done.code:
                self.problems.append(f"{' '.join(command)} ended with {done.code}")
        scenario.change(self.folder)

    async def _ran(self, client: Client, wire: Wire, command: Sequence[str]) -> Run:
        run = await client.run(command, wire)
        (self.folder / f"run-{len(self.said)}.txt").write_text(
            f"{' '.join(command)}\n{run.said}\nexit code {run.code}\n", encoding="utf-8"
        )
        self.said.append(run.said)
        if run.hung:
            self.problems.append(f"run {len(self.said)} hung")
        if "Traceback" in run.said or "made a mistake" in run.said:
            self.problems.append(f"run {len(self.said)} shows a traceback")
        return run

    def _judge(self, run: Run, wrong: str) -> None:
        """The exit code of the run with the fault must be what its documentation says."""
        plan = self.case.plan
        if plan is None or not wrong:
            expected = frozenset({0})
        elif plan.fault.kills:
            expected = frozenset({KILLED, 0})  # killed by the last answer it had no use for
        else:
            expected = REFUSED if plan.fault is Fault.TOKEN_REFUSED else FAILED
        if run.code not in expected:
            self.problems.append(f"the run with the fault ended with {run.code}")

    async def _look(self, wire: Wire, earlier: set[str]) -> None:
        expected = Expected(self.case.scenario, self.folder, self.case.archives, earlier)
        self.problems += await asyncio.to_thread(compare, expected, wire.made)

    async def _nothing_to_do(self, client: Client, wire: Wire, targets: tuple[str, ...]) -> None:
        links = self.folder / "records/records_links.json"
        before = links.read_bytes()
        wire.arm(None)
        run = await self._ran(client, wire, self.case.scenario.repeating(targets))
        if run.code:
            self.problems.append(f"the run with nothing to do ended with {run.code}")
        if writes := [str(one) for one in wire.exchanges if one.writes]:
            self.problems.append(f"the run with nothing to do sent {', '.join(writes[:3])}")
        if links.read_bytes() != before:
            self.problems.append("the run with nothing to do changed the links file")
        if list((self.folder / "records/.publishkit").glob("*.jsonl")):
            self.problems.append("a journal is left")

    def _tidy(self, wire: Wire) -> None:
        """Delete drafts that are left, so that they do not use up what others may have."""
        archives = {archive.name: archive for archive in self.case.archives}
        for id_, name in wire.made.items():
            held = archives[name].held(id_)
            if held and not held.published:
                archives[name].delete(id_)
