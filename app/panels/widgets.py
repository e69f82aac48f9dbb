"""Widgets that several panels use: sliders, a color, a command line to copy, a file dialog, menu items of commands."""

from collections.abc import Callable, Iterable
from typing import Any

import dearpygui.dearpygui as dpg

from app.model.fields import Number, Rgb
from app.panels.panel import PanelContext, show_options, show_value, tooltip
from app.panels.theme import ACCENT, DIMMED_THEME
from app.tools.commands.registry import command_of, keys_text

SAME_COLOR = 0.6 / 255.0


def declared(number: Number) -> dict[str, Any]:
    """What a slider takes from the declaration of a field: its range, format and label."""
    least, most = (bound * number.scale for bound in number.reach)
    if isinstance(number.least, int):
        least, most = round(least), round(most)
    options = {"min_value": least, "max_value": most, "format": number.format}
    return options | ({"label": number.label} if number.label else {})


def slider(tag: str, number: Number, on_change: Callable[[Any], None], **options: Any) -> None:
    """A slider of a declared number; `on_change` is given the field's value."""
    add = dpg.add_slider_int if isinstance(number.least, int) else dpg.add_slider_float
    add(
        tag=tag, callback=lambda _, value: on_change(value if number.scale == 1.0 else value / number.scale),
        **declared(number) | options,
    )  # fmt: skip


def drag(tag: str, number: Number, on_change: Callable[[float], None], **options: Any) -> None:
    """A number that is dragged, by the declared step a pixel."""
    add = dpg.add_drag_float
    add(tag=tag, speed=number.step, callback=lambda _, value: on_change(value), **declared(number) | options)


def to_srgb(linear: float) -> float:
    """IEC 61966-2-1, one channel; clipped to what a color widget holds."""
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
        """Tell the widget's color to whom it concerns."""
        red, green, blue = (channel / 255.0 for channel in dpg.get_value(self._tag)[:3])
        if self._is_linear:
            red, green, blue = to_linear(red), to_linear(green), to_linear(blue)
        self._on_change((red, green, blue))

    def show(self, color: Rgb) -> None:
        """Show a color of the state."""
        wanted = [to_srgb(channel) if self._is_linear else channel for channel in color]
        present = [channel / 255.0 for channel in dpg.get_value(self._tag)[:3]]
        if any(abs(a - b) > SAME_COLOR for a, b in zip(wanted, present, strict=True)):
            dpg.set_value(self._tag, [*(channel * 255.0 for channel in wanted), 255.0])


class CommandRow:
    """A button and a line of text."""

    def __init__(self, tag: str, noun: str, keys: str, copy: Callable[[], None]) -> None:
        self._tag, self._noun, self._keys, self._copy = tag, noun, keys, copy

    def build(self) -> None:
        """Add it."""
        with dpg.group(horizontal=True):
            dpg.add_button(label="Copy", tag=f"{self._tag}.copy", callback=lambda: self._copy())
            dpg.add_input_text(tag=f"{self._tag}.command", readonly=True, width=-1)
        text = f"The command line that makes this {self._noun} without a window."
        tooltip(f"{self._tag}.copy", f"{text} {self._keys} in the picture. Writes a session file if one is needed.")
        tooltip(f"{self._tag}.command", text)

    def show(self, text: str) -> None:
        """What it says now."""
        show_value(f"{self._tag}.command", text)


WIDTH_PX, HEIGHT_PX = 600, 440


def add_file_dialog(
    tag: str,
    label: str,
    suffixes: tuple[str, ...],  # the chosen one is added to a name without any
    answer: Callable[[str], None],  # takes the path
    name: str = ".",  # what is typed already
    together: str = "",  # what to call files of any of the suffixes, where all are listed at first
) -> None:
    """Build a dialog; `dpg.show_item` asks."""

    def answered(_: object, chosen: dict) -> None:
        if path := chosen.get("file_path_name", ""):
            answer(path)

    with dpg.file_dialog(
        show=False, modal=True, tag=tag, width=WIDTH_PX, height=HEIGHT_PX, label=label, default_filename=name,
        callback=answered,
    ):  # fmt: skip
        if together:
            patterns = " ".join(f"*{suffix}" for suffix in suffixes)
            dpg.add_file_extension(f"{together} ({patterns}){{{','.join(suffixes)}}}", color=(*ACCENT, 255))
        for suffix in suffixes:
            dpg.add_file_extension(suffix, color=(*ACCENT, 255))


SEPARATOR = ""  # among the ids of a menu


class CommandItems:
    """Some lines of a menu: title and keys from the registry; one that cannot run is dimmed and says why."""

    def __init__(self, context: PanelContext, ids: Iterable[str]) -> None:
        """`ids`: of commands, in order, with SEPARATOR between groups."""
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
        """Dim what cannot run now. Disabled items of Dear ImGui would show no tooltip."""
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
