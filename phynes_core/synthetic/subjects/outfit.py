"""A subject made of parts: skin with relief, garments of their own, and solids such as eyes, laces and locks of hair.

Each part has a rectangle of the common texture and paints it; in a pose it is carried by the same body.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.spatial import KDTree

from phynes_core.body.model import Pose, pose_body
from phynes_core.synthetic.subjects.subject import Person, Subject
from phynes_core.synthetic.subjects.textures import Materials, TexelMap, bake_materials, map_texels
from phynes_core.synthetic.surface.cloth import Cloth
from phynes_core.synthetic.surface.drape import Mask
from phynes_core.synthetic.surface.skinning import JointMotion, joint_motion
from phynes_core.synthetic.surface.subdivision import Array, Indices, SurfaceMesh, vertex_normals
from phynes_core.synthetic.surface.sweep import Solid

Rectangle = tuple[float, float, float, float]  # u0, v0, u1, v1
PaintTexels = Callable[[TexelMap], tuple[Array, Array]]  # -> albedo [N, 3], roughness [N]
Folds = Callable[[Pose], Array]  # metres along the normal, one for each vertex


@dataclass(frozen=True)
class PosedPerson:
    """The bare body in one pose, for all parts."""

    person: Person
    pose: Pose
    motion: JointMotion
    body: Array  # [Vd, 3] world
    normals: Array  # [Vd, 3]


class Part(ABC):
    """A piece of the subject's surface."""

    rectangle: Rectangle

    @property
    @abstractmethod
    def surface(self) -> SurfaceMesh:
        """Faces and uv in a square of the part's own."""

    @abstractmethod
    def vertices(self, posed: PosedPerson) -> Array:  # [V, 3] world
        """The part in this pose."""

    @abstractmethod
    def paint(self, texels: TexelMap) -> tuple[Array, Array]:
        """Albedo [N, 3] and roughness [N]; the texels' vertices are the part's."""


@dataclass(frozen=True)
class SkinPart(Part):
    """What shows of the body, with shoes, nails and tight clothes as relief."""

    person: Person
    worn: Array  # [Vd, 3] rest
    visible: Indices  # [V] vertices of the body that show
    mesh: SurfaceMesh  # over those
    painter: PaintTexels  # its texels' vertices are the body's
    folds: Folds | None
    rectangle: Rectangle

    @property
    def surface(self) -> SurfaceMesh:
        """The visible faces."""
        return self.mesh

    def vertices(self, posed: PosedPerson) -> Array:
        """What shows of the dressed body."""
        return self.dressed(posed)[self.visible]

    def dressed(self, posed: PosedPerson) -> Array:  # [Vd, 3] world
        """The whole body: relief turned with the skin."""
        surface = posed.body + self.person.turn(self.worn - self.person.rest, posed.pose)
        if self.folds is not None:
            surface = surface + vertex_normals(surface, self.person.dense.faces) * self.folds(posed.pose)[:, None]
        return surface

    def paint(self, texels: TexelMap) -> tuple[Array, Array]:
        """By places on the body."""
        return self.painter(TexelMap(texels.resolution, texels.texel, self.visible[texels.vertex], texels.barycentric))


@dataclass(frozen=True)
class ClothPart(Part):
    """A garment cut from the body's mesh, with the folds of the pose."""

    cloth: Cloth
    folds: Folds  # one height for each vertex of the body
    painter: PaintTexels  # its texels' vertices are the body's
    rectangle: Rectangle
    below: "ClothPart | None" = None  # a garment that it lies over
    loose: Array | None = None  # [V] metres that it keeps from that garment wherever they meet; None: as at rest

    @property
    def surface(self) -> SurfaceMesh:
        """With its lining."""
        return self.cloth.surface

    def vertices(self, posed: PosedPerson) -> Array:
        """With its lining."""
        return self.cloth.lined(self.draped(posed))

    def draped(self, posed: PosedPerson) -> Array:
        """Carried, pushed out of what lies below, folded."""
        barriers = (self.cloth.over_body(posed.body, posed.normals),)
        if self.below is not None:
            lower, under = self.below.cloth, self.below.draped(posed)
            found = self.cloth.over_cloth(lower, under)
            if self.loose is not None:
                found = self.cloth.round_cloth(lower, under, self.loose)
            barriers = (*barriers, found)
        smooth = self.cloth.pose(posed.motion, barriers)
        heights = self.folds(posed.pose)[self.cloth.source]
        return smooth + vertex_normals(smooth, self.cloth.faces) * heights[:, None]

    def paint(self, texels: TexelMap) -> tuple[Array, Array]:
        """By places on the body under it, inside as outside."""
        source = self.cloth.all_sources
        return self.painter(TexelMap(texels.resolution, texels.texel, source[texels.vertex], texels.barycentric))


