"""The report's tables: a summary, comparisons, and the paper's four tables with its published numbers.

PhyNES: "Fast and Physically-based Neural Explicit Surface for Relightable Human Avatars" (arXiv 2503.18408), four
training views. Its data, body fits and lights are not ours: its rows give the scale, not a ranking. Numbers that are
not known here are marked as not stated.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from phynes_core.evaluation.limits import NOTE as LIMITS_NOTE
from phynes_core.evaluation.measurement import PROBES
from phynes_core.evaluation.report.elements import Table
from phynes_core.evaluation.results import Evaluation
from phynes_core.evaluation.rivals import NOTE as RIVALS_NOTE

Cell = Callable[[dict[str, Any]], str]
NOT_STATED = "not stated here"


@dataclass(frozen=True)
class PaperRow:
    """One method as published; a missing column is not stated here."""

    method: str
    values: dict[str, str]  # by column


# I: RGB of real captures (ZJU-MoCap), over the body's box
TABLE_1 = (
    PaperRow("PhyNES, paper (ZJU-MoCap): 26 to 28 dB", {}),  # which subject and split has which is not known here
    PaperRow("rivals, paper", {}),
)
# II: geometry (SyntheticHuman), cm
TABLE_2 = (
    PaperRow("PhyNES, paper (SyntheticHuman)", {"P2S": "0.50", "CD": "0.62"}),
    PaperRow("rivals, paper", {}),
)
# III: cost at 512 x 512 on an A100; training on a V100
TABLE_3 = (
    PaperRow("PhyNES, paper (A100)", {"frames a second": "12.27", "memory": "3.5 GB", "training": "5 h"}),
    PaperRow("Relightable Avatar, paper", {"frames a second": "0.21"}),
    PaperRow("Relighting4D, paper", {"frames a second": "0.33"}),
)
# IV: SyntheticHuman++, PSNR over whole images of 512 x 512 with zero background, means over six people
TABLE_4 = (
    PaperRow(
        "PhyNES, paper (SyntheticHuman++)",
        {"albedo PSNR": "35.25", "visibility PSNR": "34.52", "relighting PSNR": "35.33"},
    ),
    PaperRow("Relightable Avatar, paper", {"relighting PSNR": "35.30"}),
    PaperRow("Relighting4D, NeRFactor, paper", {}),
)


# the table of poses: a row's title, and its cell from an entry of metrics.json's "poses"
POSE_ROWS: dict[str, Cell] = {
    "novel view, dB": lambda entry: _both("novel_view")(entry),
    "novel pose, dB": lambda entry: _both("novel_pose")(entry),
    "albedo, dB": lambda entry: _both("albedo")(entry),
    "relighting, dB": lambda entry: _both("relighting")(entry),
    "P2S, cm": lambda entry: _number(entry.get("geometry", {}), "p2s_cm", "{:.3f}"),
    "CD, cm": lambda entry: _number(entry.get("geometry", {}), "cd_cm", "{:.3f}"),
    "vertices from the true poses', mm": lambda entry: _number(entry, "vertex_mm", "{:.2f}"),
}
POSES_NOTE = (
    "dB over the full image, relit, with the foreground in brackets. The distance is the mean over the bare body's "
    "vertices; it counts the shape, too. Refined poses fit the avatar, whose surface may make up for errors that all "
    "training poses have in common: pictures with them can be better than with the true poses."
)


def summary(evaluation: Evaluation) -> Table:
    """Every group: dB over the full image and the foreground, and the rest by name."""
    rows = []
    for path, numbers in _leaves((), _without(evaluation.metrics, ("protocol", "limits", "rivals", "speed", "poses"))):
        if "by_light" in path:  # they have a table of their own
            continue
        full, foreground = (_number(numbers, key, "{:.2f}") for key in ("psnr", "psnr_foreground"))
        rest = {key: value for key, value in numbers.items() if key not in ("psnr", "psnr_foreground")}
        others = ", ".join(f"{_words(key)} {value:.3f}" for key, value in rest.items() if value is not None)
        rows.append((_words(" ".join(path)), full, foreground, others))
    note = "PSNR in dB. What each number means is said at the end of this page and in docs/evaluation.md."
    return Table("Summary", note, ("", "full image", "foreground", "other"), tuple(rows))


def paper_tables(evaluation: Evaluation) -> list[Table]:
    """Tables I to IV for this avatar; what was not measured is left out."""
    name, metrics = evaluation.name, evaluation.metrics
    tables = [_rgb(name, metrics)]
    if "geometry" in metrics:
        columns: dict[str, Cell] = {
            "P2S": lambda node: _number(node, "p2s_cm", "{:.3f}"),
            "CD": lambda node: _number(node, "cd_cm", "{:.3f}"),
        }
        note = "Centimetres, training frames. Ours samples 10000 points for both, the paper's code 1000 for CD."
        rows = [(f"{name}, ours", metrics["geometry"])]
        tables.append(_table("Table II: geometry", note, columns, rows, TABLE_2))
    tables.append(_cost(evaluation))
    if "albedo" in metrics or "relighting" in metrics:
        tables.append(_decomposition(name, metrics))
    return tables


def comparison_tables(evaluation: Evaluation) -> list[Table]:
    """Limits with ground truth, and rivals on the same data; only what was measured."""
    metrics = evaluation.metrics
    tables = [_poses(metrics["poses"])] if "poses" in metrics else []
    tables += [_sources(metrics)] if "by_light" in metrics.get("relighting", {}) else []
    if "limits" in metrics:
        ours = metrics["limits"]["avatar"]
        rows = []
        for group, entries in metrics["limits"].items():
            if group == "avatar":
                continue
            own = ours.get(group, {})
            rows.append(_pair(group, f"{evaluation.name} as it is", own.get("relit", own)))
            rows += [_pair(group, _words(name), numbers) for name, numbers in entries.items()]
        columns = ("", "with", "full image, dB", "foreground, dB")
        tables.append(Table("Limits: ground truth put in", LIMITS_NOTE, columns, tuple(rows)))
    if "rivals" in metrics:
        tables.append(_rivals(evaluation))
    return tables


def _poses(sources: dict[str, Any]) -> Table:
    """What each source of poses comes to; rows that nothing was measured for are left out."""
    rows = []
    for title, cell in POSE_ROWS.items():
        cells = [cell(entry) for entry in sources.values()]
        if any(text != "-" for text in cells):
            rows.append((title, *cells))
    return Table("Poses", POSES_NOTE, ("", *sources), tuple(rows))


def _both(group: str) -> Cell:
    """Full image, and foreground in brackets."""

    def cell(entry: dict[str, Any]) -> str:
        full, foreground = (_number(entry.get(group, {}), key, "{:.2f}") for key in ("psnr", "psnr_foreground"))
        return "-" if full == "-" else f"{full} ({foreground})"

    return cell


def _sources(metrics: dict[str, Any]) -> Table:
    rows = []
    for group in ("relighting", "visibility"):
        for light, numbers in metrics.get(group, {}).get("by_light", {}).items():
            alone = numbers.get(PROBES, {})
            cells = [_number(node, key, "{:.2f}") for key in ("psnr", "psnr_foreground") for node in (alone, numbers)]
            rows.append((f"{group} under {light}", *cells))
    note = (
        "A sky as 512 cells of 11 degrees, and with its suns, windows and bulbs split off into lamps with shadow rays "
        "of their own, as the viewer shows it. Lights without such sources are the same in both."
    )
    columns = ("", "full: 512 probes", "full: with lamps", "foreground: 512 probes", "foreground: with lamps")
    return Table("Bright sources as lamps", note, columns, tuple(rows))


def _rivals(evaluation: Evaluation) -> Table:
    own = _as_shown(evaluation.metrics["rivals"]["avatar"])
    own["seconds"] = evaluation.provenance.get("training_seconds")
    entries = {f"{evaluation.name}, ours": own}
    entries |= {name: entry for name, entry in evaluation.metrics["rivals"].items() if name != "avatar"}
    columns = [
        (f"{_words(group)}{suffix}", group, key)
        for group in ("novel_view", "novel_pose", "albedo", "relighting")
        for key, suffix in (("psnr", ""), ("psnr_foreground", " foreground"))
        if any(group in entry for entry in entries.values())
    ]
    rows = []
    for name, entry in entries.items():
        cells = [_number(entry.get(group, {}), key, "{:.2f}") for _, group, key in columns]
        rows.append((name, *cells, _number(entry, "seconds", "{:.0f}"), str(entry.get("note", ""))))
    head = ("", *(title for title, _, _ in columns), "seconds", "how")
    return Table("Rivals on the same data", RIVALS_NOTE, head, tuple(rows))


def _as_shown(means: dict[str, Any]) -> dict[str, Any]:
    """Our means in the form of a rival's entry, for the relit avatar that the viewer shows."""
    return {group: numbers.get("relit", numbers) for group, numbers in means.items()}


