"""Light rigs by name and by file, in a row of the lamp panel."""

import dearpygui.dearpygui as dpg

from app import light_edits
from app.light_presets import LIGHT_PRESETS
from app.light_state import LightState
from app.panels.file_dialog import add_file_dialog
from app.panels.panel import PanelContext, tooltip

SAVE_DIALOG, LOAD_DIALOG = "rig.save_dialog", "rig.load_dialog"


class RigRow:
    """Presets, Save and Load."""

    def __init__(self, context: PanelContext) -> None:
        self._context = context

    def build(self) -> None:
        """A combo, two buttons and their dialogs."""
        with dpg.group(horizontal=True):
            dpg.add_combo(
                tuple(LIGHT_PRESETS), tag="rig.preset", default_value="light rigs", width=130,
                callback=lambda _, name: self._use(name),
            )  # fmt: skip
            dpg.add_button(label="Save rig...", tag="rig.save", callback=lambda: dpg.show_item(SAVE_DIALOG))
            dpg.add_button(label="Load rig...", tag="rig.load", callback=lambda: dpg.show_item(LOAD_DIALOG))
        tooltip("rig.preset", "Lamps as photographers set them, alone; the surrounding light can join them again.")
        tooltip("rig.save", "All light, lamps and surroundings, as a JSON file.")
        tooltip("rig.load", "A light rig as JSON; it can also be dropped on the picture.")
        actions = self._context.actions
        add_file_dialog(SAVE_DIALOG, "Save a light rig", (".json",), actions.save_rig, "rig")
        add_file_dialog(LOAD_DIALOG, "Load a light rig", (".json",), actions.load_rig, "rig")

    def _use(self, name: str) -> None:
        self._context.end_gesture()
        self._context.post(lambda s: light_edits.use_rig(s, LIGHT_PRESETS[name], LightState(mode="none")), "light rig")
