"""An inspection as files: report.html with pictures, findings.json and tables.csv, like the report of an evaluation."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from html import escape
from itertools import groupby
from pathlib import Path

from phynes_core.evaluation.inspection.findings import GOOD, USABLE, WRONG, Finding, Inspection, Picture, Section
from phynes_core.evaluation.report.elements import document, figure, note, table
from phynes_core.evaluation.report.files import PAGE, picture_files, tables_text, write_text
from phynes_core.evaluation.report.svg import dot_plot
from phynes_core.io.image_files import write_png

VERDICTS = {
    GOOD: "good: train",
    USABLE: "usable: training works, and would give more after what is listed here",
    WRONG: "wrong: mend this before you train",
}
_STYLE = """
.verdict { font-size: 1.15rem; } b.good { color: #1b7837; } b.usable { color: #b35806; } b.wrong { color: #b2182b; }
table.findings td { text-align: left; } .row { display: flex; overflow-x: auto; } .row figure { flex: none; }
.row img { max-height: 360px; max-width: 420px; width: auto; } table.findings td:nth-child(3) { max-width: 420px; }
"""


def write_inspection(folder: Path, inspection: Inspection) -> Path:
    """Write the files and return the page. Raises OutputError for an unwritable path."""
    pictures = [picture for section in inspection.sections for picture in section.pictures]
    names = picture_files(len(pictures))
    for name, picture in zip(names, pictures, strict=True):
        write_png(folder / name, picture.pixels)
    tables = [content for section in inspection.sections for content in section.tables]
    write_text(folder / "tables.csv", tables_text(tables))
    found = {"level": inspection.level, "findings": [asdict(finding) for finding in inspection.findings]}
    write_text(folder / "findings.json", json.dumps(found, indent=2) + "\n")
    write_text(folder / PAGE, inspection_page(inspection, names))
    return folder / PAGE


def inspection_page(inspection: Inspection, picture_names: list[str]) -> str:
    """The whole page; `picture_names` are those of the sections' pictures, in order."""
    names = iter(picture_names)
    parts = [
        f'<p class="verdict">{_level(inspection.level)}{escape(VERDICTS[inspection.level].partition(":")[2])}</p>',
        note(inspection.looked_at),
        _findings(inspection.findings),
        *(part for section in inspection.sections for part in _section(section, names)),
    ]
    return document(f"{inspection.name}, before one trains", parts, _STYLE)


def _section(section: Section, names: Iterable[str]) -> Iterable[str]:
    yield f"<h2>{escape(section.title)}</h2>"
    for finding in section.findings:
        remedy = f" {escape(finding.remedy[:1].upper() + finding.remedy[1:])}." if finding.remedy else ""
        yield f"<p>{_level(finding.level)} {escape(finding.text)}.{remedy}</p>"
    yield note(section.note)
    named = list(zip(section.pictures, names, strict=False))
    for row, members in groupby(named, key=lambda pair: pair[0].row):
        yield from _row(row, list(members), has_heading=len({picture.row for picture in section.pictures}) > 1)
    for content in section.tables:
        yield table(content, heading="h3")
    yield from section.drawings
    for plot in section.plots:
        yield f"<h3>{escape(plot.title)}</h3>{dot_plot(plot.title, plot.unit, list(plot.series))}"


def _row(title: str, members: list[tuple[Picture, str]], has_heading: bool) -> Iterable[str]:
    if has_heading:
        yield f"<h3>{escape(title)}</h3>"
    figures = "".join(figure(name, f"{title}: {one.title}", one.title, one.text) for one, name in members)
    yield f'<div class="row">{figures}</div>'


def _findings(findings: list[Finding]) -> str:
    order = (WRONG, USABLE, GOOD)
    rows = "".join(
        f"<tr><td>{escape(one.subject)}</td><td>{_level(one.level)}</td><td>{escape(one.text)}</td>"
        f"<td>{escape(one.remedy)}</td></tr>"
        for one in sorted(findings, key=lambda one: order.index(one.level))
    )
    head = "<tr><th>subject</th><th></th><th>found</th><th>what to do</th></tr>"
    return f'<table class="findings"><thead>{head}</thead><tbody>{rows}</tbody></table>'


def _level(level: str) -> str:
    return f'<b class="{level}">{level}</b>'
