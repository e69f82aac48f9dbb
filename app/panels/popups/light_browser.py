"""The browser of environments: a folder's files, or the favorites, as thumbnails. A click uses one at once."""

from collections.abc import Mapping
from pathlib import Path

import dearpygui.dearpygui as dpg
import numpy as np

from app.files.folders import IMPOSSIBLE, cause_of, keep_folder, list_folder, read_folder
from app.files.settings import existing_files
from app.model.preferences import with_favorite
from app.panels.light_strip import LightTextures
from app.panels.panel import PanelContext, show_options, show_value
from app.panels.popups.modal import Modal
from app.panels.theme import ACCENT, ERROR, MUTED, drawing, pointer_in, scale_drawing
from app.tools.commands.context import BROWSE

SUFFIXES = (".exr", ".hdr", ".png")
COLUMNS, ROWS = 4, 4
THUMB_PX, HIGH_PX, NAME_PX, GAP_PX, STAR_PX = 132, 66, 20, 8, 22
STEP_X, STEP_Y = THUMB_PX + GAP_PX, HIGH_PX + NAME_PX + GAP_PX
WIDTH_PX, HEIGHT_PX, FOLDERS_PX, TOP_PX = COLUMNS * STEP_X, ROWS * STEP_Y, 132, 40
PAGE = COLUMNS * ROWS
LONGEST_NAME, MOST_FOLDERS = 20, 300
TILES, MARKS = f"{BROWSE}.tiles", f"{BROWSE}.marks"
KEYS = {"LEFT": -1, "RIGHT": 1, "UP": -COLUMNS, "DOWN": COLUMNS, "PAGE_UP": -PAGE, "PAGE_DOWN": PAGE}
HINT = "A click lights the avatars, a star keeps a favorite. Arrows and Enter do so, too; Esc closes."


