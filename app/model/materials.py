"""Edits of an avatar's materials: scales and painted strokes, and the brush that paints them."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any

from app.model.fields import Choice, Color, Length, Number, Rgb, Rule, Share, changed, range_of

if TYPE_CHECKING:
    from app.model.view_state import ViewState


TexelCoordinate = tuple[Share, Share]  # (u, v) in [0, 1], v up
PAINTS = ("color", "tint", "roughness", "material", "erase")  # material: color and roughness at once
SHAPES = ("brush", "fill")  # fill: the connected surface around the first point that has its color
TOOLS = ("none", "brush", "fill", "pick")
MOST_STROKES = 1000
MOST_POINTS = 60_000  # of all strokes together
MIN_ROUGHNESS = 0.05  # of the slider and the eyedropper: smaller values sparkle


@dataclass(frozen=True)
class StrokeState:
    """One stroke: its points and its paint."""

    paint: Annotated[str, Choice(PAINTS)] = "color"
    shape: Annotated[str, Choice(SHAPES)] = "brush"
    points: tuple[TexelCoordinate, ...] = ()
    radius_m: Annotated[  # on the body
        float, Number(0.002, 0.3, "metres", format="radius %.1f cm", scale=100.0)
    ] = 0.02
    hardness: Annotated[float, Number(0.0, 1.0, format="hardness %.2f")] = 0.7  # share of the radius with full opacity
    strength: Annotated[float, Number(0.0, 1.0, format="strength %.2f")] = 1.0
    color: Color = (0.6, 0.05, 0.04)  # linear albedo
    roughness: Annotated[float, Number(0.0, 1.0, soft=(MIN_ROUGHNESS, 1.0), format="roughness %.2f")] = 0.3
    mirrors: bool = False  # also painted on the opposite half of the body
    tolerance: Annotated[  # of a fill: largest difference of sRGB colors that count as the same
        float, Number(0.0, 2.0, soft=(0.0, 0.6), format="tolerance %.2f")
    ] = 0.12
    pattern_m: Annotated[  # of a fill: stripes and checks up to this width are filled together
        float, Number(0.0, 0.2, "metres", format="pattern %.0f cm", scale=100.0)
    ] = 0.0


def num_points(strokes: tuple[StrokeState, ...]) -> int:
    """Number of points of all strokes together."""
    return sum(len(stroke.points) for stroke in strokes)


def mistake_in_strokes(strokes: tuple[StrokeState, ...]) -> str | None:
    """Why the strokes have too many points together; None where they have not."""
    points = num_points(strokes)
    return None if points <= MOST_POINTS else f"expected at most {MOST_POINTS} points together, got {points}"


MOST_SCALE = 4.0
Scale = Annotated[float, Number(0.0, MOST_SCALE)]


@dataclass(frozen=True)
class MaterialState:
    """Edits on top of the neural maps: first the scales, then the strokes in order."""

    albedo_scale: Annotated[float, Number(0.0, MOST_SCALE, format="albedo x%.2f")] = 1.0
    tint: tuple[Scale, Scale, Scale] = (1.0, 1.0, 1.0)  # linear, times the albedo
    roughness_scale: Annotated[float, Number(0.0, MOST_SCALE, format="roughness x%.2f")] = 1.0
    specular_scale: Annotated[  # times f0; 0.04 becomes 1 at most
        float, Number(0.0, 25.0, soft=(0.0, MOST_SCALE), format="specular x%.2f")
    ] = 1.0
    strokes: Annotated[tuple[StrokeState, ...], Length(0, MOST_STROKES), Rule(mistake_in_strokes)] = ()
    is_shown: bool = True  # False: no edit is applied

    @property
    def is_plain(self) -> bool:
        """Whether the maps are shown without any change."""
        return not self.is_shown or self == MaterialState()


@dataclass(frozen=True)
class BrushState:
    """The material tool and its settings."""

    tool: Annotated[str, Choice(TOOLS)] = "none"
    stroke: StrokeState = StrokeState()  # settings of the next stroke; it has no points
    shows_roughness: bool = False  # in the panel's UV picture, instead of the albedo


@dataclass(frozen=True)
class MaterialFile:
    """The file of material edits beside the active avatar's checkpoint."""

    name: str = ""  # without its folder
    is_there: bool = False  # whether it exists


RADIUS_STEP = 1.25
DIGITS = 5  # of a texel coordinate: a hundredth of a texel


def edit_materials(state: "ViewState", **changes: Any) -> "ViewState":
    """Replace fields of the active body's materials."""
    return replace(state, body=replace(state.body, materials=changed(state.body.materials, **changes)))


def use_materials(state: "ViewState", materials: MaterialState) -> "ViewState":
    """Replace all edits of the active body's materials."""
    return replace(state, body=replace(state.body, materials=materials))


def reset_materials(state: "ViewState") -> "ViewState":
    """Remove all edits of the active body's materials."""
    return use_materials(state, MaterialState())


def toggle_shown(state: "ViewState") -> "ViewState":
    """Apply the edits or show the maps without them."""
    return edit_materials(state, is_shown=not state.body.materials.is_shown)


