"""What verbs that only ask a repository have in common."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from publishkit import config as configuration
from publishkit.errors import AuthenticationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publishkit.hooks import Target
    from publishkit.setting import Setting

__all__ = ["asking"]


@contextmanager
def asking(setting: Setting, target: Target) -> Iterator[None]:
    """Ask a target, signed in or not: much can be read without that.

    Raises:
        AuthenticationError: It could not; says which credentials are lacking.
    """
    try:
        yield
    except AuthenticationError as error:
        kept = setting.config.sources.kept_for(target)
        if setting.config.sources.given(target) or (kept and not kept.expired):
            raise
        configuration.signing_in(setting.config, target, error)
        raise
