"""Framing parts of a body: the camera turns to head, bust, hands, feet or a limb, and keeps its direction and lens."""

import math
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from app.model.avatar_row import choose_body
from app.model.cameras import CameraState
from app.model.fields import changed
from app.model.joints import NO_JOINT
from app.model.store import Store
from app.model.view_state import ViewState
from app.rendering.frames import Frame, ShownBody
from app.tools.limbs import picked_limb
from app.tools.viewport import Point, Viewport

SHARE = 0.8  # of the picture's height, that a framed part fills
SAME_PLACE_M = 0.05  # two points that are nearer are one place


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


def frame_part(store: Store, frame: Frame, name: str) -> None:
    """Look at a part (of PARTS) of the active body, at the next one where it is looked at; the direction stays."""
    body = frame.bodies[frame.state.avatar_row.active]
    parts, looked_at = PARTS[name], _pelvis(frame) + np.asarray(store.state.camera.pan_m)
    seen = [bool(np.linalg.norm(_sphere(body, part)[0] - looked_at) < SAME_PLACE_M) for part in parts]
    _look_at(store, frame, body, parts[(seen.index(True) + 1) % len(parts) if any(seen) else 0])


def frame_held(store: Store, frame: Frame) -> bool:
    """Look at the limb of the selected joint; False where none is selected."""
    joint, index = store.state.tool.selected_joint, frame.state.avatar_row.active
    if joint == NO_JOINT or index >= len(frame.bodies):
        return False
    _look_at(store, frame, frame.bodies[index], PART_OF_JOINT[joint])
    return True


def frame_under(store: Store, viewport: Viewport, point: Point) -> bool:
    """Look at the limb at a window position, whose body becomes the active one; False beside the bodies."""
    frame, limb = viewport.frame, picked_limb(viewport.frame, viewport.view, *viewport.pixel(point))
    if limb is None:
        return False
    index, joint = limb
    body = frame.bodies[index]
    if index == frame.state.avatar_row.active:
        _look_at(store, frame, body, PART_OF_JOINT[joint])
    else:  # another body's pelvis is orbited then, which only the next frame knows
        store.post(lambda state: choose_body(state, index), "choose avatar")
    return True


def whole(state: ViewState, home: CameraState) -> ViewState:
    """Look at the whole bodies, as `home` does, from the present direction and with the present lens."""
    camera = state.camera
    distance_m = home.distance_m * math.tan(0.5 * math.radians(home.fov_deg)) / _reach(camera)
    return replace(state, camera=changed(camera, distance_m=distance_m, pan_m=home.pan_m))


def _look_at(store: Store, frame: Frame, body: ShownBody, part: Part) -> None:
    center, radius_m = _sphere(body, part)
    x, y, z = (center - _pelvis(frame)).tolist()

    def edit(state: ViewState) -> ViewState:
        distance_m = radius_m / (SHARE * _reach(state.camera))
        return replace(state, camera=changed(state.camera, distance_m=distance_m, pan_m=(x, y, z)))

    store.end_gesture()
    store.post(edit, "frame")
    store.end_gesture()


def _sphere(body: ShownBody, part: Part) -> tuple[np.ndarray, float]:  # [3] world; metres
    """A sphere around a part as it is posed."""
    points = body.joints[list(part.joints)]
    center = 0.5 * (points.min(0) + points.max(0))
    radius_m = float(np.linalg.norm(points - center, axis=1).max()) + part.margin_m
    return center + part.up_m * body.axes[part.joints[0], :, 1], radius_m


def _pelvis(frame: Frame) -> np.ndarray:  # [3] world: the point that a camera without a pan orbits
    return np.asarray(frame.target) - np.asarray(frame.state.camera.pan_m)


def _reach(camera: CameraState) -> float:
    """Half the picture's height at a distance of 1."""
    return math.tan(0.5 * math.radians(camera.fov_deg))
