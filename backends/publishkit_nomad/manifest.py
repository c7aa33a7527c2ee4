"""The list of digests that lies in every upload, since NOMAD keeps none.

It is text that `sha256sum -c` understands; before each line a comment gives the size and whether
publishkit made the file itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["MANIFEST", "Line", "dump", "load"]

MANIFEST: Final = "publishkit-manifest-sha256.txt"
PLACEHOLDER: Final = "0" * 64
"""As long as a digest; the manifest's size is known before the digests are."""

_HEADER: Final = f"# Digests of the files beside this one; to check them: sha256sum -c {MANIFEST}\n"
_COMMENT: Final = re.compile(r"#: (\d{1,18}) bytes(, generated)?")
_LINE: Final = re.compile(r"(\\?)([0-9a-f]{64})  (.+)")


@dataclass(frozen=True, slots=True)
class Line:
    """What the manifest says of one file."""

    sha256: str
    size: int
    """In bytes."""
    generated: bool = False
    """Whether publishkit made the file."""


def dump(lines: Mapping[str, Line]) -> bytes:
    """The manifest as a file, sorted by key."""
    parts = [_HEADER]
    for key, line in sorted(lines.items()):
        escaped = key.replace("\\", "\\\\").replace("\n", "\\n")
        mark = "\\" if escaped != key else ""
        made = ", generated" if line.generated else ""
        parts.append(f"#: {line.size} bytes{made}\n{mark}{line.sha256}  {escaped}\n")
    return "".join(parts).encode()


def load(content: bytes | None) -> dict[str, Line]:
    """The lines of a manifest by key; what cannot be understood is left out."""
    try:
        text = (content or b"").decode()
    except UnicodeDecodeError:
        return {}
    return dict(_lines(text.split("\n")))


def _lines(text: Iterable[str]) -> Iterable[tuple[str, Line]]:
    size, generated = -1, False
    for row in text:
        if comment := _COMMENT.fullmatch(row):
            size, generated = int(comment[1]), bool(comment[2])
        elif (line := _LINE.fullmatch(row)) and size >= 0:
            key = _unescaped(line[3]) if line[1] else line[3]
            yield key, Line(line[2], size, generated)
            size = -1


def _unescaped(key: str) -> str:
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], key)
