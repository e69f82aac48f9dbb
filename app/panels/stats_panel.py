"""Frame times: rates of rendering and display, and milliseconds by node of the frame."""

import dearpygui.dearpygui as dpg

from app.panels.panel import PanelContext, Snapshot, show_options, show_value, tooltip
from app.panels.theme import ACCENT, MUTED

MAX_NODES = 4
FRAME_PATHS = (
    "GL interop: frames never leave the GPU. Pinned copy: through memory that the GPU writes by itself. "
    "Host: they were finished on the CPU."
)


class StatsPanel:
    """Frame times."""

    title = "Statistics"

    def __init__(self, context: PanelContext) -> None:
        self._context = context

    def build(self) -> None:
        """Lines of text and a bar for each node of the frame."""
        with dpg.group(horizontal=True):
            dpg.add_text("", tag="stats.render")
            dpg.add_text("", tag="stats.display", color=MUTED)
        tooltip("stats.render", "Time of the newest frame in the engine, and frames finished in the last second.")
        with dpg.tooltip("stats.display", delay=0.4):
            dpg.add_text("How often the picture's window was drawn in the last second; it is drawn when it changes.")
            dpg.add_text("", tag="stats.display_name", color=MUTED)
        with dpg.group(horizontal=True):
            dpg.add_text("", tag="stats.state", color=ACCENT)
            dpg.add_text("", tag="stats.memory", color=MUTED)
        tooltip(
            "stats.state",
            "Refining: the picture is rendered on until its shadows are exact. Fine: at full quality, as files get it.",
        )
        tooltip("stats.memory", "Memory that this process holds now, libraries included.")
        dpg.add_text("", tag="stats.engine", color=MUTED)
        with dpg.tooltip("stats.engine", delay=0.7):
            dpg.add_text("Where frames are computed, and what rasterizes, traces, asks the maps and shades.", wrap=300)
            dpg.add_text("", tag="stats.frame_path")
            dpg.add_text(FRAME_PATHS, wrap=300, color=MUTED)
        for index in range(MAX_NODES):
            dpg.add_progress_bar(tag=f"stats.node{index}", width=-1, height=17, overlay="", show=False)
        tooltip("stats.node0", "Nodes that ran for the newest frame; what did not change is not computed again.")

    def sync(self, snapshot: Snapshot) -> None:
        """Show the newest frame's times."""
        fps = f"{snapshot.status.render_fps:.0f} / s" if snapshot.status.render_fps else "at rest"
        show_value("stats.render", f"Render {snapshot.render_ms:.0f} ms,  {fps}")
        show_value("stats.display", f"    Display {snapshot.display_fps:.0f} / s")
        show_value("stats.state", f"Picture: {snapshot.quality or 'none yet'}")
        memory = snapshot.memory_mb
        show_value("stats.memory", f"    {memory:.0f} MB" if memory is not None else "")
        show_value("stats.engine", f"Computed on {snapshot.choices.engine}" if snapshot.choices.engine else "")
        show_value("stats.frame_path", f"Frames to the window: {snapshot.frame_path}")
        show_value("stats.display_name", f"Drawn by {snapshot.display_name}")
        nodes = sorted(snapshot.node_ms.items(), key=lambda item: -item[1])[:MAX_NODES]
        total = max(snapshot.render_ms, 1e-6)
        for index in range(MAX_NODES):
            tag = f"stats.node{index}"
            show_options(tag, show=index < len(nodes))
            if index < len(nodes):
                name, milliseconds = nodes[index]
                show_value(tag, min(1.0, milliseconds / total))
                show_options(tag, overlay=f"{name.replace('_', ' ')}  {milliseconds:.1f} ms")
