"""Lamps: add, remove, select; the selected one's position, size, color, intensity; light rigs by name and file."""

import dearpygui.dearpygui as dpg

from app.files.light_rigs import LIGHT_PRESETS
from app.model import edits, lights
from app.model.blackbody import shown_color
from app.model.fields import Rgb, range_of
from app.model.lamps import (
    FACING,
    HIGHLIGHT,
    MAX_LAMPS,
    LampState,
    add_lamp,
    edit_lamp,
    name_of,
    remove_lamp,
    set_lamp_kind,
)
from app.model.lights import LightState
from app.model.view_state import ViewState
from app.panels.lamp_globe import LampGlobe
from app.panels.panel import PanelContext, Snapshot, show_options, show_value, tooltip
from app.panels.popups.file_dialog import JSON, FileDialog, add_file_dialog
from app.panels.theme import DIMMED_THEME, MUTED, SELECTED_THEME
from app.panels.widgets import ColorField, show_length, slider
from app.tools.commands.context import LOAD_RIG, SAVE_RIG

SLIDERS = (  # field, hint
    ("azimuth_deg", "0 shines on the face, 90 comes from the avatar's left. {light.lamp_left} and {light.lamp_right}."),
    ("elevation_deg", "0 is level with the avatar, 90 straight above. {light.lamp_up} and {light.lamp_down}."),
    ("intensity", "Irradiance on a facing surface, of a lamp near the body from 1 m; 3.14 makes white look white."),
    ("angular_radius_deg", "Angular radius: larger is softer. The sun's is 0.3."),
    ("distance_m", "From the pelvis. The light falls with its square."),
    ("temperature_k", "Color of a glowing body: candle 1900, bulb 2700, noon 5600, shade 8000."),
    ("radius_m", "Of the glowing sphere: larger is softer."),
)
AIM_BUTTONS = (("lamp.aim", "Aim", "light.aim"), ("lamp.glint", "Glint", "light.aim_highlight"))  # tag, label, command
KIND_OF_FIELD = {"angular_radius_deg": "sun", "distance_m": "area", "radius_m": "area"}
KIND_LABELS = {"sun": "Sun", "area": "Near lamp"}
RIGS, RIG_DIALOGS = "light rigs", {"Save...": SAVE_RIG, "Load...": LOAD_RIG}
DAYLIGHT_K = 5600.0
SLIDER_WIDTH_PX = 130


