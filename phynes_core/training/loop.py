"""The training loop: both stages, resumable at any moment, watched and logged."""

import copy
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from phynes_core.avatar import Avatar, AvatarRecord
from phynes_core.body.model import BodyModel
from phynes_core.body.subdivide import split_body
from phynes_core.checkpoint import save_checkpoint
from phynes_core.data.capture import Capture
from phynes_core.errors import PhynesError
from phynes_core.render.probes import probe_directions
from phynes_core.training.frames import TrainingFrame, load_training_frames
from phynes_core.training.pictures import write_pictures
from phynes_core.training.presets import TrainingConfig, as_json, from_json
from phynes_core.training.run_folder import FINISHED, RunFolder, RunState, all_finite, capture_fingerprint
from phynes_core.training.stage1 import Stage1
from phynes_core.training.stage2 import Stage2
from phynes_core.training.surface_pixels import gather_surface_pixels

LOG_EVERY = 20  # steps to a line of the curves
STAGE1_SHARE = 0.6  # of --minutes
CALIBRATION_STEPS = (3, 12)  # warm-up and timed steps when --minutes sets the number of steps


@dataclass(frozen=True)
class RunOptions:
    """How to run, which does not change what is learned."""

    folder: Path
    name: str = "avatar"
    device: str = "cpu"
    is_resumed: bool = False
    minutes: float | None = None  # choose the steps so that training takes about so long here
    threads: int = 1  # of torch; the numba kernels use all cores
    save_every_s: float = 60.0
    picture_every: float = 0.2  # share of a stage's steps


class Progress(Protocol):
    """Who is told how it goes."""

    def start(self, stage: int, step: int, steps: int) -> None:
        """A stage begins, or goes on, at a step."""

    def advance(self, step: int, terms: dict[str, float]) -> None:
        """Steps are done; the means of their loss terms."""

    def note(self, text: str) -> None:
        """Something worth a line."""


def train(
    capture: Capture, body: BodyModel, config: TrainingConfig, options: RunOptions, progress: Progress
) -> tuple[Avatar, float, TrainingConfig]:  # the avatar, seconds of training, the settings with their final steps
    """Train an avatar from a capture; bit for bit the same for a seed, resumed or not (CPU)."""
    torch.set_num_threads(options.threads)
    torch.use_deterministic_algorithms(True, warn_only=True)
    folder = RunFolder(options.folder)
    fingerprint = capture_fingerprint(capture)
    state = _resumed_state(folder, config, fingerprint) if options.is_resumed else _no_state(folder)
    if state is not None:
        config = from_json(state.config)
        folder.cut_log(state.stage, state.step)
    torch.manual_seed(config.seed)
    body = split_body(body, config.mesh_splits)
    avatar = _new_avatar(capture, body, config, options.name)
    frames = load_training_frames(capture, body, config.stage1.ring_px)
    avatar.training_poses = torch.stack([frame.pose_vector for frame in frames])
    if state is not None:
        avatar.load_state_dict({k.removeprefix("avatar."): v for k, v in state.tensors.items() if k[:7] == "avatar."})
    run = _Run(capture, avatar, frames, config, options, progress, folder, fingerprint, state)
    run.stage1()
    run.stage2()
    return avatar.cpu().eval().requires_grad_(False), run.seconds, run.config


def _no_state(folder: RunFolder) -> None:
    if folder.unfinished():
        raise PhynesError(
            f"{folder.path}: holds an unfinished run; pass --resume to go on with it, or name another --run-folder"
        )
    folder.cut_log(0, 0)


def _resumed_state(folder: RunFolder, config: TrainingConfig, fingerprint: str) -> RunState:
    state = folder.load()
    if state.requested != as_json(config):
        raise PhynesError(f"{folder.path}: was started with other settings; resume with the same ones or train anew")
    if state.capture != fingerprint:
        raise PhynesError(f"{folder.path}: the capture changed since this run was started; train without --resume")
    return state


def _new_avatar(capture: Capture, body: BodyModel, config: TrainingConfig, name: str) -> Avatar:
    avatar = Avatar.untrained(body, name, config.offset, config.texture, config.albedo, config.roughness)
    avatar.record = AvatarRecord(name, config.stage2.f0)
    with torch.no_grad():
        for neural_map in (avatar.offset, avatar.texture):
            if neural_map.pose is not None:
                neural_map.pose.weight.mul_(config.stage1.pose_gain)
    betas = capture.poses[capture.frames[0]].betas
    avatar.betas = betas.clone()
    return avatar


