"""Overlays, the pixel inspector, and the comparison in a split picture."""

from pathlib import Path

import dearpygui.dearpygui as dpg

from app.files.light_rigs import LIGHT_PRESETS
from app.model import comparison, display_settings, edits, tools
from app.model.comparison import compared_avatars
from app.model.display_settings import BUFFERS
from app.model.lights import LightState, environment_paths
from app.model.store import Edit
from app.model.tools import LOUPE_ZOOMS
from app.model.view_state import ViewState
from app.panels.panel import PanelContext, Snapshot, labels_to_keys, show_options, show_value, tooltip

SAME, KEEP, CAPTURED, OWN = "same", "what shines now", "as captured", "light: its own"
ENVIRONMENT, RIG, OTHER = "environment", "rig", "other"  # kinds of entries in the list of lights


class InspectPanel:
    """Overlays, pixel values and comparison."""

    title = "Inspect"

    def __init__(self, context: PanelContext) -> None:
        self._context = context
        self._buffers: dict[str, str] = {}  # label -> name
        self._avatars: dict[str, str] = {}  # label -> path
        self._lights: dict[str, tuple[str, str]] = {}  # label -> (kind, path or name)

    def build(self) -> None:
        """Overlays and pixel inspector, then the split and the choices of its right side."""
        with dpg.group(horizontal=True):
            self._checkbox("joints", "joints", display_settings.toggle_joints)
            self._checkbox("mesh edges", "wireframe", display_settings.toggle_wireframe)
        tooltip(
            "inspect.joints",
            "Joints and bones over the picture: left blue, right orange. {display.joints} in the picture.",
        )
        tooltip("inspect.wireframe", "Edges of the posed mesh where they are seen. {display.edges} in the picture.")
        with dpg.group(horizontal=True):
            self._checkbox("pixel values", "readout", tools.toggle_readout)
            self._checkbox("loupe", "loupe", tools.toggle_loupe)
            dpg.add_combo(
                [f"{zoom}x" for zoom in LOUPE_ZOOMS], tag="inspect.loupe_zoom", width=-1,
                callback=lambda _, label: self._zoom(label),
            )  # fmt: skip
        tooltip(
            "inspect.readout",
            "Every buffer's numbers at the pixel under a pointer that rests. {display.readout} in the picture.",
        )
        tooltip("inspect.loupe", "The pixels around the pointer, magnified. {display.loupe} in the picture.")
        tooltip(
            "inspect.loupe_zoom",
            "Screen pixels a pixel. {display.magnify_more} and {display.magnify_less}, or Alt and "
            "the wheel, in the picture.",
        )
        with dpg.group(horizontal=True):
            self._checkbox("split with", "split", comparison.toggle_compare)
            dpg.add_combo((), tag="inspect.split_buffer", width=-70, callback=lambda _, label: self._buffer(label))
            dpg.add_button(
                label="Swap", tag="inspect.split_swap", width=-1,
                callback=lambda: self._post(comparison.swap_sides, "swap sides"),
            )  # fmt: skip
        with dpg.group(horizontal=True):
            dpg.add_combo((), tag="inspect.split_avatar", width=150, callback=lambda _, label: self._avatar(label))
            dpg.add_combo((), tag="inspect.split_light", width=-1, callback=lambda _, label: self._light(label))
        tooltip(
            "inspect.split", "Two pictures with a line between them that is dragged. {compare.split} in the picture."
        )
        tooltip(
            "inspect.split_buffer",
            "The buffer right of the line. {compare.radiance} to {compare.light_visibility} in the picture.",
        )
        tooltip("inspect.split_swap", "What is right stands left, where all its light can be edited. {compare.swap}.")
        tooltip(
            "inspect.split_avatar",
            "The avatar right of the line, in the active one's pose. {compare.avatar} in the picture.",
        )
        tooltip(
            "inspect.split_light",
            "The light right of the line: an environment with the lamps of now, a rig, or what shines now while the "
            "left goes on changing. {compare.next_environment}, {compare.previous_environment} and "
            "{compare.keep_light} in the picture.",
        )

    def sync(self, snapshot: Snapshot) -> None:
        """Show display settings and comparison."""
        display, compare = snapshot.state.display, snapshot.state.compare
        show_value("inspect.joints", display.has_joints)
        show_value("inspect.wireframe", display.has_wireframe)
        show_value("inspect.readout", snapshot.state.tool.has_readout)
        show_value("inspect.loupe", snapshot.state.tool.has_loupe)
        show_value("inspect.loupe_zoom", f"{snapshot.state.tool.loupe_zoom}x")
        show_value("inspect.split", compare.is_on)
        show_options("inspect.split_swap", enabled=compare.is_on)
        self._buffers = {f"buffer: {SAME}": ""} | {name.replace("_", " "): name for name in BUFFERS}
        _show_choice("inspect.split_buffer", self._buffers, compare.buffer)
        avatars = [(choice.key, choice.label) for choice in snapshot.choices.avatars]
        avatars += [(path, Path(path).stem) for path in compared_avatars(snapshot.state, [key for key, _ in avatars])]
        self._avatars = labels_to_keys([("", f"avatar: {SAME}"), *avatars])
        _show_choice("inspect.split_avatar", self._avatars, compare.avatar)
        self._lights = self._offered_lights(snapshot)
        label = self._light_label(compare.light)
        show_options("inspect.split_light", items=list(self._lights))
        show_value("inspect.split_light", label)

    def _offered_lights(self, snapshot: Snapshot) -> dict[str, tuple[str, str]]:
        state = snapshot.state
        names = {choice.key: choice.label for choice in snapshot.choices.environments}
        loaded = (*state.tool.loaded_environments, *(light.environment for light in _lights_of(state)))
        paths = [path for path in environment_paths(tuple(names), loaded) if path]
        unique = labels_to_keys((path, names.get(path, Path(path).stem)) for path in dict.fromkeys(paths))
        return (
            {f"light: {text}": (OTHER, text) for text in (SAME, KEEP, CAPTURED)}
            | {label: (ENVIRONMENT, path) for label, path in unique.items()}
            | {f"rig: {name}": (RIG, name) for name in LIGHT_PRESETS}
        )

    def _light_label(self, light: LightState | None) -> str:
        if light is None:
            return f"light: {SAME}"
        for name, lamps in LIGHT_PRESETS.items():
            if light.mode == "none" and light.lamps == lamps:
                return f"rig: {name}"
        if light.mode == "environment":
            return next((label for label, key in self._lights.items() if key == (ENVIRONMENT, light.environment)), OWN)
        return f"light: {CAPTURED}" if light.mode == "captured" and not light.probe_edits else OWN

    def _buffer(self, label: str) -> None:
        if label in self._buffers:
            name = self._buffers[label]
            self._post(lambda s: comparison.compare_buffer(s, name), "compare")

    def _avatar(self, label: str) -> None:
        if label in self._avatars:
            path = self._avatars[label]
            self._post(lambda s: comparison.compare_avatar(s, path), "compare")

    def _light(self, label: str) -> None:
        kind, key = self._lights.get(label, (OTHER, ""))
        if kind == ENVIRONMENT:
            self._post(lambda s: comparison.compare_environment(s, key), "compare")
        elif kind == RIG:
            dark = LightState(mode="none")
            self._post(lambda s: comparison.compare_rig(s, LIGHT_PRESETS[key], dark), "compare")
        elif key == CAPTURED:
            self._post(lambda s: comparison.compare_environment(s, ""), "compare")
        elif key in (SAME, KEEP):
            self._post(lambda s: comparison.compare_light(s, s.light if key == KEEP else None), "compare")

    def _zoom(self, label: str) -> None:
        zoom = next((zoom for zoom in LOUPE_ZOOMS if label == f"{zoom}x"), None)
        if zoom is not None:
            self._post(lambda s: edits.edit_tool(s, has_loupe=True, loupe_zoom=zoom), "loupe zoom")

    def _checkbox(self, label: str, tag: str, edit: Edit) -> None:
        dpg.add_checkbox(label=label, tag=f"inspect.{tag}", callback=lambda: self._post(edit, tag))

    def _post(self, edit: Edit, label: str) -> None:
        self._context.end_gesture()
        self._context.post(edit, label)


def _lights_of(state: ViewState) -> tuple[LightState, ...]:
    return (state.light,) if state.compare.light is None else (state.light, state.compare.light)


def _show_choice(tag: str, keys: dict[str, str], chosen: str) -> None:
    show_options(tag, items=list(keys))
    show_value(tag, next((label for label, key in keys.items() if key == chosen), ""))
