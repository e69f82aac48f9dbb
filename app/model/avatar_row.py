"""The row of bodies and its edits: who stands in it, who is active, and the clocks of their clips."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated

from app.model.cameras import CameraState
from app.model.edits import edit_body, edit_camera
from app.model.fields import Choice, Length, Number, Rule, changed, range_of
from app.model.joints import LIMITS, NO_JOINT, NUM_JOINTS, REST_ANGLES, Rotation, Turns
from app.model.materials import MaterialState
from app.model.playback import ClipTime, PlaybackState, range_s, time_after

if TYPE_CHECKING:
    from app.model.view_state import ViewState


NUM_SHAPES = 10
DETAIL_MODES = ("auto", "on", "off")
MAX_BODIES = 8
Coefficient = Annotated[float, Number(-20.0, 20.0, "standard deviations", soft=(-3.0, 3.0), format="%.2f")]


def mistake_in_pose(rotations: tuple[Rotation, ...]) -> str | None:
    """Neither no pose nor a whole one."""
    if len(rotations) in (0, NUM_JOINTS):
        return None
    return f"expected {NUM_JOINTS} joints or none, got {len(rotations)}"


def mistake_in_row(row: "AvatarRowState") -> str | None:
    """An active body that is none of the row."""
    if row.active <= len(row.others):
        return None
    return f".active: expected 0 to {len(row.others)}, got {row.active}"


@dataclass(frozen=True)
class BodyState:
    """Who is shown and in which pose."""

    avatar: str = ""  # path of a .ckpt
    motion: str = ""  # name of a clip the session offers; "" is the rest pose
    time_s: ClipTime = 0.0
    playing: bool = False
    # x, y, z turns on top of the clip; posing.py
    joint_angles_deg: Annotated[tuple[Turns, ...], Length(NUM_JOINTS, NUM_JOINTS)] = REST_ANGLES
    # added to the avatar's betas
    shape: Annotated[tuple[Coefficient, ...], Length(NUM_SHAPES, NUM_SHAPES)] = (0.0,) * NUM_SHAPES
    # normals per pixel from the offset map; auto: as the avatar was trained
    detail: Annotated[str, Choice(DETAIL_MODES)] = "auto"
    freezes_materials: bool = True  # albedo and roughness of the first training pose, whatever the pose
    playback: PlaybackState = field(default_factory=PlaybackState)
    # axis-angle, rad, of a pose from the library; () is none
    held_pose: Annotated[tuple[Rotation, ...], Rule(mistake_in_pose)] = ()
    held_share: Annotated[float, Number(0.0, 1.0, format="clip  %.2f  pose")] = 1.0  # 0: the clip's pose; 1: the held
    unlimited: tuple[Annotated[str, Choice(LIMITS)], ...] = ()  # which joints may be turned beyond what a body can do
    materials: MaterialState = field(default_factory=MaterialState)  # on top of the maps


@dataclass(frozen=True)
class AvatarRowState:
    """Who stands beside the active body, in a row along X."""

    others: Annotated[
        tuple[BodyState, ...], Length(0, MAX_BODIES - 1)
    ] = ()  # from the left of the front view to the right, without the active one
    active: Annotated[int, Number(0, MAX_BODIES - 1)] = 0  # index of the active body in the row
    spacing_m: Annotated[  # at 1.8 m the arms of two T-poses do not touch
        float, Number(0.2, 10.0, "metres", soft=(0.4, 4.0), format="%.2f m apart")
    ] = 1.8
    shares_pose: bool = False  # all take the active body's clip, time and joints


SPAN_M = 1.9  # across one body with its arms out, and some room


def edit_avatar_row(state: "ViewState", **changes: object) -> "ViewState":
    """Replace fields of the row."""
    return replace(state, avatar_row=changed(state.avatar_row, **changes))


def add_body(state: "ViewState", avatar: str = "") -> "ViewState":
    """Another body at the row's end, posed as the active one, which it becomes; the camera steps back to see all."""
    bodies = state.bodies
    if len(bodies) >= MAX_BODIES:
        return state
    added = replace(state.body, avatar=avatar or state.body.avatar)
    if added.avatar != state.body.avatar:
        added = replace(added, materials=MaterialState())  # painted materials belong to one avatar
    state = replace(state, body=added, avatar_row=replace(state.avatar_row, others=bodies, active=len(bodies)))
    return framed(_without_joint(state))


def remove_body(state: "ViewState") -> "ViewState":
    """Take the active body away; its left neighbor becomes the active one. The last one stays."""
    others, place = state.avatar_row.others, state.avatar_row.active
    if not others:
        return state
    heir = max(0, place - 1)
    left = replace(state.avatar_row, others=others[:heir] + others[heir + 1 :], active=heir)
    return _without_joint(replace(state, body=others[heir], avatar_row=left))


def choose_body(state: "ViewState", place: int) -> "ViewState":
    """Make the body at this place of the row the active one."""
    bodies = state.bodies
    if place == state.avatar_row.active or not 0 <= place < len(bodies):
        return state
    row = replace(state.avatar_row, others=bodies[:place] + bodies[place + 1 :], active=place)
    chosen = posed_bodies(state)[place]  # who leads a shared pose goes on with it
    return _without_joint(replace(state, body=chosen, avatar_row=row))


def choose_next_body(state: "ViewState", step: int = 1) -> "ViewState":
    """The neighbor becomes the active one; around the ends."""
    return choose_body(state, (state.avatar_row.active + step) % len(state.bodies))


def toggle_shared_pose(state: "ViewState") -> "ViewState":
    """Whether all do what the active body does."""
    return edit_avatar_row(state, shares_pose=not state.avatar_row.shares_pose)


def framed(state: "ViewState") -> "ViewState":
    """Step back until the whole row fits into the picture; never closer."""
    width_m = (len(state.bodies) - 1) * state.avatar_row.spacing_m + SPAN_M
    needed_m = 0.5 * width_m / math.tan(0.5 * math.radians(state.camera.fov_deg))
    if len(state.bodies) == 1 or needed_m <= state.camera.distance_m:
        return state
    return edit_camera(state, distance_m=min(needed_m, range_of(CameraState, "distance_m").reach[1]))


def posed_bodies(state: "ViewState") -> tuple[BodyState, ...]:
    """Everybody in the row as shown: with `shares_pose` all do what the active one does."""
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
    """Let every clip that plays run on by so much of the wall's time; one that does not loop stops at its end."""
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


def _without_joint(state: "ViewState") -> "ViewState":
    return replace(state, tool=replace(state.tool, selected_joint=NO_JOINT))


def choose_avatar(state: "ViewState", path: str) -> "ViewState":
    """Another avatar, whose materials are as its maps say."""
    return state if path == state.body.avatar else edit_body(state, avatar=path, materials=MaterialState())


def set_shape(state: "ViewState", index: int, value: float) -> "ViewState":
    """One shape coefficient, on top of the avatar's own."""
    shape = list(state.body.shape)
    shape[index] = float(value)
    return edit_body(state, shape=tuple(shape))
