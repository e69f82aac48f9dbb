"""The part of the ViewState that says how materials differ from the maps, and the brush that paints them."""

from dataclasses import dataclass

Rgb = tuple[float, float, float]
Place = tuple[float, float]  # on the UV square, v up

PAINTS = ("color", "tint", "roughness", "material", "erase")  # material: color and roughness at once
SHAPES = ("brush", "fill")  # fill: the piece of surface around the first point that has its color
TOOLS = ("none", "brush", "fill", "pick")
MOST_STROKES = 1000
MOST_POINTS = 60_000  # of all strokes together


@dataclass(frozen=True)
class StrokeState:
    """One stroke: where it went, and what it leaves there."""

    paint: str = "color"  # of PAINTS
    shape: str = "brush"  # of SHAPES
    points: tuple[Place, ...] = ()
    radius_m: float = 0.02  # on the body
    hardness: float = 0.7  # share of the radius that gets all of the paint
    strength: float = 1.0
    color: Rgb = (0.6, 0.05, 0.04)  # linear albedo
    roughness: float = 0.3
    mirrors: bool = False  # on the body's other side, too
    tolerance: float = 0.12  # of a fill: difference of sRGB colors that still counts as the same
    pattern_m: float = 0.0  # of a fill: stripes and checks so wide are one cloth


@dataclass(frozen=True)
class MaterialState:
    """What lies on top of the maps. The scales come first, the strokes over them in order."""

    albedo_scale: float = 1.0
    tint: Rgb = (1.0, 1.0, 1.0)  # linear, times the albedo
    roughness_scale: float = 1.0
    specular_scale: float = 1.0  # times the reflectance of a surface that one looks straight at
    strokes: tuple[StrokeState, ...] = ()
    is_shown: bool = True  # False: the maps as they are

    @property
    def is_plain(self) -> bool:
        """Whether nothing is changed."""
        return not self.is_shown or self == MaterialState()


@dataclass(frozen=True)
class BrushState:
    """What a hand that paints materials holds."""

    tool: str = "none"  # of TOOLS
    stroke: StrokeState = StrokeState()  # what the next one will be, without its points
    shows_roughness: bool = False  # on the panel's square, instead of the color


@dataclass(frozen=True)
class MaterialFile:
    """What the panel says of the file beside the active avatar."""

    name: str = ""  # without its folder
    is_there: bool = False
