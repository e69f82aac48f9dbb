"""Pose-dependent folds: ridges at bent knees, hips, shoulders and the twisted waist, along the posed normal."""

import numpy as np
from numpy.typing import NDArray

from phynes_core.conventions import JOINT_NAMES
from phynes_core.synthetic.garments import Landmarks
from phynes_core.synthetic.noise import Noise, smoothstep

Array = NDArray[np.float64]


def fold_heights(
    points: Array,  # [V, 3] rest body, metres
    shirt: Array,  # [V] 0..1
    trousers: Array,  # [V] 0..1
    body_pose: Array,  # [23, 3] axis-angle, radians
    marks: Landmarks,
    noises: tuple[Noise, ...],  # six
) -> Array:  # [V] metres along the posed normal
    """How far the cloth rises above its draped rest shape in this pose."""

    def bend(name: str) -> float:
        return float(np.linalg.norm(body_pose[JOINT_NAMES.index(name) - 1]))

    heights = (0.0032 * noises[0](points * [1, 0.45, 1], 38.0) + 0.0018 * noises[1](points, 70.0)) * np.clip(
        shirt + 0.8 * trousers, 0, 1
    )
    for side, sign in (("left_", 1.0), ("right_", -1.0)):
        on_side = points[:, 0] * sign > -0.01
        q = points - marks[side + "knee"]
        near = np.exp(-((q[:, 1] / 0.11) ** 2)) * on_side * trousers
        back = smoothstep(0.03, -0.05, q[:, 2])
        ridges = _ridges(np.pi * q[:, 1] / 0.035 + 1.2 * noises[2](points, 25.0))
        heights += near * bend(side + "knee") * (0.0065 * back * ridges - 0.002 * (1 - back))

        q = points - marks[side + "hip"]
        near = np.exp(-(((q[:, 1] + 0.02) / 0.08) ** 2)) * on_side * trousers
        phase = np.pi * (q[:, 1] + 0.6 * sign * q[:, 0]) / 0.04 + noises[3](points, 22.0)
        heights += near * bend(side + "hip") * 0.006 * _ridges(phase)

        q = points - marks[side + "shoulder"]
        near = np.exp(-(q**2).sum(1) / 0.16**2) * shirt
        phase = np.pi * (q @ np.array([sign * 0.75, 0.66, 0.0])) / 0.045 + noises[4](points, 20.0)
        heights += near * bend(side + "shoulder") * 0.0045 * _ridges(phase)

        ankle = points[:, 1] - marks[side + "ankle"][1] - 0.09
        near = np.exp(-((ankle / 0.07) ** 2)) * on_side * trousers
        heights += near * 0.006 * _ridges(np.pi * points[:, 1] / 0.032 + 1.5 * noises[5](points, 18.0))
    twist = body_pose[[JOINT_NAMES.index(name) - 1 for name in ("spine1", "spine2", "spine3")]].sum(0)
    near = shirt * np.exp(-(((points[:, 1] - marks["spine1"][1]) / 0.14) ** 2))
    phase = np.pi * (points[:, 1] + 0.35 * points[:, 0] * (1 + 2 * twist[1])) / 0.06 + 1.3 * noises[1](points, 14.0)
    return heights + near * (0.003 + 0.018 * float(np.linalg.norm(twist))) * _ridges(phase)


def sleeve_folds(points: Array, body_pose: Array, marks: Landmarks, noises: tuple[Noise, ...]) -> Array:  # [V] metres
    """A long-sleeved blouse: soft waves everywhere, ridges at bent elbows and raised shoulders."""
    heights = 0.0026 * noises[0](points * [0.6, 0.5, 1], 42.0) + 0.0014 * noises[1](points, 85.0)
    for side, sign in (("left_", 1.0), ("right_", -1.0)):
        for name, reach, height in (("elbow", 0.09, 0.0055), ("shoulder", 0.12, 0.0040)):
            bend = float(np.linalg.norm(body_pose[JOINT_NAMES.index(side + name) - 1]))
            q = points - marks[side + name]
            near = np.exp(-((q**2).sum(1) / reach**2))
            phase = np.pi * (sign * q[:, 0] + 0.35 * q[:, 1]) / 0.030 + 1.3 * noises[2](points, 24.0)
            heights += near * min(bend, 1.5) * height * _ridges(phase)
    return heights


def skirt_folds(cloth: Array, noises: tuple[Noise, ...]) -> Array:  # [R, C, 3] metres -> [R, C, 3]
    """Soft waves down the cloth, deeper toward the hem; the last rows are the hem's inside and move along."""
    rows, columns = cloth.shape[:2]
    down, around = np.meshgrid(np.arange(rows) / (rows - 4), np.arange(columns) / columns, indexing="ij")
    turn = 2 * np.pi * around
    spot = np.stack([np.cos(turn).ravel(), 0.35 * np.minimum(down, 1).ravel(), np.sin(turn).ravel()], 1)
    wave = noises[0](spot, 4.5) + 0.5 * noises[1](spot, 10.0)
    depth = 0.0055 * smoothstep(0.10, 0.85, np.minimum(down, 1))
    outward = cloth - cloth.mean(1, keepdims=True)
    outward /= np.linalg.norm(outward, axis=2, keepdims=True)
    return cloth + outward * (depth * (wave.reshape(rows, columns) + 0.6))[..., None]


def _ridges(phase: Array) -> Array:
    """Narrow crests with wide valleys, 0..1."""
    return (1 - np.abs(np.sin(phase))) ** 1.5
