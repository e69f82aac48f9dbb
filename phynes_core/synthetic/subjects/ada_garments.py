"""ada's blouse, tights and boots: signed fields in metres on the rest body, positive inside; relief; and folds."""

import numpy as np

from phynes_core.conventions import JOINT_NAMES
from phynes_core.synthetic.subjects.skirt import RIM
from phynes_core.synthetic.subjects.subject import Person
from phynes_core.synthetic.surface.drape import Mask, relax_cloth, shape_shoes
from phynes_core.synthetic.surface.landmarks import COLLAR_NORMAL, Landmarks, inside, snap_to_fields
from phynes_core.synthetic.surface.noise import Noise, ridges, smoothstep
from phynes_core.synthetic.surface.subdivision import Array, Neighbors, find_neighbors, vertex_normals

_SOFT_STEPS, _BOOT_STEPS = 40, 60
_SOLE_TOP = 0.022  # metres above the floor
_HEM_AXES = np.stack([COLLAR_NORMAL, [1.0, 0.0, 0.0]])


def blouse_hems(points: Array, marks: Landmarks) -> Array:  # [N, 3] -> [N, 2]
    """Signed distances to the blouse's hems: collar, cuff; its waist is below the skirt."""
    collar = (marks["neck"] + [0.0, -0.004, 0.030] - points) @ COLLAR_NORMAL
    collar = collar + 0.6 * np.maximum(np.abs(points[:, 0]) - 0.075, 0)
    cuff = marks["left_wrist"][0] - 0.020 - np.abs(points[:, 0])
    return np.stack([collar, cuff], 1)


def blouse_field(points: Array, marks: Landmarks) -> Array:  # [N, 3] -> [N]
    """Long-sleeved blouse, tucked in."""
    below = points[:, 1] - (marks["pelvis"][1] - 0.02)
    return np.where(np.abs(points[:, 0]) > 0.3, blouse_hems(points, marks).min(1), np.minimum(
        blouse_hems(points, marks).min(1), below
    ))  # fmt: skip


def boot_field(points: Array, marks: Landmarks) -> Array:
    """Ankle boots."""
    return marks["left_ankle"][1] + 0.085 - points[:, 1]


def tights_field(points: Array, marks: Landmarks) -> Array:
    """From the waist to the boots."""
    return np.where(np.abs(points[:, 0]) > 0.3, -1.0, marks["pelvis"][1] + 0.02 - points[:, 1])


def snap_ada(person: Person) -> tuple[Array, np.ndarray]:
    """The rest body [Vd, 3] with vertices on the visible hems, and which lie on one [Vd]."""
    marks = person.marks
    fields = tuple(lambda p, f=f: f(p, marks) for f in (blouse_field, boot_field))
    return snap_to_fields(person.rest, person.dense.faces, fields)


def dress_body(person: Person) -> Array:  # [Vd, 3]
    """Blouse, tights and boots as relief on the rest body."""
    marks, faces = person.marks, person.dense.faces
    points, on_hem = snap_ada(person)
    normals, neighbors = vertex_normals(person.rest, faces), find_neighbors(len(points), faces)
    blouse = inside(blouse_field(points, marks)) > 0.5
    boot = inside(boot_field(points, marks)) > 0.5
    arm = smoothstep(marks["left_shoulder"][0], marks["left_shoulder"][0] + 0.08, np.abs(points[:, 0]))
    toward_cuff = smoothstep(marks["left_elbow"][0] - 0.05, marks["left_wrist"][0] - 0.07, np.abs(points[:, 0]))
    puff = np.sin(np.pi * np.clip(toward_cuff, 0, 1)) * 0.010 * arm  # sleeves are full above the cuff
    waist = smoothstep(marks["spine3"][1], marks["spine1"][1], points[:, 1])
    thickness = blouse * (0.006 + 0.003 * waist + 0.002 * arm + puff) + boot * 0.007
    draped = points + normals * thickness[:, None]
    axis = _HEM_AXES[np.abs(blouse_hems(points, marks)).argmin(1)]
    relax_cloth(draped, points, normals, thickness, neighbors, blouse, on_hem, axis, _SOFT_STEPS)
    axis = np.tile([0.0, 1.0, 0.0], (len(points), 1))
    relax_cloth(draped, points, normals, thickness, neighbors, boot, on_hem, axis, _SOFT_STEPS)
    shoe = np.where(boot, marks["left_ankle"][1] + 0.005 - points[:, 1], -1.0)
    shod = shape_shoes(draped, points, neighbors, shoe, marks)
    return _smooth_boots(shod, boot & ~on_hem & (shod[:, 1] > marks.floor + _SOLE_TOP), boot, neighbors)


def _smooth_boots(shod: Array, free: Mask, boot: Mask, neighbors: Neighbors) -> Array:  # [V, 3]
    """One surface from the instep to the shaft: a shoe's collar must not show in a boot."""
    local, cloth, moving = neighbors.restricted(boot), shod[boot], free[boot]
    for _ in range(_BOOT_STEPS):
        cloth[moving] += 0.6 * (local.mean(cloth) - cloth)[moving]
    result = shod.copy()
    result[boot] = cloth
    return result


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
    down, around = np.meshgrid(np.arange(rows) / (rows - 1 - len(RIM)), np.arange(columns) / columns, indexing="ij")
    turn = 2 * np.pi * around
    spot = np.stack([np.cos(turn).ravel(), 0.35 * np.minimum(down, 1).ravel(), np.sin(turn).ravel()], 1)
    wave = noises[0](spot, 4.5) + 0.5 * noises[1](spot, 10.0)
    depth = 0.0055 * smoothstep(0.10, 0.85, np.minimum(down, 1))
    outward = cloth - cloth.mean(1, keepdims=True)
    outward /= np.linalg.norm(outward, axis=2, keepdims=True)
    return cloth + outward * (depth * (wave.reshape(rows, columns) + 0.6))[..., None]
