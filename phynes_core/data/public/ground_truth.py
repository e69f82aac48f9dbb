"""Ground truth of SyntheticHuman (meshes) and SyntheticHuman++ (renders under known lights).

The released folders of SyntheticHuman++ were not available: the template below is that of its authors' evaluation
script. That script compares albedo as stored, without decoding, and so does this; it decodes normal maps twice, so they
are not read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from phynes_core.conventions import PROBE_COLUMNS, PROBE_ROWS
from phynes_core.data.capture import GroundTruth
from phynes_core.data.public.undistort import shrink_by_area
from phynes_core.errors import CaptureError, ImageError
from phynes_core.io.exr_files import read_exr
from phynes_core.io.image_files import read_png
from phynes_core.io.meshes import read_obj
from phynes_core.io.radiance_files import read_hdr
from phynes_core.render.camera import Camera

RENDERS = "{folder}/{human}_{light}/train/images/{frame:06d}_{view:02d}_{key}{extension}"
LIGHTS = {  # short names in the folders -> probes
    "gym": "gym_entrance",
    "shanghai": "shanghai_bund",
    "peppermint": "peppermint_powerplant_blue",
    "olat2": "olat0002-0027",
    "olat9": "olat0004-0019",
    "olat7": "olat0004-0017",
}
OLAT_RADIANCE, AMBIENT_RADIANCE = 100.0, 0.25  # RelightableAvatar: one cell of 16 x 32 over a dim sky
_RELIT, _WHITE = "output_hdr_test", "output_vis_test"
_FIELDS = {"folder": _RELIT, "human": "x", "light": "x", "frame": 0, "view": 0, "key": "rgb", "extension": ".exr"}


@dataclass(frozen=True)
class PublicGroundTruth(GroundTruth):
    """Files are read when asked for; `has` and `has_geometry` check whether they exist."""

    root: Path
    human: str
    picture_cameras: Mapping[str, Camera]  # of the capture's pictures
    meshes: Mapping[int, Path]  # .obj by frame
    mesh_rotation: np.ndarray  # [3, 3] axes of the .obj -> our world
    has_z_up: bool  # of the dataset's world; probes are only defined for +Z up
    renders: str  # template as RENDERS; relative to the capture's folder or to the one above
    lighting: Path | None  # folder of the probes

    def __post_init__(self) -> None:
        try:
            self.renders.format(**_FIELDS)
        except (KeyError, ValueError, IndexError, AttributeError) as error:
            raise CaptureError(
                f"--renders: expected a template as {RENDERS}, got '{self.renders}' ({error})"
            ) from error

    @cached_property
    def lights(self) -> tuple[str, ...]:
        """Lights that have renders and a probe."""
        if not self.has_z_up:
            return ()
        rendered = {light for light in LIGHTS if any(self._folder(folder, light) for folder in (_RELIT, _WHITE))}
        return tuple(sorted(light for light in rendered if self._probe_file(light) or "olat" in light))

    def has(self, buffer: str, camera: str, frame: int, light: str | None = None) -> bool:
        """Whether "albedo", "relit" or "shading" exists for this view."""
        return self._file(buffer, camera, frame, light) is not None

    def has_geometry(self, frame: int) -> bool:
        """Whether this frame has a mesh."""
        return frame in self.meshes

    def albedo(self, camera: str, frame: int) -> Tensor:  # [H, W, 3]
        """Diffuse albedo, as the authors' evaluation reads it."""
        return self._picture("albedo", camera, frame, None)

    def relit(self, light: str, camera: str, frame: int) -> Tensor:  # [H, W, 3] linear radiance
        """The subject under another light."""
        return self._picture("relit", camera, frame, light)

    def shading(self, light: str, camera: str, frame: int) -> Tensor:  # [H, W, 3] linear radiance
        """The subject in white under that light."""
        return self._picture("shading", camera, frame, light)

    def light_image(self, light: str) -> Tensor:  # [16, 32, 3] linear radiance, lat-long, world axes
        """The probe. Its pixels are those of our lat-long once the dataset's world, +Z up, is rotated to +Y up."""
        path = self._probe_file(light)
        try:
            if path is not None:
                image = read_exr(path) if path.suffix == ".exr" else read_hdr(path)
                return torch.from_numpy(image[..., :3].copy())
        except ImageError as error:
            raise CaptureError(str(error)) from error
        if light not in LIGHTS or "olat" not in light:
            raise CaptureError(f"{self.lighting}: expected a probe for the light '{light}', got none; give --lighting")
        row, column = map(int, LIGHTS[light].removeprefix("olat").split("-"))
        image = torch.full((PROBE_ROWS, PROBE_COLUMNS, 3), AMBIENT_RADIANCE)
        image[row, column] += OLAT_RADIANCE
        return image

    def mesh(self, frame: int) -> tuple[Tensor, Tensor]:  # [Vd, 3] metres, world; [Fd, 3] int64
        """The true surface in one frame."""
        if frame not in self.meshes:
            raise CaptureError(f"{self.root / 'object'}: expected a mesh of frame {frame}, got none; ask has_geometry")
        vertices, faces = read_obj(self.meshes[frame])
        return torch.from_numpy(vertices @ self.mesh_rotation.T).float(), torch.from_numpy(faces)

    def _picture(self, buffer: str, camera: str, frame: int, light: str | None) -> Tensor:  # [H, W, 3]
        path = self._file(buffer, camera, frame, light)
        if path is None:
            raise CaptureError(
                f"{self.root}: no ground-truth {buffer} of camera {camera}, frame {frame}; ask `has` first"
            )
        mask_path = self._path(_RELIT, camera, frame, light or self._lit_by(camera, frame), "mask", ".png")
        try:
            image = read_exr(path) if path.suffix == ".exr" else read_png(path) / np.float32(255.0)
            mask = read_png(mask_path) if mask_path.is_file() else None
        except ImageError as error:
            raise CaptureError(str(error)) from error
        pixels = torch.from_numpy(np.ascontiguousarray(image[..., :3], np.float32)).permute(2, 0, 1)
        if mask is not None and mask.shape[:2] == image.shape[:2]:
            pixels = pixels * torch.from_numpy(mask[..., 0] > 0)
        camera_size = self.picture_cameras[camera]
        if image.shape[0] < camera_size.height or image.shape[1] < camera_size.width:
            raise CaptureError(
                f"{path}: expected at least {camera_size.width} x {camera_size.height} pixels; lower --ratio"
            )
        return shrink_by_area(pixels, camera_size.width, camera_size.height).permute(1, 2, 0).contiguous()

    def _file(self, buffer: str, camera: str, frame: int, light: str | None) -> Path | None:
        if buffer == "albedo":
            light = self._lit_by(camera, frame)
            path = self._path(_RELIT, camera, frame, light, "albedo_diffuse", ".png") if light else None
        elif buffer in ("relit", "shading") and light is not None:
            path = self._path(_RELIT if buffer == "relit" else _WHITE, camera, frame, light, "rgb", ".exr")
        else:
            return None
        return path if path is not None and path.is_file() else None

    def _lit_by(self, camera: str, frame: int) -> str:
        """A light whose folder holds this view's albedo; "" if none."""
        lit = (light for light in LIGHTS
               if self._path(_RELIT, camera, frame, light, "albedo_diffuse", ".png").is_file())  # fmt: skip
        return next(lit, "")

    def _path(self, folder: str, camera: str, frame: int, light: str, key: str, extension: str) -> Path:
        named = self.renders.format(
            folder=folder, human=self.human, light=light, frame=frame, view=int(camera), key=key, extension=extension
        )
        near = self.root / named
        return near if near.is_file() else self.root.parent / named

    def _folder(self, folder: str, light: str) -> bool:
        named = Path(self.renders.format(**_FIELDS | {"folder": folder, "human": self.human, "light": light})).parent
        return (self.root / named).is_dir() or (self.root.parent / named).is_dir()

    def _probe_file(self, light: str) -> Path | None:
        name = LIGHTS.get(light, light)
        folders = [self.lighting] if self.lighting else [self.root.parents[i] / "lighting" / "16x32" for i in (0, 1)]
        files = (folder / f"{name}{suffix}" for folder in folders for suffix in (".hdr", ".exr"))
        return next((file for file in files if file.is_file()), None)
