"""What a NOMAD says of the sections that its own packages and plugins define."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from publishkit.abilities import Definitions
from publishkit.entryfiles import Definition, Field
from publishkit_nomad.schemas import kind_of
from publishkit_nomad.uploads import UploadRepository

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from publishkit_nomad.answers import Package, Quantity, Section
    from publishkit_nomad.uploads import Access

__all__ = ["NomadDefinitions"]

_NAME: Final = re.compile(r"([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+)\.([A-Za-z_]\w*)", re.ASCII)
"""A package and a section in it; what lies in an upload is named in another way."""
_REFERENCE: Final = re.compile(r"metainfo/([\w.]+)/section_definitions/(\d{1,6})", re.ASCII)


class NomadDefinitions(UploadRepository, Definitions):
    """Tells of definitions by the graph API (1.3.17 and 2.0.0).

    A section is known by the package that defines it. NOMAD also finds one by a Python module that
    imports it, but not in every version: `nomad.datamodel.metainfo.eln.BaseSection` is a section
    for 2.0.0, and a failed entry on 1.3.17.
    """

    def __init__(self, access: Access) -> None:
        super().__init__(access)
        self._known: dict[str, Package] = {}
        self._asked: set[str] = set()

    def definitions(self, names: Iterable[str]) -> Mapping[str, Definition | None]:
        """One request for each package that is named or that one refers to, and no second one."""
        asked = {name: found for name in names if (found := _NAME.fullmatch(name))}
        packages = self._packages({found[1] for found in asked.values()})
        made: dict[str, Definition | None] = {}
        for name, found in asked.items():
            package = packages.get(found[1])
            section = package.section(found[2]) if package else None
            made[name] = _definition(section, packages) if section else None
        return made

    def definitions_beside(self, name: str) -> Sequence[str]:
        """Those in the same package, where there is one."""
        found = _NAME.fullmatch(name)
        package = self._packages({found[1]}).get(found[1]) if found else None
        sections = package.section_definitions if package else ()
        return [f"{found[1]}.{one.name}" for one in sections] if found else []

    def _packages(self, names: set[str]) -> Mapping[str, Package]:
        """The packages of these names, and those that they refer to."""
        left = names - self._asked
        while left:
            for name in sorted(left):
                for package in self.api.packages(name):
                    self._known |= dict.fromkeys((package.name, *package.aliases), package)
                self._asked.add(name)
            known = list(self._known.values())
            left = {one for package in known for one in _referred(package)} - self._asked
        return self._known


def _referred(package: Package) -> Iterable[str]:
    for section in package.section_definitions:
        references = (*section.base_sections, *(one.sub_section for one in section.sub_sections))
        for reference in references:
            if found := _REFERENCE.fullmatch(reference):
                yield found[1]


def _definition(section: Section, packages: Mapping[str, Package]) -> Definition:
    fields = {one.name: _field(one) for one in section.quantities}
    for one in section.sub_sections:
        fields[one.name] = Field(section=_named(one.sub_section, packages))
    bases = tuple(_named(one, packages) for one in section.base_sections)
    return Definition(fields=fields, bases=bases)


def _field(quantity: Quantity) -> Field:
    type_ = quantity.type.type_data if quantity.type else None
    return Field(
        kind=kind_of(type_) if isinstance(type_, str) else "",
        unit=quantity.unit or "",
    )


def _named(reference: str, packages: Mapping[str, Package]) -> str:
    """The name of what is referred to by its place in a package."""
    found = _REFERENCE.fullmatch(reference)
    package = packages.get(found[1]) if found else None
    if not found or not package or int(found[2]) >= len(package.section_definitions):
        return reference  # which cannot be asked about, so that nothing is said of it
    return f"{package.name}.{package.section_definitions[int(found[2])].name}"
