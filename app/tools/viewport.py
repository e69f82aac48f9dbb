"""The picture in its window, pointer events, the protocol of tools. Points lie in the window, pixels in the image."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Protocol

from app.model.preferences import LEFT
from app.rendering.frames import Frame
from app.tools.orbit_view import OrbitView

Point = tuple[float, float]  # in the window, screen coordinates, top left origin
Pixel = tuple[float, float]  # in the image, top left origin


@dataclass(frozen=True)
class Letterbox:
    """A picture centered in a window, with its aspect ratio kept."""

    window_width: int
    window_height: int
    image_width: int
    image_height: int

    @property
    def scale(self) -> float:
        """Window pixels per image pixel."""
        return min(self.window_width / self.image_width, self.window_height / self.image_height)

    @property
    def origin(self) -> Point:
        """Window position of the picture's top left corner."""
        return (
            0.5 * (self.window_width - self.image_width * self.scale),
            0.5 * (self.window_height - self.image_height * self.scale),
        )

    def to_image(self, x: float, y: float) -> Pixel:
        """Window pixels to image pixels."""
        left, top = self.origin
        return (x - left) / self.scale, (y - top) / self.scale

    def to_window(self, x_px: float, y_px: float) -> Point:
        """Image pixels to window pixels."""
        left, top = self.origin
        return left + x_px * self.scale, top + y_px * self.scale


@dataclass(frozen=True, eq=False)
class Viewport:
    """A frame as the window shows it. Handles follow this frame's camera, not that of the frame being rendered."""

    frame: Frame
    view: OrbitView  # the frame's camera
    letterbox: Letterbox
    reach: float = 1.0  # factor of the distances at which handles can be grabbed; larger on dense screens

    @staticmethod
    def of(frame: Frame, window_size: tuple[int, int], reach: float = 1.0) -> "Viewport":
        """The frame in a window of this size."""
        view = OrbitView(frame.state.camera, frame.target, *frame.size)
        return Viewport(frame, view, Letterbox(*window_size, *frame.size), reach)

    def pixel(self, point: Point) -> Pixel:
        """The image position under a window position."""
        return self.letterbox.to_image(*point)

    def pixels(self, reach: float) -> float:
        """The distance in image pixels at which a handle can be grabbed, from that in the window."""
        return self.reach * reach / self.letterbox.scale


@dataclass(frozen=True)
class PointerEvent:
    """A button went down or up, or the pointer moved while it was down."""

    viewport: Viewport | None  # None before the first picture
    point: Point
    button: int = LEFT
    delta: tuple[float, float] = (0.0, 0.0)  # motion since the previous event, window pixels
    modifiers: str = ""  # that are held, in this order: "Ctrl+Shift+Alt", or a part of it
    is_release: bool = False


def modifiers_text(has_control: bool, has_shift: bool, has_alt: bool) -> str:
    """The held modifiers as `PointerEvent.modifiers` holds them."""
    held = (("Ctrl", has_control), ("Shift", has_shift), ("Alt", has_alt))
    return "+".join(name for name, is_held in held if is_held)


Drag = Generator[None, PointerEvent, None]
Navigates = Callable[[PointerEvent], str]  # what a drag on no handle does: ORBIT, PAN, ZOOM or TURN_LIGHT


class Tool(Protocol):
    """What a drag does. The first tool of the table whose `hit` is true takes a press."""

    name: str

    def hit(self, press: PointerEvent) -> bool:
        """Whether the press is this tool's; changes nothing."""
        ...

    def drag(self, press: PointerEvent) -> Drag:
        """Act on the press, then yield for each event until one `is_release`."""
        ...
