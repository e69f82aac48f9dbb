"""Write an evaluation's files: metrics.json, images.csv, tables.csv and report.html with pictures."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from phynes_core.evaluation.report.elements import Table
from phynes_core.evaluation.report.page import ERROR_GAIN, page
from phynes_core.evaluation.report.paper_tables import paper_tables
from phynes_core.evaluation.report.tables import comparison_tables, summary
from phynes_core.evaluation.results import Evaluation, Panel
from phynes_core.io.image_files import write_png
from phynes_core.io.output_files import replacing

PAGE = "report.html"
_PICTURE_ROWS = 420  # smaller pictures are enlarged by a whole number to about this


def write_report(folder: Path, evaluation: Evaluation) -> None:
    """Write the files and the pictures. Raises OutputError for an unwritable path."""
    names = picture_files(len(evaluation.panels))
    for name, panel in zip(names, evaluation.panels, strict=True):
        write_png(folder / name, _strip(panel))
    tables = [summary(evaluation), *paper_tables(evaluation), *comparison_tables(evaluation)]
    write_text(folder / "images.csv", _rows_text(evaluation.rows))
    write_text(folder / "tables.csv", tables_text(tables))
    write_text(folder / "metrics.json", json.dumps(evaluation.metrics, indent=2) + "\n")
    write_text(folder / PAGE, page(evaluation, tables, names))


def _strip(panel: Panel) -> np.ndarray:
    error = (ERROR_GAIN * (panel.ours - panel.truth).abs()).clamp(max=1.0)
    sides = torch.cat([panel.truth, panel.ours, error], 1)
    return enlarged(np.round(sides.clamp(0.0, 1.0).numpy() * 255.0).astype(np.uint8))


def enlarged(pixels: np.ndarray, rows: int = _PICTURE_ROWS) -> np.ndarray:  # [H, W, C] -> [s H, s W, C]
    """A small picture with every pixel repeated, to about so many rows."""
    scale = max(1, round(rows / pixels.shape[0]))
    return pixels.repeat(scale, 0).repeat(scale, 1)


def _rows_text(rows: list[dict[str, Any]]) -> str:
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def picture_files(count: int) -> list[str]:
    """Names of a report's pictures, relative to the page."""
    return [f"pictures/{number:03d}.png" for number in range(count)]


def tables_text(tables: Sequence[Table]) -> str:
    """All tables as one CSV text, an empty line between them."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for content in tables:
        writer.writerow([content.title, *content.columns[1:]])
        writer.writerows(content.rows)
        writer.writerow([])
    return text.getvalue()


def write_text(path: Path, text: str) -> None:
    """Write a file whole. Raises OutputError for an unwritable path."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
