"""The report as one HTML page of tables, plots and pictures, without external resources."""

from collections.abc import Iterable
from html import escape
from itertools import groupby
from typing import Any

from phynes_core.evaluation.poses import POSE_SOURCES
from phynes_core.evaluation.report.elements import Table, definitions, document, figure, note, table
from phynes_core.evaluation.report.svg import Series, dot_plot
from phynes_core.evaluation.results import Evaluation

ERROR_GAIN = 4.0  # the third picture of a row shows four times the difference


def page(evaluation: Evaluation, tables: list[Table], picture_names: list[str]) -> str:
    """The whole page; `picture_names` are those of the evaluation's panels, in order."""
    parts = [
        _made(evaluation.provenance),
        _held_out(evaluation.metrics["protocol"].get("held_out", "")),
        _poses(evaluation.metrics["protocol"]["poses"]),
        *(table(content) for content in tables),
        "<h2>Plots</h2>",
        note("One dot a picture; the dashed line is the mean. Rest the pointer on a dot for its view."),
        *_plots(evaluation.rows),
        "<h2>Pictures</h2>",
        note(f"Each: ground truth, ours, {ERROR_GAIN:g} x the difference."),
        *_pictures(evaluation, picture_names),
        "<h2>How it was measured</h2>",
        definitions(evaluation.metrics["protocol"]),
    ]
    return document(evaluation.name, parts)


def _made(provenance: dict[str, str | int | float]) -> str:
    return note(", ".join(f"{key.replace('_', ' ')}: {value}" for key, value in provenance.items()))


def _held_out(text: str) -> str:
    return f'<p class="note"><b>{escape(_sentence(text))}</b></p>' if text else ""


def _poses(text: str) -> str:
    """Nothing where the poses are simply the capture's own."""
    return "" if text == f"given: {POSE_SOURCES['given']}" else note(_sentence(f"poses {text}"))


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


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
            yield figure(name, f"{panel.group}: {panel.title}", panel.title, panel.score)
