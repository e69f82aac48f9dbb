"""What the pointer and the keys do in the picture: window events in, edits out. Knows no window library."""

from collections.abc import Callable
from dataclasses import replace

from app import edits
from app.actions import Actions
from app.orbit_camera import OrbitView, panned
from app.picking import GRAB_RADIUS_PX, LampDrag, Letterbox, grabbed_lamp
from app.state import BUFFERS, Store

LEFT, RIGHT, MIDDLE = 1, 2, 3


class Gestures:
    """Drags, wheel and keys. Positions are window pixels, top left origin."""

    def __init__(self, store: Store, actions: Actions) -> None:
        self._store = store
        self._actions = actions
        self.view: OrbitView | None = None  # of the picture shown
        self.letterbox: Letterbox | None = None
        self.drag: str | None = None  # orbit, pan or lamp while a button is down
        self._button = 0
        self._lamp = 0
        self._lamp_drag: LampDrag | None = None

    def hovered_lamp(self, x: float, y: float) -> int | None:
        """The lamp that a press would grab."""
        if self.view is None or self.letterbox is None:
            return None
        x_px, y_px = self.letterbox.to_image(x, y)
        lamps = self._store.state.light.lamps
        return grabbed_lamp(self.view, lamps, x_px, y_px, GRAB_RADIUS_PX / self.letterbox.scale)

    def press(self, x: float, y: float, button: int, has_shift: bool) -> None:
        """A button went down."""
        if self.drag is not None:
            return
        self._button = button
        if button != LEFT or has_shift:
            self.drag = "pan"
            return
        lamp = self.hovered_lamp(x, y)
        if lamp is None or self.view is None or self.letterbox is None:
            self.drag = "orbit"
            return
        self.drag, self._lamp = "lamp", lamp
        self._lamp_drag = LampDrag(self.view, self._store.state.light.lamps[lamp], *self.letterbox.to_image(x, y))
        self._store.post(lambda state: edits.edit_tool(state, selected_lamp=lamp), "select lamp", is_undoable=False)

    def move(self, x: float, y: float, dx: float, dy: float) -> None:
        """The pointer moved with the button down."""
        if self.drag == "orbit":
            self._store.post(lambda state: edits.orbit(state, dx, dy), "orbit")
        elif self.drag == "pan" and self.view is not None and self.letterbox is not None:
            view, scale = self.view, self.letterbox.scale
            self._store.post(
                lambda state: replace(state, camera=panned(replace(view, camera=state.camera), dx / scale, dy / scale)),
                "pan",
            )
        elif self._lamp_drag is not None and self.view is not None and self.letterbox is not None:
            index, angles = self._lamp, self._lamp_drag.angles_deg(self.view, *self.letterbox.to_image(x, y))
            self._store.post(lambda state: edits.move_lamp(state, index, *angles), "drag lamp")

    def release(self, button: int) -> None:
        """A button went up."""
        if button == self._button:
            self.drag, self._lamp_drag = None, None
            self._store.end_gesture()

    def scroll(self, notches: float) -> None:
        """The wheel turned; up comes closer. One scroll after another is one undo step until something else happens."""
        self._store.post(lambda state: edits.zoom(state, notches), "zoom")

    def key(self, name: str, has_control: bool = False) -> None:
        """A key went down."""
        post = self._store.post
        if name.isdigit() and 1 <= int(name) <= len(BUFFERS):
            post(lambda state: edits.edit_look(state, buffer=BUFFERS[int(name) - 1]), "buffer")
        elif name == "SPACE":
            post(lambda state: edits.edit_body(state, playing=not state.body.playing), "play", is_undoable=False)
        elif name == "L":
            post(edits.add_lamp, "add lamp")
        elif name in ("DELETE", "BACKSPACE"):
            post(lambda state: edits.remove_lamp(state, state.tool.selected_lamp), "remove lamp")
        else:
            action = self._action(name, has_control)
            if action is None:
                return
            action()
        self._store.end_gesture()

    def _action(self, name: str, has_control: bool) -> Callable[[], None] | None:
        if has_control and name == "W":
            return self._actions.close
        return {
            "R": self._actions.record,
            "F": self._actions.reset_camera,
            "Z": self._actions.undo,
            "Y": self._actions.redo,
            "ESCAPE": self._actions.close,
        }.get(name)
