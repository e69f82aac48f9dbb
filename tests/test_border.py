"""Files of strangers come in through phynes_core/io/untrusted.py only, and nothing is ever unpickled."""

import ast
import re

from tests.source_files import ROOT, imports, python_files, where

# calls that read a file, or decode what may come from one
READERS = re.compile(
    r"(os|io|Path\(.*\)|path|Image|zipfile|tarfile|gzip|lzma|bz2|codecs|[Ww]ave)\.open$|^open$"
    r"|\.(read_text|read_bytes|imread|imopen|improps|fromfile|loadtxt|genfromtxt|memmap|copyfile|copytree|copy2)$"
    r"|^(safe_open|load_file|ZipFile)$|^(np|numpy|torch|json|yaml|tomllib)\.(safe_)?loads?$"
    r"|\.(ZipFile|safe_open|load_file|from_file)$|^OpenEXR\.(File|InputFile)$"
)
NEVER = {"pickle", "marshal", "shelve", "dill", "joblib", "yaml"}  # modules that can run what a file says
# file -> the calls that it may make, each because what it reads is not a stranger's file as it lies on the disk
ALLOWED = {
    "phynes_core/io/untrusted.py": {"os.open", "open"},  # the border itself
    # bytes that came through the border
    "phynes_core/io/array_files.py": {"zipfile.ZipFile"},
    "phynes_core/io/exr_files.py": {"OpenEXR.File"},
    "phynes_core/io/image_files.py": {"Image.open"},
    "phynes_core/io/json_files.py": {"json.loads"},
    "phynes_core/io/torch_files.py": {"zipfile.ZipFile", "torch.load"},  # with weights_only, its names checked first
    # what the program has just written, or read through the border
    "phynes_core/io/output_files.py": {"open"},
    "phynes_core/io/output_locks.py": {"open", "os.open"},  # locks beside what this program writes
    "phynes_core/synthetic/imperfections/pictures.py": {"imageio.imread"},
    "phynes_core/synthetic/imperfections/degrade.py": {"shutil.copyfile"},
    "phynes_core/training/run/run_folder.py": {"shutil.copyfile"},
    "app/serving/published.py": {"path.read_bytes"},  # the frame around a watched page, which ships
    "app/web/page_export.py": {"picture.read_bytes", "video.read_bytes"},
    "app/viewer/panel_window.py": {"arrangement.read_text"},
    # the program's own code, its installation and the system
    "phynes_core/kernels/cpu/compiler.py": {"(Path(__file__).parent / name).read_bytes"},
    "phynes_core/kernels/gpu/description.py": {"path.read_text", "json.loads"},
    "phynes_core/export/page.py": {"(web / _STYLE).read_bytes", "path.read_bytes", "path.read_text"},
    "phynes_core/export/page_modules.py": {"path.read_text"},
    "phynes_core/export/page_packet.py": {
        "(ENGINE.parent / 'present' / 'page.wgsl').read_text", "(ENGINE / 'frame.json').read_text", "json.loads",
    },
    "app/cli.py": {"(COMMANDS_FOLDER / f'{name}.py').read_text"},
    "app/window/shaders.py": {"(PRESENT / Path(name).name).read_text"},
    "app/bench/machine.py": {"open"},
    "app/viewer/event_record.py": {"Path(f'/proc/{pid}/statm').read_text"},
    "app/bootstrap/requirements.py": {"(root / 'pyproject.toml').read_text", "tomllib.loads"},
    "app/bootstrap/virtual_environment.py": {
        "path.open", "project.marker.read_text", "project.constraints.read_text", "json.loads",
    },
}  # fmt: skip


def is_for_writing(call: ast.Call) -> bool:
    modes = [*call.args[1:2], *(keyword.value for keyword in call.keywords if keyword.arg == "mode")]
    return any(isinstance(mode, ast.Constant) and str(mode.value)[:1] in "wax" for mode in modes)


def readers(source: str) -> set[str]:
    """The calls of a file that read something."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    named = {ast.unparse(call.func): call for call in calls if not is_for_writing(call)}
    return {name for name in named if READERS.search(name)}


def test_only_the_border_opens_files_of_strangers():
    found = {where(path): readers(path.read_text(encoding="utf-8")) for path in python_files("app", "phynes_core")}
    wrong = {name: calls - ALLOWED.get(name, set()) for name, calls in found.items()}
    assert not {name: calls for name, calls in wrong.items() if calls}, "read it by phynes_core/io/untrusted.py"
    stale = {name: calls - found.get(name, set()) for name, calls in ALLOWED.items()}
    assert not {name: calls for name, calls in stale.items() if calls}, "no longer there: take it off the list"


def test_the_search_finds_what_it_should():
    reading = ("open(p)", "p.read_bytes()", "np.load(f)", "json.load(f)", "Image.open(f)", "OpenEXR.File(str(p))")
    for line in (*reading, "os.open(p, 0)", "torch.load(p)", "safe_open(p, 'pt')", "Path(p).open()", "ZipFile(p)"):
        assert readers(line), line
    for line in ("open(p, 'w')", "open(p, mode='a')", "self._palette.open(p)", "json.dumps(p)", "f.load(p)"):
        assert not readers(line), line


def test_nothing_is_unpickled():
    wrong = [
        f"{where(path, line)}: imports {module}"
        for path in python_files("app", "phynes_core")
        for line, module in imports(path)
        if module.split(".")[0] in NEVER
    ]
    assert not wrong, "\n".join(wrong)
    text = (ROOT / "phynes_core/io/torch_files.py").read_text(encoding="utf-8")
    assert "weights_only=True" in text
