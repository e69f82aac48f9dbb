"""From a command's options to a scene: read the files that they name, check the numbers."""

from dataclasses import replace

from torch import Tensor

from app.arguments import check_number, parse_numbers
from app.backend_options import map_backend
from app.bodies import Bodies
from app.cli import UsageError
from app.company_edits import framed
from app.kept_files import KeptFiles
from app.lightings import BuiltLight, Lightings
from app.opening_bodies import licensed_file, opening_row
from app.opening_light import opening_light, opening_stage
from app.scene_options import SceneOptions
from app.staging import ground_of
from app.state import BodyState, CameraState, ViewState
from phynes_core.avatar import Avatar
from phynes_core.body.model import pose_body
from phynes_core.errors import MotionError
from phynes_core.render.camera import framing_distance, orbit_camera
from phynes_core.render.probes import load_environment_image
from phynes_core.scene import Scene

MIN_SIZE, MAX_SIZE = 16, 8192  # pixels a side; above the latter the buffers of one frame no longer fit in memory


def build_scene(options: SceneOptions) -> Scene:
    """Read the files that the options name; raises PhynesError."""
    return build_stage(options)[0]


def build_stage(options: SceneOptions) -> tuple[Scene, BuiltLight, Tensor]:
    """The scene, its light in every form, and the pelvis [3] world that all turns around; raises PhynesError."""
    check_number("--size", options.size, MIN_SIZE, MAX_SIZE)
    if options.time is not None:
        check_number("--time", options.time)
    orbit = parse_numbers("--camera", options.camera, ("az", "el", "dist")) if options.camera else None
    if orbit and orbit[2] <= 0:
        raise UsageError(f"--camera: expected a distance above 0 metres, got {orbit[2]:g}")
    light = opening_light(options)
    files = KeptFiles()
    licensed = licensed_file(options.smpl, "PHYNES_SMPL"), licensed_file(options.smpl_uv, "PHYNES_SMPL_UV")
    bodies = Bodies(files, *licensed, map_backend(options))
    body, company = opening_row(options)
    state = at_time(bodies, ViewState(body, company=company), options.frame, options.time)
    row, avatar = bodies.row(state), bodies.avatar(body)
    azimuth, elevation, distance = orbit or (0.0, 0.0, home_view(state, avatar).distance_m)
    camera = orbit_camera(row.target, azimuth, elevation, distance, options.size, options.size)
    lightings = Lightings(lambda path: files.get("environment", path, load_environment_image))
    built = lightings.build(avatar.light, light, row.target)
    width_m = state.company.spacing_m * (len(row.posed) - 1)
    ground = ground_of(opening_stage(options, "none"), row.floor_m, row.target, width_m)
    return Scene(row.posed, camera, built.lighting, ground), built, row.target


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