class LightBrowser(Modal):
    """A window over the panels; it has the keyboard while it is open."""

    def __init__(self, context: PanelContext, textures: LightTextures) -> None:
        super().__init__(BROWSE, self.use)
        self._context, self._textures = context, textures
        self._folder: Path | None = None  # None before one was shown
        self._has_favorites = False  # whether the favorites are shown, and not the folder
        self._paths: tuple[str, ...] = ()
        self._chosen = 0  # index in `_paths`
        self._drawn: object = None
        self._scale = 1.0
        self._was_typing = False  # when the last frame was drawn

    @property
    def shown(self) -> tuple[str, ...]:
        """The environments of this page."""
        first = self._chosen // PAGE * PAGE
        return self._paths[first : first + PAGE] if self.is_open else ()

    def build(self) -> None:
        """Add the window, hidden."""
        with dpg.window(
            label="Environments", tag=BROWSE, user_data=self, show=False, modal=True, autosize=True, no_collapse=True,
            no_docking=True, no_saved_settings=True, on_close=self.close,
        ):  # fmt: skip
            with dpg.group(horizontal=True):
                dpg.add_button(label="Favorites", tag=f"{BROWSE}.favorites", callback=self.show_favorites)
                dpg.add_button(label="Shipped", tag=f"{BROWSE}.shipped", callback=self.show_shipped)
                dpg.add_button(label="Up", tag=f"{BROWSE}.up", callback=lambda: self.enter(".."))
                dpg.add_input_text(
                    tag=f"{BROWSE}.folder", width=WIDTH_PX + FOLDERS_PX - 234, on_enter=True,
                    callback=lambda _, text: self.enter(text),
                )  # fmt: skip
            with dpg.group(horizontal=True):
                dpg.add_child_window(tag=f"{BROWSE}.folders", width=FOLDERS_PX, height=HEIGHT_PX)
                with drawing(TILES):
                    dpg.add_draw_node(tag=MARKS)
            with dpg.group(horizontal=True):
                dpg.add_button(label="<", tag=f"{BROWSE}.back", callback=lambda: self._move(-PAGE))
                dpg.add_button(label=">", tag=f"{BROWSE}.on", callback=lambda: self._move(PAGE))
                dpg.add_text("", tag=f"{BROWSE}.text")
            dpg.add_text(HINT, color=MUTED)
        with dpg.handler_registry():
            dpg.add_mouse_click_handler(dpg.mvMouseButton_Left, callback=self._pressed)
            dpg.add_mouse_wheel_handler(callback=lambda _, notches: self._wheel(notches))

    def open(self, controls_width: int) -> None:
        """Show the favorites or the folder that were shown last, and take the keyboard."""
        self._folder = read_folder(BROWSE) or self._folder
        if self._has_favorites:
            self.show_favorites()
        elif self._folder is None:
            self.show_shipped()
        else:
            self.enter(".")
        self.show(round((WIDTH_PX + FOLDERS_PX) * self._scale), controls_width, TOP_PX)

    def enter(self, folder: str) -> None:
        """Show another folder; a text below says why that cannot be."""
        try:
            listing = list_folder((self._folder or Path.cwd()) / Path(folder).expanduser(), SUFFIXES)
        except IMPOSSIBLE as error:
            show_value(f"{BROWSE}.text", cause_of(error))
            dpg.configure_item(f"{BROWSE}.text", color=ERROR)
            return
        if listing.folder != self._folder:
            keep_folder(BROWSE, listing.folder)
        self._folder, self._has_favorites = listing.folder, False
        self._list(tuple(str(listing.folder / name) for name in listing.files))
        dpg.delete_item(f"{BROWSE}.folders", children_only=True)
        for name in listing.folders[:MOST_FOLDERS]:
            dpg.add_selectable(
                label=f"{name}/", parent=f"{BROWSE}.folders", user_data=name,
                callback=lambda _, __, name: self.enter(name),
            )  # fmt: skip

    def show_favorites(self) -> None:
        """Show the favorites that are still there."""
        self._has_favorites = True
        self._list(existing_files(self._context.commands.preferences.now.favorites))

    def show_shipped(self) -> None:
        """Show the folder of the environments that ship with the viewer."""
        shipped = self._context.commands.environments
        self.enter(str(Path(shipped[0]).parent) if shipped else ".")

    def use(self) -> None:
        """Light the avatars with the chosen environment."""
        if self.is_open and self._chosen < len(self._paths):
            self._context.commands.lights.choose(self._paths[self._chosen])

    def key(self, name: str, modifiers: str = "") -> None:
        """Arrows and pages choose, Enter uses, Esc closes."""
        is_typing = self._was_typing or dpg.is_item_active(f"{BROWSE}.folder")  # Enter has ended it by now
        if name in KEYS and not is_typing:
            self._move(KEYS[name])
        elif name != "RETURN" or not is_typing:
            super().key(name)

    def click(self, x: float, y: float) -> None:
        """Use the environment at a position in unscaled pixels of the tiles; its star makes or unmakes a favorite."""
        column, row = int(x // STEP_X), int(y // STEP_Y)
        within_x, within_y = x - column * STEP_X, y - row * STEP_Y
        index = self._chosen // PAGE * PAGE + row * COLUMNS + column
        if not (0 <= column < COLUMNS and 0 <= row < ROWS and index < len(self._paths)):
            return
        if within_x >= THUMB_PX - STAR_PX and within_y < STAR_PX:
            preferences = self._context.commands.preferences
            preferences.change(favorites=with_favorite(preferences.now, self._paths[index]))
            return
        self._chosen = index
        self.use()

    def show_thumbnails(self, thumbnails: Mapping[str, np.ndarray], used: str, scale: float) -> None:
        """Show what is made so far; `used`: the environment of now, or ""."""
        if not self.is_open:
            return
        self._scale, self._was_typing = scale, dpg.is_item_active(f"{BROWSE}.folder")
        scale_drawing(TILES, WIDTH_PX, HEIGHT_PX, scale)
        textures = [self._textures.of(path, thumbnails) for path in self.shown]
        favorites = self._context.commands.preferences.now.favorites
        stars = [path in favorites for path in self.shown]
        drawn = self.shown, self._chosen, used, textures, stars, scale
        if drawn != self._drawn:
            self._drawn = drawn
            self._draw(textures, stars, used)

    def _list(self, paths: tuple[str, ...]) -> None:
        self._paths, self._chosen = paths, 0
        title = "favorites" if self._has_favorites else str(self._folder)
        show_value(f"{BROWSE}.folder", title)
        self._turn()

    def _move(self, steps: int) -> None:
        self._chosen = max(0, min(len(self._paths) - 1, self._chosen + steps))
        self._turn()

    def _turn(self) -> None:
        """Ask for the thumbnails of this page, and say which one it is."""
        first = self._chosen // PAGE * PAGE
        self._context.commands.lights.show(self._paths[first : first + PAGE])
        pages = max(1, -(-len(self._paths) // PAGE))
        nothing = "no favorites yet" if self._has_favorites else "no .exr, .hdr or .png here"
        show_value(f"{BROWSE}.text", f"{first // PAGE + 1} of {pages}" if self._paths else nothing)
        dpg.configure_item(f"{BROWSE}.text", color=MUTED)
        show_options(f"{BROWSE}.back", enabled=first > 0)
        show_options(f"{BROWSE}.on", enabled=first + PAGE < len(self._paths))

    def _pressed(self) -> None:
        if self.is_open and dpg.is_item_hovered(TILES):
            self.click(*pointer_in(TILES, self._scale))

    def _wheel(self, notches: float) -> None:
        if self.is_open and dpg.is_item_hovered(TILES):
            self._move(-COLUMNS * round(notches))

    def _draw(self, textures: list[int | str | None], stars: list[bool], used: str) -> None:
        dpg.delete_item(MARKS, children_only=True)
        for place, path in enumerate(self.shown):
            left, top = place % COLUMNS * STEP_X, place // COLUMNS * STEP_Y
            low, high = (left + 2, top + 2), (left + 2 + THUMB_PX, top + 2 + HIGH_PX)
            if (texture := textures[place]) is not None:
                dpg.draw_image(texture, low, high, parent=MARKS)
            else:
                dpg.draw_rectangle(low, high, color=(*MUTED, 90), fill=(*MUTED, 40), parent=MARKS)
            is_chosen = self._paths[self._chosen] == path
            if is_chosen or path == used:
                color = (*ACCENT, 255) if path == used else (*MUTED, 255)
                dpg.draw_rectangle(low, high, color=color, thickness=2, rounding=2, parent=MARKS)
            name = Path(path).stem
            short = name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"
            dpg.draw_text((left + 3, high[1] + 2), short, size=13 * self._scale, color=(*MUTED, 255), parent=MARKS)
            self._draw_star(high[0] - STAR_PX / 2, top + 2 + STAR_PX / 2, stars[place])

    def _draw_star(self, x: float, y: float, is_full: bool) -> None:
        angles = np.deg2rad(np.arange(10) * 36.0 - 90.0)
        radii = np.where(np.arange(10) % 2, 3.4, 8.0)
        points = [[float(x + r * np.cos(a)), float(y + r * np.sin(a))] for a, r in zip(angles, radii, strict=True)]
        fill = (*ACCENT, 255) if is_full else (0, 0, 0, 90)
        dpg.draw_polygon([*points, points[0]], color=(*ACCENT, 255), fill=fill, parent=MARKS)
