"""Measure an avatar against a capture's held-out pictures and ground truth; writes metrics.json and a report.

examples:
  python launch.py evaluate --avatar josh.ckpt --data data/josh --out report
  python launch.py evaluate --avatar josh.ckpt --data data/josh --out report --max-images 4
  python launch.py evaluate --avatar josh.ckpt --data data/josh --out report --alignment least-squares
  python launch.py evaluate --avatar josh.ckpt --data data/josh --out report --limits --rivals
  python launch.py evaluate --avatar josh.ckpt --data data/josh_fits --out report --poses all
  python launch.py evaluate --avatar josh.ckpt --data data/josh --out report --lpips vgg16_lpips.pth
"""

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import tyro

from app.options.dataset import DATASET_DEFAULTS, DatasetOptions, capture_options


@dataclass(frozen=True)
class Evaluate:
    """Options of `evaluate`."""

    avatar: str
    """Checkpoint file, or a bare name in checkpoints/."""
    data: Path
    """Folder of the capture (docs/dataset.md)."""
    out: Path
    """Folder for report.html with pictures/, metrics.json, images.csv and tables.csv."""
    max_images: int | None = None
    """Pictures of each split to compare with; all when left out."""
    supersample: int = 2
    """Samples a side of a pixel; the pictures of a camera are antialiased."""
    pictured: int = 2
    """Pictures of each split that the report shows."""
    alignment: Literal["median", "least-squares"] = "median"
    """How the unknown scale of albedo and light is taken out (docs/evaluation.md)."""
    lpips: tuple[Path, ...] = ()
    """Weights of LPIPS: one file of the whole network, or backbone and heads; not measured when left out."""
    poses: Literal["given", "refined", "true", "all"] = "given"
    """Body parameters of the pictures: the capture's own, these fitted to the training cameras' pictures, the true ones
    that `degrade` kept, or all of them in a table."""
    freeze_materials: bool = False
    """Evaluate pose-dependent materials in the first training pose for every frame, as render and the viewer do."""
    limits: bool = False
    """Measure some pictures again with ground truth instead of learned maps: the renderer's share of the error."""
    rivals: bool = False
    """Compare with a plain textured mesh and with Mitsuba's inverse rendering on our mesh; takes some minutes."""
    compared_images: int = 4
    """Pictures of each split for --limits and --rivals."""
    smpl: Path | None = None
    """A licensed SMPL file, when the avatar was trained on one."""
    smpl_uv: Path | None = None
    """OBJ with the UV atlas of that body."""
    dataset: tyro.conf.OmitArgPrefixes[DatasetOptions] = DATASET_DEFAULTS
    """Options for ZJU-MoCap and SyntheticHuman folders."""


def run(args: Evaluate) -> int:
    from phynes_core.io.output_files import check_folder
    from phynes_core.io.output_locks import claiming

    check_folder(args.out)
    with claiming(args.out):
        return _evaluate(args)


def _evaluate(args: Evaluate) -> int:
    from app.bench.rivals import make_rivals
    from phynes_core.avatar.checkpoint import load_checkpoint, resolve_avatar_path
    from phynes_core.data.held_out import held_out_note
    from phynes_core.data.open_capture import open_capture
    from phynes_core.evaluation.evaluate import evaluate, evaluate_sources, flat_metrics
    from phynes_core.evaluation.metrics.lpips import load_lpips
    from phynes_core.evaluation.options import EvaluateOptions, judged_frames
    from phynes_core.evaluation.poses import available_sources, check_source, posed_capture
    from phynes_core.evaluation.report.files import PAGE, write_report

    lpips = load_lpips(args.lpips) if args.lpips else None
    avatar = load_checkpoint(resolve_avatar_path(args.avatar), args.smpl, args.smpl_uv)
    capture = open_capture(args.data, capture_options(args.dataset), avatar.body)
    sources = available_sources(capture) if args.poses == "all" else (args.poses,)
    for source in sources:
        check_source(capture, source)  # what is missing is said before the work
    if note := held_out_note(capture):
        print(note)
    options = EvaluateOptions(
        supersample=args.supersample, max_images=args.max_images, pictured=args.pictured, alignment=args.alignment,
        lpips=lpips, freezes_materials=args.freeze_materials, has_limits=args.limits,
        compared_images=args.compared_images,
    )  # fmt: skip
    rivals = make_rivals(avatar, capture, lambda text: print(text, file=sys.stderr)) if args.rivals else []
    frames = judged_frames(capture, options)
    posed = [posed_capture(avatar, capture, source, frames, Countdown("fitting poses")) for source in sources]
    progress = Countdown("measuring")
    evaluation = (
        evaluate(avatar, posed[0], options, progress, rivals) if len(posed) == 1
        else evaluate_sources(avatar, posed, options, progress, rivals)
    )  # fmt: skip
    write_report(args.out, evaluation)
    for name, value in flat_metrics(evaluation.metrics).items():
        print(f"{name:<40}{value:10.3f}")
    print(f"wrote {args.out / PAGE} and {args.out / 'metrics.json'}")
    return 0


class Countdown:
    """A line on stderr: how much is done and about how long the rest takes."""

    def __init__(self, title: str) -> None:
        self._title, self._started_s = title, time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        """Renew the line; it ends with the last."""
        left_s = (time.monotonic() - self._started_s) / done * (total - done)
        left = f"about {left_s:.0f} s left" if left_s < 100.0 else f"about {left_s / 60.0:.0f} min left"
        text = f"{self._title}: {done} of {total}" + (f", {left}" if done < total else "")
        print(f"\r{text:<60}", end="\n" if done == total else "", file=sys.stderr, flush=True)