@dataclass(frozen=True)
class SolidPart(Part):
    """Solids that follow the skin where they are fixed."""

    solid: Solid
    weights: Array  # [V, J]
    painter: PaintTexels
    rectangle: Rectangle

    @property
    def surface(self) -> SurfaceMesh:
        """The solids' mesh."""
        return self.solid.mesh

    def vertices(self, posed: PosedPerson) -> Array:
        """Carried by the joints."""
        return posed.motion.carry(self.solid.vertices, self.weights)

    def paint(self, texels: TexelMap) -> tuple[Array, Array]:
        """By the solid's own coordinates."""
        return self.painter(texels)


@dataclass(frozen=True)
class Outfit(Subject):
    """A person and what is worn, part after part."""

    parts: tuple[Part, ...]
    least_roughness: float

    @property
    def surface(self) -> SurfaceMesh:
        """All parts in one mesh and one texture."""
        faces, corner_uv, first = [], [], 0
        for part in self.parts:
            mesh, (u0, v0, u1, v1) = part.surface, part.rectangle
            faces.append(mesh.faces + first)
            corner_uv.append(mesh.corner_uv * [u1 - u0, v1 - v0] + [u0, v0])
            first += self._counts[len(faces) - 1]
        return SurfaceMesh(np.concatenate(faces), np.concatenate(corner_uv))

    @property
    def _counts(self) -> list[int]:
        return [int(part.surface.faces.max()) + 1 for part in self.parts]

    def slices(self) -> list[slice]:
        """Where the vertices of each part stand."""
        ends = np.cumsum([0, *self._counts])
        return [slice(int(a), int(b)) for a, b in pairwise(ends)]

    def vertices(self, pose: Pose) -> Array:
        """Every part on the same posed body."""
        person = self.person
        body = person.dense.refine(pose_body(person.body, pose).vertices.double().numpy())
        motion = joint_motion(person.body, person.joints, pose)
        posed = PosedPerson(person, pose, motion, body, vertex_normals(body, person.dense.faces))
        return np.concatenate([part.vertices(posed) for part in self.parts])

    def paint(self, resolution: int) -> Materials:
        """Every part in its rectangle."""
        texels = map_texels(self.surface, resolution)
        albedo, roughness = np.empty((len(texels.texel), 3)), np.empty(len(texels.texel))
        for part, piece in zip(self.parts, self.slices(), strict=True):
            mine = (texels.vertex[:, 0] >= piece.start) & (texels.vertex[:, 0] < piece.stop)
            chosen = texels.restricted(mine)
            own = TexelMap(resolution, chosen.texel, chosen.vertex - piece.start, chosen.barycentric)
            albedo[mine], roughness[mine] = part.paint(own)
        return bake_materials(texels, albedo, roughness, self.least_roughness)


def make_skin(
    person: Person, worn: Array, hidden: Mask, painter: PaintTexels, rectangle: Rectangle, folds: Folds | None = None
) -> SkinPart:
    """The body without the faces whose corners are all hidden [Vd]."""
    faces = person.dense.faces
    seen = ~hidden[faces].all(1)
    visible, local = np.unique(faces[seen], return_inverse=True)
    mesh = SurfaceMesh(local.reshape(-1, 3), person.dense.corner_uv[seen])
    return SkinPart(person, worn, visible, mesh, painter, folds, rectangle)


def fixed_weights(person: Person, roots: Array, repeats: int) -> Array:  # [N, 3] rest -> [N * repeats, J]
    """The skin's weights nearest to each root, for that many vertices of its solid."""
    nearest = KDTree(person.rest).query(roots)[1]
    return np.repeat(person.skin_weights[nearest], repeats, axis=0)
