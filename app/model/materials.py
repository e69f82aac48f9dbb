"""Material edits and the brush that paints them, and their edits, total as all edits."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any

from app.model.fields import Choice, Color, Length, Number, Rgb, Rule, Share, changed, range_of

if TYPE_CHECKING:
    from app.model.view_state import ViewState


Place = tuple[Share, Share]  # on the UV square, v up
PAINTS = ("color", "tint", "roughness", "material", "erase")  # material: color and roughness at once
SHAPES = ("brush", "fill")  # fill: the piece of surface around the first point that has its color
TOOLS = ("none", "brush", "fill", "pick")
MOST_STROKES = 1000
MOST_POINTS = 60_000  # of all strokes together
MIN_ROUGHNESS = 0.05  # of what a slider or the eyedropper paints: less glitters


@dataclass(frozen=True)
class StrokeState:
    """One stroke: where it went, and what it leaves there."""

    paint: Annotated[str, Choice(PAINTS)] = "color"
    shape: Annotated[str, Choice(SHAPES)] = "brush"
    points: tuple[Place, ...] = ()
    radius_m: Annotated[  # on the body
        float, Number(0.002, 0.3, "metres", format="radius %.1f cm", scale=100.0)
    ] = 0.02
    hardness: Annotated[float, Number(0.0, 1.0, format="hardness %.2f")] = 0.7  # share of the radius with all the paint
    strength: Annotated[float, Number(0.0, 1.0, format="strength %.2f")] = 1.0
    color: Color = (0.6, 0.05, 0.04)  # linear albedo
    roughness: Annotated[float, Number(0.0, 1.0, soft=(MIN_ROUGHNESS, 1.0), format="roughness %.2f")] = 0.3
    mirrors: bool = False  # on the body's other side, too
    tolerance: Annotated[  # of a fill: difference of sRGB colors that still counts as the same
        float, Number(0.0, 2.0, soft=(0.0, 0.6), format="tolerance %.2f")
    ] = 0.12
    pattern_m: Annotated[  # of a fill: stripes and checks so wide are one cloth
        float, Number(0.0, 0.2, "metres", format="pattern %.0f cm", scale=100.0)
    ] = 0.0


def num_points(strokes: tuple[StrokeState, ...]) -> int:
    """Of all strokes together."""
    return sum(len(stroke.points) for stroke in strokes)


def mistake_in_strokes(strokes: tuple[StrokeState, ...]) -> str | None:
    """More points than a picture is made of in time."""
    points = num_points(strokes)
    return None if points <= MOST_POINTS else f"expected at most {MOST_POINTS} points together, got {points}"


MOST_SCALE = 4.0
Scale = Annotated[float, Number(0.0, MOST_SCALE)]


@dataclass(frozen=True)
class MaterialState:
    """What lies on top of the maps. The scales come first, the strokes over them in order."""

    albedo_scale: Annotated[float, Number(0.0, MOST_SCALE, format="albedo x%.2f")] = 1.0
    tint: tuple[Scale, Scale, Scale] = (1.0, 1.0, 1.0)  # linear, times the albedo
    roughness_scale: Annotated[float, Number(0.0, MOST_SCALE, format="roughness x%.2f")] = 1.0
    specular_scale: Annotated[  # times the reflectance of a surface that one looks straight at: 0.04 becomes 1 at most
        float, Number(0.0, 25.0, soft=(0.0, MOST_SCALE), format="specular x%.2f")
    ] = 1.0
    strokes: Annotated[tuple[StrokeState, ...], Length(0, MOST_STROKES), Rule(mistake_in_strokes)] = ()
    is_shown: bool = True  # False: the maps as they are

    @property
    def is_plain(self) -> bool:
        """Whether nothing is changed."""
        return not self.is_shown or self == MaterialState()


@dataclass(frozen=True)
class BrushState:
    """The tool that paints materials."""

    tool: Annotated[str, Choice(TOOLS)] = "none"
    stroke: StrokeState = StrokeState()  # what the next one will be, without its points
    shows_roughness: bool = False  # on the panel's square, instead of the color


@dataclass(frozen=True)
class MaterialFile:
    """What the panel says of the file beside the active avatar."""

    name: str = ""  # without its folder
    is_there: bool = False


RADIUS_STEP = 1.25
DIGITS = 5  # of a place: a hundredth of a texel


def edit_materials(state: "ViewState", **changes: Any) -> "ViewState":
    """Replace fields of the active body's materials."""
    return replace(state, body=replace(state.body, materials=changed(state.body.materials, **changes)))


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
    return replace(state, tool=replace(state.tool, brush=changed(state.tool.brush, **changes)))


def edit_next_stroke(state: "ViewState", **changes: Any) -> "ViewState":
    """Replace fields of what the next stroke will be."""
    return edit_brush(state, stroke=changed(state.tool.brush.stroke, **changes))


def take_tool(state: "ViewState", tool: str) -> "ViewState":
    """Take the tool; the same one again puts it away."""
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
    return edit_next_stroke(state, radius_m=radius)


def toggle_mirror(state: "ViewState") -> "ViewState":
    """Strokes on one side of the body, or on both."""
    return edit_next_stroke(state, mirrors=not state.tool.brush.stroke.mirrors)


# strokes


def begin_stroke(state: "ViewState", points: tuple[Place, ...]) -> "ViewState":
    """A new stroke of the brush, which later points go on with."""
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
    """Take all paint off; the scales stay."""
    return edit_materials(state, strokes=())


def pick_material(state: "ViewState", color: Rgb, roughness: float) -> "ViewState":
    """The eyedropper: paint with this from now on, and take up the tool that was used before."""
    tool = state.tool.brush.tool
    roughness = range_of(StrokeState, "roughness").within_reach(roughness)
    state = edit_next_stroke(state, color=color, roughness=roughness)
    return edit_brush(state, tool="brush") if tool == "pick" else state


def is_full(materials: MaterialState) -> bool:
    """Whether no further stroke is taken."""
    return len(materials.strokes) >= MOST_STROKES or num_points(materials.strokes) >= MOST_POINTS


def _with_stroke(state: "ViewState", stroke: StrokeState) -> "ViewState":
    strokes = state.body.materials.strokes
    if not stroke.points or len(strokes) >= MOST_STROKES or num_points(strokes) + len(stroke.points) > MOST_POINTS:
        return state
    return edit_materials(state, strokes=(*strokes, stroke), is_shown=True)


def _rounded(points: tuple[Place, ...]) -> tuple[Place, ...]:
    return tuple((round(u, DIGITS), round(v, DIGITS)) for u, v in points if 0.0 <= u <= 1.0 and 0.0 <= v <= 1.0)
