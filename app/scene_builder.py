"""From a command's options to a scene: read the files that they name, check the numbers."""

import os
from pathlib import Path

import torch

from app.arguments import check_number, parse_numbers
from app.cli import UsageError
from app.scene_options import SceneOptions
from phynes_core.avatar import Avatar
from phynes_core.body.model import Pose, pose_body
from phynes_core.body.motion import MotionClip, bundled_motions, load_motion
from phynes_core.checkpoint import load_checkpoint, resolve_avatar_path
from phynes_core.errors import ImageError, PhynesError
from phynes_core.kernels.backends import resolve
from phynes_core.paths import ASSETS, PROJECT
from phynes_core.render.camera import framing_distance, orbit_camera
from phynes_core.render.lamps import Lamp
from phynes_core.render.lighting import Lighting
from phynes_core.render.probes import Environment, load_environment_image
from phynes_core.scene import PosedAvatar, Scene

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
    avatar = load_checkpoint(
        resolve_avatar_path(options.avatar),
        licensed_file(options.smpl, "PHYNES_SMPL"),
        licensed_file(options.smpl_uv, "PHYNES_SMPL_UV"),
    )
    clip = load_motion(bundled_motions().get(options.motion) or _shipped(options.motion)) if options.motion else None
    pose = _pose(options, avatar, clip)
    azimuth, elevation, distance = orbit or (0.0, 0.0, home_distance(avatar))
    camera = orbit_camera(orbit_target(avatar, pose, clip), azimuth, elevation, distance, options.size, options.size)
    return Scene((PosedAvatar(avatar, pose),), camera, Lighting(_environment(options, avatar), lamps))


def licensed_file(path: Path | None, variable: str) -> Path | None:
    """A file the user names by option or by environment variable."""
    named = os.environ.get(variable, "")
    return path if path is not None or not named else Path(named)


def orbit_target(avatar: Avatar, pose: Pose, clip: MotionClip | None) -> torch.Tensor:  # [3] world
    """The pelvis, followed over the ground; its height is the clip's median, so that a jump is seen as a jump."""
    rest = Pose(torch.zeros(23, 3), torch.zeros(3), torch.zeros(3), pose.betas)
    x, y, z = (pose_body(avatar.body, rest).joints[0] + pose.transl).tolist()
    if clip is not None:
        y += float(clip.transl[:, 1].median() - pose.transl[1])
    return torch.tensor([x, y, z])


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


def _pose(options: SceneOptions, avatar: Avatar, clip: MotionClip | None) -> Pose:
    if clip is None:
        if options.frame or options.time is not None:
            raise UsageError("--frame and --time: expected a --motion to take them from, got none")
        return avatar.rest_pose()
    if options.time is not None:
        return clip.pose_at(options.time, avatar.betas)
    if not 0 <= options.frame < clip.num_frames:
        raise UsageError(f"--frame: expected 0 to {clip.num_frames - 1} of {options.motion}, got {options.frame}")
    return clip.pose(options.frame, avatar.betas)


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
