"""A draft or record as its own owner would write it: without what the server adds."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Final

from publishkit.identifiers import as_doi

if TYPE_CHECKING:
    from pydantic import JsonValue

    from publishkit_invenio.answers import Deposited
    from publishkit_invenio.metadata import Body

__all__ = ["body_again", "resembles", "same", "written"]

_BESIDE_ID: Final = frozenset({"id", "name", "number", "subject"})
"""What the user may have written beside a term's id; its texts are the vocabulary's."""
_MADE: Final = frozenset({"icon", "title_l10n", "description_l10n"})
_TAGS: Final = re.compile(r"<[^>]*>")
_RESOLVERS: Final = re.compile(r"^https?://(orcid|ror|isni)\.org/")


def written(found: Deposited) -> Body:
    """The access, metadata and custom fields of a deposit, ready to be sent again."""
    access: Body = {key: found.access[key] for key in ("record", "files") if key in found.access}
    embargo = found.access.get("embargo")
    if isinstance(embargo, dict) and embargo.get("active"):
        access["embargo"] = _plain(embargo)
    body: Body = {"access": access, "metadata": _plain(dict(found.metadata))}
    if found.custom_fields:
        body["custom_fields"] = _plain(dict(found.custom_fields))
    return body


def body_again(found: Deposited) -> Body:
    """The whole draft body; `pids` are left out, which keeps them (13.1.2)."""
    files: Body = {"enabled": found.files.enabled}
    if found.files.default_preview:
        files["default_preview"] = found.files.default_preview
    return {**written(found), "files": files}


def _plain(value: JsonValue) -> JsonValue:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {key: item for key, item in value.items() if item is not None and key not in _MADE}
    if isinstance(kept.get("id"), str):
        kept = {key: item for key, item in kept.items() if key in _BESIDE_ID}
    if kept.get("type") == "personal" and kept.get("family_name"):
        kept.pop("name", None)  # the server makes it of the two others
    return {key: _plain(item) for key, item in kept.items()}


def same(one: Deposited, other: Deposited) -> bool:
    """Whether two answers say the same of a record, as one of an edit just begun does.

    A term comes with its texts in one answer and without them in the next (13.1.2).
    """
    return body_again(one) == body_again(other)


def resembles(body: Body, found: Deposited) -> bool:
    """Whether a draft is what the server makes of a body, no more and no less."""
    held = written(found)
    return all(
        _alike(body.get(part), held.get(part)) for part in ("metadata", "custom_fields")
    ) and _alike(_access(body["access"]), _access(held["access"]))


def _access(access: JsonValue) -> JsonValue:
    """Without an embargo that is not active."""
    if not isinstance(access, dict):
        return access
    embargo = access.get("embargo")
    active = isinstance(embargo, dict) and embargo.get("active")
    return {key: item for key, item in access.items() if key != "embargo" or active}


def _alike(sent: JsonValue, held: JsonValue) -> bool:
    """Whether a value is the same, but for what the server does to text and adds by itself."""
    if sent in (None, "", [], {}) or held in (None, "", [], {}):
        return not sent and not held
    if isinstance(sent, dict) and isinstance(held, dict):
        if "id" in sent or "id" in held:
            return sent.get("id") == held.get("id")
        keys = sent.keys() | held.keys()
        found_out = {"scheme"} - sent.keys()
        made = {"name"} - held.keys() if sent.get("type") == "personal" else set()
        return all(_alike(sent.get(key), held.get(key)) for key in keys - found_out - made)
    if isinstance(sent, list) and isinstance(held, list):
        return len(sent) == len(held) and all(map(_alike, sent, held))
    if isinstance(sent, str) and isinstance(held, str):
        return _bare(sent) == _bare(held)
    return sent == held


def _bare(text: str) -> str:
    """Text without what a server changes of it: HTML is sanitised, identifiers are normalised."""
    plain = " ".join(html.unescape(_TAGS.sub(" ", text)).split())
    return as_doi(plain) or _RESOLVERS.sub("", plain)
