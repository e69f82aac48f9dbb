"""JSON files that anybody may have written: read whole and of a sane size, or refused in one line."""

import json
from pathlib import Path
from typing import Any

from app.wording import one_line
from phynes_core.errors import PhynesError

LONGEST_REASON = 80  # characters


def read_json(path: Path, noun: str, most_bytes: int, refusal: type[PhynesError], remedy: str) -> Any:
    """The values of a file that should hold `noun` ("this pose"); raises `refusal`, which ends with the remedy."""
    return parse_json(read_text(path, noun, most_bytes, refusal, remedy), str(path), refusal, remedy)


def read_text(path: Path, noun: str, most_bytes: int, refusal: type[PhynesError], remedy: str) -> str:
    """The file's text; no more of a larger file is read than shows that it is one."""
    try:
        with open(path, "rb") as file:
            raw = file.read(most_bytes + 1)
        if len(raw) <= most_bytes:
            return raw.decode("utf-8")
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have, or no UTF-8
        is_binary = isinstance(error, UnicodeDecodeError)
        reason = "not a text file" if is_binary else getattr(error, "strerror", None) or one_line(error)
        raise refusal(f"{path}: cannot read {noun} ({reason}); {remedy}") from error
    raise refusal(f"{path}: cannot read {noun} (expected at most {most_bytes} bytes, got more); {remedy}")


def parse_json(text: str, name: str, refusal: type[PhynesError], remedy: str) -> Any:
    """The values of a text; `name` says in a refusal where it came from."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise refusal(f"{name}: not readable as JSON ({one_line(error)[:LONGEST_REASON]}); {remedy}") from error
