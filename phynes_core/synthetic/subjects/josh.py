"""josh: a man in a checked shirt, jeans and leather shoes."""

from dataclasses import dataclass

import numpy as np

from phynes_core.body.model import BodyModel, Pose, pose_body
from phynes_core.synthetic.subjects.hair import hair_field, hair_offset, strand_coordinates
from phynes_core.synthetic.subjects.josh_garments import (
    drape_cloth,
    fold_heights,
    shirt_field,
    shoe_field,
    snap_to_hems,
    trouser_field,
)
from phynes_core.synthetic.subjects.josh_patterns import paint_shirt, paint_shoes, paint_trousers
from phynes_core.synthetic.subjects.skin import paint_skin
from phynes_core.synthetic.subjects.subject import Subject, make_person
from phynes_core.synthetic.subjects.textures import (
    Materials,
    TexelMap,
    bake_materials,
    garment_cover,
    lay_over,
    map_texels,
)
from phynes_core.synthetic.surface.drape import shape_shoes
from phynes_core.synthetic.surface.landmarks import Landmarks, inside, measure_torso
from phynes_core.synthetic.surface.noise import Noise, mix, smoothstep
from phynes_core.synthetic.surface.subdivision import Array, SurfaceMesh, find_neighbors, vertex_normals

JOSH_BETAS = (0.6, -1.3, 0.3, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)  # taller, broader in the shoulders than the mean
_SEED = 7
_HAIR = (0.040, 0.024, 0.015)


@dataclass(frozen=True)
class Josh(Subject):
    """All clothes are relief on the body: a skinned rest surface plus pose-dependent folds."""

    shirt: Array  # [Vd] 0..1
    trousers: Array  # [Vd] 0..1, where they show

    @property
    def surface(self) -> SurfaceMesh:
        """The body's own mesh."""
        return self.person.dense

    def vertices(self, pose: Pose) -> Array:
        """The clothed body with the folds of this pose."""
        person = self.person
        bare = person.dense.refine(pose_body(person.body, pose).vertices.double().numpy())
        folds = fold_heights(
            person.rest, self.shirt, self.trousers, pose.body_pose.double().numpy(), person.marks, person.noises
        )
        surface = bare + person.turn(self.worn - person.rest, pose)
        return surface + vertex_normals(surface, person.dense.faces) * folds[:, None]

    def paint(self, resolution: int) -> Materials:
        """In the body's atlas."""
        person = self.person
        normals = vertex_normals(self.worn, person.dense.faces)
        snapped, _ = snap_to_hems(person.rest, person.dense.faces, person.marks)
        texels = map_texels(person.dense, resolution)
        return paint_materials(texels, snapped, self.worn, normals, person.marks, person.noises)


def dress_josh(body: BodyModel) -> Josh:
    """Dress the body in its rest pose. Deterministic: the same body gives the same subject."""
    person = make_person(body, JOSH_BETAS, _SEED)
    rest, marks, noises, faces = person.rest, person.marks, person.noises, person.dense.faces
    snapped, on_hem = snap_to_hems(rest, faces, marks)
    shirt = inside(shirt_field(snapped, marks))
    trousers = inside(trouser_field(snapped, marks)) * (1 - shirt)
    normals = vertex_normals(rest, faces)
    neighbors = find_neighbors(len(rest), faces)
    worn = drape_cloth(snapped, normals, neighbors, shirt > 0.5, trousers > 0.5, on_hem, marks)
    shoe = np.where(trousers > 0.5, -1.0, shoe_field(snapped, marks))
    worn = shape_shoes(worn, snapped, neighbors, shoe, marks)
    hair = hair_field(snapped, marks, noises[4])
    worn = worn + hair_offset(snapped, normals, hair, marks, noises[6])
    return Josh(person, worn, shirt, trousers)


def paint_materials(
    texels: TexelMap,
    rest: Array,  # [Vd, 3] rest body, snapped to the hems
    worn: Array,  # [Vd, 3] clothed rest surface
    worn_normals: Array,  # [Vd, 3]
    marks: Landmarks,
    noises: tuple[Noise, ...],
) -> Materials:
    """Skin everywhere, then hair, shoes, trousers and shirt over it."""
    points = texels.sample(rest)
    albedo, roughness = paint_skin(points, marks, noises)
    albedo, roughness = _paint_hair(albedo, roughness, points, marks, noises)
    section = measure_torso(rest, marks)
    worn_at, normals_at = texels.sample(worn), texels.sample(worn_normals)
    layers = (
        (shoe_field(points, marks), lambda k: paint_shoes(worn_at[k], normals_at[k], marks, noises)),
        (trouser_field(points, marks), lambda k: paint_trousers(points[k], marks, noises)),
        (shirt_field(points, marks), lambda k: paint_shirt(points[k], section, marks, noises)),
    )
    for field, paint in layers:
        lay_over(albedo, roughness, garment_cover(field), paint)
    return bake_materials(texels, albedo, roughness)


def _paint_hair(
    albedo: Array, roughness: Array, points: Array, marks: Landmarks, noises: tuple[Noise, ...]
) -> tuple[Array, Array]:
    k = np.flatnonzero(points[:, 1] > marks["neck"][1])
    h = points[k] - marks["head"]
    field = hair_field(points[k], marks, noises[4])
    strands = strand_coordinates(h)
    fine = noises[5](strands, 1500.0)
    clump = noises[6](strands, 420.0)
    cover = smoothstep(-0.002, 0.010, field + 0.004 * fine)
    color = np.asarray(_HAIR) * (1 + 0.40 * fine + 0.45 * clump)[:, None]
    albedo[k] = mix(albedo[k], np.clip(color, 0.008, 0.2), 0.97 * cover)
    roughness[k] += cover * (0.42 + 0.10 * clump + 0.06 * fine - roughness[k])
    return albedo, roughness
