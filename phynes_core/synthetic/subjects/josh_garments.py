"""josh's garments: signed fields in metres on the rest body, positive inside; their draped shape; and their folds.

The fields are planes in the rest pose, so hems are straight. Shirt and trousers are cloth of their own, cut from the
body's mesh: the trousers hang from seat and calves and close below the crotch, the shirt's hem spans both legs.
"""

import numpy as np

from phynes_core.body.model import Pose
from phynes_core.conventions import JOINT_NAMES
from phynes_core.synthetic.subjects.subject import Person
from phynes_core.synthetic.subjects.trousers import TrouserCut, cut_trousers, drape_near
from phynes_core.synthetic.surface.cloth import Cloth, cut_cloth
from phynes_core.synthetic.surface.drape import Mask
from phynes_core.synthetic.surface.hang import Axis, hang, measure_tube
from phynes_core.synthetic.surface.landmarks import COLLAR_NORMAL, Landmarks, inside, measure_torso, snap_to_fields
from phynes_core.synthetic.surface.noise import Noise, ridges, smoothstep
from phynes_core.synthetic.surface.skinning import diffuse
from phynes_core.synthetic.surface.subdivision import Array, find_neighbors

HEM_AXES = np.stack([COLLAR_NORMAL, [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])  # normals of the planes of a shirt's three hems
TROUSER_HEM_BELOW_ANKLE = 0.012  # metres: covers the shoe's collar
_UNDER_SHIRT_M = 0.085  # how far the trousers reach up under the shirt
_SHIRT_STEPS = 60
_JEANS = TrouserCut(knee=0.076, hem=0.074)
_SHIRT_DROP = 0.055  # metres that the shirt's tail hangs lower than where it was cut
_LINING_M = 0.08
_CLOTH_SPREAD = 60  # steps of diffusion of the weights
_THIGH_HOLD = 0.7  # share of the thighs' weights that a shirt's tail keeps


def shirt_hems(points: Array, marks: Landmarks) -> Array:  # [N, 3] -> [N, 3]
    """Signed distances to the shirt's three hems: collar, sleeve, waist."""
    collar = (marks["neck"] + [0.0, -0.016, 0.033] - points) @ COLLAR_NORMAL
    collar = collar + 0.6 * np.maximum(np.abs(points[:, 0]) - 0.085, 0)  # the shoulders are well inside
    sleeve = 0.30 * marks["left_shoulder"][0] + 0.70 * marks["left_elbow"][0] - np.abs(points[:, 0])
    waist = points[:, 1] - (marks["pelvis"][1] - 0.065)
    return np.stack([collar, sleeve, waist], 1)


def shirt_field(points: Array, marks: Landmarks) -> Array:  # [N, 3] -> [N]
    """Short-sleeved shirt, worn outside the trousers."""
    return shirt_hems(points, marks).min(1)


def trouser_field(points: Array, marks: Landmarks) -> Array:
    """Long trousers, from under the shirt to the shoes."""
    top = marks["pelvis"][1] - 0.065 + _UNDER_SHIRT_M
    field = np.minimum(top - points[:, 1], points[:, 1] - (marks["left_ankle"][1] - TROUSER_HEM_BELOW_ANKLE))
    return np.where(np.abs(points[:, 0]) > 0.35, -1.0, field)


def shoe_field(points: Array, marks: Landmarks) -> Array:
    """Low shoes; their collar is hidden by the trousers."""
    return marks["left_ankle"][1] + 0.005 - points[:, 1]


def snap_to_shirt(person: Person) -> tuple[Array, Mask]:
    """The rest body [Vd, 3] with vertices on the shirt's hems, and which lie on one [Vd]."""
    return snap_to_fields(person.rest, person.dense.faces, (lambda points: shirt_field(points, person.marks),))


def snap_to_trousers(person: Person) -> tuple[Array, Mask]:
    """The same for the trousers' hems."""
    return snap_to_fields(person.rest, person.dense.faces, (lambda points: trouser_field(points, person.marks),))


def hidden_skin(points: Array, marks: Landmarks) -> Mask:
    """Skin that shirt or trousers cover, but for what an opening shows."""
    collar, sleeve, _ = shirt_hems(points, marks).T
    under_shirt = (collar > 0.035) & (sleeve > 0.06) & (points[:, 1] > marks["pelvis"][1] - 0.07)
    under_trousers = (np.abs(points[:, 0]) < 0.35) & (points[:, 1] < marks["pelvis"][1])
    return under_shirt | (under_trousers & (points[:, 1] > marks["left_ankle"][1] + 0.075))


def make_garments(person: Person) -> tuple[Cloth, Cloth]:
    """Trousers and shirt."""
    marks, faces, uv = person.marks, person.dense.faces, person.dense.corner_uv
    neighbors = find_neighbors(len(person.rest), faces)
    weights = diffuse(person.skin_weights, neighbors, _CLOTH_SPREAD)
    points, on_hem = snap_to_trousers(person)
    worn = inside(trouser_field(points, marks)) > 0.5
    trousers = cut_trousers(person, points, worn, on_hem, weights, _JEANS)

    points, on_hem = snap_to_shirt(person)
    worn, y = inside(shirt_field(points, marks)) > 0.5, points[:, 1]
    waist = smoothstep(marks["spine3"][1], marks["pelvis"][1] - 0.05, y)
    sleeve = smoothstep(marks["left_shoulder"][0] + 0.02, marks["left_shoulder"][0] + 0.12, np.abs(points[:, 0]))
    thickness = 0.008 + 0.004 * waist + 0.010 * sleeve
    axis = HEM_AXES[np.abs(shirt_hems(points, marks)).argmin(1)]
    relief = drape_near(points, person, neighbors, worn, on_hem, axis, thickness, _SHIRT_STEPS)
    shaped = _hang_tail(relief, trousers.rest, points, worn, marks)
    gap = 0.004 + 0.010 * smoothstep(marks["pelvis"][1] + 0.04, marks["pelvis"][1] - 0.04, y)
    return trousers, cut_cloth(faces, uv, worn, shaped, _hold_tail(weights, y, marks), gap, _LINING_M)


def _hang_tail(draped: Array, trousers: Array, points: Array, shirt: Mask, marks: Landmarks) -> Array:  # [Vd, 3]
    """A tube round the trunk and both thighs, longer than it was cut."""
    armpit, hem = marks["left_shoulder"][1] - 0.14, marks["pelvis"][1] - 0.065
    section = measure_torso(points, marks)
    axis = Axis(section.height, np.zeros_like(section.height), section.z_axis)
    below = (np.abs(points[:, 0]) < 0.27) & (points[:, 1] < armpit + 0.01)
    layers = np.concatenate([draped[below & shirt], trousers])
    tube = measure_tube(layers, axis, armpit, hem - _SHIRT_DROP - 0.01)
    gap = np.interp(tube.heights, [hem, hem + _UNDER_SHIRT_M + 0.02, armpit], [0.012, 0.012, 0.001])
    cloth = hang(tube, gap, np.zeros_like(gap), slope=0.06, convex=True)
    y = draped[:, 1] - _SHIRT_DROP * smoothstep(marks["spine1"][1] + 0.05, hem, points[:, 1])
    _, direction = axis.polar(draped)
    hung = cloth.surface(direction, y)
    share = smoothstep(armpit - 0.02, armpit - 0.16, draped[:, 1]) * (shirt & below)
    return draped * (1 - share)[:, None] + hung * share[:, None]


def _hold_tail(weights: Array, y: Array, marks: Landmarks) -> Array:  # [V, J]
    """A shirt's tail follows the pelvis more than the thighs."""
    hips, pelvis = [JOINT_NAMES.index(name) for name in ("left_hip", "right_hip")], JOINT_NAMES.index("pelvis")
    given = weights[:, hips] * ((1 - _THIGH_HOLD) * (y < marks["spine1"][1]))[:, None]
    held = weights.copy()
    held[:, hips] -= given
    held[:, pelvis] += given.sum(1)
    return held


def fold_heights(
    points: Array,  # [V, 3] rest body, metres
    shirt: Array,  # [V] 0..1
    trousers: Array,  # [V] 0..1
    pose: Pose,
    marks: Landmarks,
    noises: tuple[Noise, ...],  # six
) -> Array:  # [V] metres along the posed normal
    """Height over the draped rest shape in this pose: ridges at bent knees, hips, shoulders and the twisted waist."""
    body_pose = pose.body_pose.double().numpy()

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

        ankle = points[:, 1] - marks[side + "ankle"][1] - 0.06
        near = np.exp(-((ankle / 0.06) ** 2)) * on_side * trousers
        heights += near * 0.006 * ridges(np.pi * points[:, 1] / 0.036 + 1.5 * noises[5](points, 18.0))
    twist = body_pose[[JOINT_NAMES.index(name) - 1 for name in ("spine1", "spine2", "spine3")]].sum(0)
    near = shirt * np.exp(-(((points[:, 1] - marks["spine1"][1]) / 0.14) ** 2))
    phase = np.pi * (points[:, 1] + 0.35 * points[:, 0] * (1 + 2 * twist[1])) / 0.06 + 1.3 * noises[1](points, 14.0)
    return heights + near * (0.003 + 0.018 * float(np.linalg.norm(twist))) * ridges(phase)
