"""How each operation is called, whatever backend runs it: one signature, torch tensors in, torch tensors out.

kernels/registry.py says which functions implement these. Tensors lie on the device that the backend is registered for;
constants are handed over by the public function, which defines them beside its torch reference.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from torch import Tensor


class PinholeCamera(Protocol):
    """What a rasterizer reads of render/camera.py's camera."""

    @property
    def intrinsics(self) -> Tensor:  # [3, 3] pixels
        """Pixel centers at + 0.5."""
        ...

    @property
    def T_cam_world(self) -> Tensor:  # [4, 4] metres
        """p_cam = T_cam_world p_world, OpenCV axes."""
        ...

    @property
    def width(self) -> int:
        """Pixels."""
        ...

    @property
    def height(self) -> int:
        """Pixels."""
        ...


class Rasterize(Protocol):
    """The face that the ray through each pixel's center meets first; nothing is differentiable."""

    def __call__(
        self,
        vertices: Tensor,  # [V, 3] world, metres
        faces: Tensor,  # [F, 3] any integer type
        homogeneous: Tensor,  # [V, 3] the same vertices as x_px z, y_px z, z (metres)
        camera: PinholeCamera,
        near_m: float,  # camera z before which everything is cut off
        snap: float,  # grid steps per pixel that corners are rounded to
    ) -> tuple[Tensor, Tensor, Tensor]:
        """face_index [H, W] int32 (-1 = background), barycentric [H, W, 3] and depth [H, W] m (background 0)."""
        ...


class PixelImages(Protocol):
    """What a rasterizer returned: render/rasterize.py's fragments."""

    @property
    def face_index(self) -> Tensor:  # [H, W] int32
        """-1 = background."""
        ...

    @property
    def barycentric(self) -> Tensor:  # [H, W, 3]
        """Perspective correct."""
        ...

    @property
    def depth(self) -> Tensor:  # [H, W]
        """Camera z, metres."""
        ...


GBufferColumns = tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]


class InterpolateCovered(Protocol):
    """Geometry of the covered pixels, row by row of the picture."""

    def __call__(
        self,
        fragments: PixelImages,
        vertices: Tensor,  # [V, 3] world, metres
        faces: Tensor,  # [F, 3]
        vertex_normals: Tensor,  # [V, 3] unit, world
        corner_uv: Tensor,  # [F, 3, 2]
        center: Tensor,  # [3] world, of the camera
    ) -> GBufferColumns:
        """Columns of a gbuffer: pixel, face_index, barycentric, position, normal, uv, wo, depth, corners."""
        ...


class ClosestPoints(Protocol):
    """The nearest point of a mesh to each of many points; not differentiable."""

    def __call__(
        self,
        vertices: Tensor,  # [V, 3] metres
        faces: Tensor,  # [F, 3] any integer type, F > 0
        points: Tensor,  # [N, 3] metres
    ) -> tuple[Tensor, Tensor, Tensor]:
        """face_index [N] int64, barycentric [N, 3], distance [N] metres."""
        ...


class TracedMesh(Protocol):
    """A mesh that blocks light."""

    def is_blocked(
        self,
        origins: Tensor,  # [N, 3] world, metres
        directions: Tensor,  # [N, 3]
        reach: float,  # how far rays go, in lengths of their direction; may be infinite
    ) -> Tensor:  # [N] bool
        """Whether each ray meets the mesh, from either side."""
        ...

    def point_bits(
        self,
        points: Tensor,  # [N, 3] world, metres, on the surface
        normals: Tensor,  # [N, 3] unit
        directions: Tensor,  # [L, 3] unit, surface -> light
        offset_m: float,  # rays start this far along the normal
    ) -> Tensor:  # [N, ceil(L / 32)] int32, bit i of word w is direction 32 w + i; 1 = open
        """Bits of all directions at each point; those below the surface are 0 without a ray."""
        ...


class TraceMesh(Protocol):
    """Prepares a mesh for rays."""

    def __call__(
        self,
        vertices: Tensor,  # [V, 3] world, metres
        faces: Tensor,  # [F, 3]
    ) -> TracedMesh:
        """The mesh as it stands now."""
        ...


@dataclass(frozen=True, eq=False)
class HashLevels:
    """The levels of a hash grid, from coarse to fine (maps/encodings.py computes them)."""

    scale: np.ndarray  # [L] float32, cells a side
    resolution: np.ndarray  # [L] uint32, grid vertices a side
    offset: np.ndarray  # [L + 1] int64, first entry of each level
    is_hashed: np.ndarray  # [L] bool
    prime: int  # the hash is x XOR prime y; the number of entries is then a power of two
    # what the levels were computed from
    base_resolution: int
    per_level_scale: float
    log2_entries: int


class Encode(Protocol):
    """Bilinear interpolation in every level of a hash grid; differentiable in the grid, not in uv."""

    def __call__(
        self,
        uv: Tensor,  # [N, 2]
        grid: Tensor,  # [entries, F] all levels, coarse to fine
        levels: HashLevels,
    ) -> Tensor:  # [N, L * F]
        """The features of the levels side by side."""
        ...


@dataclass(frozen=True, eq=False)
class MapLayers:
    """The fully connected layers of a neural map."""

    weights: list[Tensor]  # [outputs, inputs] each, the head last
    biases: list[Tensor]  # [outputs] each, of all layers but the first, whose bias holds the pose and comes beside
    is_relu: bool  # else softplus with this beta
    softplus_beta: float
    has_residual_output: bool  # the head sees the last hidden layer plus the first
    has_sigmoid: bool
    output_scale: float  # value = output_offset + output_scale * network
    output_offset: float


class QueryMap(Protocol):
    """A whole neural map without gradients: encoding, layers, activations; float32 throughout."""

    def __call__(
        self,
        uv: Tensor,  # [N, 2]
        grid: Tensor,  # [entries, F]
        levels: HashLevels,
        first_bias: Tensor,  # [W] of the first layer, the pose in it
        layers: MapLayers,
        count: Tensor | None,  # [1] int32, on uv's device: how many rows are meant; None: all
    ) -> Tensor | None:  # [N, channels]
        """The values; None for layers of a size that this backend does not take. Other rows hold anything finite."""
        ...


Softplus = Callable[[Tensor, float], Tensor]  # values float32, beta -> log(1 + exp(beta x)) / beta; differentiable once
