"""Aiming a lamp: a press on the body places the selected lamp so that it shines there, and a drag goes on with it."""

import math
from typing import NamedTuple

import numpy as np
from pyglm import glm

from app.model.edits import edit_tool
from app.model.fields import Vector
from app.model.lamps import HIGHLIGHT, aim_lamp
from app.model.preferences import LEFT
from app.model.store import Store
from app.tools.viewport import Drag, Point, PointerEvent, Viewport

SMOOTH_PX = 4  # of the image, around the pixel: normals of faces there are averaged, so that the mesh is not seen


class SurfacePoint(NamedTuple):
    """A point of a body's surface, world axes."""

    position: Vector  # metres
    normal: Vector  # unit, toward the eye's side
    mirrored: Vector  # unit: where a mirror there would show what lies in this direction


def surface_point(viewport: Viewport, point: Point) -> SurfacePoint | None:
    """The surface under a window position; None beside the bodies, or where the frame has no mesh."""
    frame, view = viewport.frame, viewport.view
    faces, mesh = frame.face_index, frame.mesh
    if faces is None or mesh is None:
        return None
    x_px, y_px = viewport.pixel(point)
    column, row = math.floor(x_px), math.floor(y_px)
    height, width = faces.shape
    if not (0 <= column < width and 0 <= row < height) or (face := int(faces[row, column])) < 0:
        return None
    near = faces[max(0, row - SMOOTH_PX) : row + SMOOTH_PX + 1, max(0, column - SMOOTH_PX) : column + SMOOTH_PX + 1]
    normal = _normal(mesh.vertices[mesh.faces[near[near >= 0]]])
    plane = _normal(mesh.vertices[mesh.faces[[face]]])
    ray, corner = view.ray(x_px, y_px), glm.vec3(*mesh.vertices[mesh.faces[face][0]].tolist())
    slope = glm.dot(ray, plane)
    along = glm.dot(corner - view.eye, plane) / slope if abs(slope) > 1e-4 else glm.dot(corner - view.eye, ray)
    normal = -normal if glm.dot(normal, ray) > 0.0 else normal
    mirrored = glm.reflect(ray, normal)
    position = view.eye + ray * along
    return SurfacePoint(*((one.x, one.y, one.z) for one in (position, normal, mirrored)))


class AimTool:
    """Aims the selected lamp at the body, after a command has asked for it."""

    name = "aim"

    def __init__(self, store: Store) -> None:
        self._store = store

    def hit(self, press: PointerEvent) -> bool:
        """A press of the left button on a body while a lamp is to be aimed."""
        tool, lamps = self._store.state.tool, self._store.state.light.lamps
        if press.button != LEFT or not tool.aims or tool.selected_lamp >= len(lamps) or press.viewport is None:
            return False
        return surface_point(press.viewport, press.point) is not None

    def drag(self, press: PointerEvent) -> Drag:
        """Aim at the point that is pressed, then at those that the pointer goes over; the release ends it."""
        viewport, event = press.viewport, press
        while viewport is not None and not event.is_release:
            if (surface := surface_point(viewport, event.point)) is not None:
                self._aim(viewport, surface)
            event = yield
        self._store.post(lambda s: edit_tool(s, aims=""), "aim", is_undoable=False)

    def _aim(self, viewport: Viewport, surface: SurfacePoint) -> None:
        """The body does not move during the drag: the frame of the press says where it is."""
        tool = self._store.state.tool
        pelvis = glm.vec3(viewport.view.target) - glm.vec3(viewport.view.camera.pan_m)
        offset = glm.vec3(surface.position) - pelvis
        toward = surface.mirrored if tool.aims == HIGHLIGHT else surface.normal
        point: Vector = (offset.x, offset.y, offset.z)
        self._store.post(lambda s: aim_lamp(s, tool.selected_lamp, point, toward), "aim lamp")


def _normal(corners: np.ndarray) -> glm.vec3:  # [N, 3, 3] world
    """Unit normal of faces, averaged; their own where they cancel out."""
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    mean = normals.mean(0)
    length = float(np.linalg.norm(mean))
    x, y, z = (mean / length if length > 1e-6 else normals[0]).tolist()
    return glm.vec3(x, y, z)
