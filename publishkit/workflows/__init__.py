"""Workflows: tasks that are entries of deposits, and what goes from one to the next.

They are read from YAML, made of a graph, or of the edges between records in a folder:

from publishkit import workflows
flow = workflows.from_records("records/", [("DFT-1", "DFT-2")], name="DFT of water")
publishkit.build_workflow(flow, to="nomad-test")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publishkit.workflows.graphs import from_graph, from_records
    from publishkit.workflows.model import Place, Task, Workflow
    from publishkit.workflows.reading import read

__all__ = ["Place", "Task", "Workflow", "from_graph", "from_records", "read"]

_HOMES = {"from_graph": "graphs", "from_records": "graphs", "read": "reading"}


def __getattr__(name: str) -> object:
    """Import a public name when it is first asked for."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(import_module(f"{__name__}.{_HOMES.get(name, 'model')}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
