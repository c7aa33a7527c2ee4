"""What pydantic found, said in the words of `record_metadata.json`."""

from __future__ import annotations

from types import UnionType
from typing import TYPE_CHECKING, Annotated, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, JsonValue, ValidationError

from publishkit.errors import Problem
from publishkit.validation.nearest import nearest
from publishkit.validation.node import shown
from publishkit.validation.reading import join, without_indices

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic_core import ErrorDetails

__all__ = ["fit"]

Model = TypeVar("Model", bound=BaseModel)

_NEEDED = {
    "metadata": 'an object: {"metadata": {"title": "...", ...}}',
    "metadata.resource_type": 'such as {"id": "dataset"}',
    "metadata.title": "three characters or more",
    "metadata.creators": 'such as [{"person_or_org": {"type": "personal", "family_name": "Doe", '
    '"given_name": "Jane"}}]',
    "metadata.publication_date": 'such as "2024-05-17", "2024-05" or "2024"',
    "person_or_org": 'such as {"type": "personal", "family_name": "Doe", "given_name": "Jane"}',
    "person_or_org.type": '"personal" or "organizational"',
    "role": 'such as {"id": "datacollector"}',
    "relation_type": 'such as {"id": "issupplementto"}',
    "dates.type": 'such as {"id": "collected"}',
    "additional_titles.type": 'such as {"id": "alternative-title"}',
    "additional_descriptions.type": 'such as {"id": "methods"}',
    "funder": 'such as {"name": "European Commission"}',
    "provider": '"external" for a DOI that exists already',
}
_KINDS = {
    "string_type": "text in quotes",
    "bool_type": "true or false, without quotes",
    "tuple_type": "a list: [...]",
    "list_type": "a list: [...]",
    "model_type": "an object: {...}",
    "model_attributes_type": "an object: {...}",
    "mapping_type": "an object: {...}",
    "dict_type": "an object: {...}",
    "float_type": "a number",
    "int_type": "a whole number",
    "finite_number": "a finite number",
    "day": "a day that exists, YYYY-MM-DD",
}


def fit(
    model: type[Model], value: JsonValue, path: str = "", **further: object
) -> tuple[Model | None, list[Problem]]:
    """An instance of `model` made of `value`, or None, and every problem.

    Args:
        model: The model.
        value: The JSON.
        path: The JSON path of `value`.
        further: Fields that are not in the JSON.
    """
    given = {**value, **further} if isinstance(value, dict) else value
    try:
        return model.model_validate(given), []
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=True)
        return None, [_problem(model, value, path, one) for one in found if not _echo(one, found)]


def _echo(error: ErrorDetails, others: list[ErrorDetails]) -> bool:
    """Whether pydantic calls a list too short only because what is in it was wrong."""
    place = error["loc"]
    return error["type"] == "too_short" and any(
        len(other["loc"]) > len(place) and other["loc"][: len(place)] == place for other in others
    )


def _problem(model: type[BaseModel], value: JsonValue, start: str, error: ErrorDetails) -> Problem:
    path = start
    here: object = value
    for part in error["loc"]:
        if isinstance(part, int):
            path = f"{path}[{part}]"
            here = here[part] if isinstance(here, list) and part < len(here) else None
        elif not (isinstance(here, dict) and here.get("type") == part and part not in here):
            # The kind of a geometry stands in pydantic's location, but not in the JSON.
            path = join(path, part)
            here = here.get(part) if isinstance(here, dict) else None
    message, advice = _words(model, path, error)
    return Problem(path, message, advice)


def _words(model: type[BaseModel], path: str, error: ErrorDetails) -> tuple[str, str]:
    """What is wrong, and what would be right."""
    kind, context = error["type"], error.get("ctx", {})
    if kind == "missing" or (kind == "too_short" and not error["input"]):
        return "missing", _needed(path)
    if kind == "extra_forbidden":
        return "unknown key", _meant(str(error["loc"][-1]), _inner(model, error["loc"][:-1]))
    if kind in {"too_short", "too_long", "string_too_short", "string_too_long"}:
        return _length(path, kind, context)
    expected = context.get("expected") or context.get("expected_tags") or _KINDS.get(kind)
    if expected:
        return f"{shown(error['input'])} is not possible here", f"write {expected}"
    return error["msg"][:1].lower() + error["msg"][1:], ""


def _inner(model: type[BaseModel], place: tuple[int | str, ...]) -> type[BaseModel]:
    """The model that a part of the JSON is read by; the nearest one above it that is known."""
    kind: object = model
    for part in place:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            model = kind
            field = kind.model_fields.get(str(part))
            kind = field.annotation if field else None
        else:  # of a list or a mapping
            kind = next((one for one in reversed(get_args(kind)) if one is not Ellipsis), None)
        kind = _without_none(kind)
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else model


def _without_none(kind: object) -> object:
    """`X` of `X | None`, and of what is annotated."""
    if isinstance(kind, UnionType) or get_origin(kind) in {Union, Annotated}:
        return _without_none(get_args(kind)[0])
    return kind


def _meant(key: str, model: type[BaseModel]) -> str:
    known = [field.alias or name for name, field in model.model_fields.items()]
    meant = nearest(key, known)
    return f"did you mean {meant}?" if meant else f"known here: {', '.join(known)}"


def _length(path: str, kind: str, context: Mapping[str, object]) -> tuple[str, str]:
    what = "characters" if kind.startswith("string") else "items"
    if kind.endswith("long"):
        return f"has more than {context.get('max_length')} {what}", "write less"
    least = context.get("min_length", 1)
    return "is blank" if least == 1 else f"has fewer than {least} {what}", _needed(path)


def _needed(path: str) -> str:
    plain = without_indices(path)
    for ending, advice in _NEEDED.items():
        if plain == ending or plain.endswith(f".{ending}"):
            return f"write {advice}"
    return "write it, or leave it out if it is not needed"
