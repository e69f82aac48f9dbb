"""SMPL's 24 joints on MakeHuman's body: where they are, which bones they take over, and how they move the skin."""

import numpy as np
from scipy.spatial.transform import Rotation

from phynes_core.body.model import SMPL_PARENTS
from phynes_core.conventions import JOINT_NAMES

JOINT = {name: index for index, name in enumerate(JOINT_NAMES)}
_SPINE_CUBES = {
    "pelvis": "pelvis", "spine1": "spine-4", "spine2": "spine-2", "spine3": "spine-1", "neck": "neck", "head": "head"
}  # fmt: skip
_LIMB_CUBES = {
    "hip": "upper-leg", "knee": "knee", "ankle": "ankle", "foot": "toe-2-1", "collar": "clavicle",
    "shoulder": "shoulder", "elbow": "elbow", "wrist": "hand", "hand": "finger-3-1",
}  # fmt: skip
_BONE_PREFIXES = (  # the first that fits; L and R bones go to the left and right joint
    (("root", "pelvis", "spine05"), "pelvis"),
    (("spine04", "spine03"), "spine1"),
    (("spine02",), "spine2"),
    (("spine01", "breast"), "spine3"),
    (("neck",), "neck"),
    (("clavicle", "shoulder01"), "collar"),
    (("upperarm",), "shoulder"),
    (("lowerarm",), "elbow"),
    (("wrist", "metacarpal"), "wrist"),
    (("finger",), "hand"),
    (("upperleg",), "hip"),
    (("lowerleg",), "knee"),
    (("foot",), "ankle"),
    (("toe",), "foot"),
)


def joint_positions(vertices: np.ndarray, groups: dict[str, np.ndarray]) -> np.ndarray:  # [24, 3]
    """Centers of MakeHuman's joint cubes."""
    cubes = []
    for name in JOINT_NAMES:
        side, _, part = name.partition("_")
        cubes.append(f"{side[0]}-{_LIMB_CUBES[part]}" if part else _SPINE_CUBES[name])
    return np.stack([vertices[groups[f"joint-{cube}"]].mean(0) for cube in cubes])


def skinning_weights(rig: dict[str, list[list[float]]], num_vertices: int) -> np.ndarray:  # [N, 24]
    """MakeHuman's weights, its bones merged into SMPL's joints."""
    weights = np.zeros((num_vertices, len(JOINT_NAMES)))
    for bone, pairs in rig.items():
        if pairs:
            vertex, weight = np.array(pairs).T
            weights[vertex.astype(int), JOINT[_joint_of_bone(bone)]] += weight
    return weights / np.maximum(weights.sum(1), 1e-9)[:, None]


def _joint_of_bone(bone: str) -> str:
    name, _, side = bone.partition(".")
    for prefixes, joint in _BONE_PREFIXES:
        if name.startswith(prefixes):
            has_side = f"left_{joint}" in JOINT
            return f"{'left' if bone.endswith('L') else 'right'}_{joint}" if has_side and side else joint
    return "head"


def transforms(joints: np.ndarray, rotations: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rest-to-posed transforms [24, 4, 4] and posed joints [24, 3] of local rotations [24, 3, 3]."""
    world = np.zeros((len(joints), 4, 4))
    for joint, parent in enumerate(SMPL_PARENTS):
        local = np.eye(4)
        local[:3, :3] = rotations[joint]
        local[:3, 3] = joints[joint] - (joints[parent] if parent >= 0 else 0)
        world[joint] = local if parent < 0 else world[parent] @ local
    skinning = world.copy()
    skinning[:, :3, 3] = world[:, :3, 3] - np.einsum("jab,jb->ja", world[:, :3, :3], joints)
    return skinning, world[:, :3, 3]


def skin(vertices: np.ndarray, weights: np.ndarray, skinning: np.ndarray) -> np.ndarray:  # [N, 3]
    """Linear blend skinning."""
    blended = np.einsum("vj,jab->vab", weights, skinning)
    return np.einsum("vab,vb->va", blended[:, :3, :3], vertices) + blended[:, :3, 3]


def t_pose_rotations(joints: np.ndarray) -> np.ndarray:  # [24, 3, 3] local
    """From MakeHuman's A to SMPL's T: arms level along x, legs a little closer together, feet kept flat."""
    rotations = np.tile(np.eye(3), (len(joints), 1, 1))
    for side, sign in (("left", 1), ("right", -1)):

        def at(part: str, side: str = side) -> np.ndarray:
            return joints[JOINT[f"{side}_{part}"]]

        turn = Rotation.from_euler("z", sign * 12, degrees=True).as_matrix()  # lift the collar a little
        rotations[JOINT[f"{side}_collar"]] = turn
        for part, following in (("shoulder", "elbow"), ("elbow", "wrist"), ("wrist", "hand")):
            level = _rotation_between(turn @ (at(following) - at(part)), np.array([sign, 0.0, 0.0]))
            local = turn.T @ level @ turn
            rotations[JOINT[f"{side}_{part}"]] = local
            turn = turn @ local
        leg = _rotation_between(at("ankle") - at("hip"), np.array([sign * 0.055, -1, -0.02]))
        rotations[JOINT[f"{side}_hip"]] = leg
        rotations[JOINT[f"{side}_ankle"]] = leg.T
    return rotations


def _rotation_between(start: np.ndarray, end: np.ndarray) -> np.ndarray:  # [3, 3]
    start, end = start / np.linalg.norm(start), end / np.linalg.norm(end)
    axis = np.cross(start, end)
    sine = np.linalg.norm(axis)
    if sine < 1e-9:
        return np.eye(3)
    return Rotation.from_rotvec(axis / sine * np.arctan2(sine, start @ end)).as_matrix()
