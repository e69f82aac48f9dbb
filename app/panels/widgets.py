"""Widgets that several panels use: sliders, a color, exports, a file dialog, menu items of commands."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import dearpygui.dearpygui as dpg

from app.model.exports import StillState, TurntableState, edit_still, edit_turntable, size_text
from app.model.fields import Number, Rgb
from app.model.status import with_suffix
from app.panels.panel import PanelContext, key_of, show_options, show_value, tooltip
from app.panels.theme import DIMMED_THEME
from app.tools.commands.registry import command_of, keys_text

SAME_COLOR = 0.6 / 255.0


def declared(number: Number) -> dict[str, Any]:
    """Arguments of a slider from the declaration of a field: range, format and label."""
    least, most = (bound * number.scale for bound in number.reach)
    if isinstance(number.least, int):
        least, most = round(least), round(most)
    options = {"min_value": least, "max_value": most, "format": number.format}
    return options | ({"label": number.label} if number.label else {})


def slider(tag: str, number: Number, on_change: Callable[[Any], None], **options: Any) -> None:
    """Add a slider of a declared number; `on_change` takes the field's value."""
    add = dpg.add_slider_int if isinstance(number.least, int) else dpg.add_slider_float
    add(
        tag=tag, callback=lambda _, value: on_change(value if number.scale == 1.0 else value / number.scale),
        **declared(number) | options,
    )  # fmt: skip


def drag(tag: str, number: Number, on_change: Callable[[float], None], **options: Any) -> None:
    """Add a number that is dragged; a pixel changes it by the declared step."""
    dpg.add_drag_float(
        tag=tag, speed=number.step, callback=lambda _, value: on_change(value), **declared(number) | options
    )


def to_srgb(linear: float) -> float:
    """One channel by IEC 61966-2-1, clipped to [0, 1] as color widgets need."""
    linear = min(max(linear, 0.0), 1.0)
    return 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055


def to_linear(srgb: float) -> float:
    """The inverse of `to_srgb`."""
    return srgb / 12.92 if srgb <= 0.04045 else ((srgb + 0.055) / 1.055) ** 2.4


class ColorField:
    """A small color square that opens a picker."""

    def __init__(self, tag: str, label: str, on_change: Callable[[Rgb], None], is_linear: bool = True) -> None:
        self._tag = tag
        self._label = label
        self._on_change = on_change
        self._is_linear = is_linear

    def build(self) -> None:
        """Add the widget."""
        dpg.add_color_edit(
            (255, 255, 255, 255), label=self._label, tag=self._tag, no_alpha=True, no_inputs=True,
            callback=lambda: self.read(),
        )  # fmt: skip

    def read(self) -> None:
        """Pass the widget's color to `on_change`."""
        red, green, blue = (channel / 255.0 for channel in dpg.get_value(self._tag)[:3])
        if self._is_linear:
            red, green, blue = to_linear(red), to_linear(green), to_linear(blue)
        self._on_change((red, green, blue))

    def show(self, color: Rgb) -> None:
        """Show a color, unless the widget differs by rounding alone."""
        wanted = [to_srgb(channel) if self._is_linear else channel for channel in color]
        present = [channel / 255.0 for channel in dpg.get_value(self._tag)[:3]]
        if any(abs(a - b) > SAME_COLOR for a, b in zip(wanted, present, strict=True)):
            dpg.set_value(self._tag, [*(channel * 255.0 for channel in wanted), 255.0])


