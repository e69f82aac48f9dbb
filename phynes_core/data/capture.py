"""A dataset in memory, independent of its file layout: cameras, body parameters, pictures and ground truth."""

from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from phynes_core.body.model import Pose
from phynes_core.errors import CaptureError
from phynes_core.render.camera import Camera

_CACHE_BYTES = 2**30  # of decoded pictures; a 4-view, 60-frame capture at 512 x 512 needs a quarter of it


class Pictures(Protocol):
    """The pictures of a layout: which exist, and their pixels."""

    def has(self, camera: str, frame: int) -> bool:
        """Whether this view was recorded."""
        ...

    def read(self, camera: str, frame: int) -> np.ndarray:
        """[H, W, 4] uint8: sRGB of the premultiplied linear color (black background), and the coverage."""
        ...

    def files(self, camera: str, frame: int) -> tuple[Path, ...]:
        """The files that `read` reads, for messages and for detecting changes."""
        ...


@dataclass(frozen=True)
class ColorGain:
    """How a camera's linear colors differ from the true ones: recorded = gain * true + offset * coverage."""

    gain: Tensor  # [3] R, G, B
    offset: Tensor  # [3] R, G, B, of full scale


class GroundTruth:
    """What only a synthetic capture has: materials, geometry and pictures under other lights, read when asked for.

    This base class has none; each layout overrides what it has. Pictures are premultiplied by coverage: the background
    is 0.
    """

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

    @property
    def has_poses(self) -> bool:
        """Whether true body parameters are kept apart from the capture's own, as `degrade` does."""
        return False

    @property
    def has_cameras(self) -> bool:
        """Whether true cameras are kept apart from the capture's own."""
        return False

    @property
    def has_color_gains(self) -> bool:
        """Whether it is known how each camera's colors were altered."""
        return False

    def poses(self) -> dict[int, Pose]:
        """True body parameters by frame, betas included."""
        raise self._absent("body parameters")

    def cameras(self) -> dict[str, Camera]:
        """True cameras by name, those of the test included."""
        raise self._absent("cameras")

    def color_gains(self) -> dict[str, ColorGain]:
        """By camera's name, what was done to its linear colors; gain 1 and offset 0 for cameras that are true."""
        raise self._absent("color gains")

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

    def outer_mesh(self, frame: int) -> tuple[Tensor, Tensor]:  # [Vd, 3] metres, world; [Fo, 3] int64
        """The same without what cannot be seen from outside: linings, the backs of eyes. P2S and CD belong to it."""
        return self.mesh(frame)

    def _absent(self, what: str) -> CaptureError:
        return CaptureError(f"{self.root}: this capture has no ground-truth {what}; ask `has` first")


@dataclass
class Capture:
    """A recorded subject. Cameras are split into "train" and "test", frames into "train" and "novel_pose"."""

    name: str
    root: Path
    body_name: str
    body_hash: str  # content_hash of the body the parameters belong to; "" where unknown
    cameras: dict[str, Camera]
    camera_split: dict[str, str]
    frames: tuple[int, ...]
    frame_split: dict[int, str]
    poses: dict[int, Pose]
    pictures: Pictures
    ground_truth: GroundTruth | None = None
    uncertain_px: int = 0  # training leaves out pixels this close to a mask's edge: segmentation masks are inexact
    _cache: OrderedDict[tuple[str, int], np.ndarray] = field(default_factory=OrderedDict, repr=False)

    def has_image(self, camera: str, frame: int) -> bool:
        """Whether this view was recorded (test cameras may hold a subset of the frames)."""
        return self.pictures.has(camera, frame)

    def image(self, camera: str, frame: int) -> Tensor:  # [H, W, 3] float32 sRGB in [0, 1]
        """The picture, premultiplied by the mask in linear light: the background is black."""
        return torch.from_numpy(self._read(camera, frame)[..., :3].astype(np.float32)) / 255.0

    def mask(self, camera: str, frame: int) -> Tensor:  # [H, W] float32 in [0, 1]
        """Share of each pixel that the subject covers."""
        return torch.from_numpy(self._read(camera, frame)[..., 3].astype(np.float32)) / 255.0

    def _read(self, camera: str, frame: int) -> np.ndarray:
        key = (camera, frame)
        if key not in self._cache:
            self._cache[key] = self.pictures.read(camera, frame)
            while len(self._cache) > 1 and sum(image.nbytes for image in self._cache.values()) > _CACHE_BYTES:
                self._cache.popitem(last=False)
        self._cache.move_to_end(key)
        return self._cache[key]
