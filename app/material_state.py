"""Edits of an avatar's materials, on top of what its maps say, as plain values."""

from dataclasses import dataclass

MAX_STROKES = 20_000  # dabs of the brush; a file of more is refused


@dataclass(frozen=True)
class Dab:
    """One touch of the brush. None leaves that quantity as it is."""

    u: float
    v: float
    radius_m: float = 0.03  # on the surface at rest
    albedo: tuple[float, float, float] | None = None  # linear
    roughness: float | None = None
    opacity: float = 1.0  # in its middle; soft to the rim
    is_eraser: bool = False  # takes earlier dabs away instead


@dataclass(frozen=True)
class MaterialState:
    """What is changed: everywhere, then dab by dab."""

    albedo_scale: float = 1.0
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)  # linear, multiplies the albedo
    roughness_scale: float = 1.0
    f0: float | None = None  # None: the avatar's own
    dabs: tuple[Dab, ...] = ()  # in the order they were made


@dataclass(frozen=True)
class BrushState:
    """What the user paints with."""

    is_on: bool = False  # a left drag on the avatar paints
    radius_m: float = 0.04
    opacity: float = 1.0
    albedo: tuple[float, float, float] = (0.6, 0.05, 0.04)  # linear
    roughness: float = 0.3
    paints: str = "albedo"  # of PAINTS


PAINTS = ("albedo", "roughness", "both", "erase")
