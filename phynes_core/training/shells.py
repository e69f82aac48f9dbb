"""What stage 1 samples around: the bare body for offsets along its normals, the displaced mesh for vectors.

A ray's sample needs the texel coordinate of the surface point below it and its signed distance to the surface. With
offsets l along the body's normals both come from the closest point of the bare body: s = h - l(uv). Vectors slide the
surface over the body, so that this point is no longer below the sample; there the closest point is sought on the mesh
that the vectors displace at this very step. Height h over that mesh and its texel coordinate are exact where the map
equals its vertices' interpolation d0, and to first order the map d differs from that by s = h - n.B(d - d0), and moves
the point's texel coordinate by -T B(d - d0) along the face: both are differentiated, so that shape follows outlines
and what is drawn on the cloth follows the pictures.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from phynes_core.avatar.avatar import Avatar
from phynes_core.body.atlas import CHART_RESOLUTION, average_over_seams, chart_image, corner_uv
from phynes_core.body.model import carried, pose_body
from phynes_core.geometry.mesh import vertex_normals
from phynes_core.kernels.cpu.bvh import Bvh
from phynes_core.maps.neural_map import PoseBatch
from phynes_core.render.detail_normals import face_frames
from phynes_core.render.volume import RaySamples
from phynes_core.training.frames import TrainingFrame
from phynes_core.training.losses import neighbor_uv
from phynes_core.training.presets import Stage1Config
from phynes_core.training.sampling import HitOffsets, PosesOfRays, RayBatch, on_the_mesh, shell_samples

COLOR_STEP_UV = 1.0 / 256  # over which the texture's slope is taken: some 8 mm, a pixel of a small picture


@dataclass(frozen=True)
class DisplacedFrame:
    """A frame's surface as the map has it now; differentiable."""

    vertices: Tensor  # [V, 3] world, on the CPU
    offsets: Tensor  # [V] or [V, 3] metres, as body.model.displaced says
    blend: Tensor | None  # [V, 3, 3] of vectors


@dataclass(frozen=True)
class SampledSurface:
    """What rays are rendered of."""

    samples: RaySamples  # on the maps' device; their uv may be differentiable
    offset: Callable[[Tensor, Tensor], Tensor]  # (uv [N, 2], ray [N]) -> [N] metres, as render_rays asks
    color: Callable[[Tensor, Tensor], Tensor]  # (uv [M, 2], ray [M]) -> [M, 3] sRGB


class Shell(Protocol):
    """The frames of stage 1, for one kind of offsets."""

    def place(self, frames: Sequence[TrainingFrame]) -> None:
        """Stand on these frames from here on: the same pictures, with other poses."""

    def start(self) -> None:
        """Before the first step."""

    def can_look_ahead(self, config: Stage1Config) -> bool:
        """Whether `draw` asks no map: another thread may then do it while the maps are stepped."""
        ...

    def draw(
        self, batch: RayBatch, config: Stage1Config, beta_m: float, generator: np.random.Generator
    ) -> Callable[[], SampledSurface]:
        """Samples of rays; what is called then adds what the maps say there."""
        ...

    def displaced(self, index: int) -> DisplacedFrame:
        """The mesh of a frame."""
        ...

    def offsets(self) -> dict[int, np.ndarray]:
        """Of every frame's vertices as they are now, by the frame's number."""
        ...

    def tensors(self) -> dict[str, Tensor]:
        """What a resumed run needs."""
        ...

    def load(self, stored: Mapping[str, Tensor]) -> None:
        """Take back what `tensors` gave."""


