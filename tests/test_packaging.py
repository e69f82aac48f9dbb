"""What is declared, pinned and committed: packages, what the start may import, texts that name no machine."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.source_files import ROOT, imports, python_files, where

STDLIB_ONLY = ["launch.py", "app/cli.py", "app/options/arguments.py", "app/bootstrap"]
ADAPTERS = {"pytorch3d", "tinycudann", "cuda"}  # built by the user, used where they are found


def test_the_start_needs_only_the_standard_library():
    own = {"app", "phynes_core"}
    files = [
        path for name in STDLIB_ONLY for path in ([ROOT / name] if (ROOT / name).is_file() else python_files(name))
    ]
    assert len(files) > 4
    wrong = [
        f"{where(path, line)}: imports {module}"
        for path in files
        for line, module in imports(path, top_level_only=True)
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
