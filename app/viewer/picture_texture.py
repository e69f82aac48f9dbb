"""The texture in which Dear PyGui shows the picture, and the framebuffer over it that the picture is drawn into.

On Linux Dear PyGui draws with OpenGL: its own texture is drawn into, and nothing is copied. Elsewhere it draws with
Direct3D or Metal: the picture is drawn in a context of its own and copied, 16 bytes a pixel, into memory that Dear
PyGui uploads with each of its frames.
"""

import ctypes
import logging
from typing import Any, Protocol

import dearpygui.dearpygui as dpg
import moderngl
import numpy as np

from app.viewer.native_window import NativeWindow
from app.window.window import GlWindow

_log = logging.getLogger(__name__)
MARK_SIZE = (13, 7)  # by which the texture is found among those of Dear PyGui's context
MOST_NAMES = 1000  # of textures that are looked at
TEXTURE_2D, WIDTH, HEIGHT = 0x0DE1, 0x1000, 0x1001
RGBA8, RGBA, UNSIGNED_BYTE = 0x8058, 0x1908, 0x1401
FILTERS, NEAREST = (0x2800, 0x2801), 0x2600
REGISTRY = "picture.textures"
Size = tuple[int, int]  # width and height in pixels


class PictureTexture(Protocol):
    """A texture of the picture. Rows stand in it from the lowest to the highest, as OpenGL draws them."""

    context: moderngl.Context
    item: int | str  # Dear PyGui's

    def make_current(self) -> None:
        """Make the context of the drawings current."""

    def target(self, size: Size) -> moderngl.Framebuffer:
        """The framebuffer of a texture of this size; `item` may be another one from then on."""
        ...

    def show(self) -> None:
        """Make what was drawn visible in Dear PyGui's next frame."""

    def delete_earlier(self) -> None:
        """Delete textures that no widget shows any more."""


class SharedTexture:
    """A texture of Dear PyGui's own context."""

    def __init__(self, native: NativeWindow, item: int | str, name: int) -> None:
        """`name` is OpenGL's name of the texture `item`."""
        self._native, self._name = native, name
        self.item = item
        self.context = moderngl.create_context()
        self._target: moderngl.Framebuffer | None = None
        uint, int_ = ctypes.c_uint, ctypes.c_int
        self._bind = native.gl_function("glBindTexture", None, uint, uint)
        # the widget has the texture's size: blending four texels for each pixel would cost time in software for nothing
        parameter = native.gl_function("glTexParameteri", None, uint, uint, int_)
        self._bind(TEXTURE_2D, name)
        for number in FILTERS:
            parameter(TEXTURE_2D, number, NEAREST)
        self._bind(TEXTURE_2D, 0)
        self._allocate = native.gl_function(
            "glTexImage2D", None, uint, *[int_] * 5, *[uint] * 2, ctypes.c_void_p
        )  # fmt: skip

    @staticmethod
    def found(native: NativeWindow, item: int | str) -> "SharedTexture | None":
        """The texture that Dear PyGui made of an item of MARK_SIZE; None where it is not to be found."""
        native.make_current()
        uint = ctypes.c_uint
        is_texture = native.gl_function("glIsTexture", ctypes.c_ubyte, uint)
        if is_texture is None:
            return None
        bind = native.gl_function("glBindTexture", None, uint, uint)
        measure = native.gl_function(
            "glGetTexLevelParameteriv", None, uint, ctypes.c_int, uint, ctypes.POINTER(ctypes.c_int)
        )
        names, side = [], ctypes.c_int()
        for name in filter(is_texture, range(1, MOST_NAMES)):
            bind(TEXTURE_2D, name)
            size = []
            for parameter in (WIDTH, HEIGHT):
                measure(TEXTURE_2D, 0, parameter, side)
                size.append(side.value)
            if tuple(size) == MARK_SIZE:
                names.append(name)
        bind(TEXTURE_2D, 0)
        return SharedTexture(native, item, names[0]) if len(names) == 1 else None

    def make_current(self) -> None:
        """Make Dear PyGui's context current."""
        self._native.make_current()

    def target(self, size: Size) -> moderngl.Framebuffer:
        """The framebuffer, over memory of this size."""
        if self._target is None or self._target.size != size:
            if self._target is not None:
                self._target.release()
            self._bind(TEXTURE_2D, self._name)
            self._allocate(TEXTURE_2D, 0, RGBA8, *size, 0, RGBA, UNSIGNED_BYTE, None)
            self._bind(TEXTURE_2D, 0)
            texture = self.context.external_texture(self._name, size, 4, 0, "f1")
            self._target = _opaque(self.context.framebuffer([texture]))
        return self._target

    def show(self) -> None:
        """Give the context back as Dear PyGui draws with it: into its window."""
        self.context.screen.use()

    def delete_earlier(self) -> None:
        """There is one texture only."""


class CopiedTexture:
    """Drawn in the context of a window that is not shown, and copied."""

    def __init__(self, window: GlWindow) -> None:
        self._window = window
        window.make_current()
        self.context = window.context
        self.item: int | str = 0
        self._earlier: list[int | str] = []
        self._target: moderngl.Framebuffer | None = None
        # the texture's memory: Dear PyGui reads it with every frame
        self._pixels: Any = np.empty((0, 0, 4), np.float32)

    def make_current(self) -> None:
        """Make the hidden window's context current."""
        self._window.make_current()

    def target(self, size: Size) -> moderngl.Framebuffer:
        """The framebuffer, and a texture of this size; an earlier one is kept while a widget may show it."""
        if self._target is None or self._target.size != size:
            if self._target is not None:
                self._target.release()
                self._earlier.append(self.item)
            self._target = _opaque(self.context.framebuffer([self.context.texture(size, 4)]))
            self._pixels = np.zeros((size[1], size[0], 4), np.float32)
            self.item = dpg.add_raw_texture(*size, self._pixels, format=dpg.mvFormat_Float_rgba, parent=REGISTRY)
        return self._target

    def show(self) -> None:
        """Copy the picture into the texture's memory."""
        if self._target is not None:
            self._target.read_into(self._pixels, components=4, dtype="f4")

    def delete_earlier(self) -> None:
        """Delete the textures of earlier sizes."""
        for item in self._earlier:
            dpg.delete_item(item)
        self._earlier.clear()


def build_mark() -> int | str:
    """Add the texture that `picture_texture` looks for; call before the controls' window opens."""
    with dpg.texture_registry(tag=REGISTRY):
        return dpg.add_static_texture(*MARK_SIZE, [0.0] * (MARK_SIZE[0] * MARK_SIZE[1] * 4))


def picture_texture(native: NativeWindow, window: GlWindow, mark: int | str) -> PictureTexture:
    """Dear PyGui's own texture where it can be drawn into, else a copied one. Call after Dear PyGui's first frame."""
    if (shared := SharedTexture.found(native, mark)) is not None:
        return shared
    _log.info("the picture is copied into Dear PyGui's texture: its own one cannot be drawn into here")
    return CopiedTexture(window)


def _opaque(target: moderngl.Framebuffer) -> moderngl.Framebuffer:
    """The framebuffer with an alpha of 1, which drawings leave alone: Dear PyGui would blend by it."""
    target.clear(alpha=1.0)
    target.color_mask = (True, True, True, False)
    return target
