"""A workflow as a drawing: SVG that needs nothing else, light or dark as the reader's screen is."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final

from publishkit.text import clean
from publishkit.workflows.layers import laid_out
from publishkit.workflows.wiring import wire

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from publishkit.workflows.layers import Layout
    from publishkit.workflows.model import Workflow
    from publishkit.workflows.wiring import Source, Wiring

__all__ = ["drawn"]

_COLUMNS: Final = 24
"""Characters in a line of a box."""
_LINES: Final = 3
_CHARACTER, _LINE, _PAD, _GAP, _ALLEY, _EDGE, _HEAD = 8.0, 17.0, 11.0, 20.0, 64.0, 24.0, 44.0
_STYLE: Final = """\
.pk-flow{--paper:#fff;--ink:#1f2328;--faint:#59636e;--line:#818b98;--task:#ddf4ff;--edge:#0969da;\
--end:#f6f8fa;font:13px system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif}
@media (prefers-color-scheme:dark){.pk-flow{--paper:#0d1117;--ink:#f0f6fc;--faint:#9198a1;\
--line:#8b949e;--task:#0c2d6b;--edge:#4493f8;--end:#212830}}
.pk-flow .paper{fill:var(--paper)}.pk-flow text{fill:var(--ink)}.pk-flow .name{font-weight:600}
.pk-flow .title{font-size:16px;font-weight:600}.pk-flow .place{fill:var(--faint);font-size:11px}
.pk-flow rect.task{fill:var(--task);stroke:var(--edge)}
.pk-flow rect.end{fill:var(--end);stroke:var(--line)}
.pk-flow path.line{fill:none;stroke:var(--line);stroke-width:1.5}.pk-flow .tip{fill:var(--line)}"""

_START: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" class="pk-flow" viewBox="0 0 {width:.0f} '
    '{height:.0f}" width="{width:.0f}" height="{height:.0f}" role="img">\n<title>{name}</title>\n'
    f"<style>{_STYLE.replace('{', '{{').replace('}', '}}')}</style>\n"
    '<defs><marker id="pk-tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
    'markerHeight="7" orient="auto"><path class="tip" d="M0,0L8,4L0,8z"/></marker></defs>\n'
    '<rect class="paper" width="100%" height="100%"/>'
)


@dataclass(frozen=True, slots=True)
class _Box:
    """A task, or an input or output of the workflow."""

    name: str
    place: str
    kind: str
    """`task` or `end`."""
    told: str
    """What is shown where the mouse rests."""

    @property
    def lines(self) -> list[str]:
        return _wrapped(self.name)

    @property
    def width(self) -> float:
        widest = max(map(_width, self.lines)) * _CHARACTER
        return max(widest, _width(_short(self.place)) * _CHARACTER * 0.78, 48.0) + 2 * _PAD

    @property
    def height(self) -> float:
        return (len(self.lines) + bool(self.place)) * _LINE + _PAD * 1.4


def drawn(workflow: Workflow) -> str:
    """The drawing; the same text for the same workflow."""
    wiring = wire(workflow)
    boxes = _boxes(workflow, wiring)
    edges = _edges(workflow, wiring)
    heights = {name: box.height for name, box in boxes.items()}
    last = [f"out:{name}" for name in wiring.outputs]
    layout = laid_out(heights, [*edges], last, _GAP)
    lefts, widths, end = _columns(layout, boxes)
    width = max(end + _EDGE, min(_width(workflow.name), 60) * 9 + 2 * _EDGE)
    height = layout.height + _HEAD + _EDGE
    parts = [
        _START.format(width=width, height=height, name=_safe(workflow.name)),
        f'<text class="title" x="{_EDGE:.0f}" y="28">{_safe(_short(workflow.name, 60))}</text>',
        *(_line(layout, edge, lefts, widths, boxes, said) for edge, said in edges.items()),
        *_shown(layout, boxes, lefts, widths),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _boxes(workflow: Workflow, wiring: Wiring) -> dict[str, _Box]:
    boxes = {
        f"in:{name}": _Box(name, place.label, "end", f"input {name}: {place.label}")
        for name, place in workflow.inputs.items()
    }
    for name, task in workflow.tasks.items():
        gives = f" gives {', '.join(task.outputs)}" if task.outputs else ""
        label = "" if task.label == name else task.label
        boxes[f"task:{name}"] = _Box(name, label, "task", f"{name}: {task.label}{gives}")
    for name, source in wiring.outputs.items():
        boxes[f"out:{name}"] = _Box(name, "", "end", f"output {name}: {_origin(source)}")
    return boxes


def _edges(workflow: Workflow, wiring: Wiring) -> dict[tuple[str, str], str]:
    """The lines, each with what goes along it; those that close a circle are left out."""
    found: dict[tuple[str, str], str] = {}
    for task, sources in wiring.inputs.items():
        for source in sources:
            edge = (_key(source), f"task:{task}")
            found[edge] = ", ".join(filter(None, (found.get(edge), source.label)))
    found = dict(_acyclic(found, [f"task:{name}" for name in workflow.tasks]))
    for name, source in wiring.outputs.items():
        found[_key(source), f"out:{name}"] = source.label
    return found


def _key(source: Source) -> str:
    return f"task:{source.task}" if source.task else f"in:{source.name}"


def _origin(source: Source) -> str:
    return ".".join(filter(None, (source.task, source.name)))


def _acyclic(
    edges: Mapping[tuple[str, str], str], tasks: Sequence[str]
) -> Iterator[tuple[tuple[str, str], str]]:
    after: dict[str, set[str]] = {one: set() for one in tasks}
    for edge, said in edges.items():
        source, target = edge
        if _reaches(after, target, source):
            continue
        after.setdefault(source, set()).add(target)
        yield edge, said


def _reaches(after: Mapping[str, Iterable[str]], start: str, end: str) -> bool:
    seen, left = {start}, [start]
    while left:
        here = left.pop()
        if here == end:
            return True
        left += [one for one in after.get(here, ()) if one not in seen]
        seen.update(after.get(here, ()))
    return False


# ---- on paper ----


def _columns(
    layout: Layout, boxes: Mapping[str, _Box]
) -> tuple[dict[str, float], dict[str, float], float]:
    """The left side and width of each box and bend, and where the last column ends."""
    lefts: dict[str, float] = {}
    widths: dict[str, float] = {}
    x = _EDGE
    for layer in layout.layers:
        wide = max((boxes[one].width for one in layer if one in boxes), default=0.0)
        lefts |= dict.fromkeys(layer, x)
        widths |= dict.fromkeys(layer, wide)
        x += wide + _ALLEY
    return lefts, widths, x - _ALLEY


def _line(
    layout: Layout,
    edge: tuple[str, str],
    lefts: Mapping[str, float],
    widths: Mapping[str, float],
    boxes: Mapping[str, _Box],
    said: str,
) -> str:
    """A smooth line from the right of one box to the left of another, through its bends."""
    source, target = edge
    x, y = lefts[source] + widths[source], layout.middles[source] + _HEAD
    path = f"M{x:.1f},{y:.1f}"
    for one in (*layout.routes[edge], target):
        to_x, to_y = lefts[one], layout.middles[one] + _HEAD
        half = (to_x - x) / 2
        path += f"C{x + half:.1f},{y:.1f} {to_x - half:.1f},{to_y:.1f} {to_x:.1f},{to_y:.1f}"
        if one not in boxes:
            to_x += widths[one]
            path += f"H{to_x:.1f}"
        x, y = to_x, to_y
    title = f"<title>{_safe(said)}</title>"
    return f'<path class="line" d="{path}" marker-end="url(#pk-tip)">{title}</path>'


def _shown(
    layout: Layout,
    boxes: Mapping[str, _Box],
    lefts: Mapping[str, float],
    widths: Mapping[str, float],
) -> Iterator[str]:
    for name, box in boxes.items():
        left, wide = lefts[name], widths[name]
        top = layout.middles[name] + _HEAD - box.height / 2
        yield f"<g><title>{_safe(box.told)}</title>"
        round_ = 6 if box.kind == "task" else box.height / 2
        yield (
            f'<rect class="{box.kind}" x="{left:.1f}" y="{top:.1f}" width="{wide:.1f}" '
            f'height="{box.height:.1f}" rx="{min(round_, 18):.1f}"/>'
        )
        lines = [("name", line) for line in box.lines]
        lines += [("place", _short(box.place))] if box.place else []
        for number, (kind, line) in enumerate(lines):
            y = top + _PAD * 0.7 + (number + 0.75) * _LINE
            middle = left + wide / 2
            yield (
                f'<text class="{kind}" x="{middle:.1f}" y="{y:.1f}" text-anchor="middle">'
                f"{_safe(line)}</text>"
            )
        yield "</g>"


def _safe(text: str) -> str:
    return escape(clean(text))


def _width(text: str) -> int:
    """How many columns text takes; East Asian characters take two."""
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text)


def _short(text: str, most: int = _COLUMNS + 6) -> str:
    """Text with its middle left out where it is too long."""
    if _width(text) <= most:
        return text
    half = (most - 1) // 2
    start = next(n for n in range(len(text), -1, -1) if _width(text[:n]) <= half)
    end = next(n for n in range(len(text) + 1) if _width(text[n:]) <= most - 1 - half)
    return f"{text[:start]}…{text[end:]}"


def _wrapped(text: str) -> list[str]:
    """Text in lines, broken after blanks, dashes and the like where it can be."""
    lines = [""]
    for piece in _pieces(text):
        if _width(lines[-1] + piece.rstrip()) > _COLUMNS and lines[-1]:
            lines.append("")
        lines[-1] += piece
    lines = [line.strip() for line in lines]
    if len(lines) > _LINES:
        lines = [*lines[: _LINES - 1], _short("".join(lines[_LINES - 1 :]), _COLUMNS)]
    return lines


def _pieces(text: str) -> Iterator[str]:
    piece = ""
    for one in text:
        piece += one
        if one in " -_/.,:" or _width(piece) >= _COLUMNS:
            yield piece
            piece = ""
    if piece:
        yield piece
