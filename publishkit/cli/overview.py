"""The help of publishkit itself: its commands by what they are for, not by the alphabet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from publishkit.cli.groups import Group

if TYPE_CHECKING:
    from collections.abc import Mapping

    import click

__all__ = ["SECTIONS", "Overview"]

SECTIONS: Final[Mapping[str, Mapping[str, str]]] = {
    "Records": {
        "init": "Begin a record by answering a few questions.",
        "edit": "Change a record's metadata in your editor.",
        "validate": "Check records offline against the rules of targets.",
        "convert": "Make a record of another tool's metadata file.",
        "schema": "Print the JSON Schema of record_metadata.json.",
    },
    "Targets": {
        "targets": "List the archives that have a name here.",
        "login": "Sign in on a target.",
        "logout": "Sign out of a target.",
        "whoami": "Say who is signed in and where the credentials come from.",
    },
    "Pushing": {
        "push": "Make drafts of records or bring them up to date.",
        "publish": "Publish drafts or submit them for review.",
        "update": "Bring metadata up to date even if it is published.",
        "new-version": "Send what changed since it was published.",
        "delete": "Delete drafts; the folders stay.",
        "discard": "Throw away what was begun on something published.",
        "adopt": "Say that a deposit made elsewhere is that of a folder.",
    },
    "Looking": {
        "status": "Show how deposits stand and what could not be processed.",
        "links": "Print the links of records as a table or for other tools.",
        "list": "List your own deposits on a target.",
        "search": "Search a target.",
        "pull": "Download a deposit into a record folder.",
        "entries": "Look at what an archive made of a deposit's files.",
        "request": "Send any signed request to a target's API.",
    },
    "Sharing and linking": {
        "share": "Give people access or make a secret link.",
        "users": "Look people up by name or e-mail address.",
        "link": "Put deposits into a collection or relate them to others.",
        "collections": "List collections or make or delete them.",
        "doi": "Reserve or assign DOIs.",
    },
    "Lab databases and workflows": {
        "map": "Make records of what a lab's database exports.",
        "run-lims": "Map an export and push or publish what comes of it.",
        "workflow": "Tie entries of records together as a workflow.",
    },
    "Your shell": {
        "completion": "Let your shell complete what you type.",
    },
}
"""What each command does, in a line that fits a terminal of 80 columns; shells that complete show
it too, of which fish leaves out what is behind a comma (3.6.0, as click 8.5 tells it). Commands
that are in no section come last, with the first sentence of their help."""


class Overview(Group):
    """The group of all commands."""

    def add_command(self, cmd: click.Command, name: str | None = None) -> None:
        """Add a command, with its line."""
        lines = {known: line for section in SECTIONS.values() for known, line in section.items()}
        cmd.short_help = cmd.short_help or lines.get(name or cmd.name or "")
        super().add_command(cmd, name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands, section by section, in the order in which they are used."""
        left = {name: self.commands[name] for name in self.list_commands(ctx)}
        width = max(map(len, left), default=0)
        room = formatter.width - width - 6
        for title, names in [*SECTIONS.items(), ("Further", tuple(left))]:
            found = {name: left.pop(name) for name in names if name in left}
            lines = [(k.ljust(width), one.get_short_help_str(room)) for k, one in found.items()]
            if lines:
                with formatter.section(title):
                    formatter.write_dl(lines)
