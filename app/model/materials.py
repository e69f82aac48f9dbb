"""Edits of materials and of the brush: small pure functions from a ViewState to the next one, total as all edits."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from app.model.fields import Rgb

if TYPE_CHECKING:
    from app.model.view_state import ViewState


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


MIN_RADIUS_M, MAX_RADIUS_M = 0.002, 0.3
MAX_PATTERN_M = 0.2
MOST_SCALE = 4.0
MIN_ROUGHNESS = 0.05
RADIUS_STEP = 1.25
DIGITS = 5  # of a place: a hundredth of a texel


def edit_materials(state: "ViewState", **changes: Any) -> "ViewState":
    """Replace fields of the active body's materials."""
    return replace(state, body=replace(state.body, materials=replace(state.body.materials, **changes)))


def use_materials(state: "ViewState", materials: MaterialState) -> "ViewState":
    """All of another file's edits instead of the present ones."""
    return replace(state, body=replace(state.body, materials=materials))


def reset_materials(state: "ViewState") -> "ViewState":
    """The maps as they are, and nothing kept."""
    return use_materials(state, MaterialState())


def toggle_shown(state: "ViewState") -> "ViewState":
    """With or without the edits."""
    return edit_materials(state, is_shown=not state.body.materials.is_shown)


def compare_plain(state: "ViewState") -> "ViewState":
    """Split the picture, the maps without edits right of the line; again: join it."""
    compare = state.compare
    if compare.is_on and compare.materials is not None:
        return replace(state, compare=replace(compare, is_on=False, materials=None))
    compare = replace(compare, is_on=True, buffer="", avatar="", light=None, materials=MaterialState())
    return replace(state, compare=compare)


def edit_brush(state: "ViewState", **changes: Any) -> "ViewState":
    """Replace fields of the brush."""
    return replace(state, tool=replace(state.tool, brush=replace(state.tool.brush, **changes)))


def edit_next_stroke(state: "ViewState", **changes: Any) -> "ViewState":
    """Replace fields of what the next stroke will be."""
    return edit_brush(state, stroke=replace(state.tool.brush.stroke, **changes))


def take_tool(state: "ViewState", tool: str) -> "ViewState":
    """ExportJob the tool into the hand; the same one again is laid down."""
    if tool not in TOOLS:
        return state
    return edit_brush(state, tool="none" if tool == state.tool.brush.tool else tool)


def next_paint(state: "ViewState") -> "ViewState":
    """Another kind of paint, around and around."""
    paint = state.tool.brush.stroke.paint
    index = PAINTS.index(paint) if paint in PAINTS else -1
    return edit_next_stroke(state, paint=PAINTS[(index + 1) % len(PAINTS)])


def resize_brush(state: "ViewState", steps: int) -> "ViewState":
    """A wider or a narrower brush."""
    radius = state.tool.brush.stroke.radius_m * RADIUS_STEP**steps
    return edit_next_stroke(state, radius_m=min(MAX_RADIUS_M, max(MIN_RADIUS_M, radius)))


def toggle_mirror(state: "ViewState") -> "ViewState":
    """Strokes on one side of the body, or on both."""
    return edit_next_stroke(state, mirrors=not state.tool.brush.stroke.mirrors)


# strokes


def begin_stroke(state: "ViewState", points: tuple[Place, ...]) -> "ViewState":
    """A new stroke of the brush in the hand, which later points go on with."""
    return _with_stroke(state, replace(state.tool.brush.stroke, shape="brush", points=_rounded(points)))


def extend_stroke(state: "ViewState", points: tuple[Place, ...]) -> "ViewState":
    """Go on with the newest stroke."""
    strokes, points = state.body.materials.strokes, _rounded(points)
    if not strokes or not points or num_points(strokes) + len(points) > MOST_POINTS:
        return state
    newest = replace(strokes[-1], points=strokes[-1].points + points)
    return edit_materials(state, strokes=(*strokes[:-1], newest))


def fill_at(state: "ViewState", point: Place) -> "ViewState":
    """Paint the whole piece of surface that looks like this place."""
    return _with_stroke(state, replace(state.tool.brush.stroke, shape="fill", points=_rounded((point,))))


