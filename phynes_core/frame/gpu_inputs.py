"""What a frame gives to the GPU's passes: numbers of the camera and of each avatar, and their arrays."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from phynes_core.avatar.avatar import Avatar
from phynes_core.body.model import Pose
from phynes_core.frame.gpu_arrays import Topology, body_arrays, chart_steps, pose_array
from phynes_core.frame.gpu_maps import map_arrays, map_constants, map_values
from phynes_core.frame.kept import version_of
from phynes_core.kernels.gpu.device import GpuDevice
from phynes_core.kernels.gpu.graph import PassGraph
from phynes_core.maps.material_edit import MaterialEdit
from phynes_core.render.camera import Camera
from phynes_core.render.ground import Ground, GroundGrids
from phynes_core.render.rasterize import NEAR_M

TILE = 512  # pixels a side whose subsamples are drawn at once
_MAPS = ("offset", "albedo", "roughness")
_OF_BODY = ("joints", "rest", "shape_directions", "pose_directions", "weights", "uv", "copies")


def camera_values(samples: Camera, picture: Camera, options: Mapping[str, Any]) -> dict[str, Any]:
    """Of the camera that is sampled, and of the picture that its samples are averaged to."""
    view, lens = samples.T_cam_world.float(), samples.intrinsics.float()
    width, height = samples.width, samples.height
    ray = (torch.linalg.inv(samples.intrinsics).T @ samples.T_cam_world[:3, :3]).float()
    rows = {name: [*ray[row].tolist(), 0.0] for row, name in enumerate(("ray_step_x", "ray_step_y", "ray_start"))}
    rows |= {f"view_{axis}": view[row].tolist() for row, axis in enumerate("xyz")}
    rows |= {f"lens_{axis}": [*lens[row].tolist(), 0.0] for row, axis in enumerate("xyz")}
    return rows | {
        "width": width, "height": height, "pixels": width * height, "listed": width * height + 1,
        "picture_width": picture.width, "picture_height": picture.height,
        "picture_pixels": picture.width * picture.height, "samples": options["supersample"], "near": NEAR_M,
        "eye": [*samples.center.tolist(), 0.0], "has_antialias": options["antialias"],
    }  # fmt: skip


def tiles_of(samples: Camera) -> list[tuple[int, int]]:
    """Left and top of each tile whose subsamples are drawn at once."""
    return [(left, top) for top in range(0, samples.height, TILE) for left in range(0, samples.width, TILE)]


def tile_values(tiles: list[tuple[int, int]]) -> dict[str, Any]:
    """Of each tile."""
    values: dict[str, Any] = {"tile_side": TILE, "fine_side": 4 * TILE}
    for number, (left, top) in enumerate(tiles):
        values |= {f"tile{number}.left": left, f"tile{number}.top": top}
        values |= {f"tile{number}.fine_left": 4 * left, f"tile{number}.fine_top": 4 * top}
    return values


def scene_values(topology: Topology) -> dict[str, Any]:
    """Of all bodies together."""
    return {
        "vertices": topology.num_vertices, "listed_vertices": topology.num_vertices + 1, "faces": topology.num_faces,
        "face_blocks": -(-topology.num_faces // 32), "nodes": topology.num_nodes,
    }  # fmt: skip


def floor_values(ground: Ground, grids: GroundGrids, mirror: tuple[int, int]) -> dict[str, Any]:
    """Of the floor; `mirror`: width and height of the view that it mirrors, 0 where it mirrors nothing."""
    return {
        "floor_radius": ground.radius_m, "floor_center_x": ground.center[0], "floor_center_z": ground.center[1],
        "floor_height": ground.height_m, "floor_shadow": ground.shadow, "floor_reflection": ground.reflection,
        "sky_floor_cells": grids.sky_cells, "lamp_floor_cells": grids.lamp_cells,
        "mirror_width": mirror[0], "mirror_height": mirror[1],
    }  # fmt: skip


def edit_of(options: Mapping[str, Any], number: int) -> MaterialEdit | None:
    """What was edited on an avatar's maps."""
    return None if options["edits"] is None else options["edits"][number]


def is_detailed(options: Mapping[str, Any], number: int) -> bool:
    """Whether the offset map tilts the normals of an avatar's pixels."""
    return options["detailed"] is not None and bool(options["detailed"][number])


