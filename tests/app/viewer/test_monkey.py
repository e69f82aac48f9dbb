"""Random keys, drags, widgets, dialogs and dropped files neither crash nor freeze the viewer, nor leak memory."""

import json
import os
import random
import string
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import dearpygui.dearpygui as dpg
import numpy as np
import pytest

from app.model.avatar_row import BodyState
from app.model.preferences import KEY_NAMES
from app.model.store import Store
from app.model.view_state import ViewState
from app.panels.layout import PanelLayout
from app.panels.panel import PanelContext, Snapshot
from app.panels.popups.light_browser import HEIGHT_PX, WIDTH_PX, LightBrowser
from app.panels.popups.palette import Palette
from app.panels.theme import build_theme
from app.rendering.frames import Frame
from app.rendering.render_service import RenderService
from app.rendering.worker import Worker
from app.tools.commands.command import execute
from app.tools.commands.key_map import key_choices
from app.tools.commands.registry import COMMANDS
from app.tools.paint import FillPointer
from app.tools.pixel_inspector import PixelInspector
from app.tools.viewport import Viewport, modifiers_text
from app.viewer.dropped_files import read_dropped
from app.viewer.event_record import resident_mb
from phynes_core.errors import PhynesError
from phynes_core.io.radiance_files import write_hdr
from phynes_core.io.shipped_files import ASSETS
from tests.app.fake_commands import Clip, PictureEvents, fake_commands
from tests.app.popup_windows import CONTROLS_PX, PopupWindows

SIZE = 48
LONGEST_S = 60.0  # in which every single picture must be finished
LONGEST_WARM_UP_S = 900.0
MOST_GROWTH = 1.02
SLIDERS = {"mvSliderFloat": float, "mvSliderInt": int, "mvDragFloat": float}
WHOLE_RUN = pytest.param(10_000, marks=pytest.mark.soak)
POPUP_KEYS = ("RETURN", "RETURN", "ESCAPE", "UP", "DOWN", "LEFT", "RIGHT", "PAGE_UP", "PAGE_DOWN")


