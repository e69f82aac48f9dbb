"""From a command's options to a scene: read the files that they name, check the numbers."""

from dataclasses import replace
from pathlib import Path

from app.arguments import check_number, parse_numbers
from app.bodies import Bodies
from app.cli import UsageError
from app.company_edits import framed
from app.kept_files import KeptFiles
from app.opening_bodies import licensed_file, opening_row
from app.scene_options import SceneOptions
from app.state import BodyState, CameraState, ViewState
from phynes_core.avatar import Avatar
from phynes_core.body.model import pose_body
from phynes_core.errors import ImageError, MotionError, PhynesError
from phynes_core.kernels.backends import resolve
from phynes_core.paths import ASSETS, PROJECT
from phynes_core.render.camera import framing_distance, orbit_camera
from phynes_core.render.lamps import Lamp
from phynes_core.render.lighting import Lighting
from phynes_core.render.probes import Environment, load_environment_image
from phynes_core.scene import Scene

MAX_SOURCES = 64  # more would cost more rays than the probes
MIN_SIZE, MAX_SIZE = 16, 8192  # pixels a side; above the latter the buffers of one frame no longer fit in memory


def build_scene(options: SceneOptions) -> Scene:
    """Read the files that the options name; raises PhynesError."""
    check_number("--size", options.size, MIN_SIZE, MAX_SIZE)
    check_number("--probe-yaw", options.probe_yaw)
    check_number("--probe-intensity", options.probe_intensity, 0.0)
    check_number("--bright-sources", options.bright_sources, 0, MAX_SOURCES)
    if options.time is not None:
        check_number("--time", options.time)
    orbit = parse_numbers("--camera", options.camera, ("az", "el", "dist")) if options.camera else None
    if orbit and orbit[2] <= 0:
        raise UsageError(f"--camera: expected a distance above 0 metres, got {orbit[2]:g}")
    lamps = tuple(parse_lamp(text) for text in options.lamp)
    files = KeptFiles()
    bodies = Bodies(files, licensed_file(options.smpl, "PHYNES_SMPL"), licensed_file(options.smpl_uv, "PHYNES_SMPL_UV"))
    body, company = opening_row(options)
    state = at_time(bodies, ViewState(body, company=company), options.frame, options.time)
    row, avatar = bodies.row(state), bodies.avatar(body)
    azimuth, elevation, distance = orbit or (0.0, 0.0, home_view(state, avatar).distance_m)
    camera = orbit_camera(row.target, azimuth, elevation, distance, options.size, options.size)
    return Scene(row.posed, camera, Lighting(_environment(options, avatar), lamps))


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


def parse_lamp(text: str) -> Lamp:
    """The lamp that `--lamp az,el,intensity[,radius]` means."""
    names = ("az", "el", "intensity", "radius")
    azimuth, elevation, intensity, *radius = parse_numbers("--lamp", text, names, num_required=3)
    if intensity < 0 or (radius and not 0 <= radius[0] < 90):
        raise UsageError(f"--lamp: expected an intensity of at least 0 and a radius in [0, 90) degrees, got {text!r}")
    if radius:
        return Lamp(azimuth, elevation, intensity, angular_radius_deg=radius[0])
    return Lamp(azimuth, elevation, intensity)


def _environment(options: SceneOptions, avatar: Avatar) -> Environment | None:
    if options.probe == "none":
        return None
    image = avatar.light if options.probe == "captured" else load_environment_image(probe_file(options.probe))
    return Environment(image, options.probe_yaw, options.probe_intensity)


def probe_file(name: str) -> Path:
    """The environment that a bare name in assets/probes or a path means."""
    names = sorted(path.stem for path in (ASSETS / "probes").glob("*.exr"))
    if name in names:
        return ASSETS / "probes" / f"{name}.exr"
    path = _shipped(name)
    if not path.is_file():
        raise ImageError(f"--probe {name}: no such file; in assets/probes: {', '.join(names)}; also captured and none")
    return path


def _shipped(name: str) -> Path:
    """A path as given, else from the project's folder: the examples work from anywhere."""
    given = Path(name)
    return PROJECT / given if not given.exists() and (PROJECT / given).exists() else given


def pixel_normals(detail: str) -> bool | None:  # of DETAIL_MODES
    """What RenderOptions.has_pixel_normals says for --pixel-normals."""
    return None if detail == "auto" else detail == "on"


def check_backend(name: str) -> None:
    """Raise before any work when a backend was asked for that cannot run here."""
    for operation in ("rasterize", "visibility", "hash_encoding", "shade"):
        try:
            resolve(operation, name)
        except PhynesError as error:
            raise UsageError(f"--backend: {error}") from None
