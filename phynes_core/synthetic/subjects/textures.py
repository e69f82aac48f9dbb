"""Textures of a subject: the point of the mesh that each texel shows, and materials painted there layer over layer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phynes_core.synthetic.mitsuba.setup import load_mitsuba
from phynes_core.synthetic.surface.noise import mix, smoothstep
from phynes_core.synthetic.surface.subdivision import Array, Indices, SurfaceMesh

_PADDING_PX = 8  # charts are grown by this much, so that bilinear look-ups never read an empty texel
Paint = Callable[[Indices], tuple[Array, Array]]  # texels -> albedo [N, 3] and roughness [N]


@dataclass(frozen=True)
class TexelMap:
    """Texels inside a chart, row 0 at v = 1."""

    resolution: int
    texel: NDArray[np.int64]  # [N] flat index of each covered texel
    vertex: NDArray[np.int64]  # [N, 3] corners of the face that the texel's center lies in
    barycentric: Array  # [N, 3]

    def sample(self, values: Array) -> Array:  # [Vd, C] or [Vd] -> [N, C] or [N]
        """Interpolate a per-vertex attribute at the covered texels."""
        weights = self.barycentric if values.ndim == 1 else self.barycentric[..., None]
        return (values[self.vertex] * weights).sum(1)

    def restricted(self, keep: NDArray[np.bool_]) -> "TexelMap":  # [N]
        """A subset of the texels."""
        return TexelMap(self.resolution, self.texel[keep], self.vertex[keep], self.barycentric[keep])

    def uv(self) -> tuple[Array, Array]:  # [N], [N]
        """Texture coordinates of the texels' centers."""
        row, column = np.divmod(self.texel, self.resolution)
        return (column + 0.5) / self.resolution, 1 - (row + 0.5) / self.resolution

    def image(self, values: Array) -> NDArray[np.float32]:  # [N, C] -> [R, R, C]
        """Values as a texture, padded around the charts."""
        size = self.resolution
        result = np.zeros((size * size, values.shape[1]), np.float32)
        known = np.zeros(size * size, bool)
        result[self.texel], known[self.texel] = values, True
        result, known = result.reshape(size, size, -1), known.reshape(size, size)
        for _ in range(_PADDING_PX):
            for axis, shift in ((0, 1), (0, -1), (1, 1), (1, -1)):
                neighbor = np.roll(known, shift, axis)
                fill = neighbor & ~known
                result[fill] = np.roll(result, shift, axis)[fill]
                known = known | fill
        result[~known] = values.mean(0)
        return result


def map_texels(mesh: SurfaceMesh, resolution: int) -> TexelMap:
    """Shoot one ray per texel center at the flattened atlas."""
    mi: Any = load_mitsuba()
    uv = mesh.corner_uv.reshape(-1, 2)
    atlas = mi.Mesh("atlas", len(uv), len(mesh.faces))
    parameters = mi.traverse(atlas)
    parameters["vertex_positions"] = np.concatenate([uv, np.zeros((len(uv), 1))], 1).astype(np.float32).ravel()
    parameters["faces"] = np.arange(len(uv), dtype=np.uint32)
    parameters.update()
    scene = mi.load_dict({"type": "scene", "atlas": atlas})
    center = (np.arange(resolution, dtype=np.float32) + 0.5) / resolution
    v, u = np.meshgrid(1 - center, center, indexing="ij")
    origin = np.stack([u.ravel(), v.ravel(), np.ones(u.size, np.float32)])
    hit = scene.ray_intersect_preliminary(mi.Ray3f(mi.Point3f(origin), mi.Vector3f(0, 0, -1)))
    valid = np.array(hit.is_valid())
    face = np.array(hit.prim_index).astype(np.int64)[valid]
    second, third = np.array(hit.prim_uv).astype(np.float64)[:, valid]
    barycentric = np.stack([1 - second - third, second, third], 1)
    return TexelMap(resolution, np.flatnonzero(valid), mesh.faces[face], barycentric)


@dataclass(frozen=True)
class Materials:
    """Textures in the subject's UV square, row 0 at v = 1, linear."""

    albedo: NDArray[np.float32]  # [R, R, 3]
    roughness: NDArray[np.float32]  # [R, R, 1]


def lay_over(albedo: Array, roughness: Array, cover: Array, paint: Paint) -> None:
    """Paint over albedo [N, 3] and roughness [N], in place, where cover [N] is above 0."""
    k = np.flatnonzero(cover > 0)
    layer_albedo, layer_roughness = paint(k)
    albedo[k] = mix(albedo[k], layer_albedo, cover[k])
    roughness[k] += cover[k] * (layer_roughness - roughness[k])


def garment_cover(field: Array) -> Array:  # [N] metres inside -> [N] 0..1
    """1 inside the hem (field 0, a mesh edge); faces just beyond it show the layer below."""
    return smoothstep(-0.0008, 0.0, field)


def bake_materials(texels: TexelMap, albedo: Array, roughness: Array, least_roughness: float = 0.18) -> Materials:
    """Textures from the covered texels, clamped to the range of real materials."""
    albedo, roughness = np.clip(albedo, 0.01, 0.92), np.clip(roughness, least_roughness, 0.95)
    return Materials(texels.image(albedo), texels.image(roughness[:, None]))
