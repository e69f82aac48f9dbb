"""Display settings: buffer, exposure, tone curve, background, false color; field of view, detail."""

import dearpygui.dearpygui as dpg

from app.model import cameras, edits
from app.model.avatar_row import DETAIL_MODES
from app.model.display_settings import BUFFERS, TONE_CURVES, DisplaySettings
from app.model.fields import range_of
from app.panels.panel import PanelContext, Snapshot, show_options, show_value, tooltip
from app.panels.theme import SELECTED_THEME
from app.panels.widgets import ColorField, slider

BUTTON_WIDTH_PX = 82
DETAIL_LABELS = {"auto": "detail: auto", "on": "detail: on", "off": "detail: off"}
LABELS = {"light_visibility": "one light"}
HINTS = {
    "radiance": "The avatar under the light.",
    "albedo": "Diffuse reflectance: color without light.",
    "roughness": "0 (black) is a mirror, 1 (white) is chalk.",
    "visibility": "Light that arrives over light that would arrive without shadows.",
    "shading": "A white body under this light.",
    "normal": "World normals, x y z as red green blue.",
    "uv": "The place on the UV square: u red, v green.",
    "depth": "Distance from the camera, near is white.",
    "light_visibility": "Where one light reaches; again chooses the next lamp.",
}


class ViewPanel:
    """Display settings."""

    title = "View"

    def __init__(self, context: PanelContext) -> None:
        self._context = context
        self._background = ColorField("view.background", "background", self._set_background, is_linear=False)

    def build(self) -> None:
        """Buffer buttons, display sliders, lens."""
        for start in range(0, len(BUFFERS), 4):
            with dpg.group(horizontal=True):
                for name in BUFFERS[start : start + 4]:
                    dpg.add_button(
                        label=LABELS.get(name, name), tag=f"view.{name}", width=BUTTON_WIDTH_PX, user_data=name,
                        callback=lambda _, __, which: self._edit("buffer", which),
                    )  # fmt: skip
                    tooltip(f"view.{name}", f"{HINTS[name]} {{display.{name}}} in the picture.")
        slider(
            "view.exposure", range_of(DisplaySettings, "exposure_ev"), lambda value: self._edit("exposure_ev", value),
            width=-80,
        )  # fmt: skip
        tooltip("view.exposure", "Stops; for radiance and shading. The picture only: the light does not change.")
        with dpg.group(horizontal=True):
            dpg.add_combo(
                TONE_CURVES, tag="view.curve", width=130, callback=lambda _, value: self._edit("curve", value)
            )
            self._background.build()
            dpg.add_checkbox(
                label="false color", tag="view.false_color", callback=lambda _, on: self._edit("has_false_color", on)
            )
        tooltip("view.curve", "How bright light is fitted to the screen; files use the same curve.")
        tooltip(
            "view.false_color",
            "Buffers that hold a number as colors with a legend. {display.false_color} in the picture.",
        )
        with dpg.group(horizontal=True):
            slider(
                "view.fov", cameras.FOV_DEG, width=-96,
                on_change=lambda value: self._context.post(lambda s: cameras.set_fov(s, value), "fov"),
            )  # fmt: skip
            dpg.add_button(
                label="Reset view", tag="view.reset", width=-1, callback=lambda: self._context.run("camera.home")
            )
        tooltip("view.fov", "Of the picture's height. The distance follows, so that the avatar keeps its size.")
        tooltip(
            "view.reset",
            "The whole avatar from the front: {camera.home}. {camera.frame} frames what is held and "
            "keeps the direction.",
        )

        with dpg.group(horizontal=True):
            dpg.add_combo(
                tuple(DETAIL_LABELS.values()), tag="view.detail", width=130,
                callback=lambda _, label: self._set_detail(label),
            )  # fmt: skip
            dpg.add_checkbox(
                label="freeze materials", tag="view.freeze",
                callback=lambda _, on: self._context.post(lambda s: edits.edit_body(s, freezes_materials=on), "freeze"),
            )  # fmt: skip
        tooltip("view.detail", "Normals with the folds and features that the offset map holds between the vertices.")
        tooltip(
            "view.freeze",
            "Albedo and roughness stay those of the first training pose. Gray: this avatar's do not follow the pose.",
        )

    def sync(self, snapshot: Snapshot) -> None:
        """Show the display."""
        display, body = snapshot.state.display, snapshot.state.body
        labels = DETAIL_LABELS | {"auto": f"detail: auto ({'on' if snapshot.has_detail else 'off'})"}
        if body.detail != "auto":
            labels = DETAIL_LABELS
        show_options("view.detail", items=list(labels.values()))
        show_value("view.detail", labels[body.detail])
        show_value("view.freeze", body.freezes_materials)
        show_options("view.freeze", enabled=snapshot.materials_follow_pose)
        for name in BUFFERS:
            dpg.bind_item_theme(f"view.{name}", SELECTED_THEME if name == display.buffer else 0)
        show_value("view.exposure", float(display.exposure_ev))
        show_value("view.curve", display.curve)
        show_value("view.fov", float(snapshot.state.camera.fov_deg))
        show_value("view.false_color", display.has_false_color)
        self._background.show(display.background)

    def _edit(self, name: str, value: object) -> None:
        self._context.post(lambda s: edits.edit_display(s, **{name: value}), name)

    def _set_detail(self, label: str) -> None:
        mode = next((mode for mode in DETAIL_MODES if label == DETAIL_LABELS[mode]), "auto")
        self._context.post(lambda s: edits.edit_body(s, detail=mode), "detail")

    def _set_background(self, color: tuple[float, float, float]) -> None:
        self._edit("background", color)
