"""Training from a capture to an avatar, resumable at any moment: `Trainer.fit` is the whole loop."""

import time
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import replace

import torch
from torch import Tensor

from phynes_core.avatar.avatar import Avatar, AvatarRecord
from phynes_core.body.model import BodyModel
from phynes_core.body.subdivide import split_body
from phynes_core.body.template import Template, template_body
from phynes_core.data.capture import Capture
from phynes_core.errors import CaptureError, PhynesError
from phynes_core.registration.capture_fit import CaptureFit
from phynes_core.registration.registration import Registration
from phynes_core.training.frames import TrainingFrame, load_training_frames, refitted, reposed
from phynes_core.training.masks import MaskDoubt
from phynes_core.training.options import TrainedAvatar, TrainerOptions
from phynes_core.training.presets import TrainingConfig, as_json, from_json, surface_maps, with_rates_of
from phynes_core.training.processes import OtherProcessOutOfMemoryError
from phynes_core.training.run.capture_watch import CaptureWatch
from phynes_core.training.run.recorder import Progress, Recorder, step_name
from phynes_core.training.run.run_folder import RunFolder, RunState
from phynes_core.training.run.stopping import DivergenceWatch, Interruption
from phynes_core.training.stage import StageSetup, TrainingStage
from phynes_core.training.stage0 import Stage0, conclude, resume
from phynes_core.training.stage1 import Stage1
from phynes_core.training.stage2 import Stage2
from phynes_core.training.template_choice import choose_template, stored_template, template_tensors

# in their order, numbered without gaps, with their shares of --minutes (0: steps of its own)
STAGES: tuple[tuple[type[TrainingStage], float], ...] = ((Stage0, 0.0), (Stage1, 0.6), (Stage2, 0.4))
CALIBRATION_STEPS = (3, 12)  # warm-up and timed steps when --minutes sets the number of steps
FEWEST_ROWS = 64  # rays or pixels a step: with fewer, memory is not what is wrong


