"""The pixels stage 2 learns from: those that the displaced mesh and the person cover wholly, with their geometry."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from phynes_core.avatar import Avatar
from phynes_core.body.atlas import corner_uv
from phynes_core.errors import CaptureError
from phynes_core.geometry.mesh import vertex_normals
from phynes_core.render.camera import Camera
from phynes_core.render.gbuffer import build_gbuffer
from phynes_core.render.rasterize import rasterize
from phynes_core.render.visibility import Occluder
from phynes_core.training.frames import TrainingFrame

WHOLE_COVERAGE = 253  # of 255: an edge pixel's color is half background

SMALLEST_FACE_PX = 1e-3  # twice the area in the image below which a face counts as edge-on


@dataclass(frozen=True)
class SurfacePixels:
    """`count` pixels of all frames and training views."""

    uv: np.ndarray  # [M, 2] float32 at the pixel's center
    uv_per_px: np.ndarray  # [M, 2, 2] float32, change of uv (rows) for a step right and a step down
    normal: np.ndarray  # [M, 3] float32 unit, world
    wo: np.ndarray  # [M, 3] float32 unit, surface -> eye
    corners: np.ndarray  # [M, 3] int32 vertex ids of the face
    barycentric: np.ndarray  # [M, 3] float32
    frame: np.ndarray  # [M] int32, place in the sequence of frames
    color: np.ndarray  # [M, 3] uint8 sRGB
    visibility_bits: np.ndarray  # [K, V, L / 32] uint32 of each frame's vertices, 1 = open

    @property
    def count(self) -> int:
        """M."""
        return len(self.uv)


@torch.no_grad()
def gather_surface_pixels(
    avatar: Avatar,
    frames: Sequence[TrainingFrame],
    directions: Tensor,  # [L, 3] of the probes
    has_visibility: bool,  # False: no rays are cast, everything is open
) -> SurfacePixels:
    """Rasterize the displaced mesh of every frame into its training views."""
    faces, uv = avatar.body.faces, corner_uv(avatar.body)
    rows, bits = [], []
    for place, frame in enumerate(frames):
        vertices = avatar.displaced_vertices(frame.pose)
        normals = vertex_normals(vertices, faces)
        if has_visibility:
            occluder = Occluder(vertices, faces)
            bits.append(occluder.point_bits(vertices, normals, directions).numpy().view(np.uint32))
        else:
            bits.append(np.full((len(vertices), len(directions) // 32), 0xFFFFFFFF, np.uint32))
        for view in frame.views:
            fragments = rasterize(vertices, faces, view.camera)
            gbuffer = build_gbuffer(fragments, vertices, faces, normals, uv, view.camera)
            pixel = gbuffer.pixel.numpy()
            whole = view.coverage.reshape(-1)[pixel] >= WHOLE_COVERAGE
            kept = torch.from_numpy(np.nonzero(whole)[0])
            per_face = uv_per_pixel(vertices, faces, uv, view.camera)
            rows.append(
                (
                    gbuffer.uv[kept].numpy(),
                    per_face[gbuffer.face_index[kept]].numpy(),
                    gbuffer.normal[kept].numpy(),
                    gbuffer.wo[kept].numpy(),
                    faces[gbuffer.face_index[kept]].numpy().astype(np.int32),
                    gbuffer.barycentric[kept].numpy(),
                    np.full(len(kept), place, np.int32),
                    view.image.reshape(-1, 3)[pixel[whole]],
                )
            )
    columns = [np.concatenate(column) for column in zip(*rows, strict=True)]
    if not len(columns[0]):
        raise CaptureError("training: the body covers no pixel of any mask; check cameras and body parameters")
    return SurfacePixels(*columns, visibility_bits=np.stack(bits))


def uv_per_pixel(
    vertices: Tensor,  # [V, 3] world
    faces: Tensor,  # [F, 3]
    corner_uv: Tensor,  # [F, 3, 2]
    camera: Camera,
) -> Tensor:  # [F, 2, 2]
    """d(u, v) / d(x, y) of each face in the image, perspective within a face left out; 0 for a face seen edge-on."""
    image = camera.project(vertices)[:, :2][faces]  # [F, 3, 2]
    across = torch.stack([image[:, 1] - image[:, 0], image[:, 2] - image[:, 0]], -1)  # columns: the two edges, px
    edges_uv = torch.stack([corner_uv[:, 1] - corner_uv[:, 0], corner_uv[:, 2] - corner_uv[:, 0]], -1)
    determinant = across[:, 0, 0] * across[:, 1, 1] - across[:, 0, 1] * across[:, 1, 0]
    adjugate = torch.stack([across[:, 1, 1], -across[:, 0, 1], -across[:, 1, 0], across[:, 0, 0]], -1).view(-1, 2, 2)
    is_seen = determinant.abs() > SMALLEST_FACE_PX
    inverse = adjugate / torch.where(is_seen, determinant, torch.ones_like(determinant))[:, None, None]
    return torch.where(is_seen[:, None, None], edges_uv @ inverse, torch.zeros(()))
