"""Edits of the camera beyond orbit and zoom: views, lens, flying. As total as those of app/model/edits.py."""

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from app.model.edits import edit_camera, edit_tool
from app.model.fields import Vector, wrap_deg

if TYPE_CHECKING:
    from app.model.view_state import ViewState


@dataclass(frozen=True)
class CameraState:
    """An orbit around the pelvis: conventions.py says which way the angles go."""

    azimuth_deg: float = 0.0
    elevation_deg: float = 0.0
    distance_m: float = 3.75  # the default body fills about 85 % of the height
    pan_m: Vector = (0.0, 0.0, 0.0)  # added to the orbited point, world
    fov_deg: float = 30.0  # vertical


@dataclass(frozen=True)
class CameraTool:
    """What the hands do with the camera; never part of a picture."""

    flies: bool = False  # keys move the camera, a drag turns it where it stands
    fly_m_s: float = 1.0
    keeps_size: bool = True  # another lens moves the camera, so that what is looked at keeps its size
    key: int = 0  # the selected one of the path
    time_s: float = 0.0  # in the path
    plays: bool = False  # the camera runs along the path
    shows_path: bool = True  # as a line in the picture


MAX_ELEVATION_DEG = 89.0  # straight up has no azimuth
MIN_DISTANCE_M, MAX_DISTANCE_M = 0.4, 60.0
ORBIT_DEG_PER_PX = 0.4
ZOOM_PER_NOTCH = 0.9


def orbit(state: "ViewState", dx_px: float, dy_px: float) -> "ViewState":
    """Turn the camera as if the pointer held the avatar."""
    camera = state.camera
    elevation = camera.elevation_deg + dy_px * ORBIT_DEG_PER_PX
    return edit_camera(
        state,
        azimuth_deg=wrap_deg(camera.azimuth_deg - dx_px * ORBIT_DEG_PER_PX),
        elevation_deg=max(-MAX_ELEVATION_DEG, min(MAX_ELEVATION_DEG, elevation)),
    )


def zoom(state: "ViewState", notches: float) -> "ViewState":
    """Wheel up comes closer."""
    distance = state.camera.distance_m * ZOOM_PER_NOTCH**notches
    return edit_camera(state, distance_m=max(MIN_DISTANCE_M, min(MAX_DISTANCE_M, distance)))


VIEWS: dict[str, tuple[float, float]] = {  # azimuth and elevation; left and right are the body's own
    "front": (0.0, 0.0), "left": (90.0, 0.0), "back": (180.0, 0.0), "right": (-90.0, 0.0),
    "top": (0.0, 90.0), "below": (0.0, -90.0),
}  # fmt: skip
SENSOR_MM = 36.0  # the width of full frame, across the picture, which is square
MIN_FOV_DEG, MAX_FOV_DEG = 4.0, 110.0
LENSES_MM = (18.0, 24.0, 35.0, 50.0, 85.0, 135.0, 200.0)
MIN_LENS_MM, MAX_LENS_MM = 13.0, 500.0
MIN_FLY_M_S, MAX_FLY_M_S = 0.1, 20.0
FLY_STEP = 1.25  # of the speed, for a notch of the wheel
LOOK_DEG_PER_PX = 0.2
MAX_PAN_M = 100.0


def edit_camera_tool(state: "ViewState", **changes: Any) -> "ViewState":
    """Replace fields of what the hands do with the camera."""
    return edit_tool(state, camera=replace(state.tool.camera, **changes))


def view_from(state: "ViewState", name: str) -> "ViewState":
    """Look from one of VIEWS at the same point, from the same distance."""
    azimuth, elevation = VIEWS[name]
    return replace(state, camera=replace(state.camera, azimuth_deg=wrap_deg(azimuth), elevation_deg=elevation))


def lens_mm(fov_deg: float) -> float:
    """Focal length whose picture on a full-frame sensor's width spans this angle."""
    return 0.5 * SENSOR_MM / math.tan(0.5 * math.radians(fov_deg))


def fov_of_lens(focal_mm: float) -> float:
    """The angle in degrees that a focal length spans across the picture."""
    return 2.0 * math.degrees(math.atan(0.5 * SENSOR_MM / focal_mm))


