"""Space carving of a moving body in its rest pose: how far inside all silhouettes a point of the rest pose stays.

A point is posed into every picture; the hull's signed distance there is the smallest over all pictures, or, where some
of them may be wrong, the smallest once a share of the pictures is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import distance_transform_edt, maximum_filter

from phynes_core.kernels.cpu.compiler import parallel, prange
from phynes_core.render.camera import Camera
from phynes_core.template.rest_shape import Bound

STEPS_PER_PX = 128  # of stored distances
PAD_PX = 48  # around the person; what lies farther out counts as so far outside
SLIVER_PX = 2  # from the nearest whole pixel at least: the edges of what is thick end within them
LEAST_SLIVER = 32  # of 255: fainter pixels are strands of hair and noise
UNKNOWN = -32768  # where a mask is not believed
OUTSIDE_M = -0.1  # what no picture shows
FEWEST_SHARE = 0.1  # of the pictures must show a point: else nothing is known about it


@dataclass(frozen=True, eq=False)
class Silhouettes:
    """The masks of P pictures as signed distances."""

    table: np.ndarray  # [P, 7] int64: first of its `steps`; left, top, width, height; size of the picture
    steps: np.ndarray  # [S] int16, distances to the outline in 1 / STEPS_PER_PX px, positive inside
    projections: np.ndarray  # [P, 3, 4] float32, K [R | t]
    focal: np.ndarray  # [P] float32, px
    frame: np.ndarray  # [P] int64, ascending: which of the poses each shows


@dataclass(frozen=True, eq=False)
class PosedSkeletons:
    """What moves the body, frame by frame."""

    transforms: np.ndarray  # [F, 24, 3, 4] float32, from the rest pose to the world
    correctives: np.ndarray  # [F, V, 3] float32, pose blend shapes of the body's vertices


def silhouettes(pictures: Sequence[tuple[int, Camera, np.ndarray, np.ndarray | None]]) -> Silhouettes:
    """Of (frame, camera, coverage [H, W] uint8, known [H, W] bool or None), ordered by frame."""
    table, parts, projections, count = [], [], [], 0
    for _, camera, coverage, known in pictures:
        stored = coverage >= 128 if known is None else (coverage >= 128) | ~known
        rows, columns = np.nonzero(stored.any(1))[0], np.nonzero(stored.any(0))[0]
        if len(rows) == 0:
            rows, columns = np.arange(1), np.arange(1)
        top, bottom = max(rows[0] - PAD_PX, 0), min(rows[-1] + PAD_PX + 1, camera.height)
        left, right = max(columns[0] - PAD_PX, 0), min(columns[-1] + PAD_PX + 1, camera.width)
        part = np.round(signed_distance(coverage[top:bottom, left:right]) * STEPS_PER_PX)
        part = np.clip(part, UNKNOWN + 1, -UNKNOWN - 1).astype(np.int16)
        if known is not None:
            part[~known[top:bottom, left:right]] = UNKNOWN
        table.append((count, left, top, right - left, bottom - top, camera.width, camera.height))
        parts.append(part.reshape(-1))
        projections.append((camera.intrinsics @ camera.T_cam_world[:3]).numpy())
        count += part.size
    focal = [float(camera.intrinsics[0, 0]) for _, camera, _, _ in pictures]
    return Silhouettes(
        np.array(table, np.int64), np.concatenate(parts), np.array(projections, np.float32),
        np.array(focal, np.float32), np.array([frame for frame, *_ in pictures], np.int64),
    )  # fmt: skip


def signed_distance(coverage: np.ndarray) -> np.ndarray:  # [H, W] uint8 -> [H, W] px
    """Of pixel centers to the outline, positive inside; partly covered pixels say where in them it runs.

    What is thinner than a pixel, as a hat's brim from the side, covers none by half, and one such picture would carve
    it away: far from whole pixels a sliver of coverage c is c pixels wide, and its middle c / 2 inside.
    """
    whole = maximum_filter(coverage, 2 * SLIVER_PX + 1) > 252
    is_sliver = (coverage >= LEAST_SLIVER) & ~whole
    inside = (coverage >= 128) | is_sliver
    if not inside.any() or inside.all():
        return np.full(coverage.shape, PAD_PX if inside.any() else -PAD_PX, np.float32)
    within, without = (np.asarray(distance_transform_edt(side)) for side in (inside, ~inside))
    distance = np.where(inside, within - 0.5, 0.5 - without)
    partly = (coverage > 2) & (coverage < 253) & (np.abs(distance) <= 1.0)
    distance[partly] = coverage[partly] / 255.0 - 0.5
    distance[is_sliver] = np.maximum(distance, coverage / 510.0)[is_sliver]
    return distance.astype(np.float32)


def hull(
    points: Bound,
    corners: np.ndarray,  # [N, 3] the body's vertices around each point's place
    gain: np.ndarray,  # [N] of the pose blend shapes
    poses: PosedSkeletons,
    pictures: Silhouettes,
    shares: Sequence[float],  # of the pictures that may be left out
    distance: np.ndarray | None = None,  # [N] what an unseen point has, metres; OUTSIDE_M where left out
) -> np.ndarray:  # [N, len(shares)] metres, positive inside
    """The hull's signed distance at points of the rest pose, one column a share."""
    out = np.empty((len(points.rest), len(shares)), np.float32)
    unseen = np.full(len(out), OUTSIDE_M, np.float32) if distance is None else distance.astype(np.float32)
    carve_kernel(
        points.rest, points.weights, np.ascontiguousarray(corners, np.int32), points.barycentric,
        gain.astype(np.float32), poses.transforms, poses.correctives, pictures.projections, pictures.focal,
        pictures.frame, pictures.table, pictures.steps, np.array(shares, np.float32), unseen, out,
    )  # fmt: skip
    return out


