"""Render a synthetic capture of a clothed subject, with ground truth (Mitsuba, extra `synthetic`).

examples:
  python launch.py synthesize --subject josh --out data/josh                       30 frames x 4 views at 512 x 512
  python launch.py synthesize --subject ada --out data/ada --spp 100             a woman in a satin blouse and a skirt
  python launch.py synthesize --subject noa --out data/noa                       a woman in an open coat and a hat
  python launch.py synthesize --subject josh --out data/tiny --size 128 --frames 4 --spp 36
  python launch.py synthesize --subject josh --out data/spin --motion spin,walk --probe courtyard --relight studio,city
  python launch.py synthesize --subject josh --out data/one --views 1 --motion turn        turning before one camera

Run the same line again to go on after an interruption: finished pictures are kept.
"""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Synthesize:
    """Options of `synthesize`."""

    out: Path
    """Folder of the capture (docs/dataset.md)."""
    subject: str = "josh"
    """Who: josh (shirt and jeans), ada (satin blouse and a skirt) or noa (open coat, long hair, hat)."""
    views: int = 4
    """Training cameras, on a ring."""
    frames: int | None = None
    """Training frames, shared out over the clips of --motion; 30, or 60 for one view, unless given."""
    size: int = 512
    """Width and height of the pictures."""
    probe: str | None = None
    """The light of the training pictures: a name in assets/probes; the subject's own unless given."""
    relight: str | None = None
    """Lights for the relit ground truth; the subject's own unless given."""
    motion: str | None = None
    """Clips of the training frames: names in assets/motions; the subject's own unless given."""
    novel_motion: str | None = None
    """Clips of the novel poses; the subject's own unless given."""
    turn: float | None = None
    """Degrees that the subject turns about +Y over the frames of each clip, besides what the clip does; this separates
    albedo from light. 360, or 0 where --motion is the clip turn, unless given."""
    test_views: int = 3
    """Held-out cameras, between the training ones and at other heights."""
    novel_frames: int = 5
    """Novel poses, seen by all cameras; only the held-out ones have ground truth of them."""
    spp: int = 196
    """Light paths per pixel."""
    seed: int = 0
    """Of the render noise."""


def run(args: Synthesize) -> int:
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    from phynes_core.body.files import load_bundled_body
    from phynes_core.io.output_files import check_folder
    from phynes_core.io.output_locks import claiming
    from phynes_core.synthetic.ground_truth import synthesize
    from phynes_core.synthetic.plan import SynthesisPlan, find_subject, usual_frames, usual_turn_deg

    check_folder(args.out)
    usual = find_subject(args.subject)
    motion = _names(args.motion, usual.motion)
    plan = SynthesisPlan(
        subject=args.subject,
        views=args.views,
        test_views=args.test_views,
        frames=usual_frames(args.views) if args.frames is None else args.frames,
        novel_frames=args.novel_frames,
        size=args.size,
        probe=usual.probe if args.probe is None else args.probe,
        relight=_names(args.relight, usual.relight),
        motion=motion,
        novel_motion=_names(args.novel_motion, usual.novel_motion),
        turn_deg=usual_turn_deg(motion) if args.turn is None else args.turn,
        spp=args.spp,
        seed=args.seed,
    )
    columns = (
        TextColumn("{task.description:<34}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(elapsed_when_finished=False),
    )
    with claiming(args.out), Progress(*columns) as progress:
        bar = progress.add_task("", total=None, visible=False)

        def report(done: int, total: int, what: str) -> None:
            progress.update(bar, completed=done, total=total, description=what, visible=True)
            if not progress.console.is_terminal:
                progress.console.print(f"{done}/{total} {what}")

        synthesize(plan, load_bundled_body(), args.out, report)
    return 0


def _names(text: str | None, usual: tuple[str, ...]) -> tuple[str, ...]:
    return usual if text is None else tuple(name.strip() for name in text.split(",") if name.strip())
