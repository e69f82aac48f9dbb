"""Steps of training stage 1, repeated from the same step on by each backend.

The reference is torch for the maps and, where it is installed, Warp on the CPU for the heights of the samples along the
rays and for rasterizing the silhouette.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property

import numpy as np
import torch

from phynes_core.avatar.avatar import Avatar
from phynes_core.body.files import load_bundled_body
from phynes_core.data.native.reader import load_capture
from phynes_core.io.shipped_files import ASSETS
from phynes_core.kernels.cpu.bvh import Bvh, KnownSurface
from phynes_core.kernels.registry import REFERENCE, missing_cause
from phynes_core.training.frames import TrainingFrame, load_training_frames
from phynes_core.training.presets import FAST
from phynes_core.training.stage import StageSetup
from phynes_core.training.stage1 import Stage1

NUM_FRAMES = 4  # of the sample capture, with four views each
FIRST_STEP = FAST.stage1.steps // 2  # where the density's width beta is typical of the training
STEPS = 4  # timed together: one in four has the silhouette loss, one in two the mesh losses


class TrainingStep:
    """Stage 1 of the preset `fast` on the sample capture."""

    def __init__(self, device: str = "cpu") -> None:
        self._device = torch.device(device)
        self._stages: dict[str, Stage1] = {}
        self._losses: dict[str, list[float]] = {}

    def losses(self, backend: str) -> list[float]:
        """The losses of the steps that a backend ran last."""
        return self._losses[backend]

    def run(self, backend: str) -> None:
        """Run STEPS steps with the maps on a backend."""
        with _training_threads():
            if backend not in self._stages:
                self._stages[backend] = self._start(backend)
            steps = range(FIRST_STEP, FIRST_STEP + STEPS)
            self._losses[backend] = [self._stages[backend].step(step)["loss"] for step in steps]

    @cached_property
    def _frames(self) -> tuple[TrainingFrame, ...]:
        capture = load_capture(ASSETS / "captures" / "josh_256")
        training = [number for number in capture.frames if capture.frame_split[number] == "train"][:NUM_FRAMES]
        few = replace(capture, frames=tuple(training))
        return load_training_frames(few, load_bundled_body(), FAST.stage1.ring_px)

    def _start(self, backend: str) -> Stage1:
        torch.manual_seed(0)
        avatar = Avatar.untrained(load_bundled_body(), "bench", FAST.offset, FAST.texture, FAST.albedo, FAST.roughness)
        avatar.use_map_backend(backend)
        avatar.to(self._device)
        is_plain = backend == REFERENCE and missing_cause("warp") is None
        frames = (
            [replace(f, bvh=_WarpTree(f.vertices, f.bvh.faces)) for f in self._frames] if is_plain else self._frames
        )
        raster = "warp" if is_plain else "auto"
        return Stage1(StageSetup(avatar, frames, FAST, self._device, raster=raster))


class _WarpTree(Bvh):
    """A BVH that computes the height of every sample with Warp on the CPU."""

    def __init__(self, vertices: np.ndarray, faces: np.ndarray) -> None:
        from phynes_core.kernels.cuda.warp_rays import RayMesh

        super().__init__(vertices, faces)
        self._vertices = torch.from_numpy(vertices)
        self._warp_mesh = RayMesh(self._vertices, torch.from_numpy(faces))

    def heights_along_rays(
        self, vertex_normals: np.ndarray, corner_uv: np.ndarray, origins: np.ndarray, directions: np.ndarray,
        distances: np.ndarray, lower: float, upper: float, surface: KnownSurface | None = None,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
        from phynes_core.kernels.cuda.warp_rays import nearest_points

        points = torch.from_numpy(origins[:, None] + distances[..., None] * directions[:, None]).view(-1, 3)
        face_index = torch.empty(len(points), dtype=torch.int32)
        barycentric, distance = torch.empty(len(points), 3), torch.empty(len(points))
        nearest_points(self._warp_mesh, points, face_index, barycentric, distance)
        corners = torch.from_numpy(self.faces)[face_index.long()].long()
        foot = (self._vertices[corners] * barycentric[..., None]).sum(1)
        normal = (torch.from_numpy(vertex_normals)[corners] * barycentric[..., None]).sum(1)
        height = torch.where(((points - foot) * normal).sum(-1) >= 0, distance, -distance)
        inside = (height >= lower) & (height <= upper)
        uv = (torch.from_numpy(corner_uv)[face_index.long()] * barycentric[..., None]).sum(1)
        shape = distances.shape
        return (
            torch.where(inside, height, 1.0).numpy().reshape(shape), uv.numpy().reshape(*shape, 2),
            face_index.numpy().reshape(shape), barycentric.numpy().reshape(*shape, 3), inside.numpy().reshape(shape),
        )  # fmt: skip


@contextmanager
def _training_threads() -> Iterator[None]:
    """Run with one thread of torch, the default of `train`."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
