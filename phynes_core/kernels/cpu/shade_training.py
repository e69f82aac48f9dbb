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
from phynes_core.kernels.cpu.compiler import inner, parallel, prange  # before any kernel: it configures numba

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
        np.ascontiguousarray(barycentric, np.float32), np.ascontiguousarray(directions.T, np.float32),
        np.float32(f0), np.float32(MIN_ROUGHNESS), np.float32(MIN_COSINE), diffuse, specular, slope,
    )  # fmt: skip
    return diffuse, specular, slope


@inner
def _fill_shares(bits, frame, corners, barycentric, point, shares):
    """Visibility of every probe at a point, interpolated between its face's corners; without a frame all is open."""
    if frame < 0:
        shares[:] = f4(1)
        return
    a, b, c = bits[frame, corners[point, 0]], bits[frame, corners[point, 1]], bits[frame, corners[point, 2]]
    w0, w1, w2 = barycentric[point, 0], barycentric[point, 1], barycentric[point, 2]
    for word in range(len(a)):
        part, bits_a, bits_b, bits_c = shares[word * 32 : word * 32 + 32], a[word], b[word], c[word]
        for bit in range(32):
            share = w0 * f4((bits_a >> uint32(bit)) & uint32(1))
            share += w1 * f4((bits_b >> uint32(bit)) & uint32(1))
            part[bit] = share + w2 * f4((bits_c >> uint32(bit)) & uint32(1))


# Loops over probes have no branches, so that they become vector instructions: probes below the horizon are computed as
# if they were above it, and weigh nothing.


@parallel
def _fill_matrices(
    normal, wo, roughness, bits, frame, corners, barycentric, directions, f0, min_roughness, min_cosine, diffuse,
    specular, slope,
):  # fmt: skip
    inverse_pi = f4(0.31830988618)
    dx, dy, dz = directions[0], directions[1], directions[2]
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
        shares = np.empty(len(dx), np.float32)
        _fill_shares(bits, frame[i], corners, barycentric, i, shares)
        diffuse_row, specular_row, slope_row = diffuse[i], specular[i], slope[i]
        for j in range(len(dx)):
            cosine = nx * dx[j] + ny * dy[j] + nz * dz[j]
            open_ = shares[j] if cosine > f4(0) else f4(0)
            nl = abs(cosine)
            vl = vx * dx[j] + vy * dy[j] + vz * dz[j]
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
            diffuse_row[j] = open_ * nl * inverse_pi
            specular_row[j] = scale * ndf * mask_l * mask_v
            change = ndf_slope * mask_l * mask_v + ndf * mask_l_slope * mask_v + ndf * mask_l * mask_v_slope
            slope_row[j] = scale * change * alpha2_slope


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
        by_lit, by_shine = (np.ascontiguousarray(part.cpu().numpy(), np.float32) for part in gradients[:2])
        parts = np.zeros((-(-len(diffuse) // _ROWS), 3, diffuse.shape[1]), np.float32)
        _sum_over_points(diffuse, specular, by_lit, by_shine, parts)
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
    irradiance, specular = (np.empty((points, 3, 3), np.float32) for _ in range(2))
    _fill_tilts(
        np.ascontiguousarray(normal, np.float32), np.ascontiguousarray(wo, np.float32),
        np.ascontiguousarray(roughness, np.float32), bits, frame, corners,
        np.ascontiguousarray(barycentric, np.float32), np.ascontiguousarray(directions.T, np.float32),
        np.ascontiguousarray(power.T, np.float32), np.float32(f0), np.float32(MIN_ROUGHNESS), np.float32(MIN_COSINE),
        irradiance, specular,
    )  # fmt: skip
    return irradiance, specular


@parallel
def _fill_tilts(
    normal, wo, roughness, bits, frame, corners, barycentric, directions, power, f0, min_roughness, min_cosine,
    irradiance, specular,
):  # fmt: skip
    inverse_pi = f4(0.31830988618)
    dx, dy, dz = directions[0], directions[1], directions[2]
    for i in prange(normal.shape[0]):
        nx, ny, nz = normal[i, 0], normal[i, 1], normal[i, 2]
        vx, vy, vz = wo[i, 0], wo[i, 1], wo[i, 2]
        cos_view = nx * vx + ny * vy + nz * vz
        is_facing = f4(1) if cos_view > min_cosine else f4(0)
        nv = max(cos_view, min_cosine)
        rough = max(roughness[i], min_roughness)
        alpha2 = rough * rough * rough * rough  # alpha = roughness^2, squared
        root_v = np.sqrt(alpha2 + (f4(1) - alpha2) * nv * nv)
        mask_v = f4(0.5) / (nv + root_v)  # G1(v) / (4 n.v)
        pull_v = -is_facing * (f4(1) + (f4(1) - alpha2) * nv / root_v) / (nv + root_v)  # by n.v, over itself
        shares = np.empty(len(dx), np.float32)
        _fill_shares(bits, frame[i], corners, barycentric, i, shares)
        facing, along = np.empty(len(dx), np.float32), np.empty((2, len(dx)), np.float32)
        along_light, along_view = along[0], along[1]
        for j in range(len(dx)):
            cosine = nx * dx[j] + ny * dy[j] + nz * dz[j]
            open_ = shares[j] if cosine > f4(0) else f4(0)
            nl = max(abs(cosine), f4(1e-12))
            vl = vx * dx[j] + vy * dy[j] + vz * dz[j]
            inverse = f4(1) / np.sqrt(max(f4(2) + f4(2) * vl, f4(1e-8)))
            nh = (nl + nv) * inverse
            pull_h = f4(4) * (f4(1) - alpha2) * nh if nh <= f4(1) else f4(0)  # by n.h, over itself and the lobe
            nh = min(nh, f4(1))
            vh = min(max((f4(1) + vl) * inverse, f4(0)), f4(1))
            lobe = nh * nh * (alpha2 - f4(1)) + f4(1)
            miss = f4(1) - vh
            miss2 = miss * miss
            fresnel = f0 + (f4(1) - f0) * miss2 * miss2 * miss
            root_l = np.sqrt(alpha2 + (f4(1) - alpha2) * nl * nl)
            value = open_ * fresnel * alpha2 * inverse_pi / (lobe * lobe) * mask_v * f4(2) * nl / (nl + root_l)
            pull_l = f4(1) / nl - (f4(1) + (f4(1) - alpha2) * nl / root_l) / (nl + root_l)
            along_h = value * pull_h / lobe * inverse
            facing[j] = open_ * inverse_pi
            along_light[j] = value * pull_l + along_h
            along_view[j] = value * pull_v + is_facing * along_h
        for c in range(3):
            light = power[c]
            ix, iy, iz, sx, sy, sz, view = f4(0), f4(0), f4(0), f4(0), f4(0), f4(0), f4(0)
            for j in range(len(dx)):
                lit, shine = light[j] * facing[j], light[j] * along_light[j]
                ix += lit * dx[j]
                iy += lit * dy[j]
                iz += lit * dz[j]
                sx += shine * dx[j]
                sy += shine * dy[j]
                sz += shine * dz[j]
                view += light[j] * along_view[j]
            irradiance[i, c, 0], irradiance[i, c, 1], irradiance[i, c, 2] = ix, iy, iz
            specular[i, c, 0], specular[i, c, 1], specular[i, c, 2] = sx + view * vx, sy + view * vy, sz + view * vz
