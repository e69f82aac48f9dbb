"""A garment with a surface of its own: cut out of the body's mesh, shaped in the rest pose, carried by the joints.

Each vertex keeps the body's vertex that it was cut from. In a pose the cloth is carried with smooth weights and then
pushed out of the body, one side of each such vertex's tangent plane; the push is spread, so that it leaves no dents.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.spatial import KDTree

from phynes_core.synthetic.surface.drape import Mask
from phynes_core.synthetic.surface.skinning import JointMotion
from phynes_core.synthetic.surface.subdivision import (
    Array,
    Indices,
    Neighbors,
    SurfaceMesh,
    find_neighbors,
    vertex_normals,
)

_THICKNESS_M = 0.0024
_PUSH_ROUNDS, _PUSH_SPREAD, _MOST_BOOST = 5, 12, 3.0
_REACH_M = 0.15  # no garment is pushed farther
_NEAR_M, _LAYER_M = 0.05, 0.005  # a garment lies over another where it is this near, and keeps this distance


@dataclass(frozen=True)
class Barrier:
    """A tangent plane for each vertex of a garment, which it stays outside of."""

    points: Array  # [V, 3] world
    normals: Array  # [V, 3] unit
    gap: Array  # [V] metres


FindBarrier = Callable[[Array], Barrier]  # the garment as it is now [V, 3] -> what it must stay outside of


@dataclass(frozen=True)
class Cloth:
    """A garment in its rest pose."""

    source: Indices  # [V] the body's vertex under each vertex
    faces: Indices  # [F, 3] without the hems
    corner_uv: Array  # [F, 3, 2] the body's, scaled to fill the square
    rest: Array  # [V, 3] metres
    weights: Array  # [V, J]
    gap: Array  # [V] metres that the cloth keeps from the body
    neighbors: Neighbors
    rim: Indices  # [B, 2] each hem's edges, the garment on their left
    rim_uv: Array  # [B, 2, 2]
    lining: Indices  # [L] vertices whose inside shows, those of the hems among them

    def pose(self, motion: JointMotion, barriers: "tuple[FindBarrier, ...]") -> Array:  # -> [V, 3] world
        """Carried by the joints, outside of what lies below."""
        cloth = motion.carry(self.rest, self.weights)
        for _ in range(_PUSH_ROUNDS):
            for find in barriers:
                barrier = find(cloth)
                missing = np.maximum(barrier.gap - ((cloth - barrier.points) * barrier.normals).sum(1), 0)
                spread = missing[:, None] * barrier.normals
                for _ in range(_PUSH_SPREAD):
                    spread = 0.5 * spread + 0.5 * self.neighbors.mean(spread)
                gained = np.maximum((spread * barrier.normals).sum(1), 1e-9)
                cloth = cloth + np.clip(missing / gained, 1, _MOST_BOOST)[:, None] * spread
        return cloth

    def over_body(self, body: Array, normals: Array) -> "FindBarrier":  # [Vd, 3] posed, twice
        """The skin that each vertex was cut from."""
        barrier = Barrier(body[self.source], normals[self.source], self.gap)
        return lambda cloth: barrier

    def over_cloth(self, below: "Cloth", posed: Array) -> "FindBarrier":  # [Vb, 3]
        """Another garment, where it lies under this one in the rest pose."""
        distance, k = KDTree(below.rest).query(self.rest)
        gap = np.where(distance < _NEAR_M, _LAYER_M, -np.inf)
        barrier = Barrier(posed[k], vertex_normals(posed, below.faces)[k], gap)
        return lambda cloth: barrier

    def round_cloth(self, below: "Cloth", posed: Array, loose: Array) -> "FindBarrier":  # [Vb, 3], [V] metres
        """Another garment, wherever it comes near; `loose` is the distance kept, -inf where it never does."""
        tree, normals, hangs = KDTree(posed), vertex_normals(posed, below.faces), np.isfinite(loose)

        def find(cloth: Array) -> Barrier:
            k = np.zeros(len(cloth), np.int64)
            distance, k[hangs] = tree.query(cloth[hangs])
            gap = loose.copy()
            gap[hangs] = np.where(distance < _REACH_M, loose[hangs], -np.inf)
            return Barrier(posed[k], normals[k], gap)

        return find

    @property
    def surface(self) -> SurfaceMesh:
        """The garment, its lining and the hems between them: vertices as `lined` returns them."""
        number = np.full(len(self.rest), -1)
        number[self.lining] = len(self.rest) + np.arange(len(self.lining))
        inside = (number[self.faces] >= 0).all(1)
        a, b = self.rim.T
        uv_a, uv_b = self.rim_uv[:, 0], self.rim_uv[:, 1]
        faces = [self.faces, number[self.faces[inside]][:, ::-1]]
        faces += [np.stack([a, number[a], b], 1), np.stack([b, number[a], number[b]], 1)]
        corner_uv = [self.corner_uv, self.corner_uv[inside][:, ::-1]]
        corner_uv += [np.stack([uv_a, uv_a, uv_b], 1), np.stack([uv_b, uv_a, uv_b], 1)]
        return SurfaceMesh(np.concatenate(faces), np.concatenate(corner_uv))

    def lined(self, cloth: Array) -> Array:  # [V, 3] -> [V + L, 3]
        """With the inside of the cloth near its hems."""
        inside = cloth - _THICKNESS_M * vertex_normals(cloth, self.faces)
        return np.concatenate([cloth, inside[self.lining]])

    @property
    def all_sources(self) -> Indices:  # [V + L]
        """The body's vertex under each vertex of `lined`."""
        return np.concatenate([self.source, self.source[self.lining]])


def cut_cloth(
    faces: Indices,  # [F, 3] the body's
    corner_uv: Array,  # [F, 3, 2]
    region: Mask,  # [Vd]
    shaped: Array,  # [Vd, 3] the garment's rest shape where the region is
    weights: Array,  # [Vd, J]
    gap: Array,  # [Vd]
    lining_m: float,  # how far from a hem the inside can be seen
) -> Cloth:
    """The faces that lie in the region, as a garment."""
    kept = region[faces].all(1)
    source, local = np.unique(faces[kept], return_inverse=True)
    local, uv = local.reshape(-1, 3), corner_uv[kept]
    low, high = uv.min((0, 1)), uv.max((0, 1))
    rest = shaped[source]
    neighbors = find_neighbors(len(source), local)
    square = (uv - low) / (high - low)
    rim, rim_uv = _rim(local, square)
    lining = np.flatnonzero(KDTree(rest[np.unique(rim)]).query(rest)[0] < lining_m)
    return Cloth(source, local, square, rest, weights[source], gap[source], neighbors, rim, rim_uv, lining)


def _rim(faces: Indices, corner_uv: Array) -> tuple[Indices, Array]:  # -> [B, 2], [B, 2, 2]
    """Directed edges of faces that no other face has the other way round, and their uv."""
    sides = ((0, 1), (1, 2), (2, 0))
    edges = np.concatenate([faces[:, side] for side in sides])
    uv = np.concatenate([corner_uv[:, side] for side in sides])
    count = int(faces.max()) + 1
    matched = np.isin(edges[:, 0] * count + edges[:, 1], edges[:, 1] * count + edges[:, 0])
    return edges[~matched], uv[~matched]
