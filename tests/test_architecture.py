"""The rooms: who imports whom, what stands where, and how large it is."""

import ast
import re

from tests.source_files import ROOT, imports, module_of, python_files, where

# The rooms of phynes_core, lowest first: a room imports rooms of the lines above its own, never of its own line.
ENGINE_ROOMS = (
    ("conventions", "checks", "errors"),  # single files, which may import one another
    ("io",),
    ("kernels",),
    ("geometry",),
    ("render", "maps", "body"),
    ("avatar", "data"),
    ("frame", "registration", "template"),
    ("training", "evaluation", "synthetic", "export"),
)
# The rooms of app, lowest first. cli.py stands above all of them, and imports a command only when it is asked for.
APP_ROOMS = (
    "bootstrap", "model", "files", "rendering", "web", "options", "tools", "window", "panels", "viewer",
    "serving", "bench",  # beside commands, which measure with it
    "commands",
)  # fmt: skip
NEVER = {("tools", "window"), ("panels", "window"), ("commands", "panels")}  # only viewer sees panels
PLAIN_VALUES = ("model", "panels")  # rooms that import no torch, no GL and nothing of phynes_core
MOST_FILES = {"panels": 28}  # of a room; 20 in all others
FEWEST_LINES, MOST_LINES = 60, 300  # of a file
SHORT_ROOMS = ("app/tools", "app/panels", "app/commands")  # where a file is one tool, one panel, one command
SHORT_SUBJECTS = {  # subjects that are small and nobody else's; a new one belongs here only if it joins none there is
    "app/files/arrangements.py",
    "app/files/materials.py",
    "app/model/edits.py",
    "app/model/exports.py",
    "app/model/preferences.py",
    "app/model/view_state.py",
    "app/options/arguments.py",
    "app/options/dataset.py",
    "app/rendering/choices.py",
    "app/rendering/render_requests.py",
    "app/viewer/system_dialogs.py",
    "app/viewer/window_areas.py",
    "app/window/guides.py",
    "phynes_core/body/parts.py",
    "phynes_core/checks.py",
    "phynes_core/data/native/layout.py",
    "phynes_core/data/open_capture.py",
    "phynes_core/errors.py",
    "phynes_core/evaluation/metrics/masks.py",
    "phynes_core/export/page_modules.py",
    "phynes_core/frame/floor.py",
    "phynes_core/frame/options.py",
    "phynes_core/geometry/mesh.py",
    "phynes_core/io/output_files.py",
    "phynes_core/io/shipped_files.py",
    "phynes_core/kernels/cuda/warp_compiler.py",
    "phynes_core/registration/capture_fit.py",
    "phynes_core/registration/trial.py",
    "phynes_core/registration/config.py",
    "phynes_core/synthetic/mitsuba/setup.py",
    "phynes_core/synthetic/surface/noise.py",
    "phynes_core/template/colors.py",
    "phynes_core/template/config.py",
    "phynes_core/training/options.py",
}
WINDOW_LIBRARIES = {"moderngl", "moderngl_window", "glfw", "glm", "pyglm", "dearpygui", "OpenGL"}
NOT_PLAIN = {"phynes_core", "torch", *WINDOW_LIBRARIES} - {"dearpygui"}


def room(module: str, package: str) -> str | None:
    """The room of a package that a dotted name lies in; a single file is its own."""
    parts = module.split(".")
    return parts[1] if parts[0] == package and len(parts) > 1 else None


def rooms(package: str) -> set[str]:
    found = {path.stem for path in (ROOT / package).iterdir() if path.is_dir() or path.suffix == ".py"}
    return found - {"__init__", "__pycache__"}


def test_every_room_has_its_place_in_the_order():
    engine = {name for line in ENGINE_ROOMS for name in line}
    assert rooms("phynes_core") <= engine, "give the new room a line here and in ARCHITECTURE.md"
    assert rooms("app") == {*APP_ROOMS, "cli"}, "give the new room a line here and in ARCHITECTURE.md"


def test_the_engine_imports_downward_only():
    line_of = {name: number for number, line in enumerate(ENGINE_ROOMS) for name in line}
    wrong = []
    for path in python_files("phynes_core"):
        own = room(module_of(path), "phynes_core")
        for line, module in imports(path):
            other = room(module, "phynes_core")
            if own == "__init__" or other is None or other == own or line_of[other] == line_of[own] == 0:
                continue
            if line_of[other] >= line_of[own]:
                wrong.append(f"{where(path, line)}: {own} imports {other}")
    assert not wrong, "\n".join(wrong)


