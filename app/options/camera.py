"""The options for camera and lens, and the camera made from them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import tyro

from app.files.cameras import read_path
from app.model.camera_paths import CameraPath, camera_at
from app.model.cameras import LENS_MM, VIEWS, CameraState, CameraTool, fov_of_lens, with_lens
from app.model.view_state import ViewState
from app.options.arguments import UsageError, check_field, parse_numbers
from app.rendering.body_parts import PARTS


@dataclass(frozen=True, kw_only=True)
class CameraOptions:
    """Camera and lens."""

    camera: Annotated[str, tyro.conf.arg(metavar="AZ,EL,DIST|VIEW|PART|FILE")] = ""
    """Orbit around the pelvis in degrees and metres: 0,0 looks at the face, 90,0 stands at +X; or front, left, back,
    right, side, top, below; or head, bust, hands (the left one), feet, which fill the picture from there; or a camera
    path's .json; the session's, or the whole body from the front, when left out."""
    camera_time: float = 0.0
    """Seconds into the path of --camera FILE."""
    lens: float | None = None
    """Focal length in mm of full frame (36 mm across the picture); the whole body stays in the picture unless the
    option --camera says how far away."""
    fov: float | None = None
    """Field of view in degrees, instead of --lens."""


OnPart = Callable[[ViewState, str], CameraState]  # the view's camera turned to one of PARTS
SIDE = "side"  # another name of the left view
PATH_SUFFIX = ".json"


def camera_of_view(view: ViewState, part: str) -> CameraState:
    """An OnPart for views whose bodies are not posed: the camera stays."""
    return view.camera


def check_camera(options: CameraOptions) -> None:
    """Raise PhynesError, before any work, where `camera_from_options` would."""
    _camera(options, CameraState())


def camera_from_options(
    options: CameraOptions,
    view: ViewState,
    home: CameraState,
    has_session: bool = False,  # whether the view is that of a session file
    on_part: OnPart = camera_of_view,
) -> CameraState:
    """The session's camera, or else `home`, changed by --camera, --lens and --fov; raises PhynesError."""
    camera = _camera(options, view.camera if has_session else home)
    return on_part(replace(view, camera=camera), options.camera) if options.camera in PARTS else camera


def with_path(options: CameraOptions, view: ViewState) -> ViewState:
    """The view with the camera path of --camera FILE."""
    path = path_from_options(options)
    return view if path is None else replace(view, path=path)


def path_from_options(options: CameraOptions) -> CameraPath | None:
    """The camera path of --camera FILE; None where --camera names no file."""
    is_file = options.camera.lower().endswith(PATH_SUFFIX)
    return read_path(Path(options.camera).expanduser()) if is_file else None


def _camera(options: CameraOptions, home: CameraState) -> CameraState:
    fov_deg, text = _fov(options), options.camera
    if (path := path_from_options(options)) is not None:
        check_field("--camera-time", options.camera_time, CameraTool, "time_s")
        found = camera_at(path, options.camera_time)
        return found if fov_deg is None else with_lens(found, fov_deg, keeps_size=True)
    if options.camera_time:
        raise UsageError(
            "--camera-time: expected a camera path's .json as --camera, got none; name one, or leave it out"
        )
    camera = home if fov_deg is None else with_lens(home, fov_deg, keeps_size=True)
    if not text or text in PARTS:
        return camera
    if text in VIEWS or text == SIDE:
        azimuth, elevation = VIEWS["left" if text == SIDE else text]
        return replace(camera, azimuth_deg=azimuth, elevation_deg=elevation)
    if text.replace("-", "").isalpha():
        names = ", ".join((*VIEWS, SIDE, *PARTS))
        raise UsageError(
            f"--camera: expected az,el,dist as numbers, one of {names}, or a camera path's {PATH_SUFFIX}, got {text!r}"
        )
    azimuth, elevation, distance = parse_numbers("--camera", text, ("az", "el", "dist"))
    for name, value in (("azimuth_deg", azimuth), ("elevation_deg", elevation), ("distance_m", distance)):
        check_field(f"--camera: {name}", value, CameraState, name)
    return replace(camera, azimuth_deg=azimuth, elevation_deg=elevation, distance_m=distance)


def _fov(options: CameraOptions) -> float | None:
    if options.lens is not None and options.fov is not None:
        raise UsageError("--lens and --fov: expected one of them, got both")
    if options.lens is not None:
        if (mistake := LENS_MM.mistake(options.lens)) is not None:
            raise UsageError(f"--lens: {mistake}")
        return fov_of_lens(options.lens)
    if options.fov is not None:
        check_field("--fov", options.fov, CameraState, "fov_deg")
    return options.fov