class BodyShell:
    """Around the bare body, whose offsets are lengths along its normals."""

    def __init__(self, avatar: Avatar, frames: Sequence[TrainingFrame], device: torch.device) -> None:
        self._avatar, self._device = avatar, device
        self._corner_uv, self._faces = corner_uv(avatar.body).numpy(), avatar.body.faces.numpy()
        self.place(frames)
        # the offsets each frame's vertices had when they were last computed: where to look for the surface
        self._known = torch.zeros(len(frames), avatar.body.num_vertices)

    def place(self, frames: Sequence[TrainingFrame]) -> None:
        """See Shell."""
        self._frames = tuple(frames)
        self._index = {frame.number: i for i, frame in enumerate(frames)}
        self._vertices = [torch.from_numpy(frame.vertices) for frame in frames]
        self._normals = [torch.from_numpy(frame.normals) for frame in frames]

    @torch.no_grad()
    def start(self) -> None:
        """See Shell."""
        for index, frame in enumerate(self._frames):
            self._known[index] = _vertex_offsets(self._avatar, frame.pose_vector, self._device)[:, 0]

    def can_look_ahead(self, config: Stage1Config) -> bool:
        """See Shell."""
        return config.has_interpolated_hits

    def draw(
        self, batch: RayBatch, config: Stage1Config, beta_m: float, generator: np.random.Generator
    ) -> Callable[[], SampledSurface]:
        """See Shell."""
        known = [self._known[self._index[frame.number]].numpy() for frame in batch.frames]
        hits = self._interpolated(known) if config.has_interpolated_hits else self._queried(batch)
        surfaces = known if config.has_interpolated_hits else ()
        samples = shell_samples(batch, config, self._corner_uv, hits, beta_m, generator, surfaces)

        def surface() -> SampledSurface:
            poses = PosesOfRays(batch, self._device)
            return SampledSurface(
                samples.to(self._device),
                lambda uv, ray: self._avatar.offset(uv, poses.at(ray))[:, 0],
                lambda uv, ray: self._avatar.query_texture(uv, poses.at(ray)),
            )

        return surface

    def displaced(self, index: int) -> DisplacedFrame:
        """See Shell; its offsets are remembered."""
        offsets = _vertex_offsets(self._avatar, self._frames[index].pose_vector, self._device)[:, 0]
        self._known[index] = offsets.detach()
        return DisplacedFrame(self._vertices[index] + offsets[:, None] * self._normals[index], offsets, None)

    def offsets(self) -> dict[int, np.ndarray]:
        """See Shell."""
        self.start()
        return {frame.number: self._known[i].numpy() for i, frame in enumerate(self._frames)}

    def tensors(self) -> dict[str, Tensor]:
        """See Shell."""
        return {"known_offsets": self._known}

    def load(self, stored: Mapping[str, Tensor]) -> None:
        """See Shell."""
        self._known = stored["known_offsets"].clone()

    def _interpolated(self, known: Sequence[np.ndarray]) -> HitOffsets:
        """Offsets between the vertices from those last known: no network query."""
        return lambda k, uv, face_index, barycentric: (known[k][self._faces[face_index]] * barycentric).sum(-1)

    def _queried(self, batch: RayBatch) -> HitOffsets:
        """Offsets from the map itself."""

        @torch.no_grad()
        def offsets(k: int, uv: np.ndarray, face_index: np.ndarray, barycentric: np.ndarray) -> np.ndarray:
            pose = batch.frames[k].pose_vector.to(self._device)
            return self._avatar.offset(torch.from_numpy(uv).to(self._device), pose)[:, 0].cpu().numpy()

        return offsets


