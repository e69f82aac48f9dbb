"""The protocol of panels, the snapshot that they show, the context that they post to, and functions for widgets."""

from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY, dataclass, field, replace
from typing import Any, Protocol

import dearpygui.dearpygui as dpg
import numpy as np

from app.model.materials import MaterialFile
from app.model.status import SessionStatus, Status
from app.model.store import Edit
from app.model.view_state import ViewState
from app.options.command_lines import CommandTexts
from app.rendering.choices import Choices
from app.rendering.frames import Frame, MaterialSquare
from app.tools.commands.context import CommandContext
from app.tools.commands.key_map import KeyMap, keys_of
from app.tools.commands.registry import command_of, run

FLOAT_TOLERANCE = 1e-5  # widgets hold float32


@dataclass(frozen=True, eq=False)
class Snapshot:
    """Everything that the panels show at one moment."""

    state: ViewState
    choices: Choices = field(default_factory=Choices)
    status: Status = field(default_factory=Status)
    _: KW_ONLY
    probe_radiance: np.ndarray | None = None  # [16, 32, 3] linear, as the newest frame was lit
    node_ms: Mapping[str, float] = field(default_factory=dict)
    render_ms: float = 0.0
    display_fps: float = 0.0
    display_name: str = ""  # OpenGL's name of what draws the windows
    frame_path: str = "host"  # how the newest frame's pixels reached the window
    has_detail: bool = False  # whether the newest frame has normals of each pixel
    materials_follow_pose: bool = False  # of the avatar in the newest frame
    duration_s: float = 0.0  # of the active body's clip; 0 without
    clip_fps: float = 0.0
    session: SessionStatus = field(default_factory=SessionStatus)
    quality: str = ""  # of the newest picture: live, refining or fine
    memory_mb: float | None = None  # resident memory of the process; None if unknown
    thumbnails: Mapping[str, np.ndarray] = field(default_factory=dict)  # of environments: path -> [66, 132, 3] sRGB
    scale: float = 1.0  # size of text and widgets, times the usual one
    square: MaterialSquare | None = None  # the active body's materials over the UV square
    materials_file: MaterialFile = field(default_factory=MaterialFile)
    command_lines: CommandTexts = field(default_factory=CommandTexts)

    def with_frame(self, frame: Frame | None) -> "Snapshot":
        """The snapshot with what the newest frame says; unchanged before the first one."""
        if frame is None:
            return self
        return replace(
            self, probe_radiance=frame.probe_radiance, node_ms=frame.node_ms, render_ms=frame.render_ms,
            has_detail=frame.has_detail, materials_follow_pose=frame.materials_follow_pose, quality=frame.quality,
            square=frame.square,
        )  # fmt: skip


class Popup(Protocol):
    """A window over the panels that has the keyboard while it is open."""

    is_open: bool

    def key(self, name: str, modifiers: str = "") -> None:
        """A key went down while it is open; `modifiers` that are held, as viewport.modifiers_text writes them."""

    def sync(self) -> None:
        """Called before each drawing."""


@dataclass(frozen=True)
class PanelContext:
    """Where panels post: edits to the store, commands, and through `commands` the controllers."""

    commands: CommandContext
    popups: list[Popup] = field(default_factory=list)  # all that were built; one of them is open, or none

    def post(self, edit: Edit, label: str) -> None:
        """Queue an edit of the state."""
        self.commands.store.post(edit, label)

    def end_gesture(self) -> None:
        """The next edit starts a new undo step."""
        self.commands.store.end_gesture()

    def run(self, id: str) -> None:
        """Run a command, or say why it cannot run now."""
        run(id, self.commands)

    def reason(self, id: str) -> str | None:
        """Why a command cannot run now; None where it can."""
        reason = command_of(id).needs(self.commands)
        return None if reason is None else self.keys.filled(reason)

    @property
    def keys(self) -> KeyMap:
        """The keys in use."""
        return keys_of(self.commands)


class Panel(Protocol):
    """A group of widgets: `sync` writes the state into them, their callbacks post edits."""

    title: str

    def build(self) -> None:
        """Add the widgets to the open container; needs `create_context` only."""

    def sync(self, snapshot: Snapshot) -> None:
        """Show the snapshot."""


def show_value(tag: str, value: Any) -> None:
    """Write a value into a widget unless it has it already, so that a widget in use is left alone."""
    present = dpg.get_value(tag)
    if isinstance(value, tuple | list):
        is_same = present is not None and all(
            abs(a - b) <= FLOAT_TOLERANCE for a, b in zip(present, value, strict=False)
        )
    elif isinstance(value, float):
        is_same = abs(present - value) <= FLOAT_TOLERANCE * max(1.0, abs(value))
    else:
        is_same = present == value
    if not is_same:
        dpg.set_value(tag, value)


def show_options(tag: str, **options: Any) -> None:
    """Configure a widget where its configuration differs."""
    present = dpg.get_item_configuration(tag)
    changed = {name: value for name, value in options.items() if present.get(name) != value}
    if changed:
        dpg.configure_item(tag, **changed)


def tooltip(tag: str, text: str) -> None:
    """Add a tooltip to a widget; `fill_tooltips` writes the keys in use where the text names a command."""
    with dpg.tooltip(tag, delay=0.7):
        dpg.add_text(text, wrap=300, user_data=NamingKeys(text))


@dataclass(frozen=True)
class NamingKeys:
    """The text of a tooltip as KeyMap.filled takes it."""

    text: str


def fill_tooltips(keys: KeyMap) -> None:
    """Write the keys in use into all tooltips."""
    for item in dpg.get_all_items():
        if isinstance(naming := dpg.get_item_user_data(item), NamingKeys):
            dpg.set_value(item, keys.filled(naming.text))


def key_of(labels: Mapping[str, str], label: str) -> str:
    """The key of a label, in a table whose labels are unique."""
    return next(key for key, text in labels.items() if text == label)


def labels_to_keys(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Label -> key; a label that occurs again gets a number."""
    keys: dict[str, str] = {}
    for key, label in pairs:
        unique, count = label, 2
        while unique in keys:
            unique, count = f"{label} ({count})", count + 1
        keys[unique] = key
    return keys