class RandomUser:
    """Everything that a user can do, at random, without a display."""

    def __init__(self, avatar: Path, folder: Path, seed: int) -> None:
        self.random = random.Random(seed)
        self.folder = folder
        self.files = strange_files(folder)
        self.store = Store(ViewState(BodyState(str(avatar))))
        session = RenderService()
        session.check(self.store.state)
        self.choices = session.choices(str(avatar))
        self.worker = Worker(session, SIZE)
        # the controllers of files and windows only record their calls
        self.windows = PopupWindows("windows", [])
        self.commands = fake_commands(
            self.store, windows=self.windows, clock=Clip(1.0, 30.0),
            environments=tuple(choice.key for choice in self.choices.environments),
            avatars=(str(avatar),),
        )  # fmt: skip
        self.picture = PictureEvents(self.commands)
        self.layout = self.windows.layout = PanelLayout(PanelContext(self.commands))
        self.fill = FillPointer(self.store, self.worker)
        self.inspector = PixelInspector(self.store, self.worker, lambda: self.commands.preferences.now.units)
        dpg.create_context()
        build_theme(ASSETS / "fonts")
        self.layout.build()
        self.widgets = [item for item in dpg.get_all_items() if dpg.get_item_callback(item)]
        self.actions: tuple[Callable[[], None], ...] = (self.run_command,) * 5 + (self.drag, self.use_widget) * 3
        self.actions += (self.press_key,) * 3 + (self.use_popup, self.hover) * 2
        self.actions += (self.drop, self.turn_wheel, self.undo_or_redo)
        self.worker.start()
        start_s = time.monotonic()
        while not self.worker.status.is_ready:  # kernels may have to be compiled
            assert time.monotonic() < start_s + LONGEST_WARM_UP_S
            time.sleep(0.02)

    def close(self) -> None:
        assert self.worker.close(LONGEST_S)
        dpg.destroy_context()

    def step(self) -> str:
        action = self.random.choice(self.actions)
        detail = action()
        self.store.apply()
        return f"{action.__name__} {detail}"

    def run_command(self) -> str:
        command = self.random.choice(COMMANDS)
        execute(command, self.commands)
        return command.id

    def drag(self) -> None:
        x, y = self._random_point()
        self.picture.press(
            x, y, self.random.choice((1, 1, 2, 3)), self.random.random() < 0.2, self.random.random() < 0.2
        )
        for _ in range(self.random.randrange(5)):
            dx, dy = self.random.uniform(-80, 80), self.random.uniform(-80, 80)
            x, y = x + dx, y + dy
            self.picture.move(x, y, dx, dy)
        self.picture.release(self.random.choice((1, 2, 3)), x, y)
        for button in (1, 2, 3):
            self.picture.release(button, x, y)

    def press_key(self) -> str:
        """A key goes to what is open over the panels, else to the picture."""
        held = [self.random.random() < share for share in (0.2, 0.2, 0.1)]
        if (popup := self.windows.popup()) is not None:
            name = self.random.choice((*POPUP_KEYS, *self.random.choices(KEY_NAMES, k=4)))
            popup.key(name, modifiers_text(*held))
        else:
            name = self.random.choice(KEY_NAMES)
            self.picture.key(name, *held)
            self.picture.key_up(name)
        return name

    def use_popup(self) -> str:
        """Open one, or use what is open in its own way."""
        popup = self.windows.popup()
        if popup is None:
            popup = self.random.choice(self.layout.popups)
            if isinstance(popup, Palette):
                self.random.choice((self.windows.show_palette, self.windows.choose_key))()
            elif popup is self.layout.key_choice:
                self.windows.ask_key(self.random.choice(key_choices()).id)
            elif popup is not self.layout.question:
                popup.open(CONTROLS_PX)
        elif isinstance(popup, LightBrowser):
            popup.click(self.random.uniform(0, WIDTH_PX), self.random.uniform(0, HEIGHT_PX))
        elif isinstance(popup, Palette):
            popup.search(self.random.choice(self.random.choice(COMMANDS).title.split()))
        return type(popup).__name__

    def hover(self) -> None:
        """The pointer rests over the picture: a fill's preview and pixel values."""
        self.worker.let_inspect(self.random.random() < 0.5)
        for point in (self._random_point(), None):
            self.fill.preview(self.picture.viewport, point, self.picture.tool is not None)
            self.inspector.inspect(self.picture.viewport, point, time.monotonic())

    def turn_wheel(self) -> None:
        self.picture.scroll(self.random.choice((-3.0, -1.0, 1.0, 3.0)))

    def undo_or_redo(self) -> None:
        for _ in range(self.random.randrange(8)):
            self.random.choice((self.store.undo, self.store.redo))()

    def use_widget(self) -> str:
        item = self.random.choice(self.widgets)
        name = dpg.get_item_alias(item) or dpg.get_item_label(item) or ""
        if not dpg.does_item_exist(item):
            return ""
        kind, present = dpg.get_item_type(item).removeprefix("mvAppItemType::"), dpg.get_item_configuration(item)
        if kind in SLIDERS:
            # Ctrl+click takes numbers beyond the slider's ends
            span = present["max_value"] - present["min_value"]
            number = self.random.uniform(present["min_value"] - span, present["max_value"] + span)
            dpg.set_value(item, SLIDERS[kind](number))
        elif kind == "mvCheckbox":
            dpg.set_value(item, self.random.random() < 0.5)
        elif kind in ("mvCombo", "mvRadioButton", "mvListbox") and present["items"]:
            dpg.set_value(item, self.random.choice(present["items"]))
        elif kind == "mvInputText":
            dpg.set_value(item, "".join(self.random.choices(string.printable, k=self.random.randrange(40))))
        elif kind not in ("mvButton", "mvMenuItem", "mvColorEdit"):
            return ""
        callback = dpg.get_item_callback(item)
        arguments = (item, dpg.get_value(item), dpg.get_item_user_data(item))
        wanted = callback.__code__.co_argcount - (1 if hasattr(callback, "__self__") else 0)
        callback(*arguments[:wanted])
        return name

    def drop(self) -> str:
        path = self.random.choice(self.files)
        try:
            dropped = read_dropped(path)
        except PhynesError as error:
            assert str(error)
        else:
            self.store.post(dropped.edit, dropped.label)
        return path.name

    def show_newest(self) -> Frame | None:
        """Show the newest picture and state, as the windows do."""
        frame = self.worker.latest
        if frame is not None:
            self.picture.viewport = Viewport.of(frame, (800, 800))
        shown = Snapshot(self.store.state, self.choices, self.worker.status)
        self.layout.sync(replace(shown, probe_radiance=frame.probe_radiance) if frame else shown)
        return frame

    def settle(self) -> None:
        """Ask for a picture of the newest state, and wait until it is rendered or fails with a message."""
        state, start_s = self.store.state, time.monotonic()
        self.worker.show(state)
        while True:
            frame = self.worker.latest
            if frame is not None and frame.state.rendered == state.rendered:
                assert np.isfinite(frame.pixels).all()
                return
            if self.worker.failed is not None and self.worker.failed.rendered == state.rendered:
                shown = frame.state if frame else ViewState(state.body)
                self.store.post(lambda _, shown=shown: shown, "revert")
                self.store.apply()
                return
            assert time.monotonic() < start_s + LONGEST_S, f"no picture of {state}"
            time.sleep(0.002)

    def _random_point(self) -> tuple[float, float]:
        return self.random.uniform(-20, 820), self.random.uniform(-20, 820)


