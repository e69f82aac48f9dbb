"""What a run writes while it trains: states, curves, comparison strips and, where asked, TensorBoard's files."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import numpy as np

from phynes_core.avatar.avatar import Avatar
from phynes_core.avatar.checkpoint import save_checkpoint
from phynes_core.data.capture import Capture
from phynes_core.errors import BackendError, CaptureError, OutputError, PhynesError
from phynes_core.io.image_files import read_png
from phynes_core.training.processes import Processes
from phynes_core.training.run.capture_watch import CaptureWatch
from phynes_core.training.run.pictures import write_pictures
from phynes_core.training.run.run_folder import FINISHED, RunFolder, RunState, all_finite
from phynes_core.training.stage import TrainingStage


class Progress(Protocol):
    """Shows how a run goes."""

    def start(self, title: str, step: int, steps: int) -> None:
        """A stage begins, or goes on, at a step."""

    def advance(self, step: int, terms: dict[str, float]) -> None:
        """Steps are done; the means of their loss terms."""

    def note(self, text: str) -> None:
        """Something worth a line."""


class Recorder:
    """Writes the run folder and reports progress; of several processes only the first writes.

    Every error says which state is left to go on from.
    """

    def __init__(
        self, folder: RunFolder, watch: CaptureWatch, processes: Processes, progress: Progress, has_tensorboard: bool,
        resumed: RunState | None,
    ) -> None:  # fmt: skip
        self.progress = progress
        self._folder, self._watch, self._processes = folder, watch, processes
        self.saved = "nothing was saved yet" if resumed is None else step_name(resumed.stage, resumed.step)
        if processes.is_first:
            folder.cut_log(*((0, 0) if resumed is None else (resumed.stage, resumed.step)))
            watch.write(folder.capture_path)
        self._board = TensorBoardLog(folder.path) if has_tensorboard and processes.is_first else None

    @property
    def fingerprint(self) -> str:
        """Of the capture that the run learns from."""
        return self._watch.fingerprint

    def start(self, stage: TrainingStage, first: int) -> None:
        """A stage begins, or goes on, at its step `first`."""
        self.progress.start(f"{stage.number} {stage.title}", first, stage.config.steps)
        if self._board is not None:
            self._board.start(stage.number, first)

    def log(self, number: int, done: int, terms: Sequence[Mapping[str, float]], seconds: float) -> None:
        """A line of the curves: the means of what the last steps gave."""
        means = _means(terms)
        self.progress.advance(done, means)
        if self._processes.is_first:
            with self._reporting_saved():
                self._folder.log({"stage": number, "step": done - 1, "seconds": round(seconds, 2)} | means)
                if self._board is not None:
                    self._board.log(number, done, means)

    def show(self, stage: TrainingStage, done: int, capture: Capture, avatar: Avatar) -> None:
        """A comparison strip and the avatar as it stands."""
        if not self._processes.is_first:
            return
        with self._reporting_saved():
            path, text = write_pictures(self._folder.pictures, capture, avatar, stage, done)
            save_checkpoint(self._folder.path / "avatar.ckpt", avatar)
        self.progress.note(text)
        if self._board is not None:
            self._board.picture(stage.number, done, path)

    def save(self, state: RunState, is_doubtful: bool = False) -> None:
        """Replace the saved state; the one before a doubtful one is kept beside it."""
        if not self._processes.is_first:
            return
        if not all_finite(state.tensors):
            raise self.divergence(state.stage, state.step, "a parameter is not a finite number")
        with self._reporting_saved():
            self._folder.save(state, is_doubtful)
        self.saved = f"{step_name(state.stage, state.step)} is saved"

    def check_capture(self) -> None:
        """CaptureError when a training picture is gone or is no longer what it was."""
        if self._processes.is_first:
            try:
                self._watch.check()
            except CaptureError as error:
                raise CaptureError(f"{error}; then --resume: {self.saved}") from error

    def divergence(self, number: int, step: int, trouble: str) -> PhynesError:
        """Drop doubtful states; the error that says so, to be raised."""
        left = self._folder.return_to_good() if self._processes.is_first else "the first process says what is left"
        remedy = f"--resume with lower learning rates (--set stage{min(number, FINISHED - 1)}.optimizer.nets=...)"
        if number == 0:
            remedy = "train anew with the given poses (--set registration.steps=0)"
        return PhynesError(f"training diverged: {step_name(number, step)}, {trouble}; {left}; {remedy}")

    @contextmanager
    def _reporting_saved(self) -> Iterator[None]:
        try:
            yield
        except OutputError as error:
            raise OutputError(f"{error}; then --resume: {self.saved}") from error


class TensorBoardLog:
    """Writes <run folder>/tensorboard/stage<S>, a folder a stage: a resumed run replaces only its own tail."""

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
        self._writers[stage].add_image("pictures", read_png(path), step, dataformats="HWC")
        self._writers[stage].flush()


def step_name(number: int, step: int) -> str:
    """A moment of a run, as messages name it."""
    return f"stage {number}, step {step}" if number != FINISHED else "the finished run"


def _means(terms: Sequence[Mapping[str, float]]) -> dict[str, float]:
    names = sorted({name for each in terms for name in each})
    return {name: float(np.mean([each[name] for each in terms if name in each])) for name in names}
