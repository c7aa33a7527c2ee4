"""What a dry run prints."""

from __future__ import annotations

import json
from collections import Counter
from itertools import takewhile
from typing import TYPE_CHECKING, Final

import click

from publishkit.cli.text import clean, near, plural, size

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from publishkit.plan import Plan
    from publishkit.repository import Terms
    from publishkit.verbs.preview import FileChange, MetadataChange, Preview

__all__ = ["show_plan"]

_NAMED: Final = 5
"""Files and changes of a kind that are named unless all of them are asked for."""
_WIDTH: Final = 70
"""Characters of a value that are shown."""
_BEFORE: Final = 20
"""Of these, those that two values have in common before they differ."""
_LABEL: Final = 11
_INDENT: Final = " " * (_LABEL + 1)


def show_plan(plan: Plan, *, every: bool = False) -> None:
    """Print what a push would do, deposit by deposit, as it is found out.

    Args:
        plan: What would be carried out.
        every: Whether to name all files and changes.
    """
    from publishkit.verbs.preview import previews

    seen: list[Preview] = []
    for one in previews(plan):
        seen.append(one)
        _show(one, every=every)
    for part in plan.skipped:
        click.echo(f"{'skip':<{_LABEL}} {clean(part.name)}: not valid")
    for renaming in plan.renamings:
        old, new = near(renaming.ledger.parent / renaming.old), renaming.new
        click.echo(f"{'rename':<{_LABEL}} {clean(old)} is now {clean(new)}")
    click.echo(f"{_total(seen)}. Nothing was sent.")


def _show(found: Preview, *, every: bool) -> None:
    names = ", ".join(found.records)
    where = f"{names} on {found.target}" + (f": {found.id}" if found.id else "")
    verb = _verb(found)
    click.secho(f"{verb:<{_LABEL}}", nl=False, fg="red" if found.refusal else None)
    click.echo(f" {clean(where)}")
    for label, text in _lines(found, every=every):
        click.echo(clean(f"{_INDENT}{label:<{_LABEL}} {text}"))


def _verb(found: Preview) -> str:
    if found.refusal:
        return "refuse"
    if found.action == "nothing":
        return "publish" if found.publishes else "nothing"
    return found.action.value


_SUMMED: Final = {
    "create": "to create",
    "new version": "new versions",
    "update": "to update",
    "publish": "to publish as they are",
    "nothing": "unchanged",
    "refuse": "refused",
}


def _total(seen: Sequence[Preview]) -> str:
    """All of it in a line."""
    verbs = Counter(_verb(one) for one in seen)
    counts = [f"{verbs[verb]} {said}" for verb, said in _SUMMED.items() if verbs[verb]]
    sent = [one for one in seen if not one.refusal]
    files = sum(one.change != "removed" for found in sent for one in found.files)
    if files:
        counts.append(f"{plural(files, 'file')} to send, {size(sum(one.bytes for one in seen))}")
    published = sum(one.publishes for one in seen)
    if published:
        counts.append(f"{published} would be published")
    return "; ".join(counts) or "No records"


def _lines(found: Preview, *, every: bool) -> Iterator[tuple[str, str]]:
    if found.refusal:
        yield "because", str(found.refusal)
    sent = [one for one in found.files if one.change != "removed"]
    removed = [one for one in found.files if one.change == "removed"]
    if sent:
        total = f"{plural(len(sent), 'file')}, {size(sum(one.size for one in sent))}"
        yield (
            "differs" if found.refusal else "sends",
            f"{total}: {_listed(map(_file, sent), len(sent), every=every)}",
        )
    if removed:
        names = _listed((one.key for one in removed), len(removed), every=every)
        yield "removes", f"{plural(len(removed), 'file')}: {names}"
    shown = found.metadata if every else found.metadata[:_NAMED]
    for change in shown:
        yield "changes", _change(change)
    if len(shown) < len(found.metadata):
        yield "changes", f"and {len(found.metadata) - len(shown)} more (all of them: -v)"
    if found.terms:
        yield from _terms(found.terms)
    if found.publishes:
        yield "publishes", "which cannot be undone"


def _terms(terms: Terms) -> Iterator[tuple[str, str]]:
    yield "licence", ", ".join(terms.licences) or "none stated"
    files = f"files {terms.files}"
    if terms.embargo:
        files = f"files closed until {terms.embargo.isoformat()}"
    yield "access", f"metadata {terms.metadata}, {files}"
    for role, people in terms.people.items():
        yield role, ", ".join(people)
    if terms.collections:
        yield "in", ", ".join(terms.collections)


def _file(one: FileChange) -> str:
    return f"{one.key} ({size(one.size)}{', changed' if one.change == 'changed' else ''})"


def _listed(names: Iterator[str], number: int, *, every: bool) -> str:
    shown = [name for name, _ in zip(names, range(number if every else _NAMED), strict=False)]
    left = number - len(shown)
    return ", ".join(shown) + (f" and {left} more" if left else "")


def _change(change: MetadataChange) -> str:
    before, after = (json.dumps(one, ensure_ascii=False) for one in (change.before, change.after))
    if change.before is None:
        return f"{change.path}: {_cut(after)} is added"
    if change.after is None:
        return f"{change.path}: {_cut(before)} is taken out"
    alike = sum(
        1 for _ in takewhile(lambda two: two[0] == two[1], zip(before, after, strict=False))
    )
    start = alike - _BEFORE if alike > 2 * _BEFORE else 0
    return f"{change.path}: {_cut(before, start)} becomes {_cut(after, start)}"


def _cut(text: str, start: int = 0) -> str:
    """The part of a long value that matters."""
    end = start + _WIDTH
    return f"{'…' * (start > 0)}{text[start:end]}{'…' * (end < len(text))}"
