"""Edits of the active body's joints: which one is held, about which axis, and how far."""

from dataclasses import replace

from app.edits import edit_body, edit_tool, set_joint
from app.joint_turns import MIRRORED, mirrored, turned
from app.state import LIMITS, NO_JOINT, NUM_JOINTS, REST_ANGLES, Vector, ViewState

KEY_STEP_DEG = 5.0


def select_joint(state: ViewState, joint: int) -> ViewState:
    """Give a joint the rings; NO_JOINT takes them away."""
    return edit_tool(state, selected_joint=joint if 0 <= joint < NUM_JOINTS else NO_JOINT)


def select_next_joint(state: ViewState, step: int = 1) -> ViewState:
    """Around all joints, in SMPL's order."""
    present = state.tool.selected_joint
    start = -1 if present == NO_JOINT and step > 0 else max(present, 0)
    return select_joint(state, (start + step) % NUM_JOINTS)


def choose_next_axis(state: ViewState) -> ViewState:
    """x, y, z and x again: what the keys turn about."""
    return edit_tool(state, joint_axis=(state.tool.joint_axis + 1) % 3)


def place_joint(state: ViewState, joint: int, angles_deg: Vector) -> ViewState:
    """Turn a joint on top of the clip, and its mirror image where that is asked for."""
    state = set_joint(state, joint, angles_deg)
    if state.tool.mirrors_joints and joint in MIRRORED:
        state = set_joint(state, MIRRORED[joint], mirrored(angles_deg))
    return state


def turn_selected(state: ViewState, degrees: float) -> ViewState:
    """A step about the chosen axis."""
    joint = state.tool.selected_joint
    if joint == NO_JOINT:
        return state
    angles = turned(state.body.joint_angles_deg[joint], state.tool.joint_axis, degrees, is_root=joint == 0)
    return place_joint(state, joint, angles)


def reset_selected(state: ViewState) -> ViewState:
    """The selected joint as the clip has it."""
    joint = state.tool.selected_joint
    return state if joint == NO_JOINT else place_joint(state, joint, REST_ANGLES[joint])


def mirror_pose(state: ViewState) -> ViewState:
    """What was done to the left limbs to the right ones, and the other way round."""
    angles = [mirrored(state.body.joint_angles_deg[MIRRORED.get(joint, joint)]) for joint in range(NUM_JOINTS)]
    return edit_body(state, joint_angles_deg=tuple(angles))


def toggle_mirror(state: ViewState) -> ViewState:
    """Whether edits of one side are made on the other too."""
    return edit_tool(state, mirrors_joints=not state.tool.mirrors_joints)


def set_limit(state: ViewState, group: str, is_on: bool) -> ViewState:
    """Whether edits of these joints stop at what a body can do."""
    free = tuple(name for name in LIMITS if (not is_on if name == group else name in state.body.unlimited))
    return replace(state, body=replace(state.body, unlimited=free))
