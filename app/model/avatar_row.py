"""The row of avatars and its edits: its bodies, which one is active, and the time of each one's clip."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, Literal, get_args

from app.model.cameras import CameraState
from app.model.edits import edit_body, edit_camera, edit_light
from app.model.fields import Choice, Length, Number, Rule, changed, range_of
from app.model.joints import LIMITS, NO_JOINT, NUM_JOINTS, REST_ANGLES, Rotation, Turns
from app.model.materials import MaterialState
from app.model.playback import ClipTime, PlaybackState, range_s, time_after

if TYPE_CHECKING:
    from app.model.view_state import ViewState


NUM_SHAPES = 10
DetailMode = Literal["auto", "on", "off"]
DETAIL_MODES: tuple[str, ...] = get_args(DetailMode)
MAX_BODIES = 8
Coefficient = Annotated[float, Number(-20.0, 20.0, "standard deviations", soft=(-3.0, 3.0), format="%.2f")]


def mistake_in_pose(rotations: tuple[Rotation, ...]) -> str | None:
    """Why these are not the rotations of all joints; None where they are, or where there are none."""
    if len(rotations) in (0, NUM_JOINTS):
        return None
    return f"expected {NUM_JOINTS} joints or none, got {len(rotations)}"


def mistake_in_row(row: "AvatarRowState") -> str | None:
    """Why the index of the active body is outside the row; None where it is inside."""
    if row.active <= len(row.others):
        return None
    return f".active: expected 0 to {len(row.others)}, got {row.active}"


@dataclass(frozen=True)
class BodyState:
    """One body: its avatar, its pose and its materials."""

    avatar: str = ""  # path of a .ckpt
    motion: str = ""  # name of a clip the session offers; "" is the rest pose
    time_s: ClipTime = 0.0
    playing: bool = False
    # about x, y and z, on top of the clip; applied in rendering/posing.py
    joint_angles_deg: Annotated[tuple[Turns, ...], Length(NUM_JOINTS, NUM_JOINTS)] = REST_ANGLES
    # added to the avatar's betas
    shape: Annotated[tuple[Coefficient, ...], Length(NUM_SHAPES, NUM_SHAPES)] = (0.0,) * NUM_SHAPES
    # normals per pixel from the offset map; auto: as the avatar was trained
    detail: Annotated[str, Choice(DETAIL_MODES)] = "auto"
    freezes_materials: bool = True  # albedo and roughness of the first training pose, whatever the pose
    playback: PlaybackState = field(default_factory=PlaybackState)
    # axis-angle, rad, of a pose from the library; () is no pose
    held_pose: Annotated[tuple[Rotation, ...], Rule(mistake_in_pose)] = ()
    held_share: Annotated[float, Number(0.0, 1.0, format="clip  %.2f  pose")] = 1.0  # 0: clip; 1: held_pose
    unlimited: tuple[
        Annotated[str, Choice(LIMITS)], ...
    ] = ()  # groups of joints that may be turned beyond their limits
    materials: MaterialState = field(default_factory=MaterialState)  # edits on top of the neural maps


@dataclass(frozen=True)
class AvatarRowState:
    """The bodies beside the active one, in a row along X."""

    others: Annotated[
        tuple[BodyState, ...], Length(0, MAX_BODIES - 1)
    ] = ()  # from the left of the front view to the right, without the active one
    active: Annotated[int, Number(0, MAX_BODIES - 1)] = 0  # index of the active body in the row
    spacing_m: Annotated[  # at 1.8 m the arms of two T-poses do not touch
        float, Number(0.2, 10.0, "metres", soft=(0.4, 4.0), format="%.2f m apart")
    ] = 1.8
    shares_pose: bool = False  # all bodies have the active one's clip, time and joint angles


SPAN_M = 1.9  # width of one body with its arms stretched out, and a margin


def edit_avatar_row(state: "ViewState", **changes: object) -> "ViewState":
    """Replace fields of the row."""
    return replace(state, avatar_row=changed(state.avatar_row, **changes))


def add_body(state: "ViewState", avatar: str = "") -> "ViewState":
    """Add a body at the end of the row in the active one's pose and make it active; move the camera back to see all."""
    bodies = state.bodies
    if len(bodies) >= MAX_BODIES:
        return state
    added = replace(state.body, avatar=avatar or state.body.avatar, materials=MaterialState())  # paint is one body's
    state = _keeping_light(state)
    state = replace(state, body=added, avatar_row=replace(state.avatar_row, others=bodies, active=len(bodies)))
    return framed(_without_joint(state))


