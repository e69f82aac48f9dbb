"""Train an avatar from a capture: its geometry and texture, then its materials and the light it was seen under.

examples:
  python launch.py train --data data/josh --out checkpoints/josh.ckpt
  python launch.py train --data data/josh --out checkpoints/josh.ckpt --resume         go on after an interruption
  python launch.py train --data data/josh --out quick.ckpt --minutes 5                 as good as five minutes allow
  python launch.py train --data data/josh --out paper.ckpt --preset paper              the paper's choices as printed
  python launch.py train --data data/ada --out ada.ckpt --template smpl                on the body's own mesh
  python launch.py train --data data/josh --out a.ckpt --set stage1.steps=500 --set stage2.has_visibility=false
  python launch.py train --data data/josh --out plain.ckpt --ablation plain-maps       without the hash encoding
  python launch.py train --data data/josh --out josh.ckpt --serve                      watched in a browser as it learns
  torchrun --nproc-per-node 2 launch.py train --data data/josh --out two.ckpt          two processes share the rays
"""

import math
import os
import shlex
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import tyro
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from app.commands.inspect import Inspect
from app.options.arguments import OptionalValue
from app.options.dataset import DATASET_DEFAULTS, DatasetOptions, capture_body, capture_options, with_template
from app.serving.page_recipe import serving_run
from app.serving.server import DEFAULT_PORT
from phynes_core.errors import PhynesError
from phynes_core.io.output_files import check_file
from phynes_core.io.output_locks import claiming

INTERRUPTED = 130  # exit code, as a shell has it for Ctrl-C
# the options that decide what is learned, in the order in which a checkpoint's provenance names them
LEARNED_FROM = ("data", "out", "preset", "template", "seed", "minutes", "ablation", "dataset", "set")


@dataclass(frozen=True)
class Train:
    """Options of `train`."""

    data: Path
    """Folder of the capture (docs/dataset.md)."""
    out: Path
    """The checkpoint to write."""
    preset: str = "fast"
    """fast: what measured best; paper: the choices as printed, hours on a CPU."""
    template: str | None = None
    """Mesh. auto: the person's own, where better; smpl: the body's (preset paper); or that of a checkpoint."""
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
    serve: Annotated[int | None, OptionalValue(str(DEFAULT_PORT)), tyro.conf.arg(metavar="[PORT]")] = None
    """Serve the avatar as it stands to browsers of this machine while it trains; 0 takes a free port."""
    run_folder: Path | None = None
    """Where states, curves and pictures go; runs/<name of the checkpoint> when left out."""
    smpl: Path | None = None
    """A licensed SMPL file, when the capture was made with one."""
    smpl_uv: Path | None = None
    """OBJ with the UV atlas of that body; unwrapped automatically when left out."""
    evaluate: Annotated[bool, tyro.conf.arg(help_behavior_hint="")] = True
    """Do not measure the avatar at the end; without --no-evaluate the checkpoint gets the held-out views' numbers."""
    inspect: Annotated[bool, tyro.conf.arg(help_behavior_hint="")] = True
    """Do not look at some pictures first; without --no-inspect, train warns of what looks wrong there."""
    dataset: tyro.conf.OmitArgPrefixes[DatasetOptions] = DATASET_DEFAULTS
    """Options for ZJU-MoCap and SyntheticHuman folders."""


class TerminalProgress:
    """A progress bar for each stage with the time left and the present loss; use it as a context manager."""

    def __init__(self, console: Console) -> None:
        self._bars = Progress(
            TextColumn("stage {task.description}"), BarColumn(bar_width=24), MofNCompleteColumn(), TimeElapsedColumn(),
            TextColumn("left"), TimeRemainingColumn(), TextColumn("{task.fields[numbers]}"), 
            console=console, refresh_per_second=2,
        )  # fmt: skip
        self._task: TaskID | None = None

    def __enter__(self) -> "TerminalProgress":
        self._bars.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._bars.stop()

    def start(self, title: str, step: int, steps: int) -> None:
        """Add the bar of a stage."""
        self._task = self._bars.add_task(title, total=steps, completed=step, numbers="")

    def advance(self, step: int, terms: dict[str, float]) -> None:
        """Move the bar and show the training error as PSNR."""
        if self._task is not None:
            decibels = -10.0 * math.log10(max(terms["image"], 1e-10))
            self._bars.update(self._task, completed=step, numbers=f"loss {terms['loss']:.5f}  {decibels:.1f} dB")

    def note(self, text: str) -> None:
        """Print a line above the bars."""
        self._bars.console.print(text, highlight=False)


