"""All panels in one window: two columns and a line of messages."""

import dearpygui.dearpygui as dpg

from app.panels.avatar_panel import AvatarPanel
from app.panels.lamp_panel import LampPanel
from app.panels.light_panel import LightPanel
from app.panels.panel import Panel, PanelContext, Snapshot, show_options, show_value, tooltip
from app.panels.pose_panel import PosePanel
from app.panels.probe_panel import ProbePanel
from app.panels.record_panel import RecordPanel
from app.panels.stats_panel import StatsPanel
from app.panels.theme import BOLD_FONT, ERROR, MUTED, REGULAR_FONT
from app.panels.view_panel import ViewPanel

ROOT = 9001  # fixed integers: Dear PyGui's saved layouts name windows by them
LEFT_WIDTH_PX = 318
FOOTER_HEIGHT_PX = 34
TRACED_TAGS = (  # widgets whose places PHYNES_TRACE tells
    "avatar.time", "avatar.play", "joint16", "pose.reset", "record.seconds", "record.start", "light.mode",
    "light.yaw_deg", "probes.picture", "probes.tool", "lamp.add", "view.exposure", "view.albedo", "view.normal",
)  # fmt: skip


class PanelLayout:
    """Builds the panels and passes snapshots on. Needs `create_context` only, no display."""

    def __init__(self, context: PanelContext) -> None:
        self._context = context
        self._message_color: tuple[int, int, int] | None = None
        self.left: tuple[Panel, ...] = (
            AvatarPanel(context), PosePanel(context), RecordPanel(context), StatsPanel(context),
        )  # fmt: skip
        self.right: tuple[Panel, ...] = (
            LightPanel(context), ProbePanel(context), LampPanel(context), ViewPanel(context),
        )  # fmt: skip

    def build(self) -> None:
        """Add everything."""
        with dpg.window(
            tag=ROOT,
            no_title_bar=True,
            no_move=True,
            no_resize=True,
            no_collapse=True,
            no_scrollbar=True,
            no_scroll_with_mouse=True,
        ):
            with dpg.group(horizontal=True):
                for panels, width in ((self.left, LEFT_WIDTH_PX), (self.right, -1)):
                    with dpg.child_window(width=width, height=-FOOTER_HEIGHT_PX):
                        for panel in panels:
                            self._add(panel)
            with dpg.group(horizontal=True):
                dpg.add_button(label="Undo", tag="edit.undo", small=True, callback=lambda: self._context.actions.undo())
                dpg.add_button(label="Redo", tag="edit.redo", small=True, callback=lambda: self._context.actions.redo())
                dpg.add_text("", tag="message")
            tooltip("edit.undo", "Z in the picture.")
            tooltip("edit.redo", "Y in the picture.")
        with dpg.handler_registry():
            dpg.add_mouse_release_handler(callback=lambda: self._context.end_gesture())

    def sync(self, snapshot: Snapshot) -> None:
        """Show the snapshot in every panel."""
        for panel in (*self.left, *self.right):
            panel.sync(snapshot)
        show_options("edit.undo", enabled=snapshot.can_undo)
        show_options("edit.redo", enabled=snapshot.can_redo)
        status = snapshot.status
        newest = status.messages[-1] if status.messages else None
        show_value("message", status.activity or (newest.text if newest else ""))
        color = ERROR if newest and newest.is_error and not status.activity else MUTED
        if color != self._message_color:
            self._message_color = color
            dpg.configure_item("message", color=color)

    def _add(self, panel: Panel) -> None:
        header = dpg.add_collapsing_header(label=panel.title, default_open=True)
        dpg.bind_item_font(header, BOLD_FONT)
        with dpg.group(parent=header) as body:
            panel.build()
            dpg.add_spacer(height=3)
        dpg.bind_item_font(body, REGULAR_FONT)
