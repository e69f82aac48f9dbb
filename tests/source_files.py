"""The project's Python files as text: where they lie and what they import."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def python_files(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def imports(path: Path, top_level_only: bool = False, has_types: bool = True) -> list[tuple[int, str]]:
    """(line, dotted module) of every import in a file; `from a import b` counts as a.b.

    Without `has_types`, imports under `if TYPE_CHECKING` are left out: they name types and import nothing.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if not has_types:
        tree = WithoutTypes().visit(tree)
    found = []
    for node in tree.body if top_level_only else ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{where(path, node.lineno)}: relative import"
            found += [(node.lineno, f"{node.module}.{alias.name}") for alias in node.names]
    return found


class WithoutTypes(ast.NodeTransformer):
    """Takes the blocks away that only type checkers read."""

    def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt]:
        return node.orelse if ast.unparse(node.test) == "TYPE_CHECKING" else self.generic_visit(node)


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def where(path: Path, line: int = 0) -> str:
    return f"{path.relative_to(ROOT)}" + (f":{line}" if line else "")
