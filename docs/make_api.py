"""docs/api.md, made from the docstrings and signatures of the public names: python docs/make_api.py > docs/api.md

The names are those of phynes_core/__init__.py. Signatures and fields are copied with their trailing comments, which
give shapes, units and frames; nothing is imported but the list of names.
"""

import ast
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import phynes_core  # noqa: E402

INTRODUCTION = """\
# The engine from Python

Written by `python docs/make_api.py > docs/api.md` from the docstrings.
[notebook.ipynb](notebook.ipynb) shows the names at work.

"""
Function = ast.FunctionDef
Documented = ast.FunctionDef | ast.ClassDef


def page() -> str:
    """The text of docs/api.md."""
    rows = [f"| `{module}` | {_links(names)} |" for module, names in phynes_core.PUBLIC.items()]
    conventions = ast.get_docstring(_parsed("phynes_core.conventions")[0]) or ""
    parts = [
        INTRODUCTION + (phynes_core.__doc__ or "").strip(),
        "\n".join(["| module | names |", "|---|---|", *rows]),
        f"## Frames, axes, units\n\n```text\n{conventions}\n```",
        *(_section(module, names) for module, names in phynes_core.PUBLIC.items()),
    ]
    return "\n\n".join(parts) + "\n"


def _links(names: tuple[str, ...]) -> str:
    return ", ".join(f"[{name}](#{name.lower()})" for name in names)


def _parsed(module: str) -> tuple[ast.Module, list[str]]:
    """A module's tree and its lines."""
    path = ROOT / Path(*module.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    text = path.read_text(encoding="utf-8")
    return ast.parse(text), text.splitlines()


def _section(module: str, names: tuple[str, ...]) -> str:
    """What a module is about, and its public names."""
    tree, lines = _parsed(module)
    parts = [f"## {module}", (ast.get_docstring(tree) or "").split("\n\n")[0]]
    for name in names:
        parts += [f"### {name}", *_entry(_definition(tree, name), lines)]
    return "\n\n".join(parts)


def _definition(tree: ast.Module, name: str) -> ast.stmt:
    for node in tree.body:
        if isinstance(node, Documented) and node.name == name:
            return node
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            return node
    raise SystemExit(f"{name}: expected a function, class or constant at the top of its module, got none")


def _entry(node: ast.stmt, lines: list[str]) -> list[str]:
    """The docstring and a block of code; the names that a constant lists."""
    if isinstance(node, Function):
        return [ast.get_docstring(node) or "", _code(_signature(node, lines))]
    if isinstance(node, ast.Assign):
        return [", ".join(f"`{name}`" for name in ast.literal_eval(node.value))]
    assert isinstance(node, ast.ClassDef)
    code = _signature(node, lines)
    code += [line for field in node.body if isinstance(field, ast.AnnAssign) for line in _lines_of(field, lines)]
    for member in node.body:
        if isinstance(member, Function) and (member.name == "__init__" or not member.name.startswith("_")):
            code += [""] if len(code) > 1 else []
            code += _signature(member, lines)
            code += _lines_of(member.body[0], lines) if ast.get_docstring(member) else []
    return [ast.get_docstring(node) or "", _code(code)]


def _signature(node: Documented, lines: list[str]) -> list[str]:
    """From the decorators to the colon, with comments."""
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return [line for line in lines[first - 1 : node.body[0].lineno - 1] if line.strip()]


def _lines_of(node: ast.stmt, lines: list[str]) -> list[str]:
    return lines[node.lineno - 1 : node.end_lineno]


def _code(lines: list[str]) -> str:
    return "```python\n" + textwrap.dedent("\n".join(lines)) + "\n```"


if __name__ == "__main__":
    print(page(), end="")
