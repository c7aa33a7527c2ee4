"""The command line with one target more, `slow`, whose transfers wait until a test lets them go on.

Files called `late...` are sent once the file exists that `SLOW_GATE` names; with `SLOW_DEAF` they
do not notice that the run was stopped meanwhile. Records whose title has `refused` in it are; one
with `again` in it is made at the second try, as the log says.
"""

from __future__ import annotations

import os
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from publishkit import cli, plugins
from publishkit.errors import RejectedError
from publishkit.exchanges import Retry, retrying
from publishkit.testing import MemoryRepository, memory_backend

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from publishkit.model import Record
    from publishkit.repository import DataFile, Deposit, Digests, Meter, Transfer


class SlowRepository(MemoryRepository):
    """Waits at a gate."""

    def create(self, marker: str, record: Record | None = None) -> Deposit:
        title = record.metadata.title if record else ""
        if "refused" in title:
            raise RejectedError("refused", answer="it is no good", advice="Make it good.")
        if "again" in title:
            url = "https://slow.example/api/records"
            retrying(Retry("slow", "POST", url, 503, "slow: the server failed", 30.0))
        return super().create(marker, record)

    def transfers(self, id: str, record: Record, files: Sequence[DataFile]) -> Iterable[Transfer]:
        for one in super().transfers(id, record, files):
            late = one.keys[0].startswith("late")
            yield replace(one, run=partial(_late, one)) if late else one


def _late(transfer: Transfer, meter: Meter) -> Mapping[str, Digests]:
    gate = Path(os.environ["SLOW_GATE"])
    while not gate.exists():
        if "SLOW_DEAF" in os.environ:
            time.sleep(0.02)
        else:
            meter.wait(0.02)
    return transfer.run(meter)


if __name__ == "__main__":
    backend = memory_backend({"slow": SlowRepository("https://slow.example")})
    vars(plugins)["backends"] = lambda: {"memory": backend}
    cli.main()