class LampPanel:
    """Lamps."""

    title = "Lamps"

    def __init__(self, context: PanelContext) -> None:
        self._context = context
        self._state = ViewState()
        self._color = ColorField("lamp.color", "", self._pick)
        self._rigs = Rigs(context)
        self.globe = LampGlobe(context)

    def build(self) -> None:
        """Buttons, rigs, a button for each lamp with its name, the selected one's switches, globe and sliders."""
        with dpg.group(horizontal=True):
            dpg.add_button(label="Add", tag="lamp.add", callback=self._add)
            dpg.add_button(label="Remove", tag="lamp.remove", callback=self._remove)
            for name, label, id in AIM_BUTTONS:
                dpg.add_button(
                    label=label, tag=name, user_data=id, callback=lambda _, __, which: self._context.run(which)
                )
            self._rigs.build()
        tooltip("lamp.add", "{light.add_lamp} in the picture. Drag its sun there, or its marker in the probe picture.")
        tooltip("lamp.remove", "Removes the selected lamp ({light.remove_lamp} in the picture).")
        tooltip("lamp.aim", "Then drag on the body: the lamp shines straight there ({light.aim} in the picture).")
        tooltip("lamp.glint", "Then drag on the body: the highlight is there ({light.aim_highlight} in the picture).")
        with dpg.group(horizontal=True):
            for index in range(MAX_LAMPS):
                dpg.add_button(
                    label=str(index + 1), tag=f"lamp.{index}", show=False, width=26, user_data=index,
                    callback=lambda _, __, which: self._select(which),
                )  # fmt: skip
            dpg.add_input_text(
                tag="lamp.name", hint="name", width=-1, callback=lambda _, text: self._edit("name", name_of(text))
            )
        dpg.add_text("No lamp yet. Add one and drag its sun.", tag="lamp.hint", color=MUTED)
        with dpg.group(tag="lamp.selected"):
            with dpg.group(horizontal=True):
                dpg.add_radio_button(
                    tuple(KIND_LABELS.values()), tag="lamp.kind", horizontal=True,
                    callback=lambda _, label: self._set_kind(label),
                )  # fmt: skip
                dpg.add_checkbox(label="on", tag="lamp.is_on", callback=lambda _, on: self._edit("is_on", on))
                dpg.add_checkbox(label="solo", tag="lamp.is_solo", callback=lambda _, on: self._edit("is_solo", on))
                self._color.build()
                dpg.add_checkbox(label="K", tag="lamp.by_kelvin", callback=lambda _, on: self._use_temperature(on))
            tooltip("lamp.is_on", "{light.mute} in the picture.")
            tooltip("lamp.is_solo", "Lights alone: all other light is dark ({light.solo} in the picture).")
            tooltip("lamp.kind", "A sun is far away; a near lamp is a glowing sphere whose light falls off.")
            tooltip("lamp.color", "Picking a color takes the place of the temperature.")
            tooltip("lamp.by_kelvin", "The color of a glowing body, by its temperature in kelvins.")
            with dpg.group(horizontal=True):
                self.globe.build()
                with dpg.group():
                    for row in (SLIDERS[:2], SLIDERS[2:5], SLIDERS[5:]):  # the first of each is always shown
                        with dpg.group(horizontal=True):
                            for name, hint in row:
                                self._slider(name, SLIDER_WIDTH_PX)
                                tooltip(f"lamp.{name}", f"{hint} Ctrl+click to type.")

    def sync(self, snapshot: Snapshot) -> None:
        """Show the lamps."""
        self._state = state = snapshot.state
        lamps, selected = state.light.lamps, state.tool.selected_lamp
        for index in range(MAX_LAMPS):
            show_options(f"lamp.{index}", show=index < len(lamps))
            dpg.bind_item_theme(f"lamp.{index}", SELECTED_THEME if index == selected else 0)
        self.globe.sync(state, snapshot.scale)
        for tag, aims in (("lamp.aim", FACING), ("lamp.glint", HIGHLIGHT)):
            dpg.bind_item_theme(tag, SELECTED_THEME if state.tool.aims == aims else 0)
        has_lamp = selected < len(lamps)
        show_options("lamp.hint", show=not lamps)
        for tag in ("lamp.selected", "lamp.name"):
            show_options(tag, show=has_lamp)
        show_options("lamp.remove", show=has_lamp)
        show_options("lamp.add", enabled=len(lamps) < MAX_LAMPS)
        if has_lamp:
            lamp = lamps[selected]
            units = self._context.commands.preferences.now.units
            for name in (name for name, _ in SLIDERS if name != "temperature_k"):
                show_length(f"lamp.{name}", range_of(LampState, name), getattr(lamp, name), units)
                show_options(f"lamp.{name}", show=KIND_OF_FIELD.get(name, lamp.kind) == lamp.kind)
            show_value("lamp.kind", KIND_LABELS[lamp.kind])
            show_value("lamp.is_on", lamp.is_on)
            show_value("lamp.is_solo", lamp.is_solo)
            show_value("lamp.name", lamp.name)
            show_value("lamp.by_kelvin", lamp.temperature_k > 0)
            dpg.bind_item_theme("lamp.temperature_k", 0 if lamp.temperature_k > 0 else DIMMED_THEME)
            show_value("lamp.temperature_k", float(lamp.temperature_k or DAYLIGHT_K))
            self._color.show(shown_color(lamp))

    def _slider(self, name: str, width: int) -> None:
        slider(f"lamp.{name}", range_of(LampState, name), lambda value: self._edit(name, value), width=width)

    def _edit(self, name: str, value: object) -> None:
        self._context.post(lambda s: edit_lamp(s, s.tool.selected_lamp, **{name: value}), f"lamp {name}")

    def _pick(self, color: Rgb) -> None:
        self._context.post(lambda s: edit_lamp(s, s.tool.selected_lamp, color=color, temperature_k=0.0), "lamp color")

    def _use_temperature(self, is_on: bool) -> None:
        self._context.end_gesture()
        self._edit("temperature_k", DAYLIGHT_K if is_on else 0.0)

    def _set_kind(self, label: str) -> None:
        kind = next(kind for kind, text in KIND_LABELS.items() if text == label)
        self._context.end_gesture()
        self._context.post(lambda s: set_lamp_kind(s, s.tool.selected_lamp, kind), "lamp kind")

    def _add(self) -> None:
        self._context.end_gesture()
        self._context.post(add_lamp, "add lamp")

    def _remove(self) -> None:
        self._context.end_gesture()
        self._context.post(lambda s: remove_lamp(s, s.tool.selected_lamp), "remove lamp")

    def _select(self, index: int) -> None:
        self._context.post(lambda s: edits.edit_tool(s, selected_lamp=index), "select lamp")


class Rigs:
    """A list of presets, with Save and Load at its end."""

    def __init__(self, context: PanelContext) -> None:
        self._context = context

    def build(self) -> None:
        """The list and its dialogs."""
        dpg.add_combo(
            (*LIGHT_PRESETS, *RIG_DIALOGS), tag="rig.preset", default_value=RIGS, width=-1,
            callback=lambda _, name: self._use(name),
        )  # fmt: skip
        tooltip(
            "rig.preset",
            "Lamps as photographers set them, alone; the surrounding light can join them again. All light can be "
            "saved and loaded as a JSON file, which can also be dropped on the picture.",
        )
        rigs = self._context.commands.rigs
        add_file_dialog(self._context, FileDialog(SAVE_RIG, "Save a light rig", JSON, rigs.save, "rig", saves=True))
        add_file_dialog(self._context, FileDialog(LOAD_RIG, "Load a light rig", JSON, rigs.load))

    def _use(self, name: str) -> None:
        show_value("rig.preset", RIGS)
        if name in RIG_DIALOGS:
            self._context.commands.windows.show_dialog(RIG_DIALOGS[name])
            return
        self._context.end_gesture()
        self._context.post(lambda s: lights.use_rig(s, LIGHT_PRESETS[name], LightState(mode="none")), "light rig")
