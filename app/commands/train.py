"""Train an avatar from a capture: its geometry and texture, then its materials and the light it was seen under.

examples:
  python launch.py train --data data/josh --out checkpoints/josh.ckpt
  python launch.py train --data data/josh --out checkpoints/josh.ckpt --resume         go on after an interruption
  python launch.py train --data data/josh --out quick.ckpt --minutes 5                 as good as five minutes allow
  python launch.py train --data data/josh --out paper.ckpt --preset paper              the paper's choices as printed
  python launch.py train --data data/josh --out a.ckpt --set stage1.steps=500 --set stage2.has_visibility=false
  python launch.py train --data data/josh --out plain.ckpt --ablation plain-maps       without the hash encoding
  torchrun --nproc-per-node 2 launch.py train --data data/josh --out two.ckpt          two processes share the rays
"""

import dataclasses
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import tyro

from app.options.dataset import LEFT_OUT, DatasetOptions, capture_options, typed
from phynes_core.errors import PhynesError

INTERRUPTED = 130  # exit code, as a shell has it for Ctrl-C


@dataclass(frozen=True)
class Train:
    """Options of `train`."""

    data: Path
    """Folder of the capture (docs/dataset.md)."""
    out: Path
    """The checkpoint to write."""
    preset: str = "fast"
    """fast: what measured best; paper: the choices as printed, hours on a CPU."""
    device: str = "cpu"
    """cpu or cuda."""
    resume: bool = False
    """Go on with the run in the run folder, with the same settings."""
    maps: str = "auto"
    """How to ask the neural maps while training: numba, tinycudann (their encoding, on CUDA), reference."""
    mesh_losses: str = "auto"
    """Who computes stage 1's mesh losses: reference or pytorch3d."""
    minutes: float | None = None
    """Choose the number of steps so that training takes about so long on this machine."""
    set: tuple[str, ...] = ()
    """Change a setting of the preset, as in stage1.steps=500; repeatable."""
    ablation: tuple[str, ...] = ()
    """An ablation of the paper: plain-maps, no-mesh-losses or split-mesh (docs/training.md); repeatable."""
    seed: int = 0
    """Of all random numbers; the same seed gives the same avatar on the CPU."""
    threads: int = 1
    """Threads of torch. The kernels use all cores anyway."""
    save_every: float = 60.0
    """Seconds between saved states: what a kill loses at most."""
    tensorboard: bool = False
    """Write the curves and pictures for TensorBoard too (<run folder>/tensorboard)."""
    run_folder: Path | None = None
    """Where states, curves and pictures go; runs/<name of the checkpoint> when left out."""
    smpl: Path | None = None
    """A licensed SMPL file, when the capture was made with one."""
    smpl_uv: Path | None = None
    """OBJ with the UV atlas of that body; unwrapped automatically when left out."""
    evaluate: bool = True
    """Measure the avatar on the held-out views at the end and store the numbers in the checkpoint."""
    dataset: tyro.conf.OmitArgPrefixes[DatasetOptions] = LEFT_OUT
    """Options for ZJU-MoCap and SyntheticHuman folders."""


def run(args: Train) -> int:
    import torch

    from app.options.backends import check_training_backends
    from app.training_progress import RichProgress, SilentProgress
    from phynes_core.avatar.checkpoint import save_checkpoint
    from phynes_core.body.files import load_body
    from phynes_core.data.open_capture import open_capture
    from phynes_core.training.ablations import with_ablation
    from phynes_core.training.loop import RunOptions, train
    from phynes_core.training.presets import preset, with_overrides
    from phynes_core.training.processes import join_processes, leave_processes

    if args.device not in ("cpu", "cuda"):
        raise PhynesError(f"--device: expected cpu or cuda, got '{args.device}'")
    if args.device == "cuda" and not torch.cuda.is_available():
        raise PhynesError("--device cuda: torch finds no CUDA GPU here; train with --device cpu")
    check_training_backends(args.maps, args.mesh_losses, args.device)
    if args.minutes is not None and not args.minutes > 0:
        raise PhynesError(f"--minutes: expected more than 0, got {args.minutes}")
    if not args.save_every >= 0:
        raise PhynesError(f"--save-every: expected 0 or more seconds, got {args.save_every}")
    if args.threads < 1:
        raise PhynesError(f"--threads: expected at least 1, got {args.threads}")
    config = preset(args.preset)
    for name in args.ablation:
        config = with_ablation(config, name)
    config = with_overrides(config, _settings(args.set))
    config = dataclasses.replace(config, seed=args.seed)
    smpl = None if args.smpl is None else load_body(args.smpl, args.smpl_uv)
    capture = open_capture(args.data, capture_options(args.dataset), smpl)
    body = _body(args, capture, smpl)
    _check_writable(args.out)  # an unwritable place is found out now, not in an hour
    processes = join_processes(args.device)
    options = RunOptions(
        folder=args.run_folder or Path("runs") / args.out.stem,
        name=args.out.stem,
        device=args.device,
        is_resumed=args.resume,
        minutes=args.minutes,
        threads=args.threads,
        save_every_s=args.save_every,
        has_tensorboard=args.tensorboard,
        processes=processes,
        maps=args.maps,
        mesh_losses=args.mesh_losses,
    )
    started = time.monotonic()
    try:
        with RichProgress() if processes.is_first else SilentProgress() as progress:
            avatar, seconds, config = train(capture, body, config, options, progress)
    except KeyboardInterrupt as stop:
        if not processes.is_first:
            return INTERRUPTED
        said = f"{stop}: " if stop.args else ""
        raise KeyboardInterrupt(f"{said}{_resuming(args)}") from None
    finally:
        leave_processes()
    if not processes.is_first:
        return 0
    provenance: dict[str, str | int | float] = {
        "command": _command(args, _shown),
        "preset": config.preset, "seed": config.seed, "device": args.device, "threads": args.threads,
        "processes": processes.count, "steps_stage1": config.stage1.steps, "steps_stage2": config.stage2.steps,
        "training_seconds": round(seconds, 1), "capture": capture.name,
        "views": sum(split == "train" for split in capture.camera_split.values()),
        "frames": sum(split == "train" for split in capture.frame_split.values()),
    }  # fmt: skip
    avatar.record = dataclasses.replace(avatar.record, provenance=avatar.record.provenance | provenance)
    save_checkpoint(args.out, avatar)
    print(f"wrote {args.out} after {(time.monotonic() - started) / 60.0:.1f} minutes")
    if args.evaluate and _has_test_views(capture):
        _measure(args.out, capture, body, options.folder / "report")
    return 0


