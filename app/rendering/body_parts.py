"""Parts of a body that a camera is turned to: what lies in them, and the camera that shows one, or the whole body."""

import math
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from app.model.cameras import CameraState
from app.model.fields import changed
from app.model.view_state import ViewState
from app.rendering.frames import ShownBody

SHARE = 0.8  # of the picture's height, that a framed part fills


class Part(NamedTuple):
    """A part of the body: the joints that lie in it, metres around them, and metres up along the first one's axis."""

    joints: tuple[int, ...]
    margin_m: float
    up_m: float = 0.0


HEAD, BUST, TORSO = Part((15,), 0.17, 0.09), Part((12,), 0.34, -0.02), Part((0, 6, 12), 0.28)
LEFT_HAND, RIGHT_HAND = Part((20, 22), 0.12), Part((21, 23), 0.12)
LEFT_FOOT, RIGHT_FOOT, FEET = Part((7, 10), 0.13), Part((8, 11), 0.13), Part((7, 10, 8, 11), 0.14)
LEFT_ARM, RIGHT_ARM = Part((16, 18, 20), 0.12), Part((17, 19, 21), 0.12)
LEFT_LEG, RIGHT_LEG = Part((1, 4, 7), 0.14), Part((2, 5, 8), 0.14)
PARTS: dict[str, tuple[Part, ...]] = {  # of the commands; of several the camera goes from one to the next
    "head": (HEAD,), "bust": (BUST,), "hands": (LEFT_HAND, RIGHT_HAND), "feet": (FEET,),
}  # fmt: skip
PART_OF_JOINT = {
    **dict.fromkeys((12, 15), HEAD), **dict.fromkeys((0, 3, 6, 9, 13, 14), TORSO),
    **dict.fromkeys((20, 22), LEFT_HAND), **dict.fromkeys((21, 23), RIGHT_HAND),
    **dict.fromkeys((16, 18), LEFT_ARM), **dict.fromkeys((17, 19), RIGHT_ARM),
    **dict.fromkeys((1, 4), LEFT_LEG), **dict.fromkeys((2, 5), RIGHT_LEG),
    **dict.fromkeys((7, 10), LEFT_FOOT), **dict.fromkeys((8, 11), RIGHT_FOOT),
}  # fmt: skip


def camera_on(camera: CameraState, body: ShownBody, pelvis: np.ndarray, part: Part) -> CameraState:  # [3] world
    """The camera turned to a part as it is posed, with its direction and lens; `pelvis`: orbited without a pan."""
    center, radius_m = sphere_of(body, part)
    x, y, z = (center - pelvis).tolist()
    return changed(camera, distance_m=radius_m / (SHARE * reach(camera)), pan_m=(x, y, z))


def whole(state: ViewState, home: CameraState) -> ViewState:
    """Look at the whole bodies, as `home` does, from the present direction and with the present lens."""
    camera = state.camera
    distance_m = home.distance_m * math.tan(0.5 * math.radians(home.fov_deg)) / reach(camera)
    return replace(state, camera=changed(camera, distance_m=distance_m, pan_m=home.pan_m))


def sphere_of(body: ShownBody, part: Part) -> tuple[np.ndarray, float]:  # [3] world; metres
    """A sphere around a part as it is posed."""
    points = body.joints[list(part.joints)]
    center = 0.5 * (points.min(0) + points.max(0))
    radius_m = float(np.linalg.norm(points - center, axis=1).max()) + part.margin_m
    return center + part.up_m * body.axes[part.joints[0], :, 1], radius_m


def reach(camera: CameraState) -> float:
    """Half the picture's height at a distance of 1."""
    return math.tan(0.5 * math.radians(camera.fov_deg))
