"""What light reaches a point: one bit for each direction, 1 = open. Never differentiated."""

import math
from collections.abc import Hashable

import torch
from torch import Tensor

from phynes_core.checks import check_tensor
from phynes_core.kernels.registry import VISIBILITY
from phynes_core.render.ray_starts import OFFSET_M, RayStarts, gaps, vertex_starts

REFERENCE_TESTS = 1 << 19  # ray-face pairs at once, to stay within some ten megabytes


class Occluder:
    """A mesh that blocks light. Build one for each pose."""

    def __init__(
        self,
        vertices: Tensor,  # [V, 3] world
        faces: Tensor,  # [F, 3]
        backend: str = "auto",  # or "embree", "numba", "warp", "reference"
    ) -> None:
        check_tensor("vertices", vertices, ["V", 3])
        check_tensor("faces", faces, ["F", 3])
        self._vertices, self._faces = vertices.detach(), faces
        self._mesh = VISIBILITY.implementation(backend, vertices.device.type)(self._vertices, faces)
        self._starts: tuple[Tensor, RayStarts] | None = None  # of the vertices with these normals

    def is_blocked(
        self,
        origins: Tensor,  # [N, 3] world
        directions: Tensor,  # [N, 3]
        reach: float = math.inf,  # how far rays go, in lengths of their direction: 1 for segments
    ) -> Tensor:  # [N] bool
        """Whether each ray meets the mesh, from either side."""
        check_tensor("origins", origins, ["N", 3])
        check_tensor("directions", directions, [origins.shape[0], 3])
        return self._mesh.is_blocked(origins, directions, reach)

    def nearest_hits(
        self,
        origins: Tensor,  # [N, 3] world
        directions: Tensor,  # [N, 3]
        reach: float = math.inf,  # how far rays go, in lengths of their direction
    ) -> tuple[Tensor, Tensor]:
        """Distance [N] to the nearest face from either side, in lengths of the direction, inf where there is none.

        And that face [N], int64, -1 where there is none.
        """
        check_tensor("origins", origins, ["N", 3])
        check_tensor("directions", directions, [origins.shape[0], 3])
        return self._mesh.nearest_hits(origins, directions, reach)

    def point_bits(
        self,
        points: Tensor,  # [N, 3] world, on the surface
        normals: Tensor,  # [N, 3] unit
        directions: Tensor,  # [L, 3] unit, surface -> light
    ) -> Tensor:  # [N, ceil(L / 32)] int32
        """Bits of all directions at each point; those below the surface are 0 without a ray.

        Points whose every ray is blocked are looked at once more: where something stands over them that is nearer than
        rays start, these start half way to it (ray_starts.py).
        """
        check_tensor("points", points, ["N", 3])
        check_tensor("normals", normals, [points.shape[0], 3])
        check_tensor("directions", directions, ["L", 3])
        return self._mesh.point_bits(points.detach(), normals.detach(), OFFSET_M, directions)

    def vertex_bits(
        self,
        normals: Tensor,  # [V, 3] unit, of this mesh's vertices
        directions: Tensor,  # [L, 3] unit, surface -> light
        rows: Tensor | None = None,  # [N] int64, the wanted vertices; None: all
    ) -> Tensor:  # [N, ceil(L / 32)] int32
        """As point_bits for the mesh's own vertices; those inside the mesh have the bits of a neighbor outside."""
        check_tensor("normals", normals, [self._vertices.shape[0], 3])
        check_tensor("directions", directions, ["L", 3])
        if self._starts is None or self._starts[0] is not normals:
            found = vertex_starts(self._vertices, self._faces, normals.detach(), self.nearest_hits)
            self._starts = normals, found
        starts = self._starts[1] if rows is None else self._starts[1].of(rows)
        return self._mesh.start_bits(starts.points, starts.normals, starts.offset_m, directions)


class ReferenceMesh:
    """The specification of the interface TracedMesh: every ray against every face."""

    def __init__(self, vertices: Tensor, faces: Tensor) -> None:
        self._corners = vertices.detach()[faces]

    def is_blocked(self, origins: Tensor, directions: Tensor, reach: float) -> Tensor:
        """Whether each ray meets the mesh."""
        return any_hit_reference(self._corners, origins, directions, reach)

    def nearest_hits(self, origins: Tensor, directions: Tensor, reach: float) -> tuple[Tensor, Tensor]:
        """Distance to the nearest face, and that face."""
        return nearest_hits_reference(self._corners, origins, directions, reach)

    def start_bits(self, points: Tensor, normals: Tensor, offsets_m: Tensor, directions: Tensor) -> Tensor:
        """Bits of all directions at each point."""
        origins = points + offsets_m[:, None] * normals
        rows, columns = torch.nonzero(normals @ directions.T > 0, as_tuple=True)
        is_open = torch.zeros(points.shape[0], directions.shape[0], dtype=torch.bool, device=points.device)
        is_open[rows, columns] = ~any_hit_reference(self._corners, origins[rows], directions[columns])
        return pack_bits(is_open)

    def point_bits(self, points: Tensor, normals: Tensor, offset_m: float, directions: Tensor) -> Tensor:
        """The same, and once more where something stands over points that are blocked."""
        bits = self.start_bits(points, normals, torch.full_like(points[:, 0], offset_m), directions)
        rows = torch.nonzero((bits == 0).all(1)).squeeze(1)
        gap = gaps(points[rows], normals[rows], self.nearest_hits)
        rows, gap = rows[torch.isfinite(gap)], gap[torch.isfinite(gap)]
        bits[rows] = self.start_bits(points[rows], normals[rows], 0.5 * gap, directions)
        return bits


