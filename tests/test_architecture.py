"""The layout keeps its promises: who imports whom, what stands where, and what no committed text holds."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

TIERS = {
    **dict.fromkeys(["conventions", "checks", "errors", "paths", "image_files", "atomic_file", "stages"], 1),
    "kernels": 2,
    "geometry": 3,
    **dict.fromkeys(["render", "maps", "body"], 4),
    **dict.fromkeys(["avatar", "checkpoint", "data", "scene", "scene_view", "paint_surface"], 5),
    **dict.fromkeys(["device_graph", "exr_layers"], 1),
    **dict.fromkeys(["frame", "grounded_frame", "device_frame", "recorded_frames"], 6),
    **dict.fromkeys(["training", "evaluation", "synthetic"], 7),
}
SIDEWAYS = {
    ("checkpoint", "avatar"),
    ("scene", "avatar"),
    ("scene_view", "scene"),
    ("paint_surface", "avatar"),
    ("grounded_frame", "frame"),
    ("frame", "recorded_frames"),
    ("recorded_frames", "frame"),
    ("recorded_frames", "device_frame"),
}  # within a tier; tier 1's single files may also use one another
WINDOW_LIBRARIES = {"moderngl", "moderngl_window", "glfw", "glm", "pyglm", "dearpygui", "OpenGL"}
VALUES_ONLY = {"phynes_core", "torch", *WINDOW_LIBRARIES} - {
    "dearpygui"
}  # what app.panels and app.model.view_state never import
STDLIB_ONLY = [
    "launch.py",
    "app/__init__.py",
    "app/cli.py",
    "app/bootstrap/virtual_environment.py",
    "app/bootstrap/system_packages.py",
]
ADAPTERS = {"pytorch3d", "tinycudann", "cuda"}  # built by the user, used where they are found


def python_files(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def imports(path: Path, top_level_only: bool = False) -> list[tuple[int, str]]:
    """(line, dotted module) of every import in a file; `from a import b` counts as a.b."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = []
    for node in tree.body if top_level_only else ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{where(path, node.lineno)}: relative import"
            found += [(node.lineno, f"{node.module}.{alias.name}") for alias in node.names]
    return found


def where(path: Path, line: int = 0) -> str:
    return f"{path.relative_to(ROOT)}" + (f":{line}" if line else "")


def room(module: str) -> str | None:
    """The room of phynes_core that a dotted name lies in."""
    parts = module.split(".")
    return parts[1] if parts[0] == "phynes_core" and len(parts) > 1 else None


def test_every_room_of_the_engine_has_a_tier():
    rooms = {path.stem for path in (ROOT / "phynes_core").iterdir() if path.is_dir() or path.suffix == ".py"}
    assert not rooms - set(TIERS) - {"__init__", "__pycache__"}, "give the new room a tier here and in ARCHITECTURE.md"


def test_the_engine_imports_only_lower_tiers():
    wrong = []
    for path in python_files("phynes_core"):
        own = path.relative_to(ROOT / "phynes_core").with_suffix("").parts[0]
        if own == "__init__":
            continue
        for line, module in imports(path):
            other = room(module)
            if other is None or other == own:
                continue
            is_allowed = TIERS[other] < TIERS[own] or (own, other) in SIDEWAYS or TIERS[own] == TIERS[other] == 1
            if not is_allowed:
                wrong.append(f"{where(path, line)}: {own} (tier {TIERS[own]}) imports {other} (tier {TIERS[other]})")
    assert not wrong, "\n".join(wrong)


def test_the_engine_knows_neither_the_app_nor_windows():
    wrong = [
        f"{where(path, line)}: imports {module}"
        for path in python_files("phynes_core")
        for line, module in imports(path)
        if module.split(".")[0] in WINDOW_LIBRARIES | {"app"}
    ]
    assert not wrong, "\n".join(wrong)


def test_panels_and_state_hold_plain_values_only():
    files = [
        *python_files("app/panels"),
        ROOT / "app/model/view_state.py",
        ROOT / "app/model/light_state.py",
        ROOT / "app/model/blackbody.py",
    ]
    wrong = [
        f"{where(path, line)}: imports {module}"
        for path in files
        for line, module in imports(path)
        if module.split(".")[0] in VALUES_ONLY
    ]
    assert not wrong, "\n".join(wrong)


