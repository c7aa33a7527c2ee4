"""Where the boxes of a drawing stand: in layers from left to right, with few crossings.

The usual four steps for layered graphs, by Sugiyama, Tagawa and Toda: a layer for each box; a bend
in each layer that a line crosses; an order in each layer, by the mean of the neighbours; heights,
as near to the neighbours as the order lets them be.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from itertools import pairwise
from statistics import fmean
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Layout", "laid_out"]

Edge = tuple[str, str]
_SWEEPS: Final = 12
_BEND: Final = 8.0
"""The height that is kept free for a line between boxes."""


@dataclass(slots=True)
class Layout:
    """What stands where."""

    layers: list[list[str]]
    """Boxes and bends, from left to right and from top to bottom."""
    middles: dict[str, float]
    """The height of the middle of each, from 0 at the highest edge on."""
    routes: dict[Edge, list[str]]
    """The bends of each line."""
    height: float = 0.0


def laid_out(
    heights: Mapping[str, float], edges: Sequence[Edge], last: Sequence[str], gap: float
) -> Layout:
    """Lay a graph without circles out.

    Args:
        heights: Of each box.
        edges: The lines, from box to box.
        last: The boxes that stand in the last layer.
        gap: Between boxes.
    """
    ranks = _ranks(list(heights), edges, last)
    routes = {edge: _bends(edge, ranks) for edge in dict.fromkeys(edges)}
    layers: list[list[str]] = [[] for _ in range(max(ranks.values()) + 1)]
    for box, rank in ranks.items():
        layers[rank].append(box)
    for (source, _), bends in routes.items():
        for number, bend in enumerate(bends):
            layers[ranks[source] + 1 + number].append(bend)
    net = _Net.of(routes)
    ordered = _ordered(layers, net)
    tall = {**{bend: _BEND for bends in routes.values() for bend in bends}, **heights}
    middles = _placed(ordered, net, tall, gap)
    top = min(middles[one] - tall[one] / 2 for one in middles)
    middles = {one: middle - top for one, middle in middles.items()}
    bottom = max(middles[one] + tall[one] / 2 for one in middles)
    return Layout(ordered, middles, routes, bottom)


def _ranks(boxes: Sequence[str], edges: Sequence[Edge], last: Sequence[str]) -> dict[str, int]:
    """The layer of each: right of all that leads there, and what begins stands near its use."""
    before: dict[str, set[str]] = {box: set() for box in boxes}
    after: dict[str, set[str]] = {box: set() for box in boxes}
    for source, target in edges:
        before[target].add(source)
        after[source].add(target)
    ranks: dict[str, int] = {}
    for box in TopologicalSorter(
        {box: sorted(each) for box, each in before.items()}
    ).static_order():
        ranks[box] = max((ranks[one] + 1 for one in before[box]), default=0)
    for box in boxes:
        if not before[box] and after[box]:
            ranks[box] = min(ranks[one] for one in after[box]) - 1
    end = max((ranks[one] for one in boxes if one not in last), default=-1) + 1
    return {box: end if box in last else ranks[box] for box in boxes}


def _bends(edge: Edge, ranks: Mapping[str, int]) -> list[str]:
    source, target = edge
    return [f"{source}\0{target}\0{rank}" for rank in range(ranks[source] + 1, ranks[target])]


@dataclass(slots=True)
class _Net:
    """The neighbours of each box and bend in the layers beside it."""

    left: dict[str, list[str]] = field(default_factory=dict)
    right: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, routes: Mapping[Edge, Sequence[str]]) -> _Net:
        net = cls()
        for (source, target), bends in routes.items():
            for one, other in pairwise((source, *bends, target)):
                net.right.setdefault(one, []).append(other)
                net.left.setdefault(other, []).append(one)
        return net

    def beside(self, one: str) -> list[str]:
        return [*self.left.get(one, ()), *self.right.get(one, ())]


def _ordered(layers: Sequence[Sequence[str]], net: _Net) -> list[list[str]]:
    """The order with the fewest crossings of those that sweeps to and fro give."""
    best = now = [list(layer) for layer in layers]
    fewest = _crossings(now, net)
    for sweep in range(_SWEEPS):
        forth = sweep % 2 == 0
        now = _swept(now if forth else now[::-1], net.left if forth else net.right)
        now = now if forth else now[::-1]
        crossings = _crossings(now, net)
        if crossings < fewest:
            best, fewest = now, crossings
    return best


def _swept(layers: Sequence[list[str]], near: Mapping[str, Sequence[str]]) -> list[list[str]]:
    made = [layers[0]]
    for layer in layers[1:]:
        place = {one: index for index, one in enumerate(made[-1])}
        own = {one: index for index, one in enumerate(layer)}
        wanted = {
            one: fmean([place[x] for x in near[one]]) if one in near else float(own[one])
            for one in layer
        }
        made.append(sorted(layer, key=lambda one: (wanted[one], own[one])))
    return made


def _crossings(layers: Sequence[Sequence[str]], net: _Net) -> int:
    count = 0
    for layer, following in pairwise(layers):
        place = {one: index for index, one in enumerate(following)}
        ends = [place[x] for one in layer for x in sorted(net.right.get(one, ()), key=place.get)]  # type: ignore[arg-type]
        seen: list[int] = []
        for end in ends:
            at = bisect_right(seen, end)
            count += len(seen) - at
            seen.insert(at, end)
    return count


def _placed(
    layers: Sequence[Sequence[str]], net: _Net, tall: Mapping[str, float], gap: float
) -> dict[str, float]:
    middles: dict[str, float] = {}
    for layer in layers:
        middles |= _spread(layer, dict.fromkeys(layer, 0.0), tall, gap)
    for sweep in range(_SWEEPS):
        for layer in layers if sweep % 2 else layers[::-1]:
            wanted = {
                one: fmean([middles[x] for x in net.beside(one)] or [middles[one]]) for one in layer
            }
            middles |= _spread(layer, wanted, tall, gap)
    return middles


def _spread(
    layer: Sequence[str], wanted: Mapping[str, float], tall: Mapping[str, float], gap: float
) -> dict[str, float]:
    """The middles nearest to those wanted in which nothing overlaps: isotonic regression."""
    offsets: list[float] = []
    for number, one in enumerate(layer):
        before = layer[number - 1]
        step = (tall[before] + tall[one]) / 2 + gap if number else 0.0
        offsets.append((offsets[-1] if offsets else 0.0) + step)
    pools: list[tuple[float, int]] = []  # a sum, and of how many
    for one, offset in zip(layer, offsets, strict=True):
        total, count = wanted[one] - offset, 1
        while pools and pools[-1][0] / pools[-1][1] >= total / count:
            more, many = pools.pop()
            total, count = total + more, count + many
        pools.append((total, count))
    shifts = [total / count for total, count in pools for _ in range(count)]
    return {one: s + o for one, s, o in zip(layer, shifts, offsets, strict=True)}
