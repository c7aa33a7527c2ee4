"""One upload of a NOMAD: its files, its entries, and a process that takes its time."""

from __future__ import annotations

import base64
import hashlib
import re
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from benchmarks.standin.zips import Files

if TYPE_CHECKING:
    from zipfile import ZipFile

    from benchmarks.standin.counts import Json

__all__ = ["AUTHOR", "Upload"]

AUTHOR: Final = "00000000-0000-0000-0000-000000000001"
_MAINFILE: Final = re.compile(r".*(archive|metainfo)\.(json|yaml|yml)$")


@dataclass
class Upload:
    """An upload.

    Args:
        id: Its id.
        name: What it is called.
    """

    id: str
    name: str | None
    made: float = field(default_factory=time.time)
    published: float | None = None
    embargo: int = 0
    comment: str = ""
    references: list[Json] = field(default_factory=list)
    files: Files = field(default_factory=Files)
    _process: str | None = None
    _ends: float = 0.0
    _unpacked: float = 0.0
    """When the last zip is, or will be, unpacked."""
    _looks: list[float] = field(default_factory=list)
    """When it was asked for since that zip came, up to the first time that all was done."""
    _coming: list[tuple[ZipFile, str]] = field(default_factory=list)
    _failed: bool = False

    def unpack(self, zipped: ZipFile | None, folder: str, seconds: float) -> None:
        """Begin to unpack a zip; its files are there when the process ends."""
        self.process("_process_upload", seconds)
        self._unpacked = self._ends
        self._failed = zipped is None
        if zipped:
            self._coming.append((zipped, folder))
        self._looks.clear()

    def process(self, what: str, seconds: float = 0.0) -> None:
        """Begin a process; an edit is one too, over when it is answered (NOMAD 1.4 on)."""
        self._process, self._ends = what, time.time() + seconds

    @property
    def running(self) -> bool:
        """Whether the last process goes on."""
        running = time.time() < self._ends
        if not running and self._coming:
            for zipped, folder in self._coming:
                self.files.unpack(zipped, folder)
            self._coming.clear()
        return running

    def looked_at(self) -> None:
        """Somebody asks how the process goes."""
        if not self._looks or self._looks[-1] < self._unpacked:
            self._looks.append(time.time())

    def waited(self) -> dict[str, Json]:
        """How the end of the last process was waited for.

        `looks` is how often somebody looked until they saw it, `late` by how many seconds that
        was after the end; null if nobody did.
        """
        late = self._looks[-1] - self._unpacked if self._looks else -1.0
        return {"looks": len(self._looks), "late": late if late >= 0 else None}

    @property
    def mainfiles(self) -> list[str]:
        """What NOMAD makes entries of."""
        return [path for path in self.files.sizes() if _MAINFILE.fullmatch(path)]

    def shown(self) -> dict[str, Json]:
        """As NOMAD 2.0.0 shows it."""
        running = self.running
        ended = self._process and not running
        status = "PENDING" if running else "FAILURE" if self._failed else "SUCCESS"
        return {
            "process_running": running,
            "current_process": self._process,
            "process_status": status if self._process else "READY",
            "last_status_message": "Process completed successfully" if ended else None,
            "errors": ["ValueError: Bad archive."] if ended and self._failed else [],
            "warnings": [],
            "complete_time": _time(self._ends) if ended else None,
            "upload_id": self.id,
            "upload_name": self.name,
            "upload_create_time": _time(self.made),
            "main_author": AUTHOR,
            **_people(),
            "published": self.published is not None,
            "published_to": [],
            "publish_time": _time(self.published) if self.published else None,
            "with_embargo": bool(self.published and self.embargo),
            "embargo_length": self.embargo,
            "license": "CC BY 4.0",
            "entries": len(self.mainfiles),
        }

    def entries(self) -> list[dict[str, Json]]:
        """As the search index shows them."""
        return [self._entry(mainfile) for mainfile in sorted(self.mainfiles)]

    def processed(self) -> list[Json]:
        """The entries with how their processing went."""
        return [
            {
                "process_running": False,
                "process_status": "SUCCESS",
                "errors": [],
                "entry_id": entry["entry_id"],
                "mainfile": entry["mainfile"],
                "upload_id": self.id,
                "entry_metadata": entry,
            }
            for entry in self.entries()
        ]

    def _entry(self, mainfile: str) -> dict[str, Json]:
        digest = hashlib.sha512((self.id + mainfile).encode()).digest()
        return {
            "entry_id": base64.urlsafe_b64encode(digest).decode()[:28],
            "upload_id": self.id,
            "mainfile": mainfile,
            "entry_name": mainfile,
            "entry_type": "BasicEln",
            "published": self.published is not None,
            "processed": True,
            "processing_errors": [],
            "upload_create_time": _time(self.made),
            "comment": self.comment,
            "references": self.references,
            "datasets": [],
        }


def _people() -> dict[str, Json]:
    nobody = ("coauthors", "coauthor_groups", "reviewers", "reviewer_groups")
    groups = ("writer_groups", "viewer_groups")
    empty: dict[str, Json] = {name: [] for name in (*nobody, *groups)}
    return empty | {"writers": [AUTHOR], "viewers": [AUTHOR]}


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
