"""Where each of josh's garments lies on the rest body, and their shape: signed fields in metres, positive inside.

The fields are planes in the rest pose, so hems are straight.
"""

import numpy as np
from numpy.typing import NDArray

from phynes_core.synthetic.drape import Mask, relax_cloth
from phynes_core.synthetic.landmarks import COLLAR_NORMAL, Landmarks, snap_to_fields
from phynes_core.synthetic.noise import smoothstep
from phynes_core.synthetic.subdivision import Array, Indices, Neighbors

HEM_AXES = np.stack([COLLAR_NORMAL, [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])  # what a shirt's three hems are planes across
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
