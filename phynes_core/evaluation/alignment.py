"""Albedo and light share an unknown scale for each channel: it is taken out before they are compared."""

import torch
from torch import Tensor

from phynes_core.checks import check_tensor

ALIGNMENTS = {
    "median": "per image and channel, times median(truth) / median(ours) over the pixels where neither is black",
    "least-squares": "per image and channel, times <ours, truth> / <ours, ours> over the pixels where neither is black",
}


def aligned(image: Tensor, truth: Tensor, kind: str = "median") -> Tensor:  # [H, W, C] linear
    """`image` times one factor a channel, over the pixels where neither is black.

    The median is Relightable Avatar's way (FORMATS section 3.2), least squares NeRFactor's and IntrinsicAvatar's (3.3).
    """
    check_tensor("truth", truth, list(image.shape))
    if kind not in ALIGNMENTS:
        raise ValueError(f"alignment: expected one of {', '.join(ALIGNMENTS)}, got '{kind}'")
    both = (image.sum(-1) != 0) & (truth.sum(-1) != 0)
    if not bool(both.any()):
        return image
    ours, theirs = image[both].double(), truth[both].double()
    if kind == "median":
        numerator, denominator = theirs.median(0).values, ours.median(0).values
    else:
        numerator, denominator = (ours * theirs).sum(0), ours.square().sum(0)
    factor = torch.where(denominator > 0, numerator / denominator.clamp(min=1e-12), torch.ones_like(numerator))
    return image * factor.to(image)
