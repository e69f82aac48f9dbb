"""docs/keys.md, written from the registry of commands: python -m app.tools.key_table > docs/keys.md

With --mine the same page names the keys that this person chose.
"""

import sys
from collections.abc import Iterable

from app.files.preferences import KeptPreferences
from app.tools.commands.key_map import KeyMap
from app.tools.commands.registry import GROUPS

MOUSE = "Mouse"
MOUSE_LINES = (  # also on the help pages over the picture
    ("drag", "orbit; a click takes hold of a limb, a double click frames it"),
    ("shift+drag, right drag", "pan"),
    ("wheel", "zoom to the pointer"),
    ("drag a lamp", "move it around the avatar"),
    ("ctrl+drag", "turn the surrounding light"),
    ("drop a file", "motion, pose, light, path, session or avatar"),
)
MORE_MOUSE_LINES = (
    ("middle drag", "pan"),
    ("Alt+wheel", "the loupe's magnification"),
    ("drag while flying", "look around; W A S D and Q E move"),
    ("drag a lamp past the rim of its circle", "it goes behind the avatar, or before it"),
    ("drag an axis of a near lamp", "move it along"),
    ("drag a ring of the held limb", "turn it"),
    ("Alt+drag", "turn the surrounding light"),
    ("drag the line of a split picture", "move it"),
    ("drag on the body with the brush", "paint materials"),
    ("right click on the body with the brush", "take the color up that is there"),
    ("drop a file on the right of a split picture", "an avatar, environment or rig for that side"),
)
INTRODUCTION = """\
# Keys

They work in the picture and, while no text field is being typed into and no list is open, in the controls; Tab belongs
to the fields there. {window.palette} lists every command, also those without a key.
Help > Choose keys... gives a command another key; the pages over the picture, menus and hints follow, and
`python -m app.tools.key_table --mine` prints this page with the keys of yours.
"""


def key_table(keys: KeyMap) -> str:
    """The page of these keys; that of the first ones is docs/keys.md."""
    parts = [keys.filled(INTRODUCTION), f"## {MOUSE}\n\n{_table((*MOUSE_LINES, *MORE_MOUSE_LINES), 'mouse')}"]
    parts += [
        f"## {name}\n\n{_table((_code(faces), text) for faces, text in keys.help_lines(GROUPS[name]))}"
        for name in GROUPS
    ]
    return "\n".join(parts)


def _code(keys: str) -> str:
    return " / ".join(f"`{key}`" for key in keys.split(" / ")).replace(" ... ", "` ... `")


def _table(rows: Iterable[tuple[str, str]], head: str = "key") -> str:
    return "\n".join([f"| {head} | does |", "|---|---|", *(f"| {keys} | {text} |" for keys, text in rows), ""])


if __name__ == "__main__":
    print(key_table(KeyMap(KeptPreferences().now.keys if "--mine" in sys.argv[1:] else ())), end="")
