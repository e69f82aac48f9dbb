"""Retarget a .bvh skeleton to SMPL's: match joints by name, and transfer world rotations between aligned rest poses.

A joint's world rotation is G_j = A W_j B_j: W_j is the file's, A turns its up axis to ours, and B_j is the constant
rotation from SMPL's rest pose to the file's, such that each limb points in the same direction in both. Joint names are
those of Mixamo, LAFAN, CMU, Xsens and others.
"""

import re
from pathlib import Path

import numpy as np
import torch

from phynes_core.body.model import SMPL_PARENTS
from phynes_core.body.motion.bvh import Bvh, read_bvh, world_transforms
from phynes_core.body.motion.clip import MotionClip
from phynes_core.body.rotations import matrix_to_quaternion, quaternion_to_axis_angle
from phynes_core.conventions import JOINT_NAMES, NUM_JOINTS
from phynes_core.errors import MotionError

_NEEDED = (1, 2, 4, 5, 16, 17)  # hips, knees, shoulders: no person is retargeted without them
# directions of SMPL's limbs in the T-pose, +X left, +Y up, +Z ahead; other joints take the axes of the whole body
_CHILD = {1: 4, 2: 5, 4: 7, 5: 8, 7: 10, 8: 11, 13: 16, 14: 17, 16: 18, 17: 19, 18: 20, 19: 21}
_DIRECTION = {
    **dict.fromkeys((1, 2, 4, 5), (0.0, -1.0, 0.0)),
    **dict.fromkeys((7, 8), (0.0, -0.3, 0.95)),
    **dict.fromkeys((13, 16, 18), (1.0, 0.0, 0.0)),
    **dict.fromkeys((14, 17, 19), (-1.0, 0.0, 0.0)),
}
_FOLLOWS = {10: 7, 11: 8, 20: 18, 21: 19}  # joints without a bone of their own are aligned as their parents
# limbs within these angles of SMPL's need no alignment: rest poses of bodies differ by as much
_SAME_DEG = {**dict.fromkeys((1, 2, 4, 5, 16, 17, 18, 19), 10.0), **dict.fromkeys((7, 8, 13, 14), 40.0)}
_LIMBS = {  # SMPL's joint -> names without their side, in lower case letters
    "hip": ("upleg", "upperleg", "thigh", "hip"),
    "knee": ("leg", "lowerleg", "knee", "shin", "calf", "lowleg"),
    "ankle": ("foot", "ankle"),
    "foot": ("toebase", "toe", "toes", "ball"),
    "collar": ("collar", "clavicle", "shouldergirdle"),
    "shoulder": ("arm", "upperarm", "uparm"),
    "elbow": ("forearm", "lowerarm", "elbow", "lowarm"),
    "wrist": ("hand", "wrist"),
}
_PELVIS = ("hips", "pelvis", "hip")


def load_bvh(path: Path) -> MotionClip:
    """Read a .bvh as SMPL's rotations and the pelvis's positions; raises MotionError."""
    bvh = read_bvh(path)
    joints = smpl_joints_of(bvh.names, bvh.parents)
    missing = [JOINT_NAMES[joint] for joint in _NEEDED if joint not in joints]
    if missing:
        raise MotionError(
            f"{path}: expected a person's joints by name (Mixamo, LAFAN, CMU and the like), found none for "
            f"{', '.join(missing)}; rename them"
        )
    still = np.tile(np.eye(3), (1, len(bvh.names), 1, 1))
    rest = world_transforms(bvh, still, bvh.offsets[None])[1][0]  # [J, 3]
    rotations, positions = world_transforms(bvh, bvh.rotations, bvh.translations)
    legs = [(joints[a], joints[b]) for a, b in ((1, 4), (2, 5), (4, 7), (5, 8)) if a in joints and b in joints]
    leg = 0.5 * sum(float(np.linalg.norm(rest[b] - rest[a])) for a, b in legs)
    if not leg > 0:
        raise MotionError(f"{path}: expected legs of some length, got OFFSETs of 0; export the skeleton again")
    upright = _up_to_y(positions, joints)
    aligned = _alignments(bvh, rest, joints)
    local = _local_rotations(upright, rotations, aligned, joints)
    angles = quaternion_to_axis_angle(matrix_to_quaternion(torch.from_numpy(local))).float()
    pelvis = torch.from_numpy(positions[:, joints[0]] @ upright.T).float()
    return MotionClip(Path(path).stem, bvh.fps, angles[:, 0], angles[:, 1:], pelvis, None, leg_length=leg)


