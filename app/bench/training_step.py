"""A step of training's first stage, repeated from the same place by each backend."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property

import torch

from phynes_core.avatar import Avatar
from phynes_core.body.files import load_bundled_body
from phynes_core.data.native import load_capture
from phynes_core.paths import ASSETS
from phynes_core.training.frames import TrainingFrame, load_training_frames
from phynes_core.training.presets import FAST
from phynes_core.training.stage1 import Stage1

NUM_FRAMES = 4  # of the sample capture, with four views each
FIRST_STEP = FAST.stage1.steps // 2  # where the fog is as thin as in most of the training
STEPS = 4  # taken together: one in four also fits the silhouette, one in two holds the mesh


class TrainingStep:
    """Stage 1 of the preset `fast` on the sample capture."""

    def __init__(self, device: str = "cpu") -> None:
        self._device = torch.device(device)
        self._stages: dict[str, Stage1] = {}
        self._losses: dict[str, list[float]] = {}

    def losses(self, backend: str) -> list[float]:
        """Of the steps that were taken last."""
        return self._losses[backend]

    def take(self, backend: str) -> None:
        """STEPS steps, with the maps on a backend: encoding, and what torch's layers hand to it backward."""
        with _training_threads():
            if backend not in self._stages:
                self._stages[backend] = self._start(backend)
            steps = range(FIRST_STEP, FIRST_STEP + STEPS)
            self._losses[backend] = [self._stages[backend].step(step)["loss"] for step in steps]

    @cached_property
    def _frames(self) -> tuple[TrainingFrame, ...]:
        capture = load_capture(ASSETS / "captures" / "josh_256")
        training = [number for number in capture.frames if capture.frame_split[number] == "train"][:NUM_FRAMES]
        few = replace(capture, frames=tuple(training))
        return load_training_frames(few, load_bundled_body(), FAST.stage1.ring_px)

    def _start(self, backend: str) -> Stage1:
        torch.manual_seed(0)
        avatar = Avatar.untrained(load_bundled_body(), "bench", FAST.offset, FAST.texture, FAST.albedo, FAST.roughness)
        avatar.use_map_backend(backend)
        avatar.to(self._device)
        return Stage1(avatar, self._frames, FAST.stage1, seed=0, device=self._device)


@contextmanager
def _training_threads() -> Iterator[None]:
    """One thread of torch, as `train` has by default."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
