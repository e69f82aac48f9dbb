"""The report's own tables: a summary, poses, bright sources, limits and rivals. The paper's are in paper_tables.py."""

from collections.abc import Callable
from typing import Any

from phynes_core.evaluation.limits import NOTE as LIMITS_NOTE
from phynes_core.evaluation.measurement import PROBES
from phynes_core.evaluation.report.elements import ABSENT, Table
from phynes_core.evaluation.results import Evaluation
from phynes_core.evaluation.rivals import NOTE as RIVALS_NOTE

Cell = Callable[[dict[str, Any]], str]

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
        if any(text != ABSENT for text in cells):
            rows.append((title, *cells))
    return Table("Poses", POSES_NOTE, ("", *sources), tuple(rows))


def _both(group: str) -> Cell:
    """Full image, and foreground in brackets."""

    def cell(entry: dict[str, Any]) -> str:
        full, foreground = (_number(entry.get(group, {}), key, "{:.2f}") for key in ("psnr", "psnr_foreground"))
        return ABSENT if full == ABSENT else f"{full} ({foreground})"

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


def _number(node: dict[str, Any], key: str, digits: str) -> str:
    value = node.get(key)
    return ABSENT if value is None else digits.format(value)


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