def pack_bits(is_open: Tensor) -> Tensor:  # [N, L] bool -> [N, ceil(L / 32)] int32
    """Bit i of word w is column 32 w + i."""
    num_rows, num_directions = is_open.shape
    num_words = (num_directions + 31) // 32
    padded = torch.zeros(num_rows, num_words * 32, dtype=torch.int64, device=is_open.device)
    padded[:, :num_directions] = is_open
    words = (padded.view(num_rows, num_words, 32) << torch.arange(32, device=is_open.device)).sum(-1)
    return torch.where(words >= 1 << 31, words - (1 << 32), words).int()


def unpack_bits(bits: Tensor, num_directions: int) -> Tensor:  # [N, ceil(L / 32)] int32 -> [N, L] bool
    """The inverse of `pack_bits`."""
    open_bits = (bits[:, :, None] >> torch.arange(32, dtype=torch.int32, device=bits.device)) & 1
    return open_bits.view(bits.shape[0], -1)[:, :num_directions].bool()


def visibility_at(
    bits: Tensor,  # [R, ceil(L / 32)] int32
    corners: Tensor,  # [P, 3] rows of `bits`
    barycentric: Tensor,  # [P, 3]
    num_directions: int,
) -> Tensor:  # [P, L] in [0, 1]
    """Interpolate the bits of three rows."""
    values = torch.zeros(corners.shape[0], num_directions, device=bits.device)
    for corner in range(3):
        values += barycentric[:, corner, None] * unpack_bits(bits[corners[:, corner]], num_directions)
    return values


def any_hit_reference(
    corners: Tensor,  # [F, 3 corners, 3]
    origins: Tensor,  # [N, 3]
    directions: Tensor,  # [N, 3]
    reach: float = math.inf,  # in lengths of the direction
) -> Tensor:  # [N] bool
    """The specification: whether any face is hit within reach."""
    return nearest_hits_reference(corners, origins, directions, reach)[1] >= 0


