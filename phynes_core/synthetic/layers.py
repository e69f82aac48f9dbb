"""Materials in layers: skin first, then whatever is worn over it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from phynes_core.synthetic.bake import TexelMap
from phynes_core.synthetic.noise import mix, smoothstep
from phynes_core.synthetic.subdivision import Array, Indices

Paint = Callable[[Indices], tuple[Array, Array]]  # texels -> albedo [N, 3] and roughness [N]


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
    """The hem is a mesh edge, field 0: the wall below it belongs to what lies below."""
    return smoothstep(-0.0008, 0.0, field)


def bake_materials(texels: TexelMap, albedo: Array, roughness: Array) -> Materials:
    """Textures from the covered texels, within what real materials are."""
    albedo, roughness = np.clip(albedo, 0.01, 0.92), np.clip(roughness, 0.18, 0.95)
    return Materials(texels.image(albedo), texels.image(roughness[:, None]))
