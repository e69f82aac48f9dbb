"""noa: a dark-skinned woman in a long open coat, a roll-neck sweater and wide trousers, long hair under a felt hat.

Hard in other ways than josh and ada: an open cloth with two sides, hair that hangs, a brim that shades the face.
"""

from functools import partial

import numpy as np

from phynes_core.body.model import BodyModel, Pose
from phynes_core.conventions import JOINT_NAMES
from phynes_core.synthetic.subjects.eyes import EyeColors, make_eyes
from phynes_core.synthetic.subjects.hair import hair_field, hanging_locks
from phynes_core.synthetic.subjects.nails import Nail, find_nails, paint_nails, raise_nails
from phynes_core.synthetic.subjects.noa_garments import (
    boot_field,
    coat_field,
    coat_folds,
    dress_skin,
    make_garments,
    snap_noa,
    sweater_field,
    tail_gap,
    trouser_field,
    trouser_folds,
)
from phynes_core.synthetic.subjects.noa_patterns import (
    paint_coat,
    paint_hat,
    paint_leather_boots,
    paint_sweater,
    paint_wide_trousers,
)
from phynes_core.synthetic.subjects.outfit import ClothPart, Outfit, Rectangle, SolidPart, fixed_weights, make_skin
from phynes_core.synthetic.subjects.shoes import SoleStyle, make_soles
from phynes_core.synthetic.subjects.skin import Complexion, paint_skin
from phynes_core.synthetic.subjects.strands import lock_part
from phynes_core.synthetic.subjects.subject import Person, make_person
from phynes_core.synthetic.subjects.textures import TexelMap, garment_cover, lay_over
from phynes_core.synthetic.surface.landmarks import Landmarks
from phynes_core.synthetic.surface.noise import mix, smoothstep
from phynes_core.synthetic.surface.subdivision import Array, vertex_normals
from phynes_core.synthetic.surface.sweep import Solid, revolve

NOA_BETAS = (-0.5, 0.6, -0.5, -0.9, 0.3, 0.6, -0.4, 0.5, -0.5, -0.6)
_SEED = 23
_COMPLEXION = Complexion(
    skin=(0.105, 0.052, 0.032), red=(0.130, 0.045, 0.030), lip=(0.135, 0.040, 0.040), brow=(0.012, 0.010, 0.010),
    stubble=0.0,
)  # fmt: skip
_EYES = EyeColors(iris=(0.045, 0.022, 0.012), rim=(0.012, 0.010, 0.010), white=(0.52, 0.46, 0.42))
_NAIL = (0.26, 0.13, 0.10)
_HAIR = (0.022, 0.016, 0.014)
_SOLE = SoleStyle(color=(0.03, 0.028, 0.027), side=(0.09, 0.08, 0.07), heel_m=0.014)
_HAT_ABOVE_HEAD, _HAT_AHEAD, _HAT_TILT = 0.088, -0.012, -0.14  # metres above and ahead of the joint; radians, back
_HAT_PROFILE = np.array([  # (radius over that of the band, height) from the crown's middle to the inside's
    [0.0, 0.098], [0.25, 0.100], [0.50, 0.107], [0.72, 0.110], [0.86, 0.104], [0.94, 0.090], [0.98, 0.060],
    [1.01, 0.030], [1.03, 0.006], [1.08, 0.001], [1.35, -0.004], [1.66, -0.002], [1.84, 0.004], [1.87, 0.003],
    [1.86, 0.000], [1.66, -0.007], [1.35, -0.009], [1.05, -0.006], [0.97, 0.004], [0.95, 0.030], [0.5, 0.055],
    [0.0, 0.055],
])  # fmt: skip
_HAT_RADII, _HAT_BAND = (0.088, 0.108), (0.006, 0.034)  # metres, sideways and ahead; the ribbon's heights
_SKIN_AT, _COAT_AT, _TROUSERS_AT = (0.0, 0.40, 0.58, 1.0), (0.59, 0.36, 1.0, 1.0), (0.59, 0.01, 1.0, 0.35)
_EYES_AT, _HAIR_AT, _HAT_AT, _SOLES_AT = (
    (0.01, 0.26, 0.14, 0.39), (0.16, 0.22, 0.36, 0.39), (0.01, 0.01, 0.36, 0.21), (0.38, 0.22, 0.57, 0.39)
)  # fmt: skip


