"""What a workflow says: its tasks, what goes into each, and what comes out."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from publishkit.fields import Model, Text

__all__ = ["Place", "Section", "Task", "Workflow"]

Section = Annotated[str, StringConstraints(pattern=r"^\w+(/(\w+|-\d+))*$")]
"""A section of an entry, such as `data` or `run/0/calculation/-1`."""


def _by_name(value: object) -> object:
    """A list of names as what stands for it: names of which nothing more is said."""
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
        return value
    if twice := {one for one in value if value.count(one) > 1}:
        raise PydanticCustomError("twice", "{name} is there twice", {"name": min(twice)})
    return dict.fromkeys(value)


class Place(Model):
    """An entry, and a section in it."""

    record: Text | None = None
    """The folder of a record that was pushed, as seen from this file."""
    file: Text | None = None
    """A main file: of the record, or else of the record that the workflow itself is in."""
    entry: Text | None = None
    """The id of an entry, whoever's it is."""
    section: Section | None = None
    """What is meant in the entry, such as `run/0/calculation/-1`; what came out unless given."""

    @property
    def label(self) -> str:
        """Which entry it is, in a few words."""
        record = self.record.rstrip("/").rpartition("/")[2] if self.record else ""
        return "/".join(filter(None, (record, self.file))) or self.entry or ""


class Task(Place):
    """A task: an entry that was made of inputs, and gives outputs."""

    inputs: tuple[Text, ...] = ()
    """What goes in: names of the workflow's inputs and of other tasks, or `TASK.OUTPUT`."""
    outputs: Annotated[
        dict[Text, Section | None],
        BeforeValidator(_by_name, json_schema_input_type=dict[str, Section | None] | list[str]),
    ] = Field(default_factory=dict)
    """What comes out: names, or names with the section that each is."""


class Workflow(Model):
    """A workflow."""

    name: Text
    """What it is called."""
    inputs: dict[Text, Place] = Field(default_factory=dict)
    """What goes into it, by names."""
    tasks: Annotated[dict[Text, Task], Field(min_length=1)]
    """Its tasks, by names."""
    outputs: dict[Text, Text] = Field(default_factory=dict)
    """What comes out of it, by names: `TASK` or `TASK.OUTPUT`."""

    def svg(self) -> str:
        """A drawing, from left to right; what is wrong in the workflow is left out of it."""
        from publishkit.workflows.drawing import drawn

        return drawn(self)

    def _repr_svg_(self) -> str:
        return self.svg()
