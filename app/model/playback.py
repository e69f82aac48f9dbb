"""Playback of a body's motion clip, and its edits: time, range, speed, looping, and a second clip mixed in."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

from app.model.edits import edit_body
from app.model.fields import MOST_TIME_S, Number, changed

if TYPE_CHECKING:
    from app.model.avatar_row import BodyState
    from app.model.view_state import ViewState


CLIP_TIME_S = Number(
    0.0, MOST_TIME_S, "seconds", soft=(0.0, 1.0), format="%.2f s", label="time"
)  # soft: the slider's range without a clip
ClipTime = Annotated[float, CLIP_TIME_S]


@dataclass(frozen=True)
class PlaybackState:
    """How a motion clip is played."""

    speed: Annotated[float, Number(-20.0, 20.0, soft=(-4.0, 4.0), format="speed %.2f x")] = 1.0
    loops: bool = True
    start_s: ClipTime = 0.0  # the range that plays
    end_s: ClipTime = 0.0  # where it is not after start_s, the range ends with the clip
    is_smooth: bool = True  # interpolates poses between the clip's frames by slerp
    second: str = ""  # a clip mixed in, stretched to the same length; "" means none
    mix: Annotated[float, Number(0.0, 1.0, format="share %.2f")] = 0.5


SPEEDS = (0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 4.0)


def edit_playback(state: "ViewState", **changes: object) -> "ViewState":
    """Replace fields of the playback."""
    return edit_body(state, playback=changed(state.body.playback, **changes))


def load_motion_file(state: "ViewState", path: str, plays: bool = True) -> "ViewState":
    """Use another clip from its start, all of it and nothing mixed in; a held pose is removed: it would hide it."""
    state = edit_playback(state, start_s=0.0, end_s=0.0, second="")
    return edit_body(state, motion=path, time_s=0.0, playing=plays and bool(path), held_pose=())


def scrub(state: "ViewState", time_s: float, duration_s: float) -> "ViewState":
    """Go to a time of the clip."""
    return edit_body(state, time_s=min(max(time_s, 0.0), max(duration_s, 0.0)))


def step_frames(state: "ViewState", frames: int, fps: float, duration_s: float) -> "ViewState":
    """Stop, and go to the frame that many frames later."""
    if fps <= 0:
        return state
    frame = round(state.body.time_s * fps) + frames
    return edit_body(scrub(state, frame / fps, duration_s), playing=False)


def set_range(state: "ViewState", start_s: float, end_s: float, duration_s: float) -> "ViewState":
    """Set the range that plays; the whole clip where the range would be empty."""
    start, end = max(0.0, start_s), min(end_s, duration_s)
    if end - start < 1e-3 or (start <= 0.0 and end >= duration_s):
        return edit_playback(state, start_s=0.0, end_s=0.0)
    return edit_playback(state, start_s=start, end_s=end)


def to_range(state: "ViewState", end: int, duration_s: float) -> "ViewState":
    """Go to the start (0) or the end (1) of the range."""
    return edit_body(state, time_s=range_s(state.body, duration_s)[end])


def start_here(state: "ViewState", duration_s: float) -> "ViewState":
    """Start the range at the present time."""
    return set_range(state, state.body.time_s, range_s(state.body, duration_s)[1], duration_s)


def end_here(state: "ViewState", duration_s: float) -> "ViewState":
    """End the range at the present time."""
    return set_range(state, range_s(state.body, duration_s)[0], state.body.time_s, duration_s)


def change_speed(state: "ViewState", steps: int) -> "ViewState":
    """Use a faster or slower one of SPEEDS."""
    present = state.body.playback.speed
    nearest = min(range(len(SPEEDS)), key=lambda index: abs(SPEEDS[index] - present))
    return edit_playback(state, speed=SPEEDS[min(max(nearest + steps, 0), len(SPEEDS) - 1)])


def toggle_loop(state: "ViewState") -> "ViewState":
    """Switch looping on or off."""
    return edit_playback(state, loops=not state.body.playback.loops)


def toggle_playing(state: "ViewState") -> "ViewState":
    """Play or stop the clips of all bodies; without a clip nothing plays."""
    if not any(body.motion for body in state.bodies):
        return state
    is_playing = not state.body.playing
    others = tuple(replace(body, playing=is_playing) for body in state.avatar_row.others)
    return replace(edit_body(state, playing=is_playing), avatar_row=replace(state.avatar_row, others=others))


def range_s(body: "BodyState", duration_s: float) -> tuple[float, float]:
    """Start and end in seconds of the range that plays."""
    playback = body.playback
    start = min(max(playback.start_s, 0.0), duration_s)
    has_end = playback.end_s > start
    return start, min(playback.end_s, duration_s) if has_end else duration_s


def time_after(body: "BodyState", seconds: float, duration_s: float) -> float:
    """The clip's time after `seconds` of real time, at the playback's speed and within its range."""
    start, end = range_s(body, duration_s)
    time_s = body.time_s + seconds * body.playback.speed
    if end <= start:
        return start
    if body.playback.loops:
        return start + (time_s - start) % (end - start)
    return min(max(time_s, start), end)
