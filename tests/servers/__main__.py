"""Starts and stops test servers by hand: see the README beside this file."""

from __future__ import annotations

import sys
from pathlib import Path

if __package__:
    from .by_hand import main

    sys.exit(main())

# Run as a file: start again as what it is, a module of a package.
import runpy

sys.path[0] = str(Path(__file__).resolve().parents[2])
runpy.run_module("tests.servers", run_name="__main__", alter_sys=True)
