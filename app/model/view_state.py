"""What the viewer shows, as plain values, and the one place that changes it.

`ViewState` is frozen and holds numbers, strings and tuples only: no tensors, no widgets, no engine objects. Panels and
the picture post edits (functions from ViewState to ViewState); the loop applies them; undo and redo are lists of
ViewStates.
"""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from app.model.camera_state import CameraPath, CameraTool
from app.model.light_state import LIGHT_MODES as LIGHT_MODES
from app.model.light_state import LampState as LampState
from app.model.light_state import LightState, StageState
from app.model.look_state import BUFFERS as BUFFERS
from app.model.look_state import OVERLAYS as OVERLAYS
from app.model.look_state import TONE_CURVES as TONE_CURVES
from app.model.look_state import CameraState, LookState, Rgb, Vector
from app.model.material_state import BrushState, MaterialState

NUM_JOINTS = 24
NUM_SHAPES = 10
PROBE_ROWS = 16
PROBE_COLUMNS = 32

CAMERA_PATH = "path"
SPINS = ("camera", "light", "timeline", CAMERA_PATH)  # kinds of videos; turntable.py makes them
DETAIL_MODES = ("auto", "on", "off")
LOUPE_ZOOMS = (2, 4, 6, 8, 12, 16, 24, 32)
LIMITS = ("head", "hands", "limbs")
NO_JOINT = -1

HELP_PAGES = 2  # of the table of keys
REST_ANGLES: tuple[Vector, ...] = ((0.0, 0.0, 0.0),) * NUM_JOINTS
MODES = ("flies", "fly_m_s", "shows_path")  # of the camera tool: undo leaves them alone
HISTORY_LENGTH = 200  # undo steps kept: a state is a few kB


@dataclass(frozen=True)
class PlaybackState:
    """How a clip runs."""

    speed: float = 1.0
    loops: bool = True
    start_s: float = 0.0  # the range that plays
    end_s: float = 0.0  # not after start_s: to the clip's end
    is_smooth: bool = True  # poses between the clip's frames, by slerp
    second: str = ""  # a clip mixed in, stretched to the same length; "" is none
    mix: float = 0.5  # its share


@dataclass(frozen=True)
class BodyState:
    """Who is shown and in which pose."""

    avatar: str = ""  # path of a .ckpt
    motion: str = ""  # name of a clip the session offers; "" is the rest pose
    time_s: float = 0.0
    playing: bool = False
    joint_angles_deg: tuple[Vector, ...] = REST_ANGLES  # x, y, z turns on top of the clip; posing.py
    shape: tuple[float, ...] = (0.0,) * NUM_SHAPES  # added to the avatar's betas
    detail: str = "auto"  # of DETAIL_MODES: normals per pixel from the offset map; auto: as the avatar was trained
    freezes_materials: bool = True  # albedo and roughness of the first training pose, whatever the pose
    playback: PlaybackState = field(default_factory=PlaybackState)
    held_pose: tuple[Vector, ...] = ()  # axis-angle, rad, of a pose from the library; () is none
    held_share: float = 1.0  # 0: the clip's pose; 1: the held one
    unlimited: tuple[str, ...] = ()  # of LIMITS: which joints hands may turn beyond what a body can do
    materials: MaterialState = field(default_factory=MaterialState)  # on top of the maps


@dataclass(frozen=True)
class CompanyState:
    """Who stands beside the active body, in a row along X."""

    others: tuple[BodyState, ...] = ()  # from the left of the front view to the right, without the active one
    place: int = 0  # of the active body in the row
    spacing_m: float = 1.8  # arms of two T-poses do not touch
    shares_pose: bool = False  # all take the active body's clip, time and joints


@dataclass(frozen=True)
class CompareState:
    """What the picture right of the wipe shows differently; None and "" are as on the left."""

    is_on: bool = False
    buffer: str = ""  # of BUFFERS
    avatar: str = ""  # path of a .ckpt
    light: LightState | None = None
    materials: MaterialState | None = None  # with another avatar, None is its maps as they are


@dataclass(frozen=True)
class TurntableState:
    """What the record button makes."""

    spin: str = "camera"  # of SPINS
    seconds: float = 4.0
    fps: int = 30
    size: int = 512
    plays_motion: bool = False
    path: str = "turntable.mp4"  # .mp4, .webm, or a folder for PNG files
    has_alpha: bool = False  # a clear background, where the format can
    fits: bool = True  # as long as the clip or the path, whatever `seconds` says, of kinds that have one

    @property
    def num_frames(self) -> int:
        """Frames in the video; one at least."""
        return max(1, round(self.seconds * self.fps))


@dataclass(frozen=True)
class StillState:
    """What a picture that is taken away is like."""

    size: int = 2048
    has_alpha: bool = False  # a clear background
    path: str = "picture.png"  # or .exr, with every buffer as a layer


