"""Shading of P surface points under L probes as matrices, and how it changes with roughness and normal.

For one point, one probe and unit power:
    diffuse  = V max(n.l, 0) / pi                         (times albedo)
    specular = V D F G / (4 n.v)                          (n.l of the cosine cancels the one in the denominator)
    slope    = d specular / d roughness
so that the radiance of a step is  albedo * (diffuse @ power) + specular @ power  and both gradients are two products
away. For one point, with sums over the probes and the normal taken for a free vector:
    irradiance slope = d (sum V max(n.l, 0) power / pi) / d n           (times albedo)
    specular slope   = d (sum V D F G power / (4 n.v)) / d n
each [3 channels, 3 axes]. The reflectance is phynes_core.render.brdf's; tests/training/test_shade_training.py and
test_shade_tilt.py compare values and derivatives with it.
"""

import numpy as np
import torch
from numba import float32 as f4
from numba import uint32
from torch import Tensor

from phynes_core.conventions import MIN_COSINE, MIN_ROUGHNESS
from phynes_core.kernels.cpu.compiler import inlined, parallel, prange  # before any kernel: it configures numba

_ROWS = 128  # points whose part of a sum over all points is one thread's


def shading_matrices(
    normal: np.ndarray,  # [P, 3] unit, world
    wo: np.ndarray,  # [P, 3] unit, surface -> eye
    roughness: np.ndarray,  # [P]
    bits: np.ndarray,  # [K, V, L / 32] uint32, packed visibility of each frame's vertices, 1 = open
    frame: np.ndarray,  # [P] int32, which of the K frames; -1: nothing is shadowed
    corners: np.ndarray,  # [P, 3] int32 vertex ids of the face
    barycentric: np.ndarray,  # [P, 3]
    directions: np.ndarray,  # [L, 3] unit, surface -> light; L a multiple of 32
    f0: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # diffuse, specular, slope: [P, L] each
    """Fill the three matrices. Visibility is interpolated from the face's corners, like in rendering."""
    points, probes = len(normal), len(directions)
    if probes % 32:
        raise ValueError(f"directions: expected a multiple of 32 probes, got {probes}")
    diffuse, specular, slope = (np.empty((points, probes), np.float32) for _ in range(3))
    _fill_matrices(
        np.ascontiguousarray(normal, np.float32), np.ascontiguousarray(wo, np.float32),
        np.ascontiguousarray(roughness, np.float32), bits, frame, corners,
        np.ascontiguousarray(barycentric, np.float32), np.ascontiguousarray(directions, np.float32),
        np.float32(f0), np.float32(MIN_ROUGHNESS), np.float32(MIN_COSINE), diffuse, specular, slope,
    )  # fmt: skip
    return diffuse, specular, slope


@inlined
def open_words(bits, frame, corners, point, word):
    """A word of the bits of each corner of a point's face; without a frame nothing is shadowed, and they are 0."""
    if frame < 0:
        return uint32(0), uint32(0), uint32(0)
    return (
        bits[frame, corners[point, 0], word],
        bits[frame, corners[point, 1], word],
        bits[frame, corners[point, 2], word],
    )


@inlined
def open_share(bits_a, bits_b, bits_c, weight_a, weight_b, weight_c, shift):
    """Visibility between a face's corners of the probe whose bit stands at `shift` of their words."""
    share = weight_a * f4((bits_a >> shift) & uint32(1))
    share += weight_b * f4((bits_b >> shift) & uint32(1))
    share += weight_c * f4((bits_c >> shift) & uint32(1))
    return share


@parallel
def _fill_matrices(
    normal, wo, roughness, bits, frame, corners, barycentric, directions, f0, min_roughness, min_cosine, diffuse,
    specular, slope,
):  # fmt: skip
    inverse_pi = f4(0.31830988618)
    words = directions.shape[0] // 32
    for i in prange(normal.shape[0]):
        nx, ny, nz = normal[i, 0], normal[i, 1], normal[i, 2]
        vx, vy, vz = wo[i, 0], wo[i, 1], wo[i, 2]
        nv = max(nx * vx + ny * vy + nz * vz, min_cosine)
        rough = max(roughness[i], min_roughness)
        alpha2 = rough * rough * rough * rough  # alpha = roughness^2, squared
        alpha2_slope = f4(4) * rough * rough * rough if roughness[i] > min_roughness else f4(0)
        root_v = np.sqrt(alpha2 + (f4(1) - alpha2) * nv * nv)
        mask_v = f4(2) * nv / (nv + root_v)
        mask_v_slope = -mask_v / (nv + root_v) * (f4(1) - nv * nv) * f4(0.5) / root_v  # by alpha2
        k = frame[i]
        w0, w1, w2 = barycentric[i, 0], barycentric[i, 1], barycentric[i, 2]
        for word in range(words):
            b0, b1, b2 = open_words(bits, k, corners, i, word)
            for bit in range(32):
                j = word * 32 + bit
                lx, ly, lz = directions[j, 0], directions[j, 1], directions[j, 2]
                nl = nx * lx + ny * ly + nz * lz
                open_ = open_share(b0, b1, b2, w0, w1, w2, uint32(bit)) if k >= 0 else f4(1)
                if nl <= f4(0) or open_ <= f4(0):
                    diffuse[i, j] = f4(0)
                    specular[i, j] = f4(0)
                    slope[i, j] = f4(0)
                    continue
                vl = vx * lx + vy * ly + vz * lz
                inverse = f4(1) / np.sqrt(max(f4(2) + f4(2) * vl, f4(1e-8)))
                nh = min(max((nl + nv) * inverse, f4(0)), f4(1))
                vh = min(max((f4(1) + vl) * inverse, f4(0)), f4(1))
                lobe = nh * nh * (alpha2 - f4(1)) + f4(1)
                ndf = alpha2 * inverse_pi / (lobe * lobe)
                ndf_slope = (f4(1) - f4(2) * alpha2 * nh * nh / lobe) * inverse_pi / (lobe * lobe)
                miss = f4(1) - vh
                miss2 = miss * miss
                fresnel = f0 + (f4(1) - f0) * miss2 * miss2 * miss
                root_l = np.sqrt(alpha2 + (f4(1) - alpha2) * nl * nl)
                mask_l = f4(2) * nl / (nl + root_l)
                mask_l_slope = -mask_l / (nl + root_l) * (f4(1) - nl * nl) * f4(0.5) / root_l
                scale = fresnel * open_ / (f4(4) * nv)
                diffuse[i, j] = open_ * nl * inverse_pi
                specular[i, j] = scale * ndf * mask_l * mask_v
                change = ndf_slope * mask_l * mask_v + ndf * mask_l_slope * mask_v + ndf * mask_l * mask_v_slope
                slope[i, j] = scale * change * alpha2_slope


def light_sums(
    power: Tensor,  # [L, 3] radiance times solid angle
    diffuse: np.ndarray,  # [P, L], as the other two
    specular: np.ndarray,
    slope: np.ndarray,
) -> tuple[Tensor, Tensor, Tensor]:  # [P, 3] each, on the power's device
    """Products of the three matrices with the power, the first two differentiable in it.

    A matrix product of three columns is not what libraries are fast at: theirs took ten milliseconds a step, these two.
    """
    return _LightSums.apply(power, diffuse, specular, slope)


class _LightSums(torch.autograd.Function):
    @staticmethod
    def forward(ctx, power: Tensor, diffuse, specular, slope) -> tuple[Tensor, Tensor, Tensor]:
        ctx.matrices = diffuse, specular
        columns = np.ascontiguousarray(power.detach().cpu().numpy().T, np.float32)
        sums = np.empty((3, len(diffuse), 3), np.float32)
        _multiply(columns, diffuse, specular, slope, sums)
        lit, shine, change = (torch.from_numpy(part).to(power.device) for part in sums)
        ctx.mark_non_differentiable(change)
        return lit, shine, change

    @staticmethod
    def backward(ctx, *gradients: Tensor) -> tuple[Tensor, None, None, None]:
        diffuse, specular = ctx.matrices
        rows = [np.ascontiguousarray(gradient.cpu().numpy(), np.float32) for gradient in gradients[:2]]
        parts = np.zeros((-(-len(diffuse) // _ROWS), 3, diffuse.shape[1]), np.float32)
        _sum_over_points(diffuse, specular, *rows, parts)
        return torch.from_numpy(parts.sum(0).T.copy()).to(gradients[0].device), None, None, None


@parallel
def _multiply(columns, diffuse, specular, slope, sums):
    for i in prange(diffuse.shape[0]):
        for c in range(3):
            lit, shine, change = f4(0), f4(0), f4(0)
            for j in range(diffuse.shape[1]):
                power = columns[c, j]
                lit += diffuse[i, j] * power
                shine += specular[i, j] * power
                change += slope[i, j] * power
            sums[0, i, c], sums[1, i, c], sums[2, i, c] = lit, shine, change


@parallel
def _sum_over_points(diffuse, specular, by_lit, by_shine, parts):
    for part in prange(parts.shape[0]):
        for i in range(part * _ROWS, min(diffuse.shape[0], (part + 1) * _ROWS)):
            for c in range(3):
                lit, shine = by_lit[i, c], by_shine[i, c]
                for j in range(diffuse.shape[1]):
                    parts[part, c, j] += lit * diffuse[i, j] + shine * specular[i, j]


def shading_tilt(
    normal: np.ndarray,  # [P, 3] unit, world
    wo: np.ndarray,  # [P, 3] unit, surface -> eye
    roughness: np.ndarray,  # [P]
    bits: np.ndarray,  # [K, V, L / 32] uint32, packed visibility of each frame's vertices, 1 = open
    frame: np.ndarray,  # [P] int32, which of the K frames; -1: nothing is shadowed
    corners: np.ndarray,  # [P, 3] int32 vertex ids of the face
    barycentric: np.ndarray,  # [P, 3]
    directions: np.ndarray,  # [L, 3] unit, surface -> light; L a multiple of 32
    power: np.ndarray,  # [L, 3] radiance times solid angle
    f0: float,
) -> tuple[np.ndarray, np.ndarray]:  # irradiance slope, specular slope: [P, 3, 3] each
    """Fill both. Visibility is interpolated from the face's corners, like in rendering, and does not change."""
    points, probes = len(normal), len(directions)
    if probes % 32:
        raise ValueError(f"directions: expected a multiple of 32 probes, got {probes}")
    irradiance, specular = (np.zeros((points, 3, 3), np.float32) for _ in range(2))
    _fill_tilts(
        np.ascontiguousarray(normal, np.float32), np.ascontiguousarray(wo, np.float32),
        np.ascontiguousarray(roughness, np.float32), bits, frame, corners,
        np.ascontiguousarray(barycentric, np.float32), np.ascontiguousarray(directions, np.float32),
        np.ascontiguousarray(power, np.float32), np.float32(f0), np.float32(MIN_ROUGHNESS), np.float32(MIN_COSINE),
        irradiance, specular,
    )  # fmt: skip
    return irradiance, specular


@parallel
def _fill_tilts(
    normal, wo, roughness, bits, frame, corners, barycentric, directions, power, f0, min_roughness, min_cosine,
    irradiance, specular,
):  # fmt: skip
    inverse_pi = f4(0.31830988618)
    words = directions.shape[0] // 32
    for i in prange(normal.shape[0]):
        nx, ny, nz = normal[i, 0], normal[i, 1], normal[i, 2]
        vx, vy, vz = wo[i, 0], wo[i, 1], wo[i, 2]
        cos_view = nx * vx + ny * vy + nz * vz
        nv = max(cos_view, min_cosine)
        rough = max(roughness[i], min_roughness)
        alpha2 = rough * rough * rough * rough  # alpha = roughness^2, squared
        root_v = np.sqrt(alpha2 + (f4(1) - alpha2) * nv * nv)
        mask_v = f4(0.5) / (nv + root_v)  # G1(v) / (4 n.v)
        # by n.v, over itself
        pull_v = -(f4(1) + (f4(1) - alpha2) * nv / root_v) / (nv + root_v) if cos_view > min_cosine else f4(0)
        k = frame[i]
        w0, w1, w2 = barycentric[i, 0], barycentric[i, 1], barycentric[i, 2]
        for word in range(words):
            b0, b1, b2 = open_words(bits, k, corners, i, word)
            for bit in range(32):
                j = word * 32 + bit
                lx, ly, lz = directions[j, 0], directions[j, 1], directions[j, 2]
                nl = nx * lx + ny * ly + nz * lz
                open_ = open_share(b0, b1, b2, w0, w1, w2, uint32(bit)) if k >= 0 else f4(1)
                if nl <= f4(0) or open_ <= f4(0):
                    continue
                vl = vx * lx + vy * ly + vz * lz
                inverse = f4(1) / np.sqrt(max(f4(2) + f4(2) * vl, f4(1e-8)))
                nh = (nl + nv) * inverse
                pull_h = f4(4) * (f4(1) - alpha2) * nh  # by n.h, over itself and the lobe
                if nh > f4(1):
                    nh, pull_h = f4(1), f4(0)
                vh = min(max((f4(1) + vl) * inverse, f4(0)), f4(1))
                lobe = nh * nh * (alpha2 - f4(1)) + f4(1)
                miss = f4(1) - vh
                miss2 = miss * miss
                fresnel = f0 + (f4(1) - f0) * miss2 * miss2 * miss
                root_l = np.sqrt(alpha2 + (f4(1) - alpha2) * nl * nl)
                value = open_ * fresnel * alpha2 * inverse_pi / (lobe * lobe) * mask_v * f4(2) * nl / (nl + root_l)
                pull_l = f4(1) / nl - (f4(1) + (f4(1) - alpha2) * nl / root_l) / (nl + root_l)
                along_h = value * pull_h / lobe * inverse
                along_l, along_v = value * pull_l + along_h, value * pull_v
                if cos_view > min_cosine:
                    along_v += along_h
                sx, sy, sz = along_l * lx + along_v * vx, along_l * ly + along_v * vy, along_l * lz + along_v * vz
                facing = open_ * inverse_pi
                for c in range(3):
                    p = power[j, c]
                    irradiance[i, c, 0] += facing * p * lx
                    irradiance[i, c, 1] += facing * p * ly
                    irradiance[i, c, 2] += facing * p * lz
                    specular[i, c, 0] += p * sx
                    specular[i, c, 1] += p * sy
                    specular[i, c, 2] += p * sz
