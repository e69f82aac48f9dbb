"""A stage of training as the trainer sees it: what it is given, and what it must be able to do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar, Protocol, Self

import torch
from torch import Tensor

from phynes_core.avatar.avatar import Avatar
from phynes_core.frame.scene import Scene
from phynes_core.registration.registration import Registration
from phynes_core.training.frames import TrainingFrame
from phynes_core.training.presets import TrainingConfig
from phynes_core.training.processes import ALONE, Processes

NOTHING: Mapping[str, Tensor] = MappingProxyType({})


@dataclass(frozen=True)
class StageSetup:
    """What every stage is given."""

    avatar: Avatar  # on `device`; trained in place
    frames: Sequence[TrainingFrame]
    config: TrainingConfig  # a stage reads the part that is named after it
    device: torch.device
    registration: Registration | None = None  # None: poses are exact
    processes: Processes = ALONE
    mesh_losses: str = "auto"  # backend
    raster: str = "auto"  # backend of the silhouette loss


class StageConfig(Protocol):
    """The settings of any stage."""

    @property
    def steps(self) -> int:
        """How many steps it has."""
        ...


class TrainingStage(Protocol):
    """Trains a part of the avatar in place, one `step` at a time; its random numbers depend on seed and step alone."""

    number: ClassVar[int]  # its place in the order; in saved states, file names and messages
    name: ClassVar[str]  # its field in TrainingConfig: "stage1"
    title: ClassVar[str]  # beside the progress bar
    row_name: ClassVar[str]  # what a step takes many of, its field in the stage's settings: "rays" or "pixels"
    log_every: ClassVar[int]  # steps to a line of the curves
    preparation: ClassVar[str]  # what takes a while before the first step; empty: nothing

    def __init__(self, setup: StageSetup, stored: Mapping[str, Tensor] = NOTHING) -> None:
        """At its first step, or where `tensors` gave `stored`."""
        ...

    @property
    def config(self) -> StageConfig:
        """The stage's own settings, with the rows that a step takes now."""
        ...

    @property
    def num_rows(self) -> int:
        """How many rays or pixels a step takes."""
        ...

    @property
    def needs_full_precision(self) -> bool:
        """Whether bfloat16 would spoil what is learned."""
        ...

    def start(self) -> None:
        """Give what is trained its start, before the first step."""
        ...

    def step(self, step: int) -> dict[str, float]:
        """One optimizer step, counted from 0; the loss terms, among them "loss", "image" and "gradient"."""
        ...

    def take_rows(self, count: int) -> None:
        """Take so many rays or pixels a step from here on."""
        ...

    def panels(self, scene: Scene) -> list[Tensor]:  # each [H, W, 3] sRGB in [0, 1]
        """What a comparison strip shows of a view: the avatar's picture first."""
        ...

    def tensors(self) -> dict[str, Tensor]:
        """What a resumed run needs besides the avatar's own tensors."""
        ...

    def anew(self, setup: StageSetup) -> Self:
        """The same stage before its start, with another avatar or number of steps; the frames are the same."""
        ...
