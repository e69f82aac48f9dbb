"""The arrangement of panels as Dear ImGui keeps it (panels.ini), checked before it: Dear ImGui itself checks nothing.

A dock node that is its own ancestor, or that a third node calls its parent, would end the program while it starts.
"""

import re

MOST_LINES, MOST_DEPTH = 3000, 40
LONGEST_LINE = 400  # characters
_SECTION = re.compile(r"\[(Window|Docking)\]\[[^\[\]]{1,200}\]")
_NAMES = ("Pos", "Size", "Collapsed", "DockId", "ViewportPos", "ViewportId", "ClassId", "IsChild", "RefScale")
_NODE = re.compile(r"\s*Dock(Space|Node)\s+ID=(0x[0-9A-Fa-f]{1,8})(?:\s+Window=0x[0-9A-Fa-f]{1,8})?"
                   r"(?:\s+Parent=(0x[0-9A-Fa-f]{1,8}))?((?:\s+\w+=[-\w,.]+)*)\s*")  # fmt: skip
_NUMBER = re.compile(r"-?\d{1,6}|0x[0-9A-Fa-f]{1,16}|[XY]")


def is_sound(arrangement: str) -> bool:
    """Whether every line is one that Dear ImGui writes, and the dock nodes make binary trees, parents first."""
    lines = arrangement.splitlines()
    if len(lines) > MOST_LINES or any(len(line) > LONGEST_LINE for line in lines) or not arrangement.isascii():
        return False
    depth: dict[int, int] = {}
    children: dict[int, int] = {}
    for line in filter(None, map(str.strip, lines)):
        if node := _NODE.fullmatch(line):
            if not _takes(node, depth, children):
                return False
        elif not _SECTION.fullmatch(line) and not _is_pair(line):
            return False
    return all(count in (0, 2) for count in children.values())


def _takes(node: re.Match[str], depth: dict[int, int], children: dict[int, int]) -> bool:
    """Whether a node has a place in the trees so far, where it is then kept."""
    number, parent = int(node[2], 16), int(node[3], 16) if node[3] else None
    if number in depth or number == 0 or not all(map(_is_value, re.findall(r"=(\S+)", node[4]))):
        return False
    if parent is not None:
        if parent not in depth or children[parent] == 2 or depth[parent] == MOST_DEPTH:
            return False
        children[parent] += 1
    depth[number] = 0 if parent is None else depth[parent] + 1
    children[number] = 0
    return True


def _is_pair(line: str) -> bool:
    name, equals, value = line.partition("=")
    return bool(equals) and name in _NAMES and _is_value(value)


def _is_value(value: str) -> bool:
    return all(_NUMBER.fullmatch(part) for part in value.split(","))