class Trainer:
    """Trains an avatar from a capture; bit for bit the same for a seed, resumed or not (CPU)."""

    def __init__(
        self, capture: Capture, body: BodyModel, config: TrainingConfig, options: TrainerOptions, progress: Progress
    ) -> None:
        if config.has_mixed_precision and options.device == "cpu":
            raise PhynesError("has_mixed_precision: expected --device cuda, got cpu, where it only costs precision")
        self._capture, self._body, self._options, self._progress = capture, body, options, progress
        self._requested = self._config = config
        self._device, self._processes = torch.device(options.device), options.processes
        self._seconds = 0.0
        self._mask_doubt: MaskDoubt | None = None
        self._template: Template | None = None

    def fit(self) -> TrainedAvatar:
        """Capture -> frames -> avatar -> the steps of every stage -> avatar; raises PhynesError."""
        options = self._options
        torch.set_num_threads(options.threads)
        torch.use_deterministic_algorithms(options.device == "cpu", warn_only=True)
        resumed = self._load_state()
        body = split_body(self._body, self._config.mesh_splits)
        frames = given = load_training_frames(self._capture, body, self._config.stage1.ring_px)
        self._recorder = recorder = self._start_recorder(frames, resumed)
        self._registration = self._start_registration(body, frames)
        self._avatar = self._make_avatar(body, frames, resumed)
        if resumed is not None and self._registration is not None:
            self._mask_doubt = resume(self._registration, resumed, options.folder)
        if resumed is not None and resumed.part("template."):
            body, given = self._stand_on(stored_template(resumed.part("template.")), given)
        for kind, share in STAGES:
            if resumed is not None and resumed.stage > kind.number:
                continue  # the run has been through it
            if getattr(self._config, kind.name).steps == 0:
                continue
            if kind is Stage1 and (resumed is None or (resumed.stage, resumed.step) <= (kind.number, 0)):
                body, given = self._choose_template(body, given)
            frames = self._take_fit(body, given)
            stage, first = self._start_stage(kind, share, frames, resumed)
            steps, terms, divergence = stage.config.steps, [], DivergenceWatch()
            picture_every = max(1, round(steps * options.picture_every))
            recorder.start(stage, first)
            saved_s = time.monotonic()
            started_s = saved_s - self._seconds
            with Interruption() as interruption:
                for step in range(first, steps):
                    terms.append(self._step(stage, step))
                    done, self._seconds = step + 1, time.monotonic() - started_s
                    if trouble := divergence.see(terms[-1]):
                        raise recorder.divergence(stage.number, step, trouble)
                    if self._processes.is_any(interruption.is_asked):
                        self._save(stage.number, done, stage.tensors(), divergence.is_doubtful)
                        raise KeyboardInterrupt(f"{step_name(stage.number, done)} is saved; go on with")
                    if done % stage.log_every == 0 or done == steps:
                        recorder.log(stage.number, done, terms, self._seconds)
                        terms = []
                    if done % picture_every == 0 or done == steps:
                        self._show(stage, done)
                    if time.monotonic() - saved_s > options.save_every_s and done < steps:
                        self._save(stage.number, done, stage.tensors(), divergence.is_doubtful)
                        recorder.check_capture()
                        saved_s = time.monotonic()
            if kind is Stage0 and self._registration is not None:
                self._mask_doubt, text = conclude(self._registration, self._take_fit(body, given))
                self._progress.note(text)
            self._save(stage.number + 1, 0, {})  # the next stage, before its start
        self._take_fit(body, given)
        avatar = self._avatar.cpu().eval().requires_grad_(False)
        return TrainedAvatar(avatar, self._seconds, self._config, self._fit)

    @property
    def _fit(self) -> CaptureFit:
        """What is known of the capture's mistakes."""
        return CaptureFit() if self._registration is None else self._registration.fit()

    def _start_registration(self, body: BodyModel, frames: Sequence[TrainingFrame]) -> Registration | None:
        """None where the capture is trusted."""
        if self._config.registration.steps == 0:
            return None
        numbers = [frame.number for frame in frames]
        registration = Registration(self._capture, body, numbers, self._config.registration, self._config.seed)
        if self._config.registration.has_cameras and not registration.rig.is_observable:
            self._progress.note("one training camera: it stays as given, for the poses can do all that it could")
        return registration

    def _choose_template(
        self, body: BodyModel, given: Sequence[TrainingFrame]
    ) -> tuple[BodyModel, Sequence[TrainingFrame]]:
        """The mesh that the later stages learn on, and the frames posed with it."""
        started_s = time.monotonic()
        frames = self._take_fit(body, given)
        template, text = choose_template(
            self._body, frames, self._registration, self._config.template, self._options.template
        )
        self._seconds += time.monotonic() - started_s
        if text:
            self._progress.note(text)
        return (body, given) if template is None else self._stand_on(template, given)

    def _stand_on(
        self, template: Template, given: Sequence[TrainingFrame]
    ) -> tuple[BodyModel, Sequence[TrainingFrame]]:
        """Learn on a template from here on: as the avatar's body, the frames' and the registration's."""
        self._template = template
        self._avatar.body = body = split_body(template_body(template, self._body), self._config.mesh_splits)
        if self._registration is not None:
            self._registration.stand_on(body)
        return body, reposed(given, body, {frame.number: frame.pose for frame in given})

    def _take_fit(self, body: BodyModel, frames: Sequence[TrainingFrame]) -> tuple[TrainingFrame, ...]:
        """The frames with the poses that are known by now; the avatar gets the shape and the poses, too."""
        frames = refitted(frames, body, self._fit)
        if self._registration is not None and self._mask_doubt is not None:
            frames = self._mask_doubt.applied_to(frames)
        self._avatar.betas.copy_(frames[0].pose.betas)
        self._avatar.training_poses.copy_(torch.stack([frame.pose_vector for frame in frames]))
        return frames

    def _load_state(self) -> RunState | None:
        """The state to resume from; the settings and seconds become those it was saved with."""
        folder = RunFolder(self._options.folder)
        if not self._options.is_resumed:
            if folder.unfinished():
                raise PhynesError(
                    f"{folder.path}: holds an unfinished run; pass --resume to go on with it, or name another "
                    "--run-folder"
                )
            return None
        state = folder.load_to_resume(self._requested)
        self._config, self._seconds = with_rates_of(from_json(state.config), self._requested), state.seconds
        return state

    def _start_recorder(self, frames: Sequence[TrainingFrame], resumed: RunState | None) -> Recorder:
        """Raises PhynesError when the capture is no longer what the run was started with."""
        folder, watch = RunFolder(self._options.folder), CaptureWatch(self._capture, frames)
        if resumed is not None and resumed.capture != watch.fingerprint:
            raise PhynesError(
                f"{folder.path}: the capture changed since this run was started: "
                f"{watch.difference(folder.capture_path)}; put back what it was, or train without --resume in another "
                "--run-folder"
            )
        return Recorder(folder, watch, self._options.processes, self._progress, self._options.has_tensorboard, resumed)

    def _make_avatar(self, body: BodyModel, frames: Sequence[TrainingFrame], resumed: RunState | None) -> Avatar:
        """Untrained maps of the seed, or those of the run that is resumed; on the CPU."""
        config = self._config
        torch.manual_seed(config.seed)
        offset, texture = surface_maps(config)
        avatar = Avatar.untrained(body, self._options.name, offset, texture, config.albedo, config.roughness)
        has_detail = int(config.stage2.has_pixel_normals)
        avatar.record = AvatarRecord(self._options.name, config.stage2.f0, provenance={"pixel_normals": has_detail})
        with torch.no_grad():
            for neural_map in (avatar.offset, avatar.texture):
                if neural_map.pose is not None:
                    neural_map.pose.weight.mul_(config.stage1.pose_gain)
        avatar.betas = self._capture.poses[self._capture.frames[0]].betas.clone()
        avatar.use_map_backend(self._options.maps)
        avatar.training_poses = torch.stack([frame.pose_vector for frame in frames])
        if resumed is not None:
            avatar.load_state_dict(resumed.part("avatar."))
        return avatar

    def _start_stage(
        self, kind: type[TrainingStage], share: float, frames: Sequence[TrainingFrame], resumed: RunState | None
    ) -> tuple[TrainingStage, int]:
        """A stage, and how many of its steps are done; `share` of --minutes sets how many there are."""
        if kind.preparation:
            self._progress.note(kind.preparation)
        self._avatar.to(self._device)
        setup = StageSetup(
            self._avatar, frames, self._believed_config(), self._device, self._registration, self._processes,
            self._options.mesh_losses,
        )  # fmt: skip
        if resumed is not None and resumed.stage == kind.number and resumed.step > 0:
            return kind(setup, resumed.part("stage.")), resumed.step
        stage = kind(setup)
        if self._options.minutes is not None and share > 0:
            # the trial must leave everything else as it is: it gets a copy of the avatar, and moves no poses
            trial = stage.anew(replace(setup, avatar=deepcopy(self._avatar), registration=None))
            steps = self._affordable_steps(trial, self._seconds_for(kind, share))
            chosen = replace(getattr(self._config, kind.name), steps=steps)
            self._config = replace(self._config, **{kind.name: chosen})
            stage = stage.anew(replace(setup, config=self._believed_config()))
        stage.start()
        return stage, 0

    def _seconds_for(self, kind: type[TrainingStage], share: float) -> float:
        """A stage's part of what is left of --minutes; half its share at least, however long the stages before took."""
        whole = 60.0 * (self._options.minutes or 0.0)
        to_come = sum(other for stage, other in STAGES if stage.number >= kind.number)
        return max((whole - self._seconds) * share / to_come, 0.5 * whole * share)

    def _believed_config(self) -> TrainingConfig:
        """The settings, with what masks deserve."""
        if self._mask_doubt is None:
            return self._config
        return replace(self._config, stage1=self._mask_doubt.weighed(self._config.stage1))

    def _affordable_steps(self, trial: TrainingStage, seconds: float) -> int:
        """How many steps take so long, from timing a few of them."""
        warm_up, timed = CALIBRATION_STEPS
        for step in range(warm_up):
            self._step(trial, step)
        started_s = time.monotonic()
        for step in range(warm_up, warm_up + timed):
            self._step(trial, step)
        a_step = (time.monotonic() - started_s) / timed
        return max(1, int(self._processes.agree(seconds / a_step)))

    def _step(self, stage: TrainingStage, step: int) -> dict[str, float]:
        """One step; where memory does not suffice, the same step with half the rays or pixels, from here on."""
        is_mixed = self._config.has_mixed_precision and not stage.needs_full_precision and self._device.type == "cuda"
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
            self._halve(stage, step)

    def _halve(self, stage: TrainingStage, step: int) -> None:
        before, unit = stage.num_rows, f"{stage.row_name} a step"
        trouble = f"{step_name(stage.number, step)}: out of memory with {before} {unit}"
        if before // 2 < FEWEST_ROWS:
            raise PhynesError(f"{trouble}; free the GPU, or train with --device cpu; {self._recorder.saved}")
        stage.take_rows(before // 2)
        fewer = replace(getattr(self._config, stage.name), **{stage.row_name: before // 2})
        self._config = replace(self._config, **{stage.name: fewer})
        self._progress.note(f"{trouble}; going on with {before // 2}")

    def _show(self, stage: TrainingStage, done: int) -> None:
        """A comparison strip; where the capture can no longer be read, the state is saved first."""
        try:
            self._recorder.show(stage, done, self._fit.applied_to(self._capture), self._avatar)
        except CaptureError as error:
            self._save(stage.number, done, stage.tensors())
            raise CaptureError(f"{error}; mend it and --resume: {self._recorder.saved}") from error

    def _save(self, number: int, step: int, stage_tensors: Mapping[str, Tensor], is_doubtful: bool = False) -> None:
        """The state to resume from: `step` steps of stage `number` are done."""
        tensors = {f"avatar.{name}": value for name, value in self._avatar.state_dict().items()}
        tensors |= {f"stage.{name}": value for name, value in stage_tensors.items()}
        if self._registration is not None:
            tensors |= {f"registration.{name}": value for name, value in self._registration.tensors().items()}
        if self._template is not None:
            tensors |= {f"template.{name}": value for name, value in template_tensors(self._template).items()}
        if self._mask_doubt is not None:
            tensors |= {f"masks.{name}": value for name, value in self._mask_doubt.tensors().items()}
        config, requested = as_json(self._config), as_json(self._requested)
        state = RunState(number, step, self._seconds, config, requested, self._recorder.fingerprint, tensors)
        self._recorder.save(state, is_doubtful)
