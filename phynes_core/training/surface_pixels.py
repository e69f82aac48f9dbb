"""The pixels stage 2 learns from: those that the displaced mesh and the person cover wholly, with their geometry."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from phynes_core.avatar.avatar import Avatar
from phynes_core.body.atlas import corner_uv
from phynes_core.body.model import displaced, pose_body
from phynes_core.body.parts import head_and_hands_faces
from phynes_core.errors import CaptureError
from phynes_core.geometry.mesh import vertex_normals
from phynes_core.render.camera import Camera
from phynes_core.render.gbuffer import build_gbuffer
from phynes_core.render.rasterize import rasterize
from phynes_core.render.visibility import Occluder
from phynes_core.training.frames import TrainingFrame, TrainingView

WHOLE_COVERAGE = 253  # of 255: an edge pixel's color is half background
PIXEL_COLUMNS = ("uv", "uv_per_px", "normal", "wo", "face", "barycentric", "frame", "camera", "color")
SMALLEST_FACE_PX = 1e-3  # twice the area in the image below which a face counts as edge-on


@dataclass(frozen=True)
class SurfacePixels:
    """`count` pixels of all frames and training views."""

    uv: np.ndarray  # [M, 2] float32 at the pixel's center
    uv_per_px: np.ndarray  # [M, 2, 2] float32, change of uv (rows) for a step right and a step down
    normal: np.ndarray  # [M, 3] float32 unit, world
    wo: np.ndarray  # [M, 3] float32 unit, surface -> eye
    face: np.ndarray  # [M] int32
    barycentric: np.ndarray  # [M, 3] float32
    frame: np.ndarray  # [M] int32, index in the sequence of frames
    camera: np.ndarray  # [M] int16, index in the sorted names of the training cameras
    color: np.ndarray  # [M, 3] uint8 sRGB
    visibility_bits: np.ndarray  # [K, V, L / 32] uint32 of each frame's vertices, 1 = open
    vertices: np.ndarray  # [K, V, 3] float32 world, displaced
    offsets: np.ndarray  # [K, V] or [K, V, 3] float32 metres, what they were moved by
    blends: np.ndarray | None  # [K, V, 3, 3] float32 of vectors: what carried them
    faces: np.ndarray  # [F, 3] int32 vertex ids
    corner_uv: np.ndarray  # [F, 3, 2] float32
    detailed: np.ndarray  # [D] int64, the rows that show head or hands

    def draw(self, count: int, detail_fraction: float, generator: np.random.Generator) -> np.ndarray:  # [count] int64
        """Random rows, with repetition; so large a share of them shows head and hands, where any do."""
        few = round(count * detail_fraction) if len(self.detailed) else 0
        rows = generator.integers(0, self.count, count)
        if few:
            rows[generator.choice(count, few, replace=False)] = generator.choice(self.detailed, few)
        return rows

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
    most: int,  # pixels to keep, spread evenly over all pictures by chance
    seed: int,
) -> SurfacePixels:
    """Rasterize the displaced mesh of every frame into its training views."""
    faces, uv = avatar.body.faces, corner_uv(avatar.body)
    share = min(1.0, most / max(1, _count_whole(frames)))
    columns: dict[str, list[np.ndarray]] = {name: [] for name in PIXEL_COLUMNS}
    bits, moved, amounts, blends = [], [], [], []
    cameras = camera_names(frames)
    for index, frame in enumerate(frames):
        offsets = avatar.vertex_offsets(frame.pose.vector())
        posed = pose_body(avatar.body, frame.pose)
        vertices = displaced(posed, faces, offsets)
        normals = vertex_normals(vertices, faces)
        if offsets.dim() == 2:
            blends.append(posed.blend.numpy().astype(np.float32))
        moved.append(vertices.numpy().astype(np.float32))
        amounts.append(offsets.numpy().astype(np.float32))
        if has_visibility:
            occluder = Occluder(vertices, faces)
            bits.append(occluder.vertex_bits(normals, directions).numpy().view(np.uint32))
        else:
            bits.append(np.full((len(vertices), len(directions) // 32), 0xFFFFFFFF, np.uint32))
        generator = np.random.default_rng((seed, index))
        for view in frame.views:
            fragments = rasterize(vertices, faces, view.camera)
            gbuffer = build_gbuffer(fragments, vertices, faces, normals, uv, view.camera)
            pixel = gbuffer.pixel.numpy()
            found = np.nonzero(_is_whole(view)[pixel])[0]
            if share < 1.0:
                found = np.sort(generator.choice(found, round(share * len(found)), replace=False))
            kept = torch.from_numpy(found)
            face = gbuffer.face_index[kept]
            values = {
                "uv": gbuffer.uv[kept],
                "uv_per_px": uv_per_pixel(vertices, faces, uv, view.camera)[face],
                "normal": gbuffer.normal[kept],
                "wo": gbuffer.wo[kept],
                "face": face.int(),
                "barycentric": gbuffer.barycentric[kept],
                "frame": torch.full((len(kept),), index, dtype=torch.int32),
                "camera": torch.full((len(kept),), cameras.index(view.camera_name), dtype=torch.int16),
                "color": torch.from_numpy(view.image.reshape(-1, 3)[pixel[found]]),
            }
            for name, value in values.items():
                columns[name].append(value.numpy())
    if not sum(map(len, columns["face"])):
        raise CaptureError("training: the body covers no pixel of any mask; check cameras and body parameters")
    joined = {name: np.concatenate(columns.pop(name)) for name in PIXEL_COLUMNS}  # one after the other: half the memory
    return SurfacePixels(
        **joined,
        detailed=np.nonzero(head_and_hands_faces(avatar.body).numpy()[joined["face"]])[0],
        visibility_bits=np.stack(bits),
        vertices=np.stack(moved),
        offsets=np.stack(amounts),
        blends=np.stack(blends) if blends else None,
        faces=faces.numpy().astype(np.int32),
        corner_uv=uv.numpy().astype(np.float32),
    )


def camera_names(frames: Sequence[TrainingFrame]) -> list[str]:
    """The training cameras, sorted."""
    return sorted({view.camera_name for frame in frames for view in frame.views})


def _count_whole(frames: Sequence[TrainingFrame]) -> int:
    return sum(int(_is_whole(view).sum()) for frame in frames for view in frame.views)


def _is_whole(view: TrainingView) -> np.ndarray:  # [H * W] bool
    """Pixels that the person covers wholly and certainly."""
    certain = np.zeros(view.coverage.size, bool)
    certain[view.mask_pixels] = True
    return certain & (view.coverage.reshape(-1) >= WHOLE_COVERAGE)


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
