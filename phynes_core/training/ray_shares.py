"""One process's part of a step's rays, with the very random numbers that a single process would have drawn for them."""

from collections.abc import Mapping, Sequence

import numpy as np

from phynes_core.training.processes import Part, Processes
from phynes_core.training.sampling import RayBatch


class PartialDraws(np.random.Generator):
    """Goes on with a generator: draws rows for everybody and keeps its own, told apart by how many are asked for."""

    def __init__(self, generator: np.random.Generator, parts: Mapping[int, Part]) -> None:
        super().__init__(generator.bit_generator)
        self._parts = parts  # by number of own rows

    def random(self, size: tuple[int, ...]) -> np.ndarray:
        """Uniform numbers; size[0] is a number of own rows."""
        part = self._parts[size[0]]
        return super().random((part.total, *size[1:]))[part.rows]

    def normal(self, loc: float, scale: float, size: tuple[int, ...]) -> np.ndarray:
        """Normal numbers; size[0] is a number of own rows."""
        part = self._parts[size[0]]
        return super().normal(loc, scale, (part.total, *size[1:]))[part.rows]


def partial_draws(generator: np.random.Generator, parts: Sequence[Part]) -> np.random.Generator:
    """The generator for a process's own rows of `parts`; itself when they are all rows."""
    if all(len(part.rows) == part.total for part in parts):
        return generator
    return PartialDraws(generator, {len(part.rows): part for part in parts})


def share_rays(
    batch: RayBatch, rays_per_pixel: int, generator: np.random.Generator, processes: Processes
) -> tuple[RayBatch, np.random.Generator, float]:  # own rays, their random numbers, their weight
    """The whole pixels of this process, in the batch's order."""
    if processes.count == 1:
        return batch, generator, 1.0
    pixels = processes.part(batch.num_rays // rays_per_pixel)
    rows = (pixels.rows[:, None] * rays_per_pixel + np.arange(rays_per_pixel)).reshape(-1)
    own = RayBatch(
        batch.frames,
        np.searchsorted(rows, batch.first),
        *(getattr(batch, name)[rows] for name in ("origins", "directions", "target", "coverage")),
    )
    rays = Part(batch.num_rays, rows, pixels.weight)
    return own, partial_draws(generator, (pixels, rays)), pixels.weight