class _EnoughError(Exception):
    """Ends a trial write."""


def _check_writable(path: Path) -> None:
    """Start writing the checkpoint and stop before anything stands there: OutputError if that cannot be done."""
    from phynes_core.io.atomic_file import replacing

    try:
        with replacing(path):
            raise _EnoughError
    except _EnoughError:
        return


def _measure(path: Path, capture, body, report: Path) -> None:
    """Evaluate what the file holds (its grids are half precision) and store the numbers in it."""
    from phynes_core.avatar.checkpoint import load_checkpoint, save_checkpoint
    from phynes_core.evaluation.evaluate import evaluate, flat_metrics
    from phynes_core.evaluation.options import EvaluateOptions
    from phynes_core.evaluation.report.files import PAGE, write_report

    avatar = load_checkpoint(path)
    evaluation = evaluate(avatar, capture, EvaluateOptions())
    write_report(report, evaluation)
    avatar.record = dataclasses.replace(avatar.record, metrics=flat_metrics(evaluation.metrics))
    save_checkpoint(path, avatar)
    for name, value in avatar.record.metrics.items():
        print(f"  {name:<36}{value:9.3f}")
    print(f"report: {report / PAGE}")


def _settings(texts: tuple[str, ...]) -> dict[str, str]:
    settings = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise PhynesError(f"--set: expected name=value, as in stage1.steps=500, got '{text}'")
        settings[name] = value
    return settings


def _body(args: Train, capture, smpl):
    from phynes_core.body.files import load_bundled_body

    body = load_bundled_body() if smpl is None else smpl
    if capture.body_hash and capture.body_hash != body.content_hash:
        raise PhynesError(
            f"{args.data}: made with the body '{capture.body_name}' (hash {capture.body_hash[:12]}), got '{body.name}' "
            f"(hash {body.content_hash[:12]}); name the right file with --smpl"
        )
    return body


def _has_test_views(capture) -> bool:
    return any(
        capture.has_image(camera, frame)
        for camera, split in capture.camera_split.items() if split == "test"
        for frame in capture.frames
    )  # fmt: skip


def _command(args: Train, shown: Callable[[Path], str]) -> str:
    """The command that makes this avatar again."""
    words = ["python launch.py train", "--data", shown(args.data), "--out", shown(args.out)]
    words += ["--preset", args.preset] if args.preset != Train.preset else []
    words += ["--seed", str(args.seed)] if args.seed != Train.seed else []
    words += ["--minutes", f"{args.minutes:g}"] if args.minutes is not None else []
    words += [f"--ablation {name}" for name in args.ablation]
    return " ".join([*words, *typed(args.dataset), *(f"--set {text}" for text in args.set)])


def _resuming(args: Train) -> str:
    """The command that goes on with this run."""
    words = [_command(args, str), *(["--device", args.device] if args.device != Train.device else [])]
    words += ["--run-folder", str(args.run_folder)] if args.run_folder is not None else []
    words += ["--smpl", str(args.smpl)] if args.smpl is not None else []
    words += ["--smpl-uv", str(args.smpl_uv)] if args.smpl_uv is not None else []
    words += ["--threads", str(args.threads)] if args.threads != Train.threads else []
    words += ["--save-every", f"{args.save_every:g}"] if args.save_every != Train.save_every else []
    words += [*(["--tensorboard"] if args.tensorboard else []), *(["--no-evaluate"] if not args.evaluate else [])]
    return " ".join([*words, "--resume"])


def _shown(path: Path) -> str:
    """A path for others' eyes: folders outside the working folder are named without their path."""
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.name