def with_lens(camera: CameraState, fov_deg: float, keeps_size: bool) -> CameraState:
    """Another field of view; where wanted from the distance at which the looked-at point keeps its size."""
    fov_deg = max(MIN_FOV_DEG, min(MAX_FOV_DEG, fov_deg))
    if not keeps_size:
        return replace(camera, fov_deg=fov_deg)
    before, after = (math.tan(0.5 * math.radians(angle)) for angle in (camera.fov_deg, fov_deg))
    distance = max(MIN_DISTANCE_M, min(MAX_DISTANCE_M, camera.distance_m * before / after))
    return replace(camera, fov_deg=fov_deg, distance_m=distance)


def set_fov(state: "ViewState", fov_deg: float) -> "ViewState":
    """Another field of view, as the tool says: from here, or from where the avatar keeps its size."""
    return replace(state, camera=with_lens(state.camera, fov_deg, state.tool.camera.keeps_size))


def set_lens(state: "ViewState", focal_mm: float) -> "ViewState":
    """Another focal length, in millimetres of full frame."""
    return set_fov(state, fov_of_lens(max(1.0, focal_mm)))


def step_lens(state: "ViewState", steps: int) -> "ViewState":
    """The next longer or shorter one of LENSES_MM."""
    now = lens_mm(state.camera.fov_deg)
    longer = [focal for focal in LENSES_MM if focal > now + 0.05]
    shorter = [focal for focal in LENSES_MM if focal < now - 0.05]
    if steps > 0:
        return set_lens(state, longer[0]) if longer else state
    return set_lens(state, shorter[-1]) if shorter else state


def toggle_keeps_size(state: "ViewState") -> "ViewState":
    """Whether another lens moves the camera."""
    return edit_camera_tool(state, keeps_size=not state.tool.camera.keeps_size)


def toggle_fly(state: "ViewState") -> "ViewState":
    """Fly, or orbit again."""
    return edit_camera_tool(state, flies=not state.tool.camera.flies)


def change_fly_speed(state: "ViewState", notches: float) -> "ViewState":
    """Faster with the wheel up."""
    return set_fly_speed(state, state.tool.camera.fly_m_s * FLY_STEP**notches)


def set_fly_speed(state: "ViewState", metres: float) -> "ViewState":
    """Metres a second."""
    return edit_camera_tool(state, fly_m_s=max(MIN_FLY_M_S, min(MAX_FLY_M_S, metres)))


def look(state: "ViewState", dx_px: float, dy_px: float) -> "ViewState":
    """Turn the camera where it stands; what is looked at moves around it."""
    camera, degrees = state.camera, LOOK_DEG_PER_PX * min(1.0, state.camera.fov_deg / 60.0)
    elevation = max(-MAX_ELEVATION_DEG, min(MAX_ELEVATION_DEG, camera.elevation_deg + dy_px * degrees))
    turned = replace(camera, azimuth_deg=wrap_deg(camera.azimuth_deg - dx_px * degrees), elevation_deg=elevation)
    return replace(state, camera=looking_from(turned, eye_of(camera)))


def fly(state: "ViewState", right_m: float, up_m: float, forward_m: float) -> "ViewState":
    """Move the camera and what it looks at: to its right, upward in the world, and where it looks."""
    camera = state.camera
    azimuth, elevation = math.radians(camera.azimuth_deg), math.radians(camera.elevation_deg)
    across = -math.cos(elevation) * forward_m
    step = (
        right_m * math.cos(azimuth) + across * math.sin(azimuth),
        up_m - forward_m * math.sin(elevation),
        -right_m * math.sin(azimuth) + across * math.cos(azimuth),
    )
    x, y, z = (max(-MAX_PAN_M, min(MAX_PAN_M, old + new)) for old, new in zip(camera.pan_m, step, strict=True))
    pan: Vector = (x, y, z)
    return replace(state, camera=replace(camera, pan_m=pan))


def eye_of(camera: CameraState) -> Vector:
    """Where the camera stands, in metres from the point that an unpanned one orbits."""
    return _beyond(camera, camera.pan_m, camera.distance_m)


def looking_from(camera: CameraState, eye: Vector) -> CameraState:
    """The same angles, distance and lens from another place."""
    pan = _beyond(camera, eye, -camera.distance_m)
    return CameraState(camera.azimuth_deg, camera.elevation_deg, camera.distance_m, pan, camera.fov_deg)


def _beyond(camera: CameraState, place: Vector, distance_m: float) -> Vector:
    azimuth, elevation = math.radians(camera.azimuth_deg), math.radians(camera.elevation_deg)
    across = distance_m * math.cos(elevation)
    return (
        place[0] + across * math.sin(azimuth),
        place[1] + distance_m * math.sin(elevation),
        place[2] + across * math.cos(azimuth),
    )
