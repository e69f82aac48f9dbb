"""A strip with thumbnails of the environments: a click chooses one, the wheel scrolls."""

from collections.abc import Callable, Collection, Mapping

import dearpygui.dearpygui as dpg
import numpy as np

from app.panels.panel import tooltip
from app.panels.theme import ACCENT, MUTED, drawing, pointer_in, scale_drawing

SHOWN = 8
THUMB_PX, HIGH_PX, GAP_PX = 43, 22, 4  # of a thumbnail
MOST_TEXTURES = 300
WIDTH_PX, HEIGHT_PX = SHOWN * (THUMB_PX + GAP_PX), HIGH_PX + 4
STRIP, MARKS = "light.strip", "light.strip.marks"


class LightTextures:
    """Thumbnails as textures; the oldest ones go."""

    def __init__(self) -> None:
        self._textures: dict[str, int | str] = {}

    def build(self) -> None:
        """Add the registry, before anything is drawn."""
        dpg.add_texture_registry(tag="light.textures")

    def of(self, path: str, thumbnails: Mapping[str, np.ndarray]) -> int | str | None:
        """The texture of an environment; None before its thumbnail is made."""
        if path not in self._textures and path in thumbnails:
            rows, columns, _ = thumbnails[path].shape
            pixels = np.ones((rows, columns, 4), np.float32)
            pixels[..., :3] = thumbnails[path]
            self._textures[path] = dpg.add_static_texture(
                columns, rows, pixels.ravel().tolist(), parent="light.textures"
            )
        return self._textures.get(path)

    def forget(self, drawn: Collection[str]) -> None:
        """Free textures of what is not drawn, where there are many."""
        old = [path for path in self._textures if path not in drawn][: max(0, len(self._textures) - MOST_TEXTURES)]
        for path in old:
            dpg.delete_item(self._textures.pop(path))


class LightStrip:
    """A row of thumbnails; `choose` is called with the path of the one that is clicked."""

    def __init__(self, choose: Callable[[str], None], textures: LightTextures) -> None:
        self._choose, self._textures = choose, textures
        self._paths: tuple[str, ...] = ()
        self._chosen = ""
        self._first = 0
        self._drawn: object = None
        self._scale = 0.0

    def build(self) -> None:
        """The drawing and its handlers."""
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
        textures = [self._textures.of(path, thumbnails) for path in self.shown]
        drawn = paths, chosen, self._first, tuple(textures)
        if drawn != self._drawn:
            self._drawn = drawn
            self._draw(chosen, textures)

    @property
    def shown(self) -> tuple[str, ...]:
        """The environments in sight."""
        return self._paths[self._first : self._first + SHOWN]

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

    def _draw(self, chosen: str, textures: list[int | str | None]) -> None:
        dpg.delete_item(MARKS, children_only=True)
        for column, path in enumerate(self.shown):
            left = 2 + column * (THUMB_PX + GAP_PX)
            low, high = (left, 2), (left + THUMB_PX, 2 + HIGH_PX)
            if (texture := textures[column]) is not None:
                dpg.draw_image(texture, low, high, parent=MARKS)
            else:
                dpg.draw_rectangle(low, high, color=(*MUTED, 90), fill=(*MUTED, 40), parent=MARKS)
            if path == chosen:
                dpg.draw_rectangle(
                    (low[0] - 1, 1), (high[0] + 1, high[1] + 1), color=(*ACCENT, 255), thickness=2, rounding=2,
                    parent=MARKS,
                )  # fmt: skip
