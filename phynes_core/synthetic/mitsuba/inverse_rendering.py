"""Mitsuba's own inverse rendering of albedo and environment on a given mesh, to compare the learned maps with.

The path-replay integrator differentiates a diffuse surface with a bitmap of reflectance and an environment bitmap; Adam
takes the steps. Geometry stays as it is.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from phynes_core.conventions import PROBE_COLUMNS, PROBE_ROWS
from phynes_core.geometry.mesh import vertex_normals
from phynes_core.render.camera import Camera
from phynes_core.synthetic.mitsuba.scene import Crop, body_crop, make_mesh, make_sensor, split_at_seams
from phynes_core.synthetic.mitsuba.setup import load_drjit, load_mitsuba

_START = 0.5  # reflectance and radiance before the first step
_MESH, _LIGHT = "mesh.bsdf.reflectance.data", "emitter.data"


@dataclass(frozen=True)
class InverseOptions:
    """Number of steps, resolutions and learning rates."""

    steps: int = 300
    spp: int = 8
    size: int = 192  # pixels across of the pictures that are compared
    texture_size: int = 256  # texels a side
    albedo_rate: float = 0.03
    light_rate: float = 0.03
    final_fraction: float = 0.1  # of both rates at the last step, reached exponentially
    max_depth: int = 2  # direct light only, as our renderer shows the result
    seed: int = 0


@dataclass(frozen=True)
class InverseShot:
    """One frame's mesh and the pictures of it."""

    vertices: Tensor  # [V, 3] world
    views: tuple[tuple[Camera, Tensor, Tensor], ...]  # camera; [H, W, 3] linear over black; coverage [H, W]


@dataclass(frozen=True)
class InverseRendering:
    """The recovered albedo and environment."""

    albedo: Tensor  # [R, R, 3] linear, row 0 at v = 1
    environment: Tensor  # [16, 32, 3] linear radiance, our lat-long
    losses: tuple[float, ...]  # of each step
    seconds: float


@dataclass(frozen=True)
class _Target:
    scene: Any
    parameters: Any
    sensor: Any
    image: Any  # TensorXf [h, w, 3]
    weight: Any  # TensorXf [h, w, 1]: 1 where the pixel is wholly the person


def recover_albedo(
    shots: Sequence[InverseShot],
    faces: Tensor,  # [F, 3]
    corner_uv: Tensor,  # [F, 3, 2]
    options: InverseOptions,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> InverseRendering:
    """Fit reflectance and environment to the pictures. Raises BackendError when Mitsuba cannot run here."""
    mi, dr = load_mitsuba(), load_drjit()
    started = time.perf_counter()
    targets = [target for shot in shots for target in _targets(shot, faces, corner_uv, options)]
    size = options.texture_size
    albedo = mi.ad.Adam(lr=options.albedo_rate, params={"value": dr.full(mi.TensorXf, _START, (size, size, 3))})
    light = mi.ad.Adam(lr=options.light_rate, params={"value": dr.full(mi.TensorXf, _START, _light_shape(targets[0]))})
    order = np.random.default_rng(options.seed)
    losses: list[float] = []
    queue: list[int] = []
    for step in range(options.steps):
        queue = queue or list(order.permutation(len(targets)))
        target = targets[queue.pop()]
        decay = options.final_fraction ** (step / max(options.steps - 1, 1))
        albedo.set_learning_rate(options.albedo_rate * decay)
        light.set_learning_rate(options.light_rate * decay)
        target.parameters[_MESH], target.parameters[_LIGHT] = albedo["value"], light["value"]
        target.parameters.update()
        image = mi.render(
            target.scene, target.parameters, sensor=target.sensor, spp=options.spp, seed=options.seed + step
        )
        loss = dr.mean(target.weight * dr.square(image[..., :3] - target.image), axis=None)
        dr.backward(loss)
        albedo.step()
        light.step()
        albedo["value"] = dr.clip(dr.detach(albedo["value"]), 1e-3, 0.999)
        light["value"] = dr.maximum(dr.detach(light["value"]), 0.0)
        losses.append(float(np.array(loss).reshape(())))
        progress(step + 1, options.steps)
    found = torch.from_numpy(np.array(albedo["value"]).copy())
    return InverseRendering(found, _our_latlong(light["value"]), tuple(losses), time.perf_counter() - started)


def _targets(shot: InverseShot, faces: Tensor, corner_uv: Tensor, options: InverseOptions) -> list[_Target]:
    mi = load_mitsuba()
    split = split_at_seams(faces.numpy(), corner_uv.double().numpy())
    points = shot.vertices.double().numpy()
    start = mi.Bitmap(np.full((options.texture_size, options.texture_size, 3), _START, np.float32))
    texture = {"type": "bitmap", "bitmap": start, "raw": True, "wrap_mode": "clamp"}
    bsdf = mi.load_dict({"type": "diffuse", "reflectance": texture})
    normals = vertex_normals(shot.vertices, faces).double().numpy()
    mesh = make_mesh(points[split.vertex], split.faces, bsdf, normals[split.vertex], split.uv)
    sky = mi.Bitmap(np.full((PROBE_ROWS + 1, PROBE_COLUMNS, 3), _START, np.float32))
    scene = mi.load_dict({
        "type": "scene",
        "integrator": {"type": "prb", "max_depth": options.max_depth, "rr_depth": 100, "hide_emitters": True},
        "mesh": mesh,
        "emitter": {"type": "envmap", "bitmap": sky},
    })  # fmt: skip
    parameters = mi.traverse(scene)
    targets = []
    for camera, image, coverage in shot.views:
        small = camera.resized(options.size, round(options.size * camera.height / camera.width))
        crop = body_crop(points, small)
        sensor = mi.load_dict(make_sensor(small, crop, options.spp))
        seen = _shrunk(torch.cat([image, coverage[..., None]], -1), small, crop)
        whole = (seen[..., 3:] > 0.99).astype(np.float32)
        targets.append(_Target(scene, parameters, sensor, mi.TensorXf(seen[..., :3].copy()), mi.TensorXf(whole)))
    return targets


def _shrunk(image: Tensor, camera: Camera, crop: Crop) -> np.ndarray:  # [H, W, C] -> [h, w, C] of the crop
    small = torch.nn.functional.adaptive_avg_pool2d(image.permute(2, 0, 1)[None], (camera.height, camera.width))
    pixels = small[0].permute(1, 2, 0).numpy()
    return np.ascontiguousarray(pixels[crop.y : crop.y + crop.height, crop.x : crop.x + crop.width])


def _light_shape(target: _Target) -> tuple[int, ...]:
    """Mitsuba repeats columns beyond either side for the wrap."""
    return tuple(target.parameters[_LIGHT].shape)


def _our_latlong(values: Any) -> Tensor:  # Mitsuba's [17, 1 + 32 + 1, 3] -> [16, 32, 3]
    """Its rows stand on the cells' borders and its u is ours minus a quarter turn (scene.make_environment)."""
    rows = torch.from_numpy(np.array(values).copy())
    margin = (rows.shape[1] - PROBE_COLUMNS) // 2
    rows = rows[:, margin : margin + PROBE_COLUMNS, :3]
    return torch.roll(0.5 * (rows[:-1] + rows[1:]), PROBE_COLUMNS // 4, 1)
