"""Files of a record that look like credentials: what is published cannot be called back.

A few reliable signs, no search for everything that could be secret: names that only credentials
have, and, in notes, scripts, notebooks and settings, private keys and the tokens that are known by
their shape or are this user's own. Of other files the content is not looked at, so that a record of
10,000 files costs next to nothing.
"""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from publishkit import foreign
from publishkit.datafiles import METADATA_FILE
from publishkit.errors import Problem, Severity
from publishkit.secrets import holds_any
from publishkit.smallfiles import read_small

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from publishkit.repository import DataFile

__all__ = ["credentials_in"]

_MOST: Final = 1 << 20
"""Bytes; what is larger is no note and no script, and is not looked into."""


def _any_of(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(fnmatch.translate(pattern) for pattern in patterns))


_NAMES: Final = _any_of(
    *("id_rsa", "id_dsa", "id_ecdsa", "id_ecdsa_sk", "id_ed25519", "id_ed25519_sk"),
    *("netrc", "_netrc", "pypirc", "git-credentials", "htpasswd", "*.htpasswd"),
    *("credentials.json", "*.kdbx", "*.ppk", "kubeconfig", "*.kubeconfig"),
)
"""Names, in lower case, that nothing but credentials has."""
_BUNDLES: Final = _any_of("*.p12", "*.pfx")
_PKCS12: Final = re.compile(
    rb"\x30(?:\x80|[\x00-\x7f]|\x81.|\x82..|\x83...|\x84....)\x02\x01\x03", re.DOTALL
)
"""How a certificate with its private key begins: a sequence, and version 3 (RFC 7292)."""
_SETTINGS: Final = _any_of("env", "*.env", "env.*", "dotenv")
_ASSIGNED: Final = re.compile(
    rb"(?im)^[ \t]*(?:export[ \t]+)?\w*(?:token|passwo?r?d|secret|api_?key|access_key)"
    rb"[ \t]*=[ \t]*[\"']?[^\s\"'#<$]{6,}"
)
_YAML_SETTINGS: Final = _any_of(
    *(f"{name}.{end}" for name in ("*config", "secrets", "credentials") for end in ("yaml", "yml"))
)
_YAML_ASSIGNED: Final = re.compile(
    rb"(?im)^[ \t]*[\"']?(?:token|passwo?r?d|secret|api_?key|\w*access_?key)[\"']?[ \t]*:"
    rb"[ \t]*[\"']?[^\s\"'#<$&*!|>{\[]{6,}"
)
_ASSIGNING: Final = ((_SETTINGS, _ASSIGNED), (_YAML_SETTINGS, _YAML_ASSIGNED))
"""Settings by name, and how a secret stands in them."""
_TOKENS: Final = _any_of(
    *(f"{name}{end}" for name in ("token", "*[_-]token") for end in ("", ".txt")), "*.token"
)
_ONE_WORD: Final = re.compile(rb"\s*[\x21-\x7e]{16,4096}\s*")
_LOOKED_INTO: Final = frozenset(
    {"", ".pem", ".key", ".crt", ".cer", ".asc", ".env", ".token", ".txt", ".md", ".rst", ".log"}
    | {".json", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".conf", ".config", ".properties"}
    | {".py", ".ipynb", ".sh", ".bash", ".ps1", ".bat", ".r", ".rmd", ".jl", ".m", ".js", ".ts"}
    | {".html", ".xml", ".bak", ".old", ".p12", ".pfx"}
)
"""Endings, in lower case, of notes, scripts, notebooks, settings and keys."""


@dataclass(frozen=True, slots=True)
class _Shape:
    """How a kind of credentials looks."""

    what: str
    signs: tuple[bytes, ...]
    """One of them stands in whatever matches: looked for first, since that is quick."""
    pattern: re.Pattern[bytes]


