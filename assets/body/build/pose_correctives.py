"""SMPL's pose blend shapes, fitted: what dual quaternion skinning does better than linear blending, by joint."""

import numpy as np
from scipy.spatial.transform import Rotation
from skeleton import skin, transforms

from phynes_core.conventions import JOINT_NAMES

_SAMPLES = 60  # poses per joint
_GAIN = 0.8  # of the way to dual quaternions, which bulge
_RIDGE = 1e-2
_LIMITS = {  # rad about x, y, z
    "knee": [(0, 2.2), (-0.2, 0.2), (-0.2, 0.2)],
    "elbow": [(-0.5, 0.5), (-2.2, 2.2), (-0.6, 0.6)],
    "hip": [(-1.8, 0.6), (-0.5, 0.5), (-0.7, 0.7)],
    "shoulder": [(-0.8, 0.8), (-1.2, 1.2), (-1.5, 1.5)],
}
_OTHER_LIMITS = [(-0.7, 0.7)] * 3


def fit_posedirs(template: np.ndarray, weights: np.ndarray, joints: np.ndarray) -> np.ndarray:  # [V, 3, 207]
    """Ridge regression of the correction on R - I, one joint at a time."""
    posedirs = np.zeros((len(template), 3, 207))
    rng = np.random.default_rng(1)
    for joint in range(1, len(JOINT_NAMES)):
        limits = _LIMITS.get(JOINT_NAMES[joint].split("_")[-1], _OTHER_LIMITS)
        moved = np.where(weights[:, joint] > 1e-3)[0]
        features, corrections = [], []
        for _ in range(_SAMPLES):
            rotations = np.tile(np.eye(3), (len(JOINT_NAMES), 1, 1))
            rotations[joint] = Rotation.from_rotvec([rng.uniform(*limit) for limit in limits]).as_matrix()
            skinning, _ = transforms(joints, rotations)
            linear = skin(template[moved], weights[moved], skinning)
            better = _skin_dual_quaternion(template[moved], weights[moved], skinning)
            blended = np.einsum("vj,jab->vab", weights[moved], skinning)[:, :3, :3]
            left, _, right = np.linalg.svd(blended)  # only the rotation: the inverse of a blend can blow up
            back = np.einsum("vba,vb->va", left @ right, _GAIN * (better - linear))
            features.append((rotations[joint] - np.eye(3)).ravel())
            corrections.append(back.ravel())
        x, y = np.stack(features), np.stack(corrections)
        solution = np.linalg.solve(x.T @ x + _RIDGE * np.eye(9), x.T @ y)  # [9, 3 * moved]
        posedirs[moved, :, (joint - 1) * 9 : joint * 9] = solution.T.reshape(len(moved), 3, 9)
    return posedirs


def _skin_dual_quaternion(vertices: np.ndarray, weights: np.ndarray, skinning: np.ndarray) -> np.ndarray:
    """Kavan et al. 2007."""
    real = Rotation.from_matrix(skinning[:, :3, :3]).as_quat()
    translation = np.concatenate([skinning[:, :3, 3], np.zeros((len(skinning), 1))], 1)
    dual = 0.5 * _multiply(translation, real)
    sign = np.where((real @ real[0]) < 0, -1, 1)[:, None]
    blended_real, blended_dual = weights @ (real * sign), weights @ (dual * sign)
    length = np.linalg.norm(blended_real, axis=1, keepdims=True)
    blended_real /= length
    blended_dual /= length
    conjugate = blended_real * np.array([-1, -1, -1, 1])
    moved = 2 * _multiply(blended_dual, conjugate)[:, :3]
    return np.einsum("vab,vb->va", Rotation.from_quat(blended_real).as_matrix(), vertices) + moved


def _multiply(a: np.ndarray, b: np.ndarray) -> np.ndarray:  # quaternions x, y, z, w
    x1, y1, z1, w1 = np.moveaxis(a, -1, 0)
    x2, y2, z2, w2 = np.moveaxis(b, -1, 0)
    return np.stack(
        [
            w1 * x2 + x1 * w2 + y1 * z2 - z1 * y2,
            w1 * y2 - x1 * z2 + y1 * w2 + z1 * x2,
            w1 * z2 + x1 * y2 - y1 * x2 + z1 * w2,
            w1 * w2 - x1 * x2 - y1 * y2 - z1 * z2,
        ],
        -1,
    )
