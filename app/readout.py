"""What is told of the pixel under the pointer, as lines of words and numbers."""

from dataclasses import dataclass
from pathlib import Path

from app.company_edits import posed_bodies
from app.false_color import FARTHEST, NEAREST
from app.frames import Frame
from app.limb_picking import owner_of
from app.overlay_lines import joint_at, joint_label
from app.readings import LEAST_COVERAGE, READ_BUFFERS, Readings, Values

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
    readings: Readings | None,  # of the same side; None while the engine has not told them
    column: int,
    row: int,
    side: str = "",  # of a split picture
) -> tuple[Line, ...]:
    """The pixel, whose it is, and every buffer's value there."""
    told = {} if readings is None else readings.at(column, row)
    values = {**values_shown(frame, column, row), **told}  # the engine's numbers are finer than the picture's
    names = dict.fromkeys((*READ_BUFFERS, *values))
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
    name = frame.state.look.buffer
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
    """Which part of whom the pixel shows; "" on the background."""
    faces = frame.face_index
    if faces is None or not frame.bodies or (face := int(faces[row, column])) < 0:
        return ""
    place = owner_of(frame, face)
    body = frame.bodies[place]
    return of_whom(frame, place, joint_label(int(body.face_weights[face - body.first_face].argmax())))


def joint_line(frame: Frame, x_px: float, y_px: float, reach_px: float) -> Line | None:
    """The joint within reach of an image position."""
    found = joint_at(frame, x_px, y_px, reach_px)
    return None if found is None else Line(of_whom(frame, found[0], joint_label(found[1])))


def of_whom(frame: Frame, place: int, part: str) -> str:
    """With the avatar's name where there are several."""
    bodies = posed_bodies(frame.state)
    return part if len(bodies) < 2 else f"{part}, {Path(bodies[place].avatar).stem}"


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
