"""Training from a capture to an avatar: both stages, resumable at any moment."""

from dataclasses import replace

import torch

from phynes_core.avatar.avatar import Avatar, AvatarRecord
from phynes_core.body.model import BodyModel
from phynes_core.body.subdivide import split_body
from phynes_core.data.capture import Capture
from phynes_core.errors import PhynesError
from phynes_core.training.capture_watch import CaptureWatch
from phynes_core.training.frames import load_training_frames
from phynes_core.training.presets import OptimizerConfig, TrainingConfig, from_json
from phynes_core.training.run_folder import RunFolder, RunState
from phynes_core.training.stage import Progress, RunOptions
from phynes_core.training.trainer import Run, Setup


def train(
    capture: Capture, body: BodyModel, config: TrainingConfig, options: RunOptions, progress: Progress
) -> tuple[Avatar, float, TrainingConfig]:  # the avatar, seconds of training, the settings with their final steps
    """Train an avatar from a capture; bit for bit the same for a seed, resumed or not (CPU)."""
    if config.has_mixed_precision and options.device == "cpu":
        raise PhynesError("has_mixed_precision: expected --device cuda, got cpu, where it only costs precision")
    torch.set_num_threads(options.threads)
    torch.use_deterministic_algorithms(options.device == "cpu", warn_only=True)
    folder = RunFolder(options.folder)
    state = _resumed_state(folder, config) if options.is_resumed else None
    if state is None and folder.unfinished():
        raise PhynesError(
            f"{folder.path}: holds an unfinished run; pass --resume to go on with it, or name another --run-folder"
        )
    body = split_body(body, config.mesh_splits)
    frames = load_training_frames(capture, body, config.stage1.ring_px)
    watch = CaptureWatch(capture, frames)
    if state is not None and state.capture != watch.fingerprint:
        raise PhynesError(
            f"{folder.path}: the capture changed since this run was started: {watch.difference(folder.capture_path)}; "
            "put back what it was, or train without --resume in another --run-folder"
        )
    if options.processes.is_first:
        folder.cut_log(*((0, 0) if state is None else (state.stage, state.step)))
        watch.write(folder.capture_path)
    used = config if state is None else _with_rates_of(from_json(state.config), config)
    torch.manual_seed(used.seed)
    avatar = _new_avatar(capture, body, used, options.name)
    avatar.use_map_backend(options.maps)
    avatar.training_poses = torch.stack([frame.pose_vector for frame in frames])
    if state is not None:
        avatar.load_state_dict({k.removeprefix("avatar."): v for k, v in state.tensors.items() if k[:7] == "avatar."})
    run = Run(Setup(capture, watch, avatar, frames, options, progress, folder), used, config, state)
    run.stage1()
    run.stage2()
    return avatar.cpu().eval().requires_grad_(False), run.seconds, run.config


def _resumed_state(folder: RunFolder, config: TrainingConfig) -> RunState:
    state = folder.load()
    before = from_json(state.requested)
    if _with_rates_of(before, config) != config:
        raise PhynesError(
            f"{folder.path}: was started with other settings; resume with the same ones (only learning rates may "
            "change) or train anew"
        )
    return state


def _with_rates_of(config: TrainingConfig, other: TrainingConfig) -> TrainingConfig:
    """The settings with the learning rates of others: a run that diverged goes on with lower ones."""
    return replace(
        config,
        stage1=replace(config.stage1, optimizer=_rates(config.stage1.optimizer, other.stage1.optimizer)),
        stage2=replace(config.stage2, optimizer=_rates(config.stage2.optimizer, other.stage2.optimizer)),
    )


def _rates(own: OptimizerConfig, other: OptimizerConfig) -> OptimizerConfig:
    return replace(own, nets=other.nets, grids=other.grids, offset_grid=other.offset_grid, light=other.light)


def _new_avatar(capture: Capture, body: BodyModel, config: TrainingConfig, name: str) -> Avatar:
    avatar = Avatar.untrained(body, name, config.offset, config.texture, config.albedo, config.roughness)
    has_detail = int(config.stage2.has_pixel_normals)
    avatar.record = AvatarRecord(name, config.stage2.f0, provenance={"pixel_normals": has_detail})
    with torch.no_grad():
        for neural_map in (avatar.offset, avatar.texture):
            if neural_map.pose is not None:
                neural_map.pose.weight.mul_(config.stage1.pose_gain)
    betas = capture.poses[capture.frames[0]].betas
    avatar.betas = betas.clone()
    return avatar
