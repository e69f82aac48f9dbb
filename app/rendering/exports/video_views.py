"""The views of a video's frames, the same for the viewer and for the command line.

A kind of video is an entry of KINDS, which gives the view of each frame and the video's own length.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from app.model.avatar_row import BodyState, advance_time
from app.model.camera_paths import camera_at, duration_s
from app.model.exports import CAMERA_PATH, TurntableState
from app.model.fields import wrap_deg
from app.model.playback import range_s
from app.model.view_state import ViewState
from phynes_core.errors import OutputError

Durations = Mapping[str, float]  # of the motion clips in seconds, by path
NO_DURATIONS: Durations = MappingProxyType({})


@dataclass(frozen=True)
class VideoKind:
    """One kind of video."""

    view: Callable[[ViewState, int, int], ViewState]  # (first view, index of the frame, number of frames)
    length_s: Callable[[ViewState, Durations], float] = lambda state, durations: 0.0  # its own length; 0: it has none
    plays_motion: bool = False  # clips run whatever the settings say
    lacks: str = ""  # the error where its own length is 0; "": it needs none
    start: Callable[[ViewState, Durations], ViewState] = lambda state, durations: state  # first view of its own length


def turntable_views(
    state: ViewState,  # the first frame's view
    settings: TurntableState,
    durations_s: Durations = NO_DURATIONS,
) -> Iterator[ViewState]:
    """The view of each frame of a video; a full turn does not repeat its first frame. Raises OutputError."""
    kind, length_s = kind_of(settings), natural_length_s(state, settings, durations_s)
    if kind.lacks and kind.length_s(state, durations_s) <= 0:
        raise OutputError(f"video: {kind.lacks}")
    if length_s > 0:
        state, settings = kind.start(state, durations_s), fitted(state, settings, durations_s)
    for index in range(settings.num_frames):
        view = kind.view(state, index, settings.num_frames)
        plays = settings.plays_motion or kind.plays_motion
        yield advance_time(_playing(view), index / settings.fps, durations_s) if plays else view


def kind_of(settings: TurntableState) -> VideoKind:
    """The settings' entry of KINDS; ValueError for an unknown name."""
    if settings.spin not in KINDS:
        raise ValueError(f"spin: expected one of {', '.join(KINDS)}, got '{settings.spin}'")
    return KINDS[settings.spin]


def natural_length_s(state: ViewState, settings: TurntableState, durations_s: Durations = NO_DURATIONS) -> float:
    """The video's own length in seconds; 0 where `seconds` of the settings is used."""
    return kind_of(settings).length_s(state, durations_s) if settings.fits else 0.0


def fitted(state: ViewState, settings: TurntableState, durations_s: Durations = NO_DURATIONS) -> TurntableState:
    """The settings with the length that the video really has."""
    length_s = natural_length_s(state, settings, durations_s)
    return replace(settings, seconds=length_s) if length_s > 0 else settings


def _camera_turned(state: ViewState, index: int, num_frames: int) -> ViewState:
    azimuth_deg = wrap_deg(state.camera.azimuth_deg + 360.0 * index / num_frames)
    return replace(state, camera=replace(state.camera, azimuth_deg=azimuth_deg))


def _light_turned(state: ViewState, index: int, num_frames: int) -> ViewState:
    turn_deg = 360.0 * index / num_frames
    lamps = tuple(replace(lamp, azimuth_deg=wrap_deg(lamp.azimuth_deg + turn_deg)) for lamp in state.light.lamps)
    return replace(state, light=replace(state.light, turn_deg=wrap_deg(turn_deg), lamps=lamps))


def _on_path(state: ViewState, index: int, num_frames: int) -> ViewState:
    """The camera along the whole path; an open path ends in the last frame, a closed one does not repeat its first."""
    share = index / num_frames if state.path.is_closed else index / max(1, num_frames - 1)
    return replace(state, camera=camera_at(state.path, share * duration_s(state.path)))


def _clip_length_s(state: ViewState, durations_s: Durations) -> float:
    """Seconds of the active body's range at its speed."""
    duration_s, speed = durations_s.get(state.body.motion, 0.0), abs(state.body.playback.speed)
    start, end = range_s(state.body, duration_s)
    return (end - start) / speed if speed > 0 and end > start else 0.0


def _from_the_start(state: ViewState, durations_s: Durations) -> ViewState:
    def first(body: BodyState) -> BodyState:
        if not durations_s.get(body.motion, 0.0):
            return body
        start, end = range_s(body, durations_s[body.motion])
        return replace(body, time_s=start if body.playback.speed >= 0 else end)

    return _each_body(state, first)


def _playing(state: ViewState) -> ViewState:
    return _each_body(state, lambda body: replace(body, playing=True))


def _each_body(state: ViewState, change: Callable[[BodyState], BodyState]) -> ViewState:
    others = tuple(change(body) for body in state.avatar_row.others)
    return replace(state, body=change(state.body), avatar_row=replace(state.avatar_row, others=others))


KINDS: dict[str, VideoKind] = {
    "camera": VideoKind(_camera_turned),
    "light": VideoKind(_light_turned),
    "timeline": VideoKind(
        lambda state, index, num_frames: state, _clip_length_s, plays_motion=True, start=_from_the_start,
        lacks="expected a clip to play, got none; choose a motion",
    ),
    CAMERA_PATH: VideoKind(
        _on_path, lambda state, durations: duration_s(state.path),
        lacks="expected a camera path with two keys at least; the panel Camera path adds one",
    ),
}  # fmt: skip
