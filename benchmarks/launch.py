"""Runs one command, and writes down what it took: `python -IS launch.py RESULT COMMAND...`.

The kernel counts the memory of whoever starts a program as the program's own peak until it has
started (`ru_maxrss` on Linux), so that only a small process can measure small ones: this one.
"""

from __future__ import annotations

import json
import os
import sys
import time


def main() -> int:
    """Run it; its exit code, or 128 and a signal's number."""
    result, *command = sys.argv[1:]
    began = time.monotonic()
    process = os.posix_spawnp(command[0], command, os.environ)
    os.waitid(os.P_PID, process, os.WEXITED | os.WNOWAIT)
    wall = time.monotonic() - began
    read = _bytes_read(process)
    _, status, usage = os.wait4(process, 0)
    took = {
        "wall": wall,
        "cpu": usage.ru_utime + usage.ru_stime,
        "peak": usage.ru_maxrss * 1024,
        "read": read,
    }
    with open(result, "w") as file:  # noqa: PTH123 - pathlib is too large for this process
        json.dump(took, file)
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def _bytes_read(process: int) -> int:
    """What it read of files and pipes, with the children that it waited for; not of sockets."""
    with open(f"/proc/{process}/io") as file:  # noqa: PTH123 - as above
        return int(file.readline().split()[1])


if __name__ == "__main__":
    sys.exit(main())
