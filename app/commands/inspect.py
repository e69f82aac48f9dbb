"""Look at a capture before one trains: does the body fit the pictures, and is anything wrong with them.

Writes an HTML page and says in the terminal what is good, usable or wrong, and what to do about it. The exit code is 1
where something is wrong that should be mended before training.

examples:
  python launch.py inspect --data data/josh
  python launch.py inspect --data data/josh --out josh_inspection --max-frames 12
  python launch.py inspect --data CoreView_377 --smpl SMPL_NEUTRAL.pkl
  python launch.py inspect --data my_recording --smpl SMPL_NEUTRAL.pkl --train-views 0,5,10,15 --ratio 0.5
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import tyro
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from app.options.dataset import DATASET_DEFAULTS, DatasetOptions, capture_body, capture_options

COLORS = {"good": "green", "usable": "yellow", "wrong": "red"}


@dataclass(frozen=True)
class Inspect:
    """Options of `inspect`."""

    data: Path
    """Folder of the capture (docs/dataset.md)."""
    out: Path | None = None
    """Folder for report.html with pictures/, findings.json and tables.csv; runs/inspect_<capture> when left out."""
    max_frames: int = 40
    """Training frames that are looked at, spread over the capture."""
    smpl: Path | None = None
    """A licensed SMPL file, when the capture was made with one."""
    smpl_uv: Path | None = None
    """OBJ with the UV atlas of that body; unwrapped automatically when left out."""
    dataset: tyro.conf.OmitArgPrefixes[DatasetOptions] = DATASET_DEFAULTS
    """Options for ZJU-MoCap and SyntheticHuman folders."""


def run(args: Inspect) -> int:
    from phynes_core.body.files import load_body
    from phynes_core.data.open_capture import open_capture
    from phynes_core.evaluation.inspection.findings import WRONG
    from phynes_core.evaluation.inspection.inspect_capture import inspect_capture
    from phynes_core.evaluation.inspection.report import write_inspection
    from phynes_core.io.output_files import check_folder

    smpl = None if args.smpl is None else load_body(args.smpl, args.smpl_uv)
    capture = open_capture(args.data, capture_options(args.dataset), smpl)
    body = capture_body(args.data, capture, smpl)
    out = Path("runs") / f"inspect_{capture.name}" if args.out is None else args.out
    check_folder(out)
    columns, is_hidden = Progress.get_default_columns(), not sys.stderr.isatty()
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=is_hidden) as bar:
        task = bar.add_task("looking")
        inspection = inspect_capture(
            capture, body, args.max_frames, lambda done, total: bar.update(task, completed=done, total=total)
        )
    page = write_inspection(out, inspection)
    print_verdict(inspection)
    print(f"wrote {page}")
    return int(inspection.level == WRONG)


def print_verdict(inspection) -> None:
    """The findings as a table, the worst first, and the verdict."""
    from phynes_core.evaluation.inspection.findings import LEVELS
    from phynes_core.evaluation.inspection.report import VERDICTS

    console = Console()
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in sorted(inspection.findings, key=lambda one: -LEVELS.index(one.level)):
        remedy = f"\n[dim]{escape(finding.remedy)}[/]" if finding.remedy else ""
        state = f"[{COLORS[finding.level]}]{finding.level}[/]"
        table.add_row(finding.subject, state, escape(finding.text) + remedy)
    console.print(table)
    color = COLORS[inspection.level]
    verdict, _, explained = VERDICTS[inspection.level].partition(":")
    console.print(f"\n{escape(inspection.name)}: [{color} bold]{verdict}[/]:{explained}", highlight=False)
