"""Plain JavaScript modules joined into one script, because browsers load no module from a file beside a page.

Only what the modules of app/web/ use is understood: imports of names between braces, and exports of a function, a class
or a constant where they are declared. Each module becomes a function that returns what it exports.
"""

import re
from pathlib import Path

_IMPORT = re.compile(r'^import \{([^}]*)\} from "([^"]+)";\n?', re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:async )?function|class|const) (\w+)", re.MULTILINE)
_OTHER = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)
_MARKUP = re.compile(r"<(?:/script|!--)", re.IGNORECASE)  # would end the element that the script stands in


def joined_modules(entry: Path) -> str:
    """One module that does what `entry` does; raises ValueError for what it does not understand."""
    names: dict[Path, str] = {}
    return "\n".join([*(_wrapped(path, names) for path in module_files(entry)), ""])


def module_files(entry: Path) -> list[Path]:
    """The modules that an entry needs, each behind those that it imports; the entry is the last."""
    order: list[Path] = []
    open_files: list[Path] = []

    def visit(path: Path) -> None:
        if path in open_files:
            raise ValueError(f"{path.name}: it imports itself, by {', '.join(each.name for each in open_files)}")
        if path in order:
            return
        open_files.append(path)
        for _, source in _IMPORT.findall(path.read_text(encoding="utf-8")):
            visit((path.parent / source).resolve())
        order.append(open_files.pop())

    visit(entry.resolve())
    return order


def _wrapped(path: Path, names: dict[Path, str]) -> str:
    text = path.read_text(encoding="utf-8")
    exported = [name for _, name in _EXPORT.findall(text)]

    def taken(match: re.Match[str]) -> str:
        wanted = [" ".join(name.split()).replace(" as ", ": ") for name in match[1].split(",") if name.strip()]
        return f"const {{ {', '.join(wanted)} }} = {names[(path.parent / match[2]).resolve()]};\n"

    body = _EXPORT.sub(r"\1 \2", _IMPORT.sub(taken, text))
    if other := _OTHER.search(body):
        raise ValueError(f"{path.name}: expected imports and exports of names, got '{other[0]}'")
    if markup := _MARKUP.search(body):
        raise ValueError(f"{path.name}: expected no '{markup[0]}', which ends a script in a page")
    own = names[path] = f"module_{len(names)}"
    begin = f"// {path.parent.name}/{path.name}\nconst {own} = (() => {{\n"
    return f"{begin}{body.rstrip()}\nreturn {{ {', '.join(exported)} }};\n}})();"