def test_the_app_imports_downward_only():
    order = {name: number for number, name in enumerate(APP_ROOMS)}
    wrong = []
    for path in python_files("app"):
        own = room(module_of(path), "app")
        for line, module in imports(path):
            other = room(module, "app")
            if (
                own in order
                and other in order
                and own != other
                and (order[other] > order[own] or (own, other) in NEVER)
            ):
                wrong.append(f"{where(path, line)}: {own} imports {other}")
            if own in order and other == "cli":
                wrong.append(f"{where(path, line)}: {own} imports cli.py, which stands above it")
    assert not wrong, "\n".join(wrong)


def test_no_two_files_import_one_another():
    files = {module_of(path): path for path in python_files("app", "phynes_core")}
    arrows: dict[str, set[str]] = {}
    for module, path in files.items():
        named = [name for _, name in imports(path, has_types=False)]
        arrows[module] = {name if name in files else name.rpartition(".")[0] for name in named} & set(files)
    # what nobody left imports, or what imports nothing that is left, is in no circle
    while outside := {name for name, targets in arrows.items() if not targets & set(arrows)}:
        arrows = {name: targets for name, targets in arrows.items() if name not in outside}
    while outside := set(arrows) - {target for targets in arrows.values() for target in targets}:
        arrows = {name: targets for name, targets in arrows.items() if name not in outside}
    assert not arrows, f"these files import one another: {', '.join(sorted(arrows))}"


def test_rooms_are_not_too_full():
    folders = {path.parent for path in python_files("app", "phynes_core")}
    counts = {folder: sum(path.stem != "__init__" for path in folder.glob("*.py")) for folder in folders}
    assert not [f"{where(folder)}: {n} files" for folder, n in counts.items() if n > MOST_FILES.get(folder.name, 20)]


def test_the_engine_knows_neither_the_app_nor_windows():
    wrong = [
        f"{where(path, line)}: imports {module}"
        for path in python_files("phynes_core")
        for line, module in imports(path)
        if module.split(".")[0] in WINDOW_LIBRARIES | {"app"}
    ]
    assert not wrong, "\n".join(wrong)


def test_only_the_render_service_asks_the_engine_for_frames():
    """One way in for the viewer and every command; bench times the engine's own renderer, without what windows need."""
    wrong = [
        f"{where(path, line)}: imports {module}; ask app/rendering/render_service.py"
        for path in python_files("app")
        for line, module in imports(path, has_types=False)
        if module.startswith("phynes_core.frame.")
        and module != "phynes_core.frame.buffers.BUFFERS"
        and room(module_of(path), "app") not in ("rendering", "bench")
        and module_of(path) != "app.commands.bench"
    ]
    assert not wrong, "\n".join(wrong)


def test_rendering_reads_states_and_edits_none():
    wrong = [
        f"{where(path, line)}: imports {module}"
        for path in python_files("app/rendering")
        for line, module in imports(path)
        if module.startswith("app.model.edits.")
        or re.match(r"app\.model\.\w+\.(edit|add|remove|set|move|toggle|step)_", module)
    ]
    assert not wrong, "\n".join(wrong)


def test_the_document_and_the_panels_hold_plain_values_only():
    wrong = [
        f"{where(path, line)}: imports {module}"
        for path in python_files(*(f"app/{name}" for name in PLAIN_VALUES))
        for line, module in imports(path)
        if module.split(".")[0] in NOT_PLAIN
    ]
    assert not wrong, "\n".join(wrong)


def test_package_files_are_empty():
    """Save the engine's, which lists its public names (tests/test_public_names.py)."""
    files = [path for path in python_files("app", "phynes_core") if path.name == "__init__.py"]
    assert [where(path) for path in files if path.read_bytes()] == ["phynes_core/__init__.py"]


def test_every_folder_of_code_is_a_package():
    folders = {path.parent for path in python_files("app", "phynes_core")}
    assert not [where(folder) for folder in folders if not (folder / "__init__.py").exists()]


def test_files_are_one_subject_each():
    files = [path for path in python_files("app", "phynes_core") if path.stem != "__init__"]
    lengths = {where(path): len(path.read_text(encoding="utf-8").splitlines()) for path in files}
    assert not {name: length for name, length in lengths.items() if length > MOST_LINES}
    short = {name for name, length in lengths.items() if length < FEWEST_LINES and not name.startswith(SHORT_ROOMS)}
    assert short <= SHORT_SUBJECTS


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
        # options that other rooms print, too, are imported
        names |= {name.rpartition(".")[2] for _, name in imports(path, top_level_only=True)}
        needed = {"run", "".join(part.capitalize() for part in path.stem.split("_"))}
        if not needed <= names:
            wrong.append(f"{where(path)}: lacks {needed - names}")
        if "python launch.py" not in (ast.get_docstring(tree) or ""):
            wrong.append(f"{where(path)}: its docstring shows no example")
    assert not wrong, "\n".join(wrong)
