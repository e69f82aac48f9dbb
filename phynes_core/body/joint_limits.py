"""Soft limits on each joint's rotation vector, for poses that are edited by hand.

The numbers are rounded ranges of healthy adults, in the T-pose's axes (+X left, +Y up, +Z ahead); the right side
mirrors the left. A joint that is already beyond a limit stays where it is, but cannot turn further.
"""

import math

import torch
from torch import Tensor

from phynes_core.conventions import NUM_JOINTS

SOFT_DEG = 8.0  # distance to the limit at which a rotation begins to slow down
GROUPS: dict[str, tuple[int, ...]] = {
    "head": (12, 15),
    "hands": (20, 21, 22, 23),
    "limbs": (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 16, 17, 18, 19),
}
_MIDDLE: dict[int, tuple[tuple[float, float], ...]] = {  # joint -> lowest and highest degrees about x, y, z
    3: ((-25, 45), (-35, 35), (-30, 30)), 6: ((-20, 35), (-30, 30), (-25, 25)), 9: ((-20, 30), (-30, 30), (-20, 20)),
    12: ((-35, 35), (-40, 40), (-25, 25)), 15: ((-40, 35), (-55, 55), (-30, 30)),
}  # fmt: skip
_LEFT: dict[int, tuple[tuple[float, float], ...]] = {
    1: ((-125, 35), (-50, 50), (-30, 65)), 4: ((-5, 150), (-15, 15), (-10, 10)), 7: ((-30, 50), (-25, 25), (-25, 25)),
    10: ((-50, 35), (-10, 10), (-10, 10)), 13: ((-20, 20), (-25, 25), (-20, 45)),
    16: ((-100, 100), (-135, 60), (-105, 100)), 18: ((-95, 95), (-150, 8), (-15, 15)),
    20: ((-45, 45), (-35, 25), (-80, 70)), 22: ((-15, 15), (-20, 20), (-95, 25)),
}  # fmt: skip
_RIGHT = {1: 2, 4: 5, 7: 8, 10: 11, 13: 14, 16: 17, 18: 19, 20: 21, 22: 23}


def joint_limits() -> Tensor:  # [24, 3, 2] rad: lowest and highest; the root has none
    """The limits of all joints as a tensor."""
    limits = torch.tensor([-math.inf, math.inf]).repeat(NUM_JOINTS, 3, 1)
    for joint, ranges in (*_MIDDLE.items(), *_LEFT.items()):
        limits[joint] = torch.deg2rad(torch.tensor(ranges, dtype=torch.float32))
    for left, right in _RIGHT.items():
        limits[right] = torch.stack([limits[left, 0], -limits[left, 1].flip(0), -limits[left, 2].flip(0)])
    return limits


def limited(
    rotations: Tensor,  # [24, 3] axis-angle, rad: the edited pose
    base: Tensor,  # [24, 3] axis-angle, rad: the pose before the edit, which may be beyond the limits
    groups: tuple[str, ...],  # of GROUPS: whose limits apply
) -> Tensor:  # [24, 3]
    """Rotations inside the limits are unchanged, except near a limit, which they approach but never pass."""
    soft, limits = math.radians(SOFT_DEG), joint_limits()
    lowest = torch.minimum(limits[..., 0], base - soft)
    highest = torch.maximum(limits[..., 1], base + soft)
    kept = _slowed(_slowed(rotations, highest, soft).neg(), -lowest, soft).neg()
    result = rotations.clone()
    joints = [joint for group in groups for joint in GROUPS[group]]
    result[joints] = kept[joints]
    return result


def _slowed(values: Tensor, highest: Tensor, soft: float) -> Tensor:
    """The identity up to `soft` before the limit, then an exponential approach to it; once differentiable."""
    beyond = values - (highest - soft)
    return torch.where(beyond > 0, highest - soft * torch.exp(-beyond.clamp(min=0) / soft), values)
