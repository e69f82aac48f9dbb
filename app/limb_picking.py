"""Which limb of whom is under the pointer: by the face that the pixel shows and what moves it."""

import math

import numpy as np
from pyglm import glm

from app.frames import Frame
from app.orbit_camera import OrbitView

REACH_SHARE = 0.03  # of the image's height: beside the body, the nearest joint is meant


def picked_limb(frame: Frame, view: OrbitView, x_px: float, y_px: float) -> tuple[int, int] | None:
    """(place in the row, joint) at an image position; None on the background."""
    if frame.face_index is None or not frame.bodies:
        return None
    height, width = frame.face_index.shape
    column, row = math.floor(x_px), math.floor(y_px)
    if not (0 <= column < width and 0 <= row < height):
        return None
    face = int(frame.face_index[row, column])
    if face < 0:
        return _nearest_joint(frame, view, x_px, y_px)
    place = owner_of(frame, face)
    body = frame.bodies[place]
    return place, int(body.face_weights[face - body.first_face].argmax())


def owner_of(frame: Frame, face: int) -> int:
    """Place in the row of the body that a face belongs to."""
    return max(place for place, body in enumerate(frame.bodies) if body.first_face <= face)


def limb_weights(frame: Frame, place: int, joint: int) -> np.ndarray | None:  # [H, W] uint8
    """How much a joint moves what each pixel shows; 0 on others and on the background."""
    if frame.face_index is None or not 0 <= place < len(frame.bodies):
        return None
    body = frame.bodies[place]
    table = np.zeros(len(body.face_weights) + 1, np.uint8)  # the last entry stands for everything else
    table[:-1] = body.face_weights[:, joint]
    faces = frame.face_index - body.first_face
    is_own = (faces >= 0) & (faces < len(body.face_weights)) & (frame.face_index >= 0)
    return table[np.where(is_own, faces, len(table) - 1)]


def _nearest_joint(frame: Frame, view: OrbitView, x_px: float, y_px: float) -> tuple[int, int] | None:
    best: tuple[float, int, int] | None = None
    for place, body in enumerate(frame.bodies):
        for joint, point in enumerate(body.joints.tolist()):
            x, y, depth = view.project(glm.vec3(*point))
            apart = math.hypot(x - x_px, y - y_px)
            if depth > 0 and apart <= REACH_SHARE * view.height and (best is None or apart < best[0]):
                best = apart, place, joint
    return None if best is None else best[1:]
