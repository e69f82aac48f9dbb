"""Poses between the windows and the library: what is shown is saved, what lies there is held."""

from pathlib import Path

from app.frames import PoseChoice
from app.pose_edits import hold_pose
from app.pose_figures import pose_choices
from app.pose_files import read_pose
from app.pose_library import free_name, library, save_pose
from app.state import Store, Vector
from app.telling import telling
from app.worker import Worker


class PoseDesk:
    """Belongs to the windows' loop; a pose is a few kB, so reading and writing wait for nothing."""

    def __init__(self, store: Store, worker: Worker) -> None:
        self._store, self._worker = store, worker
        self.choices: tuple[PoseChoice, ...] = pose_choices()

    def save(self, where: str) -> None:
        """Keep the newest picture's pose of the active body, under a name or in a file."""
        frame = self._worker.latest
        if frame is None or not frame.bodies:
            self._worker.say("There is no picture yet whose pose could be saved")
            return
        rows = frame.bodies[frame.state.company.place].rotations.tolist()
        rotations: tuple[Vector, ...] = tuple((x, y, z) for x, y, z in rows)
        with telling(self._worker.say):
            path = save_pose(where or free_name(library()), rotations)
            self._worker.say(f"Saved {path}")
            self.choices = pose_choices()

    def load(self, path: str) -> None:
        """Hold the pose of a file."""
        with telling(self._worker.say):
            self._hold(read_pose(Path(path).expanduser()).rotations)

    def step(self, steps: int) -> None:
        """The next pose of the library, around its ends."""
        if not self.choices:
            self._worker.say("The library holds no poses: Alt+S saves one")
            return
        held = self._store.state.body.held_pose
        place = next((index for index, pose in enumerate(self.choices) if pose.rotations == held), None)
        start = place if place is not None else (-1 if steps > 0 else 0)
        self._hold(self.choices[(start + steps) % len(self.choices)].rotations)

    def _hold(self, rotations: tuple[Vector, ...]) -> None:
        self._store.end_gesture()
        self._store.post(lambda state: hold_pose(state, rotations), "pose")
