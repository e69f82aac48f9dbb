"""The pixel inspector: the pixel under the pointer, when its values are requested from the engine, what is shown."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.model.avatar_row import posed_bodies
from app.model.comparison import first_column
from app.model.display_settings import DisplaySettings
from app.model.preferences import LENGTHS
from app.model.store import Store
from app.model.tools import ToolState
from app.rendering.false_color import FARTHEST, NEAREST
from app.rendering.frames import INSPECTED_BUFFERS, LEAST_COVERAGE, Frame, PixelValues, Values
from app.rendering.overlays import joint_at, joint_label
from app.rendering.worker import Worker
from app.tools.limbs import body_of_face
from app.tools.viewport import Letterbox, Point, Viewport

# by buffer
LENGTH = "depth"
DIGITS = {"uv": 4}  # after the decimal point; 3 for all others
NUM_CHANNELS = {"radiance": 3, "albedo": 3, "shading": 3, "normal": 3, "uv": 2}  # 1 for all others
SIGNED = ("normal",)
PENDING = "…"
NOTHING = "–"
SEPARATOR = "  \N{MIDDLE DOT}  "  # between the parts of a heading


@dataclass(frozen=True)
class Line:
    """A line of the card: a buffer's name and numbers, or a heading without numbers."""

    label: str
    numbers: tuple[str, ...] = ()
    unit: str = ""


def value_lines(
    frame: Frame,  # of the side under the pointer
    values: PixelValues | None,  # the engine's, of the same side; None while they are not there yet
    column: int,
    row: int,
    side: str = "",  # name of the side of a split picture
    units: str = "metric",  # of LENGTHS
) -> tuple[Line, ...]:
    """Lines of the card: pixel, side and limb, then every buffer's value there."""
    exact = {} if values is None else values.at(column, row)
    known = {**values_shown(frame, column, row), **exact}  # the engine's numbers are finer than the picture's
    names = dict.fromkeys((*INSPECTED_BUFFERS, *known))
    absent = PENDING if values is None and _shows_body(frame, column, row) else NOTHING
    heading = SEPARATOR.join(text for text in (f"{column}, {row}", side, limb_name(frame, column, row)) if text)
    lines = [Line(heading)]
    for name in names:
        if name in known and name == LENGTH:
            per_m, unit, digits = LENGTHS[units]
            lines.append(Line(name, (f"{known[name][0] * per_m:.{digits}f}",), unit))
        else:
            lines.append(Line(name.replace("_", " "), number_texts(name, known[name]) if name in known else (absent,)))
    return tuple(lines)


def values_shown(frame: Frame, column: int, row: int) -> Values:
    """Value of the buffer that the picture shows at a pixel, in half precision; empty on the background."""
    *colors, coverage = frame.pixels[row, column].tolist()
    if coverage < LEAST_COVERAGE:
        return {}
    name = frame.state.display.buffer
    values = [color / coverage for color in colors]
    if name == "normal":
        values = [2.0 * value - 1.0 for value in values]
    elif name == "depth":
        if frame.depth_m is None:
            return {}
        near, far = frame.depth_m
        values = [near + (NEAREST - values[0]) / (NEAREST - FARTHEST) * (far - near)]
    return {name: tuple(values[: NUM_CHANNELS.get(name, 1)])}


def limb_name(frame: Frame, column: int, row: int) -> str:
    """Name of the limb at a pixel, with the avatar's where there are several; "" on the background."""
    faces = frame.face_index
    if faces is None or not frame.bodies or (face := int(faces[row, column])) < 0:
        return ""
    index = body_of_face(frame, face)
    body = frame.bodies[index]
    return with_avatar_name(frame, index, joint_label(int(body.face_weights[face - body.first_face].argmax())))


def joint_line(frame: Frame, x_px: float, y_px: float, reach_px: float) -> Line | None:
    """The joint within reach of an image position, as a heading."""
    found = joint_at(frame, x_px, y_px, reach_px)
    return None if found is None else Line(with_avatar_name(frame, found[0], joint_label(found[1])))


