"""Sends a zip by nomad-utility-workflows; runs in that package's environment."""

from __future__ import annotations

import sys

from nomad_utility_workflows.utils.uploads import upload_files_to_nomad

if __name__ == "__main__":
    path, url = sys.argv[1:]
    if not upload_files_to_nomad(path, url=url, timeout_in_sec=600):
        sys.exit(1)
