"""The views of a turntable: a pure sequence, the same for the panel and for the command line."""

from collections.abc import Iterator
from dataclasses import replace

from app.edits import wrap_deg
from app.state import TurntableState, ViewState


def turntable_views(
    state: ViewState,  # the first frame's view
    settings: TurntableState,
    duration_s: float = 0.0,  # of the motion clip, to loop it
) -> Iterator[ViewState]:
    """One full turn of the camera around the avatar, or of all light around it, without repeating the first frame."""
    if settings.spin not in ("camera", "light"):
        raise ValueError(f"spin: expected camera or light, got '{settings.spin}'")
    for index in range(settings.num_frames):
        turn_deg = 360.0 * index / settings.num_frames
        view = _camera_turned(state, turn_deg) if settings.spin == "camera" else _light_turned(state, turn_deg)
        if settings.plays_motion and duration_s > 0:
            time_s = (state.body.time_s + index / settings.fps) % duration_s
            view = replace(view, body=replace(view.body, time_s=time_s))
        yield view


def _camera_turned(state: ViewState, turn_deg: float) -> ViewState:
    camera = replace(state.camera, azimuth_deg=wrap_deg(state.camera.azimuth_deg + turn_deg))
    return replace(state, camera=camera)


def _light_turned(state: ViewState, turn_deg: float) -> ViewState:
    lamps = tuple(replace(lamp, azimuth_deg=wrap_deg(lamp.azimuth_deg + turn_deg)) for lamp in state.light.lamps)
    return replace(state, light=replace(state.light, turn_deg=wrap_deg(turn_deg), lamps=lamps))
