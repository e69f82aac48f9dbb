"""OpenCV's lens distortion and the resizing methods of the public datasets, without OpenCV.

Coordinates here are OpenCV's: a pixel's center is at whole numbers. Borders are black.
"""

import numpy as np
import torch
from torch import Tensor


def distort(
    points: np.ndarray,  # [..., 2] x / z, y / z in camera axes
    coefficients: np.ndarray,  # [5] k1 k2 p1 p2 k3
) -> np.ndarray:  # [..., 2]
    """The distorted position of an ideal image point (Brown's model, cv2.projectPoints)."""
    k1, k2, p1, p2, k3 = coefficients
    x, y = points[..., 0], points[..., 1]
    r2 = x * x + y * y
    radial = 1.0 + r2 * (k1 + r2 * (k2 + r2 * k3))
    return np.stack(
        [
            x * radial + 2.0 * p1 * x * y + p2 * (r2 + 2.0 * x * x),
            y * radial + p1 * (r2 + 2.0 * y * y) + 2.0 * p2 * x * y,
        ],
        -1,
    )


def undistortion_grid(
    intrinsics: np.ndarray,  # [3, 3] pixels
    coefficients: np.ndarray,  # [5]
    width: int,
    height: int,
) -> Tensor:  # [H, W, 2] float32, for `resample`
    """Each undistorted pixel's position in the photograph; the intrinsics stay the same."""
    y, x = np.meshgrid(np.arange(height, dtype=np.float64), np.arange(width, dtype=np.float64), indexing="ij")
    ideal = np.stack([x, y, np.ones_like(x)], -1) @ np.linalg.inv(intrinsics).T
    distorted = distort(ideal[..., :2] / ideal[..., 2:], coefficients)
    source = distorted @ intrinsics[:2, :2].T + intrinsics[:2, 2]
    return torch.from_numpy((2.0 * source / np.maximum((width - 1, height - 1), 1) - 1.0).astype(np.float32))


def resample(channels: Tensor, grid: Tensor) -> Tensor:  # [C, H, W] float32, [H, W, 2] -> [C, H, W]
    """Bilinear, as cv2.undistort does (which rounds positions to 1/32 pixel)."""
    return torch.nn.functional.grid_sample(channels[None], grid[None], padding_mode="zeros", align_corners=True)[0]


def shrink_by_area(image: Tensor, width: int, height: int) -> Tensor:  # [C, H, W] float32 -> [C, height, width]
    """Mean over each new pixel's area: cv2.INTER_AREA for a size that is not larger."""
    _, rows, columns = image.shape
    if rows % height == 0 and columns % width == 0:  # the same weights, five times as fast
        return torch.nn.functional.avg_pool2d(image, (rows // height, columns // width))
    return _area_weights(rows, height) @ image @ _area_weights(columns, width).T


def shrink_nearest(mask: Tensor, width: int, height: int) -> Tensor:  # [H, W] -> [height, width]
    """cv2.INTER_NEAREST: the pixel at floor(index * scale), up to half a pixel above and left of the center."""
    rows = (torch.arange(height) * mask.shape[0] // height).clamp(max=mask.shape[0] - 1)
    columns = (torch.arange(width) * mask.shape[1] // width).clamp(max=mask.shape[1] - 1)
    return mask[rows][:, columns]


def _area_weights(size: int, new_size: int) -> Tensor:  # [new_size, size], rows sum to 1
    """Share of each old pixel in each new one."""
    scale = size / new_size
    edges = torch.arange(new_size + 1, dtype=torch.float64) * scale
    cells = torch.arange(size, dtype=torch.float64)
    overlap = torch.minimum(edges[1:, None], cells + 1) - torch.maximum(edges[:-1, None], cells)
    return (overlap.clamp(min=0.0) / scale).float()
