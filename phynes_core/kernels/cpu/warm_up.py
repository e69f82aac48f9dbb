"""Compiling every kernel before the first frame, so that a window can show how far it is. Cached ones only load."""

from collections.abc import Callable

import numpy as np

from phynes_core.kernels.cpu.bvh import Bvh
from phynes_core.kernels.cpu.hash_encoding import encode, encode_backward
from phynes_core.kernels.cpu.rasterize import rasterize
from phynes_core.kernels.cpu.shade import shade_probes
from phynes_core.kernels.cpu.visibility import visibility_bits


def warm_up(
    progress: Callable[[str, int, int], None]
    | None = None,  # called with what comes next, how many are done, of how many
) -> None:
    """Run every kernel once on a single triangle."""
    steps = _steps()
    for done, (name, step) in enumerate(steps):
        if progress is not None:
            progress(name, done, len(steps))
        step()
    if progress is not None:
        progress("ready", len(steps), len(steps))


def _steps() -> list[tuple[str, Callable[[], object]]]:
    corners = np.array([[0, 0, 1], [4, 0, 1], [0, 4, 1]], np.float32)
    faces = np.array([[0, 1, 2]], np.int32)
    rows = np.array([[0, 0, 1]], np.float32)
    level = (np.array([3], np.float32), np.array([4], np.uint32), np.array([0, 16], np.int64), np.array([False]))
    corner_uv = np.zeros((1, 3, 2), np.float32)
    bits, zeros = np.zeros((1, 1), np.uint32), np.zeros((1, 3), np.int32)

    def heights() -> object:
        distances = np.array([[0.5]], np.float32)
        return Bvh(corners, faces).heights_along_rays(corners, corner_uv, rows, rows, distances, -1.0, 1.0)

    return [
        ("mesh tree", lambda: Bvh(corners, faces)),
        ("closest point", lambda: Bvh(corners, faces).closest(rows)),
        ("heights along rays", heights),
        ("shadow rays", lambda: visibility_bits(Bvh(corners, faces), rows, rows, rows, 0.0)),
        ("rasterizer", lambda: rasterize(corners, faces, 4, 4)),
        ("hash encoding", lambda: encode(rows[:, :2], np.zeros((16, 2), np.float32), *level)),
        ("hash encoding gradient", lambda: encode_backward(rows[:, :2], np.zeros((1, 2), np.float32), *level, 16)),
        ("shading", lambda: shade_probes(rows, rows, rows, rows[:, 0], bits, zeros, rows, rows, rows, 0.04)),
    ]
