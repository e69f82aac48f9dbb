"""The ground_truth folder of our own capture layout; files are read when asked for."""

import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from phynes_core.body.model import Pose
from phynes_core.data.capture import ColorGain, GroundTruth
from phynes_core.data.native import layout
from phynes_core.data.native.parameters import read_body_parameters, read_cameras
from phynes_core.errors import CaptureError
from phynes_core.io.array_files import read_npz
from phynes_core.io.exr_files import read_exr
from phynes_core.io.image_files import read_png
from phynes_core.io.json_files import read_json
from phynes_core.io.untrusted import FileKind, decoding
from phynes_core.render.camera import Camera

COLORS_JSON = FileKind("table of gain and offset of each camera", 1 << 24, CaptureError, "degrade it again")
TRUE_MESH = FileKind("mesh", 1 << 29, CaptureError, "synthesize the capture again")


@dataclass(frozen=True)
class NativeGroundTruth(GroundTruth):
    """Ground truth of a native capture. Pictures are premultiplied by coverage: the background is 0."""

    root: Path  # of the capture

    @cached_property
    def lights(self) -> tuple[str, ...]:
        """Names of the lights that were not used for training."""
        found = sorted(path.stem for path in layout.light_path(self.root, "x").parent.glob("*.exr"))
        return tuple(name for name in found if name != layout.TRAIN_LIGHT)

    def has(self, buffer: str, camera: str, frame: int, light: str | None = None) -> bool:
        """Whether "albedo", "roughness", "normal", "depth", "relit" or "shading" exists for this view."""
        return layout.buffer_path(self.root, buffer, camera, frame, light).is_file()

    def has_geometry(self, frame: int) -> bool:
        """Whether the true surface of this frame is known."""
        return layout.geometry_path(self.root, frame).is_file()

    @property
    def has_poses(self) -> bool:
        """Whether true body parameters are kept apart from the capture's own, as `degrade` does."""
        return layout.true_path(self.root, layout.BODY).is_file()

    @property
    def has_cameras(self) -> bool:
        """Whether true cameras are kept apart from the capture's own."""
        return layout.true_path(self.root, layout.CAMERAS).is_file()

    @property
    def has_color_gains(self) -> bool:
        """Whether it is known how each camera's colors were altered."""
        return layout.true_path(self.root, layout.COLORS).is_file()

    def poses(self) -> dict[int, Pose]:
        """True body parameters by frame, betas included."""
        if not self.has_poses:
            raise self._absent("body parameters")
        return read_body_parameters(layout.true_path(self.root, layout.BODY))[3]

    def cameras(self) -> dict[str, Camera]:
        """True cameras by name, those of the test included."""
        if not self.has_cameras:
            raise self._absent("cameras")
        return read_cameras(layout.true_path(self.root, layout.CAMERAS))[0]

    def color_gains(self) -> dict[str, ColorGain]:
        """By camera's name, what was done to its linear colors; gain 1 and offset 0 for cameras that are true."""
        if not self.has_color_gains:
            raise self._absent("color gains")
        return _read_color_gains(layout.true_path(self.root, layout.COLORS))

    def albedo(self, camera: str, frame: int) -> Tensor:  # [H, W, 3] linear, mean over the pixel's area
        """Diffuse albedo."""
        return self._picture("albedo", camera, frame, None, 3)

    def roughness(self, camera: str, frame: int) -> Tensor:  # [H, W, 1]
        """GGX roughness, mean over the pixel's area."""
        return self._picture("roughness", camera, frame, None, 1)

    def normal(self, camera: str, frame: int) -> Tensor:  # [H, W, 3] world, unit
        """Shading normal at the pixel's center."""
        return self._picture("normal", camera, frame, None, 3)

    def depth(self, camera: str, frame: int) -> Tensor:  # [H, W, 1] camera z, metres
        """Depth at the pixel's center."""
        return self._picture("depth", camera, frame, None, 1)

    def relit(self, light: str, camera: str, frame: int) -> Tensor:  # [H, W, 3] linear radiance
        """The subject under another light."""
        return self._picture("relit", camera, frame, light, 3)

    def shading(self, light: str, camera: str, frame: int) -> Tensor:  # [H, W, 3] linear radiance
        """The subject in white (diffuse albedo 0.8) under direct light: what papers compare as visibility."""
        return self._picture("shading", camera, frame, light, 3)

    def center_mask(self, camera: str, frame: int) -> Tensor:  # [H, W] bool
        """Whether the ray through the pixel's center hits the subject."""
        path = layout.center_mask_path(self.root, camera, frame)
        _must_exist(path)
        return torch.from_numpy(read_png(path)[..., 0] > 127)

    def light_image(self, light: str) -> Tensor:  # [h, w, 3] linear radiance, lat-long, world axes
        """The environment of a light; "train" is the one of the training images."""
        path = layout.light_path(self.root, light)
        _must_exist(path, f"; this capture has {', '.join((layout.TRAIN_LIGHT, *self.lights))}")
        return torch.from_numpy(read_exr(path)[..., :3].copy())

    def mesh(self, frame: int) -> tuple[Tensor, Tensor]:  # [Vd, 3] metres, world; [Fd, 3] int64
        """The true surface in one frame."""
        return self.vertices(frame), self.faces

    def vertices(self, frame: int) -> Tensor:  # [Vd, 3] metres, world
        """The true surface in one frame."""
        return torch.from_numpy(_read_array(layout.geometry_path(self.root, frame), "vertices").astype(np.float32))

    @cached_property
    def faces(self) -> Tensor:  # [Fd, 3] int64
        """Triangles of the true surface."""
        return torch.from_numpy(_read_array(layout.topology_path(self.root), "faces").astype(np.int64))

    @cached_property
    def outer(self) -> Tensor:  # [Fd] bool
        """Which of them can be seen from outside: all, in captures that do not say."""
        path = layout.topology_path(self.root)
        seen = read_npz(path, TRUE_MESH, ("outer",)).get("outer", np.ones(len(self.faces), bool))
        if seen.shape != (len(self.faces),) or seen.dtype != bool:
            raise CaptureError(f"{path}: outer: expected bool [{len(self.faces)}], got {seen.dtype} {list(seen.shape)}")
        return torch.from_numpy(seen)

    def outer_mesh(self, frame: int) -> tuple[Tensor, Tensor]:  # [Vd, 3] metres, world; [Fo, 3] int64
        """The true surface in one frame without what cannot be seen."""
        return self.vertices(frame), self.faces[self.outer]

    def _picture(self, buffer: str, camera: str, frame: int, light: str | None, channels: int) -> Tensor:
        path = layout.buffer_path(self.root, buffer, camera, frame, light)
        _must_exist(path)
        pixels = read_exr(path)
        if pixels.shape[2] < channels:
            raise CaptureError(f"{path}: expected {channels} channels, got {pixels.shape[2]}; synthesize it again")
        return torch.from_numpy(pixels[..., :channels].copy())


def _must_exist(path: Path, remedy: str = "; this view has no such ground truth, ask `has` first") -> None:
    if not path.is_file():
        raise CaptureError(f"{path}: expected a ground-truth file, got none{remedy}")


def _read_color_gains(path: Path) -> dict[str, ColorGain]:
    content = read_json(path, COLORS_JSON)
    with decoding(path, COLORS_JSON):
        found = {
            name: ColorGain(torch.tensor(entry["gain"]).float(), torch.tensor(entry["offset"]).float())
            for name, entry in content["cameras"].items()  # type: ignore[index, call-overload]
        }
    for name, entry in found.items():
        for values in (entry.gain, entry.offset):
            if values.shape != (3,) or not math.isfinite(float(values.sum())):
                raise CaptureError(f"{path}: camera {name}: expected three finite numbers each; degrade it again")
    return found


def _read_array(path: Path, key: str) -> np.ndarray:  # [*, 3]
    array = read_npz(path, TRUE_MESH, (key,)).get(key, np.zeros(0))
    if array.ndim != 2 or array.shape[1] != 3 or array.dtype.kind not in "fiu":
        raise CaptureError(f"{path}: {key}: expected [*, 3], got {list(array.shape)}; synthesize the capture again")
    return array
