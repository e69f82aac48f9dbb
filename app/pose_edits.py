"""Edits of the pose that the active body holds over its clip."""

from app.edits import edit_body
from app.state import REST_ANGLES, Vector, ViewState


def hold_pose(state: ViewState, rotations: tuple[Vector, ...], share: float = 1.0) -> ViewState:
    """Put the active body into a pose, over its clip; what hands did to joints goes."""
    return edit_body(state, held_pose=rotations, held_share=share, joint_angles_deg=REST_ANGLES, playing=False)


def set_share(state: ViewState, share: float) -> ViewState:
    """How much of the held pose shows: 0 is the clip's own, every joint on the shorter arc between."""
    return edit_body(state, held_share=min(max(share, 0.0), 1.0))


def drop_pose(state: ViewState) -> ViewState:
    """Back to the clip."""
    return edit_body(state, held_pose=(), held_share=1.0)
