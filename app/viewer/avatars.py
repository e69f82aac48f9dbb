"""Material edits and poses between the windows and their files, and the clock of clips and camera paths."""

import time
from pathlib import Path

from app.files.materials import load_materials, materials_path, save_materials
from app.files.poses import free_name, library, save_pose
from app.model.avatar_row import advance_time, posed_bodies
from app.model.camera_paths import advance_path
from app.model.fields import Vector
from app.model.joints import hold_pose
from app.model.materials import MaterialFile, use_materials
from app.model.store import Store
from app.rendering.choices import Choices, PoseChoice
from app.rendering.thumbnails import pose_choices
from app.rendering.worker import Worker
from app.viewer.notices import Say, report_errors
from phynes_core.body.motion.pose_files import read_pose


class MaterialController:
    """Saves and loads material edits in the windows' thread: files of a few kB. None is loaded unasked."""

    def __init__(self, store: Store, say: Say) -> None:
        self._store, self._say = store, say
        self._avatar: str | None = None  # whose file was last looked for
        self._has_file = False

    @property
    def file(self) -> MaterialFile:
        """The file beside the active avatar's checkpoint, whether or not it exists."""
        avatar = self._store.state.body.avatar
        return MaterialFile(materials_path(avatar).name, self._has_file) if avatar else MaterialFile()

    def update(self) -> None:
        """Look for a file when another avatar becomes active, and say that it can be loaded."""
        body = self._store.state.body
        if body.avatar == self._avatar or not body.avatar:
            return
        self._avatar, path = body.avatar, materials_path(body.avatar)
        self._has_file = path.is_file()
        if self._has_file and not body.materials.strokes and body.materials.is_plain:
            self._say(f"{path.name} beside this avatar is not used: {{materials.load}} or the panel Materials loads it")

    def save(self, path: str = "") -> None:
        """Write the active body's edits, beside its checkpoint when no path is given."""
        body = self._store.state.body
        if not body.avatar:
            return
        with report_errors(self._say):
            target = Path(path).expanduser() if path else materials_path(body.avatar)
            save_materials(target, body.materials, body.avatar)
            self._has_file = self._has_file or target == materials_path(body.avatar)
            self._say(f"Saved {target.absolute()}")

    def load(self, path: str = "") -> None:
        """Use the edits of a file, of the one beside the checkpoint when no path is given."""
        avatar = self._store.state.body.avatar
        with report_errors(self._say):
            source = Path(path).expanduser() if path else materials_path(avatar)
            materials = load_materials(source)
            self._store.end_gesture()
            self._store.post(lambda state: use_materials(state, materials), "load materials")
            self._store.end_gesture()
            self._say(f"Materials as {source.name} has them")


class PoseController:
    """Saves, loads and chooses poses in the windows' thread: files of a few kB."""

    def __init__(self, store: Store, worker: Worker) -> None:
        self._store, self._worker = store, worker
        self.choices: tuple[PoseChoice, ...] = pose_choices()

    @property
    def has_choices(self) -> bool:
        """Whether the library holds any pose."""
        return bool(self.choices)

    def save(self, name_or_path: str) -> None:
        """Save the active body's pose in the newest picture, under a name in the library or to a .json path."""
        frame = self._worker.latest
        if frame is None or not frame.bodies:
            self._worker.say("There is no picture yet whose pose could be saved")
            return
        rows = frame.bodies[frame.state.avatar_row.active].rotations.tolist()
        rotations: tuple[Vector, ...] = tuple((x, y, z) for x, y, z in rows)
        with report_errors(self._worker.say):
            path = save_pose(name_or_path or free_name(library()), rotations)
            self._worker.say(f"Saved {path.absolute()}")
            self.choices = pose_choices()

    def load(self, path: str) -> None:
        """Hold a file's pose."""
        with report_errors(self._worker.say):
            self._hold(read_pose(Path(path).expanduser()).rotations)

    def step(self, steps: int) -> None:
        """Hold the pose so many entries further in the library, which is cyclic."""
        if not self.choices:
            return
        held = self._store.state.body.held_pose
        index = next((index for index, pose in enumerate(self.choices) if pose.rotations == held), None)
        start = index if index is not None else (-1 if steps > 0 else 0)
        self._hold(self.choices[(start + steps) % len(self.choices)].rotations)

    def _hold(self, rotations: tuple[Vector, ...]) -> None:
        self._store.end_gesture()
        self._store.post(lambda state: hold_pose(state, rotations), "pose")


class ClipClock:
    """Moves clips and camera paths on by the time that has passed. Belongs to the windows' thread."""

    def __init__(self, store: Store, worker: Worker, choices: Choices) -> None:
        self._store, self._worker, self._choices = store, worker, choices
        self._now_s: float | None = None

    @property
    def is_playing(self) -> bool:
        """Whether a clip or the camera path plays."""
        state = self._store.state
        return state.tool.camera.plays or any(body.playing and body.motion for body in state.bodies)

    def advance(self) -> None:
        """Move what plays by the time since the last call."""
        now_s = time.monotonic()
        elapsed_s, self._now_s = now_s - (self._now_s or now_s), now_s
        if self._store.state.tool.camera.plays:
            self._store.post(lambda s: advance_path(s, elapsed_s), "clock", is_undoable=False)
        if any(body.playing for body in self._store.state.bodies):
            durations = self.durations_s()
            self._store.post(lambda s: advance_time(s, elapsed_s, durations), "clock", is_undoable=False)

    def durations_s(self) -> dict[str, float]:
        """Length in seconds by clip, of those that can be chosen and those in the newest picture."""
        durations = {choice.key: choice.duration_s for choice in self._choices.motions}
        if (frame := self._worker.latest) is not None:
            durations |= {
                state.motion: shown.duration_s
                for state, shown in zip(posed_bodies(frame.state), frame.bodies, strict=False)
            }
        return durations

    def clip(self) -> tuple[float, float]:
        """Length in seconds and frames a second of the active body's clip in the newest picture; zeros without one."""
        frame = self._worker.latest
        if frame is None or not frame.bodies:
            return 0.0, 0.0
        body = frame.bodies[frame.state.avatar_row.active]
        return body.duration_s, body.fps