@dataclass(frozen=True)
class ToolState:
    """What the user's hands hold; never part of a picture."""

    selected_lamp: int = 0
    paints: bool = False  # a stroke on the probe picture paints instead of moving the lamp
    brush_color: Rgb = (1.0, 1.0, 1.0)
    brush_intensity: float = 4.0
    brush_radius: int = 0  # cells around the one under the pointer
    brush_mirrors: bool = False  # strokes appear on the left and the right
    loaded_environments: tuple[str, ...] = ()  # paths that were opened or dropped, newest last
    selected_joint: int = NO_JOINT  # of the active body: the one with the rings
    joint_axis: int = 0  # x, y or z: what the keys turn about
    mirrors_joints: bool = False  # an edit of the left limb turns the right one too
    turntable: TurntableState = field(default_factory=TurntableState)
    has_readout: bool = False  # the values of the pixel under the pointer
    has_loupe: bool = False  # the pixels around the pointer, magnified
    loupe_zoom: int = 8  # of LOUPE_ZOOMS
    still: StillState = field(default_factory=StillState)
    help_page: int = 0  # of the table of keys, over the picture; 0: none
    camera: CameraTool = field(default_factory=CameraTool)
    brush: BrushState = field(default_factory=BrushState)  # for materials


@dataclass(frozen=True)
class ViewState:
    """Everything a person can change."""

    body: BodyState = field(default_factory=BodyState)  # the active one
    camera: CameraState = field(default_factory=CameraState)
    light: LightState = field(default_factory=LightState)
    look: LookState = field(default_factory=LookState)
    stage: StageState = field(default_factory=StageState)
    compare: CompareState = field(default_factory=CompareState)
    tool: ToolState = field(default_factory=ToolState)
    company: CompanyState = field(default_factory=CompanyState)
    path: CameraPath = field(default_factory=CameraPath)

    @property
    def bodies(self) -> tuple[BodyState, ...]:
        """Everybody in the row; `body` stands at `company.place`."""
        others, place = self.company.others, self.company.place
        return *others[:place], self.body, *others[place:]

    @property
    def rendered(self) -> tuple[object, ...]:
        """The part that needs the engine: two states that agree here show the same frame."""
        others = tuple(replace(body, playing=False) for body in self.company.others)
        body, company = replace(self.body, playing=False), replace(self.company, others=others)
        compare = self.compare if self.compare.is_on else None
        return body, company, self.camera, self.light, self.look.rendered, self.stage.rendered, compare


Edit = Callable[[ViewState], ViewState]


@dataclass(frozen=True)
class _Posted:
    edit: Edit | None  # None ends the gesture
    label: str
    is_undoable: bool


class Store:
    """Holds the present ViewState. `post` may be called from any thread; everything else belongs to the loop."""

    def __init__(self, initial: ViewState) -> None:
        self.state = initial
        self._inbox: deque[_Posted] = deque()
        self._lock = threading.Lock()
        self._undo: list[ViewState] = []
        self._redo: list[ViewState] = []
        self._gesture: str | None = None  # label of the edit that later ones join, until end_gesture

    def post(self, edit: Edit, label: str, is_undoable: bool = True) -> None:
        """Queue an edit. Edits of one label between two `end_gesture`s are one undo step."""
        with self._lock:
            self._inbox.append(_Posted(edit, label, is_undoable))

    def end_gesture(self) -> None:
        """The button went up: the next edit starts a new undo step."""
        with self._lock:
            self._inbox.append(_Posted(None, "", False))

    def apply(self) -> bool:
        """Run the queued edits in order; True when the state changed."""
        with self._lock:
            posted, self._inbox = self._inbox, deque()
        before = self.state
        for item in posted:
            if item.edit is None:
                self._gesture = None
                continue
            changed = item.edit(self.state)
            if changed == self.state:
                continue
            if item.is_undoable and _with_clocks(self.state, changed) != changed:  # else undo would change nothing
                self._remember(item.label)
            self.state = changed
        return self.state != before

    def undo(self) -> bool:
        """Back one step; False when there is none."""
        return self._step(self._undo, self._redo)

    def redo(self) -> bool:
        """Forward one step; False when there is none."""
        return self._step(self._redo, self._undo)

    @property
    def can_undo(self) -> bool:
        """Whether `undo` would do anything."""
        return bool(self._undo)

    @property
    def can_redo(self) -> bool:
        """Whether `redo` would do anything."""
        return bool(self._redo)

    def _remember(self, label: str) -> None:
        if label == self._gesture:
            return
        self._gesture = label
        self._undo.append(self.state)
        del self._undo[:-HISTORY_LENGTH]
        self._redo.clear()

    def _step(self, source: list[ViewState], target: list[ViewState]) -> bool:
        self._gesture = None
        if not source:
            return False
        target.append(self.state)
        self.state = _with_clocks(source.pop(), self.state)
        return True


def _with_clocks(past: ViewState, present: ViewState) -> ViewState:
    """The clock runs on: undoing a light must not throw the motion back, nor into fly mode."""

    def clocked(body: BodyState, now: BodyState) -> BodyState:
        return replace(body, time_s=now.time_s, playing=True) if now.playing else body

    runs = past.tool.camera.plays and present.tool.camera.plays and past.path == present.path
    if runs:
        past = replace(past, camera=present.camera, tool=replace(past.tool, camera=present.tool.camera))
    else:
        kept = {name: getattr(present.tool.camera, name) for name in MODES}
        past = replace(past, tool=replace(past.tool, camera=replace(past.tool.camera, **kept)))
    pairs = zip(past.company.others, present.company.others, strict=False)
    if len(past.company.others) == len(present.company.others):
        past = replace(past, company=replace(past.company, others=tuple(clocked(*pair) for pair in pairs)))
    return replace(past, body=clocked(past.body, present.body))
