"""The orbit camera in plain Python: the same projection as phynes_core.render.camera, for pointers and handles."""

import math
from dataclasses import dataclass, replace

from pyglm import glm

from app.model.cameras import CameraState, closer_m
from app.model.fields import Vector, changed


def direction(azimuth_deg: float, elevation_deg: float) -> glm.vec3:
    """Unit vector from the orbited point to the camera or lamp."""
    azimuth, elevation = math.radians(azimuth_deg), math.radians(elevation_deg)
    across = math.cos(elevation)
    return glm.vec3(math.sin(azimuth) * across, math.sin(elevation), math.cos(azimuth) * across)


def angles_deg(vector: glm.vec3) -> tuple[float, float]:
    """Azimuth and elevation of a direction, degrees."""
    unit = glm.normalize(vector)
    return math.degrees(math.atan2(unit.x, unit.z)), math.degrees(math.asin(max(-1.0, min(1.0, unit.y))))


@dataclass(frozen=True)
class OrbitView:
    """A camera that looks at `target`, and the size of its image."""

    camera: CameraState
    target: Vector  # world, metres, pan included
    width: int  # image, px
    height: int

    @property
    def axes(self) -> tuple[glm.vec3, glm.vec3, glm.vec3]:
        """Right, up, forward; unit, world."""
        forward = -direction(self.camera.azimuth_deg, self.camera.elevation_deg)
        azimuth = math.radians(self.camera.azimuth_deg)
        right = glm.vec3(math.cos(azimuth), 0.0, -math.sin(azimuth))  # also where the camera looks straight up or down
        return right, glm.cross(right, forward), forward

    @property
    def eye(self) -> glm.vec3:
        """The camera's center, world, metres."""
        return glm.vec3(self.target) - self.axes[2] * self.camera.distance_m

    @property
    def focal_px(self) -> float:
        """Focal length in pixels; the field of view is the image height's."""
        return 0.5 * self.height / math.tan(0.5 * math.radians(self.camera.fov_deg))

    def project(self, point: glm.vec3) -> tuple[float, float, float]:
        """Image position in pixels and depth in metres of a world point; depth <= 0 is behind the camera."""
        right, up, forward = self.axes
        offset = glm.vec3(point) - self.eye
        depth = glm.dot(offset, forward)
        scale = self.focal_px / max(depth, 1e-6)
        return (
            0.5 * self.width + glm.dot(offset, right) * scale,
            0.5 * self.height - glm.dot(offset, up) * scale,
            depth,
        )

    def ray(self, x_px: float, y_px: float) -> glm.vec3:
        """Unit world direction from the eye through an image position."""
        right, up, forward = self.axes
        across = (x_px - 0.5 * self.width) / self.focal_px
        down = (y_px - 0.5 * self.height) / self.focal_px
        return glm.normalize(forward + right * across - up * down)


def panned(view: OrbitView, dx_px: float, dy_px: float) -> CameraState:
    """The camera moved so that the orbited point moves by so many image pixels."""
    right, up, _ = view.axes
    metres = view.camera.distance_m / view.focal_px
    moved = glm.vec3(view.camera.pan_m) - right * (dx_px * metres) + up * (dy_px * metres)
    return replace(view.camera, pan_m=(moved.x, moved.y, moved.z))


def zoomed(view: OrbitView, notches: float, x_px: float, y_px: float) -> CameraState:
    """The camera closer for positive notches, away for negative ones; what an image position shows stays there.

    That holds exactly for the plane through the orbited point that faces the camera.
    """
    camera, (right, up, _) = view.camera, view.axes
    distance_m = closer_m(camera, notches)
    metres = (camera.distance_m - distance_m) / view.focal_px  # by which a pixel beside the center moves the camera
    moved = glm.vec3(camera.pan_m) + right * ((x_px - 0.5 * view.width) * metres)
    moved -= up * ((y_px - 0.5 * view.height) * metres)
    return changed(camera, distance_m=distance_m, pan_m=(moved.x, moved.y, moved.z))