def remove_body(state: "ViewState") -> "ViewState":
    """Remove the active body and make its left neighbor active; the only body of a row stays."""
    others = state.avatar_row.others
    if not others:
        return state
    active = max(0, state.avatar_row.active - 1)
    row = replace(state.avatar_row, others=others[:active] + others[active + 1 :], active=active)
    return _without_joint(replace(state, body=others[active], avatar_row=row))


def choose_body(state: "ViewState", index: int) -> "ViewState":
    """Make the body at an index of the row the active one."""
    bodies = state.bodies
    if index == state.avatar_row.active or not 0 <= index < len(bodies):
        return state
    row = replace(state.avatar_row, others=bodies[:index] + bodies[index + 1 :], active=index)
    state = _keeping_light(state)
    chosen = posed_bodies(state)[index]  # with a shared pose, the new active body goes on with it
    return _without_joint(replace(state, body=chosen, avatar_row=row))


def choose_next_body(state: "ViewState", step: int = 1) -> "ViewState":
    """Make the next body of the row the active one; after the last comes the first."""
    return choose_body(state, (state.avatar_row.active + step) % len(state.bodies))


def toggle_shared_pose(state: "ViewState") -> "ViewState":
    """Switch on or off that all bodies have the active one's pose."""
    return edit_avatar_row(state, shares_pose=not state.avatar_row.shares_pose)


def framed(state: "ViewState") -> "ViewState":
    """Move the camera back until the whole row fits into the picture; never closer."""
    width_m = (len(state.bodies) - 1) * state.avatar_row.spacing_m + SPAN_M
    needed_m = 0.5 * width_m / math.tan(0.5 * math.radians(state.camera.fov_deg))
    if len(state.bodies) == 1 or needed_m <= state.camera.distance_m:
        return state
    return edit_camera(state, distance_m=min(needed_m, range_of(CameraState, "distance_m").reach[1]))


def posed_bodies(state: "ViewState") -> tuple[BodyState, ...]:
    """All bodies of the row as they are shown: with `shares_pose`, in the active one's pose."""
    active = state.body
    if not state.avatar_row.shares_pose:
        return state.bodies
    return tuple(
        replace(
            body, motion=active.motion, time_s=active.time_s, playing=active.playing, playback=active.playback,
            joint_angles_deg=active.joint_angles_deg, held_pose=active.held_pose, held_share=active.held_share,
            unlimited=active.unlimited,
        )
        for body in state.bodies
    )  # fmt: skip


def advance_time(state: "ViewState", seconds: float, durations_s: Mapping[str, float]) -> "ViewState":
    """Advance every clip that plays by `seconds` of real time; one that does not loop stops at its end."""
    others = tuple(_advanced(body, seconds, durations_s) for body in state.avatar_row.others)
    return replace(edit_avatar_row(state, others=others), body=_advanced(state.body, seconds, durations_s))


def _advanced(body: BodyState, seconds: float, durations_s: Mapping[str, float]) -> BodyState:
    duration_s = durations_s.get(body.motion, 0.0)
    if not body.playing or duration_s <= 0:
        return body
    time_s = time_after(body, seconds, duration_s)
    start, end = range_s(body, duration_s)
    is_over = not body.playback.loops and time_s == (end if body.playback.speed >= 0 else start)
    return replace(body, time_s=time_s, playing=not is_over)


def _keeping_light(state: "ViewState") -> "ViewState":
    """The state in which the captured light stays the active avatar's, whichever becomes active."""
    if state.light.mode != "captured" or state.light.captured_of:
        return state
    return edit_light(state, captured_of=state.body.avatar)


def _without_joint(state: "ViewState") -> "ViewState":
    return replace(state, tool=replace(state.tool, selected_joint=NO_JOINT))


def choose_avatar(state: "ViewState", path: str) -> "ViewState":
    """Replace the active body's avatar, also as the one whose captured light shines, and drop its material edits."""
    if path == state.body.avatar:
        return state
    if state.light.captured_of == state.body.avatar:
        state = edit_light(state, captured_of=path)
    return edit_body(state, avatar=path, materials=MaterialState())


def set_shape(state: "ViewState", index: int, value: float) -> "ViewState":
    """Set one shape coefficient, which is added to the avatar's own."""
    shape = list(state.body.shape)
    shape[index] = float(value)
    return edit_body(state, shape=tuple(shape))
