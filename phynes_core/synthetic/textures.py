"""josh's albedo and roughness textures, painted per texel on the rest pose."""

import numpy as np
from numpy.typing import NDArray

from phynes_core.synthetic.bake import TexelMap
from phynes_core.synthetic.cloth_patterns import measure_torso, paint_shirt, paint_shoes, paint_trousers
from phynes_core.synthetic.face import paint_skin
from phynes_core.synthetic.garments import (
    Landmarks,
    hair_field,
    shirt_field,
    shoe_field,
    trouser_field,
)
from phynes_core.synthetic.hair import strand_coordinates
from phynes_core.synthetic.noise import Noise, mix, smoothstep
from phynes_core.synthetic.subject import Materials

Array = NDArray[np.float64]
_HAIR = (0.040, 0.024, 0.015)


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
    layers = (
        (shoe_field(points, marks), lambda at: paint_shoes(at[1], at[2], marks, noises)),
        (trouser_field(points, marks), lambda at: paint_trousers(at[0], marks, noises)),
        (shirt_field(points, marks), lambda at: paint_shirt(at[0], section, marks, noises)),
    )
    worn_at, normals_at = texels.sample(worn), texels.sample(worn_normals)
    for field, paint in layers:
        cover = smoothstep(-0.0008, 0.0, field)  # the hem is a mesh edge (field 0): the wall below it belongs below
        k = np.flatnonzero(cover > 0)
        layer_albedo, layer_roughness = paint((points[k], worn_at[k], normals_at[k]))
        albedo[k] = mix(albedo[k], layer_albedo, cover[k])
        roughness[k] += cover[k] * (layer_roughness - roughness[k])
    albedo, roughness = np.clip(albedo, 0.01, 0.92), np.clip(roughness, 0.18, 0.95)
    return Materials(texels.image(albedo), texels.image(roughness[:, None]))


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
