"""What a ViewState's numbers mean for the engine: its camera, its clips' times, the view of the whole body."""

from dataclasses import replace

import torch
from torch import Tensor

from app.model.avatar_row import BodyState, framed
from app.model.cameras import CameraState
from app.model.view_state import ViewState
from app.rendering.posed_row import Bodies
from phynes_core.avatar.avatar import Avatar
from phynes_core.body.model import pose_body
from phynes_core.errors import MotionError
from phynes_core.render.camera import Camera, framing_distance, orbit_camera


def camera_of(orbit: CameraState, pelvis: Tensor, size: int) -> Camera:  # [3] world
    """The engine's camera for an orbit and a square picture."""
    target = pelvis + torch.tensor(orbit.pan_m)
    return orbit_camera(target, orbit.azimuth_deg, orbit.elevation_deg, orbit.distance_m, size, size, orbit.fov_deg)


def at_time(bodies: Bodies, state: ViewState, frame: int, time_s: float | None) -> ViewState:
    """Every clip at its frame, or at a time that is given; raises MotionError beyond its end."""
    if not any(body.motion for body in state.bodies):
        if frame or time_s is not None:
            raise MotionError("--frame and --time: expected a --motion to take them from, got none")
        return state

    def placed(body: BodyState) -> BodyState:
        if not body.motion:
            return body
        clip = bodies.clip(body.motion)
        if time_s is None and not 0 <= frame < clip.num_frames:
            raise MotionError(f"--frame: expected 0 to {clip.num_frames - 1} of {clip.name}, got {frame}")
        return replace(body, time_s=frame / clip.fps if time_s is None else time_s)

    others = tuple(placed(body) for body in state.avatar_row.others)
    return replace(state, body=placed(state.body), avatar_row=replace(state.avatar_row, others=others))


def home_view(state: ViewState, avatar: Avatar) -> CameraState:
    """The view that fills 85 % of the picture's height with the active body, from farther if that shows the row."""
    return framed(replace(state, camera=CameraState(distance_m=home_distance(avatar)))).camera


def home_distance(avatar: Avatar) -> float:
    """Orbit distance in metres that fills 85 % of the picture's height with the standing body."""
    heights = pose_body(avatar.body, avatar.rest_pose()).vertices[:, 1]
    return round(framing_distance(float(heights.max() - heights.min())), 2)


def pixel_normals(detail: str) -> bool | None:  # of DETAIL_MODES
    """What RenderOptions.has_pixel_normals says for --pixel-normals."""
    return None if detail == "auto" else detail == "on"
