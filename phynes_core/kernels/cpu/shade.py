"""Shading of pixels under packed directional lights: Lambert and the Cook-Torrance lobe of render/brdf.py.

With u = wi + wo (twice the half vector's direction), split into its parts along and across the normal, a2 = alpha^2 and
s(c) = c + sqrt(a2 + (1 - a2) c^2), the lobe is
    D F G / (4 n.l n.v) = a2 |u|^4 F / (pi (|across|^2 + a2 |along|^2)^2 s(n.l) s(n.v)),
which costs two square roots and one division a light and pixel, and keeps its digits where n.h nears 1.
"""

import math

import numpy as np
from numba import float32, uint32, uintp

from phynes_core.conventions import MIN_ROUGHNESS
from phynes_core.kernels.cpu.compiler import inlined, parallel, prange, serial

MIN_COSINE = 1e-3  # as render/brdf.py clamps n.l and n.v inside the lobe
_CHUNK = 64  # pixels
_WORD = 32  # lights whose visibility shares a word
_ONE = float32(1)


@inlined
def _smith(cosine, squared_alpha):
    """Twice the cosine over Smith's masking for GGX: c + sqrt(a2 + (1 - a2) c^2)."""
    return cosine + math.sqrt(squared_alpha + (_ONE - squared_alpha) * cosine * cosine)


