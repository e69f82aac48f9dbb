"""The one in-memory dataset type: cameras, body parameters and pictures, whatever layout they came from."""

from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from phynes_core.body.model import Pose
from phynes_core.data.ground_truth import GroundTruth
from phynes_core.render.camera import Camera

_CACHE_BYTES = 2**30  # decoded pictures kept; a 4-view, 60-frame capture at 512 x 512 needs a quarter of it


class Pictures(Protocol):
    """What a layout provides: which pictures exist, and their bytes."""

    def has(self, camera: str, frame: int) -> bool:
        """Whether this view was recorded."""
        ...

    def read(self, camera: str, frame: int) -> np.ndarray:
        """[H, W, 4] uint8: sRGB of the premultiplied linear color (black background), and the coverage."""
        ...

    def files(self, camera: str, frame: int) -> tuple[Path, ...]:
        """The files that `read` reads, for messages and to see whether they change."""
        ...


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
    uncertain_px: int = 0  # training leaves out pixels this near to a mask's edge: masks made by segmentation are rough
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
            while len(self._cache) > 1 and sum(kept.nbytes for kept in self._cache.values()) > _CACHE_BYTES:
                self._cache.popitem(last=False)
        self._cache.move_to_end(key)
        return self._cache[key]
