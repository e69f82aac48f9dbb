"""Edits of the active body's joints: selection, turns on top of the clip, mirroring; and poses of the library."""

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import numpy as np

from app.model.edits import edit_body, edit_tool
from app.model.fields import TURN_DEG, Number, Vector

if TYPE_CHECKING:
    from app.model.view_state import ViewState


NUM_JOINTS = 24
LIMITS = ("head", "hands", "limbs")
NO_JOINT = -1
Turn = Annotated[float, Number(-TURN_DEG, TURN_DEG, "degrees", soft=(-180.0, 180.0), format="%.0f°")]
Turns = tuple[Turn, Turn, Turn]  # about x, y and z
Angle = Annotated[float, Number(-100.0, 100.0, "radians")]
Rotation = tuple[Angle, Angle, Angle]  # axis times angle
REST_ANGLES: tuple[Vector, ...] = ((0.0, 0.0, 0.0),) * NUM_JOINTS


KEY_STEP_DEG = 5.0


def select_joint(state: "ViewState", joint: int) -> "ViewState":
    """Select a joint, whose rotation rings are shown; NO_JOINT selects none."""
    return edit_tool(state, selected_joint=joint if 0 <= joint < NUM_JOINTS else NO_JOINT)


def select_next_joint(state: "ViewState", step: int = 1) -> "ViewState":
    """Select the next joint in SMPL's order; after the last comes the first."""
    present = state.tool.selected_joint
    start = -1 if present == NO_JOINT and step > 0 else max(present, 0)
    return select_joint(state, (start + step) % NUM_JOINTS)


def choose_next_axis(state: "ViewState") -> "ViewState":
    """Choose the next axis (x, y, z, then x again) that the keys turn about."""
    return edit_tool(state, joint_axis=(state.tool.joint_axis + 1) % 3)


def turn_joint(state: "ViewState", joint: int, angles_deg: Vector) -> "ViewState":
    """Set a joint's angles on top of the clip, and those of its mirror image where edits are mirrored."""
    state = set_joint(state, joint, angles_deg)
    if state.tool.mirrors_joints and joint in MIRRORED:
        state = set_joint(state, MIRRORED[joint], mirrored(angles_deg))
    return state


def turn_selected(state: "ViewState", degrees: float) -> "ViewState":
    """Turn the selected joint about the chosen axis."""
    joint = state.tool.selected_joint
    if joint == NO_JOINT:
        return state
    angles = turned(state.body.joint_angles_deg[joint], state.tool.joint_axis, degrees, is_root=joint == 0)
    return turn_joint(state, joint, angles)


def reset_selected(state: "ViewState") -> "ViewState":
    """Remove the turn of the selected joint."""
    joint = state.tool.selected_joint
    return state if joint == NO_JOINT else turn_joint(state, joint, REST_ANGLES[joint])


def mirror_pose(state: "ViewState") -> "ViewState":
    """Exchange the turns of the left and the right limbs, mirrored."""
    angles = [mirrored(state.body.joint_angles_deg[MIRRORED.get(joint, joint)]) for joint in range(NUM_JOINTS)]
    return edit_body(state, joint_angles_deg=tuple(angles))


def toggle_mirror(state: "ViewState") -> "ViewState":
    """Switch on or off that an edit of one limb also turns the opposite one."""
    return edit_tool(state, mirrors_joints=not state.tool.mirrors_joints)


def set_limit(state: "ViewState", group: str, is_on: bool) -> "ViewState":
    """Switch the joint limits of a group of LIMITS on or off."""
    free = tuple(name for name in LIMITS if (not is_on if name == group else name in state.body.unlimited))
    return replace(state, body=replace(state.body, unlimited=free))


# SMPL joint -> the opposite joint; joints of the trunk have none
MIRRORED = {left: right for pair in ((1, 2), (4, 5), (7, 8), (10, 11), (13, 14), (16, 17), (18, 19), (20, 21), (22, 23))
            for left, right in (pair, pair[::-1])}  # fmt: skip