def avatar_values(number: int, avatar: Avatar, topology: Topology, options: Mapping[str, Any]) -> dict[str, Any]:
    """Of one avatar."""
    edit, f0s = edit_of(options, number), options["f0s"]
    values: dict[str, Any] = {
        "number": number,
        "vertices": avatar.body.num_vertices,
        "first_vertex": topology.first_vertex[number],
        "faces": avatar.body.num_faces,
        "first_face": topology.first_face[number],
        "texels": len(avatar.body.uv),
        "is_detailed": is_detailed(options, number),
        "gain": [1.0] * 4 if edit is None else edit.gain.tolist(),
        "paint_side": 0 if edit is None or edit.paint is None else len(edit.paint),
        "f0": f0s[number if len(f0s) > 1 else 0],
    }
    for name in _MAPS:
        neural_map = getattr(avatar, name)
        values |= {f"{name}_{part}": value for part, value in map_values(neural_map).items()}
        values |= {f"{name}.{constant}": text for constant, text in map_constants(neural_map).items()}
    values |= _chosen_passes(values, avatar.has_vector_offsets, options["wants_materials"])
    return {f"avatar{number}.{name}": value for name, value in values.items()}


def _chosen_passes(of_maps: Mapping[str, Any], has_vectors: bool, wants_materials: bool) -> dict[str, Any]:
    """Which passes ask an avatar's maps: those of the sizes that training makes, or the wide ones."""
    is_wide, is_detailed = of_maps["offset_is_wide"], of_maps["is_detailed"]
    kinds = {"wide_lengths": is_wide and not has_vectors, "wide_vectors": is_wide and has_vectors}
    wide_materials = {f"asks_wide_{name}": wants_materials and of_maps[f"{name}_is_wide"] for name in _MAPS[1:]}
    return wide_materials | {
        "has_vectors": has_vectors,
        "offset_is_other": is_wide or has_vectors,
        "asks_wide_offset": is_wide,
        "asks_vectors": has_vectors and not is_wide,
        "tilts_vectors": has_vectors and is_detailed,
        "tilts_asked_vectors": has_vectors and is_detailed and not is_wide,
        **{f"asks_{kind}": is_true for kind, is_true in kinds.items()},
        **{f"tilts_{kind}": is_true and is_detailed for kind, is_true in kinds.items()},
        "is_wide": any(of_maps[f"{name}_is_wide"] for name in _MAPS),
        "wide_points": [of_maps["offset_points"] // 4, *(of_maps[f"{name}_points"] for name in _MAPS[1:]), 64],
    }  # fmt: skip


def supply_avatar(
    graph: PassGraph,
    device: GpuDevice,
    number: int,
    avatar: Avatar,
    pose: Pose,
    material_pose: Tensor,  # [72]
    options: Mapping[str, Any],
) -> None:
    """One avatar's arrays: body and maps once, what moves when it differs."""
    own = f"avatar{number}."
    arrays: dict[str, np.ndarray] = {}

    def of_body(name: str) -> np.ndarray:
        if not arrays:
            arrays.update(body_arrays(avatar.body))
        return arrays[name]

    for name in _OF_BODY:
        graph.lend(own + name, avatar.body, device.resident(avatar.body, name, lambda name=name: of_body(name)))
    if is_detailed(options, number):
        bits = device.resident(avatar.body, "open_bits", lambda: chart_steps(avatar.body))
        graph.lend(f"{own}open_bits", avatar.body, bits)
    for map_name in _MAPS:
        neural_map = getattr(avatar, map_name)
        for part, make in map_arrays(neural_map).items():
            graph.lend(f"{own}{map_name}_{part}", neural_map, device.resident(neural_map, part, make))
    posed = pose_array(pose)
    graph.supply(f"{own}pose", posed.tobytes(), lambda: posed)
    for name, vector in (("pose_vector", pose.vector()), ("material_pose", material_pose)):
        graph.supply(own + name, version_of(vector), lambda vector=vector: vector.detach().cpu().float().numpy())
    edit = edit_of(options, number)
    if edit is not None and edit.paint is not None:
        paint = edit.paint
        graph.supply(f"{own}paint", edit, lambda: paint.half().cpu().contiguous().numpy())