def compare_plain(state: "ViewState") -> "ViewState":
    """Split the picture with the unedited materials on the right, or join it again."""
    compare = state.compare
    if compare.is_on and compare.materials is not None:
        return replace(state, compare=replace(compare, is_on=False, materials=None))
    compare = replace(compare, is_on=True, buffer="", avatar="", light=None, materials=MaterialState())
    return replace(state, compare=compare)


def edit_brush(state: "ViewState", **changes: Any) -> "ViewState":
    """Replace fields of the brush."""
    return replace(state, tool=replace(state.tool, brush=changed(state.tool.brush, **changes)))


def edit_next_stroke(state: "ViewState", **changes: Any) -> "ViewState":
    """Replace settings of the next stroke."""
    return edit_brush(state, stroke=changed(state.tool.brush.stroke, **changes))


def adjust_fill(state: "ViewState", **changes: Any) -> "ViewState":
    """Replace settings of the next stroke, and of the newest fill too while the fill tool is held: as a preview."""
    state, strokes = edit_next_stroke(state, **changes), state.body.materials.strokes
    if state.tool.brush.tool != "fill" or not strokes or strokes[-1].shape != "fill":
        return state
    return edit_materials(state, strokes=(*strokes[:-1], changed(strokes[-1], **changes)))


def take_tool(state: "ViewState", tool: str) -> "ViewState":
    """Choose one of TOOLS; the present one again means none."""
    if tool not in TOOLS:
        return state
    return edit_brush(state, tool="none" if tool == state.tool.brush.tool else tool)


def next_paint(state: "ViewState") -> "ViewState":
    """Use the next of PAINTS; after the last comes the first."""
    paint = state.tool.brush.stroke.paint
    index = PAINTS.index(paint) if paint in PAINTS else -1
    return edit_next_stroke(state, paint=PAINTS[(index + 1) % len(PAINTS)])


def resize_brush(state: "ViewState", steps: int) -> "ViewState":
    """Scale the brush's radius by RADIUS_STEP a step."""
    radius = state.tool.brush.stroke.radius_m * RADIUS_STEP**steps
    return edit_next_stroke(state, radius_m=radius)


def toggle_mirror(state: "ViewState") -> "ViewState":
    """Switch on or off that strokes are mirrored."""
    return edit_next_stroke(state, mirrors=not state.tool.brush.stroke.mirrors)


# strokes


def begin_stroke(state: "ViewState", points: tuple[TexelCoordinate, ...]) -> "ViewState":
    """Start a new stroke of the brush; `extend_stroke` adds to it."""
    return _with_stroke(state, replace(state.tool.brush.stroke, shape="brush", points=_rounded(points)))


def extend_stroke(state: "ViewState", points: tuple[TexelCoordinate, ...]) -> "ViewState":
    """Add points to the newest stroke."""
    strokes, points = state.body.materials.strokes, _rounded(points)
    if not strokes or not points or num_points(strokes) + len(points) > MOST_POINTS:
        return state
    newest = replace(strokes[-1], points=strokes[-1].points + points)
    return edit_materials(state, strokes=(*strokes[:-1], newest))


def fill_at(state: "ViewState", point: TexelCoordinate) -> "ViewState":
    """Fill the connected surface that has the color at a texel coordinate."""
    return _with_stroke(state, next_fill(state, point))


def next_fill(state: "ViewState", point: TexelCoordinate) -> StrokeState:
    """The fill that a click at a texel coordinate makes."""
    return replace(state.tool.brush.stroke, shape="fill", points=_rounded((point,)))


def clear_strokes(state: "ViewState") -> "ViewState":
    """Remove all strokes; the scales stay."""
    return edit_materials(state, strokes=())


def pick_material(state: "ViewState", color: Rgb, roughness: float) -> "ViewState":
    """Set the brush to a picked color and roughness, and change from the eyedropper to the brush."""
    tool = state.tool.brush.tool
    roughness = range_of(StrokeState, "roughness").within_reach(roughness)
    state = edit_next_stroke(state, color=color, roughness=roughness)
    return edit_brush(state, tool="brush") if tool == "pick" else state


def is_full(materials: MaterialState) -> bool:
    """Whether no further stroke or point can be added."""
    return len(materials.strokes) >= MOST_STROKES or num_points(materials.strokes) >= MOST_POINTS


def _with_stroke(state: "ViewState", stroke: StrokeState) -> "ViewState":
    strokes = state.body.materials.strokes
    if not stroke.points or len(strokes) >= MOST_STROKES or num_points(strokes) + len(stroke.points) > MOST_POINTS:
        return state
    return edit_materials(state, strokes=(*strokes, stroke), is_shown=True)


def _rounded(points: tuple[TexelCoordinate, ...]) -> tuple[TexelCoordinate, ...]:
    return tuple((round(u, DIGITS), round(v, DIGITS)) for u, v in points if 0.0 <= u <= 1.0 and 0.0 <= v <= 1.0)
