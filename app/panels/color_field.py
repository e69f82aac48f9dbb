"""A color that is linear in the state and shown as it looks: sRGB in the widget."""

from collections.abc import Callable

import dearpygui.dearpygui as dpg

from app.state import Rgb

SAME_COLOR = 0.6 / 255.0


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
