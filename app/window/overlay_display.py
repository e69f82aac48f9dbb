"""The mesh's edges and the skeleton over the picture in the window, drawn by shaders/present/wire and bone."""

import moderngl
import numpy as np

from app.model.display_settings import DisplaySettings
from app.rendering.frames import Frame
from app.rendering.overlays import (
    FADE_WIDTHS,
    FAINTEST,
    HALO_OPACITY,
    HALO_PX,
    RIM_OPACITY,
    WIRE_INK,
    WIRE_OPACITY,
    bone_strips,
    rim_px,
    wire_corners,
    wire_width_px,
)
from app.tools.viewport import Letterbox
from app.window.shaders import rectangle_program, shader_source

TEXTURE_COLUMNS = 2048  # texels; two for each face


class _MeshTextures:
    """A frame's face indices and the corners of its faces as textures."""

    def __init__(self) -> None:
        self.frame: Frame | None = None
        self.faces: moderngl.Texture | None = None
        self.corners: moderngl.Texture | None = None

    def show(self, context: moderngl.Context, frame: Frame) -> bool:
        """Upload a frame's mesh unless it is there already; False where the frame has none."""
        if frame is self.frame:
            return self.corners is not None
        corners, faces = wire_corners(frame), frame.face_index
        if corners is None or faces is None:
            return False
        num_rows = -(-2 * len(corners) // TEXTURE_COLUMNS)
        texels = np.zeros((num_rows * TEXTURE_COLUMNS, 4), np.float32)
        texels[: 2 * len(corners)] = corners.reshape(-1, 4)
        indices = np.ascontiguousarray(faces, np.int32)
        self.faces = _filled(context, self.faces, faces.shape[::-1], 1, "i4", indices)
        self.corners = _filled(context, self.corners, (TEXTURE_COLUMNS, num_rows), 4, "f4", texels)
        self.frame = frame
        return True


def _filled(
    context: moderngl.Context, texture: moderngl.Texture | None, size: tuple[int, int], channels: int, dtype: str,
    values: np.ndarray,
) -> moderngl.Texture:  # fmt: skip
    """The texture with these values, or a new one where the size (width, height) differs."""
    if texture is None or texture.size != size:
        if texture is not None:
            texture.release()
        texture = context.texture(size, channels, dtype=dtype)
        texture.filter = (moderngl.NEAREST, moderngl.NEAREST)
    texture.write(values.tobytes())
    return texture


class OverlayDisplay:
    """Draws edges and bones. Needs the window's context to be current; leaves blending off."""

    def __init__(self, context: moderngl.Context) -> None:
        self._context = context
        self._wire = rectangle_program(context, "wire")
        self._wires = context.vertex_array(self._wire, [])
        self._wire["faces"], self._wire["corners"] = 0, 1
        self._bone = context.program(
            vertex_shader=shader_source("bone.vert.glsl"), fragment_shader=shader_source("bone.frag.glsl")
        )
        self._strips = context.buffer(reserve=1 << 16, dynamic=True)
        self._bones = context.vertex_array(
            self._bone, [(self._strips, "4f 2f 4f/i", "ends_px", "radii_px", "color")]
        )  # fmt: skip
        self._slots = (_MeshTextures(), _MeshTextures())

    def draw(self, frame: Frame, side: int, display: DisplaySettings, letterbox: Letterbox) -> None:
        """Draw what the settings ask for over a side of the picture (0 left, 1 right)."""
        if not (display.has_wireframe or display.has_joints):
            return
        self._context.enable(moderngl.BLEND)
        self._context.blend_func = (moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA)
        if display.has_wireframe:
            self._draw_wires(frame, self._slots[side], letterbox)
        if display.has_joints:
            self._draw_bones(frame, letterbox)
        self._context.disable(moderngl.BLEND)

    def _draw_wires(self, frame: Frame, mesh: _MeshTextures, letterbox: Letterbox) -> None:
        if not mesh.show(self._context, frame) or mesh.faces is None or mesh.corners is None:
            return
        width, height = frame.size
        program, scale = self._wire, letterbox.scale
        program["window"] = (letterbox.window_width, letterbox.window_height)
        program["rectangle"] = (*letterbox.origin, width * scale, height * scale)
        program["image_px"] = (width, height)
        program["scale"] = scale
        program["width_px"] = wire_width_px(height * scale)
        program["ink"] = (*WIRE_INK, WIRE_OPACITY)
        program["halo"] = (HALO_OPACITY, HALO_PX)
        program["fading"] = (FADE_WIDTHS, FAINTEST)
        mesh.faces.use(0)
        mesh.corners.use(1)
        self._wires.render(moderngl.TRIANGLE_STRIP, 4)

    def _draw_bones(self, frame: Frame, letterbox: Letterbox) -> None:
        strips = bone_strips(frame, letterbox.scale, letterbox.origin)
        if not len(strips):
            return
        if strips.nbytes > self._strips.size:
            self._strips.orphan(strips.nbytes)
        self._strips.write(np.ascontiguousarray(strips).tobytes())
        program = self._bone
        program["window"] = (letterbox.window_width, letterbox.window_height)
        program["rim_px"] = rim_px(frame.size[1] * letterbox.scale)
        program["rim_opacity"] = RIM_OPACITY
        self._bones.render(moderngl.TRIANGLE_STRIP, 4, instances=len(strips))
