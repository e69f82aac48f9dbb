"""Regions of a picture over which metrics are taken."""

import torch
from torch import Tensor

from phynes_core.checks import check_tensor
from phynes_core.render.camera import Camera

BOX_PADDING_M = 0.05  # around the posed body's vertices (FORMATS section 3.1)


def eroded(coverage: Tensor) -> Tensor:  # [H, W] in [0, 1] -> [H, W] bool
    """The foreground: pixels that are mostly covered and whose eight neighbors are, too."""
    outside = (coverage < 0.5).float()[None, None]
    beyond = torch.nn.functional.pad(outside, (1, 1, 1, 1), value=1.0)  # outside the image is background
    return torch.nn.functional.max_pool2d(beyond, 3, stride=1)[0, 0] == 0


def closed(coverage: Tensor) -> Tensor:  # [H, W] in [0, 1] -> [H, W] bool
    """Relightable Avatar's mask: every pixel with any coverage, small gaps closed (dilate, then erode, 3 x 3)."""
    touched = (coverage > 0).float()[None, None]
    grown = torch.nn.functional.max_pool2d(touched, 3, stride=1, padding=1)
    beyond = torch.nn.functional.pad(1.0 - grown, (1, 1, 1, 1), value=0.0)  # as OpenCV: the border does not erode
    return torch.nn.functional.max_pool2d(beyond, 3, stride=1)[0, 0] == 0


def box_mask(
    vertices: Tensor,  # [V, 3] world, metres: the posed body
    camera: Camera,
    padding_m: float = BOX_PADDING_M,
) -> Tensor:  # [H, W] bool
    """Pixels whose center's ray meets the vertices' axis-aligned box: the region of ZJU-MoCap's published metrics."""
    check_tensor("vertices", vertices, ["V", 3])
    low, high = vertices.amin(0) - padding_m, vertices.amax(0) + padding_m
    origins, directions = camera.pixel_rays()
    directions = torch.where(directions.abs() < 1e-9, torch.full_like(directions, 1e-9), directions)
    first, second = (low - origins) / directions, (high - origins) / directions
    enters, leaves = torch.minimum(first, second).amax(-1), torch.maximum(first, second).amin(-1)
    return (enters <= leaves) & (leaves > 0)


def bounding_rectangle(mask: Tensor) -> tuple[slice, slice]:  # [H, W] bool -> rows, columns
    """The smallest rectangle around the mask; the whole image when the mask is empty."""
    rows, columns = torch.nonzero(mask.any(1)).squeeze(1), torch.nonzero(mask.any(0)).squeeze(1)
    if len(rows) == 0:
        return slice(0, mask.shape[0]), slice(0, mask.shape[1])
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
