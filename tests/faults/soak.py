"""Many records to two servers, while the client is killed and requests fail, until all is done."""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from .client import KILLED, Client
from .looking import Expected, compare, leaks
from .plans import Fault
from .proxy import Proxy, Wire
from .scenarios import Scenario

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from .archives import Archive
    from .proxy import Exchange

__all__ = ["Soak", "Soaked"]

SHARE: Final = 0.1
"""Of requests that fail."""
TIMEOUT: Final = 5.0
"""The client's patience in seconds, so that stalls do not make the soak last for days."""
LONGEST_RUN: Final = 3600.0
_FAULTS: Final = [one for one in Fault if not one.kills and one is not Fault.TOKEN_REFUSED]


@dataclass(frozen=True, slots=True)
class Soaked:
    """What it came to."""

    records: int
    deposits: int
    runs: int
    kills: int
    requests: int
    faults: int
    minutes: float
    seed: int
    problems: tuple[str, ...]

    def __str__(self) -> str:
        ending = "; ".join(self.problems[:10]) or (
            "all published, every file compared with the servers', nothing twice, nothing left "
            "over, no secret in anything that was written"
        )
        return (
            f"{datetime.now(UTC):%Y-%m-%d}: {self.records} records, {self.deposits} deposits, "
            f"{self.runs} runs of which {self.kills} were killed, {self.faults} of "
            f"{self.requests} requests went wrong, {self.minutes:.0f} minutes, seed {self.seed}: "
            f"{ending}."
        )


@dataclass
class Soak:
    """One soak.

    Attributes:
        archives: The servers.
        folder: Where it works; must not exist.
        records: How many.
        pause: Seconds of sending, on average, after which a run is killed.
        seed: Of all that is random.
    """

    archives: tuple[Archive, ...]
    folder: Path
    records: int
    pause: float
    seed: int
    chance: random.Random = field(init=False)
    went_wrong: Counter[Fault] = field(default_factory=Counter)
    requests: int = 0

    async def run(self) -> Soaked:
        """Push until nothing is left to do, then look."""
        self.chance = random.Random(self.seed)  # noqa: S311 - reproducible, not secret
        scenario = Scenario("soak", (), records=self.records)
        scenario.prepare(self.folder, f"soak-{self.seed}-{self.folder.name}")
        disguises = {k: v for archive in self.archives for k, v in archive.disguises.items()}
        wire = Wire(tag=f"soak/{self.seed}", disguises=disguises)
        start = time.monotonic()
        async with AsyncExitStack() as stack:
            urls = {
                archive.name: (
                    await stack.enter_async_context(
                        Proxy(wire, archive.name, archive.url).listening()
                    )
                ).url
                for archive in self.archives
            }
            runs, kills, problems = await self._pushes(scenario, wire, urls)
            await wire.quiet()
        expected = Expected(scenario, self.folder, self.archives, set())
        problems += await asyncio.to_thread(compare, expected, wire.made)
        return Soaked(
            records=self.records,
            deposits=len(expected.rows()),
            runs=runs,
            kills=kills,
            requests=self.requests,
            faults=self.went_wrong.total(),
            minutes=(time.monotonic() - start) / 60,
            seed=self.seed,
            problems=tuple(problems),
        )

    async def _pushes(
        self, scenario: Scenario, wire: Wire, urls: Mapping[str, str]
    ) -> tuple[int, int, list[str]]:
        client = Client(
            self.folder, {k: v for a in self.archives for k, v in a.environment.items()}
        )
        client.configure(urls, TIMEOUT)
        problems: list[str] = []
        runs = kills = 0
        while True:
            wire.arm(None)
            wire.plans = self._plan
            killer = asyncio.create_task(self._kill(wire))
            run = await client.run(scenario.arguments(tuple(urls)), wire, lasting=LONGEST_RUN)
            killer.cancel()
            runs, kills = runs + 1, kills + (run.code == KILLED)
            problems += leaks(self.folder, [run.said], wire)
            if "Traceback" in run.said or run.code not in {0, 7, 8, KILLED}:
                kept = self.folder / f"run-{runs}.txt"
                kept.write_text(run.said, encoding="utf-8")
                problems.append(f"run {runs} ended with {run.code}, see {kept}")
            sys.stdout.write(f"run {runs}: {run.code}, {len(wire.made)} deposits were made\n")
            sys.stdout.flush()
            if run.code == 0 or len(problems) > self.records:
                return runs, kills, problems

    def _plan(self, exchange: Exchange) -> Fault | None:
        del exchange  # all are alike
        self.requests += 1
        if self.chance.random() >= SHARE:
            return None
        fault = self.chance.choice(_FAULTS)
        self.went_wrong[fault] += 1
        return fault

    async def _kill(self, wire: Wire) -> None:
        """Kill a run some seconds after it began to send: before, it only looks what is there."""
        await wire.writing.wait()
        await asyncio.sleep(self.chance.uniform(0, 2 * self.pause))
        wire.kill()
