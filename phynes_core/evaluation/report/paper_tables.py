"""The paper's tables I to IV for this avatar: ours beside every method that the paper lists.

Theirs are the rows of the subject that the capture is named after, else averages over all subjects. Data, body fits and
lights are not ours: they give the scale, not a ranking.
"""

from collections.abc import Sequence
from typing import Any

from phynes_core.evaluation import paper
from phynes_core.evaluation.paper import AVERAGE, Figures, PublishedTable
from phynes_core.evaluation.report.elements import ABSENT, Table
from phynes_core.evaluation.results import Evaluation

Row = tuple[str, ...]
DECIBELS, LPIPS, CENTIMETRES = "{:.2f}", "{:.2f}", "{:.3f}"


def paper_tables(evaluation: Evaluation) -> list[Table]:
    """Tables I to IV; those of geometry and of light are left out where there is no ground truth."""
    tables = [_pictures(evaluation), _cost(evaluation)]
    if "geometry" in evaluation.metrics:
        tables.append(_geometry(evaluation))
    if "albedo" in evaluation.metrics or "relighting" in evaluation.metrics:
        tables.append(_light(evaluation))
    return tables


def _pictures(evaluation: Evaluation) -> Table:
    rows = []
    for kind, text in (("relit", "relit"), ("texture", "stage-1 texture")):
        cells: Row = ()
        for split in ("novel_view", "novel_pose"):
            numbers = evaluation.metrics.get(split, {}).get(kind, {})
            cells += (_cell(numbers.get("psnr_box"), DECIBELS), _lpips(numbers))
        rows.append((f"{evaluation.name}, ours, {text}", *cells))
    theirs, whose = _theirs(paper.PICTURES, paper.PICTURES_BY_SUBJECT, evaluation.capture)
    note = (
        "Ours over the body's padded box, as ZJU-MoCap is evaluated; a seen pose is a held-out camera's picture of a "
        f"training frame. LPIPS only with --lpips. {whose}"
    )
    return Table("Table I: pictures of held-out cameras", note, ("", *paper.PICTURES.columns), (*rows, *theirs))


def _cost(evaluation: Evaluation) -> Table:
    speed = _cell(_frames_per_second(evaluation), "{:.1f}")
    rows: list[Row] = [(f"{evaluation.name}, ours", "yes", ABSENT, speed)]
    for method, figures in paper.COST.figures.items():
        cells = (_cell(value, "{:g}") for value in figures[AVERAGE])
        rows.append((method, "yes" if method in paper.RELIGHTABLE else "no", *cells))
    note = (
        "Ours: every stage of every frame at 512 x 512 on this machine's CPU as it was; `python launch.py bench` "
        f"measures speed and memory properly. Theirs: {paper.COST.data}."
    )
    return Table("Table II: cost of a picture", note, ("", "relightable", *paper.COST.columns), tuple(rows))


def _geometry(evaluation: Evaluation) -> Table:
    numbers = evaluation.metrics["geometry"]
    ours = (f"{evaluation.name}, ours", *(_cell(numbers.get(key), CENTIMETRES) for key in ("p2s_cm", "cd_cm")))
    theirs, whose = _theirs(paper.GEOMETRY, paper.GEOMETRY_BY_SUBJECT, evaluation.capture)
    note = f"Training frames. Ours samples 10000 points for both, the data set's code 1000 for CD. {whose}"
    return Table("Table III: geometry", note, ("", *paper.GEOMETRY.columns), (ours, *theirs))


def _light(evaluation: Evaluation) -> Table:
    metrics, name = evaluation.metrics, f"{evaluation.name}, ours"
    whole: Row = ()
    over_mask: Row = ()
    for group in ("albedo", "visibility", "relighting"):
        numbers = metrics.get(group, {})
        whole += (_cell(numbers.get("psnr"), DECIBELS), _lpips(numbers))
        over_mask += (_cell(numbers.get("psnr_mask"), DECIBELS), ABSENT)
    time = _training_time(evaluation.provenance.get("training_seconds"))
    rows: list[Row] = [
        (name, *whole, time, _cell(_frames_per_second(evaluation), "{:.1f}")),
        (f"{name}, over Relightable Avatar's mask", *over_mask, ABSENT, ABSENT),
    ]
    theirs, whose = _theirs(paper.LIGHT, paper.LIGHT_BY_SUBJECT, evaluation.capture)
    speeds = [paper.LIGHT_SPEED[method] for method in paper.LIGHT.figures]
    rows += [(*row, *speed) for row, speed in zip(theirs, speeds, strict=True)]
    device = evaluation.provenance.get("device", "cpu")
    note = (
        "Linear light, one factor a channel and picture, whole image with zero background unless a row says otherwise. "
        f"Ours was trained on {device}; theirs at 512 x 512, training and frames a second for all subjects. {whose}"
    )
    return Table("Table IV: materials and light", note, ("", *paper.LIGHT.columns, *paper.SPEED_COLUMNS), tuple(rows))


def _theirs(averages: PublishedTable, by_subject: PublishedTable, capture: str) -> tuple[list[Row], str]:
    """A row for each method, and a sentence about whose they are."""
    subject = by_subject.subject_named(capture)
    table = averages if subject is None else by_subject
    rows = []
    for method, figures in table.figures.items():
        row: Figures = figures[subject or AVERAGE]
        rows.append((f"{method}, {subject or AVERAGE}", *(_cell(value, "{:.2f}") for value in row)))
    if subject is None:
        return rows, f"Theirs: averages on {table.data} ({_listed(by_subject.subjects)})."
    person = by_subject.people.get(subject)
    named = f"{subject}, taken to be {person}" if person else subject
    return rows, (
        f"Theirs: {named}, of {table.data} (supplement, table {table.number.removeprefix('S-')}), chosen by the "
        "capture's name alone; a synthetic one is another person."
    )


def _listed(subjects: Sequence[str]) -> str:
    return f"{', '.join(subjects[:-1])} and {subjects[-1]}"


def _frames_per_second(evaluation: Evaluation) -> float | None:
    return evaluation.metrics.get("speed", {}).get("frames_per_second")


def _training_time(seconds: str | float | None) -> str:
    if not isinstance(seconds, int | float):
        return ABSENT
    return f"{seconds / 3600.0:.1f} h" if seconds >= 3600.0 else f"{seconds / 60.0:.0f} min"


def _lpips(numbers: dict[str, Any]) -> str:
    value = numbers.get("lpips")
    return _cell(None if value is None else paper.LPIPS_SCALE * value, LPIPS)


def _cell(value: float | None, digits: str) -> str:
    """The number; whole ones as they are printed."""
    if value is None:
        return ABSENT
    return str(value) if isinstance(value, int) else digits.format(value)
