"""Folds of ada's blouse and skirt."""

import numpy as np

from phynes_core.conventions import JOINT_NAMES
from phynes_core.synthetic.landmarks import Landmarks
from phynes_core.synthetic.noise import Noise, ridges, smoothstep
from phynes_core.synthetic.subdivision import Array


def sleeve_folds(points: Array, body_pose: Array, marks: Landmarks, noises: tuple[Noise, ...]) -> Array:  # [V] metres
    """A long-sleeved blouse: soft waves everywhere, ridges at bent elbows and raised shoulders."""
    heights = 0.0026 * noises[0](points * [0.6, 0.5, 1], 42.0) + 0.0014 * noises[1](points, 85.0)
    for side, sign in (("left_", 1.0), ("right_", -1.0)):
        for name, reach, height in (("elbow", 0.09, 0.0055), ("shoulder", 0.12, 0.0040)):
            bend = float(np.linalg.norm(body_pose[JOINT_NAMES.index(side + name) - 1]))
            q = points - marks[side + name]
            near = np.exp(-((q**2).sum(1) / reach**2))
            phase = np.pi * (sign * q[:, 0] + 0.35 * q[:, 1]) / 0.030 + 1.3 * noises[2](points, 24.0)
            heights += near * min(bend, 1.5) * height * ridges(phase)
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
