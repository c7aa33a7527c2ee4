"""The command of each tool for one piece of work."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from benchmarks.measuring import Command

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.data import Records
    from benchmarks.server import Server
    from benchmarks.tools import Tools

__all__ = ["OfRecords", "bma", "curl", "example_script", "nomad_utility", "publishkit", "rocrate"]

TOKEN: Final = "bench-token"  # noqa: S105 - the stand-in takes any
_HERE: Final = Path(__file__).parent

OfRecords: TypeAlias = "Callable[[Tools, Server, Records, Sequence[str]], Command]"
"""Makes the command that pushes some records, by their names, to a server."""


def publishkit(
    tools: Tools, server: Server, records: Sequence[Path], backend: str = "invenio", *more: str
) -> Command:
    """`publishkit push`; the links file is in the current folder, so that data can be shared."""
    url = f"{server.url}/api/v1" if backend == "nomad" else server.url
    lines = ["[targets.bench]", f'backend = "{backend}"', f'url = "{url}"', f"max_bytes = {10**13}"]
    if backend == "invenio":
        lines.append("max_files = 10000")
    if server.certificates:
        lines.append(f"ca_bundle = {json.dumps(str(server.certificates))}")
    words = ["push", *map(str, records), "--to", "bench", "--links", "links.json", *more]
    return Command(
        [str(tools.publishkit), *words],
        {"PUBLISHKIT_BENCH_TOKEN": TOKEN},
        {"publishkit.toml": "\n".join([*lines, ""])},
    )


def bma(tools: Tools, server: Server, records: Records, names: Sequence[str]) -> Command:
    """`bma record create`, once for each record, as it takes one; trusts any certificate."""
    config = f"domain_name: 127.0.0.1\nport: {server.port}\ntoken: {TOKEN}\n"
    files = {"bma_config.yaml": config}
    lines: list[str] = []
    for name in names:
        files[f"{name}.yaml"] = json.dumps(_bma_metadata(records.title(name)))  # JSON is YAML
        lines.append(
            f"{tools.of('bma', 'bma')} record -W create --config-file bma_config.yaml "
            f"--metadata-file {name}.yaml --data-files {records.plain / name} --slug bench"
        )
    return Command(["sh", "-c", "\n".join(["set -e", *lines])], {}, files)


def _bma_metadata(title: str) -> dict[str, object]:
    author = {"family_name": "Carberry", "given_name": "Josiah", "affiliations": []}
    return {
        "resource_type": "Dataset",
        "title": title,
        "authors": [author],
        "description": title,
        "license": "MIT License",
        "keywords": ["benchmark"],
        "references": [],
    }


def example_script(tools: Tools, server: Server, records: Records, names: Sequence[str]) -> Command:
    """The script of the BIG-MAP examples, rewritten."""
    python = tools.of("example script", "python")
    folders = [str(records.records / name) for name in names]
    environment = {"ARCHIVE_URL": server.url, "ARCHIVE_TOKEN": TOKEN, **_trust(server)}
    return Command([python, str(_HERE / "example_script.py"), *folders], environment)


def rocrate(tools: Tools, server: Server, records: Records, names: Sequence[str]) -> Command:
    """`rocrate_inveniordm`, once for each crate."""
    program = tools.of("rocrate-inveniordm", "rocrate_inveniordm")
    lines = [f"{program} -o {records.crates / name}" for name in names]
    environment = {"INVENIORDM_BASE_URL": server.url, "INVENIORDM_API_KEY": TOKEN, **_trust(server)}
    return Command(["sh", "-c", "\n".join(["set -e", *lines])], environment)


def nomad_utility(tools: Tools, server: Server, zipped: Path) -> Command:
    """`upload_files_to_nomad`, of a zip that is there already."""
    python = tools.of("nomad-utility-workflows", "python")
    environment = {"NOMAD_USERNAME": "scooper", "NOMAD_PASSWORD": TOKEN, **_trust(server)}
    words = [python, str(_HERE / "nomad_upload.py"), str(zipped), f"{server.url}/api/v1"]
    return Command(words, environment)


def curl(server: Server, path: Path, url: str) -> Command:
    """`curl -T` of one file."""
    words = ["curl", "-sS", "--fail", "-T", str(path), "-o", "answer.json"]
    words += [
        "-H",
        f"Authorization: Bearer {TOKEN}",
        "-H",
        "Content-Type: application/octet-stream",
    ]
    if server.certificates:
        words += ["--cacert", str(server.certificates)]
    return Command([*words, url])


def _trust(server: Server) -> dict[str, str]:
    return {"REQUESTS_CA_BUNDLE": str(server.certificates)} if server.certificates else {}
