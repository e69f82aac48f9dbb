"""The views of a turntable: a pure sequence, the same for the panel and for the command line."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from app.company_edits import advance_time
from app.edits import wrap_deg
from app.state import TurntableState, ViewState


def turntable_views(
    state: ViewState,  # the first frame's view
    settings: TurntableState,
    durations_s: Mapping[str, float] = MappingProxyType({}),  # of the motion clips, by path
) -> Iterator[ViewState]:
    """One full turn of the camera around the avatar, or of all light around it, without repeating the first frame."""
    if settings.spin not in ("camera", "light"):
        raise ValueError(f"spin: expected camera or light, got '{settings.spin}'")
    for index in range(settings.num_frames):
        turn_deg = 360.0 * index / settings.num_frames
        view = _camera_turned(state, turn_deg) if settings.spin == "camera" else _light_turned(state, turn_deg)
        yield advance_time(_playing(view), index / settings.fps, durations_s) if settings.plays_motion else view


def _playing(state: ViewState) -> ViewState:
    others = tuple(replace(body, playing=True) for body in state.company.others)
    return replace(state, body=replace(state.body, playing=True), company=replace(state.company, others=others))


def _camera_turned(state: ViewState, turn_deg: float) -> ViewState:
    camera = replace(state.camera, azimuth_deg=wrap_deg(state.camera.azimuth_deg + turn_deg))
    return replace(state, camera=camera)


def _light_turned(state: ViewState, turn_deg: float) -> ViewState:
    lamps = tuple(replace(lamp, azimuth_deg=wrap_deg(lamp.azimuth_deg + turn_deg)) for lamp in state.light.lamps)
    return replace(state, light=replace(state.light, turn_deg=wrap_deg(turn_deg), lamps=lamps))