def turn_about(axis: int, degrees: float) -> np.ndarray:  # [3, 3]
    """The rotation about x (0), y (1) or z (2)."""
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    first, second = (axis + 1) % 3, (axis + 2) % 3
    matrix = np.eye(3)
    matrix[first, first] = matrix[second, second] = cosine
    matrix[second, first], matrix[first, second] = sine, -sine
    return matrix


def matrix_of(angles_deg: Vector) -> np.ndarray:  # [3, 3]
    """The rotation about z first, then y, then x, as rendering/posing.py's turn_matrices."""
    x, y, z = (turn_about(axis, angle) for axis, angle in enumerate(angles_deg))
    return x @ y @ z


def angles_of(matrix: np.ndarray, near: Vector = (0.0, 0.0, 0.0)) -> Vector:
    """The inverse of `matrix_of`, degrees: of the two solutions, the one nearer to the angles `near`."""
    m = matrix
    sine = float(np.clip(m[0, 2], -1.0, 1.0))
    if abs(sine) > 1.0 - 1e-9:  # gimbal lock, x and z turn about one axis: z keeps its angle
        y = math.copysign(90.0, sine)
        around = math.degrees(math.atan2(m[1, 0], m[1, 1]))  # x + z or z - x
        return (math.copysign(1.0, sine) * _nearest(around - near[2], near[0] * math.copysign(1.0, sine)), y, near[2])
    x, y, z = math.atan2(-m[1, 2], m[2, 2]), math.asin(sine), math.atan2(-m[0, 1], m[0, 0])
    ways = []
    for way in ((x, y, z), (x + math.pi, math.pi - y, z + math.pi)):
        angles = tuple(_nearest(math.degrees(angle), close) for angle, close in zip(way, near, strict=True))
        ways.append((sum(abs(a - b) for a, b in zip(angles, near, strict=True)), angles))
    return min(ways)[1]  # type: ignore[return-value]


def turned(angles_deg: Vector, axis: int, degrees: float, is_root: bool) -> Vector:
    """The angles after a further turn about the joint's own present axis; for the root, about the world's."""
    step, present = turn_about(axis, degrees), matrix_of(angles_deg)
    return angles_of(step @ present if is_root else present @ step, angles_deg)


def mirrored(angles_deg: Vector) -> Vector:
    """The angles of the opposite limb for the same turn, mirrored at the plane x = 0."""
    x, y, z = angles_deg
    return x, -y, -z


def _nearest(angle: float, near: float) -> float:
    """The same angle, at most 180 degrees from `near`."""
    return near + (angle - near + 180.0) % 360.0 - 180.0


def hold_pose(state: "ViewState", rotations: tuple[Vector, ...]) -> "ViewState":
    """Show the active body in a pose instead of its clip, which stops; turns of joints are removed."""
    return edit_body(state, held_pose=rotations, held_share=1.0, joint_angles_deg=REST_ANGLES, playing=False)


def set_share(state: "ViewState", share: float) -> "ViewState":
    """Blend between the clip's pose (0) and the held pose (1), each joint on the shorter arc."""
    return edit_body(state, held_share=share)


def drop_pose(state: "ViewState") -> "ViewState":
    """Remove the held pose."""
    return edit_body(state, held_pose=(), held_share=1.0)


def set_joint(state: "ViewState", joint: int, angles_deg: Vector) -> "ViewState":
    """Set one joint's angles on top of the clip, x, y, z in degrees."""
    if not 0 <= joint < NUM_JOINTS:
        return state
    angles = list(state.body.joint_angles_deg)
    angles[joint] = (float(angles_deg[0]), float(angles_deg[1]), float(angles_deg[2]))
    return edit_body(state, joint_angles_deg=tuple(angles))


def reset_joints(state: "ViewState", joints: tuple[int, ...] = tuple(range(NUM_JOINTS))) -> "ViewState":
    """Remove the turns of these joints."""
    angles = list(state.body.joint_angles_deg)
    for joint in joints:
        angles[joint] = REST_ANGLES[joint]
    return edit_body(state, joint_angles_deg=tuple(angles))
