"""What the BIG-MAP examples' script does, in words of our own: folders of `records/` to drafts.

One folder after the other, one request after the other, each over a connection of its own;
nothing is checked or tried again. It runs in an environment that has requests and nothing else.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import requests

ARCHIVE = os.environ["ARCHIVE_URL"]
HEADERS = {"Authorization": f"Bearer {os.environ['ARCHIVE_TOKEN']}"}


def create(folder: Path) -> dict[str, str]:
    """Make a draft of a folder, and give its links."""
    metadata = (folder / "record_metadata.json").read_bytes()
    headers = {**HEADERS, "Content-Type": "application/json"}
    draft = requests.post(f"{ARCHIVE}/api/records", data=metadata, headers=headers)  # noqa: S113
    draft.raise_for_status()
    links: dict[str, str] = draft.json()["links"]
    names = sorted(path.name for path in folder.iterdir() if path.name != "record_metadata.json")
    keys = json.dumps([{"key": name} for name in names])
    added = requests.post(links["files"], data=keys, headers=headers)  # noqa: S113
    added.raise_for_status()
    for entry in added.json()["entries"]:
        send(folder / entry["key"], entry["links"])
    return links


def send(path: Path, links: dict[str, str]) -> None:
    """Send one file, and complete it."""
    headers = {**HEADERS, "Content-Type": "application/octet-stream"}
    with path.open("rb") as file:
        requests.put(links["content"], data=file, headers=headers).raise_for_status()  # noqa: S113
    requests.post(links["commit"], headers=HEADERS).raise_for_status()  # noqa: S113


if __name__ == "__main__":
    made = [create(Path(folder)) for folder in sys.argv[1:]]
    Path("records_links.json").write_text(json.dumps(made))
