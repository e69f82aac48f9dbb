"""The data that the engine's thread and the windows exchange: frames, pixel values and choices."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from app.model.display_settings import DisplaySettings
from app.model.exports import PictureSize
from app.model.fields import Rgb
from app.model.materials import StrokeState, TexelCoordinate
from app.model.view_state import ViewState
from app.rendering.render_requests import GivesUp, never

INSPECTED_BUFFERS = ("radiance", "albedo", "roughness", "normal", "visibility", "uv", "depth")
LEAST_COVERAGE = 1.0 / 64.0  # pixels covered less have no values

Values = Mapping[str, tuple[float, ...]]  # buffer -> its channels


@dataclass(frozen=True, eq=False)
class PixelValues:
    """The buffers' values, stored for the covered pixels only: three quarters of a picture are background."""

    rows: np.ndarray  # [H, W] int32, row of `values`; -1 is background
    values: Mapping[str, np.ndarray]  # buffer -> [P, C] float32
    other: "PixelValues | None" = None  # of the picture right of the comparison slider

    def at(self, column: int, row: int) -> Values:
        """The values of a pixel by buffer; empty on the background."""
        index = int(self.rows[row, column])
        return {} if index < 0 else {name: tuple(image[index].tolist()) for name, image in self.values.items()}


def packed(
    images: Mapping[str, np.ndarray],  # [H, W, C]; radiance premultiplied by coverage
    coverage: np.ndarray,  # [H, W]
) -> PixelValues:
    """The pixel values of one picture's buffers."""
    is_covered = coverage >= LEAST_COVERAGE
    rows = np.where(is_covered, np.cumsum(is_covered).reshape(is_covered.shape) - 1, -1).astype(np.int32)
    values = {name: image[is_covered] for name, image in images.items()}
    if "radiance" in values:
        values["radiance"] = values["radiance"] / coverage[is_covered][:, None]
    return PixelValues(rows, values)


LIGHT = "light"  # linear radiance: exposure and tone curve apply
REFLECTANCE = "reflectance"  # linear in [0, 1]: encoded as sRGB
PLAIN = "plain"  # shown unchanged: roughness, normals, coordinates
KINDS = (LIGHT, REFLECTANCE, PLAIN)
LARGEST_HALF = 65504.0  # largest number of half precision


@dataclass(frozen=True, eq=False)
class ShownBody:
    """One body of a frame, with what the tools need to pick and turn its limbs."""

    joints: np.ndarray  # [24, 3] world, metres
    axes: np.ndarray  # [24, 3, 3] world, columns: each joint's own x, y, z axes as posed
    rotations: np.ndarray  # [24, 3] axis-angle, rad: the whole pose, root first
    duration_s: float  # of its clip; 0 without
    fps: float  # of its clip; 0 without
    first_face: int  # index of its first face in the frame's face_index
    face_weights: np.ndarray  # [F, 24] uint8: skinning weights of the faces, 255 is 1


@dataclass(frozen=True, eq=False)
class ShownMesh:
    """All bodies of a frame as one mesh."""

    vertices: np.ndarray  # [V, 3] float32 world, metres
    faces: np.ndarray  # [F, 3] int, in the order of the frame's face_index


@dataclass(frozen=True, eq=False)
class MaterialSquare:
    """An avatar's materials over the UV square, edits included; the same object as long as they do not change."""

    albedo: np.ndarray  # [S, S, 3] float32 linear, row 0 is v = 1
    roughness: np.ndarray  # [S, S] float32
    is_body: np.ndarray  # [S, S] bool: whether the texel belongs to the body

    def at(self, uv: TexelCoordinate) -> tuple[Rgb, float] | None:
        """Albedo (linear) and roughness at a texel coordinate; None outside the body's charts."""
        side = len(self.roughness)
        column = min(side - 1, max(0, math.floor(uv[0] * side)))
        row = min(side - 1, max(0, math.floor((1.0 - uv[1]) * side)))
        rows, columns = np.nonzero(self.is_body[max(0, row - 1) : row + 2, max(0, column - 1) : column + 2])
        if not self.is_body[row, column]:  # a chart's border may lie in a texel whose center is outside it
            if not len(rows):
                return None
            row, column = max(0, row - 1) + int(rows[0]), max(0, column - 1) + int(columns[0])
        red, green, blue = self.albedo[row, column].tolist()
        return (red, green, blue), float(self.roughness[row, column])


class HeldImage(Protocol):
    """A finished image that stays on the GPU until it is asked for as an array."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array."""
        ...

    @property
    def host(self) -> np.ndarray:
        """The array, copied to the host once; any thread may ask."""
        ...


