"""The camera and its edits: orbit and zoom, views, lens, flying."""

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any

from app.model.edits import edit_camera, edit_tool
from app.model.fields import TURN_DEG, Number, Vector, changed, range_of, wrap_deg

if TYPE_CHECKING:
    from app.model.view_state import ViewState


SENSOR_MM = 36.0  # width of a full-frame sensor, which spans the square picture
MAX_KEYS = 64  # of a path
MAX_PATH_S = 600.0  # of a path up to its last key, and of its way back to the first one


def lens_mm(fov_deg: float) -> float:
    """Focal length in mm whose full-frame picture spans this angle."""
    return 0.5 * SENSOR_MM / math.tan(0.5 * math.radians(fov_deg))


def fov_of_lens(focal_mm: float) -> float:
    """Field of view in degrees of a focal length; the inverse of `lens_mm`."""
    return 2.0 * math.degrees(math.atan(0.5 * SENSOR_MM / focal_mm))


Elevation = Annotated[  # at 90 degrees the azimuth has no meaning: a drag stops before
    float, Number(-90.0, 90.0, "degrees", soft=(-89.0, 89.0), format="elevation  %.0f°")
]
Pan = Annotated[float, Number(-1000.0, 1000.0, "metres", soft=(-100.0, 100.0))]
FOV_DEG = Number(1.0, 150.0, "degrees", soft=(5.0, 90.0), format="field of view  %.0f°")
LENS_MM = Number(  # the same as a focal length in millimetres of full frame
    lens_mm(FOV_DEG.most), lens_mm(FOV_DEG.least), "mm", soft=(13.0, 500.0), format="lens  %.0f mm"
)


@dataclass(frozen=True)
class CameraState:
    """An orbit around the pelvis; conventions.py defines the angles' directions."""

    azimuth_deg: Annotated[float, Number(-TURN_DEG, TURN_DEG, "degrees")] = 0.0
    elevation_deg: Elevation = 0.0
    distance_m: Annotated[float, Number(0.05, 1000.0, "metres", soft=(0.4, 60.0))] = 3.75  # 85 % of the height
    pan_m: tuple[Pan, Pan, Pan] = (0.0, 0.0, 0.0)  # added to the orbited point, world
    fov_deg: Annotated[float, FOV_DEG] = 30.0  # vertical


@dataclass(frozen=True)
class CameraTool:
    """How the camera is moved; no part of a picture."""

    flies: bool = False  # keys move the camera, a drag turns it about its eye
    fly_m_s: Annotated[float, Number(0.01, 100.0, "metres a second", soft=(0.1, 20.0), format="%.1f m/s")] = 1.0
    keeps_size: bool = True  # another lens moves the camera, so that the orbited point keeps its size
    key: Annotated[int, Number(0, MAX_KEYS - 1)] = 0  # index of the path's selected key
    time_s: Annotated[float, Number(0.0, 2.0 * MAX_PATH_S, "seconds", format="%.2f s")] = 0.0  # in the path
    plays: bool = False  # the camera runs along the path
    shows_path: bool = True  # as a line in the picture


ORBIT_DEG_PER_PX = 0.4
ZOOM_PER_NOTCH = 0.9


def orbit(state: "ViewState", dx_px: float, dy_px: float) -> "ViewState":
    """Turn the camera around the orbited point, so that the avatar follows the pointer."""
    camera = state.camera
    elevation = camera.elevation_deg + dy_px * ORBIT_DEG_PER_PX
    return edit_camera(
        state,
        azimuth_deg=wrap_deg(camera.azimuth_deg - dx_px * ORBIT_DEG_PER_PX),
        elevation_deg=range_of(CameraState, "elevation_deg").within_reach(elevation),
    )


def closer_m(camera: CameraState, notches: float) -> float:
    """The distance after some notches of the wheel: smaller for positive ones."""
    return range_of(CameraState, "distance_m").within_reach(camera.distance_m * ZOOM_PER_NOTCH**notches)


VIEWS: dict[str, tuple[float, float]] = {  # azimuth and elevation; left and right are the body's own
    "front": (0.0, 0.0), "left": (90.0, 0.0), "back": (180.0, 0.0), "right": (-90.0, 0.0),
    "top": (0.0, 90.0), "below": (0.0, -90.0),
}  # fmt: skip
LENSES_MM = (18.0, 24.0, 35.0, 50.0, 85.0, 135.0, 200.0)
FLY_STEP = 1.25  # of the speed, for a notch of the wheel
LOOK_DEG_PER_PX = 0.2


def edit_camera_tool(state: "ViewState", **changes: Any) -> "ViewState":
    """Replace fields of the camera tool."""
    return edit_tool(state, camera=changed(state.tool.camera, **changes))


