"""josh's garments: signed fields in metres on the rest body, positive inside; their draped shape; and their folds.

The fields are planes in the rest pose, so hems are straight.
"""

import numpy as np
from numpy.typing import NDArray

from phynes_core.conventions import JOINT_NAMES
from phynes_core.synthetic.surface.drape import Mask, relax_cloth
from phynes_core.synthetic.surface.landmarks import COLLAR_NORMAL, Landmarks, snap_to_fields
from phynes_core.synthetic.surface.noise import Noise, ridges, smoothstep
from phynes_core.synthetic.surface.subdivision import Array, Indices, Neighbors

HEM_AXES = np.stack([COLLAR_NORMAL, [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])  # normals of the planes of a shirt's three hems
TROUSER_HEM_BELOW_ANKLE = 0.022  # metres: covers the shoe's collar
_SHIRT_STEPS, _TROUSER_STEPS = 60, 45


def shirt_hems(points: Array, marks: Landmarks) -> Array:  # [N, 3] -> [N, 3]
    """Signed distances to the shirt's three hems: collar, sleeve, waist."""
    collar = (marks["neck"] + [0.0, -0.016, 0.033] - points) @ COLLAR_NORMAL
    collar = collar + 0.6 * np.maximum(np.abs(points[:, 0]) - 0.085, 0)  # the shoulders are well inside
    sleeve = 0.30 * marks["left_shoulder"][0] + 0.70 * marks["left_elbow"][0] - np.abs(points[:, 0])
    waist = points[:, 1] - (marks["pelvis"][1] - 0.075)
    return np.stack([collar, sleeve, waist], 1)


def shirt_field(points: Array, marks: Landmarks) -> Array:  # [N, 3] -> [N]
    """Short-sleeved shirt, worn outside the trousers."""
    return shirt_hems(points, marks).min(1)


def trouser_field(points: Array, marks: Landmarks) -> Array:
    """Long trousers, from under the shirt to the shoes."""
    field = np.minimum(
        marks["pelvis"][1] + 0.09 - points[:, 1], points[:, 1] - (marks["left_ankle"][1] - TROUSER_HEM_BELOW_ANKLE)
    )
    return np.where(np.abs(points[:, 0]) > 0.35, -1.0, field)


def shoe_field(points: Array, marks: Landmarks) -> Array:
    """Low shoes; their collar is hidden by the trousers."""
    return marks["left_ankle"][1] + 0.005 - points[:, 1]


def snap_to_hems(points: Array, faces: Indices, marks: Landmarks) -> tuple[Array, NDArray[np.bool_]]:
    """Slide vertices along mesh edges onto the shirt's and the trousers' hems."""
    return snap_to_fields(points, faces, tuple(lambda p, f=f: f(p, marks) for f in (shirt_field, trouser_field)))


def drape_cloth(
    points: Array,  # [V, 3] rest body, snapped to the hems
    normals: Array,  # [V, 3]
    neighbors: Neighbors,
    shirt: Mask,  # [V]
    trousers: Mask,  # [V] exposed trousers
    on_hem: Mask,  # [V] vertices on a hem
    marks: Landmarks,
) -> Array:  # [V, 3]
    """Shirt and trousers over the body; bare skin stays."""
    y = points[:, 1]
    waist = smoothstep(marks["spine3"][1], marks["pelvis"][1] - 0.05, y)
    down = np.clip((marks["pelvis"][1] - y) / (marks["pelvis"][1] - marks["left_ankle"][1]), 0, 1)
    thickness = shirt * (0.009 + 0.009 * waist) + trousers * (0.006 + 0.013 * down)
    draped = points + normals * thickness[:, None]
    hem_axis = HEM_AXES[np.abs(shirt_hems(points, marks)).argmin(1)]
    for region, steps in ((shirt, _SHIRT_STEPS), (trousers, _TROUSER_STEPS)):
        relax_cloth(draped, points, normals, thickness, neighbors, region, on_hem, hem_axis, steps)
    return draped


def fold_heights(
    points: Array,  # [V, 3] rest body, metres
    shirt: Array,  # [V] 0..1
    trousers: Array,  # [V] 0..1
    body_pose: Array,  # [J - 1, 3] axis-angle, radians
    marks: Landmarks,
    noises: tuple[Noise, ...],  # six
) -> Array:  # [V] metres along the posed normal
    """Height over the draped rest shape in this pose: ridges at bent knees, hips, shoulders and the twisted waist."""

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