@parallel
def _shade(
    normal, wo, albedo, roughness, bits, corners, barycentric, directions, power, f0,
    radiance, irradiance, irradiance_open,
):  # fmt: skip
    num_pixels, num_lights = normal.shape[0], directions.shape[1]
    for chunk in prange((num_pixels + _CHUNK - 1) // _CHUNK):
        arriving = np.empty(num_lights, np.float32)
        received = np.empty(num_lights, np.float32)
        for pixel in range(chunk * _CHUNK, min(num_pixels, (chunk + 1) * _CHUNK)):
            alpha = max(roughness[pixel], float32(MIN_ROUGHNESS)) ** 2
            _arriving(normal[pixel], directions, power, arriving, irradiance_open[pixel])
            first, end = _received(bits, corners[pixel], barycentric[pixel], arriving, received)
            _reflect(
                normal[pixel], wo[pixel], albedo[pixel], alpha * alpha, f0, directions, power, first, end,
                arriving, received, radiance[pixel], irradiance[pixel],
            )  # fmt: skip


@serial
def _arriving(normal, directions, power, arriving, irradiance_open):
    """max(n.l, 0) of every light, and the irradiance without shadows."""
    n_x, n_y, n_z = normal[0], normal[1], normal[2]
    red, green, blue = float32(0), float32(0), float32(0)
    for light in range(directions.shape[1]):
        cosine = max(n_x * directions[0, light] + n_y * directions[1, light] + n_z * directions[2, light], float32(0))
        arriving[light] = cosine
        red += cosine * power[0, light]
        green += cosine * power[1, light]
        blue += cosine * power[2, light]
    irradiance_open[0], irradiance_open[1], irradiance_open[2] = red, green, blue


@serial
def _received(bits, corners, barycentric, arriving, received):
    """Interpolated visibility times n.l, and the range of lights between which any is open."""
    weight_a, weight_b, weight_c = barycentric[0], barycentric[1], barycentric[2]
    first, end = arriving.shape[0], 0
    for word in range(bits.shape[1]):
        bits_a, bits_b, bits_c = bits[corners[0], word], bits[corners[1], word], bits[corners[2], word]
        start = word * _WORD
        if (bits_a | bits_b | bits_c) != uint32(0):
            first, end = min(first, start), start + _WORD
        from_light, to_light = arriving[start : start + _WORD], received[start : start + _WORD]
        for i in range(_WORD):  # arithmetic, not a choice: a branch on each bit costs three times as much
            shift = uint32(i)
            visibility = (
                weight_a * float32((bits_a >> shift) & uint32(1))
                + weight_b * float32((bits_b >> shift) & uint32(1))
                + weight_c * float32((bits_c >> shift) & uint32(1))
            )
            to_light[i] = visibility * from_light[i]
    return first, end


@serial
def _reflect(
    normal, wo, albedo, squared_alpha, f0, directions, power, first, end, arriving, received, radiance, irradiance
):
    """Sum of f V (n.l) dE and of V (n.l) dE over lights first..end."""
    n_x, n_y, n_z = normal[0], normal[1], normal[2]
    true_cos_view = n_x * wo[0] + n_y * wo[1] + n_z * wo[2]
    cos_view = max(true_cos_view, float32(MIN_COSINE))
    v_x, v_y, v_z = wo[0] - true_cos_view * n_x, wo[1] - true_cos_view * n_y, wo[2] - true_cos_view * n_z
    diffuse_r, diffuse_g, diffuse_b = float32(0), float32(0), float32(0)
    specular_r, specular_g, specular_b = float32(0), float32(0), float32(0)
    for light in range(uintp(first), uintp(end)):  # unsigned: no wrap-around of negative indices, so it vectorises
        cosine = arriving[light]
        across_x = directions[0, light] - cosine * n_x + v_x
        across_y = directions[1, light] - cosine * n_y + v_y
        across_z = directions[2, light] - cosine * n_z + v_z
        squared_across = across_x * across_x + across_y * across_y + across_z * across_z
        true_along = cosine + true_cos_view
        squared_sum = max(squared_across + true_along * true_along, float32(1e-8))
        cos_light = max(cosine, float32(MIN_COSINE))
        along = cos_light + cos_view
        # exactly |across|^2 wherever no cosine was clamped, else what makes |u| whole again
        squared_rest = max(squared_across + (true_along - along) * (true_along + along), float32(0))
        spread = squared_rest + squared_alpha * min(along * along, squared_sum)
        miss = max(_ONE - float32(0.5) * math.sqrt(squared_sum), float32(0))
        squared_miss = miss * miss
        fresnel = f0 + (_ONE - f0) * squared_miss * squared_miss * miss
        lobe = squared_sum * squared_sum * fresnel / (spread * spread * _smith(cos_light, squared_alpha))
        diffuse = received[light]
        diffuse_r += diffuse * power[0, light]
        diffuse_g += diffuse * power[1, light]
        diffuse_b += diffuse * power[2, light]
        specular = diffuse * lobe
        specular_r += specular * power[0, light]
        specular_g += specular * power[1, light]
        specular_b += specular * power[2, light]
    inverse_pi = float32(1 / math.pi)
    lobe_scale = squared_alpha * inverse_pi / _smith(cos_view, squared_alpha)
    irradiance[0], irradiance[1], irradiance[2] = diffuse_r, diffuse_g, diffuse_b
    radiance[0] = albedo[0] * inverse_pi * diffuse_r + lobe_scale * specular_r
    radiance[1] = albedo[1] * inverse_pi * diffuse_g + lobe_scale * specular_g
    radiance[2] = albedo[2] * inverse_pi * diffuse_b + lobe_scale * specular_b


def shade_probes(
    normal: np.ndarray,  # [P, 3] unit, world
    wo: np.ndarray,  # [P, 3] unit, surface -> eye, world
    albedo: np.ndarray,  # [P, 3] linear
    roughness: np.ndarray,  # [P] in (0, 1]
    bits: np.ndarray | None,  # [R, ceil(L / 32)] uint32, bit i of word w is direction 32 w + i; None: all open
    corners: np.ndarray | None,  # [P, 3] int32 rows of bits; None: pixel i reads row i
    barycentric: np.ndarray | None,  # [P, 3] weights of the three rows; None with corners None
    directions: np.ndarray,  # [L, 3] unit, surface -> light, world
    power: np.ndarray,  # [L, 3] radiance x solid angle, linear RGB
    f0: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """radiance, irradiance with shadows, irradiance without: [P, 3] each, linear RGB."""
    num_pixels, num_lights = len(normal), len(directions)
    num_words = (num_lights + _WORD - 1) // _WORD
    if bits is None:
        bits = np.full((1, num_words), 0xFFFFFFFF, np.uint32)
        corners = np.zeros((num_pixels, 3), np.int32)
    elif corners is None:
        corners = np.repeat(np.arange(num_pixels, dtype=np.int32)[:, None], 3, axis=1)
    if barycentric is None:
        barycentric = np.tile(np.array([1, 0, 0], np.float32), (num_pixels, 1))
    terms = [np.empty((num_pixels, 3), np.float32) for _ in range(3)]
    _shade(
        np.ascontiguousarray(normal, np.float32),
        np.ascontiguousarray(wo, np.float32),
        np.ascontiguousarray(albedo, np.float32),
        np.ascontiguousarray(roughness, np.float32),
        np.ascontiguousarray(bits, np.uint32),
        np.ascontiguousarray(corners, np.int32),
        np.ascontiguousarray(barycentric, np.float32),
        _transposed(directions, num_words),
        _transposed(power, num_words),
        np.float32(f0),
        *terms,
    )
    return terms[0], terms[1], terms[2]


def _transposed(lights: np.ndarray, num_words: int) -> np.ndarray:  # [L, 3] -> [3, 32 W], zero-padded
    """One contiguous row a component, so that the loop over lights vectorises."""
    rows = np.zeros((3, num_words * _WORD), np.float32)
    rows[:, : len(lights)] = np.asarray(lights).T
    return rows