def _local_rotations(
    upright: np.ndarray,  # [3, 3]
    rotations: np.ndarray,  # [N, J, 3, 3] the file's, world
    aligned: dict[int, np.ndarray],
    joints: dict[int, int],
) -> np.ndarray:  # [N, 24, 3, 3]
    """Each joint in its parent's axes; a joint that the file lacks keeps its parent's rotation."""
    world = np.empty((len(rotations), NUM_JOINTS, 3, 3))
    for joint, parent in enumerate(SMPL_PARENTS):
        if joint in joints:
            world[:, joint] = upright @ rotations[:, joints[joint]] @ aligned[joint]
        else:
            world[:, joint] = world[:, parent]
    local = world.copy()
    for joint, parent in enumerate(SMPL_PARENTS[1:], 1):
        local[:, joint] = world[:, parent].transpose(0, 2, 1) @ world[:, joint]
    return local


def _up_to_y(positions: np.ndarray, joints: dict[int, int]) -> np.ndarray:  # [N, J, 3] -> [3, 3]
    """The rotation that makes +Y up, recognized by the pelvis being above the feet."""
    feet = [joints[joint] for joint in (7, 8, 4, 5) if joint in joints][:2]
    rise = (positions[:, joints[0]] - positions[:, feet].mean(1)).mean(0)
    if rise[2] > 2 * abs(rise[1]):
        return np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
    return np.eye(3)


def _alignments(bvh: Bvh, rest: np.ndarray, joints: dict[int, int]) -> dict[int, np.ndarray]:  # [3, 3] each
    """B_j: from SMPL's rest axes to the file's, so that limbs of both point in the same direction."""
    body = _body_axes(rest, joints)
    aligned = {joint: body for joint in joints}
    for joint, child in _CHILD.items():
        if joint not in joints:
            continue
        if child in joints:
            bone = rest[joints[child]] - rest[joints[joint]]
        else:
            end = bvh.ends[joints[joint]]
            bone = np.zeros(3) if end is None else end
        if (length := np.linalg.norm(bone)) < 1e-9:
            continue
        wanted = body @ (np.array(_DIRECTION[joint]) / np.linalg.norm(_DIRECTION[joint]))
        if wanted @ bone / length < np.cos(np.radians(_SAME_DEG[joint])):
            aligned[joint] = _shortest_rotation(wanted, bone / length, body[:, 0]) @ body
    for joint, parent in _FOLLOWS.items():
        if joint in joints and parent in joints:
            aligned[joint] = aligned[parent]
    return aligned


def _body_axes(rest: np.ndarray, joints: dict[int, int]) -> np.ndarray:  # [3, 3] columns left, up, ahead
    """The rest skeleton's orientation, from its hips and spine."""
    top = next((joints[joint] for joint in (12, 15, 9, 6, 16) if joint in joints), joints[16])
    left = rest[joints[1]] - rest[joints[2]]
    if np.linalg.norm(left) < 1e-9:
        left = rest[joints[16]] - rest[joints[17]]
    up = rest[top] - rest[joints[0]]
    ahead = np.cross(left, up)
    if np.linalg.norm(ahead) < 1e-9 * max(1.0, float(np.abs(rest).max()) ** 2):
        return np.eye(3)
    ahead /= np.linalg.norm(ahead)
    up -= left * (up @ left) / (left @ left)
    up /= np.linalg.norm(up)
    axes = np.stack([np.cross(up, ahead), up, ahead], 1)
    straight = np.round(axes)
    is_nearly_straight = (straight * axes).sum(0).min() > np.cos(np.radians(_SAME_DEG[1]))
    return straight if is_nearly_straight and abs(np.linalg.det(straight) - 1) < 1e-9 else axes


