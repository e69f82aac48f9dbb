"""Where the pointer is: window pixels to image pixels, the limb under it, and lamps dragged on a sphere."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pyglm import glm

from app.model.lights import LampState
from app.rendering.frames import Frame
from app.tools.orbit_view import OrbitView, angles_deg, direction

GRAB_RADIUS_PX = 18.0  # in the window
LAMP_SPHERE_SHARE = 0.80  # of half the image's height: a handle stays in sight at any zoom


@dataclass(frozen=True)
class Letterbox:
    """A picture centerd in a window with its own aspect."""

    window_width: int
    window_height: int
    image_width: int
    image_height: int

    @property
    def scale(self) -> float:
        """Window pixels per image pixel."""
        return min(self.window_width / self.image_width, self.window_height / self.image_height)

    @property
    def origin(self) -> tuple[float, float]:
        """Window position of the picture's top left corner."""
        return (
            0.5 * (self.window_width - self.image_width * self.scale),
            0.5 * (self.window_height - self.image_height * self.scale),
        )

    def to_image(self, x: float, y: float) -> tuple[float, float]:
        """Window pixels to image pixels."""
        left, top = self.origin
        return (x - left) / self.scale, (y - top) / self.scale

    def to_window(self, x_px: float, y_px: float) -> tuple[float, float]:
        """Image pixels to window pixels."""
        left, top = self.origin
        return left + x_px * self.scale, top + y_px * self.scale


def lamp_sphere_radius(view: OrbitView) -> float:
    """Radius in metres of the sphere that the handles lie on; it fills the same share of the picture at any zoom."""
    half_angle = 0.5 * math.radians(view.camera.fov_deg)
    # the silhouette of a sphere of radius r at distance d is seen under asin(r / d)
    return view.camera.distance_m * math.sin(math.atan(LAMP_SPHERE_SHARE * math.tan(half_angle)))


@dataclass(frozen=True)
class LampHandle:
    """Where a lamp's glyph is drawn."""

    x_px: float  # image
    y_px: float
    is_behind: bool  # on the far side of the sphere


def lamp_handle(view: OrbitView, lamp: LampState) -> LampHandle:
    """Project a lamp's place on the sphere."""
    toward = direction(lamp.azimuth_deg, lamp.elevation_deg)
    x_px, y_px, _ = view.project(glm.vec3(view.target) + toward * lamp_sphere_radius(view))
    return LampHandle(x_px, y_px, glm.dot(toward, view.axes[2]) > 0.0)


def grabbed_lamp(
    view: OrbitView, lamps: Sequence[LampState], x_px: float, y_px: float, reach_px: float
) -> int | None:  # x, y and reach in image pixels
    """The lamp whose handle is under the pointer; a near one wins over one behind."""
    best: tuple[tuple[bool, float], int] | None = None
    for index, lamp in enumerate(lamps):
        handle = lamp_handle(view, lamp)
        distance = math.hypot(handle.x_px - x_px, handle.y_px - y_px)
        if distance <= reach_px:
            rank = ((handle.is_behind, distance), index)
            best = rank if best is None else min(best, rank)
    return None if best is None else best[1]


class LampDrag:
    """One drag of a handle. Over the rim and back in again, the lamp goes on around the far side."""

    def __init__(self, view: OrbitView, lamp: LampState, x_px: float, y_px: float) -> None:
        handle = lamp_handle(view, lamp)
        self._offset = (handle.x_px - x_px, handle.y_px - y_px)  # the handle does not jump to the pointer
        self._is_behind = handle.is_behind
        self._was_outside = False

    def angles_deg(self, view: OrbitView, x_px: float, y_px: float) -> tuple[float, float]:
        """Azimuth and elevation of the lamp for this pointer position."""
        ray = view.ray(x_px + self._offset[0], y_px + self._offset[1])
        from_target = view.eye - glm.vec3(view.target)
        radius = lamp_sphere_radius(view)
        along = -glm.dot(from_target, ray)
        closest = from_target + ray * along
        reach = radius * radius - glm.dot(closest, closest)
        if reach <= 0.0:
            if not self._was_outside:
                self._was_outside = True
                self._is_behind = not self._is_behind
            return angles_deg(closest)
        self._was_outside = False
        step = math.sqrt(reach)
        return angles_deg(closest + ray * (step if self._is_behind else -step))


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
