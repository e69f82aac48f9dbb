"""ada: a woman in a satin blouse, a flowered skirt, ribbed tights and patent boots, her hair in a bun.

The skirt is a surface of its own around both legs; the part of the body that it hides is left out, so that the mesh is
the outermost surface.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np

from phynes_core.body.model import BodyModel, Pose
from phynes_core.synthetic.subjects.ada_garments import (
    blouse_field,
    boot_field,
    dress_body,
    skirt_folds,
    sleeve_folds,
    snap_ada,
    tights_field,
)
from phynes_core.synthetic.subjects.ada_patterns import (
    ADA_HAIR,
    paint_ada_hair,
    paint_blouse,
    paint_boots,
    paint_hem,
    paint_skirt,
    paint_tights,
)
from phynes_core.synthetic.subjects.eyes import EyeColors, make_eyes
from phynes_core.synthetic.subjects.hair import ada_hair_field, ada_locks, dress_hair
from phynes_core.synthetic.subjects.nails import Nail, find_nails, paint_nails, raise_nails
from phynes_core.synthetic.subjects.outfit import Outfit, Part, PosedPerson, Rectangle, SkinPart, make_skin
from phynes_core.synthetic.subjects.shoes import SoleStyle, make_soles
from phynes_core.synthetic.subjects.skin import Complexion, paint_skin
from phynes_core.synthetic.subjects.skirt import RIM, Skirt, fit_skirt, refine_skirt, skirt_surface
from phynes_core.synthetic.subjects.strands import lock_part
from phynes_core.synthetic.subjects.subject import Person, make_person
from phynes_core.synthetic.subjects.textures import TexelMap, garment_cover, lay_over
from phynes_core.synthetic.surface.landmarks import Landmarks, measure_torso
from phynes_core.synthetic.surface.noise import mix, smoothstep
from phynes_core.synthetic.surface.subdivision import Array, Indices, SurfaceMesh, vertex_normals

ADA_BETAS = (-1.4, 0.5, 0.6, -1.2, 0.1, 1.1, -0.6, 0.8, -0.9, -1.1)  # a short woman: 1.52 m
_SEED = 11
_COMPLEXION = Complexion(
    skin=(0.60, 0.405, 0.315), red=(0.60, 0.25, 0.21), lip=(0.42, 0.06, 0.07), brow=(0.055, 0.024, 0.012), stubble=0.0
)
_EYES = EyeColors(iris=(0.10, 0.062, 0.022), rim=(0.02, 0.014, 0.010))
_NAIL = (0.36, 0.020, 0.030)
_SOLE = SoleStyle(color=(0.035, 0.03, 0.028), side=(0.10, 0.09, 0.08), heel_m=0.012)
_HEM_ABOVE_KNEE, _WAIST_ABOVE_PELVIS = 0.085, 0.115  # metres
_HIDDEN_ABOVE_HEM, _HIDDEN_BELOW_WAIST = 0.055, 0.030  # metres that the body continues under the skirt's edges
_SKIN_AT, _SKIRT_AT = (0.0, 0.30, 0.70, 1.0), (0.71, 0.01, 0.99, 0.99)
_EYES_AT, _HAIR_AT, _SOLES_AT = (0.01, 0.15, 0.15, 0.29), (0.17, 0.15, 0.40, 0.29), (0.42, 0.15, 0.69, 0.29)


@dataclass(frozen=True)
class SkirtPart(Part):
    """The skirt, settled on the dressed body."""

    skirt: Skirt
    skin: SkinPart
    below: Indices  # [Fb, 3] the body's faces that the skirt rests on
    rectangle: Rectangle = _SKIRT_AT

    @property
    def surface(self) -> SurfaceMesh:
        """A tube; u runs down, v around."""
        return skirt_surface()

    def vertices(self, posed: PosedPerson) -> Array:
        """Around the legs as they stand."""
        person = posed.person
        cloth = refine_skirt(self.skirt.pose(person, posed.pose, self.skin.dressed(posed), self.below))
        return skirt_folds(cloth, person.noises).reshape(-1, 3)

    def paint(self, texels: TexelMap) -> tuple[Array, Array]:
        """By metres below the waist and round the hips."""
        down, girth = _lengths(refine_skirt(self.skirt.rest))
        (u0, v0, u1, v1), (u, v) = self.rectangle, texels.uv()
        below_top = np.interp(np.clip((u - u0) / (u1 - u0), 0, 1), np.linspace(0, 1, len(down)), down)
        color, rough = paint_skirt(below_top, (v - v0) / (v1 - v0) * girth, girth, self.skin.person.noises)
        return paint_hem(color, np.maximum(down[-1 - len(RIM)] - below_top, 0)), rough


def dress_ada(body: BodyModel) -> Outfit:
    """Dress the body in its rest pose. Deterministic: the same body gives the same subject."""
    person = make_person(body, ADA_BETAS, _SEED)
    mean = make_person(body, (0.0,) * len(ADA_BETAS), _SEED)
    canonical = (mean.rest, mean.marks)
    marks, faces, rest = person.marks, person.dense.faces, person.rest
    worn = dress_body(person)
    hair = ada_hair_field(mean.rest, mean.marks, person.noises[4])
    worn = dress_hair(worn, rest, vertex_normals(rest, faces), hair, marks, person.noises[6])
    nails = find_nails(rest, faces, marks)
    worn = raise_nails(worn, rest, faces, nails)
    blouse = smoothstep(-0.001, 0.03, blouse_field(rest, marks))

    hem, waist = marks["left_knee"][1] + _HEM_ABOVE_KNEE, marks["pelvis"][1] + _WAIST_ABOVE_PELVIS
    trunk = np.abs(rest[:, 0]) < 0.30
    near = trunk & (rest[:, 1] > hem - 0.07) & (rest[:, 1] < waist + 0.06)
    below = faces[near[faces].all(1)]
    hidden = trunk & (rest[:, 1] > hem + _HIDDEN_ABOVE_HEM) & (rest[:, 1] < waist - _HIDDEN_BELOW_WAIST)

    def folds(pose: Pose) -> Array:
        return blouse * sleeve_folds(rest, pose.body_pose.double().numpy(), marks, person.noises)

    skin = make_skin(person, worn, hidden, partial(_paint_skin, person, worn, canonical, nails), _SKIN_AT, folds)
    locks, roots = ada_locks(worn, rest, hair, faces, marks)
    parts = (
        skin,
        SkirtPart(fit_skirt(person, hem, waist, worn, below), skin, below),
        make_eyes(person, canonical, _EYES, _EYES_AT),
        make_soles(person, worn, _SOLE, _SOLES_AT),
        lock_part(person, locks, roots, ADA_HAIR, 0.36, _HAIR_AT),
    )
    return Outfit(person, worn, parts, least_roughness=0.08)


def _paint_skin(
    person: Person, worn: Array, canonical: tuple[Array, Landmarks], nails: tuple[Nail, ...], texels: TexelMap
) -> tuple[Array, Array]:
    """Skin in the mean body's proportions, then nails, hair and clothes over it."""
    marks, noises = person.marks, person.noises
    rest, face_marks = canonical
    albedo, roughness = paint_skin(texels.sample(rest), face_marks, noises, _COMPLEXION)
    cover, color, rough = paint_nails(texels.sample(person.rest), nails, _NAIL, 0.14, polished=True)
    albedo, roughness = mix(albedo, color, cover), roughness + cover * (rough - roughness)
    snapped, _ = snap_ada(person)
    points = texels.sample(snapped)
    hair = ada_hair_field(texels.sample(rest), face_marks, noises[4])
    section = measure_torso(snapped, marks)
    worn_at, normals = texels.sample(worn), texels.sample(vertex_normals(worn, person.dense.faces))
    layers = (
        (smoothstep(-0.002, 0.008, hair), lambda k: paint_ada_hair(points[k], marks, noises)),
        (garment_cover(tights_field(points, marks)), lambda k: paint_tights(points[k], marks, noises)),
        (garment_cover(boot_field(points, marks)), lambda k: paint_boots(worn_at[k], normals[k], marks, noises)),
        (garment_cover(blouse_field(points, marks)), lambda k: paint_blouse(points[k], section, marks, noises)),
    )
    for cover, paint in layers:
        lay_over(albedo, roughness, cover, paint)
    return albedo, roughness


def _lengths(cloth: Array) -> tuple[Array, float]:  # [R, C, 3] -> metres below the top [R], metres around the hips
    steps = np.linalg.norm(np.diff(cloth, axis=0), axis=2).mean(1)
    girth = np.linalg.norm(cloth - np.roll(cloth, 1, 1), axis=2).sum(1)
    return np.concatenate([[0.0], np.cumsum(steps)]), float(np.median(girth))
