"""Painting on an avatar's surface: the texels that a brush or a fill covers, with weights.

A brush is round on the surface, not on the UV square: distances are measured in space on the displaced avatar in the
T-pose, so strokes continue across seams and do not reach charts that are only adjacent on the square. A stroke covers
connected surface that faces it: the other leg and the back of a hand are not painted.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

import torch
from torch import Tensor

from phynes_core.avatar.avatar import Avatar
from phynes_core.avatar.paint_path import Path, paint_weight, smooth_step
from phynes_core.body.texels import barycentric_at, face_of_uv, surface_texels
from phynes_core.geometry.closest_point import closest_point
from phynes_core.geometry.mesh import adjoining_faces, vertex_normals

POINTS_PER_PART = 16  # of a stroke: finished parts are cached while it grows
MAX_CACHED = 4_000_000  # texels of strokes, 12 bytes each
ENTRY = 100  # cost of a cache entry in texels, so that empty parts count as well
LINK_RADII = 2.0  # points farther apart than this many radii are not joined, as where a stroke leaves an arm
MOST_BLURS = 200
MOST_ISLAND = 4  # faces, of 1.4 square centimetres each
FILL_EDGE = 1.5  # times the tolerance, at which the weight of a fill reaches 0
MIRROR = (-1.0, 1.0, 1.0)


@dataclass(frozen=True, eq=False)
class PaintedTexels:
    """Texels of a surface and the paint weight of each."""

    index: Tensor  # [T] int64, as surface_texels numbers them: row * TEXELS + column
    weight: Tensor  # [T] in (0, 1]


@dataclass(frozen=True, eq=False)
class _Mirrored:
    """Each vertex's mirror image on the avatar, which is less symmetric than its body."""

    faces: Tensor  # [V] int64
    vertices: Tensor  # [V, 3]
    normals: Tensor  # [V, 3]