def clear_strokes(state: "ViewState") -> "ViewState":
    """ExportJob all paint off; the scales stay."""
    return edit_materials(state, strokes=())


def pick_material(state: "ViewState", color: Rgb, roughness: float) -> "ViewState":
    """The eyedropper: paint with this from now on, and take up the tool that was used before."""
    tool = state.tool.brush.tool
    state = edit_next_stroke(state, color=color, roughness=max(MIN_ROUGHNESS, min(1.0, roughness)))
    return edit_brush(state, tool="brush") if tool == "pick" else state


def is_full(materials: MaterialState) -> bool:
    """Whether no further stroke is taken."""
    return len(materials.strokes) >= MOST_STROKES or num_points(materials.strokes) >= MOST_POINTS


def num_points(strokes: tuple[StrokeState, ...]) -> int:
    """Of all strokes together."""
    return sum(len(stroke.points) for stroke in strokes)


def _with_stroke(state: "ViewState", stroke: StrokeState) -> "ViewState":
    strokes = state.body.materials.strokes
    if not stroke.points or len(strokes) >= MOST_STROKES or num_points(strokes) + len(stroke.points) > MOST_POINTS:
        return state
    return edit_materials(state, strokes=(*strokes, stroke), is_shown=True)


def _rounded(points: tuple[Place, ...]) -> tuple[Place, ...]:
    return tuple((round(u, DIGITS), round(v, DIGITS)) for u, v in points if 0.0 <= u <= 1.0 and 0.0 <= v <= 1.0)


# values from files


def mistake_in_materials(materials: MaterialState) -> str | None:
    """The first mistake as "field: expected X, got Y"; None where all is well."""
    numbers = [
        ("albedo_scale", materials.albedo_scale, 0.0, MOST_SCALE),
        ("roughness_scale", materials.roughness_scale, 0.0, MOST_SCALE),
        ("specular_scale", materials.specular_scale, 0.0, MOST_SCALE * 6.25),
        *(("tint", channel, 0.0, MOST_SCALE) for channel in materials.tint),
    ]
    if len(materials.strokes) > MOST_STROKES or num_points(materials.strokes) > MOST_POINTS:
        return f"strokes: expected at most {MOST_STROKES} with {MOST_POINTS} points, got more"
    for number, stroke in enumerate(materials.strokes):
        mistake = _mistake_in_stroke(stroke)
        if mistake is not None:
            return f"strokes[{number}].{mistake}"
    return _out_of_range(numbers)


def mistake_in_brush(brush: BrushState) -> str | None:
    """As `mistake_in_materials`."""
    if brush.tool not in TOOLS:
        return f"brush.tool: expected one of {', '.join(TOOLS)}, got {brush.tool[:40]!r}"
    mistake = _mistake_in_stroke(brush.stroke)
    return None if mistake is None else f"brush.stroke.{mistake}"


def _mistake_in_stroke(stroke: StrokeState) -> str | None:
    if stroke.paint not in PAINTS:
        return f"paint: expected one of {', '.join(PAINTS)}, got {stroke.paint[:40]!r}"
    if stroke.shape not in SHAPES:
        return f"shape: expected one of {', '.join(SHAPES)}, got {stroke.shape[:40]!r}"
    numbers = [
        ("radius_m", stroke.radius_m, MIN_RADIUS_M, MAX_RADIUS_M), ("hardness", stroke.hardness, 0.0, 1.0),
        ("strength", stroke.strength, 0.0, 1.0), ("roughness", stroke.roughness, 0.0, 1.0),
        ("tolerance", stroke.tolerance, 0.0, 2.0), ("pattern_m", stroke.pattern_m, 0.0, MAX_PATTERN_M),
        *(("color", channel, 0.0, 1.0) for channel in stroke.color),
        *(("points", number, 0.0, 1.0) for point in stroke.points for number in point),
    ]  # fmt: skip
    return _out_of_range(numbers)


def _out_of_range(numbers: list[tuple[str, float, float, float]]) -> str | None:
    for name, value, least, most in numbers:
        if not least <= value <= most:
            return f"{name}: expected {least:g} to {most:g}, got {value:g}"
    return None
