"""Mitsuba as a reference for our shading: same mesh, materials and light directions; its BRDF, hits and shadow rays.

Each direction is a delta light, so there is no noise: every difference is one between the two renderers.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from phynes_core.checks import check_tensor
from phynes_core.render.camera import Camera
from phynes_core.synthetic.mitsuba.scene import make_brdf, make_mesh
from phynes_core.synthetic.mitsuba.setup import load_drjit, load_mitsuba

_TEXTURE_COLUMNS = 1024


@dataclass(frozen=True)
class JudgeSurface:
    """A mesh and the materials at the P pixels that show it."""

    vertices: Tensor  # [V, 3] world, metres
    faces: Tensor  # [F, 3]
    vertex_normals: Tensor  # [V, 3] unit, world
    pixel: Tensor  # [P] int64, row * width + column
    albedo: Tensor  # [P, 3] linear
    roughness: Tensor  # [P] in (0, 1]


@dataclass(frozen=True)
class JudgePicture:
    """Mitsuba's result for the P pixels."""

    radiance: Tensor  # [P, 3] linear
    is_hit: Tensor  # [P] bool: whether the ray through the pixel's center meets the mesh
    normal: Tensor  # [P, 3] shading normal, world; 0 where nothing was hit
    visibility: Tensor | None  # [P, L] bool, 1 = open, by Mitsuba's shadow rays; only when asked for


def judge_radiance(
    surface: JudgeSurface,
    camera: Camera,
    directions: Tensor,  # [L, 3] unit, surface -> light, world
    power: Tensor,  # [L, 3] radiance times solid angle: the irradiance on a facing surface
    visibility: Tensor | None = None,  # [P, L] in [0, 1]; None: Mitsuba's own shadow rays
    keep_visibility: bool = False,
) -> JudgePicture:
    """sum_i power_i f(wi, wo) V_i max(n.wi, 0), with Mitsuba's shading normals, BRDF and (unless given) visibility."""
    sizes: dict[str, int] = {}
    check_tensor("surface.pixel", surface.pixel, ["P"], torch.int64, sizes)
    check_tensor("surface.albedo", surface.albedo, ["P", 3], None, sizes)
    check_tensor("surface.roughness", surface.roughness, ["P"], None, sizes)
    check_tensor("directions", directions, ["L", 3], None, sizes)
    check_tensor("power", power, ["L", 3], None, sizes)
    if visibility is not None:
        check_tensor("visibility", visibility, ["P", "L"], None, sizes)
    mi, dr = load_mitsuba(), load_drjit()
    count = sizes["P"]
    brdf, uv = _pixel_brdf(surface)
    mesh = make_mesh(
        surface.vertices.double().numpy(), surface.faces.numpy(), brdf, surface.vertex_normals.double().numpy()
    )
    scene = mi.load_dict({"type": "scene", "mesh": mesh})

    column, row = surface.pixel % camera.width, surface.pixel // camera.width
    rays = camera.ray_directions(torch.stack([column, row], -1) + 0.5).numpy()
    origin = mi.Point3f(*(float(value) for value in camera.center))
    si = scene.ray_intersect(mi.Ray3f(origin, mi.Vector3f(np.ascontiguousarray(rays.T))))
    si.uv = mi.Point2f(np.ascontiguousarray(uv.T))
    dr.eval(si)
    valid = si.is_valid()
    context = mi.BSDFContext()

    total = dr.zeros(mi.Color3f, count)
    own = np.zeros((count, sizes["L"]), bool) if keep_visibility and visibility is None else None
    for index in range(sizes["L"]):
        # arrays of one element, not Python floats: those would be compiled into a new kernel per light
        wi = mi.Vector3f(*(mi.Float([float(value)]) for value in directions[index]))
        light = mi.Color3f(*(mi.Float([float(value)]) for value in power[index]))
        local = si.to_local(wi)
        lit = valid & (mi.Frame3f.cos_theta(local) > 0)
        value = brdf.eval(context, si, local, lit)
        if visibility is None:
            is_open = ~scene.ray_test(si.spawn_ray(wi), lit)
            value = dr.select(is_open, value, 0.0)
            if own is not None:
                own[:, index] = np.array(is_open & lit)
        else:
            value *= mi.Float(visibility[:, index].float().numpy())
        total += dr.select(lit, light * value, 0.0)
        dr.eval(total)
    is_hit = np.array(valid)
    normal = np.where(is_hit[:, None], np.array(si.sh_frame.n).T, 0.0).astype(np.float32)
    return JudgePicture(
        radiance=torch.from_numpy(np.array(total).T.astype(np.float32).copy()),
        is_hit=torch.from_numpy(is_hit),
        normal=torch.from_numpy(normal),
        visibility=None if own is None else torch.from_numpy(own),
    )


def _pixel_brdf(surface: JudgeSurface) -> tuple[Any, np.ndarray]:
    """The BRDF with one texel per pixel, looked up without filtering; and each pixel's uv [P, 2]."""
    mi = load_mitsuba()
    count = len(surface.pixel)
    rows = math.ceil(count / _TEXTURE_COLUMNS)

    def texture(values: Tensor) -> Any:  # [P, C]
        image = np.full((rows * _TEXTURE_COLUMNS, values.shape[1]), 0.5, np.float32)
        image[:count] = values.numpy()
        bitmap = mi.Bitmap(image.reshape(rows, _TEXTURE_COLUMNS, -1))
        return mi.load_dict({"type": "bitmap", "bitmap": bitmap, "raw": True, "filter_type": "nearest"})

    index = np.arange(count)
    uv = np.stack([(index % _TEXTURE_COLUMNS + 0.5) / _TEXTURE_COLUMNS, (index // _TEXTURE_COLUMNS + 0.5) / rows], 1)
    return make_brdf(texture(surface.albedo), texture(surface.roughness[:, None])), uv.astype(np.float32)
