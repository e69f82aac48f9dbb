"""What only a synthetic capture knows: materials, geometry and the subject under other lights. Read when asked for."""

from pathlib import Path

from torch import Tensor

from phynes_core.errors import CaptureError


class GroundTruth:
    """Knows nothing; each layout overrides what it has. Pictures are premultiplied by coverage: the background is 0."""

    root: Path  # of the capture

    @property
    def lights(self) -> tuple[str, ...]:
        """Names of the lights that were not used for training."""
        return ()

    def has(self, buffer: str, camera: str, frame: int, light: str | None = None) -> bool:
        """Whether "albedo", "roughness", "normal", "depth", "relit" or "shading" exists for this view."""
        return False

    def has_geometry(self, frame: int) -> bool:
        """Whether the true surface of this frame is known."""
        return False

    def albedo(self, camera: str, frame: int) -> Tensor:  # [H, W, 3] linear, mean over the pixel's area
        """Diffuse albedo."""
        raise self._absent("albedo")

    def roughness(self, camera: str, frame: int) -> Tensor:  # [H, W, 1]
        """GGX roughness, mean over the pixel's area."""
        raise self._absent("roughness")

    def normal(self, camera: str, frame: int) -> Tensor:  # [H, W, 3] world, unit
        """Shading normal at the pixel's center."""
        raise self._absent("normals")

    def depth(self, camera: str, frame: int) -> Tensor:  # [H, W, 1] camera z, metres
        """Depth at the pixel's center."""
        raise self._absent("depth")

    def relit(self, light: str, camera: str, frame: int) -> Tensor:  # [H, W, 3] linear radiance
        """The subject under another light."""
        raise self._absent("relit pictures")

    def shading(self, light: str, camera: str, frame: int) -> Tensor:  # [H, W, 3] linear radiance
        """The subject in white (diffuse albedo 0.8) under direct light: what papers compare as visibility."""
        raise self._absent("shading")

    def center_mask(self, camera: str, frame: int) -> Tensor:  # [H, W] bool
        """Whether the ray through the pixel's center hits the subject."""
        raise self._absent("center masks")

    def light_image(self, light: str) -> Tensor:  # [h, w, 3] linear radiance, lat-long, world axes
        """The environment of a light; "train" is the one of the training images."""
        raise self._absent("lights")

    def mesh(self, frame: int) -> tuple[Tensor, Tensor]:  # [Vd, 3] metres, world; [Fd, 3] int64
        """The true surface in one frame; `has_geometry` says whether it is known."""
        raise self._absent("surface")

    def _absent(self, what: str) -> CaptureError:
        return CaptureError(f"{self.root}: this capture has no ground-truth {what}; ask `has` first")
