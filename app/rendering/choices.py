"""What panels offer to choose from by name: avatars, clips, environments, poses, bookmarks."""

from dataclasses import dataclass

from app.files.cameras import Bookmark
from app.model.fields import Vector


@dataclass(frozen=True)
class Choice:
    """Something that a panel offers by name."""

    key: str  # the value in ViewState
    label: str  # the text in the panel
    duration_s: float = 0.0  # of a motion clip


@dataclass(frozen=True)
class Stroke:
    """A line of a pose's stick figure, in a square of side 1 with the origin top left."""

    x0: float
    y0: float
    x1: float
    y1: float
    width: float
    depth: float  # larger is nearer


@dataclass(frozen=True)
class PoseChoice:
    """A pose of the library."""

    key: str  # its file
    label: str
    rotations: tuple[Vector, ...]  # [24] axis-angle, rad
    figure: tuple[Stroke, ...] = ()  # stick figure, far strokes first


@dataclass(frozen=True)
class Choices:
    """Everything that panels offer to choose from."""

    avatars: tuple[Choice, ...] = ()
    motions: tuple[Choice, ...] = ()
    environments: tuple[Choice, ...] = ()
    poses: tuple[PoseChoice, ...] = ()
    bookmarks: tuple[Bookmark, ...] = ()
    engine: str = ""  # device and backends that compute frames
