"""Opens the controls' window on its own, in the places that it gets on several screens, and prints what does not fit.

python -m tests.app.fitting_panels WIDTHxHEIGHT@SCALE ...   prints {screen: {title: [pixels too high, too wide]}}
"""

import json
import os
import sys
from dataclasses import replace

import dearpygui.dearpygui as dpg

from app.model.avatar_row import BodyState
from app.model.lamps import add_lamp, set_lamp_kind
from app.model.store import Store
from app.model.view_state import ViewState
from app.panels.layout import PANELS, PanelLayout
from app.panels.panel import PanelContext, Snapshot
from app.viewer.panel_window import PanelWindow
from app.viewer.window_areas import window_areas
from app.window.window import Area
from tests.app.fake_commands import Recorded, fake_commands
from tests.app.panel_bench import CHOICES

NODES = ("posed_body", "rasterize", "vertex_visibility", "shade", "materials", "lamps")
DRAWINGS = 3  # until Dear ImGui has arranged docks, tabs and tables


def full_snapshot() -> Snapshot:
    """A clip that plays, three near lamps, a slow frame: every row that a panel may have."""
    state = ViewState(BodyState("/a/josh.ckpt", "/m/walk.npz"))
    for _ in range(3):
        state = add_lamp(state)
    state = set_lamp_kind(state, state.tool.selected_lamp, "area")
    stroke = replace(state.tool.brush.stroke, paint="material")
    state = replace(state, tool=replace(state.tool, brush=replace(state.tool.brush, tool="brush", stroke=stroke)))
    return Snapshot(
        state, replace(CHOICES, engine="CPU: numba, embree"), node_ms=dict.fromkeys(NODES, 9.0), render_ms=60.0,
        display_fps=30.0, quality="fine", memory_mb=900.0, duration_s=2.0, clip_fps=30.0,
    )  # fmt: skip


class FittingPanels:
    """The controls' window without a viewer."""

    def __init__(self) -> None:
        self._snapshot = full_snapshot()
        self._layout = PanelLayout(PanelContext(fake_commands(Store(self._snapshot.state))))
        keys, dialogs = Recorded("keys", []), Recorded("dialogs", [])
        self._window = PanelWindow(self._layout, keys, dialogs, "controls", Area(0, 0, 640, 640), 1.0, lambda: None)

    def show(self, width: int, height: int, scale: float) -> None:
        """As on a screen of this size, arranged as at the first start."""
        self._snapshot = replace(self._snapshot, scale=scale)
        area = window_areas(Area(0, 0, width, height), scale).panels
        dpg.configure_viewport(0, width=area.width, height=area.height)
        self._window.set_appearance("dark", scale)
        self._draw()
        self._window.reset_arrangement()
        self._draw()

    def overflow(self) -> dict[str, list[float]]:
        """Pixels by which the contents of each panel are higher and wider than it, in front of its other tabs."""
        found = {}
        for item in PANELS:
            dpg.focus_item(item.tag)
            self._draw()
            assert dpg.get_item_state(item.tag)["visible"], item.panel.title
            found[item.panel.title] = [dpg.get_y_scroll_max(item.tag), dpg.get_x_scroll_max(item.tag)]
            self._keep(item.panel.title)
        return found

    def _draw(self) -> None:
        for _ in range(DRAWINGS):
            self._window.sync(self._snapshot)
            dpg.render_dearpygui_frame()

    def _keep(self, title: str) -> None:
        if folder := os.environ.get("PHYNES_KEEP_SHOTS"):
            size = f"{dpg.get_viewport_width()}x{dpg.get_viewport_height()}"
            dpg.output_frame_buffer(f"{folder}/{size} {title}.png")
            self._draw()


if __name__ == "__main__":
    panels, result = FittingPanels(), {}
    for screen in sys.argv[1:]:
        size, scale = screen.split("@")
        panels.show(*map(int, size.split("x")), float(scale))
        result[screen] = panels.overflow()
    print(json.dumps(result))
    os._exit(0)
