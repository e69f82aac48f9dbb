"""All panels: each a window of its own that docks, and the menu bar above them."""

import dearpygui.dearpygui as dpg

from app.panels.avatar_panel import AvatarPanel
from app.panels.camera_panel import CameraPanel
from app.panels.company_panel import CompanyPanel
from app.panels.docking import Docked
from app.panels.inspect_panel import InspectPanel
from app.panels.lamp_panel import LampPanel
from app.panels.light_panel import LightPanel
from app.panels.material_panel import MaterialPanel
from app.panels.menu_bar import MenuBar
from app.panels.panel import Panel, PanelContext, Snapshot
from app.panels.path_panel import PathPanel
from app.panels.pose_panel import PosePanel
from app.panels.poses_panel import PosesPanel
from app.panels.probe_panel import ProbePanel
from app.panels.record_panel import RecordPanel
from app.panels.stage_panel import StagePanel
from app.panels.stats_panel import StatsPanel
from app.panels.still_panel import StillPanel
from app.panels.timeline_panel import TimelinePanel
from app.panels.view_panel import ViewPanel

PANELS: tuple[Docked, ...] = (
    Docked(1, AvatarPanel, "avatar"),
    Docked(9, CompanyPanel, "avatar"),
    Docked(10, TimelinePanel, "timeline"),
    Docked(2, PosePanel, "pose"),
    Docked(11, PosesPanel, "pose"),
    Docked(3, RecordPanel, "take"),
    Docked(60, StillPanel, "take"),
    Docked(5, LightPanel, "light"),
    Docked(6, ProbePanel, "probes"),
    Docked(30, MaterialPanel, "probes"),
    Docked(7, LampPanel, "lamps"),
    Docked(8, ViewPanel, "look"),
    Docked(20, StagePanel, "look"),
    Docked(21, InspectPanel, "look"),
    Docked(40, CameraPanel, "look"),
    Docked(41, PathPanel, "look"),
    Docked(4, StatsPanel, "numbers"),  # last, for that one has the focus first, which would lift it over other tabs
)
TRACED_TAGS = (  # widgets whose places PHYNES_TRACE tells
    "still.start", "still.copy", "still.format", "record.copy", "record.format", "menu.file",
    "avatar.time", "avatar.play", "joint16", "pose.reset", "record.seconds", "record.start", "light.mode",
    "light.yaw_deg", "light.strip", "probes.picture", "probes.tool", "lamp.add", "view.exposure",
    "view.albedo", "view.normal", "inspect.joints",
    "poses.0", "poses.share", "poses.save", "timeline.strip", "timeline.play", "menu.panels",
    "materials.square", "materials.tool", "materials.roughness_scale", "materials.reset", "materials.save",
    "camera.left", "path.add", "path.play",
    *(f"menu.{item.tag}" for item in PANELS),
)  # fmt: skip


class PanelLayout:
    """Builds the panels and passes snapshots on. Needs `create_context` only, no display."""

    def __init__(self, context: PanelContext) -> None:
        self._context = context
        self.panels: tuple[Panel, ...] = tuple(item.make(context) for item in PANELS)
        self._menu_bar = MenuBar(context, [(item.tag, item.panel.title) for item in PANELS])

    def build(self) -> None:
        """Add everything."""
        self._menu_bar.build()
        for item, panel in zip(PANELS, self.panels, strict=True):
            # panels can be moved and stacked, but not closed: none is ever lost
            with dpg.window(label=panel.title, tag=item.tag, no_close=True, no_collapse=True):
                panel.build()
        with dpg.handler_registry():
            dpg.add_mouse_release_handler(callback=lambda: self._context.end_gesture())

    def sync(self, snapshot: Snapshot) -> None:
        """Show the snapshot in every panel."""
        for panel in self.panels:
            panel.sync(snapshot)
        self._menu_bar.sync(snapshot)
