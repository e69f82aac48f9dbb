"""Lamps: add, remove, select; and the selected one's place, size, color and intensity."""

import dearpygui.dearpygui as dpg

from app import edits
from app.panels.color_field import ColorField
from app.panels.panel import PanelContext, Snapshot, show_options, show_value, tooltip
from app.panels.theme import MUTED, SELECTED_THEME
from app.state import ViewState

SLIDERS = (  # field, lowest, highest, format, hint
    ("azimuth_deg", -180.0, 180.0, "azimuth  %.0f°", "0 shines on the face, 90 comes from the avatar's left."),
    ("elevation_deg", -89.0, 89.0, "elevation  %.0f°", "0 is level with the avatar, 90 straight above."),
    ("angular_radius_deg", 0.1, 20.0, "size  %.1f°", "Angular radius: larger is softer. The sun's is 0.3."),
    ("intensity", 0.0, 20.0, "intensity  %.2f", "Irradiance on a facing surface; 3.14 makes white look white."),
)  # fmt: skip
SLIDER_WIDTH_PX = 172


class LampPanel:
    """Lights that are dragged."""

    title = "Lamps"

    def __init__(self, context: PanelContext) -> None:
        self._context = context
        self._state = ViewState()
        self._color = ColorField("lamp.color", "color", lambda color: self._edit("color", color))

    def build(self) -> None:
        """A button for each lamp that there may be; sliders for the selected one."""
        with dpg.group(horizontal=True):
            dpg.add_button(label="Add lamp", tag="lamp.add", callback=self._add)
            dpg.add_button(label="Remove", tag="lamp.remove", callback=self._remove)
            for index in range(edits.MAX_LAMPS):
                dpg.add_button(
                    label=str(index + 1), tag=f"lamp.{index}", show=False, width=26, user_data=index,
                    callback=lambda _, __, which: self._select(which),
                )  # fmt: skip
        tooltip("lamp.add", "L in the picture. Drag its sun there, or its marker in the probe picture.")
        tooltip("lamp.remove", "Removes the selected lamp (Delete in the picture).")
        dpg.add_text("No lamp yet. Add one and drag its sun.", tag="lamp.hint", color=MUTED)
        with dpg.group(tag="lamp.selected"):
            for row in (SLIDERS[:2], SLIDERS[2:]):
                with dpg.group(horizontal=True):
                    for name, low, high, unit, hint in row:
                        dpg.add_slider_float(
                            tag=f"lamp.{name}", min_value=low, max_value=high, format=unit, width=SLIDER_WIDTH_PX,
                            user_data=name, callback=lambda _, value, which: self._edit(which, value),
                        )  # fmt: skip
                        tooltip(f"lamp.{name}", f"{hint} Ctrl+click to type.")
            self._color.build()

    def sync(self, snapshot: Snapshot) -> None:
        """Show the lamps."""
        self._state = state = snapshot.state
        lamps, selected = state.light.lamps, state.tool.selected_lamp
        for index in range(edits.MAX_LAMPS):
            show_options(f"lamp.{index}", show=index < len(lamps))
            dpg.bind_item_theme(f"lamp.{index}", SELECTED_THEME if index == selected else 0)
        has_lamp = selected < len(lamps)
        show_options("lamp.hint", show=not lamps)
        show_options("lamp.selected", show=has_lamp)
        show_options("lamp.remove", show=has_lamp)
        show_options("lamp.add", enabled=len(lamps) < edits.MAX_LAMPS)
        if has_lamp:
            lamp = lamps[selected]
            for name, *_ in SLIDERS:
                show_value(f"lamp.{name}", float(getattr(lamp, name)))
            self._color.show(lamp.color)

    def _edit(self, name: str, value: object) -> None:
        self._context.post(lambda s: edits.edit_lamp(s, s.tool.selected_lamp, **{name: value}), f"lamp {name}")

    def _add(self) -> None:
        self._context.end_gesture()
        self._context.post(edits.add_lamp, "add lamp")

    def _remove(self) -> None:
        self._context.end_gesture()
        self._context.post(lambda s: edits.remove_lamp(s, s.tool.selected_lamp), "remove lamp")

    def _select(self, index: int) -> None:
        self._context.post(lambda s: edits.edit_tool(s, selected_lamp=index), "select lamp")
