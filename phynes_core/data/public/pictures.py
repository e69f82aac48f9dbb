"""Photographs with lens distortion and label masks, as pictures of a capture.

The order is that of neuralbody and animatable_nerf: the mask gets the image's size (nearest), both are undistorted with
the full-size intrinsics, the image is resized by area and the mask by nearest, and the image is black outside the mask.
Values are averaged as stored (sRGB), as there. The mask is binary: coverage is 0 or 1.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from phynes_core.data.public.cameras import SourceCamera
from phynes_core.data.public.undistort import resample, shrink_by_area, shrink_nearest, undistortion_grid
from phynes_core.errors import CaptureError, ImageError
from phynes_core.io.image_files import read_png
from phynes_core.io.untrusted import is_readable_file

_MOST_GRIDS = 8  # in the cache, 8 MB each at 1024 x 1024; training alternates between four cameras
LABEL_FOLDERS = ("mask_cihp",)  # masks whose values name parts of the body, 0 is background


@dataclass(frozen=True)
class SourcePicture:
    """Files of one view."""

    image: Path
    mask: Path
    mask_has_labels: bool  # True: the person is every value but 0; False: every gray over half of the brightest


@dataclass(frozen=True)
class SourceView:
    """A camera with the sizes of its photographs and of its pictures, width and height."""

    camera: SourceCamera
    size: tuple[int, int]
    new_size: tuple[int, int]


@dataclass
class MaskedPictures:
    """Pictures of a capture, decoded when asked for."""

    views: Mapping[str, SourceView]
    present: Mapping[tuple[str, int], SourcePicture]  # by camera and frame
    _grids: OrderedDict[str, Tensor] = field(default_factory=OrderedDict, repr=False)

    def has(self, camera: str, frame: int) -> bool:
        """Whether this view belongs to the capture."""
        return (camera, frame) in self.present

    def read(self, camera: str, frame: int) -> np.ndarray:  # [H, W, 4] uint8
        """The masked picture with coverage 0 or 255."""
        if not self.has(camera, frame):
            raise CaptureError(f"camera {camera}, frame {frame}: not in this capture's splits; ask has_image first")
        view, files = self.views[camera], self.present[camera, frame]
        image, mask = self._photograph(files, view.size), _person(files)
        height, width = image.shape[:2]
        mask = shrink_nearest(mask, width, height)
        channels = torch.cat([image, 255 * mask[..., None].to(torch.uint8)], -1).permute(2, 0, 1).float().contiguous()
        if view.camera.distortion.any():
            channels = resample(channels, self._grid(camera, view))
        width, height = view.new_size
        is_person = shrink_nearest(channels[3] >= 127.5, width, height)
        color = shrink_by_area(channels[:3], width, height).round().clamp(0, 255) * is_person
        alpha = 255.0 * is_person.float()
        return torch.cat([color, alpha[None]]).to(torch.uint8).permute(1, 2, 0).contiguous().numpy()

    def files(self, camera: str, frame: int) -> tuple[Path, ...]:
        """Image and mask."""
        files = self.present[camera, frame]
        return files.image, files.mask

    def _photograph(self, files: SourcePicture, size: tuple[int, int]) -> Tensor:  # [H, W, 3] uint8
        image = _decoded(files.image)
        if (image.shape[1], image.shape[0]) != size:
            raise CaptureError(
                f"{files.image}: expected {size[0]} x {size[1]} pixels as its camera's other pictures, "
                f"got {image.shape[1]} x {image.shape[0]}; export it again"
            )
        return torch.from_numpy(np.repeat(image[..., :1], 3, -1) if image.shape[2] < 3 else image[..., :3])

    def _grid(self, camera: str, view: SourceView) -> Tensor:
        if camera not in self._grids:
            self._grids[camera] = undistortion_grid(view.camera.intrinsics, view.camera.distortion, *view.size)
            while len(self._grids) > _MOST_GRIDS:
                self._grids.popitem(last=False)
        self._grids.move_to_end(camera)
        return self._grids[camera]


def find_mask(root: Path, picture: str) -> Path | None:
    """The mask of a picture (its path relative to root), searched in the folders that the public loaders use."""
    stem = picture.rpartition(".")[0]
    renamed = stem.replace("images", "mask")
    candidates = [f"{folder}/{stem}.png" for folder in (*LABEL_FOLDERS, "mask")] + [f"{renamed}.png", f"{renamed}.jpg"]
    return next((root / name for name in candidates if name != picture and is_readable_file(root / name)), None)


def _person(files: SourcePicture) -> Tensor:  # [H, W] bool
    mask = _decoded(files.mask)
    colors = mask[..., : 1 if mask.shape[2] < 3 else 3]  # without alpha
    if files.mask_has_labels:
        return torch.from_numpy((colors != 0).any(-1))
    gray = colors.max(-1).astype(np.float32)
    return torch.from_numpy(gray * (255.0 / max(float(gray.max()), 1.0)) > 128.0)


def _decoded(path: Path) -> np.ndarray:
    try:
        return read_png(path)
    except ImageError as error:
        raise CaptureError(str(error)) from error
