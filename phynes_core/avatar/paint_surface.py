"""An avatar's surface as a painter meets it: which texels a brush on it touches, and how much.

A brush is round on the surface, not on the UV square: what counts is the distance in space on the avatar in the T-pose,
clothes included, so a stroke goes on behind a seam and leaves a chart's neighbors on the square alone. It stays on the
piece of surface that it touches, and on the side that faces it: the other leg and the back of a hand are not painted.
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

POINTS_AT_ONCE = 16  # of a stroke: what is known of its beginning is kept while it grows
MOST_KEPT = 4_000_000  # texels of strokes, 12 bytes each
ENTRY = 100  # texels' worth of what is kept with each part of a stroke, so that empty ones count as well
LINK_RADII = 2.0  # points farther apart than so many radii are separate touches, as where a stroke leaves an arm
MOST_BLURS = 200
FILL_EDGE = 1.5  # times the tolerance, where a filled color ends
MIRROR = (-1.0, 1.0, 1.0)


@dataclass(frozen=True, eq=False)
class Touched:
    """Texels of a surface and how much each is painted."""

    index: Tensor  # [T] int64, as surface_texels numbers them: row * TEXELS + column
    weight: Tensor  # [T] in (0, 1]


@dataclass(frozen=True, eq=False)
class _Mirrored:
    """Where each vertex's mirror image lies on the avatar, which need not be as symmetric as its body."""

    faces: Tensor  # [V] int64
    vertices: Tensor  # [V, 3]
    normals: Tensor  # [V, 3]


class PaintSurface:
    """Of one avatar on the host, whose clothes hang as in the first training pose."""

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
        self._kept: OrderedDict[Hashable, tuple[Tensor, Tensor]] = OrderedDict()
        self._num_kept = 0

    def brush(
        self,
        points: tuple[tuple[float, float], ...],  # uv; places outside every chart touch nothing
        radius_m: float,
        hardness: float,  # share of the radius that gets all of the paint
        mirrors: bool = False,  # touches the same place on the body's other side, too
    ) -> Touched:
        """Where a stroke through these points paints: at full strength, however often it passes a place."""
        found = []
        for begin in range(0, max(1, len(points) - 1), POINTS_AT_ONCE):
            part = points[begin : begin + POINTS_AT_ONCE + 1]
            for is_mirrored in (False, True) if mirrors else (False,):
                key = (part, radius_m, hardness, is_mirrored)
                found.append(self._remembered(key, lambda k=key: self._part(*k)))
        return self._touched(found)

    def fill(
        self,
        point: tuple[float, float],  # uv
        tolerance: float,  # difference of color, about that of sRGB values in [0, 1]
        mirrors: bool = False,
        pattern_m: float = 0.0,  # colors are compared as a blurred eye sees them: stripes so wide are one cloth
    ) -> Touched:
        """The piece of surface around a point whose albedo, as the map says it, is like the point's."""
        found = []
        for is_mirrored in (False, True) if mirrors else (False,):
            key = (point, tolerance, is_mirrored, pattern_m)
            found.append(self._remembered(("fill", *key), lambda k=key: self._filled(*k)))
        return self._touched(found)

    def _touched(self, found: list[tuple[Tensor, Tensor]]) -> Touched:  # rows of surface_texels, weights
        """The most that any part says of a texel."""
        rows, weight = found[0]
        if len(found) > 1:
            rows, place = torch.cat([part[0] for part in found]).unique(return_inverse=True)
            shares = torch.cat([part[1] for part in found])
            weight = torch.zeros(len(rows)).scatter_reduce(0, place, shares, "amax")
        return Touched(surface_texels(self._body).index[rows], weight)

    def _part(
        self, points: tuple[tuple[float, float], ...], radius_m: float, hardness: float, is_mirrored: bool
    ) -> tuple[Tensor, Tensor]:
        faces, weights = self._places(points)
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
        self, point: tuple[float, float], tolerance: float, is_mirrored: bool, pattern_m: float
    ) -> tuple[Tensor, Tensor]:
        faces, weights = self._places((point,))
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

        def color(places: Tensor, inside: Tensor) -> Tensor:  # [N] faces, [N, 3] -> [N, 3]
            if pattern_m > 0:
                return self._at(corners, places, inside)
            return self._colors((uv[places] * inside[..., None]).sum(1))

        wanted = color(faces, weights)
        alike = (blurred - wanted).norm(dim=-1) <= tolerance
        reached = self._connected(faces, alike)
        beside = self._beside[reached]
        reached[beside[beside >= 0]] = True  # where the color ends is finer than a face
        rows = self._texels_of(reached)
        texels = surface_texels(self._body)
        apart = (color(texels.face[rows], texels.barycentric[rows]) - wanted).norm(dim=-1)
        share = 1.0 - smooth_step(tolerance, tolerance * FILL_EDGE, apart)
        return rows[share > 0], share[share > 0]

    def _colors(self, uv: Tensor) -> Tensor:  # [N, 2] -> [N, 3], evenly spaced to the eye
        return self._avatar.query_albedo(uv, self._avatar.training_poses[0]).clamp(0.0, 1.0) ** (1.0 / 2.2)

    def _blurred(self, colors: Tensor, radius_m: float) -> Tensor:  # [F, 3] both
        """By diffusion over the surface: n means of neighbors reach sqrt(n) times as far as one."""
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

    def _places(self, points: tuple[tuple[float, float], ...]) -> tuple[Tensor, Tensor]:  # [K] faces, [K, 3] weights
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
        """Faces that a brush on the path may reach."""
        low, high = path.start.amin(0), path.start.amax(0)
        reach = self._reach + radius_m
        is_near = ((self._centers >= low - reach[:, None]) & (self._centers <= high + reach[:, None])).all(1)
        chosen = torch.nonzero(is_near)[:, 0]
        is_near[chosen] = path.distance(self._centers[chosen])[0] <= reach[chosen]
        return is_near

    def _connected(self, seeds: Tensor, allowed: Tensor) -> Tensor:  # [K] faces, [F] bool -> [F] bool
        """The allowed faces that hang together with a seed; seeds are always among them."""
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

    def _remembered(self, key: Hashable, make: Callable[[], tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        made = make()
        self._kept[key] = made
        self._num_kept += ENTRY + len(made[0])
        while self._num_kept > MOST_KEPT and len(self._kept) > 1:
            self._num_kept -= ENTRY + len(self._kept.popitem(last=False)[1][0])
        return made
