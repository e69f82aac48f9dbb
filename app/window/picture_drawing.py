"""A frame with lamp handles, limbs, captions, loupe and help over it, drawn into any framebuffer."""

from dataclasses import dataclass

import moderngl
from PIL import Image

from app.model.view_state import ViewState
from app.rendering.frames import FillPreview, Frame
from app.tools.commands.key_map import KeyMap
from app.tools.limbs import HeldLimb
from app.tools.orbit_view import OrbitView
from app.tools.pixel_inspector import Inspection
from app.tools.viewport import Letterbox
from app.window.camera_path_gizmos import PathGizmos, path_marks
from app.window.captions import Caption, CaptionDrawer
from app.window.frame_display import FrameDisplay
from app.window.guides import draw_guides
from app.window.help_picture import help_picture
from app.window.lamp_gizmos import BrushRing, LampGizmos, Ring
from app.window.limb_gizmos import FILL_TINT, LimbGizmos, Tint
from app.window.pixel_inspector_display import PixelInspectorDisplay

SOFTWARE_RENDERERS = ("llvmpipe", "softpipe", "swrast")


@dataclass(frozen=True, eq=False)
class Overlays:
    """What is drawn over the frame."""

    handles: OrbitView | None  # the frame's camera; None hides lamps, limbs and the camera path
    captions: list[Caption]
    keys: KeyMap  # on the help pages
    is_lamp_dragged: bool = False
    limb: HeldLimb | None = None
    inspection: Inspection | None = None
    brush: Ring | None = None
    fill: FillPreview | None = None


class PictureDrawing:
    """Draws pictures. Every method needs the context to be current."""

    def __init__(self, context: moderngl.Context) -> None:
        self._context = context
        self._display = FrameDisplay(context)
        self._gizmos = LampGizmos(context)
        self._limb_gizmos = LimbGizmos(context)
        self._fill_tint = Tint(context)
        self._path = PathGizmos(context)
        self._brush_ring = BrushRing(context)
        self._captions = CaptionDrawer(context)
        self._inspector = PixelInspectorDisplay(context)
        self._help_drawn: tuple[tuple[int, int, int, KeyMap], Image.Image] | None = None

    @property
    def renderer_name(self) -> str:
        """OpenGL's name of the renderer."""
        return str(self._context.info["GL_RENDERER"])

    @property
    def is_software(self) -> bool:
        """Whether OpenGL draws on the CPU, whose time the engine needs."""
        name = self.renderer_name.lower()
        return any(software in name for software in SOFTWARE_RENDERERS)

    @property
    def frame_path(self) -> str:
        """How the newest frame's pixels reached the texture."""
        return self._display.path

    def draw(
        self,
        target: moderngl.Framebuffer,
        size: tuple[int, int],  # of the target in pixels
        scales: tuple[float, float],  # pixels a unit of the pointer's positions; factor of captions and handles
        frame: Frame | None,
        state: ViewState,
        overlays: Overlays,
    ) -> None:
        """Fill the target with the picture and what lies over it."""
        width, height = size
        density, interface_scale = scales
        ratio = interface_scale * density
        target.use()
        self._context.viewport = (0, 0, width, height)
        self._context.disable(moderngl.BLEND | moderngl.DEPTH_TEST | moderngl.CULL_FACE)
        if frame is not None:
            self._display.show(frame)
        letterbox = Letterbox(width, height, *(frame.size if frame is not None else (1, 1)))
        self._display.draw(state.display, letterbox)
        if frame is not None and state.tool.guided_shape is not None:
            draw_guides(target, letterbox, frame.size, density)
        self._context.enable(moderngl.BLEND)
        self._context.blend_func = (moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA)
        if frame is not None and (fill := overlays.fill) is not None:
            self._fill_tint.draw((frame, fill), lambda: fill.image(frame), letterbox, FILL_TINT)
        if (view := overlays.handles) is not None:
            if overlays.limb is not None and frame is not None:
                self._limb_gizmos.draw(frame, view, letterbox, overlays.limb, ratio)
            if (marks := path_marks(state)) is not None:
                self._path.draw(marks, view, letterbox, ratio)
            lamps, selected = state.light.lamps, state.tool.selected_lamp
            self._gizmos.draw(view, letterbox, lamps, selected, overlays.is_lamp_dragged, ratio)
        if frame is not None and frame.other is not None:
            left, right = (letterbox.to_window(x, 0.0)[0] for x in (0, frame.size[0]))
            self._captions.draw_slider(left + state.display.slider * (right - left), letterbox, ratio)
        if overlays.brush is not None:
            self._brush_ring.draw(overlays.brush, letterbox, density)
        for caption in overlays.captions:
            self._captions.draw(caption, letterbox, ratio)
        if frame is not None and overlays.inspection is not None:
            self._inspector.draw(self._display, frame, state.display, letterbox, overlays.inspection, density, ratio)
        if page := state.tool.help_page:
            self._captions.draw_plate(
                self._help(page, width, height, overlays.keys, ratio), f"help {page}", letterbox, ratio
            )

    def _help(self, page: int, width: int, height: int, keys: KeyMap, ratio: float) -> Image.Image:
        """The picture of a help page, drawn again when page, size or keys change."""
        key, margin = (page, width, height, keys), 64 * ratio
        if self._help_drawn is None or self._help_drawn[0] != key:
            self._help_drawn = key, help_picture(page, round(width - margin), round(height - margin), keys, ratio)
        return self._help_drawn[1]

    def release(self) -> None:
        """Release what CUDA and OpenGL share; call before the context is destroyed."""
        self._display.release()
