"""Pictures of a Mitsuba scene: radiance with coverage, and buffers of materials and geometry per pixel."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from phynes_core.render.camera import Camera
from phynes_core.synthetic.mitsuba.scene import Crop, make_mesh, make_sensor
from phynes_core.synthetic.mitsuba.setup import load_drjit, load_mitsuba
from phynes_core.synthetic.surface.subdivision import Array, Indices

_PATH_DEPTH = 4  # paths with up to three reflections
_GRID = 8  # sub-pixel samples a side for the area mean of materials
_WAYS, _LOWEST, _OFF_M = 96, -0.2, 1e-4  # directions in which faces are looked at, sine of the lowest; metres
_MOST_RAYS = 1 << 20  # per call; a call costs at least 10 ms


@dataclass(frozen=True)
class SurfaceBuffers:
    """Ground truth of one view, full frame. Background 0."""

    albedo: Tensor  # [H, W, 3] mean over the pixel's area, premultiplied by coverage
    roughness: Tensor  # [H, W, 1] likewise
    normal: Tensor  # [H, W, 3] world, shading normal at the pixel's center
    depth: Tensor  # [H, W, 1] camera z at the pixel's center, metres
    center_mask: Tensor  # [H, W] bool


def render_radiance(
    mesh: Any,
    emitter: Any,
    camera: Camera,
    crop: Crop,
    spp: int,
    seed: int,
    direct_only: bool = False,
) -> tuple[Tensor, Tensor]:  # radiance [H, W, 3] linear, premultiplied; coverage [H, W]
    """Path-traced picture over black; the emitter itself is not visible."""
    mi = load_mitsuba()
    depth = 2 if direct_only else _PATH_DEPTH
    scene = mi.load_dict({
        "type": "scene",
        "integrator": {"type": "path", "max_depth": depth, "rr_depth": 100, "hide_emitters": True},
        "sensor": make_sensor(camera, crop, spp),
        "mesh": mesh,
        "emitter": emitter,
    })  # fmt: skip
    pixels = crop.paste(np.array(mi.render(scene, spp=spp, seed=seed)), camera)
    return torch.from_numpy(pixels[..., :3].copy()), torch.from_numpy(pixels[..., 3].clip(0.0, 1.0).copy())


def faces_seen(vertices: Array, faces: Indices) -> NDArray[np.bool_]:  # [V, 3] metres, [F, 3] -> [F]
    """Which faces a camera on some side, not far below the subject, can see the middle of."""
    mi = load_mitsuba()
    scene = mi.load_dict({"type": "scene", "mesh": make_mesh(vertices, faces)})
    corners = vertices[faces]
    out = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    start = corners.mean(1) + _OFF_M * out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-12)
    seen = np.zeros(len(faces), bool)
    index = np.arange(_WAYS) + 0.5
    height, turn = _LOWEST + (1 - _LOWEST) * index / _WAYS, np.pi * (1 + 5**0.5) * index
    flat = np.sqrt(1 - height**2)
    for way in np.stack([flat * np.cos(turn), height, flat * np.sin(turn)], 1):
        k = np.flatnonzero(~seen & (out @ way > 0))
        origin = mi.Point3f(np.ascontiguousarray(start[k].T.astype(np.float32)))
        hit = scene.ray_test(mi.Ray3f(origin, mi.Vector3f(*(float(value) for value in way))))
        seen[k] = ~np.array(hit)
    return seen


def surface_buffers(mesh: Any, albedo: Any, roughness: Any, camera: Camera, crop: Crop) -> SurfaceBuffers:
    """Materials by a regular grid of rays in each pixel; geometry by the ray through its center."""
    mi, dr = load_mitsuba(), load_drjit()
    scene = mi.load_dict({"type": "scene", "mesh": mesh})
    y, x = np.mgrid[crop.y : crop.y + crop.height, crop.x : crop.x + crop.width].astype(np.float32)

    def hit(offsets: NDArray[np.float32]) -> tuple[Any, NDArray[np.float32]]:  # [K, 2] -> of [K, H, W] rays
        pixels = torch.from_numpy(np.stack([x, y], -1) + offsets[:, None, None])
        directions = camera.ray_directions(pixels).reshape(-1, 3).numpy()
        origin = mi.Point3f(*(float(value) for value in camera.center))
        return scene.ray_intersect(mi.Ray3f(origin, mi.Vector3f(np.ascontiguousarray(directions.T)))), directions

    total = np.zeros((crop.height * crop.width, 4), np.float64)
    steps = ((np.arange(_GRID) + 0.5) / _GRID).astype(np.float32)
    grid = np.stack(np.meshgrid(steps, steps), -1).reshape(-1, 2)  # row after row
    per_call = max(1, _MOST_RAYS // len(total))
    for start in range(0, len(grid), per_call):
        si, _ = hit(grid[start : start + per_call])
        valid = si.is_valid()
        color = dr.select(valid, albedo.eval(si, valid), 0.0)
        rough = dr.select(valid, roughness.eval_1(si, valid), 0.0)
        found = np.concatenate([np.array(color), np.array(rough)[None]])
        total += found.reshape(4, -1, len(total)).sum(1, dtype=np.float64).T
    mean = (total / _GRID**2).astype(np.float32).reshape(crop.height, crop.width, 4)

    si, directions = hit(np.full((1, 2), 0.5, np.float32))
    valid = np.array(si.is_valid())
    forward = directions @ camera.T_cam_world[2, :3].numpy()
    depth = np.where(valid, np.array(si.t) * forward, 0.0).astype(np.float32)
    normal = np.where(valid[:, None], np.array(si.sh_frame.n).T, 0.0).astype(np.float32)

    def full(values: NDArray[Any], channels: int) -> Tensor:
        return torch.from_numpy(crop.paste(values.reshape(crop.height, crop.width, channels), camera))

    return SurfaceBuffers(
        albedo=full(np.ascontiguousarray(mean[..., :3]), 3),
        roughness=full(np.ascontiguousarray(mean[..., 3:]), 1),
        normal=full(normal, 3),
        depth=full(depth, 1),
        center_mask=full(valid, 1)[..., 0],
    )
