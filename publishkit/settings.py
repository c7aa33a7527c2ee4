"""What a target's configuration may say beyond its URL, as backends declare it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from publishkit.errors import ConfigError

if TYPE_CHECKING:
    from publishkit.hooks import Target

__all__ = ["Settings"]


class Settings(BaseModel):
    """The base of a backend's model of `Target.settings`."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

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
