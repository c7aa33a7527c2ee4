"""The command line: options in, messages and exit codes out."""

from __future__ import annotations

import io
import os
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from publishkit._version import __version__
from publishkit.cli.catalogue import entries, list_deposits, search
from publishkit.cli.commands import adopt, new_version, push, targets, validate
from publishkit.cli.completing import completion
from publishkit.cli.editing import edit
from publishkit.cli.linking import doi, link
from publishkit.cli.mapping import map_, run_lims
from publishkit.cli.moving import convert, links
from publishkit.cli.overview import Overview
from publishkit.cli.people import collections, users
from publishkit.cli.pulling import pull, request
from publishkit.cli.removing import delete, discard
from publishkit.cli.report import show_error
from publishkit.cli.schema import schema
from publishkit.cli.sharing import share
from publishkit.cli.signing import login, logout, whoami
from publishkit.cli.starting import init
from publishkit.cli.state import publish, status, update
from publishkit.cli.workflow import workflow
from publishkit.errors import Cancelled, PublishkitError
from publishkit.showing.display import shown_now
from publishkit.showing.ink import colours
from publishkit.text import clean

if TYPE_CHECKING:
    from types import FrameType

__all__ = ["cli", "main"]

_CURSOR = b"\x1b[?25h\n"
"""Shows the cursor, which a live table hides."""


@click.group(
    cls=Overview, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, prog_name="publishkit")
def cli() -> None:
    """Push folders of research data to NOMAD, InvenioRDM or a local archive.

    publishkit init FOLDER begins a record, and publishkit push FOLDER sends it.
    """


for command in (
    init,
    edit,
    schema,
    push,
    new_version,
    validate,
    targets,
    login,
    logout,
    whoami,
    adopt,
    list_deposits,
    search,
    pull,
    entries,
    request,
    convert,
    map_,
    run_lims,
    links,
    workflow,
    completion,
):
    cli.add_command(command)
for command in (status, share, publish, update, link, doi, delete, discard, collections, users):
    cli.add_command(command)


def main() -> None:
    """Run the command line, and exit with the code that `publishkit.errors` documents."""
    _listen_for_signals()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    code = _run()
    try:
        if sys.stdout is not None:  # as it is where the caller closed it
            sys.stdout.flush()
    except (OSError, ValueError):  # nobody reads it; else Python would say so once more at its end
        sys.stdout = None
    sys.exit(code)


def _run() -> int:
    try:
        return int(cli.main(prog_name="publishkit", standalone_mode=False, color=colours()) or 0)
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except click.ClickException as error:
        _show_usage(error)
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        show_error(Cancelled("stopped"))
        return Cancelled.exit_code
    except PublishkitError as error:
        if not any(receipt.error is error for receipt in error.receipts):  # else it was printed
            show_error(error)
        return error.exit_code
    except Exception as error:  # noqa: BLE001 - a user never sees a traceback
        known = _of_unforeseen(error)
        show_error(known)
        return known.exit_code


def _show_usage(error: click.ClickException) -> None:
    """Print what was wrong with the command, which may name what somebody else called a file."""
    said = io.StringIO()
    error.show(file=said)
    for line in said.getvalue().splitlines():
        click.echo(clean(line), err=True)


def _of_unforeseen(error: Exception) -> PublishkitError:
    if isinstance(error, OSError) and error.strerror:  # such as output on a disk that is full
        from publishkit.downloading import of_system  # seldom needed

        return of_system(error)
    return PublishkitError.of_mistake(error)


def _listen_for_signals() -> None:
    """End cleanly at the first Ctrl-C or SIGTERM, and at once at the second."""
    asked = False

    def stop(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        shown = shown_now()
        with suppress(OSError):  # not by a stream, which the signal may have interrupted
            if asked and shown:
                os.write(2, _CURSOR)
            elif shown:
                shown.stopping()
            elif not asked:
                os.write(2, b"Stopping; press Ctrl-C again to leave at once.\n")
        if asked:
            os._exit(Cancelled.exit_code)  # the journal makes that safe
        asked = True
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
