"""From argv to a command's run(): a file of app/commands/ is a subcommand, imported only when it is asked for.

A command module holds a docstring (first line: what it does; then examples), one frozen dataclass of options named like
the module in CamelCase, whose field docstrings are the help, and `run(options) -> exit code`. A user's mistake is a
PhynesError: one line on stderr and exit code 2.
"""

import ast
import difflib
import io
import os
import re
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr
from importlib import import_module
from pathlib import Path

from app.bootstrap import virtual_environment
from app.options.arguments import UsageError, with_optional_values
from app.options.option_values import check_arguments, check_values
from phynes_core.errors import PhynesError
from phynes_core.io.shipped_files import PROGRAM

DEFAULT_COMMAND = "view"
COMMANDS_FOLDER = Path(__file__).resolve().parent / "commands"
HELP = ("-h", "--help", "help")


def launch(argv: Sequence[str]) -> int:
    """Install what the command needs (this may restart the program in .venv) and run it; returns the exit code."""

    def start() -> int:
        command = command_name(argv)
        if command is not None:  # the list of commands needs no installation; neither does an unknown command
            virtual_environment.ensure(command, argv)
        return run(argv)

    return guarded(start)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line; returns the exit code, also for a user's mistakes."""
    arguments = sys.argv[1:] if argv is None else list(argv)
    return guarded(lambda: run(arguments))


def run(argv: Sequence[str]) -> int:
    """Run one command line; raises PhynesError."""
    name = command_name(argv)
    if name is None:
        print(_as_started(overview()))
        return 0
    rest = argv[1:] if argv and argv[0] == name else argv
    if rest and rest[0] is argv[0] and is_session(rest[0]):
        rest = ["--session", *rest]
    # set before torch reads it: threads that spin while they wait are ten times slower beside any other load
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    module = import_module(f"app.commands.{name}")
    options = _parse(name, module, rest)
    return 0 if options is None else module.run(options)


def guarded(action: Callable[[], int]) -> int:
    """The exit code of `action`; a PhynesError is printed in one line and gives 2, an interruption gives 130."""
    try:
        return action()
    except PhynesError as error:
        print("error: " + _as_started(" ".join(str(error).split())), file=sys.stderr)
        return 2
    except KeyboardInterrupt as interrupt:
        print(_as_started(f"interrupted{': ' if interrupt.args else ''}{interrupt}"), file=sys.stderr)
        return 130


def command_name(argv: Sequence[str]) -> str | None:
    """The subcommand of argv; "view" without one; None for the list of commands. Raises UsageError for unknown ones."""
    if argv and argv[0] in HELP:
        return None
    if not argv or argv[0].startswith("-"):
        return DEFAULT_COMMAND
    names = command_names()
    if argv[0] in names:
        return argv[0]
    if is_session(argv[0]):
        return DEFAULT_COMMAND
    if argv[0].endswith(".ckpt"):
        raise UsageError(f"{argv[0]}: not a command; to open it: python launch.py --avatar {argv[0]}")
    close = difflib.get_close_matches(argv[0], names, n=1)
    hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(names)}"
    raise UsageError(f"unknown command {argv[0]!r}: {hint} (python launch.py -h explains them)")


def is_session(argument: str) -> bool:
    """Whether the first word names a session file instead of a command."""
    return argument.lower().endswith(".json")


def command_names() -> list[str]:
    """Every subcommand, sorted."""
    return sorted(path.stem for path in COMMANDS_FOLDER.glob("*.py") if path.stem != "__init__")


def overview() -> str:
    """The text of -h: every command with the first line of its docstring, read without importing it."""
    lines = ["usage: python launch.py [COMMAND] [OPTIONS]", ""]
    for name in command_names():
        text = ast.get_docstring(ast.parse((COMMANDS_FOLDER / f"{name}.py").read_text(encoding="utf-8"))) or ""
        summary = text.split("\n", 1)[0].rstrip(".")
        lines.append(f"  {name:<12}{summary}{' (the default)' if name == DEFAULT_COMMAND else ''}")
    lines += [
        "",
        "examples:",
        "  python launch.py --avatar josh.ckpt",
        "  python launch.py josh_session.json               a session that the viewer saved",
        "  python launch.py render --avatar josh.ckpt --out frames --probe assets/probes/studio.exr",
        "  python launch.py COMMAND -h                      the options of a command, with examples",
    ]
    return "\n".join(lines)


def _parse(name: str, module, argv: Sequence[str]):
    """The command's options as its dataclass; None where help was asked for and printed; raises UsageError."""
    import tyro

    options = getattr(module, "".join(part.capitalize() for part in name.split("_")))
    errors = io.StringIO()
    check_arguments(options, argv)
    try:
        with redirect_stderr(errors):
            read = tyro.cli(
                options,
                args=with_optional_values(options, _join_negative_values(argv)),
                prog=PROGRAM + ("" if name == DEFAULT_COMMAND else f" {name}"),
                description=_as_started(module.__doc__ or ""),
                config=(tyro.conf.FlagCreatePairsOff, tyro.conf.UseAppendAction, tyro.conf.DisallowNone),
            )
    except SystemExit as stop:
        if not stop.code:
            return None
        command = "python launch.py" + ("" if name == DEFAULT_COMMAND else f" {name}")
        raise UsageError(f"{_one_line(errors.getvalue())} ({command} -h shows the options)") from None
    check_values(read)
    return read


def _as_started(text: str) -> str:
    """The text with `phynes` instead of `python launch.py` where the package is installed."""
    return text.replace("python launch.py", PROGRAM)


def _join_negative_values(argv: Sequence[str]) -> list[str]:
    """`--camera -30,10,3` means `--camera=-30,10,3`: no option here starts with a digit."""
    joined: list[str] = []
    for argument in argv:
        if re.match(r"-[.\d]", argument) and joined and re.fullmatch(r"--[\w-]+", joined[-1]):
            joined[-1] += f"={argument}"
        else:
            joined.append(argument)
    return joined


def _one_line(box: str) -> str:
    """The one line of an error message of tyro, without its box, title, styling and the advice below the line."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", box)
    parts: list[list[str]] = [[]]
    for row in plain.splitlines():
        text = row.strip("│| \t")
        if re.fullmatch(r"[─-]{4,}", text):
            parts.append([])
        elif text and not re.match(r"\s*[╭╰]", row):
            parts[-1].append(text)
    if "╭" not in plain:  # on a terminal without UTF-8 the title has a separating line of its own
        parts = parts[1:]
    message, advice = (*parts, [], [])[:2]
    if message and message[0].startswith("Missing from"):
        return "missing " + " and ".join(row.split()[0] for row in message if row.startswith("--"))
    text = re.sub(r"^Unrecognized options: ([^\s,]+).*", r"unknown option \1", " ".join(message))
    similar = [row.split()[0] for row in advice if row.startswith("--")]
    if text.startswith("unknown option") and similar:
        text += f": did you mean {similar[0]}?"
    return text or "the options cannot be read"
