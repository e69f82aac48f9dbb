"""Framing parts of a body: the camera turns to head, bust, hands, feet or a limb, and keeps its direction and lens."""

from dataclasses import replace

import numpy as np

from app.model.avatar_row import choose_body
from app.model.joints import NO_JOINT
from app.model.store import Store
from app.model.view_state import ViewState
from app.rendering.body_parts import PART_OF_JOINT, PARTS, Part, camera_on, sphere_of
from app.rendering.frames import Frame, ShownBody
from app.tools.limbs import picked_limb
from app.tools.viewport import Point, Viewport

SAME_PLACE_M = 0.05  # two points that are nearer are one place


def frame_part(store: Store, frame: Frame, name: str) -> None:
    """Look at a part (of PARTS) of the active body, at the next one where it is looked at; the direction stays."""
    body = frame.bodies[frame.state.avatar_row.active]
    parts, looked_at = PARTS[name], _pelvis(frame) + np.asarray(store.state.camera.pan_m)
    seen = [bool(np.linalg.norm(sphere_of(body, part)[0] - looked_at) < SAME_PLACE_M) for part in parts]
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


def _look_at(store: Store, frame: Frame, body: ShownBody, part: Part) -> None:
    pelvis = _pelvis(frame)

    def edit(state: ViewState) -> ViewState:
        return replace(state, camera=camera_on(state.camera, body, pelvis, part))

    store.end_gesture()
    store.post(edit, "frame")
    store.end_gesture()


def _pelvis(frame: Frame) -> np.ndarray:  # [3] world: the point that a camera without a pan orbits
    return np.asarray(frame.target) - np.asarray(frame.state.camera.pan_m)
