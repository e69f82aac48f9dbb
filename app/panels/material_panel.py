"""Materials: scales and tint of the whole avatar, and the files of its edits."""

import dearpygui.dearpygui as dpg

from app.model import materials
from app.model.fields import range_of
from app.model.materials import MaterialState
from app.model.store import Edit
from app.panels.panel import PanelContext, Snapshot, show_options, show_value, tooltip
from app.panels.popups.file_dialog import JSON, FileDialog, add_dialog_button, add_file_dialog
from app.panels.widgets import ColorField, slider
from app.tools.commands.context import LOAD_MATERIALS, SAVE_MATERIALS


class MaterialPanel:
    """Material edits of the active avatar as a whole: scales, tint, files."""

    title = "Materials"

    def __init__(self, context: PanelContext) -> None:
        self._context = context
        self._tint = ColorField("materials.tint", "tint", lambda color: self._edit(tint=color))

    def build(self) -> None:
        """Sliders and buttons."""
        self._slider("albedo_scale", "Brightness of all colors.")
        self._slider("roughness_scale", "Below 1 everything is glossier.")
        self._slider("specular_scale", "Strength of reflections, seen straight on.")
        with dpg.group(horizontal=True):
            self._tint.build()
            dpg.add_checkbox(
                label="show edits", tag="materials.is_shown",
                callback=lambda: self._post(materials.toggle_shown, "materials"),
            )  # fmt: skip
            dpg.add_checkbox(
                label="split", tag="materials.split",
                callback=lambda: self._post(materials.compare_plain, "compare"),
            )  # fmt: skip
            dpg.add_text("", tag="materials.count")
        tooltip("materials.tint", "All colors are multiplied by it.")
        tooltip("materials.split", "The maps without edits, right of a line that is dragged ({materials.compare}).")
        tooltip("materials.is_shown", "Off: the maps as they are ({materials.show}).")
        context = self._context
        with dpg.group(horizontal=True):
            dpg.add_button(
                label="Clear paint", tag="materials.clear",
                callback=lambda: self._post(materials.clear_strokes, "clear strokes"),
            )  # fmt: skip
            dpg.add_button(
                label="Reset", tag="materials.reset",
                callback=lambda: self._post(materials.reset_materials, "reset materials"),
            )  # fmt: skip
        with dpg.group(horizontal=True):
            dpg.add_button(label="Save", tag="materials.save", callback=lambda: context.run("materials.save"))
            dpg.add_button(label="Load", tag="materials.load", callback=lambda: context.run("materials.load"))
            add_dialog_button(self._context, "Save as...", "materials.save_as", SAVE_MATERIALS)
            add_dialog_button(self._context, "Open...", "materials.open", LOAD_MATERIALS)
        dpg.add_text("", tag="materials.beside", wrap=380)
        tooltip("materials.clear", "Takes all strokes and fills off; the scales stay ({materials.clear}).")
        tooltip("materials.reset", "The maps as training left them.")
        tooltip("materials.save", "Beside the avatar's checkpoint ({materials.save}).")
        tooltip("materials.save_as", "As a .json file of another name or place, for --materials.")
        tooltip("materials.open", "Edits from any file; one can also be dropped on the picture.")
        tooltip("materials.load", "What lies beside the avatar's checkpoint ({materials.load}).")
        files = context.commands.materials
        saving = FileDialog(SAVE_MATERIALS, "Save the material edits", JSON, files.save, "materials", saves=True)
        add_file_dialog(self._context, saving)
        add_file_dialog(self._context, FileDialog(LOAD_MATERIALS, "Load material edits", JSON, files.load))

    def sync(self, snapshot: Snapshot) -> None:
        """Show the active body's materials, and whether a file lies beside it."""
        edits, beside = snapshot.state.body.materials, snapshot.materials_file
        for name in ("albedo_scale", "roughness_scale", "specular_scale"):
            show_value(f"materials.{name}", float(getattr(edits, name)))
        self._tint.show(edits.tint)
        show_value("materials.is_shown", edits.is_shown)
        compare = snapshot.state.compare
        show_value("materials.split", compare.is_on and compare.materials is not None)
        show_value("materials.count", _count(edits))
        show_options("materials.clear", enabled=bool(edits.strokes))
        show_options("materials.load", enabled=beside.is_there)
        text = f"{beside.name} lies beside this avatar; Load takes it." if beside.is_there else ""
        show_value("materials.beside", text)
        show_options("materials.beside", show=bool(text))

    def _slider(self, name: str, hint: str) -> None:
        slider(
            f"materials.{name}", range_of(MaterialState, name), lambda value: self._edit(**{name: value}), width=-1,
            clamped=True,
        )  # fmt: skip
        tooltip(f"materials.{name}", f"{hint} 1 leaves the map as it is. Ctrl+click to type.")

    def _edit(self, **changes: object) -> None:
        self._context.post(lambda s: materials.edit_materials(s, **changes), f"materials {next(iter(changes))}")

    def _post(self, edit: Edit, label: str) -> None:
        self._context.end_gesture()
        self._context.post(edit, label)


def _count(edits: MaterialState) -> str:
    strokes = len(edits.strokes)
    return "" if not strokes else "1 stroke" if strokes == 1 else f"{strokes} strokes"
