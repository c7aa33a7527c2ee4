"""Where a record was measured or what it is about, as GeoJSON has it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, FiniteFloat

from publishkit.fields import Identifier, Model, Text

__all__ = ["Geometry", "Location", "Locations", "MultiPoint", "Point", "Polygon"]

Coordinate = Annotated[FiniteFloat, Field(strict=True)]
"""Degrees, or metres for a height."""
Position = Annotated[tuple[Coordinate, ...], Field(min_length=2, max_length=3)]
"""Longitude, latitude and, where wanted, a height: GeoJSON's order."""


class Point(Model):
    """A GeoJSON point."""

    type: Literal["Point"]
    coordinates: Position
    """Longitude and latitude in degrees and, where wanted, a height in metres."""


class MultiPoint(Model):
    """Several points."""

    type: Literal["MultiPoint"]
    coordinates: tuple[Position, ...]
    """A position for each point."""


class Polygon(Model):
    """Closed rings, the first the outer one."""

    type: Literal["Polygon"]
    coordinates: tuple[tuple[Position, ...], ...]
    """For each ring its positions, the last equal to the first."""


Geometry = Annotated[Point | MultiPoint | Polygon, Field(discriminator="type")]
"""The GeoJSON geometries that InvenioRDM takes."""


class Location(Model):
    """A place; at least one of its fields."""

    geometry: Geometry | None = None
    """A point, points or a polygon."""
    place: Text | None = None
    """Its name."""
    description: Text | None = None
    """More about it, in words."""
    identifiers: tuple[Identifier, ...] = ()
    """Of GeoNames or Wikidata."""


class Locations(Model):
    """The places, as GeoJSON features."""

    features: tuple[Location, ...] = ()
    """One for each place."""
