"""One run's loop over the steps of both stages: saves, logs, pictures, and every way to stop with nothing lost."""

import copy
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from phynes_core.avatar.avatar import Avatar
from phynes_core.avatar.checkpoint import save_checkpoint
from phynes_core.data.capture import Capture
from phynes_core.errors import CaptureError, OutputError, PhynesError
from phynes_core.training.capture_watch import CaptureWatch
from phynes_core.training.frames import TrainingFrame
from phynes_core.training.interruption import Interruption
from phynes_core.training.pictures import write_pictures
from phynes_core.training.presets import TrainingConfig, as_json
from phynes_core.training.processes import OtherProcessOutOfMemoryError
from phynes_core.training.recorder import TensorBoardLog
from phynes_core.training.run_folder import FINISHED, RunFolder, RunState, all_finite
from phynes_core.training.stage import Progress, RunOptions
from phynes_core.training.stage1 import Stage1
from phynes_core.training.stage2 import Stage2, gather_pixels
from phynes_core.training.stopping import DivergenceWatch

LOG_EVERY = 20  # steps to a line of the curves
STAGE1_SHARE = 0.6  # of --minutes
CALIBRATION_STEPS = (3, 12)  # warm-up and timed steps when --minutes sets the number of steps
FEWEST_ROWS = 64  # rays or pixels a step: with fewer, memory is not what is wrong


@dataclass(frozen=True)
class Setup:
    """What a run works with."""

    capture: Capture
    capture_watch: CaptureWatch
    avatar: Avatar
    frames: Sequence[TrainingFrame]
    options: RunOptions
    progress: Progress
    folder: RunFolder


