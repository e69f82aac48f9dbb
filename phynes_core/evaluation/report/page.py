"""The report as one HTML page of tables, plots and pictures, without external resources."""

from collections.abc import Iterable
from html import escape
from itertools import groupby
from typing import Any

from phynes_core.evaluation.report.svg import Series, dot_plot
from phynes_core.evaluation.report.tables import Table
from phynes_core.evaluation.results import Evaluation

ERROR_GAIN = 4.0  # the third picture of a row shows four times the difference
_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 1120px; padding: 0 1rem; color: #1a1a1a; }
table { border-collapse: collapse; margin: .6rem 0 1.4rem; font-variant-numeric: tabular-nums; }
th, td { border-bottom: 1px solid #ddd; padding: .25rem .7rem; text-align: right; vertical-align: top; }
th:first-child, td:first-child { text-align: left; } td.text { text-align: left; color: #555; font-size: 13px; }
td.absent { color: #999; } .note { color: #555; } svg { width: 100%; height: auto; } svg text { font-size: 12px; }
svg .grid { stroke: #e5e5e5; } figure { margin: .5rem 0 1rem; display: inline-block; vertical-align: top;
margin-right: 1rem; } figcaption { font-size: 13px; color: #444; max-width: 560px; }
img { max-width: 100%; background: #000; }
"""


def page(evaluation: Evaluation, tables: list[Table], picture_names: list[str]) -> str:
    """The whole page; `picture_names` are those of the evaluation's panels, in order."""
    name = escape(evaluation.name)
    parts = [
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{name}</title>',
        f"<style>{_STYLE}</style></head><body><h1>{name}</h1>",
        _made(evaluation.provenance),
        _held_out(evaluation.metrics["protocol"]),
        *(_table(table) for table in tables),
        "<h2>Plots</h2>",
        '<p class="note">One dot a picture; the dashed line is the mean. Rest the pointer on a dot for its view.</p>',
        *_plots(evaluation.rows),
        "<h2>Pictures</h2>",
        f'<p class="note">Each: ground truth, ours, {ERROR_GAIN:g} x the difference.</p>',
        *_pictures(evaluation, picture_names),
        "<h2>How it was measured</h2>",
        _protocol(evaluation.metrics["protocol"]),
        "</body></html>\n",
    ]
    return "\n".join(part for part in parts if part)


def _made(provenance: dict[str, str | int | float]) -> str:
    if not provenance:
        return ""
    text = ", ".join(f"{key.replace('_', ' ')}: {value}" for key, value in provenance.items())
    return f'<p class="note">{escape(text)}</p>'


def _held_out(protocol: dict[str, Any]) -> str:
    note = protocol.get("held_out", "")
    return f'<p class="note"><b>{escape(note[:1].upper() + note[1:])}.</b></p>' if note else ""


def _table(table: Table) -> str:
    head = "".join(f"<th>{escape(column)}</th>" for column in table.columns)
    body = "".join(f"<tr>{''.join(_cell(text) for text in row)}</tr>" for row in table.rows)
    return (
        f"<h2>{escape(table.title)}</h2><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        f'<p class="note">{escape(table.note)}</p>'
    )


def _cell(text: str) -> str:
    kind = ' class="absent"' if text == "not stated here" else ' class="text"' if len(text) > 40 else ""
    return f"<td{kind}>{escape(text)}</td>"


def _plots(rows: list[dict[str, Any]]) -> Iterable[str]:
    def series(kind: str, split: str = "", light: str = "") -> Series | None:
        chosen = [
            row for row in rows
            if row["kind"] == kind and "psnr_foreground" in row
            and split in ("", row["split"]) and light in ("", row.get("light", ""))
        ]  # fmt: skip
        if not chosen:
            return None
        labels = tuple(f"camera {row['camera']}, frame {row['frame']}" for row in chosen)
        name = light or kind + (f", {split.replace('_', ' ')}" if split else "")
        return Series(name, labels, tuple(row["psnr_foreground"] for row in chosen))

    lights = list(dict.fromkeys(row["light"] for row in rows if "light" in row))
    wanted = [
        (f"RGB, {split.replace('_', ' ')}", [series(kind, split) for kind in ("relit", "texture")])
        for split in ("novel_view", "novel_pose")
    ]
    wanted.append(("Albedo", [series("albedo")]))
    wanted += [(kind.capitalize(), [series(kind, light=light) for light in lights])
               for kind in ("relighting", "visibility")]  # fmt: skip
    for title, found in wanted:
        measured = [one for one in found if one is not None]
        if measured:
            yield f"<h3>{escape(title)}: PSNR over the foreground</h3>{dot_plot(title, 'dB', measured)}"


def _pictures(evaluation: Evaluation, names: list[str]) -> Iterable[str]:
    pairs = zip(evaluation.panels, names, strict=True)
    for group, members in groupby(pairs, key=lambda pair: pair[0].group):
        yield f"<h3>{escape(group)}</h3>"
        for panel, name in members:
            caption = f"<figcaption><b>{escape(panel.title)}</b><br>{escape(panel.score)}</figcaption>"
            alt = escape(f"{panel.group}: {panel.title}")
            yield f'<figure><img src="{name}" alt="{alt}" loading="lazy">{caption}</figure>'


def _protocol(protocol: dict[str, Any]) -> str:
    items = "".join(f"<dt><b>{escape(key)}</b></dt><dd>{escape(str(value))}</dd>" for key, value in protocol.items())
    return f"<dl>{items}</dl>"