def run(args: Train) -> int:
    check_file(args.out)  # an unwritable path is reported before the training, not after it
    folder = args.run_folder or Path("runs") / args.out.stem
    is_first = os.environ.get("RANK", "0") == "0"  # of torchrun's processes, the one that writes
    served = serving_run(folder, args.serve if is_first else None, args.smpl, args.smpl_uv, not args.resume)
    with claiming(*((args.out, folder) if is_first else ())), served:
        return _train(args, folder)


def _train(args: Train, folder: Path) -> int:
    from phynes_core.avatar.checkpoint import save_checkpoint
    from phynes_core.body.files import load_body
    from phynes_core.data.held_out import held_out_note
    from phynes_core.data.open_capture import open_capture
    from phynes_core.evaluation.options import held_out_views
    from phynes_core.training.options import TrainerOptions
    from phynes_core.training.processes import join_processes, leave_processes
    from phynes_core.training.run.run_folder import RunFolder
    from phynes_core.training.trainer import Trainer

    _check_options(args)
    config, template = with_template(_config(args), args.template, args.smpl, args.smpl_uv)
    smpl = None if args.smpl is None else load_body(args.smpl, args.smpl_uv)
    capture = open_capture(args.data, capture_options(args.dataset), smpl)
    body = capture_body(args.data, capture, smpl)
    processes = join_processes(args.device)
    options = TrainerOptions(
        folder=folder, name=args.out.stem, device=args.device, is_resumed=args.resume, minutes=args.minutes,
        threads=args.threads, save_every_s=args.save_every, has_tensorboard=args.tensorboard, processes=processes,
        maps=args.maps, mesh_losses=args.mesh_losses, template=template,
    )  # fmt: skip
    started_s = time.monotonic()
    if (note := held_out_note(capture)) and processes.is_first:
        print(note)
    try:
        if args.inspect and not args.resume and processes.is_first:
            _warn(args, capture, body)
        with TerminalProgress(Console(quiet=not processes.is_first)) as progress:
            trained = Trainer(capture, body, config, options, progress).fit()
    except KeyboardInterrupt as stop:
        if not processes.is_first:
            return INTERRUPTED
        message = f"{stop}: " if stop.args else ""
        raise KeyboardInterrupt(f"{message}{_resuming(args)}") from None
    finally:
        leave_processes()
    if not processes.is_first:
        return 0
    avatar, config = trained.avatar, trained.config
    provenance: dict[str, str | int | float] = {  # no times: a run that is repeated gives the same file
        "command": _command(args),
        "preset": config.preset, "seed": config.seed, "device": args.device, "threads": args.threads,
        "processes": processes.count, "steps_stage1": config.stage1.steps, "steps_stage2": config.stage2.steps,
        "capture": capture.name,
        "views": sum(split == "train" for split in capture.camera_split.values()),
        "frames": sum(split == "train" for split in capture.frame_split.values()),
    }  # fmt: skip
    avatar.record = replace(avatar.record, provenance=avatar.record.provenance | provenance)
    save_checkpoint(args.out, avatar)
    print(f"wrote {args.out} after {(time.monotonic() - started_s) / 60.0:.1f} minutes")
    fitted = trained.fit.applied_to(capture)
    RunFolder(folder).save_bodies(fitted if trained.fit.poses else None)
    if args.evaluate and any(held_out_views(capture, max_images=1, pictured=0)):
        if note:
            print(note)
        _measure(args.out, capture, fitted, trained, folder)
    return 0


def _check_options(args: Train) -> None:
    import torch

    from app.options.backends import check_training_backends

    if args.device not in ("cpu", "cuda"):
        raise PhynesError(f"--device: expected cpu or cuda, got '{args.device}'")
    if args.device == "cuda" and not torch.cuda.is_available():
        raise PhynesError("--device cuda: torch finds no CUDA GPU here; train with --device cpu")
    check_training_backends(args.maps, args.mesh_losses, args.device)


