"""The engine's numbers at single pixels of a frame, for whoever points at one."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

READ_BUFFERS = ("radiance", "albedo", "roughness", "normal", "visibility", "uv", "depth")
LEAST_COVERAGE = 1.0 / 64.0  # of a pixel that has values at all

Values = Mapping[str, tuple[float, ...]]  # buffer -> its channels


@dataclass(frozen=True, eq=False)
class Readings:
    """Values of the covered pixels alone: three quarters of a picture are background."""

    rows: np.ndarray  # [H, W] int32, row of `values`; -1 is background
    values: Mapping[str, np.ndarray]  # buffer -> [P, C] float32
    other: "Readings | None" = None  # of the picture right of the wipe

    def at(self, column: int, row: int) -> Values:
        """What the pixel holds; empty on the background."""
        place = int(self.rows[row, column])
        return {} if place < 0 else {name: tuple(image[place].tolist()) for name, image in self.values.items()}


def packed(
    images: Mapping[str, np.ndarray],  # [H, W, C]; radiance premultiplied by coverage
    coverage: np.ndarray,  # [H, W]
) -> Readings:
    """Readings of one picture."""
    is_covered = coverage >= LEAST_COVERAGE
    rows = np.where(is_covered, np.cumsum(is_covered).reshape(is_covered.shape) - 1, -1).astype(np.int32)
    values = {name: image[is_covered] for name, image in images.items()}
    if "radiance" in values:
        values["radiance"] = values["radiance"] / coverage[is_covered][:, None]
    return Readings(rows, values)
