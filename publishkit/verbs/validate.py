"""Check record folders against the rules of targets, offline."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from publishkit import planner
from publishkit.setting import Options
from publishkit.tables import tabled
from publishkit.verbs.push import Paths, paths_of, setting_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from publishkit.errors import Problem

__all__ = ["validate"]


@tabled
def validate(
    records: Paths,
    to: str | Sequence[str] = "local",
    *,
    recursive: bool = False,
    allow_secrets: bool = False,
) -> list[Problem]:
    """Find everything about records that a target would refuse, drop or change.

    Sends nothing and needs no credentials.

    Args:
        records: A record folder, a folder of record folders, or several of either.
        to: The name of a target, or several.
        recursive: Whether to look for records in deeper folders too.
        allow_secrets: Only warn of files that look like credentials.

    Returns:
        Errors, warnings and notices; none means that all is well.

    Raises:
        ConfigError: A target, folder or the configuration will not do.
    """
    options = Options(recursive=recursive, allow_secrets=allow_secrets)
    setting = setting_of(to)
    offline = replace(setting, config=setting.config.unsigned())  # so that no keyring is opened
    return planner.check(paths_of(records), offline, options)
