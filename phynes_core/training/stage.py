"""How a run is run, which does not change what is learned, and who is told how it goes."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from phynes_core.training.processes import ALONE, Processes


@dataclass(frozen=True)
class RunOptions:
    """How to run."""

    folder: Path
    name: str = "avatar"
    device: str = "cpu"
    is_resumed: bool = False
    minutes: float | None = None  # choose the steps so that training takes about so long here
    threads: int = 1  # of torch; the numba kernels use all cores
    save_every_s: float = 60.0
    picture_every: float = 0.2  # share of a stage's steps
    has_tensorboard: bool = False
    processes: Processes = ALONE
    maps: str = "auto"  # backend of the neural maps
    mesh_losses: str = "auto"  # backend of stage 1's mesh losses


class Progress(Protocol):
    """Who is told how it goes."""

    def start(self, stage: int, step: int, steps: int) -> None:
        """A stage begins, or goes on, at a step."""

    def advance(self, step: int, terms: dict[str, float]) -> None:
        """Steps are done; the means of their loss terms."""

    def note(self, text: str) -> None:
        """Something worth a line."""
