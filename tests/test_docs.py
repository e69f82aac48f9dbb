"""What the documents name exists: files, functions and classes of the tour, keys of README, links between pages."""

import ast
import re
from pathlib import Path

import pytest

from app.tools.commands.key_map import KeyMap
from app.tools.commands.registry import COMMANDS

ROOT = Path(__file__).resolve().parents[1]
PAGES = [*(ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md")), *(ROOT / "docs").glob("*.md")]
NOT_OURS = {"curvature"}  # the example of the tour's last walk


def defined(path: Path) -> set[str]:
    """Names that a file defines: functions, classes, constants, and methods as Class.method."""
    names: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        if isinstance(node, ast.ClassDef):
            own = [part for part in node.body if isinstance(part, ast.FunctionDef)]
            names |= {f"{node.name}.{part.name}" for part in own} | {part.name for part in own}
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return names


def test_everything_that_the_tour_names_exists():
    text = (ROOT / "docs/tour.md").read_text(encoding="utf-8")
    quoted = re.findall(r"`([^`]+)`", text)
    files = {name for name in quoted if re.fullmatch(r"[\w/]+\.(py|glsl)", name)}
    assert len(files) > 20
    assert not [name for name in files if not (ROOT / name).is_file()]
    names = set.union(*(defined(ROOT / name) for name in files if name.endswith(".py")))
    nodes = set(re.findall(r'Node\("(\w+)"', (ROOT / "phynes_core/frame/nodes.py").read_text(encoding="utf-8")))
    plain = {name for name in quoted if re.fullmatch(r"\w+(\.\w+)?", name)} - NOT_OURS
    assert len(plain) > 40
    assert not plain - names - nodes


def test_keys_that_the_front_page_names_are_keys():
    """A row says the keys of commands as the registry prints them; runs of numbers are written with dots."""
    known = {key for command in COMMANDS for key in KeyMap().text(command).split(" / ")}
    rows = re.findall(r"^\| (`.+?) \|", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    keys = {key for row in rows for key in re.findall(r"`([^`]+)`", row)}
    assert len(keys) > 12
    assert keys <= known


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(page):
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    wrong = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert not wrong


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_files_that_pages_name_exist(page):
    text = page.read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:app|phynes_core|shaders|tests|docs|assets|checkpoints)/[\w/.-]*\w/?)`", text))
    assert not [name for name in named if not (ROOT / name).exists()]


def test_the_first_page_is_one_screen_and_the_second_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) < 80
    assert len((ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").splitlines()) < 150
