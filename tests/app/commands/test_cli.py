"""From argv to a command: mistakes are errors of one line, and only what is needed is imported."""

import ast
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest

from app import cli
from app.options.arguments import parse_numbers
from phynes_core.errors import CheckpointError

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Paint:
    """Options."""

    color: str
    """What color."""
    brush: int = 3
    """How wide."""
    stroke: tuple[str, ...] = ()
    """x,y; repeatable."""
    offset: str = ""
    """x,y"""
    dry: bool = False
    """Do not paint."""


@pytest.fixture
def paint(monkeypatch) -> list[Paint]:
    """A command "paint" that records its options."""
    seen: list[Paint] = []
    module = SimpleNamespace(
        Paint=Paint, run=lambda options: seen.append(options) or 0, __doc__="Paint.\n\nexamples: x"
    )
    monkeypatch.setattr(cli, "command_names", lambda: ["paint", "view"])
    monkeypatch.setattr(cli, "import_module", lambda name: module)
    return seen


def error_of(argv: list[str], capsys) -> str:
    assert cli.main(argv) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("error: ") and printed.err.count("\n") == 1 and "Traceback" not in printed.err
    return printed.err


def test_options_reach_the_command(paint):
    assert cli.main(["paint", "--color", "red", "--stroke", "1,2", "--stroke", "3,4", "--dry"]) == 0
    assert paint == [Paint("red", stroke=("1,2", "3,4"), dry=True)]


def test_a_value_may_begin_with_a_minus(paint):
    assert cli.main(["paint", "--color", "red", "--offset", "-30,10", "--stroke", "-1,2", "--stroke", "-.5,1"]) == 0
    assert paint == [Paint("red", stroke=("-1,2", "-.5,1"), offset="-30,10")]


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["paint", "--color", "red", "--brsh", "4"], "unknown option --brsh: did you mean --brush?"),
        (["paint", "--color", "red", "--zzz"], "unknown option --zzz"),
        (["paint", "--color", "red", "stray"], "unknown option stray"),
        (["paint", "--color", "red", "--brush", "wide"], "--brush"),
        (["paint", "--color"], "--color"),
        (["paint"], "missing --color"),
        (["pant"], "unknown command 'pant': did you mean paint?"),
        (["xyz"], "there are paint, view"),
        (["josh.ckpt"], "python launch.py --avatar josh.ckpt"),
    ],
)
def test_a_mistake_is_an_error_of_one_line_with_a_hint(paint, capsys, argv, expected):
    assert expected in error_of(argv, capsys)
    assert paint == []


def test_a_long_message_stays_one_line_on_a_narrow_terminal(paint, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "30")
    assert "invalid literal for int() with base 10: 'terribly-wide'" in error_of(
        ["paint", "--color", "red", "--brush", "terribly-wide"], capsys
    )


def test_a_users_mistake_inside_a_command_is_one_line(monkeypatch, capsys):
    def fail() -> int:
        raise CheckpointError("josh.ckpt: damaged\nsecond line")

    assert cli.guarded(fail) == 2
    assert capsys.readouterr().err == "error: josh.ckpt: damaged\\nsecond line\n"


def test_a_bug_keeps_its_traceback():
    with pytest.raises(ZeroDivisionError):
        cli.guarded(lambda: 1 // 0)


def test_ctrl_c_prints_one_line(capsys):
    def interrupt() -> int:
        raise KeyboardInterrupt

    assert cli.guarded(interrupt) == 130
    assert capsys.readouterr().err == "interrupted\n"


def test_options_without_a_command_open_the_viewer():
    assert cli.command_name(["--avatar", "josh.ckpt"]) == "view"
    assert cli.command_name([]) == "view"
    assert cli.command_name(["view", "--avatar", "josh.ckpt"]) == "view"
    assert cli.command_name(["-h"]) is None


def test_help_lists_every_command_with_its_summary(capsys):
    assert cli.main(["-h"]) == 0
    shown = capsys.readouterr().out
    for name in cli.command_names():
        assert f"  {name}" in shown
    assert "Render an avatar to files" in shown


@pytest.mark.parametrize("name", [path.stem for path in cli.COMMANDS_FOLDER.glob("[a-z]*.py")])
def test_help_of_every_command_shows_examples_and_says_what_an_option_does_when_given(name, capsys):
    assert cli.main([name, "--help"]) == 0
    shown = capsys.readouterr().out
    assert "python launch.py" in shown and "{None}" not in shown
    options = re.split(r"\n│ (?=--)", shown)
    for option in (" ".join(re.sub(r"[│\n]", " ", one).split()) for one in options):
        assert not (option.startswith("--no-") and "(default: True)" in option), option


@pytest.mark.parametrize("path", sorted((ROOT / "app").glob("[co]*s/[a-z]*.py")), ids=lambda path: path.stem)
def test_every_option_is_explained(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = [node for node in tree.body if isinstance(node, ast.ClassDef) and "dataclass" in ast.unparse(node)]
    for options in (
        kind for kind in kinds if kind.name.endswith("Options") or path.stem in ("exports", kind.name.lower())
    ):
        for field, following in zip(options.body, [*options.body[1:], None], strict=True):
            if isinstance(field, ast.AnnAssign):
                is_text = isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant)
                assert is_text, f"{path.name}: {ast.unparse(field.target)} has no docstring"


def test_help_of_render_imports_neither_torch_nor_windows():
    program = (
        "import sys; from app.cli import main; main(['render', '-h'])\n"
        "print(*(name for name in ('torch', 'numba', 'moderngl', 'dearpygui', 'glfw') if name in sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.splitlines()[-1] == ""


def test_numbers_of_an_option():
    names = ("az", "el", "intensity", "radius")
    assert parse_numbers("--lamp", "-10,20,3", names, num_required=3) == [-10.0, 20.0, 3.0]
    assert parse_numbers("--lamp", "1,2,3,4", names, num_required=3) == [1.0, 2.0, 3.0, 4.0]
    for wrong in ("1,2", "1,2,3,4,5", "a,b,c", "", "1,2,nan", "1,2,inf"):
        with pytest.raises(cli.UsageError, match=r"--lamp: expected az,el,intensity\[,radius\] as numbers"):
            parse_numbers("--lamp", wrong, names, num_required=3)
