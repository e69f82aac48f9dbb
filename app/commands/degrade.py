"""Make an imperfect capture of a good one: wrong fits, masks, cameras and colors, with the true values kept.

examples:
  python launch.py degrade --data assets/captures/josh_256 --out data/josh_real --preset real
  python launch.py degrade --data data/josh --out data/josh_fits --body-noise 1deg,5mm
  python launch.py degrade --data data/josh --out data/josh_masks --mask-noise 2px --color-noise 5% --jpeg 85
  python launch.py degrade --data data/josh --out data/josh_worse --preset real --body-noise 2deg,10mm --offset none

The test cameras and the ground truth stay as they are: they are the judge (docs/dataset.md).
"""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Degrade:
    """Options of `degrade`."""

    data: Path
    """Folder of the capture, in our own layout (docs/dataset.md)."""
    out: Path
    """Folder of the imperfect capture; new or empty."""
    body_noise: str | None = None
    """Of every joint's rotation and of the root's place, with wrong betas, as in 1deg,5mm."""
    mask_noise: str | None = None
    """How far the masks' edges wander, as in 2px; one picture in twenty lacks a piece."""
    color_noise: str | None = None
    """Gains by camera and channel, as in 5%."""
    camera_noise: str | None = None
    """Of the training cameras' rotations and centers, as in 0.1deg,2mm."""
    jpeg: str | None = None
    """Quality of a compression, 1 to 100."""
    blur: str | None = None
    """Standard deviation of a Gaussian, as in 1.5px."""
    offset: str | None = None
    """How much later than the body parameters the pictures are taken, as in 0.3frame."""
    preset: str | None = None
    """real: everything as published rigs have it; options that are given replace its own, none switches a kind off."""
    seed: int = 0
    """Of all random numbers; the same seed gives the same capture."""


def run(args: Degrade) -> int:
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    from phynes_core.synthetic.imperfections.degrade import degrade
    from phynes_core.synthetic.imperfections.settings import parse_imperfections

    typed = {
        "body-noise": args.body_noise,
        "mask-noise": args.mask_noise,
        "color-noise": args.color_noise,
        "camera-noise": args.camera_noise,
        "jpeg": args.jpeg,
        "blur": args.blur,
        "offset": args.offset,
    }
    settings = parse_imperfections(typed, args.preset, args.seed)
    columns = (
        TextColumn("{task.description:<28}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(elapsed_when_finished=False),
    )
    progress = Progress(*columns)
    bar = progress.add_task("", total=None)
    with ExitStack() as shown:

        def report(done: int, total: int, what: str) -> None:
            if not progress.live.is_started:  # after the checks: an error stands alone
                shown.enter_context(progress)
            progress.update(bar, completed=done, total=total, description=what)

        degrade(args.data, args.out, settings, report)
    said = " ".join(f"--{option} {text}" for option, text in settings.as_typed().items())
    print(f"wrote {args.out}: {said} --seed {settings.seed}")
    return 0
