"""What every report is made of: the page around it, tables, figures and definitions, without external resources."""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import Any

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


ABSENT = "-"  # what was not measured or is not printed


@dataclass(frozen=True)
class Table:
    """Text in rows; the first column names the row."""

    title: str
    note: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def document(name: str, parts: Iterable[str], style: str = "") -> str:
    """The whole page; `style` is added to the style of all reports. Empty parts are left out."""
    title = escape(name)
    head = [
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>',
        f"<style>{_STYLE}{style}</style></head><body><h1>{title}</h1>",
    ]
    return "\n".join([*head, *(part for part in parts if part), "</body></html>\n"])


def note(text: str) -> str:
    """A paragraph in gray; nothing for an empty text."""
    return f'<p class="note">{escape(text)}</p>' if text else ""


def table(content: Table, heading: str = "h2") -> str:
    """A heading, the table and its note."""
    head = "".join(f"<th>{escape(column)}</th>" for column in content.columns)
    body = "".join(f"<tr>{''.join(_cell(text) for text in row)}</tr>" for row in content.rows)
    return (
        f"<{heading}>{escape(content.title)}</{heading}><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
        f"</table>{note(content.note)}"
    )


def _cell(text: str) -> str:
    kind = ' class="absent"' if text == ABSENT else ' class="text"' if len(text) > 40 else ""
    return f"<td{kind}>{escape(text)}</td>"


def figure(
    file: str,  # relative to the page
    alt: str,
    title: str,
    text: str,  # below the title
) -> str:
    """A picture with its caption."""
    caption = f"<figcaption><b>{escape(title)}</b><br>{escape(text)}</figcaption>"
    return f'<figure><img src="{file}" alt="{escape(alt)}" loading="lazy">{caption}</figure>'


def definitions(entries: dict[str, Any]) -> str:
    """Names and what they mean."""
    items = "".join(f"<dt><b>{escape(key)}</b></dt><dd>{escape(str(value))}</dd>" for key, value in entries.items())
    return f"<dl>{items}</dl>"