_SHAPES: Final = (
    _Shape(
        "a private key",
        (b"PRIVATE KEY", b"PuTTY-User-Key-File"),
        re.compile(rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-|PuTTY-User-Key-File-\d:"),
    ),
    _Shape(
        "a token of GitHub",
        (b"ghp_", b"gho_", b"ghu_", b"ghs_", b"ghr_", b"github_pat_"),
        re.compile(rb"\bgh[pousr]_[A-Za-z0-9]{36}|\bgithub_pat_\w{60}"),
    ),
    _Shape("a token of GitLab", (b"glpat-",), re.compile(rb"\bglpat-[\w-]{20}")),
    _Shape("a token of Slack", (b"xox",), re.compile(rb"\bxox[abeoprs]-\d{6,}-[\w-]{10}")),
    _Shape(
        "a token of PyPI",
        (b"pypi-AgEIcHlwaS5vcmc",),
        re.compile(rb"\bpypi-AgEIcHlwaS5vcmc[\w-]{50}"),
    ),
    _Shape(
        "a key of AWS",
        (b"AKIA", b"ASIA"),
        re.compile(rb"\bA[KS]IA(?=[A-Z]*[2-7])[A-Z2-7]{16}\b"),  # no protein: those have no digits
    ),
    _Shape(
        "a key of AWS",
        (b"aws_secret_access_key", b"AWS_SECRET_ACCESS_KEY"),
        re.compile(rb"(?i)aws_secret_access_key[\"']?\s*[=:]\s*[\"']?[\w/+]{40}"),
    ),
    _Shape(
        "a token, as in a configuration",
        (b"token", b"TOKEN", b"Token"),
        re.compile(rb"(?im)^[ \t]*[\"']?\w*token[\"']?[ \t]*[:=][ \t]*[\"']?[A-Za-z0-9]{60}\b"),
    ),
    _Shape(
        "a JSON web token",
        (b"eyJ",),
        re.compile(rb"\beyJ[\w-]{10,512}\.eyJ[\w-]{10,4096}\.[\w-]{20}"),
    ),
    _Shape(
        "a password, as in a netrc file",
        (b"machine",),
        re.compile(rb"\bmachine\s+\S+\s+login\s+\S+\s+password\s+\S+"),
    ),
    _Shape(
        "a token of publishkit",
        (b"PUBLISHKIT_",),
        re.compile(rb"\bPUBLISHKIT_\w*(?:TOKEN|PASSWORD)[ \t]*=[ \t]*[\"']?[\w.-]{20}"),
    ),
    _Shape(
        "a key of Kubernetes",
        (b"client-key-data",),
        re.compile(rb"\bclient-key-data:\s*[\w+/=]{20}"),
    ),
)


def credentials_in(folder: Path, files: Iterable[DataFile], *, allowed: bool) -> Iterator[Problem]:
    """A problem for each file of a record that looks like credentials.

    Args:
        folder: The record's folder.
        files: Its data files.
        allowed: Whether they may be sent all the same; then the problems are warnings.
    """
    severity = Severity.WARNING if allowed else Severity.ERROR
    if what := _in_content(folder / METADATA_FILE, METADATA_FILE):
        yield Problem(METADATA_FILE, f"has {what} in it", "take it out", severity)
    other = foreign.foreign_of(folder)
    if other and (what := _in_content(other.path, other.path.name)):
        yield Problem(other.path.name, f"has {what} in it", "take it out", severity)
    for file in files:
        if what := _found(file):
            advice = (
                "it goes to everybody who can see the files"
                if allowed
                else "name it in .publishignore, or send it all the same by --allow-secrets"
            )
            yield Problem(file.key, f"looks like credentials: {what}", advice, severity)


def _found(file: DataFile) -> str:
    """What a file seems to hold, or ''."""
    name = file.key.rpartition("/")[2].casefold()
    if not file.size:
        return ""
    if _NAMES.match(name):
        return "its name"
    if file.size > _MOST or _ending(name) not in _LOOKED_INTO:
        return ""
    return _in_content(file.path, name)


def _ending(name: str) -> str:
    stem, dot, end = name.rpartition(".")
    return f".{end}" if dot and stem else ""


def _in_content(path: Path, name: str) -> str:
    try:
        data = read_small(path, _MOST)
    except OSError:
        return ""  # that it cannot be read is said elsewhere
    if _BUNDLES.match(name):
        return "a certificate with its private key" if _PKCS12.match(data) else ""
    if any(kind.match(name) and line.search(data) for kind, line in _ASSIGNING):
        return "settings with a password or token"
    if _TOKENS.match(name) and _ONE_WORD.fullmatch(data):
        return "a token"
    if holds_any(data):
        return "a token or password that publishkit signs in with"
    return next((shape.what for shape in _SHAPES if _matches(shape, data)), "")


def _matches(shape: _Shape, data: bytes) -> bool:
    return any(sign in data for sign in shape.signs) and bool(shape.pattern.search(data))