class ExportWidgets:
    """What the panels for pictures and videos share: size, format, file, start button, command line."""

    def __init__(
        self,
        context: PanelContext,
        tag: str,  # what the tags of the widgets begin with
        noun: str,  # picture or video: the end of its commands' ids
        start: str,  # label of the button that starts
        sizes: tuple[str, ...],  # pixels a side
        formats: Mapping[str, str],  # suffix -> label; the first one stands for unknown suffixes
    ) -> None:
        self._context, self._tag, self._noun, self._start = context, tag, noun, start
        self._sizes, self._formats = sizes, formats
        self._is_running = False
        self._settings: StillState | TurntableState = StillState()

    def add_size(self, width: int) -> None:
        """Add the combo of sizes."""
        dpg.add_combo(
            self._sizes, tag=f"{self._tag}.size", width=width, callback=lambda _, value: self._set_size(value)
        )

    def add_format(self, width: int) -> None:
        """Add the combo of formats, which changes the file's suffix."""
        dpg.add_combo(
            tuple(self._formats.values()), tag=f"{self._tag}.format", width=width,
            callback=lambda _, label: self._choose_format(key_of(self._formats, label)),
        )  # fmt: skip

    def add_path(self, width: int, label: str = "") -> None:
        """Add the field of the file's path."""
        dpg.add_input_text(
            label=label, tag=f"{self._tag}.path", width=width, callback=lambda _, value: self._set_path(value)
        )

    def add_start(self, width: int) -> None:
        """Add the button that starts, and cancels while something is being made."""
        dpg.add_button(label=self._start, tag=f"{self._tag}.start", width=width, callback=self._press)

    def add_command(self) -> None:
        """Add the command line with a button that copies it."""
        id = f"export.copy_{self._noun}"
        with dpg.group(horizontal=True):
            dpg.add_button(label="Copy", tag=f"{self._tag}.copy", callback=lambda: self._context.run(id))
            dpg.add_input_text(tag=f"{self._tag}.command", readonly=True, width=-1)
        text, keys = f"The command line that makes this {self._noun} without a window.", keys_text(command_of(id))
        tooltip(f"{self._tag}.copy", f"{text} {keys} in the picture. Writes a session file if one is needed.")
        tooltip(f"{self._tag}.command", text)

    def show(self, settings: StillState | TurntableState, is_running: bool, command: str) -> None:
        """Show settings and command line; the start button cancels while `is_running`."""
        self._settings, self._is_running = settings, is_running
        labels, suffix = self._formats, Path(settings.path).suffix.lower()
        shape = size_text(settings.shape)
        sizes = self._sizes if shape in self._sizes else (*self._sizes, shape)
        show_options(f"{self._tag}.size", items=sorted(sizes, key=lambda size: [int(side) for side in size.split("x")]))
        show_value(f"{self._tag}.size", shape)
        show_value(f"{self._tag}.format", labels.get(suffix, next(iter(labels.values()))))
        show_value(f"{self._tag}.path", settings.path)
        show_options(f"{self._tag}.start", label="Cancel" if is_running else self._start)
        show_value(f"{self._tag}.command", command)

    def set(self, name: str, value: object) -> None:
        """Change a field of the settings."""
        self._post(name, **{name: value})

    def _post(self, label: str, **changes: object) -> None:
        edit = edit_turntable if self._noun == "video" else edit_still
        self._context.post(lambda s: edit(s, **changes), f"{self._noun} {label}")

    def _set_size(self, text: str) -> None:
        width, _, height = text.partition("x")
        self._post("size", size=int(width), height=int(height or 0))

    def _press(self) -> None:
        self._context.run("export.cancel" if self._is_running else f"export.{self._noun}")

    def _choose_format(self, suffix: str) -> None:
        self.set("path", with_suffix(self._settings.path, suffix, self._noun))

    def _set_path(self, path: str) -> None:
        if path.strip():
            self.set("path", path.strip())


SEPARATOR = ""  # stands among the ids of a menu for a line


class CommandItems:
    """Menu items of commands: title and keys from the registry; the tooltip of a dimmed one says why it cannot run."""

    def __init__(self, context: PanelContext, ids: Iterable[str]) -> None:
        """`ids`: of commands, with SEPARATOR between groups."""
        self._context, self._ids = context, tuple(ids)

    def build(self) -> None:
        """Add them to the menu that is open."""
        for id in self._ids:
            if id == SEPARATOR:
                dpg.add_separator()
                continue
            command, tag = command_of(id), item_tag(id)
            keys = keys_text(command).split(" / ")[0]
            dpg.add_menu_item(
                label=command.title, tag=tag, shortcut=keys, user_data=id,
                callback=lambda _, __, which: self._context.run(which),
            )  # fmt: skip
            with dpg.tooltip(tag, tag=f"{tag}.tip", show=False):
                dpg.add_text("", tag=f"{tag}.reason", wrap=300)

    def sync(self) -> None:
        """Dim what cannot run now; a disabled item of Dear ImGui would show no tooltip."""
        for id in self._ids:
            if id == SEPARATOR:
                continue
            tag, reason = item_tag(id), self._context.reason(id)
            show_options(f"{tag}.tip", show=reason is not None)
            show_value(f"{tag}.reason", reason or "")
            dpg.bind_item_theme(tag, DIMMED_THEME if reason is not None else 0)


def item_tag(id: str) -> str:
    """Dear PyGui's name of a command's menu item."""
    return f"menu.{id}"
