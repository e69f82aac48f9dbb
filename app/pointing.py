"""What is shown beside the pointer: which pixel it is on, what is told of it, and when the engine is asked."""

from dataclasses import dataclass

from app.frames import Frame
from app.picking import Letterbox
from app.readings import Readings
from app.readout import SEPARATOR, Line, joint_line, value_lines
from app.state import LookState, Store, ToolState
from app.wipe import first_column
from app.worker import Worker

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
        self._place: tuple[float, float] | None = None
        self._moved_s = 0.0

    def pointed(
        self, frame: Frame | None, place: tuple[float, float] | None, letterbox: Letterbox | None, now_s: float
    ) -> Pointed | None:
        """What to show for a pointer at a place of the window; None when nothing is switched on or it is elsewhere."""
        if place != self._place:
            self._place, self._moved_s = place, now_s
        state = self._store.state
        found = None
        if frame is not None and place is not None and letterbox is not None:
            found = pointed_at(frame, self._worker.readings_of(frame), letterbox, place, state.tool, state.look)
        may_read = found is not None and state.tool.has_readout and now_s - self._moved_s >= REST_S
        self._worker.let_read(may_read)
        return found


def pointed_at(
    frame: Frame,
    readings: Readings | None,
    letterbox: Letterbox,
    place: tuple[float, float],  # window, screen coordinates
    tool: ToolState,
    look: LookState,  # as it is now
) -> Pointed | None:
    """What to show beside a pointer there."""
    x_px, y_px = letterbox.to_image(*place)
    width, height = frame.size
    if not (0 <= x_px < width and 0 <= y_px < height):
        return None
    column, row = int(x_px), int(y_px)
    is_second = frame.other is not None and column >= first_column(look.wipe, width)
    side = frame.other if is_second and frame.other is not None else frame
    told = readings.other if is_second and readings is not None else readings
    lines: tuple[Line, ...] = ()
    if tool.has_readout:
        name = "" if frame.other is None else "right side" if is_second else "left side"
        lines = value_lines(side, told, column, row, name)
    joint = joint_line(side, x_px, y_px, JOINT_REACH_PX / letterbox.scale) if look.has_joints else None
    if joint is not None and joint.label not in (line.label.split(SEPARATOR)[-1] for line in lines[:1]):
        lines = (joint, *lines)
    if not lines and not tool.has_loupe:
        return None
    return Pointed(*place, column, row, tool.loupe_zoom if tool.has_loupe else 0, lines)
