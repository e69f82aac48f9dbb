"""Preferences: what holds whatever is shown, kept for the next start."""

from pathlib import PurePath

import dearpygui.dearpygui as dpg

from app.model.exports import edit_still, edit_turntable
from app.model.view_state import ViewState
from app.panels.panel import PanelContext, Snapshot, key_of, show_value, tooltip

NAVIGATION_LABELS = {"phynes": "drags as here", "blender": "drags as in Blender", "maya": "drags as in Maya"}
UNIT_LABELS = {"metric": "m and cm", "centimeters": "centimeters", "inches": "inches"}
CHECKS = {  # field of Preferences -> label, hint
    "fits_exposure": (
        "fit the exposure",
        "Once when the environment, a rig or the avatar changes; an exposure that is set by hand stays until then.",
    ),
    "native_dialogs": (
        "the system's file dialogs",
        "Where the system has some (on Linux: zenity or kdialog); off: those of the controls.",
    ),
    "undoes_camera": ("undo moves the camera, too", "Off: undo and redo change what was made, and leave the view."),
}


class PreferencesPanel:
    """Preferences."""

    title = "Preferences"

    def __init__(self, context: PanelContext) -> None:
        self._context = context

    def build(self) -> None:
        """Checkboxes, navigation style, units, output folder, appearance."""
        for field, (label, hint) in CHECKS.items():
            dpg.add_checkbox(
                label=label, tag=f"preferences.{field}", user_data=field,
                callback=lambda _, value, which: self._change(**{which: value}),
            )  # fmt: skip
            tooltip(f"preferences.{field}", hint)
        with dpg.group(horizontal=True):
            dpg.add_combo(
                tuple(NAVIGATION_LABELS.values()), tag="preferences.navigation", width=164,
                callback=lambda _, label: self._change(navigation=key_of(NAVIGATION_LABELS, label)),
            )  # fmt: skip
            dpg.add_combo(
                tuple(UNIT_LABELS.values()), tag="preferences.units", width=-1,
                callback=lambda _, label: self._change(units=key_of(UNIT_LABELS, label)),
            )  # fmt: skip
        tooltip("preferences.navigation", "Which button and key orbits, pans, zooms and turns the light.")
        tooltip("preferences.units", "Of lengths in the panels and over the picture; files hold meters.")
        dpg.add_input_text(
            tag="preferences.output_folder", hint="folder for pictures, videos, sessions", width=-1, on_enter=True,
            callback=lambda _, text: self._set_folder(text.strip()),
        )  # fmt: skip
        tooltip("preferences.output_folder", "Enter takes it. Empty: the folder where the viewer was started.")
        with dpg.group(horizontal=True):
            for id, label in (
                ("window.choose_key", "keys..."), ("window.theme", "theme"),
                ("window.smaller", "smaller"), ("window.larger", "larger"),
            ):  # fmt: skip
                dpg.add_button(label=label, user_data=id, callback=lambda _, __, which: self._context.run(which))

    def sync(self, snapshot: Snapshot) -> None:
        """Show the preferences."""
        now = self._context.commands.preferences.now
        for field in CHECKS:
            show_value(f"preferences.{field}", getattr(now, field))
        show_value("preferences.navigation", NAVIGATION_LABELS[now.navigation])
        show_value("preferences.units", UNIT_LABELS[now.units])
        if not dpg.is_item_active("preferences.output_folder"):
            show_value("preferences.output_folder", now.output_folder)

    def _change(self, **changes: object) -> None:
        self._context.commands.preferences.change(**changes)

    def _set_folder(self, folder: str) -> None:
        """Keep the folder; the next picture and the next video go there."""
        self._change(output_folder=folder)

        def moved(path: str) -> str:
            return str(PurePath(folder) / PurePath(path).name)

        def edit(state: ViewState) -> ViewState:
            state = edit_still(state, path=moved(state.tool.still.path))
            return edit_turntable(state, path=moved(state.tool.turntable.path))

        self._context.post(edit, "output folder")
