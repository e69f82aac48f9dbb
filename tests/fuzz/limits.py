"""The table of limits in docs/security.md, from the declarations in the code: `python -m tests.fuzz.limits` prints."""

import importlib
import re

from phynes_core.io.untrusted import FileKind
from tests.source_files import module_of, python_files

OWN = "phynes_core.synthetic.subjects"  # content of ours, read through the border for its errors


def file_kinds() -> dict[str, FileKind]:
    """Every kind of file that a module declares, by module and name."""
    found: dict[str, FileKind] = {}
    for path in python_files("app", "phynes_core"):
        module = module_of(path)
        if re.search(r"^[A-Z_]+ = (File|Picture)Kind\(", path.read_text(encoding="utf-8"), re.MULTILINE):
            names = vars(importlib.import_module(module)).items()
            found |= {f"{module}.{name}": kind for name, kind in names if isinstance(kind, FileKind)}
    return {name: kind for name, kind in found.items() if not name.startswith(OWN)}


def rows() -> list[str]:
    """Lines of the table, one for each noun and size."""
    limits = sorted({(kind.noun, kind.most_bytes) for kind in file_kinds().values()})
    return [f"| {noun} | {_size(most)} |" for noun, most in limits]


def _size(most_bytes: int) -> str:
    return f"{most_bytes / 1e9:.1f} GB" if most_bytes >= 1e9 else f"{most_bytes / 1e6:.0f} MB"


if __name__ == "__main__":
    print("\n".join(rows()))
