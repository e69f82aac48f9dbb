"""noa's clothes: a roll-neck sweater and boots as relief, wide trousers, and a long coat that is open in front.

The coat is cut from the body down to the hips and drawn out to a tail below the knees, which hangs round both legs,
follows the thighs, more in front, and is pushed out by the trousers.
"""

from collections.abc import Callable

import numpy as np

from phynes_core.body.model import Pose
from phynes_core.conventions import JOINT_NAMES
from phynes_core.synthetic.subjects.subject import Person
from phynes_core.synthetic.subjects.trousers import TrouserCut, cut_trousers, drape_near
from phynes_core.synthetic.surface.cloth import Cloth, cut_cloth
from phynes_core.synthetic.surface.drape import Mask, relax_cloth, shape_shoes
from phynes_core.synthetic.surface.hang import Axis, hang, measure_tube
from phynes_core.synthetic.surface.landmarks import COLLAR_NORMAL, Landmarks, inside, measure_torso, snap_to_fields
from phynes_core.synthetic.surface.noise import Noise, ridges, smoothstep
from phynes_core.synthetic.surface.skinning import diffuse
from phynes_core.synthetic.surface.subdivision import Array, find_neighbors, vertex_normals

_CUT = TrouserCut(knee=0.088, hem=0.094, slope=0.06, lining=0.12)
_TAIL_BELOW_KNEE, _TAIL_FLARE = 0.10, 0.10  # metres; metres outward a metre downward
_FRONT_SHARE, _BACK_SHARE = 0.95, 0.5  # how much of a thigh's motion the tail follows
_OPENING = ((-0.30, 0.062), (0.00, 0.050), (0.22, 0.050), (0.40, 0.075))  # (metres above the pelvis, half width)
_LAPEL_M, _LAPEL_THICKNESS_M = 0.055, 0.0045
_SPREAD, _STEPS = 60, 40


def coat_hems(points: Array, marks: Landmarks) -> Array:  # [N, 3] -> [N, 4]
    """Signed distances to collar, cuffs, the line at which the tail begins, and the front edges."""
    collar = (marks["neck"] + [0.0, 0.018, 0.0] - points) @ COLLAR_NORMAL
    collar = collar + 0.6 * np.maximum(np.abs(points[:, 0]) - 0.085, 0)
    cuff = marks["left_wrist"][0] + 0.012 - np.abs(points[:, 0])
    low = points[:, 1] - (marks["pelvis"][1] - 0.065)
    above, half = np.array(_OPENING).T
    is_front = points[:, 2] > np.interp(points[:, 1], [marks["pelvis"][1], marks["neck"][1]], [0.02, 0.045])
    front = np.where(is_front, np.abs(points[:, 0]) - np.interp(points[:, 1] - marks["pelvis"][1], above, half), 1.0)
    return np.stack([collar, cuff, low, front], 1)


def coat_field(points: Array, marks: Landmarks) -> Array:  # [N, 3] -> [N]
    """Metres inside the coat."""
    return coat_hems(points, marks).min(1)


def trouser_field(points: Array, marks: Landmarks) -> Array:
    """From the waist, where the sweater is tucked in, to the instep."""
    field = np.minimum(marks["pelvis"][1] + 0.085 - points[:, 1], points[:, 1] - (marks["left_ankle"][1] - 0.02))
    return np.where(np.abs(points[:, 0]) > 0.35, -1.0, field)


def sweater_field(points: Array, marks: Landmarks) -> Array:
    """To a roll round the neck; tucked into the trousers."""
    roll = (marks["neck"] + [0.0, 0.045, 0.0] - points) @ COLLAR_NORMAL
    roll = roll + 0.6 * np.maximum(np.abs(points[:, 0]) - 0.075, 0)
    return np.minimum(roll, marks["left_wrist"][0] - 0.005 - np.abs(points[:, 0]))


def boot_field(points: Array, marks: Landmarks) -> Array:
    """Ankle boots under the trousers."""
    return marks["left_ankle"][1] + 0.07 - points[:, 1]


def snap_noa(person: Person, field: Callable[[Array, Landmarks], Array]) -> tuple[Array, Mask]:
    """The rest body [Vd, 3] with vertices on a garment's hems, and which lie on one [Vd]."""
    return snap_to_fields(person.rest, person.dense.faces, (lambda points: field(points, person.marks),))