def dress_noa(body: BodyModel) -> Outfit:
    """Dress the body in its rest pose. Deterministic: the same body gives the same subject."""
    person = make_person(body, NOA_BETAS, _SEED)
    mean = make_person(body, (0.0,) * len(NOA_BETAS), _SEED)
    canonical = (mean.rest, mean.marks)
    rest, marks, noises, faces = person.rest, person.marks, person.noises, person.dense.faces
    hair = hair_field(mean.rest, mean.marks, noises[4])
    nails = find_nails(rest, faces, marks)
    worn = raise_nails(dress_skin(person), rest, faces, nails)
    worn = worn + vertex_normals(rest, faces) * (0.004 * smoothstep(0.0, 0.01, hair))[:, None]
    trousers, coat, shaped = make_garments(person)
    coat_points, trouser_points = snap_noa(person, coat_field)[0], snap_noa(person, trouser_field)[0]

    def over_legs(pose: Pose) -> Array:
        return trouser_folds(rest, pose, marks, noises)

    def over_coat(pose: Pose) -> Array:
        return coat_folds(rest, shaped, pose, marks, noises)

    def paint_legs(texels: TexelMap) -> tuple[Array, Array]:
        return paint_wide_trousers(texels.sample(trouser_points), marks, noises)

    def paint_wool(texels: TexelMap) -> tuple[Array, Array]:
        return paint_coat(texels.sample(coat_points), texels.sample(shaped), marks, noises)

    legs = ClothPart(trousers, over_legs, paint_legs, _TROUSERS_AT)
    locks, roots = hanging_locks(worn, coat, hair, faces, marks)
    strands = lock_part(person, locks, roots, _HAIR, 0.40, _HAIR_AT)
    strands = SolidPart(locks, _hair_weights(locks.vertices, marks), strands.painter, _HAIR_AT)
    parts = (
        make_skin(person, worn, _hidden(rest, marks), partial(_paint_skin, person, worn, canonical, nails), _SKIN_AT),
        legs,
        ClothPart(coat, over_coat, paint_wool, _COAT_AT, legs, tail_gap(coat, marks)),
        make_eyes(person, canonical, _EYES, _EYES_AT),
        make_soles(person, worn, _SOLE, _SOLES_AT),
        strands,
        _make_hat(person, _HAT_AT),
    )
    return Outfit(person, worn, parts, least_roughness=0.08)


def _hidden(points: Array, marks: Landmarks) -> np.ndarray:  # [Vd] bool
    """Skin and sweater under coat and trousers, but for what an opening shows."""
    under_coat = (coat_field(points, marks) > 0.06) & (points[:, 1] > marks["pelvis"][1] - 0.06)
    under_trousers = (np.abs(points[:, 0]) < 0.35) & (points[:, 1] < marks["pelvis"][1] + 0.06)
    return under_coat | (under_trousers & (points[:, 1] > marks["left_ankle"][1] + 0.10))


def _make_hat(person: Person, rectangle: Rectangle) -> SolidPart:
    """A felt hat on the head."""
    solid = revolve(_HAT_PROFILE, 96)
    local = solid.vertices * [_HAT_RADII[0], 1.0, _HAT_RADII[1]]
    # the brim rises at the sides
    flat = np.clip((np.hypot(solid.vertices[:, 0], solid.vertices[:, 2]) - 1.1) / 0.8, 0, 1)
    aside = np.abs(solid.vertices[:, 0]) / np.maximum(np.hypot(solid.vertices[:, 0], solid.vertices[:, 2]), 1e-9)
    local[:, 1] += 0.022 * flat**2 * aside**2 - 0.008 * flat**2 * (1 - aside**2)
    c, s = np.cos(_HAT_TILT), np.sin(_HAT_TILT)
    turned = local @ np.array([[1, 0, 0], [0, c, s], [0, -s, c]])
    place = person.marks["head"] + [0.0, _HAT_ABOVE_HEAD, _HAT_AHEAD]
    worn = Solid(turned + place, solid.mesh)
    weights = fixed_weights(person, (place + [0.0, 0.03, 0.0])[None], len(local))
    noise = person.noises[5]
    return SolidPart(worn, weights, lambda texels: paint_hat(texels, local, _HAT_BAND, noise), rectangle)


def _hair_weights(points: Array, marks: Landmarks) -> Array:  # [N, 3] -> [N, J]
    """Hair follows the head down to the nape, and the upper back below the shoulders."""
    head, neck, chest = (JOINT_NAMES.index(name) for name in ("head", "neck", "spine3"))
    nape, shoulders = marks["head"][1] - 0.02, marks["neck"][1] - 0.02
    upper = smoothstep(marks["neck"][1] + 0.02, nape, points[:, 1])
    lower = smoothstep(shoulders, shoulders - 0.12, points[:, 1])
    weights = np.zeros((len(points), len(JOINT_NAMES)))
    weights[:, head], weights[:, chest] = upper, lower
    weights[:, neck] = 1 - upper - lower
    return weights


def _paint_skin(
    person: Person, worn: Array, canonical: tuple[Array, Landmarks], nails: tuple[Nail, ...], texels: TexelMap
) -> tuple[Array, Array]:
    """Skin in the mean body's proportions, then nails, hair, sweater and boots over it."""
    marks, noises = person.marks, person.noises
    rest, face_marks = canonical
    points, worn_at = texels.sample(person.rest), texels.sample(worn)
    albedo, roughness = paint_skin(texels.sample(rest), face_marks, noises, _COMPLEXION)
    palm = smoothstep(0.2, 0.7, -texels.sample(vertex_normals(person.rest, person.dense.faces))[:, 1])
    palm = palm * smoothstep(marks["left_wrist"][0] + 0.02, marks["left_wrist"][0] + 0.06, np.abs(points[:, 0]))
    albedo = mix(albedo, (0.30, 0.165, 0.115), 0.8 * palm)
    cover, color, rough = paint_nails(points, nails, _NAIL, 0.28, polished=False)
    albedo, roughness = mix(albedo, color, 0.85 * cover), roughness + cover * (rough - roughness)
    hair = smoothstep(-0.002, 0.008, hair_field(texels.sample(rest), face_marks, noises[4]))
    layers = (
        (hair, lambda k: (np.tile(_HAIR, (len(k), 1)), np.full(len(k), 0.5))),
        (garment_cover(sweater_field(points, marks)), lambda k: paint_sweater(points[k], marks, noises)),
        (garment_cover(boot_field(points, marks)), lambda k: paint_leather_boots(worn_at[k], marks, noises)),
    )
    for over, paint in layers:
        lay_over(albedo, roughness, over, paint)
    return albedo, roughness
