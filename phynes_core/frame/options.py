"""How a frame is made: which images, by which backends, how finely."""

from dataclasses import dataclass

from phynes_core.avatar.avatar import Avatar
from phynes_core.frame.buffers import BUFFERS
from phynes_core.render.coverage import SUBSAMPLES
from phynes_core.render.ground import GroundGrids

LIGHT_BUFFERS = frozenset({"radiance", "visibility", "shading"})
MATERIAL_BUFFERS = frozenset({"radiance", "albedo", "roughness"})
NORMAL_BUFFERS = LIGHT_BUFFERS | {"normal"}
FINE = GroundGrids()
COARSE = GroundGrids(sky_cells=40, lamp_cells=112, lamp_samples=4)  # while something moves


@dataclass(frozen=True)
class RenderOptions:
    """How to make the frame."""

    buffers: frozenset[str] = frozenset({"radiance", "mask"})
    backend: str = "auto"  # or "numba", "reference"
    raster: str = "auto"  # how to rasterize, where it is not to follow `backend`; the maps know theirs themselves
    use_cache: bool = True  # False: compute every node in every frame, what benchmarks call "full"
    bright_sources: int = 8  # most suns, windows and bulbs of the environment that become lamps; 0: probes alone
    lamp_samples: int = 16  # shadow rays a pixel and lamp
    has_vertex_sources: bool = False  # shadows of bright sources from the vertices, like the probes': for moving views
    reads_texels: bool = False  # slopes and materials from textures where there are some: for moving views on the CPU
    visibility_slices: int = 1  # > 1: after a pose change each frame renews one of so many slices of the probes
    exact_visibility: bool = False  # rays from every pixel to every probe instead of bits on the vertices
    supersample: int = 1  # samples a side of a pixel, averaged in linear light: everything is smoother
    antialias: bool = False  # silhouettes by coverage: edges within the outline stay hard
    coverage_samples: int = SUBSAMPLES  # a side of a pixel, of antialiased silhouettes; GPU passes always take 4
    freezes_materials: bool = False  # ask them for the avatar's first training pose, whatever the pose
    has_pixel_normals: bool | None = None  # the offset map tilts each pixel's normal; None: as the avatar was trained
    is_half: bool = False  # radiance in half precision, as windows show it, where that saves bringing it from a GPU
    ground_grids: GroundGrids = FINE  # how finely the floor's shadows are sought; COARSE also halves its mirror image

    def __post_init__(self) -> None:
        unknown = sorted(self.buffers - set(BUFFERS))
        if unknown:
            raise ValueError(f"buffers: expected some of {', '.join(BUFFERS)}, got {', '.join(unknown)}")
        if min(self.lamp_samples, self.supersample, self.coverage_samples) < 1:
            raise ValueError("lamp_samples, supersample and coverage_samples: expected at least 1")
        if self.bright_sources < 0:
            raise ValueError(f"bright_sources: expected at least 0, got {self.bright_sources}")

    def has_detail(self, avatar: Avatar) -> bool:
        """Whether the offset map tilts the normals of this avatar's pixels."""
        return avatar.record.has_detail if self.has_pixel_normals is None else self.has_pixel_normals
