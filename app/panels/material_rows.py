"""The rows of the Materials panel: settings of the next stroke, and of the whole avatar."""

import dearpygui.dearpygui as dpg

from app.model import materials
from app.model.fields import range_of
from app.model.materials import PAINTS, BrushState, MaterialState, StrokeState
from app.model.store import Edit
from app.panels.panel import PanelContext, Snapshot, key_of, show_options, show_value, tooltip
from app.panels.popups.file_dialog import JSON, FileDialog, add_dialog_button, add_file_dialog
from app.panels.widgets import ColorField, show_length, slider
from app.tools.commands.context import LOAD_MATERIALS, SAVE_MATERIALS

PAINT_LABELS = {
    "color": "Color", "tint": "Tint", "roughness": "Roughness", "material": "Color + roughness", "erase": "Erase",
}  # fmt: skip
STROKE_SLIDERS = {  # field of a stroke -> last part of the tag, hint
    "roughness": ("rough", "0 is a mirror, 1 is chalk."),
    "radius_m": ("radius", "On the body. {materials.narrower_brush} and {materials.wider_brush}."),
    "hardness": ("hardness", "Share of the radius with all of the paint."),
    "tolerance": ("tolerance", "How unlike a filled color may be; the newest fill follows."),
    "pattern_m": (
        "pattern",
        "Of a fill: stripes and checks so wide are one cloth; 0: a single color. The newest fill follows.",
    ),
    "strength": ("strength", "Of the whole stroke."),
}


class BrushRows:
    """Settings of the next stroke: paint, radius, hardness."""

    def __init__(self, context: PanelContext) -> None:
        self._context = context

    def build(self) -> None:
        """A combo, sliders, a checkbox."""
        dpg.add_combo(
            tuple(PAINT_LABELS.values()), tag="materials.paint", width=-1,
            callback=lambda _, label: self._edit_stroke(paint=key_of(PAINT_LABELS, label)),
        )  # fmt: skip
        tooltip(
            "materials.paint",
            "Cover with a color, multiply by one (tint), cover with a roughness, both, or take "
            "paint off ({materials.next_paint}).",
        )
        for name, (tag, hint) in STROKE_SLIDERS.items():
            self._slider(tag, name, hint)
        dpg.add_checkbox(
            label="both sides", tag="materials.mirrors", callback=lambda _, on: self._edit_stroke(mirrors=on)
        )
        tooltip("materials.mirrors", "The body's left and right at once ({materials.mirror}).")

    def sync(self, brush: BrushState) -> None:
        """Show the next stroke."""
        stroke = brush.stroke
        paint = stroke.paint if stroke.paint in PAINTS else PAINTS[0]
        show_value("materials.paint", PAINT_LABELS[paint])
        for name, (tag, _) in STROKE_SLIDERS.items():
            units = self._context.commands.preferences.now.units
            show_length(f"materials.{tag}", range_of(StrokeState, name), getattr(stroke, name), units)
        show_value("materials.mirrors", stroke.mirrors)
        show_options("materials.rough", show=paint in ("roughness", "material"))
        for name in ("radius", "hardness"):
            show_options(f"materials.{name}", show=brush.tool != "fill")
        for name in ("tolerance", "pattern"):
            show_options(f"materials.{name}", show=brush.tool == "fill")

    def _slider(self, tag: str, name: str, hint: str) -> None:
        slider(
            f"materials.{tag}", range_of(StrokeState, name), lambda value: self._edit_stroke(**{name: value}), width=-1,
            clamped=True,
        )  # fmt: skip
        tooltip(f"materials.{tag}", f"{hint} Ctrl+click to type.")

    def _edit_stroke(self, **changes: object) -> None:
        self._context.post(lambda s: materials.adjust_fill(s, **changes), "brush")


class ScaleRows:
    """Settings of the whole avatar: scales, tint, files."""

    def __init__(self, context: PanelContext) -> None:
        self._context = context
        self._tint = ColorField("materials.tint", "tint", lambda color: self._edit(tint=color))

    def build(self) -> None:
        """Sliders and buttons."""
        with dpg.group(horizontal=True):
            self._slider("albedo_scale", "Brightness of all colors.", 112)
            self._slider("roughness_scale", "Below 1 everything is glossier.", 124)
            self._slider("specular_scale", "Strength of reflections, seen straight on.", 112)
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

    def _slider(self, name: str, hint: str, width: int) -> None:
        slider(
            f"materials.{name}", range_of(MaterialState, name), lambda value: self._edit(**{name: value}), width=width,
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