def strange_files(folder: Path) -> list[Path]:
    """Files to drop: good, broken, empty and unknown ones, one that does not exist, a folder."""
    rng = np.random.default_rng(3)
    write_hdr(folder / "light.hdr", rng.random((8, 16, 3), np.float32))
    rig = {"format": "phynes-light-rig", "version": 1, "lamps": [{}]}
    session = {"format": "phynes-session", "version": 1, "state": 3}
    contents = {
        "empty.exr": b"", "noise.hdr": rng.bytes(300), "half.npz": b"PK\x03\x04" + rng.bytes(40),
        "walk.bvh": b"HIERARCHY", "bad.json": b"{", "list.json": b"[1, 2]", "rig.json": json.dumps(rig).encode(),
        "pickle.pkl": b"\x80\x04cos\nsystem\n.", "who.ckpt": rng.bytes(64), "notes.txt": b"hello",
        "picture.png": rng.bytes(90), "session.json": json.dumps(session).encode(),
    }  # fmt: skip
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return [folder / "light.hdr", *(folder / name for name in contents), folder / "gone.exr", folder]


@pytest.fixture
def settings(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("count", [300, WHOLE_RUN])
def test_random_edits_drops_and_keys_break_nothing(avatar_file, tmp_path, settings, count):
    seed = int(os.environ.get("PHYNES_MONKEY_SEED", "1"))
    user = RandomUser(avatar_file, tmp_path, seed)
    actions, memory = [], []
    try:
        for index in range(count):
            try:
                actions.append(user.step())
                user.show_newest()
                if index % 10 == 9:
                    user.settle()
                    memory.append(resident_mb() or 0.0)
                wrong = [text for text in (m.text for m in user.worker.status.messages) if "Internal error" in text]
                assert not wrong, wrong
            except BaseException:
                print(f"seed {seed}, action {index}; the last ones:", *actions[-12:], sep="\n  ")
                raise
        while user.store.can_undo:
            user.store.undo()
        user.settle()
    finally:
        user.close()
    if count > 1000:
        fifth = len(memory) // 5
        # caches of files and texts and 200 undo states fill up over thousands of actions
        before, last = np.median(memory[-2 * fifth : -fifth]), np.median(memory[-fifth:])
        assert last < MOST_GROWTH * before, memory[::fifth]