def _shortest_rotation(start: np.ndarray, end: np.ndarray, hinge: np.ndarray) -> np.ndarray:  # unit each -> [3, 3]
    """From one direction to another; about `hinge` where they are opposite, so that knees still bend about it."""
    start = start / np.linalg.norm(start)
    cosine = float(start @ end)
    if cosine < -0.9999:
        return 2.0 * np.outer(hinge, hinge) - np.eye(3)
    axis = np.cross(start, end)
    cross = np.array([[0.0, -axis[2], axis[1]], [axis[2], 0.0, -axis[0]], [-axis[1], axis[0], 0.0]])
    return np.eye(3) + cross + cross @ cross / (1.0 + cosine)


def smpl_joints_of(names: tuple[str, ...], parents: tuple[int, ...]) -> dict[int, int]:
    """SMPL joint -> joint of the skeleton, for those that it has."""
    parts = [_side_and_part(name) for name in names]
    has_collar = any(part in _LIMBS["collar"] for side, part in parts if side)
    found: dict[int, int] = {}
    for index, (side, part) in enumerate(parts):
        if side and (role := _role(part, has_collar, parts)):
            found.setdefault(JOINT_NAMES.index(f"{side}_{role}"), index)
    pelvis = next((index for index, (side, part) in enumerate(parts) if not side and part in _PELVIS), 0)
    found[0] = pelvis
    head = next((index for index, (side, part) in enumerate(parts) if not side and part == "head"), None)
    if head is not None:
        found |= _spine(
            _ancestors(head, parents), pelvis, [_ancestors(found[j], parents) for j in (16, 17) if j in found]
        )
    return found


def _spine(path: list[int], pelvis: int, arms: list[list[int]]) -> dict[int, int]:
    """The joints from pelvis to head: the spine ends where the arms branch off, the neck follows."""
    if pelvis not in path:
        return {15: path[-1]}
    path = path[path.index(pelvis) + 1 :]
    chest = max((path.index(joint) for arm in arms for joint in arm if joint in path), default=len(path) - 3)
    spine, neck = path[: chest + 1], path[chest + 1 : -1]
    targets = {1: (6,), 2: (3, 9)}.get(len(spine), (3, 6, 9))
    chosen = spine if len(spine) < 3 else [spine[0], spine[len(spine) // 2], spine[-1]]
    found = dict(zip(targets, chosen, strict=False))
    if neck:
        found[12] = neck[0]
    return found | {15: path[-1]}


def _ancestors(joint: int, parents: tuple[int, ...]) -> list[int]:
    """From the root to the joint itself."""
    path = [joint]
    while parents[path[-1]] >= 0:
        path.append(parents[path[-1]])
    return path[::-1]


def _role(part: str, has_collar: bool, parts: list[tuple[str, str]]) -> str | None:
    if part == "shoulder":  # the collar bone of Mixamo and LAFAN, the arm's own joint of others
        has_arm = any(other in _LIMBS["shoulder"] for side, other in parts if side)
        return "collar" if has_arm and not has_collar else "shoulder"
    return next((role for role, words in _LIMBS.items() if part in words), None)


def _side_and_part(name: str) -> tuple[str, str]:
    """mixamorig:LeftForeArm -> left, forearm; LowerArm_R -> right, lowerarm; Spine1 -> "", spine1."""
    name = re.sub(r"^(.*:|mixamorig\d*_?|bip\d*[ _])", "", name, flags=re.IGNORECASE)
    for side, letter in (("left", "l"), ("right", "r")):
        if side in name.lower():
            return side, _letters(re.sub(side, "", name, flags=re.IGNORECASE))
        match = re.fullmatch(rf"(?i:{letter}[ _.](.+)|(.+)[ _.]{letter})|{letter.upper()}([A-Z].*)", name)
        if match:
            return side, _letters(next(filter(None, match.groups())))
    return "", _letters(name)


def _letters(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())
