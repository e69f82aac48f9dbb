"""Where stage 1 looks: rays through pixels of a few frames, and samples along them inside the shell around the body."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch
from torch import Tensor

from phynes_core.kernels.cpu.bvh import KnownSurface
from phynes_core.maps.neural_map import PoseBatch
from phynes_core.render.camera import Camera
from phynes_core.render.volume import RaySamples
from phynes_core.training.frames import TrainingFrame
from phynes_core.training.presets import Stage1Config

NEAR_M = 0.1  # rays start at least this far from the camera
LAST_SPACING_M = 5e-3  # of a ray's last sample, which has no next one (the family's fixed delta, FORMATS section 5)
MAX_SPACING_M = 0.02  # a sample stands for at most this much of its ray: gaps between shells are empty
HIT_WINDOW_M = 0.5  # a crossing is interpolated only from a sample outside that is this near to the surface


@dataclass(frozen=True)
class RayBatch:
    """R rays, grouped by frame; what each should show. `rays_per_pixel` neighboring rows share a pixel."""

    frames: tuple[TrainingFrame, ...]  # the K frames of this batch
    first: np.ndarray  # [K + 1] int64, rows first[k]:first[k + 1] belong to frames[k]
    origins: np.ndarray  # [R, 3] float32 world
    directions: np.ndarray  # [R, 3] float32 unit
    target: np.ndarray  # [R, 3] float32 sRGB, premultiplied by coverage
    coverage: np.ndarray  # [R] float32

    @property
    def num_rays(self) -> int:
        """How many rays."""
        return len(self.origins)

    def frame_slot(self) -> np.ndarray:  # [R] int64
        """Which of the K frames each ray belongs to."""
        return np.repeat(np.arange(len(self.frames)), np.diff(self.first))


class PosesOfRays:
    """The pose vectors of a batch's frames on a device."""

    def __init__(self, batch: RayBatch, device: torch.device) -> None:
        self._poses = torch.stack([frame.pose_vector for frame in batch.frames]).to(device)
        self._slots = torch.from_numpy(batch.frame_slot()).to(device)

    def at(self, ray: Tensor) -> PoseBatch:  # [N]
        """What the maps see of each of these rays."""
        return PoseBatch(self._poses, self._slots[ray])


# (frame slot k, uv [N, 2], face_index [N], barycentric [N, 3]) -> offset in metres [N]
HitOffsets = Callable[[int, np.ndarray, np.ndarray, np.ndarray], np.ndarray]


def on_the_mesh(k: int, uv: np.ndarray, face_index: np.ndarray, barycentric: np.ndarray) -> np.ndarray:
    """HitOffsets of a surface that is the mesh itself."""
    return np.zeros(len(uv), np.float32)


def step_generator(seed: int, stage: int, step: int) -> np.random.Generator:
    """The random numbers of one step: a resumed run needs no generator state to go on bit for bit."""
    return np.random.default_rng((seed, stage, step))


