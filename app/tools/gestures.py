"""What the pointer and the keys do in the picture: window events in, edits out. Knows no window library."""

from collections.abc import Callable
from dataclasses import replace

from app.model import cameras, edits, lights
from app.model.cameras import change_fly_speed
from app.model.comparison import SLIDER_GRAB_PX, move_slider
from app.model.lights import TURN_DEG_PER_PX, turn_environment
from app.model.store import Store
from app.model.tools import magnify
from app.tools.actions import Actions
from app.tools.fly import FlyTool
from app.tools.limbs import LimbTool
from app.tools.orbit_view import OrbitView, panned
from app.tools.paint import PaintTool
from app.tools.picking import GRAB_RADIUS_PX, LampDrag, Letterbox, grabbed_lamp
from app.tools.shortcuts import chord, shortcut_of

LEFT, RIGHT, MIDDLE = 1, 2, 3


class Gestures:
    """Drags, wheel and keys. Positions are window pixels, top left origin."""

    def __init__(self, store: Store, actions: Actions) -> None:
        self._store = store
        self._actions = actions
        self.view: OrbitView | None = None  # of the picture shown
        self.letterbox: Letterbox | None = None
        self.clicked_notice: Callable[[float, float], bool] = lambda x, y: False  # x, y in shares of the window
        self.reach = 1.0  # times the usual distance at which things can be grabbed: denser screens need more
        self.drag: str | None = (
            None  # while a button is down: orbit, look, pan, light, slider, lamp, ring, paint or pick
        )
        self._button = 0
        self._lamp = 0
        self._lamp_drag: LampDrag | None = None
        self.limbs = LimbTool(store)
        self.fly = FlyTool(store)
        self.materials = PaintTool(store, actions.say)

    def hovered_lamp(self, x: float, y: float) -> int | None:
        """The lamp that a press would grab."""
        if self.view is None or self.letterbox is None:
            return None
        x_px, y_px = self.letterbox.to_image(x, y)
        lamps = self._store.state.light.lamps
        return grabbed_lamp(self.view, lamps, x_px, y_px, self.reach * GRAB_RADIUS_PX / self.letterbox.scale)

    def brush_ring(self, pointer: tuple[float, float] | None) -> tuple[float, float, float] | None:
        """Where the brush would paint, and how wide, in the window; None where it would not."""
        if pointer is None or self.view is None or self.letterbox is None or self.drag not in (None, "paint"):
            return None
        return self.materials.ring(self.view, self.letterbox, *pointer)

    def is_right_of_slider(self, x: float, y: float) -> bool:
        """Whether a place of the window shows the right side of a split picture."""
        if self.view is None or self.letterbox is None or not self._store.state.compare.is_on:
            return False
        return self.letterbox.to_image(x, y)[0] >= self._store.state.display.slider * self.view.width

    def _is_on_slider(self, x: float, y: float) -> bool:
        if self.view is None or self.letterbox is None or not self._store.state.compare.is_on:
            return False
        line = self._store.state.display.slider * self.view.width
        return abs(self.letterbox.to_image(x, y)[0] - line) * self.letterbox.scale <= self.reach * SLIDER_GRAB_PX

    def press(self, x: float, y: float, button: int, has_shift: bool, turns_light: bool = False) -> None:
        """A button went down; `turns_light`: with the key held that turns the surroundings instead of the camera."""
        if self.drag is not None:
            return
        self._button = button
        box = self.letterbox
        if button == LEFT and box and self.clicked_notice(x / box.window_width, y / box.window_height):
            return
        if button == LEFT and turns_light:
            self.drag = "light"
            return
        if button == RIGHT and self.letterbox and self.materials.press(self.letterbox, x, y, picks=True):
            self.drag = "pick"
            return
        flies = self.fly.is_on and button != MIDDLE
        if (button != LEFT or has_shift) and not flies:
            self.drag = "pan"
            return
        if self._is_on_slider(x, y):
            self.drag = "slider"
            return
        lamp = self.hovered_lamp(x, y)
        if lamp is None and self.letterbox is not None and self.materials.press(self.letterbox, x, y):
            self.drag = "paint"
            return
        if lamp is None or self.view is None or self.letterbox is None:
            if flies:
                self.drag = "look"
                return
            has_ring = self.view and self.letterbox and self.limbs.press(self.view, self.letterbox, x, y, self.reach)
            self.drag = "ring" if has_ring else "orbit"
            return
        self.drag, self._lamp = "lamp", lamp
        self._lamp_drag = LampDrag(self.view, self._store.state.light.lamps[lamp], *self.letterbox.to_image(x, y))
        self._store.post(lambda state: edits.edit_tool(state, selected_lamp=lamp), "select lamp", is_undoable=False)

    def move(self, x: float, y: float, dx: float, dy: float) -> None:
        """The pointer moved with the button down."""
        if self.drag == "orbit":
            self._store.post(lambda state: cameras.orbit(state, dx, dy), "orbit")
        elif self.drag == "look":
            self._store.post(lambda state: cameras.look(state, dx, dy), "fly")
        elif self.drag == "light":
            self._store.post(lambda state: turn_environment(state, dx * TURN_DEG_PER_PX), "turn light")
        elif self.drag == "pan" and self.view is not None and self.letterbox is not None:
            view, scale = self.view, self.letterbox.scale
            self._store.post(
                lambda state: replace(state, camera=panned(replace(view, camera=state.camera), dx / scale, dy / scale)),
                "pan",
            )
        elif self.drag == "slider" and self.view is not None and self.letterbox is not None:
            share = self.letterbox.to_image(x, y)[0] / self.view.width
            self._store.post(lambda state: move_slider(state, share), "slider", is_undoable=False)
        elif self.drag == "paint" and self.view is not None and self.letterbox is not None:
            self.materials.move(self.view, self.letterbox, x, y)
        elif self.drag == "ring" and self.letterbox is not None:
            self.limbs.move(self.letterbox, x, y)
        elif self._lamp_drag is not None and self.view is not None and self.letterbox is not None:
            index, angles = self._lamp, self._lamp_drag.angles_deg(self.view, *self.letterbox.to_image(x, y))
            self._store.post(lambda state: lights.move_lamp(state, index, *angles), "drag lamp")

    def release(self, button: int, x: float = -1.0, y: float = -1.0) -> None:
        """A button went up."""
        if button == self._button:
            if self.drag in ("orbit", "ring"):
                self.limbs.release(self.view, self.letterbox, x, y)
            self.materials.release()
            self.drag, self._lamp_drag = None, None
            self._store.end_gesture()

    def scroll(self, notches: float, magnifies: bool = False) -> None:
        """The wheel turned; up comes closer. One scroll after another is one undo step until something else happens."""
        if magnifies and self._store.state.tool.has_loupe:
            self._store.post(lambda state: magnify(state, 1 if notches > 0 else -1), "loupe zoom")
            return
        if self.fly.is_on:
            self._store.post(lambda state: change_fly_speed(state, notches), "fly speed", is_undoable=False)
            return
        self._store.post(lambda state: cameras.zoom(state, notches), "zoom")

    def key(self, name: str, has_control: bool = False, has_shift: bool = False, has_alt: bool = False) -> None:
        """A key went down: app/tools/shortcuts.py says what it does, where it does not fly."""
        if not (has_control or has_alt) and self.fly.press(name):
            return
        shortcut = shortcut_of(chord(name, has_control, has_shift, has_alt))
        if shortcut is not None:
            shortcut.do(self._store, self._actions)
            self._store.end_gesture()

    def key_up(self, name: str) -> None:
        """A key went up."""
        self.fly.release(name)
