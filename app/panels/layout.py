"""All panels, each a window that docks, with their first arrangement; the menu bar and the palette."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import dearpygui.dearpygui as dpg

from app.files.arrangements import is_sound
from app.panels.avatar_panel import AvatarPanel, ShapePanel
from app.panels.avatar_row_panel import AvatarRowPanel
from app.panels.camera_panel import CameraPanel
from app.panels.inspect_panel import InspectPanel
from app.panels.lamp_panel import LampPanel
from app.panels.light_panel import LightPanel
from app.panels.material_panel import MaterialPanel
from app.panels.menu_bar import MenuBar
from app.panels.paint_panel import PaintPanel
from app.panels.panel import Panel, PanelContext, Popup, Snapshot, fill_tooltips
from app.panels.path_panel import PathPanel
from app.panels.popups.key_choice import KeyChoice
from app.panels.popups.palette import Palette
from app.panels.popups.question import Question
from app.panels.pose_panel import PosePanel
from app.panels.poses_panel import PosesPanel
from app.panels.preferences_panel import PreferencesPanel
from app.panels.probe_panel import ProbePanel
from app.panels.record_panel import RecordPanel
from app.panels.stats_panel import StatsPanel
from app.panels.still_panel import StillPanel
from app.panels.surroundings_panel import SurroundingsPanel
from app.panels.timeline_panel import TimelinePanel
from app.panels.view_panel import ViewPanel
from app.tools.commands.context import SAVE_SESSION
from app.tools.commands.key_map import KeyMap

Group = tuple[tuple[str, ...], int]  # slots whose panels are tabs of one place, and its height
Columns = tuple[tuple[int, tuple[Group, ...]], ...]  # width and groups of each column, unscaled pixels
LOW: Columns = (  # two columns of a laptop's height
    (326, ((("avatar",), 118), (("timeline", "export"), 163), (("pose", "numbers"), 404))),
    (404, ((("light",), 176), (("lamps", "probes"), 258), (("look",), 251))),
)
HIGH: Columns = (
    (326, ((("avatar",), 120), (("timeline",), 164), (("pose",), 262), (("export",), 153), (("numbers",), 218))),
    (404, ((("light",), 178), (("lamps",), 224), (("probes",), 261), (("look",), 254))),
)
WIDE: Columns = (
    (340, ((("avatar",), 128), (("timeline",), 192), (("pose",), 704))),
    (404, ((("light",), 204), (("lamps",), 262), (("probes",), 558))),
    (404, ((("look",), 420), (("export",), 190), (("numbers",), 414))),
)
LEAST_HIGH_PX, LEAST_WIDE_PX = 935, 1060  # of the controls' window, unscaled
# beyond the numbers that Dear PyGui gives its own items, which count up from 20 with every redrawn mark
FIRST_TAG = 1 << 48
PICTURE_TAG = FIRST_TAG + 80  # of the picture where it is a panel, too
SLOTS = tuple(name for _, groups in HIGH for names, _ in groups for name in names)
_ROOT, _PICTURE_NODE, _PANELS_NODE = "0x08BD597D", "0x00002000", "0x00002001"
_DOCK_SPACE = f"ID={_ROOT} Window=0x1BBC0F80"  # Dear ImGui's names of the space that fills the window


@dataclass(frozen=True)
class Docked:
    """A panel and the slot where it docks at first. Saved arrangements name panels by number: never change one."""

    number: int
    panel: type[Panel]
    slot: str  # of SLOTS; later panels of a slot are further tabs

    @property
    def tag(self) -> int:
        """Dear PyGui's tag of the window."""
        return FIRST_TAG + self.number

    def make(self, context: PanelContext) -> Panel:
        """A panel of this kind."""
        return self.panel(context)  # type: ignore[call-arg]


def columns_for(width: int, height: int) -> Columns:  # of the controls' window, unscaled pixels
    """The arrangement that fills a window of this size."""
    if width >= LEAST_WIDE_PX:
        return WIDE
    return HIGH if height >= LEAST_HIGH_PX else LOW


def columns_beside(width: int, height: int) -> Columns:  # of the window, unscaled pixels
    """The arrangement beside a picture in the same window, which is as large a square as two columns allow."""
    return columns_for(width - height, height)


def default_layout(
    docked: Sequence[Docked], columns: Columns = HIGH, scale: float = 1.0, has_picture: bool = False
) -> str:
    """The first arrangement as a settings file of Dear ImGui; `scale`: size of text and widgets.

    `has_picture`: the panels stand right of the picture, which takes what they leave.
    """
    columns = tuple(
        (round(scale * width), tuple((names, round(scale * height)) for names, height in groups))
        for width, groups in columns
    )
    node_of = {name: names[0] for _, groups in columns for names, _ in groups for name in names}
    lines, orders = [], dict.fromkeys(SLOTS, 0)
    for slot in (name for _, groups in columns for names, _ in groups for name in names):
        for item in (item for item in docked if item.slot == slot):
            place = node_of[slot]
            lines += [f"[Window][###{item.tag}]", "Collapsed=0", f"DockId={_node(place)},{orders[place]}", ""]
            orders[place] += 1
    total = sum(width for width, _ in columns)
    size = f"Size={total},{max(sum(height for _, height in groups) for _, groups in columns)}"
    lines += ["[Docking][Data]", f"DockSpace {_DOCK_SPACE} Pos=0,0 {size} Split=X"]
    parent = _ROOT
    if has_picture:
        lines[:0] = [f"[Window][###{PICTURE_TAG}]", "Collapsed=0", f"DockId={_PICTURE_NODE},0", ""]
        lines += [
            f"  DockNode ID={_PICTURE_NODE} Parent={_ROOT} SizeRef={total},{total} CentralNode=1",
            f"  DockNode ID={_PANELS_NODE} Parent={_ROOT} SizeRef={total},{total} Split=X",
        ]
        parent = _PANELS_NODE
    for number, (width, groups) in enumerate(columns, 1):
        total -= width
        is_central = number == len(columns) and not has_picture
        lines += _column(groups, width, parent, number=0x100 * number, is_central=is_central)
        if number < len(columns) - 1:  # splits are binary: the columns that are left share a node
            height = sum(height for _, height in groups)
            lines.append(f"  DockNode ID=0x{0x1000 + number:08X} Parent={parent} SizeRef={total},{height} Split=X")
            parent = f"0x{0x1000 + number:08X}"
    return "\n".join([*lines, ""])