@dataclass(frozen=True, eq=False)
class Frame:
    """One rendered buffer and the state it shows."""

    image: np.ndarray | HeldImage  # [H, W, 4] float16: values of `kind`, premultiplied by coverage; coverage
    kind: str  # of KINDS
    state: ViewState
    target: tuple[float, float, float]  # the point the camera orbits, pan included, world, metres
    probe_radiance: np.ndarray  # [16, 32, 3] float32 linear: the light of this frame, painted probes included
    render_ms: float
    node_ms: Mapping[str, float] = field(default_factory=dict)
    is_converged: bool = True  # False: rendering the same state again continues the work of this frame
    is_final: bool = False  # rendered at full quality
    has_detail: bool = False  # has normals per pixel
    materials_follow_pose: bool = False  # the avatar's materials depend on the pose, unless they are frozen
    bodies: tuple[ShownBody, ...] = ()  # in the order of state.bodies
    faces: np.ndarray | HeldImage | None = None  # [H, W] int32, counted over all bodies; -1 = background
    depth_m: tuple[float, float] | None = None  # nearest and farthest, where the depth picture is white and dark
    projection: np.ndarray | None = None  # [3, 4] float32: image (px) from world (m)
    mesh: ShownMesh | None = None  # for the wireframe
    texel_coordinates: np.ndarray | HeldImage | None = None  # [H, W, 2] float32 (u, v)
    square: MaterialSquare | None = None  # of the active body
    notice: str = ""  # why the device that was chosen is not used any more
    other: "Frame | None" = None  # the frame right of the comparison slider, of the same size

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.image.shape[1], self.image.shape[0]

    @property
    def quality(self) -> str:
        """ "fine": full quality; "live": converged; "refining": shadows are still recomputed over several frames."""
        return "fine" if self.is_final else "live" if self.is_converged else "refining"

    @property
    def pixels(self) -> np.ndarray:
        """The image on the host."""
        return _on_host(self.image)

    @property
    def uv(self) -> np.ndarray | None:
        """The texel coordinates on the host."""
        return None if self.texel_coordinates is None else _on_host(self.texel_coordinates)

    @property
    def face_index(self) -> np.ndarray | None:
        """The faces on the host."""
        return None if self.faces is None else _on_host(self.faces)


def _on_host(image: np.ndarray | HeldImage) -> np.ndarray:
    return image if isinstance(image, np.ndarray) else image.host


@dataclass(frozen=True, eq=False)
class FillPreview:
    """About what a fill would take."""

    avatar: str  # path
    index: int  # of the body in the avatar row
    stroke: StrokeState  # the fill, with its point
    weights: np.ndarray  # [T, T] uint8 over the UV square, row 0 is v = 1

    def covers(self, uv: TexelCoordinate) -> bool:
        """Whether the fill would take a texel coordinate."""
        return bool(self.weights[_texels(np.array(uv), len(self.weights))])

    def image(self, frame: Frame) -> np.ndarray | None:  # [H, W] uint8
        """The weight at each pixel of the body; None where the frame has no texel coordinates."""
        uv, faces = frame.uv, frame.face_index
        if uv is None or faces is None or self.index >= len(frame.bodies):
            return None
        body = frame.bodies[self.index]
        is_own = (faces >= body.first_face) & (faces < body.first_face + len(body.face_weights))
        return np.where(is_own, self.weights[_texels(uv, len(self.weights))], np.uint8(0))


def _texels(uv: np.ndarray, side: int) -> tuple[np.ndarray, np.ndarray]:  # [..., 2]; rows and columns
    column, row = np.floor(uv[..., 0] * side), np.floor((1.0 - uv[..., 1]) * side)
    row, column = (np.clip(np.nan_to_num(part), 0, side - 1).astype(np.int64) for part in (row, column))
    return row, column


class UnfinishedFrame(Protocol):
    """A frame that a GPU may still be making."""

    @property
    def is_pending(self) -> bool:
        """Whether `finished` may wait for a GPU; another frame may be begun before."""
        ...

    def finished(self) -> Frame:
        """The frame, as soon as it is made."""
        ...


class Renderer(Protocol):
    """Renders ViewStates, called from one thread only; implemented by render_service.RenderService."""

    def warm_up(self, progress: "Progress") -> None:
        """Compile and cache what the first frame needs."""

    def begin(
        self, state: ViewState, size: PictureSize, is_final: bool = False, gives_up: GivesUp = never
    ) -> UnfinishedFrame:
        """Begin what `render` makes: a GPU goes on with it while the next one is begun; raises PhynesError.

        Before each part of a picture at full quality `gives_up` is asked: where it says so, Interruption is raised.
        """
        ...

    def render(self, state: ViewState, size: PictureSize, is_final: bool = False) -> Frame:
        """Render a picture, with `is_final` at full quality; raises PhynesError."""
        ...

    def prepare(self) -> bool:
        """Work ahead while nothing is to be rendered, for some milliseconds; False where nothing is left to do."""
        ...

    def pixel_values(self, state: ViewState, size: PictureSize, gives_up: GivesUp = never) -> PixelValues:
        """The values of INSPECTED_BUFFERS at each pixel of a picture at full quality; raises PhynesError.

        `gives_up` as of `begin`.
        """
        ...

    def fill_preview(self, state: ViewState, index: int, stroke: StrokeState) -> FillPreview:
        """About what a fill of the state's body of this index would take."""
        ...

    def render_large(self, state: ViewState, size: PictureSize, after_tile: Callable[[int, int], bool]) -> Frame | None:
        """Render at full quality in any size; None where `after_tile` (tiles done, all tiles) returns False."""
        ...

    def layers(self, state: ViewState, size: PictureSize) -> Iterator[Mapping[str, np.ndarray]]:
        """All buffers of a picture, tile by tile: channel name -> [rows, width], linear."""
        ...

    def light_picture(self, state: ViewState, rows: int) -> np.ndarray:  # [rows, 2 rows, 3] linear, lat-long
        """All light at the active body's pelvis, lamps included."""
        ...

    def to_bytes(
        self, frame: Frame, display: DisplaySettings, has_alpha: bool = False
    ) -> np.ndarray:  # [H, W, 3 | 4] uint8
        """The frame as the window shows it, sRGB; with `has_alpha` straight alpha instead of the background."""
        ...


class Progress(Protocol):
    """Reports the progress of a slow step."""

    def __call__(self, activity: str, share: float | None = None) -> None:
        """Report the present activity and its share in [0, 1]; None: unknown."""
