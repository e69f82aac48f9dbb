"""Volume rendering of a surface given as signed distances: VolSDF's density and alpha compositing (paper, Eq. 1)."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from phynes_core.checks import check_tensor


@dataclass(frozen=True)
class RaySamples:
    """The N samples that lie in the shell around the body, out of R rays x S slots; the other slots are empty."""

    ray: Tensor  # [N] int64, which ray
    slot: Tensor  # [N] int64, index along the ray, near to far
    uv: Tensor  # [N, 2] of the closest point on the body
    height: Tensor  # [N] metres above the body's surface, along its normal
    spacing: Tensor  # [N] metres to the ray's next sample
    num_rays: int
    num_slots: int
    face: Tensor | None = None  # [N] int64, where the closest point lies
    barycentric: Tensor | None = None  # [N, 3]

    @property
    def num_samples(self) -> int:
        """How many samples are not empty."""
        return self.ray.shape[0]

    def to(self, device: torch.device) -> "RaySamples":
        """The same samples on a device."""
        moved = {name: value.to(device) for name, value in vars(self).items() if isinstance(value, Tensor)}
        return replace(self, **moved)


@dataclass(frozen=True)
class VolumePixels:
    """What the rays gathered."""

    color: Tensor  # [R, 3] premultiplied by opacity: the background is not in it
    opacity: Tensor  # [R] in [0, 1]


def laplace_density(
    signed_distance: Tensor,  # metres, negative inside
    beta: Tensor | float,  # metres, > 0: the width of the transition from outside to inside
) -> Tensor:  # 1 / metres
    """Density of the Laplace distribution's cumulative: 1 / beta deep inside, half of that on the surface, 0 outside.

    VolSDF's sigma(s) = (1 / beta) * CDF(-s), with CDF the Laplace distribution of mean 0 and scale beta.
    """
    tail = 0.5 * torch.exp(-signed_distance.abs() / beta)
    return torch.where(signed_distance >= 0, tail, 1.0 - tail) / beta


def compositing_weights(optical_depth: Tensor) -> Tensor:  # [R, S] density times spacing -> [R, S]
    """alpha_k times the transmittance in front of it: w_k = exp(-sum_{j<k} tau_j) (1 - exp(-tau_k))."""
    in_front = torch.cumsum(optical_depth, 1) - optical_depth
    return torch.exp(-in_front) * -torch.expm1(-optical_depth)


def render_rays(
    samples: RaySamples,
    offset: Callable[[Tensor, Tensor], Tensor],  # (uv [N, 2], ray [N]) -> [N] metres along the body's normal
    color: Callable[[Tensor, Tensor], Tensor],  # (uv [M, 2], ray [M]) -> [M, 3]
    beta: Tensor | float,  # metres
    surface_shift: float = 0.0,  # in betas: how far inside the mesh the transition has its middle
    weight_floor: float = 0.0,  # the color of samples of less weight is not computed (they still occlude)
) -> VolumePixels:
    """Composite the maps along rays through s = h - l: signed distance = height over the body - offset map.

    A ray that grazes a limb of radius r gathers half its opacity beta ln(sqrt(2 pi r / beta) / 2 ln 2) away from the
    surface, 3 betas for a leg at beta = 0.4 mm: without `surface_shift` the mesh has to be that much too thin.
    Differentiable by both maps and beta; sample positions are given. Rays without samples return zeros.
    """
    count = samples.num_samples
    check_tensor("samples.uv", samples.uv, [count, 2])
    check_tensor("samples.height", samples.height, [count])
    signed_distance = samples.height - offset(samples.uv, samples.ray)
    depth = laplace_density(signed_distance + surface_shift * beta, beta) * samples.spacing
    slots = samples.ray * samples.num_slots + samples.slot
    dense = torch.zeros(samples.num_rays * samples.num_slots, dtype=depth.dtype, device=depth.device)
    dense = dense.index_put((slots,), depth).view(samples.num_rays, samples.num_slots)
    weights = compositing_weights(dense)
    weight = weights.reshape(-1)[slots]
    seen = torch.nonzero(weight.detach() > weight_floor).squeeze(1) if weight_floor > 0 else torch.arange(count)
    seen = seen.to(samples.ray.device)
    ray = samples.ray[seen]
    emitted = color(samples.uv[seen], ray) * weight[seen, None]
    gathered = torch.zeros(samples.num_rays, 3, dtype=emitted.dtype, device=emitted.device).index_add(0, ray, emitted)
    return VolumePixels(gathered, weights.sum(1))