class Run:
    """Trains setup.avatar in place."""

    def __init__(self, setup: Setup, config: TrainingConfig, requested: TrainingConfig, state: RunState | None) -> None:
        self._setup, self.config, self._requested, self._state = setup, config, as_json(requested), state
        self._avatar, self._processes = setup.avatar, setup.options.processes
        self._device = torch.device(setup.options.device)
        self._saved = "nothing was saved yet" if state is None else _where(state.stage, state.step)
        self._board = TensorBoardLog(setup.folder.path) if self._writes(setup.options.has_tensorboard) else None
        self.seconds = 0.0 if state is None else state.seconds

    def stage1(self) -> None:
        """Geometry and texture, unless a resumed run is past them."""
        state, config = self._state, self.config
        if state is not None and state.stage > 1:
            return
        self._avatar.to(self._device)
        mesh_losses = self._setup.options.mesh_losses
        rest = (self._setup.frames, config.stage1, config.seed, self._device, self._processes, mesh_losses)
        if self._setup.options.minutes is not None and state is None:
            steps = self._affordable_steps(1, Stage1(copy.deepcopy(self._avatar), *rest), STAGE1_SHARE)
            self.config = replace(self.config, stage1=replace(self.config.stage1, steps=steps))
            rest = (rest[0], self.config.stage1, *rest[2:])
        stage = Stage1(self._avatar, *rest)
        if state is not None:
            stage.load(_stage_tensors(state))
        self._loop(1, stage, 0 if state is None else state.step, self.config.stage1.steps)
        self._state = None
        self._save(2, 0, {})

    def stage2(self) -> None:
        """Materials and light, unless a resumed run is past them."""
        if self._state is not None and self._state.stage > 2:
            return
        setup, config = self._setup, self.config
        begun = self._state if self._state is not None and self._state.step > 0 else None
        setup.progress.note("rasterizing the training views")
        self._avatar.cpu()  # the body and its search trees live there
        stored = {} if begun is None else _stage_tensors(begun)
        pixels = gather_pixels(self._avatar, setup.frames, config.stage2, config.seed, stored)
        self._avatar.to(self._device)
        rest = (setup.frames, pixels, config.stage2, config.seed, self._device, self._processes)
        if setup.options.minutes is not None and begun is None:
            steps = self._affordable_steps(2, Stage2(copy.deepcopy(self._avatar), *rest), 1.0 - STAGE1_SHARE)
            self.config = replace(self.config, stage2=replace(self.config.stage2, steps=steps))
            rest = (*rest[:2], self.config.stage2, *rest[3:])
        stage = Stage2(self._avatar, *rest)
        if begun is None:
            stage.start_materials()
        else:
            stage.load(stored)
        self._loop(2, stage, 0 if begun is None else begun.step, self.config.stage2.steps)
        self._save(FINISHED, 0, {})

    def _loop(self, number: int, stage: Stage1 | Stage2, first: int, steps: int) -> None:
        setup, watch, gathered = self._setup, DivergenceWatch(), []
        setup.progress.start(number, first, steps)
        if self._board is not None:
            self._board.start(number, first)
        picture_every = max(1, round(steps * setup.options.picture_every))
        last_save, started, before = time.monotonic(), time.monotonic(), self.seconds
        with Interruption() as interruption:
            for done in range(first + 1, steps + 1):
                gathered.append(self._step(number, stage, done - 1))
                self.seconds = before + time.monotonic() - started
                if trouble := watch.see(gathered[-1]):
                    self._stop(number, done - 1, trouble)
                if self._processes.is_any(interruption.is_asked):
                    self._save(number, done, stage.tensors(), watch.is_doubtful)
                    raise KeyboardInterrupt(f"{_where(number, done)} is saved; go on with")
                if done % LOG_EVERY == 0 or done == steps:
                    self._log(number, done, _means(gathered))
                    gathered = []
                if done == steps or done % picture_every == 0:
                    self._show(number, done, stage)
                if time.monotonic() - last_save > setup.options.save_every_s and done < steps:
                    self._save(number, done, stage.tensors(), watch.is_doubtful)
                    self._check_capture()
                    last_save = time.monotonic()

    def _step(self, number: int, stage: Stage1 | Stage2, step: int) -> dict[str, float]:
        """One step; where memory does not suffice, the same step with half the rays or pixels, from here on."""
        is_mixed = self.config.has_mixed_precision and self._device.type == "cuda"
        if number == 2 and self.config.stage2.has_pixel_normals:
            is_mixed = False  # the slopes of the offset map are differences in its sixth digit
        while True:
            try:
                with torch.autocast(self._device.type, torch.bfloat16, enabled=is_mixed):
                    return stage.step(step)
            except torch.OutOfMemoryError:
                self._processes.check_all_fit(False)
            except OtherProcessOutOfMemoryError:
                pass  # halve with the one that could not
            if self._device.type == "cuda":
                torch.cuda.empty_cache()
            self._halve(number, stage, step)

    def _halve(self, number: int, stage: Stage1 | Stage2, step: int) -> None:
        name = "rays" if number == 1 else "pixels"
        before = getattr(stage.config, name)
        if before // 2 < FEWEST_ROWS:
            raise PhynesError(
                f"{_where(number, step)}: out of memory with {before} {name} a step; free the GPU, or train with "
                f"--device cpu; {self._saved}"
            )
        stage.config = replace(stage.config, **{name: before // 2})  # type: ignore[assignment]
        own = getattr(self.config, f"stage{number}")
        self.config = replace(self.config, **{f"stage{number}": replace(own, **{name: before // 2})})
        self._setup.progress.note(
            f"{_where(number, step)}: out of memory with {before} {name} a step; going on with {before // 2}"
        )

    def _affordable_steps(self, number: int, trial: Stage1 | Stage2, share: float) -> int:
        """How many steps fit into a share of options.minutes, from timing a few of them."""
        warm_up, timed = CALIBRATION_STEPS
        for step in range(warm_up):
            self._step(number, trial, step)
        started = time.monotonic()
        for step in range(warm_up, warm_up + timed):
            self._step(number, trial, step)
        a_step = (time.monotonic() - started) / timed
        return max(1, int(self._processes.agree(60.0 * (self._setup.options.minutes or 0.0) * share / a_step)))

    def _log(self, number: int, done: int, means: dict[str, float]) -> None:
        self._setup.progress.advance(done, means)
        if self._writes():
            with self._telling_what_is_saved():
                entry = {"stage": number, "step": done - 1, "seconds": round(self.seconds, 2)}
                self._setup.folder.log(entry | means)
                if self._board is not None:
                    self._board.log(number, done, means)

    def _show(self, number: int, done: int, stage: Stage1 | Stage2) -> None:
        if not self._writes():
            return
        setup = self._setup
        try:
            with self._telling_what_is_saved():
                path, text = write_pictures(setup.folder.pictures, setup.capture, self._avatar, number, done)
                save_checkpoint(setup.folder.path / "avatar.ckpt", self._avatar)
        except CaptureError as error:
            self._save(number, done, stage.tensors())
            raise CaptureError(f"{error}; mend it and --resume: {self._saved}") from error
        setup.progress.note(text)
        if self._board is not None:
            self._board.picture(number, done, path)

    def _save(self, stage: int, step: int, tensors: dict[str, Tensor], is_doubtful: bool = False) -> None:
        if not self._writes():
            return
        everything = {f"avatar.{name}": value for name, value in self._avatar.state_dict().items()}
        everything |= {f"stage.{name}": value for name, value in tensors.items()}
        if not all_finite(everything):
            self._stop(stage, step, "a parameter is not a finite number")
        fingerprint = self._setup.capture_watch.fingerprint
        state = RunState(stage, step, self.seconds, as_json(self.config), self._requested, fingerprint, everything)
        with self._telling_what_is_saved():
            self._setup.folder.save(state, is_doubtful)
        self._saved = f"{_where(stage, step)} is saved"

    def _check_capture(self) -> None:
        if self._writes():
            try:
                self._setup.capture_watch.check()
            except CaptureError as error:
                raise CaptureError(f"{error}; then --resume: {self._saved}") from error

    def _stop(self, number: int, step: int, trouble: str) -> None:
        left = self._setup.folder.return_to_good() if self._writes() else "the first process says what is left"
        raise PhynesError(
            f"training diverged: {_where(number, step)}, {trouble}; {left}; --resume with lower learning rates "
            f"(--set stage{min(number, 2)}.optimizer.nets=...)"
        )

    def _writes(self, if_wanted: bool = True) -> bool:
        return if_wanted and self._processes.is_first

    @contextmanager
    def _telling_what_is_saved(self) -> Iterator[None]:
        try:
            yield
        except OutputError as error:
            raise OutputError(f"{error}; then --resume: {self._saved}") from error


def _where(stage: int, step: int) -> str:
    return f"stage {stage}, step {step}" if stage != FINISHED else "the finished run"


def _stage_tensors(state: RunState) -> dict[str, Tensor]:
    return {name.removeprefix("stage."): value for name, value in state.tensors.items() if name.startswith("stage.")}


def _means(gathered: list[dict[str, float]]) -> dict[str, float]:
    names = sorted({name for terms in gathered for name in terms})
    return {name: float(np.mean([terms[name] for terms in gathered if name in terms])) for name in names}
