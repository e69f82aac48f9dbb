"""Lines of text and a progress bar over the picture."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import moderngl
from PIL import Image, ImageDraw, ImageFont

from app.model.fields import Rgb
from app.tools.viewport import Letterbox
from app.window.shaders import rectangle_program
from phynes_core.io.shipped_files import ASSETS

REGULAR_FONT = ASSETS / "fonts" / "Inter_400Regular.ttf"
SEMIBOLD_FONT = ASSETS / "fonts" / "Inter_600SemiBold.ttf"
TEXT_SIZE_PX = 15
BAR_SIZE_PX = (260, 4)
MAX_TEXTURES = 24  # of texts
ACCENT = (0.94, 0.70, 0.28)
TEXT_INK: Rgb = (0.93, 0.94, 0.96)
GUIDE_INK: Rgb = (1.0, 0.84, 0.55)
ERROR_INK: Rgb = (1.0, 0.62, 0.56)


@dataclass(frozen=True)
class Caption:
    """A line of text; x and y in shares of the window: of its center, or of another share `anchor` of its width."""

    text: str
    x: float = 0.5
    y: float = 0.5
    ink: Rgb = TEXT_INK
    opacity: float = 0.95
    share: float | None = None  # of a progress bar below; None for no bar
    anchor: float = 0.5
    size: float = 1.0  # times the usual one


class CaptionDrawer:
    """Draws captions, with a texture for each text. Needs the window's context and premultiplied blending."""

    def __init__(self, context: moderngl.Context, font: Path = REGULAR_FONT) -> None:
        self._context = context
        self._font = font
        self._program = rectangle_program(context, "caption")
        self._vertices = context.vertex_array(self._program, [])
        self._textures: dict[tuple[str, int], moderngl.Texture] = {}

    def draw(self, caption: Caption, letterbox: Letterbox, pixel_ratio: float) -> None:
        """Draw one caption on a dark rectangle."""
        pixel_ratio = pixel_ratio * caption.size
        size_px, available_px = round(TEXT_SIZE_PX * pixel_ratio), 0.97 * letterbox.window_width
        texture = self._texture(caption.text, size_px)
        if texture.width > available_px:  # text that is too wide for the window is drawn smaller
            texture = self._texture(caption.text, max(8, int(size_px * available_px / texture.width)))
        width, height = texture.size
        margin = 12 * pixel_ratio
        middle = caption.x * letterbox.window_width + (0.5 - caption.anchor) * (width + 2 * margin)
        left = round(middle - 0.5 * width)
        top = round(caption.y * letterbox.window_height - 0.5 * height)
        self._program["window"] = (letterbox.window_width, letterbox.window_height)
        bar_height = 20 * pixel_ratio if caption.share is not None else 0.0
        plate_width = max(width, BAR_SIZE_PX[0] * pixel_ratio if caption.share is not None else 0.0) + 2 * margin
        plate_left = middle - 0.5 * plate_width
        self._draw_rectangle(
            (plate_left, top - 0.6 * margin, plate_width, height + 1.2 * margin + bar_height), (0.04,) * 3, 0.62
        )
        self._program["rectangle"] = (left, top, width, height)
        self._program["ink"] = (*caption.ink, caption.opacity)
        self._program["has_glyphs"] = 1
        texture.use(0)
        self._vertices.render(moderngl.TRIANGLE_STRIP, 4)
        if caption.share is not None:
            bar_width, thickness = BAR_SIZE_PX[0] * pixel_ratio, BAR_SIZE_PX[1] * pixel_ratio
            bar_left = caption.x * letterbox.window_width - 0.5 * bar_width
            bar_top = top + height + 8 * pixel_ratio
            self._draw_rectangle((bar_left, bar_top, bar_width, thickness), (1.0, 1.0, 1.0), 0.15)
            self._draw_rectangle(
                (bar_left, bar_top, bar_width * min(1.0, max(0.0, caption.share)), thickness), ACCENT, 1.0
            )

    def draw_plate(self, image: Image.Image, key: str, letterbox: Letterbox, pixel_ratio: float) -> None:
        """Draw a gray picture in the middle of the window, on a rectangle that darkens the picture below."""
        texture = self._cached((key, image.width), lambda: image)
        width, height = texture.size
        left = round(0.5 * (letterbox.window_width - width))
        top = round(0.5 * (letterbox.window_height - height))
        self._program["window"] = (letterbox.window_width, letterbox.window_height)
        margin = 18 * pixel_ratio
        self._draw_rectangle((left - margin, top - margin, width + 2 * margin, height + 2 * margin), (0.04,) * 3, 0.86)
        self._program["rectangle"] = (left, top, width, height)
        self._program["ink"] = (*TEXT_INK, 1.0)
        self._program["has_glyphs"] = 1
        texture.use(0)
        self._vertices.render(moderngl.TRIANGLE_STRIP, 4)

    def draw_slider(self, x: float, letterbox: Letterbox, pixel_ratio: float) -> None:
        """Draw the comparison slider's line at x (px of the window): light between dark edges, seen over anything."""
        self._program["window"] = (letterbox.window_width, letterbox.window_height)
        for wider, ink, opacity in ((2.0, 0.0, 0.6), (0.0, 1.0, 0.95)):
            width = (1.5 + 2.0 * wider) * pixel_ratio
            self._draw_rectangle((x - 0.5 * width, 0.0, width, letterbox.window_height), (ink,) * 3, opacity)

    def _draw_rectangle(
        self, rectangle: tuple[float, float, float, float], ink: tuple[float, ...], opacity: float
    ) -> None:
        self._program["rectangle"] = rectangle
        self._program["ink"] = (*ink, opacity)
        self._program["has_glyphs"] = 0
        self._vertices.render(moderngl.TRIANGLE_STRIP, 4)

    def _texture(self, text: str, size_px: int) -> moderngl.Texture:
        def draw_text() -> Image.Image:
            font = ImageFont.truetype(str(self._font), size_px)
            left, top, right, bottom = (round(edge) for edge in font.getbbox(text))
            image = Image.new("L", (max(1, right - left + 2), max(1, bottom - top + 2)))
            ImageDraw.Draw(image).text((1 - left, 1 - top), text, fill=255, font=font)
            return image

        return self._cached((text, size_px), draw_text)

    def _cached(self, key: tuple[str, int], make: Callable[[], Image.Image]) -> moderngl.Texture:
        if key not in self._textures:
            while len(self._textures) >= MAX_TEXTURES:
                self._textures.pop(next(iter(self._textures))).release()
            image = make()
            texture = self._context.texture(image.size, 1, image.tobytes(), alignment=1)
            texture.filter = (moderngl.LINEAR, moderngl.LINEAR)
            self._textures[key] = texture
        return self._textures[key]
