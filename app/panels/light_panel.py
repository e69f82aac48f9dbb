"""The surrounding light: as captured, an environment, or none; its rotation, intensity and tint."""

from pathlib import Path

import dearpygui.dearpygui as dpg

from app.model import edits, lights
from app.model.fields import range_of
from app.model.lights import LightState
from app.model.view_state import ViewState
from app.panels.light_strip import LightStrip, LightTextures
from app.panels.panel import PanelContext, Snapshot, labels_to_keys, show_options, show_value, tooltip
from app.panels.popups.file_dialog import FileDialog, add_dialog_button, add_file_dialog
from app.panels.popups.light_browser import SUFFIXES, LightBrowser
from app.panels.widgets import ColorField, slider
from app.tools.commands.context import BROWSE, EXPORT_LIGHT, LOAD_ENVIRONMENT

MODE_LABELS = {"captured": "As captured", "environment": "Environment", "none": "Lamps only"}


class LightPanel:
    """Surrounding light."""

    title = "Light"

    def __init__(self, context: PanelContext) -> None:
        self._context = context
        self._environments: dict[str, str] = {}  # label -> key
        self._textures = LightTextures()
        self.strip = LightStrip(self._load, self._textures)
        self.browser = LightBrowser(context, self._textures)
        self._tint = ColorField(
            "light.tint", "tint", lambda tint: context.post(lambda s: edits.edit_light(s, tint=tint), "tint")
        )

    def build(self) -> None:
        """Mode, environment, yaw, intensity, tint; and the file dialog."""
        dpg.add_radio_button(
            list(MODE_LABELS.values()),
            tag="light.mode",
            horizontal=True,
            callback=lambda _, label: self._choose_mode(label),
        )
        tooltip(
            "light.mode",
            "As captured: the light learned with the avatar that is active when it is chosen. Lamps join all three.",
        )
        with dpg.group(horizontal=True):
            dpg.add_combo((), tag="light.environment", width=-234, callback=lambda _, label: self._choose(label))
            add_dialog_button(self._context, "Browse...", "light.browse", BROWSE, width=74)
            add_dialog_button(self._context, "Load...", "light.load", LOAD_ENVIRONMENT, width=66)
            add_dialog_button(self._context, "Export...", "light.export", EXPORT_LIGHT, width=-1)
        tooltip(
            "light.environment",
            "Bundled lat-long environments (CC0), and your files. {light.previous_environment} and "
            "{light.next_environment} step through them.",
        )
        tooltip(
            "light.export", "All light, lamps and paint too, as a lat-long .hdr or .exr of 1024 x 512 ({light.export})."
        )
        tooltip("light.load", "Load a lat-long .exr, .hdr or .png, twice as wide as high.")
        tooltip("light.browse", "Folders of environments as thumbnails, and favorites.")
        self._textures.build()
        self.strip.build()
        self.browser.build()
        self._context.popups.append(self.browser)
        self._slider("yaw_deg", -1, "Turns the light about the vertical.")
        with dpg.group(horizontal=True):
            self._slider("intensity", -58, "Multiplies the light's radiance.")
            self._tint.build()
        tooltip("light.tint", "Multiplies the light's color.")
        add_file_dialog(self._context, FileDialog(LOAD_ENVIRONMENT, "Load an environment", SUFFIXES, self._load))
        exports = self._context.commands.exports
        saving = FileDialog(
            EXPORT_LIGHT, "Export all light", (".hdr", ".exr"), exports.export_light, "light", saves=True
        )
        add_file_dialog(self._context, saving)

    def sync(self, snapshot: Snapshot) -> None:
        """Show the light's state."""
        light = snapshot.state.light
        pairs = [(choice.key, choice.label) for choice in snapshot.choices.environments]
        offered = tuple(key for key, _ in pairs)
        loaded = (*snapshot.state.tool.loaded_environments, *([light.environment] if light.environment else []))
        known = dict.fromkeys(lights.environment_paths(offered, loaded))
        pairs += [(path, Path(path).stem) for path in known if path not in offered]
        self._environments = labels_to_keys(pairs)
        chosen = light.environment if light.mode == "environment" else ""
        paths = tuple(self._environments.values())
        self._context.commands.lights.show(paths)
        self.strip.sync(paths, chosen, snapshot.thumbnails, snapshot.scale)
        self.browser.show_thumbnails(snapshot.thumbnails, chosen, snapshot.scale)
        self._textures.forget({*self.strip.shown, *self.browser.shown})
        show_options("light.environment", items=list(self._environments))
        label = next((label for label, key in self._environments.items() if key == light.environment), "")
        show_value("light.environment", label or "choose an environment")
        show_value("light.mode", MODE_LABELS[light.mode])
        show_value("light.yaw_deg", float(light.yaw_deg))
        show_value("light.intensity", float(light.intensity))
        self._tint.show(light.tint)

    def _slider(self, name: str, width: int, hint: str) -> None:
        slider(
            f"light.{name}", range_of(LightState, name), width=width,
            on_change=lambda value: self._context.post(lambda s: edits.edit_light(s, **{name: value}), name),
        )  # fmt: skip
        tooltip(f"light.{name}", f"{hint} Ctrl+click to type.")

    def _choose_mode(self, label: str) -> None:
        mode = next(mode for mode, text in MODE_LABELS.items() if text == label)
        first = next(iter(self._environments.values()), "")

        def edit(state: ViewState) -> ViewState:
            environment = state.light.environment or (first if mode == "environment" else "")
            captured_of = state.body.avatar if mode == "captured" and len(state.bodies) > 1 else ""
            return edits.edit_light(state, mode=mode, environment=environment, captured_of=captured_of)

        self._context.post(edit, "light mode")

    def _choose(self, label: str) -> None:
        if label in self._environments:
            self._load(self._environments[label])

    def _load(self, path: str) -> None:
        if path:
            self._context.commands.lights.choose(path)