def view_from(state: "ViewState", name: str) -> "ViewState":
    """Look from one of VIEWS at the same point, from the same distance."""
    azimuth, elevation = VIEWS[name]
    return replace(state, camera=replace(state.camera, azimuth_deg=wrap_deg(azimuth), elevation_deg=elevation))


def with_lens(camera: CameraState, fov_deg: float, keeps_size: bool) -> CameraState:
    """Another field of view; with `keeps_size` from the distance at which the orbited point keeps its size."""
    fov_deg = FOV_DEG.clamped(fov_deg)
    if not keeps_size:
        return replace(camera, fov_deg=fov_deg)
    before, after = (math.tan(0.5 * math.radians(angle)) for angle in (camera.fov_deg, fov_deg))
    distance = range_of(CameraState, "distance_m").within_reach(camera.distance_m * before / after)
    return replace(camera, fov_deg=fov_deg, distance_m=distance)


def set_fov(state: "ViewState", fov_deg: float) -> "ViewState":
    """Change the field of view, and the distance too where the camera tool keeps the avatar's size."""
    return replace(state, camera=with_lens(state.camera, fov_deg, state.tool.camera.keeps_size))


def set_lens(state: "ViewState", focal_mm: float) -> "ViewState":
    """Change the focal length, in mm of full frame."""
    return set_fov(state, fov_of_lens(max(1.0, focal_mm)))


def step_lens(state: "ViewState", steps: int) -> "ViewState":
    """Use the next longer or shorter lens of LENSES_MM."""
    now = lens_mm(state.camera.fov_deg)
    longer = [focal for focal in LENSES_MM if focal > now + 0.05]
    shorter = [focal for focal in LENSES_MM if focal < now - 0.05]
    if steps > 0:
        return set_lens(state, longer[0]) if longer else state
    return set_lens(state, shorter[-1]) if shorter else state


def toggle_keeps_size(state: "ViewState") -> "ViewState":
    """Switch on or off that another lens moves the camera."""
    return edit_camera_tool(state, keeps_size=not state.tool.camera.keeps_size)


def toggle_fly(state: "ViewState") -> "ViewState":
    """Switch between flying and orbiting."""
    return edit_camera_tool(state, flies=not state.tool.camera.flies)


def change_fly_speed(state: "ViewState", notches: float) -> "ViewState":
    """Change the flying speed by a factor of FLY_STEP a notch."""
    return set_fly_speed(state, state.tool.camera.fly_m_s * FLY_STEP**notches)


def set_fly_speed(state: "ViewState", metres: float) -> "ViewState":
    """Set the flying speed in metres a second."""
    return edit_camera_tool(state, fly_m_s=range_of(CameraTool, "fly_m_s").within_reach(metres))


def look(state: "ViewState", dx_px: float, dy_px: float) -> "ViewState":
    """Turn the camera about its eye; the orbited point moves around it."""
    camera, degrees = state.camera, LOOK_DEG_PER_PX * min(1.0, state.camera.fov_deg / 60.0)
    elevation = range_of(CameraState, "elevation_deg").within_reach(camera.elevation_deg + dy_px * degrees)
    turned = replace(camera, azimuth_deg=wrap_deg(camera.azimuth_deg - dx_px * degrees), elevation_deg=elevation)
    return replace(state, camera=looking_from(turned, eye_of(camera)))


def fly(state: "ViewState", right_m: float, up_m: float, forward_m: float) -> "ViewState":
    """Move the camera and its orbited point: to its right, up along world +Y, and in the viewing direction."""
    camera = state.camera
    azimuth, elevation = math.radians(camera.azimuth_deg), math.radians(camera.elevation_deg)
    across = -math.cos(elevation) * forward_m
    step = (
        right_m * math.cos(azimuth) + across * math.sin(azimuth),
        up_m - forward_m * math.sin(elevation),
        -right_m * math.sin(azimuth) + across * math.cos(azimuth),
    )
    reach = range_of(CameraState, "pan_m").within_reach
    x, y, z = (reach(old + new) for old, new in zip(camera.pan_m, step, strict=True))
    pan: Vector = (x, y, z)
    return replace(state, camera=replace(camera, pan_m=pan))


def eye_of(camera: CameraState) -> Vector:
    """The camera's position in metres, relative to the point that an unpanned camera orbits."""
    return _beyond(camera, camera.pan_m, camera.distance_m)


def looking_from(camera: CameraState, eye: Vector) -> CameraState:
    """The camera with the same angles, distance and lens at another eye position."""
    return changed(camera, pan_m=_beyond(camera, eye, -camera.distance_m))


def _beyond(camera: CameraState, point: Vector, distance_m: float) -> Vector:
    azimuth, elevation = math.radians(camera.azimuth_deg), math.radians(camera.elevation_deg)
    across = distance_m * math.cos(elevation)
    return (
        point[0] + across * math.sin(azimuth),
        point[1] + distance_m * math.sin(elevation),
        point[2] + across * math.cos(azimuth),
    )
