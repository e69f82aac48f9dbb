"""What no option may hold, checked once for every command before anything is read, computed or written.

Numbers are finite, whole ones of at most 15 digits; ranges that are the same for all commands stand in RANGES. Names
are such as a file can have: no part of over 255 bytes, no NUL, in UTF-8. A path is not empty.
"""

import math
import re
import typing
from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from itertools import pairwise
from pathlib import Path

from app.options.arguments import UsageError, option_of

LONGEST_NAME, LONGEST_PATH = 255, 4000  # bytes, as file systems have them
LARGEST = 10**15
RANGES: dict[str, tuple[float, float]] = {  # of options, by name
    "seed": (0, 2**31 - 1),
    "threads": (1, 1024),
    "minutes": (0.01, 100_000),
    "save_every": (0, 1_000_000),
    "max_images": (1, 1_000_000),
    "max_frames": (1, 1_000_000),
    "compared_images": (1, 1_000_000),
    "pictured": (0, 100_000),
    "supersample": (1, 8),
    "lamp_samples": (1, 1024),
    "evaluate_every": (1, 1_000_000),
    "views": (1, 64),
    "test_views": (0, 64),
    "novel_frames": (0, 100_000),
    "spp": (1, 1_000_000),
    "turn": (-100_000, 100_000),
    "frame": (0, 10_000_000),
    "port": (0, 65_535),
    "serve": (0, 65_535),
}
EXPRESSIONS = ("select", "set")  # options whose texts name no files


def check_arguments(options: type, argv: Sequence[str]) -> None:
    """Raise UsageError where an option for a path is given an empty text, which `Path` takes for the present folder."""
    names = set(_path_options(options))
    for argument, following in pairwise([*argv, "-"]):
        name, equals, value = argument.partition("=")
        if name in names and not (value if equals else following != ""):
            raise UsageError(f"{name}: expected a path, got an empty text; name a file or folder")


def _path_options(options: type) -> Iterator[str]:
    for name, hint in typing.get_type_hints(options).items():
        if is_dataclass(hint):
            yield from _path_options(hint)  # type: ignore[arg-type]
        elif Path in (hint, *typing.get_args(hint)):
            yield option_of(name)


def check_values(options: object) -> None:
    """Raise UsageError, naming the option, for a value that makes sense nowhere."""
    for name, value in _values(options):
        mistake = _number_mistake(name, value) if isinstance(value, int | float) else _name_mistake(name, value)
        if mistake is not None:
            raise UsageError(f"{option_of(name)}: {mistake}")


def _values(options: object) -> Iterator[tuple[str, object]]:
    """Names and values, those of nested options and each of a repeated one; without flags and what was left out."""
    for entry in fields(options):  # type: ignore[arg-type]
        value = getattr(options, entry.name)
        if is_dataclass(value):
            yield from _values(value)
            continue
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, int | float | str | Path) and not isinstance(item, bool):
                yield entry.name, item


def _number_mistake(name: str, value: int | float) -> str | None:
    """Why a number is none for this option; None where it is."""
    if not math.isfinite(value):
        return f"expected a finite number, got {value}"
    least, most = RANGES.get(name, (-LARGEST, LARGEST) if isinstance(value, int) else (-math.inf, math.inf))
    if not least <= value <= most:
        return f"expected {least:.15g} to {most:.15g}, got {_short(value)}"
    return None


def _name_mistake(name: str, value: object) -> str | None:
    """Why a text cannot name a file; None where it can, or where it is the JSON of a session."""
    text = str(value)
    if "\0" in text:
        return "expected a text without NUL characters, got one"
    try:
        content = text.encode()
    except UnicodeEncodeError:
        return "expected a text in UTF-8, got other bytes; rename the file"
    if name in EXPRESSIONS or text.lstrip().startswith("{"):
        return None
    longest = max(map(len, re.split(rb"[/\\,]", content)))
    if longest > LONGEST_NAME or len(content) > LONGEST_PATH:
        return (
            f"expected names of at most {LONGEST_NAME} bytes in a path of at most {LONGEST_PATH}, got {longest} in "
            f"{len(content)}; shorten it"
        )
    return None


def _short(value: int | float) -> str:
    return f"{value:g}" if isinstance(value, float) or abs(value) < LARGEST else "a number of more than 15 digits"
