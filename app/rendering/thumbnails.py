"""Small pictures for panels: environments, made in a thread of their own, and poses as stick figures."""

import itertools
import logging
import math
import queue
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from app.files.poses import library
from app.rendering.choices import PoseChoice, Stroke
from phynes_core.body.files import load_bundled_body
from phynes_core.body.model import BodyModel, Pose, pose_joints
from phynes_core.body.motion.pose_files import SavedPose
from phynes_core.conventions import linear_to_srgb, rotation_about_y
from phynes_core.errors import PhynesError, one_line
from phynes_core.render.probes import load_environment_image

_log = logging.getLogger(__name__)
ROWS, COLUMNS = 66, 132  # as panels/light_strip.py shows them
MOST_MADE = 400  # the oldest ones go
MIDDLE_GRAY = 0.18  # the geometric mean of a thumbnail, so that dark and bright environments are recognizable


@dataclass(frozen=True, order=True)
class _Request:
    rank: int  # the lower ones first
    number: int
    path: str = field(compare=False)
    accepted: Callable[[], None] = field(compare=False)
    refused: Callable[[str], None] = field(compare=False)


class LightThumbnails:
    """Thumbnails of environments; a thread makes them and then calls `changed`."""

    def __init__(self, changed: Callable[[], None] = lambda: None) -> None:
        self._changed = changed
        self._asked: set[str] = set()
        self._queue: queue.PriorityQueue[_Request] = queue.PriorityQueue()
        self._numbers = itertools.count()
        self._made: dict[str, np.ndarray] = {}
        self._thread: threading.Thread | None = None

    @property
    def made(self) -> Mapping[str, np.ndarray]:
        """Path -> [66, 132, 3] float32 in [0, 1], sRGB; a new mapping after each one that is made."""
        return self._made

    def ask(self, paths: Iterable[str]) -> None:
        """Queue the paths that were not asked for yet, before earlier ones; what is no environment gets none."""
        new = [path for path in dict.fromkeys(paths) if path and path not in self._asked]
        for path in reversed(new):  # the newest request is served first
            self._put(1, path, lambda: None, lambda reason: None)  # reported when the file is used as a light

    def require(self, path: str, accepted: Callable[[], None], refused: Callable[[str], None]) -> None:
        """Read a file before all others, and again: one of both is called in the thread, `refused` with the reason."""
        self._put(0, path, accepted, refused)

    def _put(self, rank: int, path: str, accepted: Callable[[], None], refused: Callable[[str], None]) -> None:
        self._asked.add(path)
        self._queue.put(_Request(rank, -next(self._numbers) if rank else next(self._numbers), path, accepted, refused))
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="thumbnails", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        while True:
            request = self._queue.get()
            try:
                picture = thumbnail(load_environment_image(Path(request.path)))
            except PhynesError as error:
                request.refused(str(error))
            except Exception as error:
                _log.exception("while reading %s", request.path)
                request.refused(f"{request.path}: internal error: {type(error).__name__}: {one_line(error)}")
            else:
                made = {**self._made, request.path: picture}
                for old in list(made)[:-MOST_MADE]:
                    del made[old]
                    self._asked.discard(old)
                self._made = made
                request.accepted()
                self._changed()


def thumbnail(radiance: Tensor) -> np.ndarray:  # [H, 2 H, 3] linear -> [66, 132, 3] in [0, 1], sRGB
    """The environment averaged over blocks, exposed to MIDDLE_GRAY, with highlights compressed."""
    small = adaptive_avg_pool2d(radiance.permute(2, 0, 1), (ROWS, COLUMNS)).permute(1, 2, 0)
    typical = (small.mean(-1) + 1e-6).log().mean().exp()  # geometric mean: a sun would dominate an arithmetic one
    light = small * (MIDDLE_GRAY / typical)
    return linear_to_srgb(light / (1.0 + light)).numpy()


TURN_DEG = -28.0  # view from the side, so that an arm stretched forward is visible
WIDTHS = {
    **dict.fromkeys((4, 5), 0.14),
    **dict.fromkeys((7, 8), 0.11),
    **dict.fromkeys((15, 18, 19), 0.095),
    **dict.fromkeys((10, 11, 20, 21, 22, 23), 0.08),
}  # metres, of the bone that ends in the joint
TRUNK_WIDTH = 0.17
HEAD_RADIUS = 0.10
HEIGHT_M = 2.15  # of a figure's square: a body with raised arms


def pose_choices() -> tuple[PoseChoice, ...]:
    """The pose library for the panel."""
    body = load_bundled_body()
    return tuple(PoseChoice(path, pose.name, pose.rotations, figure_of(body, pose)) for path, pose in library().items())


def figure_of(body: BodyModel, pose: SavedPose) -> tuple[Stroke, ...]:
    """A pose's stick figure: strokes in a square of side 1, origin top left; a stroke of length 0 is the head."""
    rotations = torch.tensor(pose.rotations)
    joints = pose_joints(body, Pose(rotations[1:], rotations[0], torch.zeros(3), torch.zeros(10))).positions
    joints = (joints - 0.5 * (joints.amin(0) + joints.amax(0))) @ rotation_about_y(TURN_DEG).T
    strokes = []
    for joint, parent in enumerate(body.parents):
        if parent < 0:
            continue
        ends = joints[parent], joints[joint]
        strokes.append(_stroke(*ends, WIDTHS.get(joint, TRUNK_WIDTH)))
    head = joints[15] + (joints[15] - joints[12]) * 0.8
    strokes.append(_stroke(head, head, 2 * HEAD_RADIUS))
    return tuple(sorted(strokes, key=lambda stroke: stroke.depth))


def _stroke(start: torch.Tensor, end: torch.Tensor, width_m: float) -> Stroke:
    (x0, y0, z0), (x1, y1, z1) = (start / HEIGHT_M).tolist(), (end / HEIGHT_M).tolist()
    depth = max(-0.5, min(0.5, 0.5 * (z0 + z1)))
    return Stroke(0.5 + x0, 0.5 - y0, 0.5 + x1, 0.5 - y1, width_m / HEIGHT_M, depth if math.isfinite(depth) else 0.0)
