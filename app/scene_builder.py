"""From a command's options to a scene: read the files that they name, check the numbers."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from app.arguments import check_number
from app.backend_options import map_backend
from app.bodies import Bodies
from app.company_edits import framed
from app.kept_files import KeptFiles
from app.lightings import BuiltLight, Lightings
from app.opening_bodies import licensed_files
from app.opening_camera import opening_camera
from app.opening_view import keeps_clocks, opening_view
from app.scene_options import SceneOptions
from app.staging import ground_of
from app.state import BodyState, CameraState, ViewState
from phynes_core.avatar.avatar import Avatar
from phynes_core.body.model import pose_body
from phynes_core.errors import MotionError
from phynes_core.frame.scene import Scene
from phynes_core.render.camera import Camera, framing_distance, orbit_camera
from phynes_core.render.probes import load_environment_image

MIN_SIZE, MAX_SIZE = 16, 8192  # pixels a side; above the latter the buffers of one frame no longer fit in memory


@dataclass(frozen=True, eq=False)
class OpenedScene:
    """What the options describe, as plain values and as the engine takes it."""

    view: ViewState
    scene: Scene
    light: BuiltLight  # in every form
    pelvis: Tensor  # [3] world, what all turns around


def build_scene(options: SceneOptions) -> Scene:
    """Read the files that the options name; raises PhynesError."""
    return open_scene(options).scene


def open_scene(options: SceneOptions) -> OpenedScene:
    """The same with everything it came from; raises PhynesError."""
    check_number("--size", options.size, MIN_SIZE, MAX_SIZE)
    if options.time is not None:
        check_number("--time", options.time)
    files = KeptFiles()
    bodies = Bodies(files, *licensed_files(options), map_backend(options))
    view = opening_view(options)
    if not keeps_clocks(options):
        view = at_time(bodies, view, options.frame, options.time)
    row, avatar = bodies.row(view), bodies.avatar(view.body)
    view = replace(view, camera=opening_camera(options, view, home_view(view, avatar)))
    camera = camera_of(view.camera, row.target, options.size)
    lightings = Lightings(lambda path: files.get("environment", path, load_environment_image))
    built = lightings.build(row.posed[view.company.place].avatar.light, view.light, row.target)
    ground = ground_of(view.stage, row.floor_m, row.target, view.company.spacing_m * (len(row.posed) - 1))
    return OpenedScene(view, Scene(row.posed, camera, built.lighting, ground), built, row.target)


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

    others = tuple(placed(body) for body in state.company.others)
    return replace(state, body=placed(state.body), company=replace(state.company, others=others))


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