def nearest_hits_reference(
    corners: Tensor,  # [F, 3 corners, 3]
    origins: Tensor,  # [N, 3]
    directions: Tensor,  # [N, 3]
    reach: float = math.inf,  # in lengths of the direction
) -> tuple[Tensor, Tensor]:  # distance [N] in lengths of the direction, inf: none; face [N] int64, -1: none
    """The specification: Moeller and Trumbore's test of every ray against every face, in float64."""
    exact = corners.double()
    edge_1, edge_2 = exact[:, 1] - exact[:, 0], exact[:, 2] - exact[:, 0]
    distances = torch.full_like(origins[:, 0], torch.inf)
    faces = torch.full(origins.shape[:1], -1, dtype=torch.int64, device=origins.device)
    if not len(corners):
        return distances, faces
    chunk_size = max(1, REFERENCE_TESTS // len(corners))
    for first in range(0, len(origins), chunk_size):
        rows = slice(first, first + chunk_size)
        start, ray = origins[rows].double(), directions[rows].double()
        across = torch.linalg.cross(ray[:, None], edge_2[None])
        determinant = (edge_1 * across).sum(-1)
        inverse = torch.where(determinant == 0, torch.nan, 1.0 / determinant)
        arm = start[:, None] - exact[None, :, 0]
        u = (arm * across).sum(-1) * inverse
        twist = torch.linalg.cross(arm, edge_1[None].expand_as(arm))
        v = (ray[:, None] * twist).sum(-1) * inverse
        distance = (edge_2 * twist).sum(-1) * inverse
        is_hit = (u >= 0) & (v >= 0) & (u + v <= 1) & (distance > 0) & (distance < reach)
        nearest, face = torch.where(is_hit, distance, torch.inf).min(1)
        distances[rows] = nearest.to(distances.dtype)
        faces[rows] = torch.where(nearest < torch.inf, face, -1)
    return distances, faces


class SeenBits:
    """Bits of some directions on the vertices of a mesh that stands still, each vertex traced when first seen."""

    def __init__(
        self,
        occluder: Occluder,
        vertices: Tensor,  # [V, 3] world
        normals: Tensor,  # [V, 3] unit
        directions: Tensor,  # [L, 3] unit, surface -> light
    ) -> None:
        self._occluder, self._normals, self._directions = occluder, normals, directions
        num_words = (directions.shape[0] + 31) // 32
        # [V, ceil(L / 32)] int32; rows that were not traced yet hold 0
        self.bits = torch.zeros(vertices.shape[0], num_words, dtype=torch.int32, device=vertices.device)
        self._known = torch.zeros(vertices.shape[0], dtype=torch.bool, device=vertices.device)

    def knows(self, seen: Tensor) -> bool:  # [V] bool
        """Whether these rows are traced."""
        return not bool((seen & ~self._known).any())

    def trace(self, seen: Tensor) -> None:  # [V] bool
        """Trace those of these rows that are not yet."""
        rows = torch.nonzero(seen & ~self._known).squeeze(1)
        self.bits[rows] = self._occluder.vertex_bits(self._normals, self._directions, rows)
        self._known |= seen


class VertexBits:
    """Visibility bits of the probes on the vertices, renewed in slices of whole words (32 probes, one row of the sky).

    A mesh of as many vertices may use stale words for a while, the oldest are renewed first; once every word is
    renewed, the bits are exactly those of a full computation. Vertices that no picture shows are left out: their rows
    hold anything, and are traced in full as soon as a picture does.
    """

    def __init__(self) -> None:
        self.bits = torch.empty(0, 0, dtype=torch.int32)
        self.keys: list[Hashable] = []  # what each word was made of, oldest first in `order`; newer in some rows
        self.order: list[int] = []
        self.key: Hashable = None
        self._kept = torch.empty(0, dtype=torch.bool)  # [V] rows that are renewed
        self._shown = torch.empty(0, dtype=torch.bool)  # [V] rows that pictures of this mesh showed

    @property
    def is_stale(self) -> bool:
        """Whether some words belong to an earlier mesh."""
        return any(key != self.key for key in self.keys)

    def refreshed(
        self,
        key: Hashable,  # names the mesh; another key makes every word stale
        occluder: Occluder,
        vertices: Tensor,  # [V, 3] world
        normals: Tensor,  # [V, 3] unit
        directions: Tensor,  # [L, 3] unit, surface -> light
        slices: int,  # renew one of so many slices of the words; 1: all
        seen: Tensor | None = None,  # [V] bool, the vertices that the picture needs; None: all
    ) -> Tensor:  # [V, ceil(L / 32)] int32
        """The bits, with the oldest stale words renewed."""
        num_words = (directions.shape[0] + 31) // 32
        if seen is None:
            seen = torch.ones(vertices.shape[0], dtype=torch.bool, device=vertices.device)
        if self.bits.shape != (vertices.shape[0], num_words) or self.bits.device != vertices.device:
            self.bits = torch.zeros(vertices.shape[0], num_words, dtype=torch.int32, device=vertices.device)
            self.keys, self.order, slices = [None] * num_words, list(range(num_words)), 1
            self._shown = torch.zeros_like(seen)
        elif key != self.key:  # go on with the rows that pictures of the earlier mesh showed
            self.keys = [None if made_of == key else made_of for made_of in self.keys]  # a key that comes back
            self._kept, self._shown = self._shown, torch.zeros_like(seen)
        self.key = key
        stale = [word for word in self.order if self.keys[word] != key]
        words = sorted(stale[: -(-num_words // slices)])
        everything = list(range(num_words))
        if len(words) == num_words:
            self._kept, work = seen, [(seen, everything)]
        else:
            work = [(self._kept, words), (seen & ~self._kept, everything)]
            self._kept = self._kept | seen
        self._shown = self._shown | seen
        self._trace(work, occluder, normals, directions)
        for word in words:
            self.keys[word] = key
        self.order = [word for word in self.order if word not in words] + words
        return self.bits

    def _trace(
        self, work: list[tuple[Tensor, list[int]]], occluder: Occluder, normals: Tensor, directions: Tensor
    ) -> None:
        """Renew these words of these rows."""
        is_own = False
        for chosen, words in work:
            rows = torch.nonzero(chosen).squeeze(1)
            if not words or not len(rows):
                continue
            if not is_own:
                self.bits, is_own = self.bits.clone(), True  # frames that still hold the old bits keep them
            rays = torch.cat([directions[32 * word : 32 * word + 32] for word in words])
            columns = torch.tensor(words, device=rows.device)
            self.bits[rows[:, None], columns] = occluder.vertex_bits(normals, rays, rows)