def _pair(group: str, name: str, numbers: dict[str, Any]) -> tuple[str, ...]:
    return (_words(group), name, *(_number(numbers, key, "{:.2f}") for key in ("psnr", "psnr_foreground")))


def _rgb(name: str, metrics: dict[str, Any]) -> Table:
    columns: dict[str, Cell] = {}
    for split in ("novel_view", "novel_pose"):
        for key, digits in (("psnr_box", "{:.2f}"), ("ssim_box", "{:.3f}"), ("lpips", "{:.3f}")):
            title = f"{_words(split)} {key.removesuffix('_box').upper()}"
            columns[title] = lambda node, split=split, key=key, digits=digits: _number(node[split], key, digits)
    rows = []
    for kind, text in (("relit", "relit"), ("texture", "stage-1 texture")):
        numbers = {split: metrics.get(split, {}).get(kind, {}) for split in ("novel_view", "novel_pose")}
        rows.append((f"{name}, ours, {text}", numbers))
    note = "Over the body's padded box, as ZJU-MoCap is evaluated. LPIPS only with --lpips."
    return _table("Table I: pictures of held-out cameras", note, columns, rows, TABLE_1)


def _cost(evaluation: Evaluation) -> Table:
    seconds = evaluation.provenance.get("training_seconds")
    values = {
        "frames a second": _number(evaluation.metrics.get("speed", {}), "frames_per_second", "{:.1f}"),
        "memory": "-",
        "training": f"{float(seconds) / 60:.0f} min" if isinstance(seconds, int | float) else "-",
    }
    columns: dict[str, Cell] = {key: lambda node, key=key: node[key] for key in values}
    device = evaluation.provenance.get("device", "cpu")
    note = (
        f"Ours: every stage of every frame at 512 x 512 on this machine's CPU as it was; trained on {device}. "
        "`python launch.py bench` measures speed and memory properly."
    )
    return _table("Table III: cost", note, columns, [(f"{evaluation.name}, ours", values)], TABLE_3)


