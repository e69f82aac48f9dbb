"""Shading of pixels under packed directional lights, one thread a pixel: as kernels/cpu/shade.py does."""

# pyright: reportInvalidTypeForm=false, reportCallIssue=false, reportArgumentType=false
# Warp says the type of an array by a call.

import torch
import warp
from torch import Tensor

from phynes_core.conventions import MIN_COSINE, MIN_ROUGHNESS
from phynes_core.kernels.cuda.warp_compiler import numbers, torch_stream, vectors
from phynes_core.kernels.surface_interfaces import LitSurface, PackedBits

warp.set_module_options({"enable_backward": False})

PI = 3.14159265358979


@warp.func
def smith(cosine: float, squared_alpha: float):
    """Twice the cosine over Smith's masking for GGX."""
    return cosine + warp.sqrt(squared_alpha + (1.0 - squared_alpha) * cosine * cosine)


@warp.kernel
def add_light(
    normal: warp.array(dtype=warp.vec3),
    wo: warp.array(dtype=warp.vec3),
    albedo: warp.array(dtype=warp.vec3),
    roughness: warp.array(dtype=float),
    bits: warp.array2d(dtype=int),
    corners: warp.array2d(dtype=int),
    barycentric: warp.array(dtype=warp.vec3),
    directions: warp.array(dtype=warp.vec3),
    power: warp.array(dtype=warp.vec3),
    f0: warp.array(dtype=float),
    min_alpha: float,
    min_cosine: float,
    count: warp.array(dtype=int),
    radiance: warp.array(dtype=warp.vec3),
    irradiance: warp.array(dtype=warp.vec3),
    irradiance_open: warp.array(dtype=warp.vec3),
):
    """One thread a pixel; the sums go on from what is there."""
    pixel = warp.tid()
    if pixel >= count[0]:
        return
    n, v, weights = normal[pixel], wo[pixel], barycentric[pixel]
    a, b, c = corners[pixel, 0], corners[pixel, 1], corners[pixel, 2]
    alpha = warp.max(roughness[pixel] * roughness[pixel], min_alpha)
    squared_alpha = alpha * alpha
    true_cos_view = warp.dot(n, v)
    cos_view = warp.max(true_cos_view, min_cosine)
    v_across = v - true_cos_view * n
    head_on = f0[0]
    diffuse, specular, possible = warp.vec3(0.0), warp.vec3(0.0), warp.vec3(0.0)
    for light in range(directions.shape[0]):
        direction = directions[light]
        cosine = warp.dot(n, direction)
        if cosine > 0.0:
            dose = power[light]
            possible += cosine * dose
            word, bit = light // 32, light % 32
            visibility = (
                weights[0] * float((bits[a, word] >> bit) & 1)
                + weights[1] * float((bits[b, word] >> bit) & 1)
                + weights[2] * float((bits[c, word] >> bit) & 1)
            )
            if visibility > 0.0:
                across = direction - cosine * n + v_across
                squared_across = warp.dot(across, across)
                true_along = cosine + true_cos_view
                squared_sum = warp.max(squared_across + true_along * true_along, 1.0e-8)
                cos_light = warp.max(cosine, min_cosine)
                along = cos_light + cos_view
                squared_rest = warp.max(squared_across + (true_along - along) * (true_along + along), 0.0)
                spread = squared_rest + squared_alpha * warp.min(along * along, squared_sum)
                miss = warp.max(1.0 - 0.5 * warp.sqrt(squared_sum), 0.0)
                squared_miss = miss * miss
                fresnel = head_on + (1.0 - head_on) * squared_miss * squared_miss * miss
                lobe = squared_sum * squared_sum * fresnel / (spread * spread * smith(cos_light, squared_alpha))
                received = visibility * cosine
                diffuse += received * dose
                specular += (received * lobe) * dose
    lobe_scale = squared_alpha / (PI * smith(cos_view, squared_alpha))
    radiance[pixel] += warp.cw_mul(albedo[pixel], diffuse) / PI + lobe_scale * specular
    irradiance[pixel] += diffuse
    irradiance_open[pixel] += possible


def shade(
    surface: LitSurface, directions: Tensor, power: Tensor, visibility: PackedBits, has_open: bool
) -> tuple[Tensor, Tensor, Tensor]:
    """The interface Shade."""
    num_pixels, device = surface.normal.shape[0], surface.normal.device
    radiance, irradiance, irradiance_open = (torch.zeros(num_pixels, 3, device=device) for _ in range(3))
    fused_shade(
        surface.normal.contiguous(), surface.wo.contiguous(), surface.albedo.contiguous(),
        surface.roughness.contiguous(), visibility.bits.contiguous(), visibility.corners.int().contiguous(),
        visibility.barycentric.contiguous(), directions.contiguous(), power.contiguous(),
        torch.full((1,), surface.f0, device=device), torch.full((1,), num_pixels, dtype=torch.int32, device=device),
        radiance, irradiance, irradiance_open,
    )  # fmt: skip
    return radiance, irradiance, irradiance_open


def fused_shade(
    normal: Tensor,  # [P, 3] unit, world
    wo: Tensor,  # [P, 3] unit, surface -> eye, world
    albedo: Tensor,  # [P, 3] linear
    roughness: Tensor,  # [P] in (0, 1]
    bits: Tensor,  # [R, ceil(L / 32)] int32, bit i of word w is direction 32 w + i
    corners: Tensor,  # [P, 3] int32, rows of bits
    barycentric: Tensor,  # [P, 3] weights of the three rows
    directions: Tensor,  # [L, 3] unit, surface -> light, world
    power: Tensor,  # [L, 3] radiance x solid angle, linear RGB
    f0: Tensor,  # [1] reflectance at normal incidence
    count: Tensor,  # [1] int32: how many of the pixels are wanted
    radiance: Tensor,  # [P, 3], added to
    irradiance: Tensor,  # [P, 3], added to: with shadows
    irradiance_open: Tensor,  # [P, 3], added to: without
) -> None:
    """Add sum_i f V_i (n.l) dE_i; rows beyond the count stay as they are."""
    with torch_stream(normal.device) as device:
        warp.launch(
            add_light, normal.shape[0],
            [vectors(normal), vectors(wo), vectors(albedo), numbers(roughness), numbers(bits), numbers(corners),
             vectors(barycentric), vectors(directions), vectors(power), numbers(f0), MIN_ROUGHNESS**2, MIN_COSINE,
             numbers(count), vectors(radiance), vectors(irradiance), vectors(irradiance_open)],
            device=device,
        )  # fmt: skip