def _config(args: Train):
    from phynes_core.training.presets import preset, with_ablation, with_overrides

    config = preset(args.preset)
    for name in args.ablation:
        config = with_ablation(config, name)
    for text in args.set:
        if "=" not in text:
            raise PhynesError(f"--set: expected name=value, as in stage1.steps=500, got '{text}'")
    settings = dict(text.split("=", 1) for text in args.set)
    return replace(with_overrides(config, settings), seed=args.seed)


def _warn(args: Train, capture, body) -> None:
    """A line on stderr for each thing about the capture that looks usable or wrong; training goes on in any case."""
    from app.options.command_lines import arguments_of
    from phynes_core.evaluation.inspection.inspect_capture import inspect_quickly

    findings = inspect_quickly(capture, body)
    for finding in findings:
        remedy = f"; {finding.remedy}" if finding.remedy else ""
        print(f"warning: {finding.subject}, {finding.level}: {finding.text}{remedy}", file=sys.stderr)
    if findings:
        shown = {name: getattr(args, name) for name in ("data", "smpl", "smpl_uv", "dataset")}
        command = shlex.join(["python", "launch.py", "inspect", *arguments_of(Inspect, shown)])
        print(f"warning: `{command}` shows more", file=sys.stderr)


def _measure(path: Path, capture, fitted, trained, folder: Path) -> None:
    """Evaluate the checkpoint as it was saved (with grids in half precision) and store the metrics in it.

    Where training found better poses the avatar is judged with these, and with poses of held-out frames that are
    fitted as well.
    """
    from app.commands.evaluate import Countdown
    from phynes_core.avatar.checkpoint import load_checkpoint, save_checkpoint
    from phynes_core.evaluation.evaluate import evaluate, flat_metrics
    from phynes_core.evaluation.options import EvaluateOptions, judged_frames
    from phynes_core.evaluation.poses import refined
    from phynes_core.evaluation.report.files import PAGE, write_report
    from phynes_core.training.run.run_folder import RunFolder

    avatar, options, report = load_checkpoint(path), EvaluateOptions(), folder / "report"
    judged = fitted
    if trained.fit.poses:
        frames, config = judged_frames(fitted, options), trained.config.registration
        judged = refined(
            avatar, fitted, frames, known=trained.fit.poses, given=capture.poses, config=config,
            progress=Countdown("fitting held-out poses"),
        )  # fmt: skip
        RunFolder(folder).save_bodies(judged.capture)
    evaluation = evaluate(avatar, judged, options)
    evaluation.provenance["training_seconds"] = round(trained.seconds, 1)  # the report's alone
    if trained.fit.poses:
        print(f"measured with poses {evaluation.metrics['protocol']['poses']}")
    write_report(report, evaluation)
    avatar.record = replace(avatar.record, metrics=flat_metrics(evaluation.metrics))
    save_checkpoint(path, avatar)
    for name, value in avatar.record.metrics.items():
        print(f"  {name:<36}{value:9.3f}")
    print(f"report: {report / PAGE}")


def _command(args: Train) -> str:
    """The command that trains this avatar, with paths as `_shown` gives them."""
    from app.options.command_lines import arguments_of

    values = {name: getattr(args, name) for name in LEARNED_FROM}
    values |= {"data": _shown(args.data), "out": _shown(args.out)}
    if args.template is not None and Path(args.template).is_file():
        values["template"] = _shown(Path(args.template))
    if args.dataset.lighting is not None:
        values["dataset"] = replace(args.dataset, lighting=Path(_shown(args.dataset.lighting)))
    return shlex.join(["python", "launch.py", "train", *arguments_of(Train, values)])


def _shown(path: Path) -> str:
    """A path that names no folders of this machine: relative to the working folder, or its last part alone."""
    path = path.resolve()
    return path.relative_to(Path.cwd()).as_posix() if path.is_relative_to(Path.cwd()) else path.name


def _resuming(args: Train) -> str:
    """The command that resumes this run."""
    from app.options.command_lines import CommandLine, arguments_of

    return CommandLine(("train", *arguments_of(Train, vars(replace(args, resume=False))), "--resume")).text