class PaintSurface:
    """The surface of one avatar on the CPU, with the offsets of its first training pose."""

    @torch.no_grad()
    def __init__(self, avatar: Avatar) -> None:
        self._avatar, self._body = avatar, avatar.body
        offsets = avatar.vertex_offsets(avatar.training_poses[0])
        self._vertices = avatar.displaced_vertices(avatar.rest_pose(), offsets)  # [V, 3]
        self._normals = vertex_normals(self._vertices, self._body.faces)
        corners = self._vertices[self._body.faces]  # [F, 3, 3]
        self._centers = corners.mean(1)
        self._reach = (corners - self._centers[:, None]).norm(dim=-1).amax(1)
        self._beside = adjoining_faces(self._body.faces)  # [F, 3]
        self._face_colors: Tensor | None = None
        self._mirrored: _Mirrored | None = None
        self._cache: OrderedDict[Hashable, tuple[Tensor, Tensor]] = OrderedDict()
        self._num_cached = 0

    def brush(
        self,
        points: tuple[tuple[float, float], ...],  # uv; points outside all charts paint nothing
        radius_m: float,
        hardness: float,  # share of the radius with full paint
        mirrors: bool = False,  # paints the same region on the body's other side, too
    ) -> PaintedTexels:
        """The texels of a stroke through these points; passing a texel again does not add paint."""
        found = []
        for begin in range(0, max(1, len(points) - 1), POINTS_PER_PART):
            part = points[begin : begin + POINTS_PER_PART + 1]
            for is_mirrored in (False, True) if mirrors else (False,):
                key = (part, radius_m, hardness, is_mirrored)
                found.append(self._cached(key, lambda k=key: self._part(*k)))
        return self._touched(found)

    def fill(
        self,
        point: tuple[float, float],  # uv
        tolerance: float,  # difference of color, about that of sRGB values in [0, 1]
        mirrors: bool = False,
        pattern_m: float = 0.0,  # colors are blurred over this distance first: narrower stripes count as one color
    ) -> PaintedTexels:
        """The connected surface around a point whose albedo in the map is like the point's."""
        found = []
        for is_mirrored in (False, True) if mirrors else (False,):
            key = (point, tolerance, is_mirrored, pattern_m)
            found.append(self._cached(("fill", *key), lambda k=key: self._filled(*k)))
        return self._touched(found)

    def fill_preview(
        self, point: tuple[float, float], tolerance: float, mirrors: bool = False, pattern_m: float = 0.0
    ) -> PaintedTexels:
        """About what `fill` takes, many times sooner: colors of faces, blended within them, stand for the map's."""
        sides = (False, True) if mirrors else (False,)
        return self._touched([self._filled(point, tolerance, side, pattern_m, is_preview=True) for side in sides])

    def _touched(self, found: list[tuple[Tensor, Tensor]]) -> PaintedTexels:  # rows of surface_texels, weights
        """The largest weight of any part at each texel."""
        rows, weight = found[0]
        if len(found) > 1:
            rows, index = torch.cat([part[0] for part in found]).unique(return_inverse=True)
            shares = torch.cat([part[1] for part in found])
            weight = torch.zeros(len(rows)).scatter_reduce(0, index, shares, "amax")
        return PaintedTexels(surface_texels(self._body).index[rows], weight)

    def _part(
        self, points: tuple[tuple[float, float], ...], radius_m: float, hardness: float, is_mirrored: bool
    ) -> tuple[Tensor, Tensor]:
        faces, weights = self._located(points)
        if not len(faces):
            return torch.zeros(0, dtype=torch.int64), torch.zeros(0)
        seeds, vertices, normals = faces, self._vertices, self._normals
        if is_mirrored:
            mirrored = self._mirror()
            seeds, vertices, normals = mirrored.faces[self._body.faces[faces]], mirrored.vertices, mirrored.normals
        path = Path.through(
            self._at(vertices, faces, weights), self._at(normals, faces, weights), LINK_RADII * radius_m
        )
        rows = self._texels_of(self._connected(seeds, self._near(path, radius_m)))
        texels = surface_texels(self._body)
        owners, inside = texels.face[rows], texels.barycentric[rows]
        share = paint_weight(
            path, self._at(self._vertices, owners, inside), self._at(self._normals, owners, inside), radius_m, hardness
        )
        return rows[share > 0], share[share > 0]

    @torch.no_grad()
    def _filled(
        self, point: tuple[float, float], tolerance: float, is_mirrored: bool, pattern_m: float,
        is_preview: bool = False,
    ) -> tuple[Tensor, Tensor]:  # fmt: skip
        faces, weights = self._located((point,))
        if not len(faces):
            return torch.zeros(0, dtype=torch.int64), torch.zeros(0)
        if is_mirrored:
            nearest = self._body.faces[faces].gather(1, weights.argmax(1, keepdim=True))[:, 0]
            faces, weights = self._mirror().faces[nearest], torch.full((1, 3), 1.0 / 3.0)
        uv = self._body.uv[self._body.uv_faces]  # [F, 3, 2]
        if self._face_colors is None:
            self._face_colors = self._colors(uv.mean(1))
        blurred = self._blurred(self._face_colors, pattern_m)
        corners = self._of_vertices(blurred)  # [V, 3]

        def color(owners: Tensor, inside: Tensor, is_rough: bool) -> Tensor:  # [N] faces, [N, 3] -> [N, 3]
            if pattern_m > 0 or is_rough:
                return self._at(corners, owners, inside)
            return self._colors((uv[owners] * inside[..., None]).sum(1))

        wanted = color(faces, weights, is_rough=False)
        alike = (blurred - wanted).norm(dim=-1) <= tolerance
        reached = self._connected(faces, alike)
        reached = reached if is_preview else self._closed(reached)
        # noise of the map inside the color's patch leaves no holes
        within = reached if is_preview else self._inner(self._inner(reached))
        beside = self._beside[reached]
        reached = reached.index_fill(0, beside[beside >= 0], True)  # the edge of a color lies inside faces
        rows = self._texels_of(reached)
        texels = surface_texels(self._body)
        apart = (color(texels.face[rows], texels.barycentric[rows], is_preview) - wanted).norm(dim=-1)
        share = 1.0 - smooth_step(tolerance, tolerance * FILL_EDGE, apart)
        share[within[texels.face[rows]]] = 1.0
        return rows[share > 0], share[share > 0]

    def _inner(self, reached: Tensor) -> Tensor:  # [F] bool, both
        """The faces whose neighbors are all reached, too."""
        return reached & (reached[self._beside.clamp(min=0)] | (self._beside < 0)).all(1)

    def _closed(self, reached: Tensor) -> Tensor:  # [F] bool, both
        """With the islands of a few faces that are enclosed by what was reached."""
        reached, seen = reached.clone(), reached.clone()
        beside = self._beside[reached]
        for seed in beside[beside >= 0].unique().tolist():
            if not seen[seed]:
                island, front = [seed], [seed]
                seen[seed] = True
                while front and len(island) <= MOST_ISLAND:
                    around = [face for face in self._beside[front].view(-1).tolist() if face >= 0]
                    front = [face for face in dict.fromkeys(around) if not seen[face]]
                    seen[front] = True
                    island += front
                if not front:
                    reached[island] = len(island) <= MOST_ISLAND
        return reached

    def _colors(self, uv: Tensor) -> Tensor:  # [N, 2] -> [N, 3], about perceptually uniform
        return self._avatar.query_albedo(uv, self._avatar.training_poses[0]).clamp(0.0, 1.0) ** (1.0 / 2.2)

    def _blurred(self, colors: Tensor, radius_m: float) -> Tensor:  # [F, 3] both
        """Blurred by diffusion over the surface: n averages of neighbors reach sqrt(n) times as far as one."""
        if radius_m == 0:
            return colors
        beside, is_there = self._beside.clamp(min=0), (self._beside >= 0)[..., None]
        step_m = float((self._centers[beside[:, 0]] - self._centers).norm(dim=-1)[is_there[:, 0, 0]].mean())
        for _ in range(min(MOST_BLURS, round((radius_m / step_m) ** 2))):
            colors = (colors + (colors[beside] * is_there).sum(1)) / (1 + is_there.sum(1))
        return colors

    def _of_vertices(self, colors: Tensor) -> Tensor:  # [F, 3] -> [V, 3]
        summed = torch.zeros(len(self._vertices), 4)
        values = torch.cat([colors, torch.ones(len(colors), 1)], -1)
        summed.index_add_(0, self._body.faces.T.reshape(-1), values.repeat(3, 1))
        return summed[:, :3] / summed[:, 3:].clamp(min=1.0)

    def _located(self, points: tuple[tuple[float, float], ...]) -> tuple[Tensor, Tensor]:  # [K] faces, [K, 3] weights
        uv = torch.tensor(points, dtype=torch.float32).view(-1, 2)
        faces = face_of_uv(self._body, uv)
        uv, faces = uv[faces >= 0], faces[faces >= 0]
        return faces, barycentric_at(self._body, faces, uv)

    def _mirror(self) -> "_Mirrored":
        if self._mirrored is None:
            body = self._body
            found = closest_point(body.v_template, body.faces, body.v_template * torch.tensor(MIRROR))
            faces, weights = found.face_index, found.barycentric
            self._mirrored = _Mirrored(
                faces, self._at(self._vertices, faces, weights), self._at(self._normals, faces, weights)
            )
        return self._mirrored

    def _at(self, values: Tensor, faces: Tensor, weights: Tensor) -> Tensor:  # [V, C], [N], [N, 3] -> [N, C]
        return (values[self._body.faces[faces]] * weights[..., None]).sum(1)

    def _near(self, path: Path, radius_m: float) -> Tensor:  # [F] bool
        """Faces within reach of a brush on the path."""
        low, high = path.start.amin(0), path.start.amax(0)
        reach = self._reach + radius_m
        is_near = ((self._centers >= low - reach[:, None]) & (self._centers <= high + reach[:, None])).all(1)
        chosen = torch.nonzero(is_near)[:, 0]
        is_near[chosen] = path.distance(self._centers[chosen])[0] <= reach[chosen]
        return is_near

    def _connected(self, seeds: Tensor, allowed: Tensor) -> Tensor:  # [K] faces, [F] bool -> [F] bool
        """The allowed faces that are connected with a seed; seeds are always included."""
        reached = torch.zeros_like(allowed)
        front = seeds.unique()
        while len(front):
            reached[front] = True
            beside = self._beside[front].view(-1)
            beside = beside[beside >= 0].unique()
            front = beside[allowed[beside] & ~reached[beside]]
        return reached

    def _texels_of(self, faces: Tensor) -> Tensor:  # [F] bool -> [T] int64 rows of surface_texels
        first = surface_texels(self._body).first
        chosen = torch.nonzero(faces)[:, 0]
        count = first[chosen + 1] - first[chosen]
        before = count.cumsum(0) - count
        return torch.arange(int(count.sum())) + (first[chosen] - before).repeat_interleave(count)

    def _cached(self, key: Hashable, make: Callable[[], tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
        if key in self._cache:
            self._cache.move_to_end(key)
            return self._cache[key]
        made = make()
        self._cache[key] = made
        self._num_cached += ENTRY + len(made[0])
        while self._num_cached > MAX_CACHED and len(self._cache) > 1:
            self._num_cached -= ENTRY + len(self._cache.popitem(last=False)[1][0])
        return made
