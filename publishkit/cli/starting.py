"""The command that begins a record, by questions or from options."""

from __future__ import annotations

import shlex
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from publishkit.cli import logs, options
from publishkit.cli.confirming import may_ask
from publishkit.cli.text import clean, near
from publishkit.errors import Cancelled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from publishkit.errors import Problem
    from publishkit.starting import Template

__all__ = ["init"]

_OPTIONS: Final[Mapping[str, str]] = {
    "title": "--title",
    "creators": "--creator",
    "description": "--description",
    "license": "--license",
    "keywords": "--keyword",
    "date": "--date",
    "resource_type": "--resource-type",
}
"""By the names of `publishkit.starting.FIELDS`."""


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--title", help="What it is called.")
@click.option(
    "--creator",
    "creators",
    multiple=True,
    metavar="WHO",
    help='"Doe, Jane; ORCID; institute or its ROR id", the last two if you like, or '
    '"org: NAME". Can be given several times.',
)
@click.option("--description", metavar="TEXT", help="What it is, as plain text or HTML.")
@click.option("--license", metavar="ID", help="Such as cc-by-4.0; none unless given.")
@click.option("--keyword", "keywords", multiple=True, metavar="WORD", help="Several if you like.")
@click.option("--date", help="When it is published, such as 2024-05-17; today unless given.")
@click.option("--resource-type", metavar="ID", help="What it is; a dataset unless given.")
@click.option(
    "--template",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Begin with what this file has; it is written like record_metadata.json.",
)
@click.option("--no-template", is_flag=True, help="Not with the one that publishkit.toml names.")
@options.non_interactive
@options.loudness
def init(
    *,
    folder: Path,
    template: Path | None,
    no_template: bool,
    quiet: bool,
    verbose: int,
    **said: str | tuple[str, ...] | None,
) -> None:
    """Begin a record: write DIR/record_metadata.json.

    What is needed (a title, and who made it) is asked for, and the rest with it, unless options or
    a template say it. Without a terminal nothing is asked.
    """
    from publishkit import starting
    from publishkit.config import load
    from publishkit.verbs.init import begin, refuse_existing, template_of

    logs.configure(verbose)
    refuse_existing(folder)
    if template and no_template:
        raise click.UsageError("--template and --no-template exclude each other.")
    chosen = template or (None if no_template else load().template)
    known = template_of(chosen)
    if chosen and not quiet:
        click.echo(f"Template: {clean(near(chosen))}")
    given = {name: _texts(value) for name, value in said.items()}
    metadata, problems = starting.compose(given, known)
    lacking = {problem.path for problem in problems if problem.message == "missing"}
    if lacking and may_ask() and len(lacking) == len(problems):
        given |= _asked(folder, given, known)
        metadata, problems = starting.compose(given, known)
    if problems:
        raise click.UsageError(_listed(problems))
    path = begin(folder, metadata)
    if not quiet:
        _say_next(path)


def _texts(value: str | tuple[str, ...] | None) -> Sequence[str]:
    """An option's values; one that is given as '' is not given."""
    return [one for one in ([value] if isinstance(value, str) else value or ()) if one.strip()]


def _listed(problems: Sequence[Problem]) -> str:
    each = [f"  {_OPTIONS[one.path]}: {one.message}" for one in problems]
    lacking = any(one.message == "missing" for one in problems)
    hint = ["Give what is missing, or run this in a terminal to be asked."] * lacking
    return "\n".join(["nothing was written.", *each, *hint])


def _say_next(path: Path) -> None:
    folder = path.parent
    click.echo(f"Wrote {clean(near(path))}")
    command = f"publishkit push {shlex.quote(near(folder))}"
    empty = all(one.name.startswith(".") or one == path for one in folder.iterdir())
    first = "put the data files beside it, then: " if empty else ""
    click.echo(f"Next: {first}{clean(command)}")


# ---- the questions ----


