"""`python -m publishkit` is `publishkit`, for where the command is not on the PATH."""

from __future__ import annotations

from publishkit.cli import main

if __name__ == "__main__":
    main()
