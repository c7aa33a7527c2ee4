"""What can go wrong, as types: each carries what is needed to act and ends in what to do next.

Every error has an `exit_code`, a contract with scripts that call the command line:

== =====================================================================
 1 an error that is none of the following
 3 the configuration, a credential's place or a plugin is wrong
 4 a record is not valid; nothing was sent
 5 the repository does not accept the credentials
 6 the repository refused
 7 the repository or the network failed; running the command again may help
 8 some records went through and some did not
130 interrupted
== =====================================================================
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, Final

from publishkit.tables import Tabular

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from publishkit.receipts import Receipt
    from publishkit.tables import Cells

__all__ = [
    "AuthenticationError",
    "Cancelled",
    "ConfigError",
    "ConflictError",
    "IntegrityError",
    "LimitError",
    "LostAnswerError",
    "NotFoundError",
    "PartialError",
    "PluginError",
    "Problem",
    "PublishkitError",
    "RecordError",
    "RejectedError",
    "RepositoryError",
    "Severity",
    "TemporaryError",
    "UnsupportedError",
]


class Severity(StrEnum):
    """How much a `Problem` matters."""

    ERROR = "error"
    """The record cannot be sent as it is."""
    WARNING = "warning"
    """It can be sent; the result may not be what was meant."""
    NOTICE = "notice"
    """Something was done that the user should know of."""


@dataclass(frozen=True, slots=True)
class Problem(Tabular):
    """One thing found in a record before anything is sent."""

    path: str
    """JSON path inside `record_metadata.json` (`metadata.creators[0]`), or a file's key."""
    message: str
    """What is wrong."""
    advice: str = ""
    """What would be right."""
    severity: Severity = Severity.ERROR
    record: str = ""
    """The record's folder, filled in by the core."""

    def cells(self) -> Cells:
        """What a table says of it."""
        return {
            "severity": self.severity.value,
            "record": self.record,
            "where": self.path,
            "what": self.message,
            "what to do": self.advice,
        }

    def __str__(self) -> str:
        where = ": ".join(part for part in (self.record, self.path) if part)
        said = f"{self.message}; {self.advice}" if self.advice else self.message
        return f"{self.severity}: {where}: {said}" if where else f"{self.severity}: {said}"


class PublishkitError(Exception):
    """The base of every error that publishkit raises on purpose.

    Args:
        message: What happened, in one sentence without a full stop.
        advice: What to do next.
    """

    exit_code: ClassVar[int] = 1
    default_advice: ClassVar[str] = ""

    def __init__(self, message: str, *, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice or self.default_advice
        self.receipts: tuple[Receipt, ...] = ()
        """What became of each record, when a run ended in this."""
        self.done: tuple[object, ...] = ()
        """What the verb would have given for those that went through, such as secret links."""

    def __str__(self) -> str:
        return f"{self.message}. {self.advice}" if self.advice else self.message

    @classmethod
    def of_mistake(cls, error: Exception) -> PublishkitError:
        """The error to show for one that nobody foresaw; its text could hold a secret."""
        return cls(
            f"publishkit made a mistake ({type(error).__name__})",
            advice="Please report it, with the output of the same command and -vv.",
        )


class Cancelled(PublishkitError):  # noqa: N818 - what happened, not a mistake
    """The user stopped the run; everything sent so far is kept and the same command goes on."""

    exit_code = 130
    default_advice = "Run the same command again to go on."


class ConfigError(PublishkitError):
    """The configuration is wrong: a target, its URL, a links file, a place for credentials."""

    exit_code = 3


class PluginError(ConfigError):
    """A backend could not be loaded, or two claim the same name."""


class UnsupportedError(ConfigError):
    """The target cannot do what was asked for; the message names what it can."""


class RecordError(PublishkitError):
    """One or more records are not valid; nothing was sent.

    Args:
        problems: Everything that was found, warnings and notices included.
        message: Defaults to a count.
        advice: What to do next.
    """

    exit_code = 4
    default_advice = "Correct what is named above and run the command again."

    def __init__(self, problems: Iterable[Problem], message: str = "", *, advice: str = "") -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__(message or self._count(), advice=advice)

    def _count(self) -> str:
        errors = [p for p in self.problems if p.severity is Severity.ERROR]
        records = len({p.record for p in errors})
        return (
            f"{len(errors)} error{'s' * (len(errors) != 1)} in "
            f"{records} record{'s' * (records != 1)}, nothing was sent"
        )


class RepositoryError(PublishkitError):
    """A repository did not do what was asked.

    Args:
        message: What happened.
        advice: What to do next.
        target: The target's name.
        method: The HTTP method, or the step's name for what does not speak HTTP.
        url: The URL without its query, so that no secret is in it.
        status: The HTTP status, 0 when there was no answer.
        answer: The server's own words.
    """

    def __init__(
        self,
        message: str,
        *,
        advice: str = "",
        target: str = "",
        method: str = "",
        url: str = "",
        status: int = 0,
        answer: str = "",
    ) -> None:
        super().__init__(message, advice=advice)
        self.target = target
        self.method = method
        self.url = url.partition("?")[0]
        self.status = status
        self.answer = answer

    def __str__(self) -> str:
        parts = [f"{self.target}: {self.message}" if self.target else self.message]
        if self.answer and self.answer not in self.message:
            parts.append(f": {self.answer.rstrip('.')}")
        exchange = " ".join(x for x in (self.method, self.url) if x)
        if exchange:
            parts.append(f" ({exchange}{f' answered {self.status}' if self.status else ''})")
        return "".join(parts) + (f". {self.advice}" if self.advice else "")


class AuthenticationError(RepositoryError):
    """There are no credentials, or the repository does not accept them for this."""

    exit_code = 5
    default_advice = "Check the token or password of this target (publishkit whoami TARGET)."


class RejectedError(RepositoryError):
    """The repository refused; the same request would be refused again."""

    exit_code = 6
    default_advice = "Correct what the repository names and run the command again."


class ConflictError(RejectedError):
    """Somebody else changed the deposit, or what was to be made exists already."""


class LimitError(RejectedError):
    """A limit of the repository would be exceeded."""


class IntegrityError(RejectedError):
    """What arrived is not what was sent, or a file changed while it was read."""

    default_advice = "Run the same command again; it sends the file anew."


class NotFoundError(RejectedError):
    """The repository has no such thing (404 or 410, never a lack of rights)."""

    default_advice = "Check the id and the target; it may have been deleted there."


class TemporaryError(RepositoryError):
    """The server or the network failed."""

    exit_code = 7
    default_advice = "Run the same command again; it takes up where this run stopped."


class LostAnswerError(TemporaryError):
    """A request that must not be repeated was sent and its answer never came."""


class PartialError(PublishkitError):
    """Some records went through, some did not.

    Args:
        receipts: One for each record and target; of the successful ones only where the verb
            gives receipts, else `done` has what it gives.
        message: What happened.
    """

    exit_code = 8
    default_advice = "Run the same command again; what is done is not done twice."

    def __init__(self, receipts: Sequence[Receipt], message: str, *, advice: str = "") -> None:
        super().__init__(message, advice=advice)
        self.receipts = tuple(receipts)
        errors = (receipt.error for receipt in receipts)
        if not advice and any(isinstance(error, _LASTING) for error in errors):
            self.advice = f"Correct what is named above. {self.default_advice}"


_LASTING: Final = (AuthenticationError, ConfigError, NotFoundError, RecordError, RejectedError)
"""What goes wrong again if nothing is changed."""
