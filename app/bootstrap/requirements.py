"""The Python packages that a command needs, from pyproject.toml, and which of them are missing here.

Standard library only; installed versions are read from metadata, without importing the packages.
"""

import importlib.metadata
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path

from app.bootstrap.system_packages import SetupError

EXTRAS = {"test": ("test",), "synthesize": ("synthetic",)}  # command -> extras


def requirement_lists(root: Path, groups: Sequence[str]) -> dict[str, list[str]]:
    """Requirements of each group ("base" or an extra) and of the extras it names, from a folder's pyproject.toml."""
    table = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = table.get("optional-dependencies", {})
    lists: dict[str, list[str]] = {}
    queue = list(groups)
    while queue:
        group = queue.pop(0)
        if group in lists:
            continue
        entries = table["dependencies"] if group == "base" else extras[group]
        lists[group] = []
        for entry in entries:
            own = re.fullmatch(re.escape(table["name"]) + r"\[([\w,\s-]+)\]", entry)
            if own:
                queue.extend(name.strip() for name in own[1].split(","))
            else:
                lists[group].append(entry)
    return lists


def missing(requirements: Sequence[str]) -> list[str]:
    """The requirements that are not installed here at an allowed version, as "name>=1.0 (found 0.9)"."""
    lacking = []
    for requirement in requirements:
        if ";" in requirement:  # for some platforms only: pip decides, and the engine has a fallback
            continue
        name, bounds = split_requirement(requirement)
        try:
            found = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            lacking.append(requirement)
            continue
        if not all(_holds(found, operator, bound) for operator, bound in bounds):
            lacking.append(f"{requirement} (found {found})")
    return lacking


def split_requirement(requirement: str) -> tuple[str, list[tuple[str, str]]]:
    """Name and bounds: "a[b]>=1,<2" is ("a", [(">=", "1"), ("<", "2")])."""
    found = re.match(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?(.*)", requirement)
    if found is None:
        raise SetupError(f"pyproject.toml: cannot read the requirement {requirement!r}")
    return found[1], re.findall(r"(>=|<=|==|<|>)\s*([0-9.]+)", found[2])


def _holds(version: str, operator: str, bound: str) -> bool:
    numbers = [[int(part) for part in re.findall(r"\d+", re.split(r"[+a-z]", text)[0])] for text in (version, bound)]
    length = max(map(len, numbers))
    left, right = ([*part, *[0] * (length - len(part))] for part in numbers)
    return {">=": left >= right, "<=": left <= right, "==": left == right, "<": left < right, ">": left > right}[
        operator
    ]
