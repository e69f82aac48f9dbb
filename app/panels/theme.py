"""Colors, spacing, fonts and size of the panels: dark or light, one warm accent."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dearpygui.dearpygui as dpg

TEXT_SIZE_PX = 15
ACCENT = (240, 178, 71)
ACCENT_BRIGHT = (255, 200, 110)
MUTED = (126, 132, 145)  # muted and error text can be read on the background of either theme
ERROR = (236, 92, 80)
SELECTED_THEME, DIMMED_THEME, RAISED_THEME = "theme.selected", "theme.dimmed", "theme.raised"

_DARK = {
    "WindowBg": (20, 22, 27), "ChildBg": (20, 22, 27), "PopupBg": (30, 33, 40), "Border": (44, 48, 58),
    "FrameBg": (38, 42, 51), "FrameBgHovered": (48, 54, 66), "FrameBgActive": (56, 62, 76),
    "SliderGrab": (158, 118, 50), "SliderGrabActive": (214, 160, 66),
    "CheckMark": ACCENT, "PlotHistogram": (158, 118, 50),
    "Button": (50, 56, 69), "ButtonHovered": (66, 74, 92), "ButtonActive": (84, 94, 116),
    "Header": (36, 40, 49), "HeaderHovered": (48, 54, 66), "HeaderActive": (56, 62, 76),
    "TitleBg": (28, 30, 37), "TitleBgActive": (34, 37, 45), "Text": (226, 229, 235), "TextDisabled": (118, 123, 134),
    "ScrollbarBg": (20, 22, 27), "ScrollbarGrab": (54, 59, 72), "ScrollbarGrabHovered": (74, 80, 96),
    "Tab": (28, 30, 37), "TabHovered": (66, 74, 92), "TabActive": (44, 49, 60), "TabUnfocused": (28, 30, 37),
    "TabUnfocusedActive": (44, 49, 60), "DockingPreview": (158, 118, 50), "DockingEmptyBg": (20, 22, 27),
    "MenuBarBg": (28, 30, 37), "TitleBgCollapsed": (28, 30, 37),
    "Separator": (44, 48, 58), "ResizeGrip": (44, 48, 58), "TableRowBgAlt": (28, 31, 38), "NavHighlight": ACCENT,
}  # fmt: skip
_LIGHT = {
    "WindowBg": (244, 244, 246), "ChildBg": (244, 244, 246), "PopupBg": (252, 252, 253), "Border": (206, 208, 214),
    "FrameBg": (226, 228, 233), "FrameBgHovered": (214, 217, 224), "FrameBgActive": (203, 207, 216),
    "SliderGrab": (222, 160, 58), "SliderGrabActive": (196, 134, 34),
    "CheckMark": (176, 112, 16), "PlotHistogram": (236, 184, 96),
    "Button": (216, 219, 226), "ButtonHovered": (200, 204, 214), "ButtonActive": (184, 189, 202),
    "Header": (226, 228, 233), "HeaderHovered": (214, 217, 224), "HeaderActive": (203, 207, 216),
    "TitleBg": (228, 229, 233), "TitleBgActive": (218, 220, 226), "Text": (32, 35, 42), "TextDisabled": (148, 152, 162),
    "ScrollbarBg": (244, 244, 246), "ScrollbarGrab": (196, 200, 208), "ScrollbarGrabHovered": (172, 176, 188),
    "Tab": (228, 229, 233), "TabHovered": (200, 204, 214), "TabActive": (206, 209, 217),
    "TabUnfocused": (228, 229, 233), "TabUnfocusedActive": (206, 209, 217), "DockingPreview": (236, 184, 96),
    "DockingEmptyBg": (244, 244, 246), "MenuBarBg": (228, 229, 233), "TitleBgCollapsed": (228, 229, 233),
    "Separator": (206, 208, 214), "ResizeGrip": (206, 208, 214), "TableRowBgAlt": (236, 237, 240),
    "NavHighlight": (196, 134, 34),
}  # fmt: skip
_PALETTES = {"dark": _DARK, "light": _LIGHT}
_SELECTED = {
    "dark": {"Button": (92, 72, 36), "ButtonHovered": (112, 88, 44), "Text": ACCENT_BRIGHT},
    "light": {"Button": (250, 214, 148), "ButtonHovered": (246, 202, 120), "Text": (88, 54, 4)},
}
_RAISED = {  # of a window over others: color -> the theme's color that it takes
    "WindowBg": "PopupBg", "Header": "FrameBgActive", "HeaderHovered": "FrameBgHovered", "Border": "SliderGrab",
}  # fmt: skip
_STYLES = {
    "FrameRounding": (5,), "ChildRounding": (7,), "WindowRounding": (7,), "GrabRounding": (4,), "PopupRounding": (6,),
    "FramePadding": (8, 4), "ItemSpacing": (8, 5), "ItemInnerSpacing": (7, 4), "WindowPadding": (11, 7),
    "ScrollbarSize": (11,), "GrabMinSize": (8,), "ChildBorderSize": (0,), "WindowBorderSize": (0,),
    "IndentSpacing": (14,),
}  # fmt: skip


def palette(theme: str) -> dict[int, tuple[int, int, int]]:
    """RGB bytes by Dear ImGui's number of a color."""
    return {getattr(dpg, f"mvThemeCol_{name}"): color for name, color in _PALETTES[theme].items()}


