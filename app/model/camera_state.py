"""What a person makes of the camera: a path through kept places, and what the hands do with it. Plain values only."""

from dataclasses import dataclass, field

from app.model.look_state import CameraState

PATH_MOVES = ("around", "straight")


@dataclass(frozen=True)
class CameraKey:
    """Where the camera is at one moment of a path."""

    time_s: float = 0.0
    camera: CameraState = field(default_factory=CameraState)


@dataclass(frozen=True)
class CameraPath:
    """Kept cameras in the order of their times; camera_path.py says what lies between them."""

    keys: tuple[CameraKey, ...] = ()  # each later than the one before
    is_closed: bool = False  # back to the first, again and again
    closing_s: float = 2.0  # from the last key to the first, where closed
    moves: str = "around"  # of PATH_MOVES: on arcs around what is looked at, or straight through the air
    eases: bool = True  # an open path starts and stops gently


@dataclass(frozen=True)
class CameraTool:
    """What the hands do with the camera; never part of a picture."""

    flies: bool = False  # keys move the camera, a drag turns it where it stands
    fly_m_s: float = 1.0
    keeps_size: bool = True  # another lens moves the camera, so that what is looked at keeps its size
    key: int = 0  # the selected one of the path
    time_s: float = 0.0  # in the path
    plays: bool = False  # the camera runs along the path
    shows_path: bool = True  # as a line in the picture
