"""Where the panels stand at first: two columns of slots, each a stack of tabs, as Dear ImGui's settings file says it.

Dear PyGui reads such a file before its first frame and never again, so that another arrangement takes a new window.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from app.panels.panel import Panel, PanelContext

COLUMNS: tuple[tuple[int, tuple[tuple[str, int], ...]], ...] = (  # width; (slot, height), pixels of the first window
    (326, (("avatar", 150), ("timeline", 172), ("pose", 214), ("take", 176), ("numbers", 158))),
    (404, (("light", 206), ("probes", 262), ("lamps", 168), ("look", 234))),
)
# Dear PyGui counts its own items up from 20, every redrawn mark is one, and what it counts to takes a window's place
FIRST_TAG = 1 << 48
SLOTS = tuple(name for _, slots in COLUMNS for name, _ in slots)
_DOCK_SPACE = "ID=0x08BD597D Window=0x1BBC0F80"  # Dear ImGui's names of the space that fills the window


@dataclass(frozen=True)
class Docked:
    """A panel and its place. Numbers are forever: saved arrangements name panels by them."""

    number: int
    panel: type[Panel]
    slot: str  # of SLOTS; a later one of the same slot is a tab behind

    @property
    def tag(self) -> int:
        """Dear PyGui's name of the window."""
        return FIRST_TAG + self.number

    def make(self, context: PanelContext) -> Panel:
        """The panel itself."""
        return self.panel(context)  # type: ignore[call-arg]


def default_layout(docked: Iterable[Docked]) -> str:
    """The settings file of the first arrangement."""
    lines, orders = [], dict.fromkeys(SLOTS, 0)
    for item in docked:
        lines += [f"[Window][###{item.tag}]", "Collapsed=0", f"DockId={_node(item.slot)},{orders[item.slot]}", ""]
        orders[item.slot] += 1
    (left_width, left), (right_width, right) = COLUMNS
    heights = [sum(height for _, height in column) for column in (left, right)]
    size = f"Size={left_width + right_width},{max(heights)}"
    lines += ["[Docking][Data]", f"DockSpace {_DOCK_SPACE} Pos=0,0 {size} Split=X"]
    lines += _column(left, left_width, parent="0x08BD597D", number=0x100, is_central=False)
    lines += _column(right, right_width, parent="0x08BD597D", number=0x200, is_central=True)
    return "\n".join([*lines, ""])


def names_all(layout: str, docked: Iterable[Docked]) -> bool:
    """Whether a saved arrangement knows every panel; a panel that it does not know would float somewhere."""
    return all(f"[Window][###{item.tag}]" in layout for item in docked)


def _node(slot: str) -> str:
    return f"0x{SLOTS.index(slot) + 1:08X}"


def _column(slots: tuple[tuple[str, int], ...], width: int, parent: str, number: int, is_central: bool) -> list[str]:
    """Splits are binary: the first slot, and a node that holds the rest."""
    (name, height), *rest = slots
    if not rest:
        return [f"  DockNode ID={_node(name)} Parent={parent} SizeRef={width},{height}" + " CentralNode=1" * is_central]
    node, total = f"0x{number:08X}", sum(height for _, height in slots)
    return [
        f"  DockNode ID={node} Parent={parent} SizeRef={width},{total} Split=Y",
        f"  DockNode ID={_node(name)} Parent={node} SizeRef={width},{height}",
        *_column(tuple(rest), width, node, number + 1, is_central),
    ]
