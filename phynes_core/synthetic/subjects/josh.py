"""josh: a man in a checked shirt over straight jeans, and laced leather shoes."""

from functools import partial

import numpy as np

from phynes_core.body.model import BodyModel, Pose
from phynes_core.synthetic.subjects.eyes import EyeColors, make_eyes
from phynes_core.synthetic.subjects.hair import hair_field, hair_offset, josh_locks, strand_coordinates
from phynes_core.synthetic.subjects.josh_garments import (
    fold_heights,
    hidden_skin,
    make_garments,
    shirt_field,
    shoe_field,
    snap_to_shirt,
    snap_to_trousers,
    trouser_field,
)
from phynes_core.synthetic.subjects.josh_patterns import paint_shirt, paint_shoes, paint_socks, paint_trousers
from phynes_core.synthetic.subjects.nails import Nail, find_nails, paint_nails, raise_nails
from phynes_core.synthetic.subjects.outfit import ClothPart, Outfit, make_skin
from phynes_core.synthetic.subjects.shoes import SoleStyle, make_laces, make_soles
from phynes_core.synthetic.subjects.skin import paint_skin
from phynes_core.synthetic.subjects.strands import lock_part
from phynes_core.synthetic.subjects.subject import Person, make_person
from phynes_core.synthetic.subjects.textures import TexelMap, garment_cover, lay_over
from phynes_core.synthetic.surface.drape import shape_shoes
from phynes_core.synthetic.surface.landmarks import Landmarks, inside, measure_torso
from phynes_core.synthetic.surface.noise import mix, smoothstep
from phynes_core.synthetic.surface.subdivision import Array, find_neighbors, vertex_normals

JOSH_BETAS = (0.6, -1.3, 0.3, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)  # taller, broader in the shoulders than the mean
_SEED = 7
_HAIR = (0.040, 0.024, 0.015)
_EYES = EyeColors(iris=(0.085, 0.115, 0.125), rim=(0.02, 0.025, 0.03))
_SOLE = SoleStyle(color=(0.58, 0.55, 0.48), side=(0.28, 0.24, 0.20), heel_m=0.006)
_NAIL = (0.50, 0.295, 0.235)
_SKIN_AT, _SHIRT_AT, _TROUSERS_AT = (0.0, 0.36, 0.64, 1.0), (0.65, 0.5, 1.0, 1.0), (0.65, 0.01, 1.0, 0.49)
_EYES_AT, _HAIR_AT, _LACES_AT, _SOLES_AT = (
    (0.01, 0.21, 0.15, 0.35),
    (0.17, 0.21, 0.40, 0.35),
    (0.42, 0.21, 0.63, 0.35),
    (0.01, 0.05, 0.30, 0.19),
)


def dress_josh(body: BodyModel) -> Outfit:
    """Dress the body in its rest pose. Deterministic: the same body gives the same subject."""
    person, mean = make_person(body, JOSH_BETAS, _SEED), make_person(body, (0.0,) * len(JOSH_BETAS), _SEED)
    canonical = (mean.rest, mean.marks)
    rest, marks, noises, faces = person.rest, person.marks, person.noises, person.dense.faces
    neighbors = find_neighbors(len(rest), faces)
    worn = shape_shoes(rest.copy(), rest, neighbors, shoe_field(rest, marks), marks)
    normals = vertex_normals(rest, faces)
    worn = worn + hair_offset(rest, normals, hair_field(rest, marks, noises[4]), marks, noises[6])
    nails = find_nails(rest, faces, marks)
    worn = raise_nails(worn, rest, faces, nails)
    trousers, shirt = make_garments(person)
    shirt_points, trouser_points = snap_to_shirt(person)[0], snap_to_trousers(person)[0]
    masks = inside(shirt_field(shirt_points, marks)), inside(trouser_field(trouser_points, marks))
    section = measure_torso(shirt_points, marks)

    def folds(pose: Pose) -> Array:
        return fold_heights(rest, *masks, pose, marks, noises)

    locks, roots = josh_locks(worn, faces, marks, noises[4])
    jeans = ClothPart(trousers, folds, lambda t: paint_trousers(t.sample(trouser_points), marks, noises), _TROUSERS_AT)
    parts = (
        make_skin(person, worn, hidden_skin(rest, marks), partial(_paint_skin, person, worn, nails), _SKIN_AT),
        jeans,
        ClothPart(
            shirt, folds, lambda t: paint_shirt(t.sample(shirt_points), section, marks, noises), _SHIRT_AT, jeans
        ),
        make_soles(person, worn, _SOLE, _SOLES_AT),
        make_eyes(person, canonical, _EYES, _EYES_AT),
        make_laces(person, worn, (0.55, 0.52, 0.46), _LACES_AT),
        lock_part(person, locks, roots, _HAIR, 0.42, _HAIR_AT),
    )
    return Outfit(person, worn, parts, least_roughness=0.08)


def _paint_skin(person: Person, worn: Array, nails: tuple[Nail, ...], texels: TexelMap) -> tuple[Array, Array]:
    """Skin, nails, hair, socks and shoes."""
    marks, noises = person.marks, person.noises
    points, worn_at = texels.sample(person.rest), texels.sample(worn)
    normals = texels.sample(vertex_normals(worn, person.dense.faces))
    albedo, roughness = paint_skin(points, marks, noises)
    cover, color, rough = paint_nails(points, nails, _NAIL, 0.30, polished=False)
    albedo, roughness = mix(albedo, color, 0.85 * cover), roughness + cover * (rough - roughness)
    albedo, roughness = _paint_hair(albedo, roughness, points, person)
    sock = marks["left_ankle"][1] + 0.16 - points[:, 1]
    lay_over(albedo, roughness, garment_cover(sock), lambda k: paint_socks(points[k]))
    shoe = garment_cover(shoe_field(points, marks))
    lay_over(albedo, roughness, shoe, lambda k: paint_shoes(worn_at[k], normals[k], marks, noises))
    return albedo, roughness


def _paint_hair(albedo: Array, roughness: Array, points: Array, person: Person) -> tuple[Array, Array]:
    marks: Landmarks = person.marks
    k = np.flatnonzero(points[:, 1] > marks["neck"][1])
    h = points[k] - marks["head"]
    field = hair_field(points[k], marks, person.noises[4])
    strands = strand_coordinates(h)
    fine = person.noises[5](strands, 1500.0)
    clump = person.noises[6](strands, 420.0)
    cover = smoothstep(-0.002, 0.010, field + 0.004 * fine)
    color = np.asarray(_HAIR) * (1 + 0.40 * fine + 0.45 * clump)[:, None]
    albedo[k] = mix(albedo[k], np.clip(color, 0.008, 0.2), 0.97 * cover)
    roughness[k] += cover * (0.42 + 0.10 * clump + 0.06 * fine - roughness[k])
    return albedo, roughness