def background(theme: str) -> tuple[int, int, int]:
    """RGB bytes behind all panels."""
    return _PALETTES[theme]["WindowBg"]


def build_theme(fonts: Path) -> None:
    """Bind the theme to all widgets; `set_theme` changes it. `fonts`: the folder that holds Inter."""
    with dpg.theme() as bound, dpg.theme_component(dpg.mvAll):
        for name, color in _DARK.items():
            dpg.add_theme_color(getattr(dpg, f"mvThemeCol_{name}"), color, tag=f"theme.{name}")
        for name, sizes in _STYLES.items():
            dpg.add_theme_style(getattr(dpg, f"mvStyleVar_{name}"), *sizes, tag=f"theme.{name}")
    dpg.bind_theme(bound)
    with dpg.theme(tag=SELECTED_THEME), dpg.theme_component(dpg.mvButton):
        for name in _SELECTED["dark"]:
            dpg.add_theme_color(getattr(dpg, f"mvThemeCol_{name}"), tag=f"theme.selected.{name}")
    with dpg.theme(tag=DIMMED_THEME), dpg.theme_component(dpg.mvAll):
        dpg.add_theme_color(dpg.mvThemeCol_Text, (*MUTED, 255))
    with dpg.theme(tag=RAISED_THEME), dpg.theme_component(dpg.mvAll):
        for name in _RAISED:
            dpg.add_theme_color(getattr(dpg, f"mvThemeCol_{name}"), tag=f"theme.raised.{name}")
        dpg.add_theme_style(dpg.mvStyleVar_WindowBorderSize, 1)
    set_theme("dark", 1.0, fonts)


def set_theme(theme: str, scale: float, fonts: Path) -> None:
    """Set the colors of a theme, and sizes and text `scale` times as large as usual."""
    for name, color in _PALETTES[theme].items():
        dpg.set_value(f"theme.{name}", [*color, 255])
    for name, color in _SELECTED[theme].items():
        dpg.set_value(f"theme.selected.{name}", [*color, 255])
    for name, source in _RAISED.items():
        dpg.set_value(f"theme.raised.{name}", [*_PALETTES[theme][source], 255])
    for name, sizes in _STYLES.items():
        dpg.set_value(f"theme.{name}", [size * scale for size in (sizes * 2)[:2]])
    size_px = round(TEXT_SIZE_PX * scale)
    font = f"font.{size_px}"
    if not dpg.does_item_exist(font):
        with dpg.font_registry():
            dpg.add_font(str(fonts / "Inter_400Regular.ttf"), size_px, tag=font)
    dpg.bind_font(font)


_SIZES = ("width", "wrap")
_WITH_HEIGHT = ("ProgressBar", "ChildWindow")  # widgets whose height is a setting
_NO_WIDGETS = ("Theme", "Font", "Texture", "Handler", "Registry", "Template", "WindowAppItem")  # docking sizes windows


class WidgetSizes:
    """The sizes that widgets were built with; widgets that are built later are not scaled."""

    def __init__(self) -> None:
        self._built: dict[int, dict[str, int]] = {}
        for item in dpg.get_all_items():
            kind = dpg.get_item_type(item).removeprefix("mvAppItemType::mv")
            if kind.startswith("Draw") or any(word in kind for word in _NO_WIDGETS):
                continue
            present = dpg.get_item_configuration(item)
            names = (*_SIZES, "height") if kind in _WITH_HEIGHT else _SIZES
            # -1 means the available width
            if sizes := {name: present[name] for name in names if present.get(name) not in (None, 0, -1)}:
                self._built[item] = sizes

    def scale(self, factor: float) -> None:
        """Set all sizes to `factor` times those at the start."""
        for item, sizes in self._built.items():
            if dpg.does_item_exist(item):
                dpg.configure_item(item, **{name: round(size * factor) for name, size in sizes.items()})


@contextmanager
def drawing(tag: str) -> Iterator[None]:
    """A drawlist in unscaled pixels; the caller scales sizes of text, radii and thicknesses."""
    with dpg.drawlist(1, 1, tag=tag), dpg.draw_node(tag=f"{tag}.root"):
        yield


def scale_drawing(tag: str, width: float, height: float, scale: float) -> None:
    """Set a drawing's size to `scale` times `width` x `height` unscaled pixels."""
    dpg.configure_item(tag, width=round(width * scale), height=round(height * scale))
    dpg.apply_transform(f"{tag}.root", dpg.create_scale_matrix([scale, scale, 1.0]))


def available_width(tag: str, scale: float, otherwise: float) -> float:
    """Width of the contents of the window that a widget stands in, unscaled pixels; `otherwise` before it is drawn."""
    window = dpg.get_item_parent(tag)
    while window is not None and dpg.get_item_type(window) != "mvAppItemType::mvWindowAppItem":
        window = dpg.get_item_parent(window)
    width = 0.0 if window is None else dpg.get_item_state(window).get("rect_size", (0, 0))[0]
    padding = 2 * _STYLES["WindowPadding"][0] + _STYLES["ScrollbarSize"][0]
    return max(0.5 * otherwise, width / scale - padding) if width else otherwise


def pointer_in(tag: str, scale: float) -> tuple[float, float]:
    """Position of the pointer in a drawing, in unscaled pixels."""
    x, y = dpg.get_mouse_pos(local=False)
    left, top = dpg.get_item_rect_min(tag)
    return (x - left) / scale, (y - top) / scale
