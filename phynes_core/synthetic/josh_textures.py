"""josh's albedo and roughness textures, painted per texel on the rest pose."""

import numpy as np

from phynes_core.synthetic.bake import TexelMap
from phynes_core.synthetic.face import paint_skin
from phynes_core.synthetic.hairline import hair_field
from phynes_core.synthetic.josh_garments import shirt_field, shoe_field, trouser_field
from phynes_core.synthetic.josh_hair import strand_coordinates
from phynes_core.synthetic.josh_patterns import paint_shirt, paint_shoes, paint_trousers
from phynes_core.synthetic.landmarks import Landmarks
from phynes_core.synthetic.layers import Materials, bake_materials, garment_cover, lay_over
from phynes_core.synthetic.noise import Noise, mix, smoothstep
from phynes_core.synthetic.subdivision import Array
from phynes_core.synthetic.torso_coordinates import measure_torso

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
