"""What an evaluation leaves behind: metrics.json, images.csv and report.md with pictures."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch

from phynes_core.atomic_file import replacing
from phynes_core.evaluation.evaluate import Evaluation, Panel
from phynes_core.image_files import write_png

ERROR_GAIN = 4.0  # the third picture of a row shows four times the difference
GROUPS = ("novel_view", "novel_pose", "albedo", "visibility", "relighting", "roughness", "normal", "geometry")


def write_report(folder: Path, evaluation: Evaluation) -> None:
    """Write the three files and the pictures. Raises OutputError for an unwritable place."""
    for number, panel in enumerate(evaluation.panels):
        write_png(folder / _picture_name(number), _strip(panel))
    _write(folder / "images.csv", _table(evaluation.rows))
    _write(folder / "metrics.json", json.dumps(evaluation.metrics, indent=2) + "\n")
    _write(folder / "report.md", report_text(evaluation))


def report_text(evaluation: Evaluation) -> str:
    """The report in Markdown."""
    lines = [f"# {evaluation.name}", "", "| | full image | foreground | other |", "|---|---|---|---|"]
    for group in GROUPS:
        for name, numbers in _leaves(group, evaluation.metrics.get(group, {})):
            lines.append(_row(name, numbers))
    lines += ["", "How it was measured:", ""]
    lines += [f"* {name}: {text}" for name, text in evaluation.metrics["protocol"].items()]
    lines += ["", f"Each picture: ground truth, ours, {ERROR_GAIN:g} x the difference.", ""]
    for number, panel in enumerate(evaluation.panels):
        lines += [f"{panel.title} ({panel.score})", "", f"![{panel.title}]({_picture_name(number)})", ""]
    return "\n".join(lines)


def _leaves(name: str, node: dict[str, Any]) -> list[tuple[str, dict[str, float]]]:
    if node and all(isinstance(value, dict) for value in node.values()):
        return [leaf for key, value in node.items() for leaf in _leaves(f"{name} {key}", value)]
    return [(name, node)] if node else []


def _row(name: str, numbers: dict[str, float]) -> str:
    full = f"{numbers['psnr']:.2f} dB" if "psnr" in numbers else ""
    foreground = f"{numbers['psnr_foreground']:.2f} dB" if "psnr_foreground" in numbers else ""
    others = {key: value for key, value in numbers.items() if key not in ("psnr", "psnr_foreground")}
    rest = ", ".join(f"{key} {value:.3f}" for key, value in others.items() if value is not None)
    return f"| {name.replace('_', ' ')} | {full} | {foreground} | {rest} |"


def _picture_name(number: int) -> str:
    return f"pictures/{number:03d}.png"


def _strip(panel: Panel) -> np.ndarray:
    error = (ERROR_GAIN * (panel.ours - panel.truth).abs()).clamp(max=1.0)
    sides = torch.cat([panel.truth, panel.ours, error], 1)
    return np.round(sides.clamp(0.0, 1.0).numpy() * 255.0).astype(np.uint8)


def _table(rows: list[dict[str, Any]]) -> str:
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _write(path: Path, text: str) -> None:
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
