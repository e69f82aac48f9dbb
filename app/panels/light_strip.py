"""A strip with thumbnails of the environments: a click chooses one, the wheel scrolls."""

from collections.abc import Callable, Mapping

import dearpygui.dearpygui as dpg
import numpy as np

from app.panels.panel import tooltip
from app.panels.theme import ACCENT, MUTED, drawing, pointer_in, scale_drawing

SHOWN = 8
THUMB_PX, HIGH_PX, GAP_PX = 44, 22, 4  # of a thumbnail and its texture
WIDTH_PX, HEIGHT_PX = SHOWN * (THUMB_PX + GAP_PX), HIGH_PX + 4
STRIP, MARKS = "light.strip", "light.strip.marks"


class LightStrip:
    """A row of thumbnails; `choose` is called with the path of the one that is clicked."""

    def __init__(self, choose: Callable[[str], None]) -> None:
        self._choose = choose
        self._paths: tuple[str, ...] = ()
        self._chosen = ""
        self._first = 0
        self._drawn: object = None
        self._scale = 0.0
        self._textures: dict[str, int | str] = {}

    def build(self) -> None:
        """The drawing and its handlers."""
        dpg.add_texture_registry(tag="light.strip.textures")
        with dpg.group(tag=f"{STRIP}.row"), drawing(STRIP):  # a drawing takes no tooltip
            dpg.add_draw_node(tag=MARKS)
        tooltip(
            f"{STRIP}.row",
            "Click a light to use it; the wheel goes along the strip. {light.previous_environment} "
            "and {light.next_environment} step.",
        )
        with dpg.handler_registry():
            dpg.add_mouse_click_handler(dpg.mvMouseButton_Left, callback=self._pressed)
            dpg.add_mouse_wheel_handler(callback=lambda _, notches: self._wheel(notches))

    def sync(self, paths: tuple[str, ...], chosen: str, thumbnails: Mapping[str, np.ndarray], scale: float) -> None:
        """Show these environments and scroll to the chosen one ("" for none)."""
        if scale != self._scale:
            self._scale = scale
            scale_drawing(STRIP, WIDTH_PX, HEIGHT_PX, scale)
        if (paths, chosen) != (self._paths, self._chosen):
            self._paths, self._chosen = paths, chosen
            if chosen in paths:
                self._first = min(max(self._first, paths.index(chosen) - SHOWN + 1), paths.index(chosen))
        self._first = max(0, min(self._first, len(paths) - SHOWN))
        for path in paths:
            if path in thumbnails and path not in self._textures:
                pixels = np.ones((HIGH_PX, THUMB_PX, 4), np.float32)
                pixels[..., :3] = thumbnails[path]
                self._textures[path] = dpg.add_static_texture(
                    THUMB_PX, HIGH_PX, pixels.ravel().tolist(), parent="light.strip.textures"
                )
        drawn = paths, chosen, self._first, len(self._textures)
        if drawn != self._drawn:
            self._drawn = drawn
            self._draw(chosen)

    def click(self, x: float) -> None:
        """Choose the environment at x, in pixels of the strip."""
        index = self._first + int(x // (THUMB_PX + GAP_PX))
        if 0 <= x < WIDTH_PX and index < len(self._paths):
            self._choose(self._paths[index])

    def scroll(self, steps: int) -> None:
        """Scroll by so many thumbnails to the right."""
        self._first = max(0, min(self._first + steps, len(self._paths) - SHOWN))

    def _pressed(self) -> None:
        if dpg.is_item_hovered(STRIP):
            self.click(pointer_in(STRIP, self._scale)[0])

    def _wheel(self, notches: float) -> None:
        if dpg.is_item_hovered(STRIP):
            self.scroll(-round(notches))

    def _draw(self, chosen: str) -> None:
        dpg.delete_item(MARKS, children_only=True)
        for column, path in enumerate(self._paths[self._first : self._first + SHOWN]):
            left = 2 + column * (THUMB_PX + GAP_PX)
            low, high = (left, 2), (left + THUMB_PX, 2 + HIGH_PX)
            if path in self._textures:
                dpg.draw_image(self._textures[path], low, high, parent=MARKS)
            else:
                dpg.draw_rectangle(low, high, color=(*MUTED, 90), fill=(*MUTED, 40), parent=MARKS)
            if path == chosen:
                dpg.draw_rectangle(
                    (low[0] - 1, 1), (high[0] + 1, high[1] + 1), color=(*ACCENT, 255), thickness=2, rounding=2,
                    parent=MARKS,
                )  # fmt: skip