class _Run:
    """One run's loop over steps: saves, logs, pictures, and a stop at the first number that is none."""

    def __init__(
        self, capture: Capture, avatar: Avatar, frames: Sequence[TrainingFrame], config: TrainingConfig,
        options: RunOptions, progress: Progress, folder: RunFolder, fingerprint: str, state: RunState | None,
    ) -> None:  # fmt: skip
        self.capture, self.avatar, self.frames = capture, avatar, frames
        self.config, self.requested = config, as_json(config) if state is None else state.requested
        self.options, self.progress, self.folder, self.fingerprint = options, progress, folder, fingerprint
        self.device = torch.device(options.device)
        self.state = state
        self.seconds = 0.0 if state is None else state.seconds

    def stage1(self) -> None:
        """Geometry and texture, unless a resumed run is past them."""
        if self.state is not None and self.state.stage > 1:
            return
        first = 0 if self.state is None else self.state.step
        self.avatar.to(self.device)
        if self.options.minutes is not None and self.state is None:
            trial = Stage1(copy.deepcopy(self.avatar), self.frames, self.config.stage1, self.config.seed, self.device)
            steps = _affordable_steps(trial.step, self.options.minutes * 60.0 * STAGE1_SHARE)
            self.config = replace(self.config, stage1=replace(self.config.stage1, steps=steps))
        stage = Stage1(self.avatar, self.frames, self.config.stage1, self.config.seed, self.device)
        if self.state is not None:
            stage.load(_stage_tensors(self.state))
        self._loop(1, stage, first, self.config.stage1.steps)
        self.state = None
        self._save(2, 0, {})

    def stage2(self) -> None:
        """Materials and light, unless a resumed run is past them."""
        if self.state is not None and self.state.stage > 2:
            return
        begun = self.state if self.state is not None and self.state.step > 0 else None
        self.progress.note("rasterizing the training views")
        self.avatar.cpu()  # the body and its search trees live there
        config, seed = self.config, self.config.seed
        pixels = gather_surface_pixels(self.avatar, self.frames, probe_directions(), config.stage2.has_visibility)
        self.avatar.to(self.device)
        if self.options.minutes is not None and begun is None:
            trial = Stage2(copy.deepcopy(self.avatar), self.frames, pixels, config.stage2, seed, self.device)
            steps = _affordable_steps(trial.step, self.options.minutes * 60.0 * (1.0 - STAGE1_SHARE))
            self.config = replace(config, stage2=replace(config.stage2, steps=steps))
        stage = Stage2(self.avatar, self.frames, pixels, self.config.stage2, seed, self.device)
        if begun is None:
            stage.start_materials()
        else:
            stage.load(_stage_tensors(begun))
        self._loop(2, stage, 0 if begun is None else begun.step, self.config.stage2.steps)
        self._save(FINISHED, 0, {})

    def _loop(self, number: int, stage: Stage1 | Stage2, first: int, steps: int) -> None:
        self.progress.start(number, first, steps)
        picture_every = max(1, round(steps * self.options.picture_every))
        last_save, started, gathered = time.monotonic(), time.monotonic(), []
        before = self.seconds
        for step in range(first, steps):
            terms = stage.step(step)
            if not np.isfinite(terms["loss"]):
                raise PhynesError(
                    f"training diverged: stage {number}, step {step}, loss {terms['loss']}; the last good state is "
                    f"{self.folder.state_path}; lower the learning rates (--set stage{number}.optimizer.nets=...)"
                )
            gathered.append(terms)
            done = step + 1
            self.seconds = before + time.monotonic() - started
            if done % LOG_EVERY == 0 or done == steps:
                means = _means(gathered)
                self.folder.log({"stage": number, "step": step, "seconds": round(self.seconds, 2)} | means)
                self.progress.advance(done, means)
                gathered = []
            if done == steps or done % picture_every == 0:
                text = write_pictures(self.folder.pictures, self.capture, self.avatar, number, done)
                self.progress.note(text)
                save_checkpoint(self.folder.path / "avatar.ckpt", self.avatar)
            if time.monotonic() - last_save > self.options.save_every_s and done < steps:
                self._save(number, done, stage.tensors())
                last_save = time.monotonic()

    def _save(self, stage: int, step: int, tensors: dict[str, Tensor]) -> None:
        everything = {f"avatar.{name}": value for name, value in self.avatar.state_dict().items()}
        everything |= {f"stage.{name}": value for name, value in tensors.items()}
        if not all_finite(everything):
            raise PhynesError(
                f"training diverged: stage {stage}, step {step}, a parameter is not a finite number; the last good "
                f"state is {self.folder.state_path}; lower the learning rates"
            )
        self.folder.save(
            RunState(stage, step, self.seconds, as_json(self.config), self.requested, self.fingerprint, everything)
        )


def _stage_tensors(state: RunState) -> dict[str, Tensor]:
    return {name.removeprefix("stage."): value for name, value in state.tensors.items() if name.startswith("stage.")}


def _affordable_steps(step: Callable[[int], dict[str, float]], seconds: float) -> int:
    """How many steps fit, from timing a few of them."""
    warm_up, timed = CALIBRATION_STEPS
    for number in range(warm_up):
        step(number)
    started = time.monotonic()
    for number in range(warm_up, warm_up + timed):
        step(number)
    return max(1, int(seconds * timed / (time.monotonic() - started)))


def _means(gathered: list[dict[str, float]]) -> dict[str, float]:
    names = sorted({name for terms in gathered for name in terms})
    return {name: float(np.mean([terms[name] for terms in gathered if name in terms])) for name in names}
