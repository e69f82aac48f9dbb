"""Colors, spacing and fonts: dark and quiet, one warm accent."""

from pathlib import Path

import dearpygui.dearpygui as dpg

FONTS = Path(__file__).resolve().parents[2] / "assets" / "fonts"
TEXT_SIZE_PX, HEADING_SIZE_PX = 15, 16
ACCENT = (240, 178, 71)
ACCENT_BRIGHT = (255, 200, 110)
MUTED = (148, 154, 166)
ERROR = (255, 122, 110)
BOLD_FONT = "font.bold"
REGULAR_FONT = "font.regular"
SELECTED_THEME = "theme.selected"

_COLORS = {
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
_STYLES = {
    "FrameRounding": (5,), "ChildRounding": (7,), "WindowRounding": (7,), "GrabRounding": (4,), "PopupRounding": (6,),
    "FramePadding": (8, 5), "ItemSpacing": (8, 7), "ItemInnerSpacing": (7, 5), "WindowPadding": (11, 10),
    "ScrollbarSize": (11,), "GrabMinSize": (8,), "ChildBorderSize": (0,), "WindowBorderSize": (0,),
    "IndentSpacing": (14,),
}  # fmt: skip


def build_theme() -> None:
    """Bind the theme to everything."""
    with dpg.theme() as theme, dpg.theme_component(dpg.mvAll):
        for name, color in _COLORS.items():
            dpg.add_theme_color(getattr(dpg, f"mvThemeCol_{name}"), color)
        for name, sizes in _STYLES.items():
            dpg.add_theme_style(getattr(dpg, f"mvStyleVar_{name}"), *sizes)
    dpg.bind_theme(theme)
    with dpg.theme(tag=SELECTED_THEME), dpg.theme_component(dpg.mvButton):
        dpg.add_theme_color(dpg.mvThemeCol_Button, (92, 72, 36))
        dpg.add_theme_color(dpg.mvThemeCol_ButtonHovered, (112, 88, 44))
        dpg.add_theme_color(dpg.mvThemeCol_Text, ACCENT_BRIGHT)


def build_fonts(scale: float = 1.0) -> None:
    """Inter for everything; `scale` follows the screen's density."""
    with dpg.font_registry():
        dpg.add_font(str(FONTS / "Inter_400Regular.ttf"), round(TEXT_SIZE_PX * scale), tag=REGULAR_FONT)
        dpg.add_font(str(FONTS / "Inter_600SemiBold.ttf"), round(HEADING_SIZE_PX * scale), tag=BOLD_FONT)
    dpg.bind_font(REGULAR_FONT)