def names_all(layout: str, docked: Iterable[Docked], has_picture: bool = False) -> bool:
    """Whether a saved arrangement is sound and names every panel, and the picture; one that it lacks would float."""
    tags = [*(item.tag for item in docked), *[PICTURE_TAG] * has_picture]
    return is_sound(layout) and all(f"[Window][###{tag}]" in layout for tag in tags)


def _node(slot: str) -> str:
    return f"0x{SLOTS.index(slot) + 1:08X}"


def _column(groups: tuple[Group, ...], width: int, parent: str, number: int, is_central: bool) -> list[str]:
    """Dock nodes of a column: splits are binary, the first group and a node that holds the rest."""
    (names, height), *rest = groups
    if not rest:
        central = " CentralNode=1" * is_central
        return [f"  DockNode ID={_node(names[0])} Parent={parent} SizeRef={width},{height}{central}"]
    node, total = f"0x{number:08X}", sum(height for _, height in groups)
    return [
        f"  DockNode ID={node} Parent={parent} SizeRef={width},{total} Split=Y",
        f"  DockNode ID={_node(names[0])} Parent={node} SizeRef={width},{height}",
        *_column(tuple(rest), width, node, number + 1, is_central),
    ]


PANELS: tuple[Docked, ...] = (
    Docked(1, AvatarPanel, "avatar"),
    Docked(9, AvatarRowPanel, "avatar"),
    Docked(10, TimelinePanel, "timeline"),
    Docked(11, PosesPanel, "pose"),
    Docked(12, ShapePanel, "pose"),
    Docked(3, RecordPanel, "export"),
    Docked(60, StillPanel, "export"),
    Docked(5, LightPanel, "light"),
    Docked(6, ProbePanel, "probes"),
    Docked(30, PaintPanel, "probes"),
    Docked(31, MaterialPanel, "probes"),
    Docked(7, LampPanel, "lamps"),
    Docked(8, ViewPanel, "look"),
    Docked(20, SurroundingsPanel, "look"),
    Docked(21, InspectPanel, "look"),
    Docked(40, CameraPanel, "look"),
    Docked(41, PathPanel, "look"),
    Docked(4, StatsPanel, "numbers"),
    Docked(70, PreferencesPanel, "numbers"),
    Docked(2, PosePanel, "pose"),  # last: the last one built has the focus at first, and comes before other tabs
)
TRACED_TAGS = (  # widgets whose rectangles PHYNES_TRACE records
    "still.start", "still.copy", "still.format", "record.copy", "record.format", "menu.file",
    "joint16", "pose.limb1", "pose.reset", "record.seconds", "record.start", "light.mode",
    "light.yaw_deg", "light.strip", "probes.picture", "probes.tool", "lamp.add", "view.exposure",
    "view.albedo", "view.normal", "inspect.joints",
    "poses.0", "poses.share", "poses.save", "timeline.strip", "timeline.play", "menu.panels",
    "materials.square", "materials.tool", "materials.roughness_scale", "materials.reset", "materials.save",
    "camera.left", "path.add", "path.play", "record.path", "palette.text",
    "question.0", "question.1", "question.cancel", "key_choice.replace",
    "export.kind", "export.start", "export.close",
    *(f"{SAVE_SESSION}.{part}" for part in ("up", "name", "ok", "cancel")),
    *(f"menu.{item.tag}" for item in PANELS),
)  # fmt: skip


class PanelLayout:
    """Builds the panels and shows snapshots in them. Needs `create_context` only, no display."""

    def __init__(self, context: PanelContext) -> None:
        self._context = context
        self._named_keys: KeyMap | None = None  # those that the tooltips name
        self.panels: tuple[Panel, ...] = tuple(item.make(context) for item in PANELS)
        self.palette, self.question, self.key_choice = Palette(context), Question(), KeyChoice(context)
        self._menu_bar = MenuBar(context, [(item.tag, item.panel.title) for item in PANELS])

    @property
    def popups(self) -> Sequence[Popup]:
        """The palette, the question, the choice of keys and all dialogs."""
        return self._context.popups

    def build(self) -> None:
        """Add menu bar, panels, palette, question and choice of keys."""
        self._menu_bar.build()
        for item, panel in zip(PANELS, self.panels, strict=True):
            # panels can be moved and stacked, but not closed, since nothing would open them again
            with dpg.window(label=panel.title, tag=item.tag, no_close=True, no_collapse=True):
                panel.build()
        self.palette.build()
        self.question.build()
        self.key_choice.build()
        self._context.popups.extend((self.palette, self.question, self.key_choice))
        with dpg.handler_registry():
            dpg.add_mouse_release_handler(callback=lambda: self._context.end_gesture())

    def sync(self, snapshot: Snapshot) -> None:
        """Show the snapshot in every panel."""
        if (keys := self._context.keys) is not self._named_keys:
            self._named_keys = keys
            fill_tooltips(keys)
        for panel in self.panels:
            panel.sync(snapshot)
        self._menu_bar.sync(snapshot)
        self.palette.scale(snapshot.scale)
        for popup in self.popups:
            popup.sync()
