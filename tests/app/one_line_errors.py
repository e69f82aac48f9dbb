"""Checks of errors of bad input: one line, and no files left behind."""

from pathlib import Path


def check_line(text: str) -> None:
    assert text.startswith("error: ") and text.count("\n") == 1, text
    assert "Traceback" not in text


def contents(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_size if path.is_file() else -1 for path in folder.rglob("*")}
