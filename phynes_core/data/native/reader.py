"""Read our own capture layout (docs/dataset.md), every file checked before anything is computed from it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from phynes_core.conventions import linear_to_srgb, srgb_to_linear
from phynes_core.data.capture import Capture
from phynes_core.data.native import layout
from phynes_core.data.native.ground_truth import NativeGroundTruth
from phynes_core.data.native.parameters import read_body_parameters, read_cameras
from phynes_core.errors import CaptureError, ImageError
from phynes_core.io.image_files import picture_size, read_png
from phynes_core.render.camera import Camera


@dataclass(frozen=True)
class NativePictures:
    """PNG files of images/ and masks/."""

    root: Path
    present: frozenset[tuple[str, int]]  # (camera, frame)
    is_premultiplied: bool

    def has(self, camera: str, frame: int) -> bool:
        """Whether this view was recorded."""
        return (camera, frame) in self.present

    def read(self, camera: str, frame: int) -> np.ndarray:  # [H, W, 4] uint8
        """sRGB of the premultiplied color, and the coverage."""
        if not self.has(camera, frame):
            path = layout.image_path(self.root, camera, frame)
            raise CaptureError(f"{path}: expected an image, got none; ask has_image first")
        try:
            image = read_png(layout.image_path(self.root, camera, frame))
            coverage = read_png(layout.mask_path(self.root, camera, frame))[..., :1]
        except ImageError as error:
            raise CaptureError(str(error)) from error
        color = np.repeat(image[..., :1], 3, -1) if image.shape[2] < 3 else image[..., :3]
        if not self.is_premultiplied:
            srgb, share = torch.from_numpy(color).float() / 255, torch.from_numpy(coverage).float() / 255
            color = (linear_to_srgb(srgb_to_linear(srgb) * share) * 255).round().to(torch.uint8).numpy()
        return np.concatenate([color * (coverage > 0), coverage], -1)

    def files(self, camera: str, frame: int) -> tuple[Path, ...]:
        """Image and mask."""
        return layout.image_path(self.root, camera, frame), layout.mask_path(self.root, camera, frame)


def load_capture(root: Path) -> Capture:
    """Read and check a native capture; pictures themselves are decoded when first asked for."""
    root = Path(root)
    if not root.is_dir():
        raise CaptureError(f"{root}: expected a capture folder, got none; see docs/dataset.md or run synthesize")
    cameras, camera_split, is_premultiplied = read_cameras(root / layout.CAMERAS)
    body_name, body_hash, frame_split, poses = read_body_parameters(root / layout.BODY)
    present = _check_pictures(root, cameras, camera_split, frame_split)
    return Capture(
        name=root.resolve().name,
        root=root,
        body_name=body_name,
        body_hash=body_hash,
        cameras=cameras,
        camera_split=camera_split,
        frames=tuple(poses),
        frame_split=frame_split,
        poses=poses,
        pictures=NativePictures(root, present, is_premultiplied),
        ground_truth=NativeGroundTruth(root) if (root / layout.GROUND_TRUTH).is_dir() else None,
    )


def _check_pictures(
    root: Path, cameras: dict[str, Camera], camera_split: dict[str, str], frame_split: dict[int, str]
) -> frozenset[tuple[str, int]]:
    """The views that exist. Training cameras have every training frame; every image has a mask of the camera's size."""
    present: set[tuple[str, int]] = set()
    for folder in sorted(path for path in (root / "images").glob("*") if path.is_dir()):
        if folder.name not in cameras:
            known = ", ".join(cameras)
            raise CaptureError(
                f"{folder}: expected a camera of {layout.CAMERAS} ({known}), got '{folder.name}'; add it"
            )
        for image in sorted(folder.glob("*.png")):
            if not image.stem.isdigit() or image.stem != layout.frame_name(int(image.stem)):
                raise CaptureError(f"{image}: expected a six-digit frame number such as 000012.png; rename it")
            if int(image.stem) not in frame_split:
                raise CaptureError(
                    f"{image}: expected a frame of {layout.BODY}, got {int(image.stem)}; add or remove it"
                )
            present.add((folder.name, int(image.stem)))
    for camera, split in camera_split.items():
        for frame, of in frame_split.items():
            if split == of == "train" and (camera, frame) not in present:
                path = layout.image_path(root, camera, frame)
                raise CaptureError(f"{path}: expected an image (training camera and frame), got none; add it")
    for camera, frame in sorted(present):
        wanted = (cameras[camera].width, cameras[camera].height)
        for path in (layout.image_path(root, camera, frame), layout.mask_path(root, camera, frame)):
            if not path.is_file():
                raise CaptureError(f"{path}: expected a mask for this image, got none; add it or remove the image")
            try:
                size = picture_size(path)
            except ImageError as error:
                raise CaptureError(str(error)) from error
            if size != wanted:
                raise CaptureError(
                    f"{path}: expected {wanted[0]} x {wanted[1]} pixels (camera {camera}), got {size[0]} x {size[1]}; "
                    f"resize it or correct {layout.CAMERAS}"
                )
    return frozenset(present)
