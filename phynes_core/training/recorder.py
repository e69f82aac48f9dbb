"""The curves and pictures once more, for TensorBoard; an optional package."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image

from phynes_core.errors import BackendError, OutputError


class TensorBoardLog:
    """Writes <run folder>/tensorboard/stage<S>, a folder a stage, so that a resumed run replaces only its own tail."""

    def __init__(self, folder: Path) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise BackendError(
                "--tensorboard: expected the package tensorboard, got none; install it with "
                "pip install -c constraints.txt tensorboard, or train without it: curves.jsonl holds the same numbers"
            ) from error
        self._kind, self._folder = SummaryWriter, folder / "tensorboard"
        self._writers: dict[int, SummaryWriter] = {}

    def start(self, stage: int, step: int) -> None:
        """Go on at a step: what an interrupted run wrote after it is dropped."""
        self._writers[stage] = self._kind(self._folder / f"stage{stage}", purge_step=step + 1)

    def log(self, stage: int, step: int, terms: Mapping[str, float]) -> None:
        """One point of every curve."""
        try:
            for name, value in terms.items():
                self._writers[stage].add_scalar(name, value, step)
            self._writers[stage].flush()
        except OSError as error:
            raise OutputError(
                f"{self._folder}: cannot write here ({error.strerror}); make room and --resume"
            ) from error

    def picture(self, stage: int, step: int, path: Path) -> None:
        """The strip that was written to `path`."""
        with Image.open(path) as strip:
            self._writers[stage].add_image("pictures", np.asarray(strip), step, dataformats="HWC")
            self._writers[stage].flush()