def with_avatar_name(frame: Frame, index: int, part: str) -> str:
    """Name of a part of a body (index in the avatar row), with the avatar's where there are several."""
    bodies = posed_bodies(frame.state)
    return part if len(bodies) < 2 else f"{part}, {Path(bodies[index].avatar).stem}"


def number_texts(name: str, values: tuple[float, ...]) -> tuple[str, ...]:
    """A buffer's numbers as text: fixed digits after the decimal point, and a sign where the buffer is signed."""
    digits, sign = DIGITS.get(name, 3), "+" if name in SIGNED else ""
    return tuple(_text(value, digits, sign) for value in values)


def _text(value: float, digits: int, sign: str) -> str:
    shorter = max(0, digits - 2) if abs(value) >= 100 else digits
    return f"{value:{sign}.{shorter}f}".replace("-", "\N{MINUS SIGN}")


def _shows_body(frame: Frame, column: int, row: int) -> bool:
    faces = frame.face_index
    return faces is not None and int(faces[row, column]) >= 0


REST_S = 0.2  # values are requested once the pointer has not moved for so long
JOINT_REACH_PX = 9.0  # in the window


@dataclass(frozen=True)
class Inspection:
    """What is shown beside the pointer."""

    x: float  # window, screen coordinates
    y: float
    column: int  # image pixel
    row: int
    zoom: int  # of the loupe; 0 for none
    lines: tuple[Line, ...]  # of the card; empty for none


class PixelInspector:
    """Follows the pointer and asks the worker for values while it rests. Belongs to the windows' thread."""

    def __init__(self, store: Store, worker: Worker, units: Callable[[], str]) -> None:
        """`units` gives those of LENGTHS that a person prefers."""
        self._store, self._worker, self._units = store, worker, units
        self._point: Point | None = None
        self._moved_s = 0.0

    def inspect(self, viewport: Viewport | None, point: Point | None, now_s: float) -> Inspection | None:
        """What to show for a pointer at a window position; None beside the picture or with everything switched off."""
        if point != self._point:
            self._point, self._moved_s = point, now_s
        state = self._store.state
        found = None
        if viewport is not None and point is not None:
            frame, letterbox = viewport.frame, viewport.letterbox
            values = self._worker.pixel_values_of(frame)
            found = inspection_at(frame, values, letterbox, point, state.tool, state.display, self._units())
        needs_values = found is not None and state.tool.has_readout and now_s - self._moved_s >= REST_S
        self._worker.let_inspect(needs_values)
        return found


def inspection_at(
    frame: Frame,
    values: PixelValues | None,
    letterbox: Letterbox,
    point: Point,
    tool: ToolState,
    display: DisplaySettings,  # the newest, which the frame may not have yet
    units: str = "metric",  # of LENGTHS
) -> Inspection | None:
    """What to show beside a pointer at a window position; None beside the picture or with everything switched off."""
    x_px, y_px = letterbox.to_image(*point)
    width, height = frame.size
    if not (0 <= x_px < width and 0 <= y_px < height):
        return None
    column, row = int(x_px), int(y_px)
    is_second = frame.other is not None and column >= first_column(display.slider, width)
    side = frame.other if is_second and frame.other is not None else frame
    side_values = values.other if is_second and values is not None else values
    lines: tuple[Line, ...] = ()
    if tool.has_readout:
        name = "" if frame.other is None else "right side" if is_second else "left side"
        lines = value_lines(side, side_values, column, row, name, units)
    joint = joint_line(side, x_px, y_px, JOINT_REACH_PX / letterbox.scale) if display.has_joints else None
    if joint is not None and joint.label not in (line.label.split(SEPARATOR)[-1] for line in lines[:1]):
        lines = (joint, *lines)
    if not lines and not tool.has_loupe:
        return None
    return Inspection(*point, column, row, tool.loupe_zoom if tool.has_loupe else 0, lines)
