"""Runs a program that refuses to be run by root, such as PostgreSQL, for a user that is root.

The program gets a user namespace in which root is called ``nobody``. So it has none of root's
powers, but owns root's files, and reaches folders that the real ``nobody`` could not walk to.
For any other user it is started as it is.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from pathlib import Path

CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1
NOBODY = 65534  # some user that has a name: PostgreSQL asks for it

libc = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    """Become the program that the command line names."""
    if os.geteuid() == 0:
        try:
            rename_root()
        except OSError as error:
            sys.exit(f"root cannot run this, and {error}: run the tests as another user")
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)  # a change of user has undone it
    os.execv(sys.argv[1], sys.argv[1:])  # noqa: S606 - a shell has no business here


def rename_root() -> None:
    """Call root, and its group, by another number from here on."""
    if libc.unshare(CLONE_NEWUSER):
        code = ctypes.get_errno()
        raise OSError(code, f"user namespaces are forbidden here ({os.strerror(code)})")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{NOBODY} 0 1")
    Path("/proc/self/gid_map").write_text(f"{NOBODY} 0 1")


if __name__ == "__main__":
    main()
