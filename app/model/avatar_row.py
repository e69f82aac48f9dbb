"""Edits of the row of bodies: who stands in it, who is active, and the clocks of their clips."""

import math
from collections.abc import Mapping
from dataclasses import replace

from app.model.edits import MAX_DISTANCE_M, edit_camera
from app.model.material_state import MaterialState
from app.model.view_state import NO_JOINT, BodyState, ViewState

MAX_BODIES = 8
SPAN_M = 1.9  # across one body with its arms out, and some room


def edit_company(state: ViewState, **changes: object) -> ViewState:
    """Replace fields of the row."""
    return replace(state, company=replace(state.company, **changes))  # type: ignore[arg-type]


def add_body(state: ViewState, avatar: str = "") -> ViewState:
    """Another body at the row's end, posed as the active one, which it becomes; the camera steps back to see all."""
    bodies = state.bodies
    if len(bodies) >= MAX_BODIES:
        return state
    added = replace(state.body, avatar=avatar or state.body.avatar)
    if added.avatar != state.body.avatar:
        added = replace(added, materials=MaterialState())  # what was painted on one person is none of another's
    state = replace(state, body=added, company=replace(state.company, others=bodies, place=len(bodies)))
    return framed(_without_joint(state))


def remove_body(state: ViewState) -> ViewState:
    """Take the active body away; its left neighbor becomes the active one. The last one stays."""
    others, place = state.company.others, state.company.place
    if not others:
        return state
    heir = max(0, place - 1)
    left = replace(state.company, others=others[:heir] + others[heir + 1 :], place=heir)
    return _without_joint(replace(state, body=others[heir], company=left))


def choose_body(state: ViewState, place: int) -> ViewState:
    """Make the body at this place of the row the active one."""
    bodies = state.bodies
    if place == state.company.place or not 0 <= place < len(bodies):
        return state
    company = replace(state.company, others=bodies[:place] + bodies[place + 1 :], place=place)
    chosen = posed_bodies(state)[place]  # who leads a shared pose goes on with it
    return _without_joint(replace(state, body=chosen, company=company))


def choose_next_body(state: ViewState, step: int = 1) -> ViewState:
    """The neighbor becomes the active one; around the ends."""
    return choose_body(state, (state.company.place + step) % len(state.bodies))


def toggle_shared_pose(state: ViewState) -> ViewState:
    """Whether all do what the active body does."""
    return edit_company(state, shares_pose=not state.company.shares_pose)


def framed(state: ViewState) -> ViewState:
    """Step back until the whole row fits into the picture; never closer."""
    width_m = (len(state.bodies) - 1) * state.company.spacing_m + SPAN_M
    needed_m = 0.5 * width_m / math.tan(0.5 * math.radians(state.camera.fov_deg))
    if len(state.bodies) == 1 or needed_m <= state.camera.distance_m:
        return state
    return edit_camera(state, distance_m=min(needed_m, MAX_DISTANCE_M))


def posed_bodies(state: ViewState) -> tuple[BodyState, ...]:
    """Everybody in the row as shown: with `shares_pose` all do what the active one does."""
    active = state.body
    if not state.company.shares_pose:
        return state.bodies
    return tuple(
        replace(
            body, motion=active.motion, time_s=active.time_s, playing=active.playing, playback=active.playback,
            joint_angles_deg=active.joint_angles_deg, held_pose=active.held_pose, held_share=active.held_share,
            unlimited=active.unlimited,
        )
        for body in state.bodies
    )  # fmt: skip


def advance_time(state: ViewState, seconds: float, durations_s: Mapping[str, float]) -> ViewState:
    """Let every clip that plays run on by so much of the wall's time; one that does not loop stops at its end."""
    others = tuple(_advanced(body, seconds, durations_s) for body in state.company.others)
    return replace(edit_company(state, others=others), body=_advanced(state.body, seconds, durations_s))


def range_s(body: BodyState, duration_s: float) -> tuple[float, float]:
    """First and last second of the clip that play."""
    playback = body.playback
    start = min(max(playback.start_s, 0.0), duration_s)
    has_end = playback.end_s > start
    return start, min(playback.end_s, duration_s) if has_end else duration_s


def time_after(body: BodyState, seconds: float, duration_s: float) -> float:
    """Where in the clip the body is after so much of the wall's time."""
    start, end = range_s(body, duration_s)
    time_s = body.time_s + seconds * body.playback.speed
    if end <= start:
        return start
    if body.playback.loops:
        return start + (time_s - start) % (end - start)
    return min(max(time_s, start), end)


def _advanced(body: BodyState, seconds: float, durations_s: Mapping[str, float]) -> BodyState:
    duration_s = durations_s.get(body.motion, 0.0)
    if not body.playing or duration_s <= 0:
        return body
    time_s = time_after(body, seconds, duration_s)
    start, end = range_s(body, duration_s)
    is_over = not body.playback.loops and time_s == (end if body.playback.speed >= 0 else start)
    return replace(body, time_s=time_s, playing=not is_over)


def _without_joint(state: ViewState) -> ViewState:
    return replace(state, tool=replace(state.tool, selected_joint=NO_JOINT))
