"""What a target's configuration may say beyond its URL."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from publishkit.settings import Settings

__all__ = ["NomadSettings"]


class NomadSettings(Settings):
    """The settings of one NOMAD target."""

    max_bytes: Annotated[int, Field(gt=0)] = 32 * 10**9
    """How much one upload may hold; 32 GB on the central NOMAD."""
    max_drafts: Annotated[int, Field(ge=0)] = 10
    """How many unpublished uploads an account may have (`services.upload_limit` in NOMAD's own
    configuration)."""
    gui: Annotated[str, Field(pattern=r"^(https?://\S+)?$")] | None = None
    """Where NOMAD's web pages are; found from the API's URL unless given, `""` if there are
    none."""

    def gui_base(self, api: str) -> str:
        """The base of the web pages for the API at `api`, without a slash at its end."""
        if self.gui is not None:
            return self.gui.rstrip("/")
        return f"{api.rstrip('/').removesuffix('/api/v1')}/gui"
