"""All panels without a display, with a store; and input to a widget."""

import tempfile
from contextlib import contextmanager

import dearpygui.dearpygui as dpg

from app.model.avatar_row import BodyState
from app.model.store import Store
from app.model.view_state import ViewState
from app.panels.layout import PanelLayout
from app.panels.panel import PanelContext, Snapshot
from app.panels.theme import build_theme
from app.rendering.choices import Choice, Choices
from phynes_core.io.shipped_files import ASSETS
from tests.app.fake_commands import Recorded, fake_commands

CHOICES = Choices(
    (Choice("/a/josh.ckpt", "josh"), Choice("/b/josh.ckpt", "josh")),
    (Choice("", "rest pose"), Choice("/m/walk.npz", "walk", 2.0)),
    (Choice("/p/studio.exr", "studio"), Choice("/p/sunset.exr", "sunset")),
)


class Bench:
    """All panels, their store, and the calls of controllers."""

    def __init__(self):
        self.calls = []
        self.exports = Recorded("exports", self.calls)
        self.store = Store(ViewState(BodyState("/a/josh.ckpt")))
        self.commands = fake_commands(self.store, self.calls, exports=self.exports)
        self.layout = PanelLayout(PanelContext(self.commands))

    def show(self, **changes):
        self.layout.sync(Snapshot(self.store.state, CHOICES, **changes))

    def set(self, state):
        self.store.post(lambda _: state, "test")
        self.store.apply()
        self.show()

    def panel(self, kind):
        return next(panel for panel in self.layout.panels if isinstance(panel, kind))

    def choose_file(self, dialog, path):
        """Type a path into a dialog and confirm; a file that is there is replaced."""
        chosen = dpg.get_item_user_data(dialog)
        chosen.open(800)
        dpg.set_value(f"{dialog}.name", str(path))
        for _ in range(2):
            if chosen.is_open:
                chosen.key("RETURN")
        self.store.apply()
        self.show()

    def use(self, tag, value=None):
        use_widget(tag, value)
        self.store.apply()
        self.show()
        return self.store.state


def use_widget(tag, value=None):
    """Do what a user's input does: set the widget's value, then call its callback."""
    if value is not None:
        dpg.set_value(tag, value)
    callback = dpg.get_item_callback(tag)
    arguments = (tag, dpg.get_value(tag), dpg.get_item_user_data(tag))
    callback(*arguments[: callback.__code__.co_argcount - (1 if hasattr(callback, "__self__") else 0)])


@contextmanager
def widgets(monkeypatch):
    """Dear PyGui without a display, in the viewer's theme."""
    monkeypatch.delenv("DISPLAY", raising=False)
    settings = tempfile.TemporaryDirectory()
    monkeypatch.setenv("XDG_CONFIG_HOME", settings.name)
    dpg.create_context()
    build_theme(ASSETS / "fonts")
    yield
    dpg.destroy_context()
    settings.cleanup()
