"""Small figures of poses for the library: bones as strokes, far ones first."""

import math

import torch

from app.frames import PoseChoice, Stroke
from app.pose_files import SavedPose
from app.pose_library import library, own_folder
from phynes_core.body.files import load_bundled_body
from phynes_core.body.model import BodyModel, Pose, pose_joints
from phynes_core.conventions import rotation_about_y

TURN_DEG = -28.0  # seen a little from the side, so that what reaches ahead shows
WIDTHS = {
    **dict.fromkeys((4, 5), 0.14),
    **dict.fromkeys((7, 8), 0.11),
    **dict.fromkeys((15, 18, 19), 0.095),
    **dict.fromkeys((10, 11, 20, 21, 22, 23), 0.08),
}  # metres, of the bone that ends in the joint
TRUNK_WIDTH = 0.17
HEAD_RADIUS = 0.10
HEIGHT_M = 2.15  # that fits into a figure, arms up


def pose_choices() -> tuple[PoseChoice, ...]:
    """The library as panels show it."""
    body, own = load_bundled_body(), str(own_folder())
    return tuple(
        PoseChoice(path, pose.name, pose.rotations, path.startswith(own), figure_of(body, pose))
        for path, pose in library().items()
    )


def figure_of(body: BodyModel, pose: SavedPose) -> tuple[Stroke, ...]:
    """Strokes in a square of side 1, the origin at its top left; a stroke of no length is the head."""
    rotations = torch.tensor(pose.rotations)
    places = pose_joints(body, Pose(rotations[1:], rotations[0], torch.zeros(3), torch.zeros(10))).positions
    places = (places - 0.5 * (places.amin(0) + places.amax(0))) @ rotation_about_y(TURN_DEG).T
    strokes = []
    for joint, parent in enumerate(body.parents):
        if parent < 0:
            continue
        ends = places[parent], places[joint]
        strokes.append(_stroke(*ends, WIDTHS.get(joint, TRUNK_WIDTH)))
    head = places[15] + (places[15] - places[12]) * 0.8
    strokes.append(_stroke(head, head, 2 * HEAD_RADIUS))
    return tuple(sorted(strokes, key=lambda stroke: stroke.depth))


def _stroke(start: torch.Tensor, end: torch.Tensor, width_m: float) -> Stroke:
    (x0, y0, z0), (x1, y1, z1) = (start / HEIGHT_M).tolist(), (end / HEIGHT_M).tolist()
    depth = max(-0.5, min(0.5, 0.5 * (z0 + z1)))
    return Stroke(0.5 + x0, 0.5 - y0, 0.5 + x1, 0.5 - y1, width_m / HEIGHT_M, depth if math.isfinite(depth) else 0.0)
