"""The signatures of the operations on meshes, the same for every backend: torch tensors in, torch tensors out.

kernels/registry.py lists the functions that implement them. Tensors are on the device that the function is registered
for. Constants are defined in phynes_core/conventions.py, or beside the torch reference, which passes them as arguments.
"""

from collections.abc import Callable
from typing import Protocol

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


CoveredPixels = tuple[Tensor, Tensor, Tensor, Tensor, Tensor]


class CoverPixels(Protocol):
    """The share of each pixel that a mesh covers, and what stands where a pixel's center is open."""

    def __call__(
        self,
        faces: Tensor,  # [F, 3] any integer type
        homogeneous: Tensor,  # [V, 3] vertices as x_px z, y_px z, z (metres)
        centers: Tensor,  # [H, W] int32, the face at each pixel's center, -1 = none
        order: Tensor,  # [S * S] int64, subsamples row by row, in the order in which they stand for a pixel
        near_m: float,  # camera z before which everything is cut off
        snap: float,  # grid steps per subsample that corners are rounded to
        fine: Callable[[], PixelImages],  # rasterizes the subsamples, [S H, S W]
    ) -> CoveredPixels | None:
        """Coverage [H, W]; pixels [M] int64, row * W + column, ascending, that are covered in part, not at the center.

        For these face [M] int32, barycentric [M, 3] and depth [M] m at the first covered subsample. None where a
        backend does not take the mesh.
        """
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
    """A mesh that blocks light. Bit i of word w is direction 32 w + i; 1 = open."""

    def is_blocked(
        self,
        origins: Tensor,  # [N, 3] world, metres
        directions: Tensor,  # [N, 3]
        reach: float,  # how far rays go, in lengths of their direction; may be infinite
    ) -> Tensor:  # [N] bool
        """Whether each ray meets the mesh, from either side."""
        ...

    def nearest_hits(
        self,
        origins: Tensor,  # [N, 3] world, metres
        directions: Tensor,  # [N, 3]
        reach: float,
    ) -> tuple[Tensor, Tensor]:
        """Distance [N] to the nearest face in lengths of the direction (inf: none), that face [N] int64 (-1: none)."""
        ...

    def start_bits(
        self,
        points: Tensor,  # [N, 3] world, metres, on the surface
        normals: Tensor,  # [N, 3] unit
        offsets_m: Tensor,  # [N] rays start this far along the normals
        directions: Tensor,  # [L, 3] unit, surface -> light
    ) -> Tensor:  # [N, ceil(L / 32)] int32
        """Bits of all directions at each point; those below the surface are 0 without a ray."""
        ...

    def point_bits(
        self,
        points: Tensor,  # [N, 3] world, metres, on the surface
        normals: Tensor,  # [N, 3] unit
        offset_m: float,
        directions: Tensor,  # [L, 3] unit, surface -> light
    ) -> Tensor:  # [N, ceil(L / 32)] int32
        """As `start_bits` with one offset; a second time where all is blocked by something nearer than the offset.

        What stands over a point is looked for from conventions.SKIN_SHARE of the offset on, and rays start half way.
        """
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


class Topology(Protocol):
    """Which vertices and faces are neighbors: training/losses.py's topology."""

    @property
    def faces(self) -> Tensor:
        """[F, 3] int64."""
        ...

    @property
    def edges(self) -> Tensor:
        """[E, 2] int64."""
        ...

    @property
    def face_pairs(self) -> Tensor:
        """[Q, 2] int64, faces that share an edge."""
        ...

    @property
    def degree(self) -> Tensor:
        """[V, 1] float32."""
        ...


# vertices [V, 3] metres -> mean squared edge length (m^2), mean of 1 - cos between neighboring faces, mean distance
# of a vertex to the middle of its neighbors (m); differentiable
MeshLossTerms = Callable[[Tensor], tuple[Tensor, Tensor, Tensor]]


class PrepareMeshLosses(Protocol):
    """The three mesh losses of stage 1 for one topology."""

    def __call__(self, topology: Topology) -> MeshLossTerms:
        """What is found out once."""
        ...
