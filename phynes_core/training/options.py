"""What a training run is told besides what it learns from, and what it ends with."""

from dataclasses import dataclass
from pathlib import Path

from phynes_core.avatar.avatar import Avatar
from phynes_core.body.template import Template
from phynes_core.registration.capture_fit import CaptureFit
from phynes_core.training.presets import TrainingConfig
from phynes_core.training.processes import ALONE, Processes


@dataclass(frozen=True)
class TrainerOptions:
    """How to train, which does not change what is learned."""

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
    template: Template | None = None  # a given one, where the settings' template.source is its hash


@dataclass(frozen=True)
class TrainedAvatar:
    """What training ends with."""

    avatar: Avatar  # on the CPU
    seconds: float  # spent on steps, over all resumptions
    config: TrainingConfig  # with the numbers of steps and rows that it came to
    fit: CaptureFit  # what was found out about the capture