def test_the_start_needs_only_the_standard_library():
    own = {"app", "phynes_core"}
    wrong = [
        f"{where(ROOT / name, line)}: imports {module}"
        for name in STDLIB_ONLY
        for line, module in imports(ROOT / name, top_level_only=True)
        if module.split(".")[0] not in set(sys.stdlib_module_names) | own
    ]
    assert not wrong, "\n".join(wrong)


def test_what_the_start_imports_of_ours_is_standard_library_too():
    program = (
        "import sys; import app.cli, app.bootstrap.virtual_environment; "
        "print(*(m for m in sys.modules if m.split('.')[0] in ('torch', 'numpy', 'tyro', 'rich', 'numba')))"
    )
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.split() == []


def test_every_third_party_import_is_declared():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lists = [project["dependencies"], *project["optional-dependencies"].values()]
    declared = {distribution_key(re.split(r"[\[>=<;\s]", entry)[0]) for entries in lists for entry in entries}
    distributions = packages_distributions()
    known = set(sys.stdlib_module_names) | {"app", "phynes_core"} | ADAPTERS
    wrong = []
    for path in python_files("app", "phynes_core"):
        for line, module in imports(path):
            top = module.split(".")[0]
            if top not in known and not {distribution_key(name) for name in distributions.get(top, [top])} & declared:
                wrong.append(f"{where(path, line)}: {top} is in no list of pyproject.toml")
    assert not wrong, "\n".join(wrong)


def test_every_base_package_is_imported():
    """What only tests need is installed for tests only."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {distribution_key(re.split(r"[\[>=<;\s]", entry)[0]) for entry in project["dependencies"]}
    used = {module.split(".")[0] for path in python_files("app", "phynes_core") for _, module in imports(path)}
    distributions = packages_distributions()
    provided = {distribution_key(name) for top in used for name in distributions.get(top, [top])}
    assert names - provided == set()


def distribution_key(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_declared_package_is_pinned():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lists = [project["dependencies"], *project["optional-dependencies"].values()]
    declared = {distribution_key(re.split(r"[\[>=<;\s]", entry)[0]) for entries in lists for entry in entries}
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = {distribution_key(line.split("==")[0]) for line in lines if "==" in line}
    assert declared - pins == {project["name"]}


def test_package_files_hold_a_docstring_and_names_only():
    wrong = []
    for path in python_files("app", "phynes_core"):
        if path.name != "__init__.py":
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if ast.get_docstring(tree) is None:
            wrong.append(f"{where(path)}: no docstring")
        wrong += [
            f"{where(path, node.lineno)}: more than names"
            for node in tree.body[1:]
            if not isinstance(node, ast.ImportFrom)
            and not (isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__")
        ]
    assert not wrong, "\n".join(wrong)


def test_every_folder_of_code_is_a_package():
    folders = {path.parent for path in python_files("app", "phynes_core")}
    assert not [where(folder) for folder in folders if not (folder / "__init__.py").exists()]


def test_files_are_short_and_named_after_an_idea():
    files = [ROOT / "launch.py", *python_files("app", "phynes_core", "tests")]
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in files}
    assert not [f"{where(path)}: {length} lines" for path, length in lengths.items() if length >= 500]
    assert not [where(path) for path in files if re.search(r"util|helper|manager|misc|common", path.stem)]


def test_test_files_have_unique_names():
    stems = [path.stem for path in python_files("tests") if path.stem != "conftest"]
    assert sorted(set(stems)) == sorted(stems)


def test_commands_keep_the_contract_of_the_command_line():
    wrong = []
    for path in python_files("app/commands"):
        if path.stem == "__init__":
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
        needed = {"run", "".join(part.capitalize() for part in path.stem.split("_"))}
        if not needed <= names:
            wrong.append(f"{where(path)}: lacks {needed - names}")
        if "python launch.py" not in (ast.get_docstring(tree) or ""):
            wrong.append(f"{where(path)}: its docstring shows no example")
    assert not wrong, "\n".join(wrong)


def committed_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout: what is committed cannot be told")
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def test_no_committed_text_names_one_machine():
    places = ["work", "tmp", "root", "home", "Users"]
    hosts = [r"pypi\.org", "pythonhosted", r"registry\.npmjs", r"deb\.debian"]
    pattern = re.compile(r"(?<![\w.*}~])/(?:" + "|".join(places) + r")/\w|" + "|".join(hosts))
    wrong = []
    for path in committed_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        if path == Path(__file__).resolve():
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if found := pattern.search(line):
                wrong.append(f"{where(path, number)}: {found[0]}")
    assert not wrong, "\n".join(wrong)
