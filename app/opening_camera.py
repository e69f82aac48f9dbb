"""From options to the camera that a command starts with."""

from dataclasses import replace
from pathlib import Path

from app.arguments import check_number, parse_numbers
from app.camera_checks import BOUNDS
from app.camera_edits import MAX_FOV_DEG, MIN_FOV_DEG, VIEWS, fov_of_lens, lens_mm, with_lens
from app.camera_files import read_path
from app.camera_options import CameraOptions
from app.camera_path import camera_at
from app.camera_state import CameraPath
from app.cli import UsageError
from app.look_state import CameraState
from app.state import ViewState
from app.view_options import ViewOptions

SIDE = "side"  # another name of the left view
PATH_SUFFIX = ".json"


def check_camera(options: CameraOptions) -> None:
    """Raise PhynesError before any work for what `opening_camera` would refuse."""
    _camera(options, CameraState())


def opening_camera(options: ViewOptions, view: ViewState, home: CameraState) -> CameraState:
    """What --camera, --lens and --fov make of the session's camera, or of the whole body from the front."""
    return _camera(options, view.camera if options.session else home)


def with_path(options: CameraOptions, view: ViewState) -> ViewState:
    """The view with the path that --camera names."""
    path = opening_path(options)
    return view if path is None else replace(view, path=path)


def opening_path(options: CameraOptions) -> CameraPath | None:
    """The path of --camera FILE; None where that is no file."""
    is_file = options.camera.lower().endswith(PATH_SUFFIX)
    return read_path(Path(options.camera).expanduser()) if is_file else None


def _camera(options: CameraOptions, home: CameraState) -> CameraState:
    fov_deg, text = _fov(options), options.camera
    if (path := opening_path(options)) is not None:
        check_number("--camera-time", options.camera_time)
        found = camera_at(path, options.camera_time)
        return found if fov_deg is None else with_lens(found, fov_deg, keeps_size=True)
    if options.camera_time:
        raise UsageError("--camera-time: expected a camera path's .json as --camera, to take the moment from")
    camera = home if fov_deg is None else with_lens(home, fov_deg, keeps_size=True)
    if not text:
        return camera
    if text in VIEWS or text == SIDE:
        azimuth, elevation = VIEWS["left" if text == SIDE else text]
        return replace(camera, azimuth_deg=azimuth, elevation_deg=elevation)
    if text.replace("-", "").isalpha():
        raise UsageError(f"--camera: expected az,el,dist as numbers, one of {', '.join((*VIEWS, SIDE))}, or a "
                         f"camera path's {PATH_SUFFIX}, got {text!r}")  # fmt: skip
    azimuth, elevation, distance = parse_numbers("--camera", text, ("az", "el", "dist"))
    if distance <= 0:
        raise UsageError(f"--camera: expected a distance above 0 metres, got {distance:g}")
    check_number("--camera: elevation", elevation, *BOUNDS["elevation_deg"])
    return replace(camera, azimuth_deg=azimuth, elevation_deg=elevation, distance_m=distance)


def _fov(options: CameraOptions) -> float | None:
    if options.lens is not None and options.fov is not None:
        raise UsageError("--lens and --fov: expected one of them, got both")
    if options.lens is not None:
        check_number("--lens", options.lens, lens_mm(MAX_FOV_DEG), lens_mm(MIN_FOV_DEG))
        return fov_of_lens(options.lens)
    if options.fov is not None:
        check_number("--fov", options.fov, MIN_FOV_DEG, MAX_FOV_DEG)
    return options.fov
