"""Mitsuba scenes of one posed mesh: meshes, materials, environments and cameras converted from our conventions."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from phynes_core.render.camera import Camera
from phynes_core.synthetic.mitsuba.bsdf import PLUGIN_NAME
from phynes_core.synthetic.mitsuba.setup import load_mitsuba
from phynes_core.synthetic.surface.subdivision import Array, Indices, vertex_normals

_FAR = 1e4


@dataclass(frozen=True)
class Crop:
    """The part of the image that is rendered."""

    x: int
    y: int
    width: int
    height: int

    def paste(self, values: NDArray[Any], camera: Camera) -> NDArray[Any]:  # [h, w, C] -> [H, W, C], zeros outside
        """Put a rendered crop into the full frame."""
        image = np.zeros((camera.height, camera.width, *values.shape[2:]), values.dtype)
        image[self.y : self.y + self.height, self.x : self.x + self.width] = values
        return image


@dataclass(frozen=True)
class SeamSplit:
    """Vertices duplicated where uv has a seam; normals stay smooth across it."""

    vertex: Indices  # [Vs] dense vertex of each split vertex
    faces: Indices  # [F, 3]
    uv: Array  # [Vs, 2]


def split_at_seams(faces: Indices, corner_uv: Array) -> SeamSplit:
    """One split vertex per distinct (vertex, uv)."""
    corners = np.concatenate([faces.reshape(-1, 1).astype(np.float64), np.round(corner_uv.reshape(-1, 2), 6)], 1)
    unique, inverse = np.unique(corners, axis=0, return_inverse=True)
    return SeamSplit(unique[:, 0].astype(np.int64), inverse.reshape(-1, 3), unique[:, 1:])


def make_mesh(
    vertices: Array,  # [V, 3] world
    faces: Indices,  # [F, 3]
    bsdf: Any | None = None,
    normals: Array | None = None,  # [V, 3] None: area-weighted
    uv: Array | None = None,  # [V, 2] v up
) -> Any:
    """A mitsuba.Mesh in memory."""
    mi = load_mitsuba()
    properties = mi.Properties()
    if bsdf is not None:
        properties["mesh_bsdf"] = bsdf
    normals = vertex_normals(vertices, faces) if normals is None else normals
    mesh = mi.Mesh(
        "mesh",
        len(vertices),
        len(faces),
        has_vertex_normals=True,
        has_vertex_texcoords=uv is not None,
        props=properties,
    )
    parameters = mi.traverse(mesh)
    parameters["vertex_positions"] = np.asarray(vertices, np.float32).ravel()
    parameters["faces"] = np.asarray(faces, np.uint32).ravel()
    parameters["vertex_normals"] = np.asarray(normals, np.float32).ravel()
    if uv is not None:  # meshes in memory have v down, unlike the meshes in files that the documentation describes
        parameters["vertex_texcoords"] = np.stack([uv[:, 0], 1 - uv[:, 1]], 1).astype(np.float32).ravel()
    parameters.update()
    return mesh


def make_subject_mesh(vertices: Array, faces: Indices, split: SeamSplit, bsdf: Any) -> Any:
    """The subject's mesh: normals from the closed surface, uv per split vertex."""
    normals = vertex_normals(vertices, faces)
    return make_mesh(vertices[split.vertex], split.faces, bsdf, normals[split.vertex], split.uv)


def make_texture(values: NDArray[np.float32]) -> Any:  # [R, R, C] linear, row 0 at v = 1
    """A texture whose numbers are used as they are."""
    mi = load_mitsuba()
    bitmap = mi.Bitmap(np.ascontiguousarray(values))
    return mi.load_dict({"type": "bitmap", "bitmap": bitmap, "raw": True, "wrap_mode": "clamp"})


def make_brdf(albedo: Any, roughness: Any) -> Any:  # Mitsuba textures
    """The project's BRDF with these textures."""
    return load_mitsuba().load_dict({"type": PLUGIN_NAME, "albedo": albedo, "roughness": roughness})


def make_white_diffuse(albedo: float = 0.8) -> Any:
    """The white material of the shading images."""
    return load_mitsuba().load_dict({"type": "diffuse", "reflectance": {"type": "rgb", "value": albedo}})


def make_environment(image: Tensor) -> Any:  # [H, W, 3] linear, conventions.py's lat-long
    """An environment emitter that shows `image` bilinearly between its texel centers.

    Mitsuba's direction is (sin 2 pi u sin pi v, cos pi v, -cos 2 pi u sin pi v): its u is ours minus a quarter turn. It
    puts row j at v = j / (rows - 1) and ours stand at (r + 1/2) / H, so it gets 2 H + 1 rows, every other one ours.
    """
    mi = load_mitsuba()
    rows = image.numpy().astype(np.float32)
    height, width = rows.shape[:2]
    fine = np.empty((2 * height + 1, width, 3), np.float32)
    fine[1::2] = rows
    fine[2:-1:2] = 0.5 * (rows[:-1] + rows[1:])
    fine[0], fine[-1] = rows[0], rows[-1]
    shift = width / 4
    whole = math.floor(shift)
    turned = np.roll(fine, -whole, axis=1)
    if shift != whole:
        turned = (1 - (shift - whole)) * turned + (shift - whole) * np.roll(fine, -whole - 1, axis=1)
    return mi.load_dict({"type": "envmap", "bitmap": mi.Bitmap(np.ascontiguousarray(turned))})


def make_sensor(camera: Camera, crop: Crop, spp: int) -> dict[str, Any]:
    """A pinhole with the principal point in the middle, rendering only `crop`."""
    mi = load_mitsuba()
    rotation = camera.T_cam_world[:3, :3].double()
    origin = camera.center.double()
    focal = float(camera.intrinsics[0, 0])
    middle = torch.tensor([camera.width / 2, camera.height / 2])
    if (
        not torch.allclose(camera.intrinsics[:2, 2], middle)
        or abs(float(camera.intrinsics[1, 1]) - focal) > 1e-3 * focal
    ):
        raise ValueError("camera: expected square pixels and the principal point in the middle; resample the view")
    to_world = mi.ScalarTransform4f().look_at(
        origin=origin.tolist(), target=(origin + rotation[2]).tolist(), up=(-rotation[1]).tolist()
    )
    return {
        "type": "perspective",
        "fov": math.degrees(2 * math.atan(0.5 * camera.width / focal)),
        "fov_axis": "x",
        "near_clip": 0.01,
        "far_clip": _FAR,
        "to_world": to_world,
        "film": {
            "type": "hdrfilm",
            "width": camera.width,
            "height": camera.height,
            "crop_offset_x": crop.x,
            "crop_offset_y": crop.y,
            "crop_width": crop.width,
            "crop_height": crop.height,
            "rfilter": {"type": "box"},
            "pixel_format": "rgba",
            "component_format": "float32",
        },
        "sampler": {"type": "multijitter", "sample_count": spp},
    }


def body_crop(vertices: Array, camera: Camera, margin_px: int = 3) -> Crop:
    """The smallest crop that holds all vertices, with a margin."""
    screen = camera.project(torch.as_tensor(vertices, dtype=torch.float32))[:, :2].numpy()
    low = np.maximum(np.floor(screen.min(0)).astype(int) - margin_px, 0)
    high = np.minimum(np.ceil(screen.max(0)).astype(int) + margin_px, [camera.width, camera.height])
    if (high - low).min() < 1:
        raise ValueError("camera: expected the subject in the picture, got it outside")
    return Crop(int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1]))