def sample_rays(frames: Sequence[TrainingFrame], config: Stage1Config, generator: np.random.Generator) -> RayBatch:
    """Rays through random pixels of random frames: `mask_fraction` on the person, the rest around.

    Of those on the person, `detail_fraction` goes to head and hands, where a view shows them.
    """
    count = min(config.frames_per_step, len(frames))
    chosen = tuple(frames[i] for i in sorted(generator.choice(len(frames), count, replace=False)))
    num_pixels = config.rays // config.rays_per_pixel
    per_view = max(1, num_pixels // sum(len(frame.views) for frame in chosen))
    num_mask = round(per_view * config.mask_fraction)
    parts, first = [], [0]
    for frame in chosen:
        for view in frame.views:
            around = view.ring_pixels if len(view.ring_pixels) else view.mask_pixels
            detailed = view.head_and_hands_pixels
            num_detailed = round(num_mask * config.detail_fraction) if len(detailed) else 0
            pixels = np.concatenate([
                _pick(detailed, num_detailed, generator), _pick(view.mask_pixels, num_mask - num_detailed, generator),
                _pick(around, per_view - num_mask, generator),
            ])  # fmt: skip
            pixels = np.repeat(pixels, config.rays_per_pixel)
            shift = pixel_shifts(per_view, config.rays_per_pixel, generator if config.has_pixel_jitter else None)
            origins, directions = pixel_rays(view.camera, pixels, shift)
            target = view.image.reshape(-1, 3)[pixels].astype(np.float32) / 255.0
            coverage = view.coverage.reshape(-1)[pixels].astype(np.float32) / 255.0
            parts.append((origins, directions, target, coverage))
        first.append(first[-1] + per_view * config.rays_per_pixel * len(frame.views))
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    return RayBatch(chosen, np.array(first), *columns)


def pixel_shifts(
    pixels: int, per_pixel: int, generator: np.random.Generator | None
) -> np.ndarray:  # [pixels * per_pixel, 2]
    """Points inside pixels, one in each cell of a square grid: at random, or (None) in the cells' middles."""
    side = round(per_pixel**0.5)
    cell = np.stack(np.meshgrid(np.arange(side), np.arange(side)), -1).reshape(1, side * side, 2)
    inside = 0.5 if generator is None else generator.random((pixels, side * side, 2))
    return np.broadcast_to((cell + inside) / side, (pixels, side * side, 2)).reshape(-1, 2)


def pixel_rays(
    camera: Camera,
    pixels: np.ndarray,  # [N] flat index, row * width + column
    shift: np.ndarray,  # [N, 2] point inside the pixel, 0.5 is its center
) -> tuple[np.ndarray, np.ndarray]:  # origins [N, 3], directions [N, 3] unit; float32 world
    """Rays through points inside pixels."""
    row, column = np.divmod(pixels, camera.width)
    points = np.stack([column + shift[:, 0], row + shift[:, 1], np.ones(len(pixels))], -1).astype(np.float32)
    T_cam_world = camera.T_cam_world.numpy()
    directions = points @ (np.linalg.inv(camera.intrinsics.numpy()).T @ T_cam_world[:3, :3])
    directions /= np.sqrt((directions * directions).sum(1, keepdims=True))
    center = -T_cam_world[:3, :3].T @ T_cam_world[:3, 3]
    return np.repeat(center[None], len(pixels), 0), directions


def shell_samples(
    batch: RayBatch,
    config: Stage1Config,
    corner_uv: np.ndarray,  # [F, 3, 2]
    hit_offsets: HitOffsets,
    beta_m: float,
    generator: np.random.Generator | None,  # None: samples in the middle of their intervals
    vertex_offsets: Sequence[
        np.ndarray
    ] = (),  # [K] of [V] m where `hit_offsets` interpolates these: rays end behind them
) -> RaySamples:
    """`coarse_samples` across the body's box plus `fine_samples` around the first hit, kept where they can matter.

    Dropped: samples outside the shell, those `cull_behind_m` behind the hit, and (with has_interpolated_hits) those so
    far from the surface that they are empty or hidden.
    """
    near, far = _box_interval(batch, config.shell_upper_m)
    distance = near[:, None] + (far - near)[:, None] * _strata(batch.num_rays, config.coarse_samples, generator)
    shift_m = config.surface_shift * beta_m  # the fog's middle lies this far inside the mesh
    behind_m = config.cull_behind_m
    surfaces = [KnownSurface(offsets, shift_m, behind_m) for offsets in vertex_offsets] if behind_m > 0 else []
    coarse = _march(batch, config, corner_uv, hit_offsets, distance.astype(np.float32), surfaces)
    hit, is_hit = _first_hit(coarse, shift_m)
    band = 4.0 * beta_m + config.fine_band_m
    spread = 2.0 * _strata(batch.num_rays, config.fine_samples, generator) - 1.0
    fine = _march(batch, config, corner_uv, hit_offsets, (hit[:, None] + band * spread).astype(np.float32))
    both = _side_by_side(coarse, fine)
    order = np.argsort(both.distance, 1, kind="stable")
    distance = np.take_along_axis(both.distance, order, 1)
    keep = np.take_along_axis(both.is_inside, order, 1)
    if config.cull_behind_m > 0:
        keep = keep & ~(is_hit[:, None] & (distance > hit[:, None] + config.cull_behind_m))
    if config.has_interpolated_hits:  # further out density < exp(-8) / 2 beta; further in nothing is seen
        near = np.abs(both.signed_distance + shift_m) < 8.0 * beta_m + config.fine_band_m
        keep = keep & np.take_along_axis(near, order, 1)
    ray, slot = np.nonzero(keep)
    next_distance = np.append(distance, distance[:, -1:] + LAST_SPACING_M, 1)
    spacing = next_distance[ray, slot + 1] - distance[ray, slot]
    rows = ray * order.shape[1] + order[ray, slot]
    return RaySamples(
        ray=torch.from_numpy(ray),
        slot=torch.from_numpy(slot),
        uv=torch.from_numpy(both.uv.reshape(-1, 2)[rows]),
        height=torch.from_numpy(both.height.reshape(-1)[rows]),
        spacing=torch.from_numpy(np.minimum(spacing, MAX_SPACING_M).astype(np.float32)),
        num_rays=batch.num_rays,
        num_slots=order.shape[1],
        face=torch.from_numpy(both.face_index.reshape(-1)[rows]).long(),
        barycentric=torch.from_numpy(both.barycentric.reshape(-1, 3)[rows]),
    )


@dataclass(frozen=True)
class _March:
    """Samples of all rays, R x S."""

    distance: np.ndarray  # [R, S]
    height: np.ndarray  # [R, S]
    uv: np.ndarray  # [R, S, 2]
    is_inside: np.ndarray  # [R, S] in the shell
    signed_distance: np.ndarray  # [R, S] height minus the offset that `hit_offsets` knows; large outside the shell
    face_index: np.ndarray  # [R, S] int32
    barycentric: np.ndarray  # [R, S, 3]


def _march(
    batch: RayBatch, config: Stage1Config, corner_uv: np.ndarray, hit_offsets: HitOffsets, distance: np.ndarray,
    surfaces: Sequence[KnownSurface] = (),
) -> _March:  # fmt: skip
    shape = distance.shape
    height, is_inside = np.empty(shape, np.float32), np.empty(shape, bool)
    uv, signed = np.empty((*shape, 2), np.float32), np.full(shape, 1e3, np.float32)
    face_index, barycentric = np.empty(shape, np.int32), np.empty((*shape, 3), np.float32)
    for k, frame in enumerate(batch.frames):
        rows = slice(batch.first[k], batch.first[k + 1])
        if rows.start == rows.stop:
            continue
        height[rows], uv[rows], face_index[rows], barycentric[rows], is_inside[rows] = frame.bvh.heights_along_rays(
            frame.normals,
            corner_uv,
            batch.origins[rows],
            batch.directions[rows],
            distance[rows],
            config.shell_lower_m,
            config.shell_upper_m,
            surfaces[k] if surfaces else None,
        )
        inside = is_inside[rows]
        offset = hit_offsets(k, uv[rows][inside], face_index[rows][inside], barycentric[rows][inside])
        signed[rows][inside] = height[rows][inside] - offset
    return _March(distance, height, uv, is_inside, signed, face_index, barycentric)


def _side_by_side(coarse: _March, fine: _March) -> _March:
    names = (entry.name for entry in fields(_March))
    return _March(*(np.concatenate([getattr(coarse, name), getattr(fine, name)], 1) for name in names))


def _first_hit(march: _March, depth_m: float) -> tuple[np.ndarray, np.ndarray]:  # distance [R], is_hit [R]
    """Where each ray first goes `depth_m` inside; where none does, its sample nearest to the surface."""
    rows = np.arange(len(march.distance))
    signed = march.signed_distance + depth_m
    inside = signed < 0
    is_hit = np.asarray(inside.any(1))
    after = np.where(is_hit, inside.argmax(1), signed.argmin(1))
    before = np.maximum(after - 1, 0)
    outer, inner = signed[rows, before], signed[rows, after]
    can_interpolate = is_hit & (outer > 0) & (outer < HIT_WINDOW_M)
    share = np.where(can_interpolate, outer / np.maximum(outer - inner, 1e-6), 1.0)
    return march.distance[rows, before] * (1 - share) + march.distance[rows, after] * share, is_hit


def _box_interval(batch: RayBatch, margin_m: float) -> tuple[np.ndarray, np.ndarray]:  # near [R], far [R]
    """Where each ray is inside the box of its frame's body, widened by `margin_m`."""
    near, far = np.empty(batch.num_rays, np.float32), np.empty(batch.num_rays, np.float32)
    for k, frame in enumerate(batch.frames):
        rows = slice(batch.first[k], batch.first[k + 1])
        directions = batch.directions[rows]
        directions = np.where(np.abs(directions) < 1e-9, 1e-9, directions)
        least, greatest = frame.box
        low = (least - margin_m - batch.origins[rows]) / directions
        high = (greatest + margin_m - batch.origins[rows]) / directions
        near[rows] = np.maximum(np.minimum(low, high).max(1), NEAR_M)
        far[rows] = np.maximum(np.maximum(low, high).min(1), near[rows] + 1e-3)
    return near, far


def _strata(rays: int, samples: int, generator: np.random.Generator | None) -> np.ndarray:  # [R, S] in [0, 1)
    inside = 0.5 if generator is None else generator.random((rays, samples))
    return np.broadcast_to((np.arange(samples) + inside) / samples, (rays, samples))


def _pick(pixels: np.ndarray, count: int, generator: np.random.Generator) -> np.ndarray:
    return pixels[generator.integers(0, len(pixels), count)]
