"""The live table as lines of text that fit a terminal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from publishkit.text import amount, clean, duration, size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from publishkit.showing.tally import Line, Snapshot

__all__ = ["Paper", "frame", "rows_at"]

_GAP: Final = "  "
_BAR: Final = 20
"""Cells of a bar at most."""
_LEAST_BAR: Final = 5
_SPARE: Final = 3
"""Cells that are left free at the right, for the `^C` that terminals show."""
_SOME_NAME: Final = 24
"""Cells that names get before figures that matter less."""
_LEAST_NAME: Final = 12
_NUMBERS: Final = 4
"""From this importance on figures go before long names."""
_KEPT: Final = 9
"""From this importance on a column stays in the narrowest terminal."""


@dataclass(frozen=True, slots=True)
class Paper:
    """What is written on."""

    width: int
    height: int
    encoding: str = "utf-8"

    @property
    def plain(self) -> bool:
        """Whether there are only ASCII's signs for bars and cuts."""
        return not self.encoding.lower().startswith("utf")

    @property
    def cells(self) -> int:
        """How many a line may have."""
        return max(10, self.width - _SPARE)

    def fit(self, text: str, cells: int, *, end: bool = False) -> str:
        """A text in so many cells; of one that is longer the beginning, or the end, is cut."""
        text = clean(text).encode(self.encoding, "backslashreplace").decode(self.encoding)
        if cell_len(text) <= cells:
            return set_cell_size(text, cells)
        mark = "~" if self.plain else "…"
        if end:
            return set_cell_size(text, max(0, cells - 1)) + mark
        while cell_len(text) > cells - 1:
            text = text[1:]
        return set_cell_size(mark + text, cells)

    def bar(self, part: float, cells: int) -> str:
        """A bar that is filled as far as this part of 1."""
        full = round(max(0.0, min(1.0, part)) * cells)
        one, other = ("#", "-") if self.plain else ("━", "┈")
        return one * full + other * (cells - full)


@dataclass(slots=True)
class _Column:
    heading: str
    texts: list[str]
    importance: int
    style: str = ""
    right: bool = False
    least: int = 0
    """Its width in cells whatever is in it, so that columns stay where they are."""

    @property
    def width(self) -> int:
        return max(self.least, *map(cell_len, [self.heading, *self.texts]))


def frame(seen: Snapshot, paper: Paper, notes: Sequence[str] = ()) -> list[Text]:
    """The lines to show: a row for each deposit under way, and one for all of them.

    Args:
        seen: How the run stands.
        paper: How much place there is, and which signs.
        notes: What else to say, below.
    """
    said = _overall(seen, paper) if seen.total else Text("checking the records", "bold")
    below = [said, *(_note(note, paper) for note in notes)]
    room = paper.height - len(below) - 3  # the heading, what was left out, and the cursor's line
    if room < 1 or not seen.lines:
        return below[: max(1, paper.height - 1)]
    lines = _table(seen.lines[:room], paper)
    if len(seen.lines) > room:
        lines.append(Text(paper.fit(f"and {len(seen.lines) - room} more", paper.cells), "dim"))
    return [*lines, *below]


