"""Rotations as axis-angle, matrices and quaternions (w, x, y, z)."""

import torch
from torch import Tensor

_TINY = 1e-8  # added to the vector before the norm, as smplx does: results must be equal


def axis_angle_to_matrix(axis_angle: Tensor) -> Tensor:  # [..., 3] rad -> [..., 3, 3]
    """Rodrigues' formula, with smplx's guard at zero; differentiable everywhere."""
    angle = (axis_angle + _TINY).norm(dim=-1, keepdim=True)
    axis = axis_angle / angle
    x, y, z = axis.unbind(-1)
    zero = torch.zeros_like(x)
    cross = torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], -1).unflatten(-1, (3, 3))
    identity = torch.eye(3, dtype=axis_angle.dtype, device=axis_angle.device)
    sine, cosine = angle.sin()[..., None], angle.cos()[..., None]
    return identity + sine * cross + (1 - cosine) * (cross @ cross)


def axis_angle_to_quaternion(axis_angle: Tensor) -> Tensor:  # [..., 3] rad -> [..., 4] unit
    """Unit quaternion of a rotation."""
    half = axis_angle.norm(dim=-1, keepdim=True) / 2
    scale = torch.sinc(half / torch.pi) / 2  # sin(half) / angle, finite at 0
    return torch.cat([half.cos(), axis_angle * scale], -1)


def quaternion_to_axis_angle(quaternion: Tensor) -> Tensor:  # [..., 4], any length but 0 -> [..., 3] rad, at most pi
    """The shortest axis-angle of a rotation."""
    unit = quaternion / quaternion.norm(dim=-1, keepdim=True)
    unit = torch.where(unit[..., :1] < 0, -unit, unit)
    sine = unit[..., 1:].norm(dim=-1, keepdim=True)
    angle = 2 * torch.atan2(sine, unit[..., :1])
    return unit[..., 1:] * torch.where(sine > 1e-7, angle / sine.clamp(min=1e-7), 2.0)


def matrix_to_quaternion(matrix: Tensor) -> Tensor:  # [..., 3, 3] -> [..., 4] unit
    """Shepperd's method: of four equivalent formulas, the one with the largest divisor."""
    m = matrix
    d0, d1, d2 = m[..., 0, 0], m[..., 1, 1], m[..., 2, 2]
    a, b, c = m[..., 2, 1] - m[..., 1, 2], m[..., 0, 2] - m[..., 2, 0], m[..., 1, 0] - m[..., 0, 1]
    p, q, r = m[..., 1, 0] + m[..., 0, 1], m[..., 0, 2] + m[..., 2, 0], m[..., 2, 1] + m[..., 1, 2]
    candidates = torch.stack(
        [
            torch.stack([1 + d0 + d1 + d2, a, b, c], -1),
            torch.stack([a, 1 + d0 - d1 - d2, p, q], -1),
            torch.stack([b, p, 1 - d0 + d1 - d2, r], -1),
            torch.stack([c, q, r, 1 - d0 - d1 + d2], -1),
        ],
        -2,
    )  # [..., 4, 4]
    best = candidates.diagonal(dim1=-2, dim2=-1).argmax(-1)
    chosen = torch.take_along_dim(candidates, best[..., None, None], -2)[..., 0, :]
    return chosen / chosen.norm(dim=-1, keepdim=True)


def slerp(start: Tensor, end: Tensor, fraction: float) -> Tensor:  # [..., 4] unit each -> [..., 4] unit
    """Spherical interpolation along the shorter arc."""
    cosine = (start * end).sum(-1, keepdim=True)
    end = torch.where(cosine < 0, -end, end)
    angle = torch.acos(cosine.abs().clamp(max=1.0))
    sine = angle.sin().clamp(min=1e-6)
    near = angle < 1e-3
    first = torch.where(near, 1 - fraction, ((1 - fraction) * angle).sin() / sine)
    second = torch.where(near, fraction, (fraction * angle).sin() / sine)
    blended = first * start + second * end
    return blended / blended.norm(dim=-1, keepdim=True)
