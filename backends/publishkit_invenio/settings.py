"""What a target's configuration may say beyond its URL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from publishkit.errors import ConfigError

if TYPE_CHECKING:
    from publishkit.hooks import Target

__all__ = ["InvenioSettings"]

Count = Annotated[int, Field(strict=True, gt=0)]


class InvenioSettings(BaseModel):
    """The settings of one InvenioRDM target."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    dois: Literal["on", "off"] | None = None
    """Whether the instance registers DOIs; None where that is not known. A server without DOIs
    answers 500 to a draft that has one in `pids`."""
    publisher: Annotated[str, StringConstraints(min_length=1)] | None = None
    """For records that name none."""
    max_files: Count = 100
    """How many files a record may have."""
    max_bytes: Count = 10**10
    """How much a record may hold; InvenioRDM's own default unless the target says."""
    max_file_bytes: Count | None = None
    """How large one file may be; as `max_bytes` unless given."""

    @classmethod
    def of(cls, target: Target) -> Self:
        """The settings of a target.

        Raises:
            ConfigError: Names all that is wrong with them.
        """
        try:
            return cls.model_validate(dict(target.settings))
        except ValidationError as error:
            wrong = "; ".join(
                f"{'.'.join(str(part) for part in e['loc'])}: {e['msg']}" for e in error.errors()
            )
            raise ConfigError(
                f"the settings of target {target.name} are wrong: {wrong}",
                advice="Correct them in publishkit.toml.",
            ) from None

    @property
    def largest_file(self) -> int:
        """The most bytes that one file may have."""
        return self.max_file_bytes or self.max_bytes