def rows_at(lines: Sequence[Text], width: int) -> int:
    """How many rows these lines take in a terminal that was made this narrow and wrapped them."""
    return sum(max(1, -(-line.cell_len // max(1, width))) for line in lines)


# ---- the rows ----


def _table(lines: Sequence[Line], paper: Paper) -> list[Text]:
    name = _Column("record", [clean(line.name) for line in lines], _KEPT)
    target = _Column("target", [clean(line.target) for line in lines], _KEPT, "cyan")
    columns = _fitting([name, target, *_columns(lines, paper)], paper)
    others = sum(c.width for c in columns[2:]) + len(_GAP) * (len(columns) - 1)
    left = max(_LEAST_NAME, paper.cells - others)
    first = min(name.width, max(_LEAST_NAME, left - min(target.width, left // 2)))
    widths = [first, min(target.width, max(1, left - first)), *(c.width for c in columns[2:])]
    heading = _row([paper.fit(_aligned(c, c.heading, w), w) for c, w in _both(columns, widths)])
    heading.stylize("dim")
    heading.truncate(paper.cells)
    return [heading, *(_written(columns, widths, n, paper) for n in range(len(lines)))]


def _columns(lines: Sequence[Line], paper: Paper) -> list[_Column]:
    sending = [line if line.bytes else None for line in lines]
    return [
        _Column("state", [line.doing.rpartition(", ")[0] for line in lines], 3, "dim", least=5),
        _Column("doing", [line.doing.rpartition(", ")[2] for line in lines], _KEPT, least=10),
        _Column("files", [_files(line) for line in lines], 5, right=True, least=5),
        _Column("", [paper.bar(_part(one), 10) if one else "" for one in sending], 1, "green"),
        _Column("sent", [amount(o.bytes_sent, o.bytes) if o else "" for o in sending], 8, least=17),
        _Column("speed", [_speed(line.speed) for line in lines], 2, right=True, least=10),
    ]


def _files(line: Line) -> str:
    return f"{line.files_sent}/{line.files}" if line.files else ""


def _part(line: Line) -> float:
    return line.bytes_sent / line.bytes if line.bytes else 0.0


def _speed(speed: float) -> str:
    return f"{size(speed)}/s" if speed else ""


def _fitting(columns: Sequence[_Column], paper: Paper) -> list[_Column]:
    """The columns for which there is place, without the least important."""
    left = list(columns)
    while True:
        fixed = sum(c.width for c in left[2:]) + len(_GAP) * (len(left) - 1)
        least = min(left, key=lambda c: c.importance)
        some = _SOME_NAME if least.importance < _NUMBERS else _LEAST_NAME
        names = sum(min(some, c.width) for c in left[:2])
        if fixed + names <= paper.cells or least.importance >= _KEPT:
            return left
        left.remove(least)


def _both(columns: Sequence[_Column], widths: Sequence[int]) -> list[tuple[_Column, int]]:
    return list(zip(columns, widths, strict=True))


def _written(columns: Sequence[_Column], widths: Sequence[int], number: int, paper: Paper) -> Text:
    row = Text()
    for place, (column, width) in enumerate(_both(columns, widths)):
        text = _aligned(column, column.texts[number], width)
        row.append(_GAP if place else "")
        row.append(paper.fit(text, width), column.style)
    row.truncate(paper.cells)
    return row


def _aligned(column: _Column, text: str, width: int) -> str:
    return " " * max(0, width - cell_len(text)) + text if column.right else text


def _row(texts: Sequence[str]) -> Text:
    return Text(_GAP.join(texts))


# ---- below them ----


def _overall(seen: Snapshot, paper: Paper) -> Text:
    """All of it: records, bytes, speed, time left; what there is no place for is left out."""
    done = f"{seen.done} of {seen.total} {seen.unit}"
    failed = f", {seen.failed} failed" if seen.failed else ""
    waiting = f", {seen.waiting} waiting to be published" if seen.waiting else ""
    sent = amount(seen.bytes_sent, seen.bytes) if seen.bytes else ""
    left = f"{duration(seen.left)} left" if seen.left is not None else ""
    short = done + failed
    speed = _speed(seen.speed) if seen.bytes_sent < seen.bytes else ""
    ways = [
        (short + waiting, [sent, speed, left]),
        (short + waiting, [sent, left]),
        (short, [sent, left]),
        (short, [sent]),
    ]
    for said, parts in ways:
        if cell_len(_GAP.join([said, *filter(None, parts)])) <= paper.cells:
            return _with_bar(seen, paper, said, parts)
    return Text(paper.fit(short, paper.cells, end=True), "bold")


def _with_bar(seen: Snapshot, paper: Paper, said: str, parts: Sequence[str]) -> Text:
    rest = _GAP.join(filter(None, parts))
    place = min(_BAR, paper.cells - cell_len(said) - cell_len(rest) - 2 * len(_GAP))
    part = seen.bytes_sent / seen.bytes if seen.bytes else seen.done / max(1, seen.total)
    bar = paper.bar(part, place) if place >= _LEAST_BAR else ""
    text = Text(said, "bold")
    for piece, style in ((bar, "green"), (rest, "not bold")):
        text.append(f"{_GAP}{piece}" if piece else "", style)
    return text


def _note(note: str, paper: Paper) -> Text:
    return Text(paper.fit(note, paper.cells, end=True).rstrip(), "yellow")
