"""Write an evaluation's files: metrics.json, images.csv, tables.csv and report.html with pictures."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch

from phynes_core.evaluation.report.page import ERROR_GAIN, page
from phynes_core.evaluation.report.tables import Table, comparison_tables, paper_tables, summary
from phynes_core.evaluation.results import Evaluation, Panel
from phynes_core.io.image_files import write_png
from phynes_core.io.output_files import replacing

PAGE = "report.html"
_PICTURE_ROWS = 420  # smaller pictures are enlarged by a whole number to about this


def write_report(folder: Path, evaluation: Evaluation) -> None:
    """Write the files and the pictures. Raises OutputError for an unwritable path."""
    names = [f"pictures/{number:03d}.png" for number in range(len(evaluation.panels))]
    for name, panel in zip(names, evaluation.panels, strict=True):
        write_png(folder / name, _strip(panel))
    tables = [summary(evaluation), *paper_tables(evaluation), *comparison_tables(evaluation)]
    _write(folder / "images.csv", _rows_text(evaluation.rows))
    _write(folder / "tables.csv", _tables_text(tables))
    _write(folder / "metrics.json", json.dumps(evaluation.metrics, indent=2) + "\n")
    _write(folder / PAGE, page(evaluation, tables, names))


def _strip(panel: Panel) -> np.ndarray:
    error = (ERROR_GAIN * (panel.ours - panel.truth).abs()).clamp(max=1.0)
    sides = torch.cat([panel.truth, panel.ours, error], 1)
    scale = max(1, round(_PICTURE_ROWS / sides.shape[0]))
    sides = sides.repeat_interleave(scale, 0).repeat_interleave(scale, 1)
    return np.round(sides.clamp(0.0, 1.0).numpy() * 255.0).astype(np.uint8)


def _rows_text(rows: list[dict[str, Any]]) -> str:
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _tables_text(tables: list[Table]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for table in tables:
        writer.writerow([table.title, *table.columns[1:]])
        writer.writerows(table.rows)
        writer.writerow([])
    return text.getvalue()


def _write(path: Path, text: str) -> None:
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