def _decomposition(name: str, metrics: dict[str, Any]) -> Table:
    columns: dict[str, Cell] = {}
    for group in ("albedo", "visibility", "relighting"):
        for key, title, digits in (
            ("psnr", "PSNR", "{:.2f}"),
            ("ssim", "SSIM", "{:.3f}"),
            ("lpips", "LPIPS", "{:.3f}"),
        ):
            columns[f"{group} {title}"] = lambda node, group=group, key=key, digits=digits: _number(
                node.get(group, {}), key, digits
            )
    over = {
        group: {"psnr": metrics.get(group, {}).get("psnr_mask")} for group in ("albedo", "visibility", "relighting")
    }
    rows = [(f"{name}, ours", metrics), (f"{name}, ours, over Relightable Avatar's mask", over)]
    note = "Linear light, per-channel alignment, whole image with zero background unless a row says otherwise."
    return _table("Table IV: materials and light", note, columns, rows, TABLE_4)


def _table(
    title: str,
    note: str,
    columns: dict[str, Cell],
    ours: list[tuple[str, dict[str, Any]]],
    theirs: tuple[PaperRow, ...],
) -> Table:
    rows = [(method, *(cell(node) for cell in columns.values())) for method, node in ours]
    rows += [(row.method, *(row.values.get(column, NOT_STATED) for column in columns)) for row in theirs]
    return Table(title, note, ("", *columns), tuple(rows))


def _number(node: dict[str, Any], key: str, digits: str) -> str:
    value = node.get(key)
    return "-" if value is None else digits.format(value)


def _leaves(path: tuple[str, ...], node: dict[str, Any]) -> list[tuple[tuple[str, ...], dict[str, Any]]]:
    """Groups that hold numbers, each before the groups within it."""
    numbers = {key: value for key, value in node.items() if not isinstance(value, dict)}
    found = [(path, numbers)] if numbers else []
    for key, value in node.items():
        if isinstance(value, dict):
            found += _leaves((*path, key), value)
    return found


def _without(metrics: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {key: value for key, value in metrics.items() if key not in names}


def _words(text: str) -> str:
    return text.replace("_", " ")
