"""josh: a man in a checked shirt, jeans and leather shoes."""

from dataclasses import dataclass

import numpy as np

from phynes_core.body.model import BodyModel, Pose, pose_body
from phynes_core.synthetic.bake import map_texels
from phynes_core.synthetic.drape import shape_shoes
from phynes_core.synthetic.hairline import hair_field
from phynes_core.synthetic.josh_folds import fold_heights
from phynes_core.synthetic.josh_garments import drape_cloth, shirt_field, shoe_field, snap_to_hems, trouser_field
from phynes_core.synthetic.josh_hair import hair_offset
from phynes_core.synthetic.josh_textures import paint_materials
from phynes_core.synthetic.landmarks import inside
from phynes_core.synthetic.layers import Materials
from phynes_core.synthetic.subdivision import Array, SurfaceMesh, find_neighbors, vertex_normals
from phynes_core.synthetic.subject import Subject, make_person

JOSH_BETAS = (0.6, -1.3, 0.3, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)  # taller, broader in the shoulders than the mean
_SEED = 7


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