@parallel
def carve_kernel(
    rest, weights, corners, barycentric, gain, transforms, correctives, projections, focal, frame, table, steps, shares,
    unseen, out,
):  # fmt: skip
    """One row of `out` a point: the smallest distances over the pictures but those that each share leaves out."""
    num_pictures = projections.shape[0]
    most = int(np.floor(shares.max() * num_pictures)) + 1
    fewest = max(1, int(np.ceil(FEWEST_SHARE * num_pictures)))
    for i in prange(rest.shape[0]):
        joints = np.empty(24, np.int64)
        num_joints = 0
        for j in range(24):
            if weights[i, j] > np.float32(1e-3):
                joints[num_joints] = j
                num_joints += 1
        smallest = np.full(most, np.float32(1e9), np.float32)
        seen = 0
        at_frame = -1
        x, y, z = np.float32(0), np.float32(0), np.float32(0)
        for p in range(num_pictures):
            if frame[p] != at_frame:
                at_frame = frame[p]
                px, py, pz = rest[i, 0], rest[i, 1], rest[i, 2]
                if gain[i] > np.float32(0.01):
                    for k in range(3):
                        share = barycentric[i, k] * gain[i]
                        px += share * correctives[at_frame, corners[i, k], 0]
                        py += share * correctives[at_frame, corners[i, k], 1]
                        pz += share * correctives[at_frame, corners[i, k], 2]
                x, y, z = np.float32(0), np.float32(0), np.float32(0)
                total = np.float32(0)
                for k in range(num_joints):
                    j = joints[k]
                    share = weights[i, j]
                    m = transforms[at_frame, j]
                    x += share * (m[0, 0] * px + m[0, 1] * py + m[0, 2] * pz + m[0, 3])
                    y += share * (m[1, 0] * px + m[1, 1] * py + m[1, 2] * pz + m[1, 3])
                    z += share * (m[2, 0] * px + m[2, 1] * py + m[2, 2] * pz + m[2, 3])
                    total += share
                x, y, z = x / total, y / total, z / total
            c = projections[p]
            depth = c[2, 0] * x + c[2, 1] * y + c[2, 2] * z + c[2, 3]
            if depth < np.float32(0.1):
                continue
            u = (c[0, 0] * x + c[0, 1] * y + c[0, 2] * z + c[0, 3]) / depth - np.float32(0.5)
            v = (c[1, 0] * x + c[1, 1] * y + c[1, 2] * z + c[1, 3]) / depth - np.float32(0.5)
            if u < 0 or v < 0 or u > table[p, 5] - 1 or v > table[p, 6] - 1:
                continue  # outside the picture
            u -= table[p, 1]
            v -= table[p, 2]
            width, height = table[p, 3], table[p, 4]
            if u < 0 or v < 0 or u >= width - 1 or v >= height - 1:
                value = np.float32(-PAD_PX)
            else:
                column, row = int(u), int(v)
                right, down = u - column, v - row
                first = table[p, 0] + row * width + column
                a, b = steps[first], steps[first + 1]
                d, e = steps[first + width], steps[first + width + 1]
                if a == UNKNOWN or b == UNKNOWN or d == UNKNOWN or e == UNKNOWN:
                    continue
                upper, lower = a + (b - a) * right, d + (e - d) * right
                value = (upper + (lower - upper) * down) / np.float32(STEPS_PER_PX)
            value = np.float32(value * depth / focal[p])
            seen += 1
            if value < smallest[most - 1]:
                k = most - 1
                while k > 0 and smallest[k - 1] > value:
                    smallest[k] = smallest[k - 1]
                    k -= 1
                smallest[k] = value
        for q in range(shares.shape[0]):
            out[i, q] = unseen[i] if seen < fewest else smallest[int(np.floor(shares[q] * seen))]