class DisplacedShell:
    """Around the mesh that vectors displace, which is computed anew at every step for the frames of its rays."""

    def __init__(self, avatar: Avatar, frames: Sequence[TrainingFrame], device: torch.device) -> None:
        self._avatar, self._device = avatar, device
        self._corner_uv, self._faces = corner_uv(avatar.body), avatar.body.faces
        self._charts = chart_image(avatar.body, CHART_RESOLUTION).to(device)
        self.place(frames)

    @torch.no_grad()
    def place(self, frames: Sequence[TrainingFrame]) -> None:
        """See Shell."""
        self._frames = tuple(frames)
        self._index = {frame.number: i for i, frame in enumerate(frames)}
        self._vertices = torch.stack([torch.from_numpy(frame.vertices) for frame in frames])  # [K, V, 3]
        self._blends = torch.stack([pose_body(self._avatar.body, frame.pose).blend for frame in frames])  # [K, V, 3, 3]
        self._trees = [Bvh(frame.vertices, frame.bvh.faces) for frame in frames]

    def start(self) -> None:
        """See Shell."""

    def can_look_ahead(self, config: Stage1Config) -> bool:
        """See Shell: the mesh is that of this step."""
        return False

    def draw(
        self, batch: RayBatch, config: Stage1Config, beta_m: float, generator: np.random.Generator
    ) -> Callable[[], SampledSurface]:
        """See Shell."""
        return lambda: self._sampled(batch, config, beta_m, generator)

    @torch.no_grad()
    def _sampled(
        self, batch: RayBatch, config: Stage1Config, beta_m: float, generator: np.random.Generator
    ) -> SampledSurface:
        """Samples around the mesh as it is now."""
        moved, known = [], []
        for frame in batch.frames:
            index = self._index[frame.number]
            now = self.displaced(index)
            tree, vertices = self._trees[index], now.vertices.numpy()
            tree.refit(vertices)
            normals = vertex_normals(now.vertices, self._faces).numpy()
            moved.append(replace(frame, vertices=vertices, normals=normals, bvh=tree))
            known.append(now.offsets)
        on_mesh = replace(batch, frames=tuple(moved))
        still = [np.zeros(len(self._vertices[0]), np.float32)] * len(moved)
        samples = shell_samples(
            on_mesh, config, self._corner_uv.numpy(), on_the_mesh, beta_m,
            generator, still if config.has_interpolated_hits else (),
        )  # fmt: skip
        return self._surface(batch, on_mesh, samples, known)

    @torch.enable_grad()
    def _surface(
        self, batch: RayBatch, moved: RayBatch, samples: RaySamples, known: Sequence[Tensor]
    ) -> SampledSurface:
        """The first order of what the map's vectors change at the samples."""
        weights = samples.barycentric
        assert samples.face is not None and weights is not None
        slot = torch.from_numpy(batch.frame_slot())[samples.ray]
        corners = self._faces[samples.face]  # [N, 3]
        rows = slot[:, None] * len(self._vertices[0]) + corners  # of all frames' vertices, one after the other

        def at_corners(values: Sequence[Tensor]) -> Tensor:
            return torch.cat(list(values))[rows]

        def interpolated(values: Sequence[Tensor]) -> Tensor:
            return torch.einsum("nk,nk...->n...", weights, at_corners(values))

        normals = interpolated([torch.from_numpy(frame.normals) for frame in moved.frames])
        normal = torch.nn.functional.normalize(normals, dim=-1)
        blend = interpolated([self._blends[self._index[frame.number]] for frame in batch.frames])
        vertices = at_corners([torch.from_numpy(frame.vertices) for frame in moved.frames])
        frames = face_frames(
            vertices.view(-1, 3), torch.arange(3 * len(rows)).view(-1, 3), self._corner_uv[samples.face],
            torch.zeros(3 * len(rows)),
        )  # fmt: skip
        across = (normal[:, None] @ blend)[:, 0].to(self._device)  # [N, 3]: height per step in the T-pose's axes
        along = (frames.duals @ blend).to(self._device)  # [N, 2, 3]: uv per step
        start = interpolated(known).to(self._device)
        on_device, poses = samples.to(self._device), PosesOfRays(batch, self._device)
        vectors = self._avatar.offset(on_device.uv, poses.at(on_device.ray))  # [N, 3]
        height = (across * (vectors - start)).sum(-1)
        slide = (along @ (vectors - vectors.detach())[..., None])[..., 0]  # 0: only its derivative counts

        still = batch.frames[0].pose_vector  # for a texture that does not see it, which is asked faster so
        sees_pose = self._avatar.texture.pose is not None

        def color(uv: Tensor, ray: Tensor) -> Tensor:
            pose, place = poses.at(ray) if sees_pose else still, uv.detach()
            slope = self._texture_slope(place, pose)  # [M, 3, 2]
            return self._avatar.query_texture(place, pose) + (slope @ (uv - place)[..., None])[..., 0]

        return SampledSurface(replace(on_device, uv=on_device.uv - slide), lambda uv, ray: height, color)

    @torch.no_grad()
    def _texture_slope(self, uv: Tensor, pose: Tensor | PoseBatch) -> Tensor:  # [M, 2] -> [M, 3, 2]
        """d color / d(u, v), by differences that stay in a chart."""
        columns = []
        for axis in range(2):
            step = torch.zeros_like(uv)
            step[:, axis] = COLOR_STEP_UV
            ahead, behind = neighbor_uv(uv, self._charts, step), neighbor_uv(uv, self._charts, -step)
            apart = (ahead - behind)[:, axis : axis + 1]
            rise = self._avatar.query_texture(ahead, pose) - self._avatar.query_texture(behind, pose)
            columns.append(torch.where(apart > 0, rise / apart.clamp(min=1e-6), 0.0))
        return torch.stack(columns, -1)

    def displaced(self, index: int) -> DisplacedFrame:
        """See Shell."""
        vectors = _vertex_offsets(self._avatar, self._frames[index].pose_vector, self._device)
        blend = self._blends[index]
        return DisplacedFrame(self._vertices[index] + carried(blend, vectors), vectors, blend)

    @torch.no_grad()
    def offsets(self) -> dict[int, np.ndarray]:
        """See Shell."""
        return {frame.number: self.displaced(i).offsets.numpy() for i, frame in enumerate(self._frames)}

    def tensors(self) -> dict[str, Tensor]:
        """See Shell."""
        return {}

    def load(self, stored: Mapping[str, Tensor]) -> None:
        """See Shell."""


def _vertex_offsets(avatar: Avatar, pose_vector: Tensor, device: torch.device) -> Tensor:  # [72] -> [V, 1 or 3], CPU
    body = avatar.body
    values = avatar.offset(body.uv.to(device), pose_vector.to(device)).cpu()
    return average_over_seams(body, values)
