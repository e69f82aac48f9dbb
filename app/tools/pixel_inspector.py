"""The values of the pixel under the pointer: which pixel it is, when the engine is asked, what is shown."""

from dataclasses import dataclass
from pathlib import Path

from app.model.avatar_row import posed_bodies
from app.model.comparison import first_column
from app.model.display_settings import DisplaySettings
from app.model.store import Store
from app.model.tools import ToolState
from app.rendering.false_color import FARTHEST, NEAREST
from app.rendering.frames import INSPECTED_BUFFERS, LEAST_COVERAGE, Frame, PixelValues, Values
from app.rendering.overlays import joint_at, joint_label
from app.rendering.worker import Worker
from app.tools.limbs import owner_of
from app.tools.viewport import Letterbox, Point, Viewport

UNITS = {"depth": "m"}
DIGITS = {"uv": 4}  # after the point; 3 where it is not named
NUM_CHANNELS = {"radiance": 3, "albedo": 3, "shading": 3, "normal": 3, "uv": 2}  # 1 where it is not named
SIGNED = ("normal",)
PENDING = "…"
NOTHING = "–"
SEPARATOR = "  \N{MIDDLE DOT}  "  # between the parts of a heading


@dataclass(frozen=True)
class Line:
    """One buffer's name and numbers; no numbers make it a heading."""

    label: str
    numbers: tuple[str, ...] = ()
    unit: str = ""


def value_lines(
    frame: Frame,  # the side under the pointer
    readings: PixelValues | None,  # of the same side; None while the engine has not told them
    column: int,
    row: int,
    side: str = "",  # of a split picture
) -> tuple[Line, ...]:
    """The pixel, whose it is, and every buffer's value there."""
    told = {} if readings is None else readings.at(column, row)
    values = {**values_shown(frame, column, row), **told}  # the engine's numbers are finer than the picture's
    names = dict.fromkeys((*INSPECTED_BUFFERS, *values))
    absent = PENDING if readings is None and _shows_body(frame, column, row) else NOTHING
    heading = SEPARATOR.join(text for text in (f"{column}, {row}", side, limb_name(frame, column, row)) if text)
    lines = [Line(heading)]
    for name in names:
        numbers = number_texts(name, values[name]) if name in values else (absent,)
        lines.append(Line(name.replace("_", " "), numbers, UNITS.get(name, "") if name in values else ""))
    return tuple(lines)


def values_shown(frame: Frame, column: int, row: int) -> Values:
    """What the picture itself tells of its buffer at a pixel, in half precision; empty on the background."""
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
    """Which limb the pixel shows, and of which avatar; "" on the background."""
    faces = frame.face_index
    if faces is None or not frame.bodies or (face := int(faces[row, column])) < 0:
        return ""
    number = owner_of(frame, face)
    body = frame.bodies[number]
    return of_whom(frame, number, joint_label(int(body.face_weights[face - body.first_face].argmax())))


def joint_line(frame: Frame, x_px: float, y_px: float, reach_px: float) -> Line | None:
    """The joint within reach of an image position."""
    found = joint_at(frame, x_px, y_px, reach_px)
    return None if found is None else Line(of_whom(frame, found[0], joint_label(found[1])))


def of_whom(frame: Frame, number: int, part: str) -> str:
    """With the avatar's name where there are several."""
    bodies = posed_bodies(frame.state)
    return part if len(bodies) < 2 else f"{part}, {Path(bodies[number].avatar).stem}"


def number_texts(name: str, values: tuple[float, ...]) -> tuple[str, ...]:
    """Numbers that stand under each other: the same digits after the point, a sign where there may be one."""
    digits, sign = DIGITS.get(name, 3), "+" if name in SIGNED else ""
    return tuple(_text(value, digits, sign) for value in values)


def _text(value: float, digits: int, sign: str) -> str:
    shorter = max(0, digits - 2) if abs(value) >= 100 else digits
    return f"{value:{sign}.{shorter}f}".replace("-", "\N{MINUS SIGN}")


def _shows_body(frame: Frame, column: int, row: int) -> bool:
    faces = frame.face_index
    return faces is not None and int(faces[row, column]) >= 0


REST_S = 0.2  # a pointer that has not moved for so long rests
JOINT_REACH_PX = 9.0  # in the window


@dataclass(frozen=True)
class Pointed:
    """Beside the pointer."""

    x: float  # window, screen coordinates
    y: float
    column: int  # image pixel
    row: int
    zoom: int  # of the loupe; 0: there is none
    lines: tuple[Line, ...]  # of the card; none: there is no card


class Pointing:
    """Belongs to the windows' thread."""

    def __init__(self, store: Store, worker: Worker) -> None:
        self._store, self._worker = store, worker
        self._point: Point | None = None
        self._moved_s = 0.0

    def pointed(self, viewport: Viewport | None, point: Point | None, now_s: float) -> Pointed | None:
        """What to show for a pointer at a window position; None when nothing is switched on or it is elsewhere."""
        if point != self._point:
            self._point, self._moved_s = point, now_s
        state = self._store.state
        found = None
        if viewport is not None and point is not None:
            frame, letterbox = viewport.frame, viewport.letterbox
            values = self._worker.pixel_values_of(frame)
            found = pointed_at(frame, values, letterbox, point, state.tool, state.display)
        may_read = found is not None and state.tool.has_readout and now_s - self._moved_s >= REST_S
        self._worker.let_inspect(may_read)
        return found


def pointed_at(
    frame: Frame,
    readings: PixelValues | None,
    letterbox: Letterbox,
    point: Point,
    tool: ToolState,
    display: DisplaySettings,  # as it is now
) -> Pointed | None:
    """What to show beside a pointer there."""
    x_px, y_px = letterbox.to_image(*point)
    width, height = frame.size
    if not (0 <= x_px < width and 0 <= y_px < height):
        return None
    column, row = int(x_px), int(y_px)
    is_second = frame.other is not None and column >= first_column(display.slider, width)
    side = frame.other if is_second and frame.other is not None else frame
    told = readings.other if is_second and readings is not None else readings
    lines: tuple[Line, ...] = ()
    if tool.has_readout:
        name = "" if frame.other is None else "right side" if is_second else "left side"
        lines = value_lines(side, told, column, row, name)
    joint = joint_line(side, x_px, y_px, JOINT_REACH_PX / letterbox.scale) if display.has_joints else None
    if joint is not None and joint.label not in (line.label.split(SEPARATOR)[-1] for line in lines[:1]):
        lines = (joint, *lines)
    if not lines and not tool.has_loupe:
        return None
    return Pointed(*point, column, row, tool.loupe_zoom if tool.has_loupe else 0, lines)