def _asked(
    folder: Path, given: Mapping[str, Sequence[str]], template: Template
) -> dict[str, Sequence[str]]:
    """The answers to questions about all that neither options nor a template say."""
    with suppress(ImportError):
        import readline  # noqa: F401 - so that lines can be edited; Windows does by itself
    click.echo(f"A few questions about {clean(str(folder))}. Enter takes what is in [brackets].")
    click.echo("Ctrl-C leaves without writing anything; publishkit edit changes it later.")
    try:
        return {
            name: ask()
            for name, ask in _QUESTIONS.items()
            if not given.get(name) and not template.has(name)
        }
    except (click.Abort, KeyboardInterrupt):
        raise Cancelled("stopped, and nothing was written") from None


def _ask(what: str, hint: str, check: Callable[[str], object], default: str | None = "") -> str:
    """The answer to one question, asked again until it can be used; '' where none is needed."""
    click.echo(f"\n{click.style(what, bold=True)}: {hint}")

    def checked(text: str) -> str:
        if text.strip() or default is None:
            try:
                check(text)
            except ValueError as error:
                raise click.UsageError(clean(str(error))) from None
        return text.strip()

    answer: str = click.prompt(
        f"  [{default}] " if default else " ",
        default=default,
        show_default=False,
        prompt_suffix="> ",
        value_proc=checked,
    )
    return answer


def _title() -> Sequence[str]:
    from publishkit.answers import title

    return [_ask("Title", "the name by which others find and cite it", title, None)]


def _creators() -> Sequence[str]:
    return list(_each_creator())


def _each_creator() -> Iterator[str]:
    from publishkit import answers

    hint = "the family name, a comma, the given name, as in Doe, Jane; for an institute org: NAME"
    who = _ask("Creator", hint, answers.name, None)
    while who:
        parts = [who]
        if answers.name(who)["type"] == "personal":
            parts.append(_ask("ORCID iD", f"of {who}; Enter if there is none", answers.orcid))
            hint = "an institute's name, its ROR id (https://ror.org/...), or both; or Enter"
            parts.append(_ask("Affiliation", hint, _one_affiliation))
        yield "; ".join(filter(None, parts))
        who = _ask("Another creator", "as before; Enter if that is all", answers.name)


def _one_affiliation(text: str) -> object:
    from publishkit import answers

    if ";" in text:
        raise ValueError("one here, without a semicolon; publishkit edit adds more")
    return answers.affiliation(text)


def _description() -> Sequence[str]:
    from publishkit.answers import description

    hint = "what it is and how it was made, in a sentence or two; Enter leaves it for later"
    return _texts(_ask("Description", hint, description))


def _license() -> Sequence[str]:
    from publishkit.answers import licence

    def check(text: str) -> object:
        return None if text.strip().lower() == "none" else licence(text)

    hint = "what others may do with it: cc-by-4.0, cc0-1.0, mit, ..., or none to say nothing"
    answer = _ask("Licence", hint, check, "cc-by-4.0")
    return [] if answer.lower() == "none" else [answer]


def _keywords() -> Sequence[str]:
    answer = _ask("Keywords", "with commas between; Enter if there are none", _no_control)
    return _texts(tuple(answer.split(",")))


def _no_control(text: str) -> object:
    from publishkit.answers import keyword

    return [keyword(one) for one in text.split(",") if one.strip()]


def _date() -> Sequence[str]:
    from publishkit.answers import day

    today = str(day("today"))
    return [_ask("Publication date", "a day, month or year", day, today)]


def _resource_type() -> Sequence[str]:
    from publishkit.answers import resource_type

    hint = "what it is: dataset, software, image, publication-article, ..."
    return [_ask("Resource type", hint, resource_type, "dataset")]


_QUESTIONS: Final[Mapping[str, Callable[[], Sequence[str]]]] = {
    "title": _title,
    "creators": _creators,
    "description": _description,
    "license": _license,
    "keywords": _keywords,
    "date": _date,
    "resource_type": _resource_type,
}
"""By the names of `publishkit.starting.FIELDS`, in the order in which they are asked."""
