"""The views of a turntable: a pure sequence, the same for the panel and for the command line."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from app.camera_path import camera_at, duration_s
from app.company_edits import advance_time
from app.edits import wrap_deg
from app.state import CAMERA_PATH, SPINS, TurntableState, ViewState
from phynes_core.errors import OutputError


def turntable_views(
    state: ViewState,  # the first frame's view
    settings: TurntableState,
    durations_s: Mapping[str, float] = MappingProxyType({}),  # of the motion clips, by path
) -> Iterator[ViewState]:
    """A turn of the camera or of all light around the avatar, without repeating the first frame; or the camera path."""
    if settings.spin not in SPINS:
        raise ValueError(f"spin: expected one of {', '.join(SPINS)}, got '{settings.spin}'")
    if settings.spin == CAMERA_PATH and duration_s(state.path) <= 0:
        raise OutputError("video: expected a camera path with two keys at least; Alt+K in the picture adds one")
    for index in range(settings.num_frames):
        turn_deg = 360.0 * index / settings.num_frames
        if settings.spin == CAMERA_PATH:
            view = _on_path(state, index, settings.num_frames)
        else:
            view = _camera_turned(state, turn_deg) if settings.spin == "camera" else _light_turned(state, turn_deg)
        yield advance_time(_playing(view), index / settings.fps, durations_s) if settings.plays_motion else view


def _playing(state: ViewState) -> ViewState:
    others = tuple(replace(body, playing=True) for body in state.company.others)
    return replace(state, body=replace(state.body, playing=True), company=replace(state.company, others=others))


def _on_path(state: ViewState, index: int, num_frames: int) -> ViewState:
    """The whole path over the whole video: an open one to its very end, a closed one not to its first frame again."""
    share = index / num_frames if state.path.is_closed else index / max(1, num_frames - 1)
    return replace(state, camera=camera_at(state.path, share * duration_s(state.path)))


def _camera_turned(state: ViewState, turn_deg: float) -> ViewState:
    camera = replace(state.camera, azimuth_deg=wrap_deg(state.camera.azimuth_deg + turn_deg))
    return replace(state, camera=camera)


def _light_turned(state: ViewState, turn_deg: float) -> ViewState:
    lamps = tuple(replace(lamp, azimuth_deg=wrap_deg(lamp.azimuth_deg + turn_deg)) for lamp in state.light.lamps)
    return replace(state, light=replace(state.light, turn_deg=wrap_deg(turn_deg), lamps=lamps))
