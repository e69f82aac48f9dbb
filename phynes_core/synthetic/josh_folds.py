"""Pose-dependent folds: ridges at bent knees, hips, shoulders and the twisted waist, along the posed normal."""

import numpy as np
from numpy.typing import NDArray

from phynes_core.conventions import JOINT_NAMES
from phynes_core.synthetic.landmarks import Landmarks
from phynes_core.synthetic.noise import Noise, ridges, smoothstep

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
        wrinkles = ridges(np.pi * q[:, 1] / 0.035 + 1.2 * noises[2](points, 25.0))
        heights += near * bend(side + "knee") * (0.0065 * back * wrinkles - 0.002 * (1 - back))

        q = points - marks[side + "hip"]
        near = np.exp(-(((q[:, 1] + 0.02) / 0.08) ** 2)) * on_side * trousers
        phase = np.pi * (q[:, 1] + 0.6 * sign * q[:, 0]) / 0.04 + noises[3](points, 22.0)
        heights += near * bend(side + "hip") * 0.006 * ridges(phase)

        q = points - marks[side + "shoulder"]
        near = np.exp(-(q**2).sum(1) / 0.16**2) * shirt
        phase = np.pi * (q @ np.array([sign * 0.75, 0.66, 0.0])) / 0.045 + noises[4](points, 20.0)
        heights += near * bend(side + "shoulder") * 0.0045 * ridges(phase)

        ankle = points[:, 1] - marks[side + "ankle"][1] - 0.09
        near = np.exp(-((ankle / 0.07) ** 2)) * on_side * trousers
        heights += near * 0.006 * ridges(np.pi * points[:, 1] / 0.032 + 1.5 * noises[5](points, 18.0))
    twist = body_pose[[JOINT_NAMES.index(name) - 1 for name in ("spine1", "spine2", "spine3")]].sum(0)
    near = shirt * np.exp(-(((points[:, 1] - marks["spine1"][1]) / 0.14) ** 2))
    phase = np.pi * (points[:, 1] + 0.35 * points[:, 0] * (1 + 2 * twist[1])) / 0.06 + 1.3 * noises[1](points, 14.0)
    return heights + near * (0.003 + 0.018 * float(np.linalg.norm(twist))) * ridges(phase)
