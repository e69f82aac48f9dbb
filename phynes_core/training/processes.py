"""Several processes that train one avatar: each takes its part of the rays or pixels, and gradients are averaged.

Each process holds everything, draws the same random numbers, and computes what cannot be parted (the mesh losses,
except for the views of silhouettes) itself, so that all take the same step as a single process would. torchrun or a
scheduler says who is who through RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR and MASTER_PORT.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import torch
from torch import Tensor, distributed, nn

from phynes_core.errors import PhynesError
from phynes_core.training.sampling import RayBatch

PATIENCE = timedelta(hours=1)  # for the process that writes pictures


class OtherProcessOutOfMemoryError(RuntimeError):
    """Another process could not do its part of this step."""


@dataclass(frozen=True)
class Part:
    """The rows of a step's `total` that this process works on."""

    total: int
    rows: np.ndarray  # [own] int64, every count-th: the parts' first rows are the first of all rows
    weight: float  # a mean over these rows, times this, averaged over processes, is the mean over all rows


class Processes:
    """The processes of a run as one of them sees it; for a single process every method is a no-op."""

    def __init__(self, rank: int = 0, count: int = 1) -> None:
        self.rank, self.count = rank, count

    @property
    def is_first(self) -> bool:
        """Whether this is the process that writes, logs and prints."""
        return self.rank == 0

    def part(self, total: int) -> Part:
        """This process's share of `total` rows."""
        if total < self.count:
            raise PhynesError(f"training: expected at least one of {total} rays or pixels a process, got {self.count}")
        rows = np.arange(self.rank, total, self.count)
        return Part(total, rows, self.count * len(rows) / total)

    def check_all_fit(self, has_room: bool = True) -> None:
        """Let the others know whether this one's memory sufficed; OtherProcessOutOfMemoryError if another's did not."""
        if self.count > 1 and self._sum(torch.tensor([float(has_room)])).item() < self.count and has_room:
            raise OtherProcessOutOfMemoryError

    def is_any(self, is_true: bool) -> bool:
        """Whether it is true in any process."""
        return is_true if self.count == 1 else self._sum(torch.tensor([float(is_true)])).item() > 0

    def mean_terms(self, terms: Mapping[str, float]) -> dict[str, float]:
        """The mean of each number over the processes, all of which name the same ones."""
        if self.count == 1:
            return dict(terms)
        self.check_all_fit()
        names = sorted(terms)
        means = self._sum(torch.tensor([terms[name] for name in names], dtype=torch.float64)) / self.count
        return dict(zip(names, means.tolist(), strict=True))

    def average_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Replace every gradient by its mean over the processes, in one message."""
        if self.count == 1:
            return
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        flat = self._sum(torch.cat([gradient.reshape(-1) for gradient in gradients])) / self.count
        for gradient, mean in zip(gradients, flat.split([gradient.numel() for gradient in gradients]), strict=True):
            gradient.copy_(mean.view_as(gradient))

    def gather_rows(self, values: Tensor, part: Part) -> Tensor:  # [own, C] -> [total, C]
        """The rows of all processes, for what is no mean over rows; differentiable."""
        if self.count == 1:
            return values
        self.check_all_fit()
        return _GatherRows.apply(values, part, self)

    def agree(self, value: float) -> float:
        """The first process's value."""
        return (
            value if self.count == 1 else self._sum(torch.tensor([value * self.is_first], dtype=torch.float64)).item()
        )

    def share_start(self, tensors: Iterable[Tensor]) -> None:
        """Copy the first process's values into every other's."""
        if self.count > 1:
            with torch.no_grad():
                for tensor in tensors:
                    _guarded(distributed.broadcast, tensor.data, 0)

    def _sum(self, values: Tensor) -> Tensor:
        moved = values.cuda() if distributed.get_backend() == "nccl" else values
        _guarded(distributed.all_reduce, moved)
        return moved.to(values.device)


class _GatherRows(torch.autograd.Function):
    @staticmethod
    def forward(ctx, values: Tensor, part: Part, processes: Processes) -> Tensor:
        ctx.part, ctx.processes = part, processes
        everything = values.new_zeros(part.total, *values.shape[1:])
        everything[torch.from_numpy(part.rows)] = values
        return processes._sum(everything)

    @staticmethod
    def backward(ctx, *gradients: Tensor) -> tuple[Tensor, None, None]:
        all_gradients = ctx.processes._sum(gradients[0].contiguous())
        return all_gradients[torch.from_numpy(ctx.part.rows)], None, None


ALONE = Processes()


class PartialDraws(np.random.Generator):
    """Draws the rows of all processes from a generator and keeps its own; the part is found by the number of rows."""

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


def join_processes(device: str) -> Processes:
    """The processes that the environment names; ALONE when it names none. Ends with `leave_processes`."""
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        return ALONE
    if device == "cuda":
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    try:
        distributed.init_process_group("nccl" if device == "cuda" else "gloo", timeout=PATIENCE)
    except (RuntimeError, ValueError) as error:
        reason = " ".join(str(error).split())[:120]
        raise PhynesError(
            f"WORLD_SIZE {count}: the processes did not meet ({reason}); start them with torchrun"
        ) from error
    return Processes(distributed.get_rank(), count)


def leave_processes() -> None:
    """Part from the others."""
    if distributed.is_initialized():
        distributed.destroy_process_group()


def _guarded(message, *arguments) -> None:
    try:
        message(*arguments)
    except RuntimeError as error:
        raise PhynesError("another process of this run stopped; its own message says why") from error