def dress_skin(person: Person) -> Array:  # [Vd, 3]
    """Sweater and boots on the rest body."""
    marks, faces, rest = person.marks, person.dense.faces, person.rest
    neighbors, normals = find_neighbors(len(rest), faces), vertex_normals(rest, faces)
    sweater = sweater_field(rest, marks)
    roll = np.exp(-(((sweater - 0.017) / 0.016) ** 2)) * (rest[:, 1] > marks["neck"][1] - 0.06)
    tucked = smoothstep(marks["pelvis"][1] + 0.125, marks["pelvis"][1] + 0.085, rest[:, 1])
    thickness = smoothstep(-0.001, 0.004, sweater) * (0.005 + 0.006 * roll - 0.004 * tucked)
    worn = rest + normals * thickness[:, None]
    axis = np.tile(COLLAR_NORMAL, (len(rest), 1))
    relax_cloth(worn, rest, normals, thickness, neighbors, sweater > 0.012, sweater < 0.014, axis, 15)
    worn = worn + normals * (0.004 * smoothstep(-0.001, 0.003, boot_field(rest, marks)))[:, None]
    return shape_shoes(worn, rest, neighbors, marks["left_ankle"][1] + 0.005 - rest[:, 1], marks)


def make_garments(person: Person) -> tuple[Cloth, Cloth, Array]:
    """Trousers, coat, and the coat's rest shape by the body's vertices [Vd, 3]."""
    marks, faces, uv = person.marks, person.dense.faces, person.dense.corner_uv
    neighbors = find_neighbors(len(person.rest), faces)
    weights = diffuse(person.skin_weights, neighbors, _SPREAD)
    points, on_hem = snap_noa(person, trouser_field)
    trousers = cut_trousers(person, points, inside(trouser_field(points, marks)) > 0.5, on_hem, weights, _CUT)

    points, on_hem = snap_noa(person, coat_field)
    hems = coat_hems(points, marks)
    worn = inside(hems.min(1)) > 0.5
    lapel = smoothstep(_LAPEL_M + 0.002, _LAPEL_M - 0.002, hems[:, [0, 3]].min(1))
    sleeve = smoothstep(marks["left_shoulder"][0] + 0.02, marks["left_shoulder"][0] + 0.12, np.abs(points[:, 0]))
    thickness = 0.017 + 0.006 * sleeve
    axis = np.stack([COLLAR_NORMAL, [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])[np.abs(hems).argmin(1)]
    shaped = drape_near(points, person, neighbors, worn, on_hem, axis, thickness, _STEPS)
    shaped = shaped + vertex_normals(shaped, faces) * (_LAPEL_THICKNESS_M * lapel)[:, None]
    shaped, tail = _hang_tail(shaped, trousers.rest, points, worn, marks)
    held = _tail_weights(weights, shaped, tail, marks)
    gap = np.where(tail > 0.15, -np.inf, 0.012)
    return trousers, cut_cloth(faces, uv, worn, shaped, held, gap, lining_m=1.0), shaped


def tail_gap(coat: Cloth, marks: Landmarks) -> Array:  # [V] metres to the trousers; -inf above the hips
    """What the tail keeps from the legs."""
    return np.where(coat.rest[:, 1] < marks["pelvis"][1] - 0.03, 0.010, -np.inf)


def _hang_tail(
    shaped: Array, trousers: Array, points: Array, worn: Mask, marks: Landmarks
) -> tuple[Array, Array]:  # [Vd, 3], [Vd] 0 above the waist, 1 at the hem
    """Draw the coat out below the waist and hang it round the legs."""
    armpit, low = marks["left_shoulder"][1] - 0.14, marks["pelvis"][1] - 0.065
    waist, hem = marks["spine1"][1] + 0.06, marks["left_knee"][1] - _TAIL_BELOW_KNEE
    section = measure_torso(points, marks)
    axis = Axis(section.height, np.zeros_like(section.height), section.z_axis)
    below = worn & (np.abs(points[:, 0]) < 0.29) & (points[:, 1] < armpit + 0.01)
    tube = measure_tube(np.concatenate([shaped[below], trousers]), axis, armpit, hem - 0.02)
    gap = np.interp(tube.heights, [waist, armpit], [0.012, 0.001])
    cloth = hang(tube, gap, np.zeros_like(gap), slope=-_TAIL_FLARE, convex=True)
    tail = np.clip((waist - points[:, 1]) / (waist - low), 0, 1) ** 1.25
    y = shaped[:, 1] * (1 - tail) + hem * tail
    y = np.where(tail > 0, np.minimum(y, shaped[:, 1]), shaped[:, 1])
    _, direction = axis.polar(shaped)
    hung = cloth.surface(direction, y)
    share = (smoothstep(armpit - 0.03, armpit - 0.20, shaped[:, 1]) * below)[:, None]
    return shaped * (1 - share) + hung * share, tail * below


def _tail_weights(weights: Array, shaped: Array, tail: Array, marks: Landmarks) -> Array:  # [Vd, J]
    """The pelvis carries the tail, and each thigh its half of it, more toward the hem."""
    left, right, pelvis = (JOINT_NAMES.index(name) for name in ("left_hip", "right_hip", "pelvis"))
    hip, knee = marks["left_hip"][1], marks["left_knee"][1]
    turn = np.arctan2(np.abs(shaped[:, 0]), shaped[:, 2] - marks["left_hip"][2])
    most = _BACK_SHARE + (_FRONT_SHARE - _BACK_SHARE) * smoothstep(2.2, 0.9, turn)
    share = most * smoothstep(hip + 0.10, 0.5 * (hip + knee), shaped[:, 1])
    side = smoothstep(-0.14, 0.14, shaped[:, 0])
    hung = np.zeros_like(weights)
    hung[:, left], hung[:, right], hung[:, pelvis] = share * side, share * (1 - side), 1 - share
    blend = smoothstep(0.0, 0.35, tail)[:, None]
    return weights * (1 - blend) + hung * blend


def trouser_folds(points: Array, pose: Pose, marks: Landmarks, noises: tuple[Noise, ...]) -> Array:  # [Vd] metres
    """Long soft waves down the legs, ridges at bent knees."""
    body_pose = pose.body_pose.double().numpy()
    heights = 0.0030 * noises[0](points * [1, 0.25, 1], 45.0)
    for side, sign in (("left_", 1.0), ("right_", -1.0)):
        bend = float(np.linalg.norm(body_pose[JOINT_NAMES.index(side + "knee") - 1]))
        q = points - marks[side + "knee"]
        near = np.exp(-((q[:, 1] / 0.12) ** 2)) * (points[:, 0] * sign > -0.01) * smoothstep(0.03, -0.05, q[:, 2])
        heights += near * min(bend, 1.5) * 0.006 * ridges(np.pi * q[:, 1] / 0.045 + noises[2](points, 22.0))
    return heights


def coat_folds(points: Array, shaped: Array, pose: Pose, marks: Landmarks, noises: tuple[Noise, ...]) -> Array:
    """Heavy wool: waves that deepen down the tail, ridges at bent elbows and raised shoulders."""  # -> [Vd] metres
    body_pose = pose.body_pose.double().numpy()
    down = smoothstep(marks["pelvis"][1], marks["left_knee"][1], shaped[:, 1]) * (np.abs(shaped[:, 0]) < 0.4)
    turn = np.arctan2(shaped[:, 0], shaped[:, 2])
    spot = np.stack([np.cos(turn), 0.2 * shaped[:, 1], np.sin(turn)], 1)
    heights = 0.0022 * noises[0](shaped, 30.0) + down * (0.008 * noises[1](spot, 5.0) + 0.004 * noises[3](spot, 11.0))
    for side, sign in (("left_", 1.0), ("right_", -1.0)):
        for name, reach, height in (("elbow", 0.10, 0.0060), ("shoulder", 0.14, 0.0040)):
            bend = float(np.linalg.norm(body_pose[JOINT_NAMES.index(side + name) - 1]))
            q = points - marks[side + name]
            near = np.exp(-((q**2).sum(1) / reach**2))
            phase = np.pi * (sign * q[:, 0] + 0.35 * q[:, 1]) / 0.042 + 1.2 * noises[2](points, 20.0)
            heights += near * min(bend, 1.5) * height * ridges(phase)
    return heights
