"""Between the keys of a camera path: pure arithmetic, the same for the window's preview, videos and single pictures.

Angles, the logarithm of the distance and the logarithm of the focal length run on monotone curves, and with them
either the point that is looked at (`around`) or the eye (`straight`). So nothing overshoots its two keys; keys on a
circle give that circle; and between two keys that show the subject in one size it keeps that size, whatever the lens.
"""

import math
from functools import lru_cache

from app.camera_state import CameraKey, CameraPath
from app.edits import wrap_deg
from app.look_state import CameraState, Vector
from app.monotone_curve import MonotoneCurve

_CLOSING = 2  # keys of the next round that a closed path's curves need to join smoothly


def duration_s(path: CameraPath) -> float:
    """From the first key, at time 0, to the last one, or once around a closed path."""
    if len(path.keys) < 2:
        return 0.0
    return path.keys[-1].time_s + (path.closing_s if path.is_closed else 0.0)


def camera_at(path: CameraPath, time_s: float) -> CameraState:
    """The camera at a moment; an open path rests before its first and after its last key. ValueError without keys."""
    if not path.keys:
        raise ValueError("path: expected at least one key, got none")
    first = path.keys[0]
    if len(path.keys) == 1:
        return first.camera
    if path.is_closed:
        time_s %= duration_s(path)
    here = next((key for key in path.keys if key.time_s == time_s), None)
    if here is not None:  # exactly, without the rounding of logarithms
        return here.camera
    azimuth, elevation, log_distance, log_half, *place = (curve(time_s) for curve in _curves(path))
    camera = CameraState(
        wrap_deg(azimuth), elevation, math.exp(log_distance), (place[0], place[1], place[2]),
        2.0 * math.degrees(math.atan(math.exp(log_half))),
    )  # fmt: skip
    return camera if path.moves == "around" else looking_from(camera, camera.pan_m)


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


@lru_cache(maxsize=8)
def _curves(path: CameraPath) -> tuple[MonotoneCurve, ...]:
    """A curve for each number of `_numbers`."""
    keys = list(path.keys)
    if path.is_closed:
        period = duration_s(path)
        before = CameraKey(keys[-1].time_s - period, keys[-1].camera)
        after = [CameraKey(key.time_s + period, key.camera) for key in keys[:_CLOSING]]
        keys = [before, *keys, *after]
    times = [key.time_s for key in keys]
    columns = list(zip(*(_numbers(key.camera, path.moves) for key in keys), strict=True))
    columns[0] = tuple(_unwrapped(columns[0]))
    is_flat = path.eases and not path.is_closed
    return tuple(MonotoneCurve(times, column, is_flat) for column in columns)


def _numbers(camera: CameraState, moves: str) -> tuple[float, ...]:
    log_half = math.log(math.tan(0.5 * math.radians(camera.fov_deg)))
    place = camera.pan_m if moves == "around" else eye_of(camera)
    return camera.azimuth_deg, camera.elevation_deg, math.log(camera.distance_m), log_half, *place


def _unwrapped(angles_deg: tuple[float, ...]) -> list[float]:
    """Each on the shorter way from the one before."""
    unwrapped = [angles_deg[0]]
    for angle in angles_deg[1:]:
        unwrapped.append(unwrapped[-1] + wrap_deg(angle - unwrapped[-1]))
    return unwrapped
