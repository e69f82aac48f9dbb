"""Dispatch of pointer and keys: window events become edits. Imports no window library."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from app.model.cameras import change_fly_speed
from app.model.preferences import drag_of
from app.model.tools import magnify
from app.tools.aim import AimTool
from app.tools.camera_tools import (
    DoubleClickTool,
    LookTool,
    OrbitAnywhereTool,
    OrbitTool,
    PanTool,
    SliderTool,
    ZoomTool,
)
from app.tools.commands.command import execute
from app.tools.commands.context import CommandContext
from app.tools.commands.key_map import chord, keys_of
from app.tools.fly import FlyKeys
from app.tools.lamps import LampAxisTool, LampTool, TurnLightTool
from app.tools.limbs import RingTool
from app.tools.orbit_view import zoomed
from app.tools.paint import EyedropperTool, PaintTool
from app.tools.viewport import Drag, Point, PointerEvent, Tool, Viewport


class Gestures:
    """The table of tools. A press goes to the first tool that takes it, the drag to that tool until the release."""

    def __init__(self, context: CommandContext, first: Sequence[Tool] = ()) -> None:
        """`first`: tools that come before those of this table."""
        self._context = context
        self._store = store = context.store
        self.rings = RingTool(store)
        self.paint = PaintTool(store, context.say)
        self.fly = FlyKeys(store)
        orbit_tool = OrbitTool(store)
        self._tools: tuple[Tool, ...] = (
            *first, TurnLightTool(store, self._navigates), EyedropperTool(store), PanTool(store, self._navigates),
            ZoomTool(store, self._navigates), OrbitAnywhereTool(store, self._navigates), SliderTool(store),
            AimTool(store), LampTool(store), LampAxisTool(store), self.paint, LookTool(store),
            DoubleClickTool(orbit_tool, context.cameras.frame_under), self.rings, orbit_tool,
        )  # fmt: skip
        self._tool: Tool | None = None  # the active one
        self._drag: Drag | None = None  # its generator, which may end before the button goes up
        self._button = 0

    @property
    def active_tool(self) -> str | None:
        """Name of the tool that is being dragged; None while no button is down."""
        return None if self._tool is None else self._tool.name

    def press(self, press: PointerEvent) -> None:
        """A button went down; a second button during a drag is ignored."""
        if self._tool is not None:
            return
        self._tool = next(tool for tool in self._tools if tool.hit(press))
        self._button, self._drag = press.button, self._tool.drag(press)
        next(self._drag, None)

    def move(self, event: PointerEvent) -> None:
        """The pointer moved with the button down."""
        self._send(event)

    def release(self, event: PointerEvent) -> None:
        """A button went up. A drag is one undo step."""
        if self._tool is None or event.button != self._button:
            return
        self._send(event)
        self._tool = self._drag = None
        self._store.end_gesture()

    def scroll(self, notches: float, pointer: PointerEvent, magnifies: bool = False) -> None:
        """The wheel turned; positive notches come closer to what is under the pointer, which stays there.

        Consecutive turns are one undo step. Before the first picture nothing is zoomed.
        """
        if magnifies and self._store.state.tool.has_loupe:
            self._store.post(lambda state: magnify(state, 1 if notches > 0 else -1), "loupe zoom")
        elif self._store.state.tool.camera.flies:
            self._store.post(lambda state: change_fly_speed(state, notches), "fly speed", is_undoable=False)
        elif (viewport := pointer.viewport) is not None:
            view, pixel = viewport.view, viewport.pixel(pointer.point)
            self._store.post(
                lambda s: replace(s, camera=zoomed(replace(view, camera=s.camera), notches, *pixel)), "zoom"
            )

    def key(self, name: str, has_control: bool = False, has_shift: bool = False, has_alt: bool = False) -> None:
        """A key went down in either window: it moves the camera in fly mode, or runs a command."""
        if not (has_control or has_alt) and self.fly.press(name):
            return
        command = keys_of(self._context).command_at(chord(name, has_control, has_shift, has_alt))
        if command is not None:
            execute(command, self._context)

    def key_up(self, name: str) -> None:
        """A key went up."""
        self.fly.release(name)

    def brush_ring(self, viewport: Viewport | None, pointer: Point | None) -> tuple[float, float, float] | None:
        """The brush's circle in the window (x, y, radius); None where it would not paint."""
        if pointer is None or viewport is None or self.active_tool not in (None, self.paint.name):
            return None
        return self.paint.ring(viewport, pointer)

    def _navigates(self, press: PointerEvent) -> str:
        return drag_of(self._context.preferences.now.navigation, press.button, press.modifiers)

    def _send(self, event: PointerEvent) -> None:
        if self._drag is not None:
            with suppress(StopIteration):
                self._drag.send(event)
