"""An antialiased silhouette loss on the rasterized mesh: its coverage of each pixel against the mask's.

Volume rendering sees a silhouette through fog, and a grazing ray through fog is not the mesh that the viewer draws.
This loss looks at that mesh. Coverage is counted on subsamples; its derivative is exact for that count: a subsample on
the outline has sides that face the background, and moving the outline across such a side by a pixel covers as much more
as the side is long.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from phynes_core.kernels.cpu.threads import run_in_threads
from phynes_core.render.camera import Camera
from phynes_core.render.rasterize import rasterize
from phynes_core.training.frames import TrainingView

SUBSAMPLES = 4  # a side of a pixel
REACH_PX = 2  # how far from the outline a difference in coverage is still felt: two box blurs of 3 pixels
MARGIN_PX = REACH_PX + 1
LARGEST_DIFFERENCE = 0.5  # of the blurred coverage: a hole in a mask must not deform the mesh


@dataclass(frozen=True)
class Silhouette:
    """Outline sides of one view, and what moving each outward by a pixel does to the loss."""

    faces: Tensor  # [S, 3] vertex ids of the face under the side's subsample
    barycentric: Tensor  # [S, 3]
    pull: Tensor  # [S, 2] d loss / d (x, y) of the side's point in the image, per pixel
    loss: float  # mean over the outline of the squared difference, blurred


def silhouette_loss(
    vertices: Tensor,  # [V, 3] world, displaced; differentiated
    faces: Tensor,  # [F, 3]
    views: tuple[TrainingView, ...],
    raster: str = "auto",  # backend of the rasterizer
) -> Tensor:
    """Mean over the outlines' pixels of (coverage - mask)^2, both blurred so that neighbors a pixel or two off meet."""
    total, outlines = torch.zeros(()), {}

    def find(number: int) -> None:
        view = views[number]
        outlines[number] = find_silhouette(vertices, faces, view.camera, view.coverage, raster, view.trust)

    run_in_threads(find, range(len(views)))
    for number, view in enumerate(views):
        if (outline := outlines[number]) is None:
            continue
        points = (vertices[outline.faces] * outline.barycentric[..., None]).sum(1)
        image_points = view.camera.project(points)[:, :2]
        # in value the loss, in gradient the pulls: the count of subsamples itself has no derivative
        total = total + outline.loss + (outline.pull * (image_points - image_points.detach())).sum()
    return total / len(views)


@torch.no_grad()
def find_silhouette(
    vertices: Tensor,  # [V, 3] world
    faces: Tensor,  # [F, 3]
    camera: Camera,
    coverage: np.ndarray,  # [H, W] uint8, the mask's
    raster: str = "auto",
    trust: np.ndarray | None = None,  # [H, W] in [0, 1]: weight of differences; None: 1 everywhere
) -> Silhouette | None:  # None when the mesh covers nothing of the picture
    """Rasterize the part of the picture that holds mesh and mask, and compare their coverage."""
    crop = _crop(vertices, camera, coverage)
    if crop is None:
        return None
    x0, y0, width, height = crop
    part = camera.cropped(x0, y0, width, height)
    fragments = rasterize(vertices, faces, part.resized(width * SUBSAMPLES, height * SUBSAMPLES), raster)
    inside = fragments.face_index >= 0
    ours = torch.nn.functional.avg_pool2d(inside[None, None].float(), SUBSAMPLES)
    theirs = torch.from_numpy(coverage[y0 : y0 + height, x0 : x0 + width].astype(np.float32) / 255.0)
    difference = ours - theirs[None, None]
    weight = torch.ones(())
    if trust is not None:
        weight = torch.from_numpy(trust[y0 : y0 + height, x0 : x0 + width])
    difference = _blur(difference * weight).clamp(-LARGEST_DIFFERENCE, LARGEST_DIFFERENCE)
    felt = _blur(difference)[0, 0] * weight
    row, column, normal = _outline(inside)
    if not len(row):
        return None
    length_px = len(row) / SUBSAMPLES  # of the outline, along pixel edges
    here = felt[row // SUBSAMPLES, column // SUBSAMPLES]
    pull = (2.0 / SUBSAMPLES / length_px) * here[:, None] * normal
    face = fragments.face_index[row, column].long()
    loss = float(difference.square().sum() / length_px)
    return Silhouette(faces[face], fragments.barycentric[row, column], pull, loss)


def _crop(vertices: Tensor, camera: Camera, coverage: np.ndarray) -> tuple[int, int, int, int] | None:
    """x, y, width, height of the pixels that hold mesh or mask, with a margin."""
    points = camera.project(vertices)
    rows, columns = np.nonzero(coverage)
    if (points[:, 2] <= 0).any() or not len(rows):
        return None  # a camera inside the body has no outline
    low = np.minimum(points[:, :2].amin(0).floor().numpy(), [columns.min(), rows.min()]) - MARGIN_PX
    high = np.maximum(points[:, :2].amax(0).ceil().numpy(), [columns.max() + 1, rows.max() + 1]) + MARGIN_PX
    x0, y0 = np.maximum(low, 0).astype(int)
    x1, y1 = np.minimum(high, [camera.width, camera.height]).astype(int)
    return (int(x0), int(y0), int(x1 - x0), int(y1 - y0)) if x1 > x0 and y1 > y0 else None


def _blur(image: Tensor) -> Tensor:  # [1, 1, H, W]
    return torch.nn.functional.avg_pool2d(image, 3, stride=1, padding=1)


def _outline(inside: Tensor) -> tuple[Tensor, Tensor, Tensor]:  # [H, W] bool -> rows [S], columns [S], normals [S, 2]
    """Every side between a covered subsample and an empty one; the picture's own border is no outline."""
    sides = []
    for axis, (x, y) in ((1, (1.0, 0.0)), (0, (0.0, 1.0))):
        before, after = inside.narrow(axis, 0, inside.shape[axis] - 1), inside.narrow(axis, 1, inside.shape[axis] - 1)
        for is_edge, shift, sign in ((before & ~after, 0, 1.0), (after & ~before, 1, -1.0)):
            pixels = torch.nonzero(is_edge)
            pixels[:, axis] += shift
            sides.append((pixels, torch.tensor([[sign * x, sign * y]]).expand(len(pixels), 2)))
    pixels = torch.cat([at for at, _ in sides])
    return pixels[:, 0], pixels[:, 1], torch.cat([normal for _, normal in sides])
