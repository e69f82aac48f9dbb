"""Panels at another size: widths given in pixels grow with the text, and drawings with both."""

from collections.abc import Iterator
from contextlib import contextmanager

import dearpygui.dearpygui as dpg

_SIZES = ("width", "wrap")
_HIGH = ("FileDialog", "ProgressBar", "ChildWindow")  # widgets whose height was given; others report theirs alike
_NO_WIDGETS = ("Theme", "Font", "Texture", "Handler", "Registry", "Template", "WindowAppItem")  # windows: docking's


class WidgetSizes:
    """The sizes that every widget was built with. Widgets that are built later keep what they were given."""

    def __init__(self) -> None:
        self._built: dict[int, dict[str, int]] = {}
        for item in dpg.get_all_items():
            kind = dpg.get_item_type(item).removeprefix("mvAppItemType::mv")
            if kind.startswith("Draw") or any(word in kind for word in _NO_WIDGETS):
                continue
            present = dpg.get_item_configuration(item)
            names = (*_SIZES, "height") if kind in _HIGH else _SIZES
            # -1 means all the room there is
            if sizes := {name: present[name] for name in names if present.get(name) not in (None, 0, -1)}:
                self._built[item] = sizes

    def scale(self, factor: float) -> None:
        """Multiply them all."""
        for item, sizes in self._built.items():
            if dpg.does_item_exist(item):
                dpg.configure_item(item, **{name: round(size * factor) for name, size in sizes.items()})


@contextmanager
def drawing(tag: str) -> Iterator[None]:
    """A drawlist to fill in unscaled pixels; sizes of text, radii and thicknesses are the caller's to scale."""
    with dpg.drawlist(1, 1, tag=tag), dpg.draw_node(tag=f"{tag}.root"):
        yield


def scale_drawing(tag: str, width: float, height: float, scale: float) -> None:
    """Show all of `width` and `height` unscaled pixels of a drawing."""
    dpg.configure_item(tag, width=round(width * scale), height=round(height * scale))
    dpg.apply_transform(f"{tag}.root", dpg.create_scale_matrix([scale, scale, 1.0]))


def pointer_in(tag: str, scale: float) -> tuple[float, float]:
    """Where the pointer is in a drawing, in unscaled pixels."""
    x, y = dpg.get_mouse_pos(local=False)
    left, top = dpg.get_item_rect_min(tag)
    return (x - left) / scale, (y - top) / scale
