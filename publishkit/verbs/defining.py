"""How entries are written for a target, and what it says of the definitions that they name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from publishkit import config as configuration
from publishkit import plugins
from publishkit.abilities import Definitions
from publishkit.errors import ConfigError, Problem, RepositoryError, Severity, UnsupportedError
from publishkit.finding import open_target

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from publishkit.entryfiles import Definition, EntryFiles

__all__ = ["Asking", "asking_for", "entry_files_for"]

_NO_TARGET: Final = "the definitions that the mapping names were not looked up"


def entry_files_for(to: str | None) -> EntryFiles:
    """How entries are written for a target, or for the only kind of archive that has them."""
    known = plugins.backends()
    if to:
        target = configuration.load().target(to)
        found = known[target.backend].entry_files
        if found is None:
            able = [name for name, one in known.items() if one.entry_files]
            raise UnsupportedError(
                f"{to} makes no entries of files",
                advice=f"Name a target of {' or '.join(able)}: publishkit targets lists them.",
            )
        return found()
    makers = [one.entry_files for one in known.values() if one.entry_files]
    if len(makers) != 1:
        raise ConfigError(
            "it is not known what kind of archive the entries are for",
            advice="Name a target by --to: publishkit targets lists them.",
        )
    return makers[0]()


class Asking:
    """Asks a repository for definitions, and goes on without it where it does not answer."""

    def __init__(self, to: str, repository: Definitions) -> None:
        self._to = to
        self._repository = repository
        self._failed: RepositoryError | None = None

    def __call__(self, names: Iterable[str]) -> Mapping[str, Definition | None]:
        """What the repository has of these; nothing once it did not answer."""
        if self._failed:
            return {}
        try:
            return self._repository.definitions(names)
        except RepositoryError as error:
            self._failed = error
            return {}

    def near(self, names: Iterable[str]) -> dict[str, Sequence[str]]:
        """What may have been meant by names that do not exist."""
        try:
            return {name: self._repository.definitions_beside(name) for name in names}
        except RepositoryError:  # the names themselves were told
            return {}

    def notices(self) -> list[Problem]:
        """That it did not answer."""
        if not self._failed:
            return []
        why = f"{_NO_TARGET}: {self._failed.message}"
        return [Problem("", why, "push finds what is wrong", Severity.NOTICE, self._to)]


def asking_for(to: str | None) -> tuple[Asking | None, list[Problem]]:
    """Who can be asked for definitions, and why nobody can; sends nothing."""
    if to is None:
        advice = "name the target by --to and they are"
        return None, [Problem("", _NO_TARGET, advice, Severity.NOTICE)]
    _, _, repository = open_target(to)
    if isinstance(repository, Definitions):
        return Asking(to, repository), []
    why = f"{_NO_TARGET}: {to} cannot be asked"
    return None, [Problem("", why, "push finds what is wrong", Severity.NOTICE)]
