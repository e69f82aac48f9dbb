"""The signatures of the operations on surface points, the same for every backend: shading, encoding, neural maps.

The rules of kernels/mesh_interfaces.py hold here too.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from torch import Tensor


class LitSurface(Protocol):
    """What light meets, one row a pixel: render/shade.py's surface, its normals bent toward the eye."""

    @property
    def normal(self) -> Tensor:
        """[P, 3] unit, world."""
        ...

    @property
    def wo(self) -> Tensor:
        """[P, 3] unit, surface -> eye, world."""
        ...

    @property
    def albedo(self) -> Tensor:
        """[P, 3] linear."""
        ...

    @property
    def roughness(self) -> Tensor:
        """[P] in (0, 1]."""
        ...

    @property
    def f0(self) -> float:
        """Reflectance at normal incidence."""
        ...


class PackedBits(Protocol):
    """Bits of directions and where each pixel reads them: render/shade.py's packed visibility."""

    @property
    def bits(self) -> Tensor:
        """[R, ceil(L / 32)] int32, bit i of word w is direction 32 w + i; 1 = open."""
        ...

    @property
    def corners(self) -> Tensor:
        """[P, 3] rows of `bits`."""
        ...

    @property
    def barycentric(self) -> Tensor:
        """[P, 3] weights of the three rows."""
        ...


class Shade(Protocol):
    """sum_i f(wi, wo) V_i max(n.wi, 0) dE_i over directional lights."""

    def __call__(
        self,
        surface: LitSurface,
        directions: Tensor,  # [L, 3] unit, surface -> light, world
        power: Tensor,  # [L, 3] irradiance on a facing surface, linear RGB
        visibility: PackedBits,
        has_open: bool,  # False: the irradiance without shadows may be left out
    ) -> tuple[Tensor, Tensor, Tensor]:
        """radiance, irradiance with shadows, irradiance without (0 where left out): [P, 3] each, linear RGB."""
        ...


class SlopeFrames(Protocol):
    """What turns slopes over the UV square into slopes over faces: render/detail_normals.py's face frames."""

    @property
    def duals(self) -> Tensor:
        """[F, 2, 3] gradients of u and v on the face, world, 1 / metre."""
        ...

    @property
    def linear(self) -> Tensor:
        """[F, 3] gradient of the interpolated vertex offsets; of vectors [F, 3, 3]."""
        ...

    @property
    def blend(self) -> Tensor | None:
        """[F, 3, 3] what carries vectors to the world; None: offsets are lengths."""
        ...


class DetailNormals(Protocol):
    """Normals tilted by what the offset map holds between the vertices."""

    def __call__(
        self,
        normal: Tensor,  # [P, 3] unit, world
        gradient: Tensor,  # [P, 2] d l / d(u, v), metres; of vectors [P, 3, 2]
        face_index: Tensor,  # [P] int64, rows of `frames`
        frames: SlopeFrames,
        most_slope: float,  # that the detail may have
        least_stretch: float,  # of an area that vectors squeeze; of less the first order is taken
    ) -> Tensor:  # [P, 3] unit, world
        """The normal itself, bit for bit, where the map has no detail."""
        ...


class SphereLamp(Protocol):
    """A glowing sphere: render/lamps.py's lamp."""

    @property
    def position(self) -> tuple[float, float, float]:
        """Of its middle, world, metres."""
        ...

    @property
    def radius_m(self) -> float:
        """Metres."""
        ...


class StartPoints(Protocol):
    """Where shadow rays start: render/ray_starts.py."""

    @property
    def points(self) -> Tensor:
        """[P, 3] world, on the surface."""
        ...

    @property
    def normals(self) -> Tensor:
        """[P, 3] unit: of the mesh; below them no direction is open."""
        ...

    @property
    def offset_m(self) -> Tensor:
        """[P] how far along the normals rays start."""
        ...


class BlocksRays(Protocol):
    """render/visibility.py's occluder."""

    def is_blocked(self, origins: Tensor, directions: Tensor, reach: float) -> Tensor:
        """Whether each ray meets the mesh: [N, 3], [N, 3] -> [N] bool."""
        ...


class ShadeAreaLamp(Protocol):
    """The sums of one glowing sphere of intensity 1 over rays of each point's own, without the albedo."""

    def __call__(
        self,
        surface: LitSurface,
        starts: StartPoints,  # of the same P pixels
        lamp: SphereLamp,
        occluder: BlocksRays,
        samples: int,  # rays a point, spread over the disc that it sees of the sphere
        turn_rad: float,  # around the disc from one sample to the next
    ) -> Tensor:  # [P, 3]
        """sum V (n.l) dE, sum lobe V (n.l) dE, sum (n.l) dE."""
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
        count: Tensor | None,  # [1] int32, on uv's device: how many rows are wanted; None: all
    ) -> Tensor | None:  # [N, channels]
        """The values; None for layers of a size that this backend does not take. Other rows hold anything finite."""
        ...


class TrainMap(Protocol):
    """A whole neural map for rows of several poses, float32 throughout; differentiable in all but uv and index."""

    def __call__(
        self,
        uv: Tensor,  # [N, 2]
        index: Tensor | None,  # [N] int64 rows of `first_biases`; None: the only one
        grid: Tensor,  # [entries, F]
        levels: HashLevels,
        first_biases: Tensor,  # [K, W] of the first layer, a pose in each
        layers: MapLayers,
    ) -> Tensor:  # [N, channels]
        """The values."""
        ...


Softplus = Callable[[Tensor, float], Tensor]  # values float32, beta -> log(1 + exp(beta x)) / beta; differentiable once


# textures over the UV square, on the CPU (maps/texels.py)
ReadTexels = Callable[[Tensor, Tensor], Tensor]  # image [R, R, C] int16 codes, uv [P, 2] -> [P, C] in [0, 1]
# values [R, R, C] float32 with NaN where none are, uv [P, 2], open steps [B, B] uint8 -> [M] int64, texels to fill
MissingTexels = Callable[[Tensor, Tensor, Tensor], Tensor]
# values [R, R, C] float32, uv [P, 2], open steps [B, B] uint8 -> [P, C, 2] d values / d(u, v)
TexelDifferences = Callable[[Tensor, Tensor, Tensor], Tensor]
