"""Words and figures for people, as `publishkit.text` has them."""

from __future__ import annotations

from publishkit.text import clean, near, plural, size

__all__ = ["clean", "near", "plural", "size"]
