"""The names of `import phynes_core`: one list, typed, imported when asked for, documented, and enough to render."""

import ast
import importlib.util
import subprocess
import sys

import pytest

import phynes_core
from phynes_core.errors import CheckpointError
from tests.source_files import ROOT

PACKAGE = ROOT / "phynes_core/__init__.py"
NAMES = [name for names in phynes_core.PUBLIC.values() for name in names]


def in_a_new_process(program: str) -> str:
    command = [sys.executable, "-c", program]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def test_type_checkers_read_the_names_that_the_table_lists():
    blocks = [node for node in ast.parse(PACKAGE.read_text(encoding="utf-8")).body if isinstance(node, ast.If)]
    typed = [(node.module, alias.name, alias.asname) for block in blocks for node in block.body for alias in node.names]
    listed = [(module, name, name) for module, names in phynes_core.PUBLIC.items() for name in names]
    assert sorted(typed) == sorted(listed)
    assert len(set(NAMES)) == len(NAMES) > 40


def test_names_are_the_objects_of_their_modules():
    for module, names in phynes_core.PUBLIC.items():
        for name in names:
            assert getattr(phynes_core, name) is getattr(importlib.import_module(module), name)
    assert dir(phynes_core) == sorted(NAMES)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="phynes_core.*Avtar"):
        phynes_core.Avtar  # noqa: B018


def test_the_import_alone_brings_no_library():
    program = "import sys; before = set(sys.modules); import phynes_core; print(*sorted(set(sys.modules) - before))"
    found = {name.split(".")[0] for name in in_a_new_process(program).split()}
    assert "phynes_core" in found
    assert found <= {"phynes_core", *sys.stdlib_module_names}


def test_a_star_brings_the_public_names_alone():
    program = "from phynes_core import *; print(*sorted(name for name in globals() if not name.startswith('__')))"
    assert in_a_new_process(program).split() == sorted(NAMES)


def test_errors_of_the_list_are_those_that_users_mend():
    with pytest.raises(phynes_core.PhynesError, match="josh") as error:
        phynes_core.resolve_avatar_path("jsoh")
    assert isinstance(error.value, CheckpointError)


def test_the_ten_lines_of_the_package_make_a_picture():
    """The example in the docstring, smaller: the body covers the middle of the picture and little else."""
    text = phynes_core.__doc__.split("```python\n")[1].split("```")[0]
    assert len([line for line in text.splitlines() if line]) == 10
    names: dict = {}
    exec(text.replace("512", "64").replace("supersample=2", "supersample=1"), names)
    picture = names["picture"]
    covered = names["frame"].mask.numpy()[..., 0] > 0
    assert picture.shape == (64, 64, 3) and 0.0 <= picture.min() and picture.max() <= 1.0
    assert 0.05 < covered.mean() < 0.4 and covered[32, 32]
    assert picture[covered].mean() > 0.1 and not picture[~covered].any()


def test_the_page_of_names_is_made_of_the_present_docstrings():
    """docs/api.md, which docs/make_api.py writes."""
    spec = importlib.util.spec_from_file_location("make_api", ROOT / "docs/make_api.py")
    assert spec is not None and spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    text = (ROOT / "docs/api.md").read_text(encoding="utf-8")
    assert text == script.page(), "write it anew: python docs/make_api.py > docs/api.md"
    assert not [name for name in NAMES if f"### {name}\n" not in text]
