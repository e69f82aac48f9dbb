"""Joints in the picture: a click on a limb selects its joint, a dragged ring turns it."""

import math
from dataclasses import dataclass

import numpy as np
from pyglm import glm

from app.model.avatar_row import choose_body
from app.model.edits import edit_tool
from app.model.fields import Vector
from app.model.joints import NO_JOINT, select_joint, turn_joint, turned
from app.model.store import Store
from app.model.view_state import ViewState
from app.rendering.frames import Frame
from app.tools.orbit_view import OrbitView
from app.tools.rings import RingDrag, Rings, rings_of
from app.tools.viewport import Drag, Point, PointerEvent, Viewport

GRAB_RADIUS_PX = 9.0  # in the window
CLICK_REACH_PX = 4.0  # a press that moves no farther is a click
REACH_SHARE = 0.03  # of the image's height: a click so near to a joint, beside the body, selects it


@dataclass(frozen=True, eq=False)
class HeldLimb:
    """What is drawn of the selected joint."""

    body: int  # its index in the avatar row
    joint: int
    rings: Rings
    chosen_axis: int  # that the keys turn about
    dragged_axis: int | None  # of the ring that is being dragged


class RingTool:
    """Turns the selected joint about one of its rings."""

    name = "ring"

    def __init__(self, store: Store) -> None:
        self._store = store
        self._dragged_axis: int | None = None

    def hit(self, press: PointerEvent) -> bool:
        """A press on a ring of the selected joint."""
        return self._hit(press) is not None

    def drag(self, press: PointerEvent) -> Drag:
        """Choose the ring's axis, then turn the joint by the angle that the pointer goes around it."""
        hit, viewport = self._hit(press), press.viewport
        if hit is None or viewport is None:
            return
        rings, axis = hit
        state = self._store.state
        joint = state.tool.selected_joint
        angles: Vector = state.body.joint_angles_deg[joint]
        ring = RingDrag(rings, viewport.view, axis, *viewport.pixel(press.point))
        self._store.post(lambda s: edit_tool(s, joint_axis=axis), "axis", is_undoable=False)
        self._dragged_axis = axis
        try:
            while not (event := (yield)).is_release:
                viewport = event.viewport or viewport
                degrees = ring.move(*viewport.pixel(event.point))
                self._place(joint, turned(angles, axis, degrees, is_root=joint == 0))
        finally:
            self._dragged_axis = None

    def held(self, viewport: Viewport) -> HeldLimb | None:
        """What is drawn of the selected joint; None without one."""
        state = self._store.state
        rings = rings_shown(state, viewport)
        if rings is None:
            return None
        tool = state.tool
        return HeldLimb(state.avatar_row.active, tool.selected_joint, rings, tool.joint_axis, self._dragged_axis)

    def _hit(self, press: PointerEvent) -> tuple[Rings, int] | None:
        viewport = press.viewport
        rings = rings_shown(self._store.state, viewport) if viewport is not None else None
        if viewport is None or rings is None:
            return None
        axis = rings.hit(viewport.view, *viewport.pixel(press.point), viewport.pixels(GRAB_RADIUS_PX))
        return None if axis is None else (rings, axis)

    def _place(self, joint: int, angles: Vector) -> None:
        self._store.post(lambda state: turn_joint(state, joint, angles), "turn joint")


def rings_shown(state: ViewState, viewport: Viewport) -> Rings | None:
    """The rings of the selected joint; None without one."""
    frame, joint = viewport.frame, state.tool.selected_joint
    if joint == NO_JOINT or len(frame.bodies) != len(state.bodies):
        return None
    return rings_of(frame, viewport.view, state.avatar_row.active, joint)


def click_limb(store: Store, viewport: Viewport, point: Point) -> None:
    """Select the joint of the limb at a window position, or none beside the bodies."""
    limb = picked_limb(viewport.frame, viewport.view, *viewport.pixel(point))
    if limb is None:
        store.post(lambda state: select_joint(state, NO_JOINT), "select joint", is_undoable=False)
        return
    body, joint = limb
    store.post(lambda s: select_joint(choose_body(s, body), joint), "select joint", is_undoable=False)


def picked_limb(frame: Frame, view: OrbitView, x_px: float, y_px: float) -> tuple[int, int] | None:
    """(index of the body in the avatar row, joint) at an image position; None on the background."""
    if frame.face_index is None or not frame.bodies:
        return None
    height, width = frame.face_index.shape
    column, row = math.floor(x_px), math.floor(y_px)
    if not (0 <= column < width and 0 <= row < height):
        return None
    face = int(frame.face_index[row, column])
    if face < 0:
        return _nearest_joint(frame, view, x_px, y_px)
    index = body_of_face(frame, face)
    body = frame.bodies[index]
    return index, int(body.face_weights[face - body.first_face].argmax())


def body_of_face(frame: Frame, face: int) -> int:
    """Index in the avatar row of the body that a face belongs to."""
    return max(index for index, body in enumerate(frame.bodies) if body.first_face <= face)


def limb_weights(frame: Frame, index: int, joint: int) -> np.ndarray | None:  # [H, W] uint8
    """Skinning weight (255 = 1) of a joint of a body at each pixel; 0 on other bodies and on the background."""
    if frame.face_index is None or not 0 <= index < len(frame.bodies):
        return None
    body = frame.bodies[index]
    table = np.zeros(len(body.face_weights) + 1, np.uint8)  # the last entry is for all other pixels
    table[:-1] = body.face_weights[:, joint]
    faces = frame.face_index - body.first_face
    is_own = (faces >= 0) & (faces < len(body.face_weights)) & (frame.face_index >= 0)
    return table[np.where(is_own, faces, len(table) - 1)]


def _nearest_joint(frame: Frame, view: OrbitView, x_px: float, y_px: float) -> tuple[int, int] | None:
    best: tuple[float, int, int] | None = None
    for index, body in enumerate(frame.bodies):
        for joint, point in enumerate(body.joints.tolist()):
            x, y, depth = view.project(glm.vec3(*point))
            distance = math.hypot(x - x_px, y - y_px)
            if depth > 0 and distance <= REACH_SHARE * view.height and (best is None or distance < best[0]):
                best = distance, index, joint
    return None if best is None else best[1:]
