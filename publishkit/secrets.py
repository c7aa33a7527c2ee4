"""The tokens and passwords of this process, to be recognised in what a server or a file says.

A server can repeat what it was sent: in an error, a header, a link, a title. What it says goes
through `hidden` before anything else sees it, so that no message, log line or links file has it.
"""

from __future__ import annotations

import base64
import html
import json
from functools import cache
from typing import Final, SupportsIndex
from urllib.parse import quote, quote_plus

__all__ = ["Secret", "hidden", "hidden_in_data", "holds_any", "remember"]

_STARS: Final = "***"
_SHORTEST: Final = 4
"""Characters. What is shorter is a part of many words."""
_LONG: Final = 16
"""Characters that no data have by accident: in data a shorter secret is not looked for."""

_ERRORS: Final = "surrogateescape"
"""As the environment holds what is not UTF-8."""

_known: dict[str, tuple[str, ...]] = {}
"""Every secret with the forms in which it can turn up; only ever added to."""


class Secret(str):
    """Text that does not show where only a representation is asked for, such as in a traceback."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"

    def __getitem__(self, key: SupportsIndex | slice) -> Secret:  # as rich shortens it
        return Secret(super().__getitem__(key))


def remember(*secrets: str | None) -> None:
    """Take tokens or passwords up; what is empty or very short is passed over. Thread-safe."""
    for secret in secrets:
        if secret and len(secret) >= _SHORTEST and secret not in _known:
            _known[secret] = _forms(secret)


def hidden(text: str) -> str:
    """A text for people, with stars in the place of every secret."""
    for forms in list(_known.values()):
        for form in forms:
            text = text.replace(form, _STARS)
    return text


def hidden_in_data(data: bytes) -> bytes:
    """What a server sent, with stars in the place of every secret that is long."""
    for form in _long_forms():
        data = data.replace(form, _STARS.encode())
    return data


def holds_any(data: bytes) -> bool:
    """Whether data have a long secret in them, in any form."""
    return any(form in data for form in _long_forms())


def _long_forms() -> list[bytes]:
    return [form for one in list(_known) if len(one) >= _LONG for form in _encoded(one)]


@cache
def _encoded(secret: str) -> tuple[bytes, ...]:
    return tuple(form.encode(errors=_ERRORS) for form in _forms(secret))


def _forms(secret: str) -> tuple[str, ...]:
    """As it is, and as it stands in a URL, in JSON, in HTML and in base64; the longest first."""
    plain = (
        secret,
        quote(secret, safe="", errors=_ERRORS),
        quote(secret, errors=_ERRORS),
        quote_plus(secret, errors=_ERRORS),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        html.escape(secret),
    )
    forms = {*plain, *(_in_base64(secret, before) for before in range(3))}
    return tuple(sorted((f for f in forms if len(f) >= _SHORTEST), key=len, reverse=True))


def _in_base64(secret: str, before: int) -> str:
    """What base64 makes of a secret behind so many bytes: the part that depends on it alone.

    Basic authentication is base64 of a user's name and the password.
    """
    data = secret.encode(errors=_ERRORS)
    encoded = base64.b64encode(bytes(before) + data).decode()
    first = -(-before * 8 // 6)
    return encoded[first : (before + len(data)) * 8 // 6]
