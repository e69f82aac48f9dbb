"""An avatar, its clips and lights as the page's engine reads them: the arrays of shaders/engine/frame.json.

What is computed once for a body (tree of boxes, fans, charts) is computed here, by the code that the desktop's GPU uses.
KIND_OF says how each array is stored; docs/export.md says what that costs.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from phynes_core.avatar.avatar import Avatar
from phynes_core.body.model import Pose, pose_body, pose_joints
from phynes_core.body.motion.clip import MotionClip
from phynes_core.conventions import JOINT_NAMES, NUM_JOINTS, PROBE_ROWS
from phynes_core.errors import OutputError
from phynes_core.export.packet_file import PacketFile
from phynes_core.frame.gpu_arrays import (
    Topology,
    body_arrays,
    can_query,
    chart_steps,
    map_constants,
    map_grid,
    map_layers,
    map_levels,
    map_pose_layer,
)
from phynes_core.kernels.gpu.description import ENGINE, description, wgsl
from phynes_core.maps.material_edit import MaterialEdit
from phynes_core.render.bright_sources import split_bright_sources
from phynes_core.render.camera import DEFAULT_FOV_DEG, framing_distance
from phynes_core.render.probes import Environment, patch_order, probe_directions, row_means
from phynes_core.render.rasterize import NEAR_M
from phynes_core.render.tonemap import tonemap, wgsl_constants

LEARNED = "learned light"
MAPS = ("offset", "albedo", "roughness")  # that a frame asks
MOST_SOURCES = 8  # as RenderOptions.bright_sources
PICTURE_ROWS = 48  # of an environment's small picture
KIND_OF = {
    "rest": "n16", "pose_directions": "f16", "weights": "n16", "joints": "f32", "uv": "f32", "copies": "u16",
    "open_bits": "u8", "layers": "f16", "grid": "f16", "levels": "u32", "pose_layer": "f16", "paint": "u8",
    "faces": "u32", "fans": "u32", "corner_uv": "f32", "tree": "u32", "face_order": "u32",
    "probe_order": "u16", "material_pose": "f32", "rows": "f16", "picture": "u8", "rotations": "f32", "translations": "f32",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class PageLight:
    """An environment that goes into a page."""

    name: str
    image: Tensor  # [H, W, 3] linear radiance, lat-long


@dataclass(frozen=True, eq=False)
class PageContent:
    """What a page holds. Everything is on the CPU."""

    avatar: Avatar
    betas: Tensor  # [B] the person's shape
    clips: tuple[MotionClip, ...] = ()  # placed on this body
    lights: tuple[PageLight, ...] = ()  # beside the one that the avatar learned
    materials: MaterialEdit | None = None


def check_page(avatar: Avatar) -> None:
    """Raise OutputError for an avatar that the page's passes cannot show."""
    for name in MAPS:
        if not can_query(getattr(avatar, name)):
            raise OutputError(
                f"{avatar.name}: a page asks hash grids of at most 64 features and 4 channels; its map '{name}' is of "
                "another kind; train it with the default maps"
            )
    if avatar.offset.config.output_channels != 1:
        raise OutputError(
            f"{avatar.name}: a page displaces along normals, and this avatar's offsets are vectors; "
            "train it with stage1.offsets=normal"
        )
    if len(avatar.body.parents) != NUM_JOINTS:
        raise OutputError(f"{avatar.name}: expected {NUM_JOINTS} joints, got {len(avatar.body.parents)}; use SMPL's")


def page_packet(content: PageContent) -> PacketFile:
    """The file of numbers; raises OutputError."""
    check_page(content.avatar)
    packet = PacketFile(_head(content))
    for name, values in arrays_of(content):
        packet.add(name, values, KIND_OF[name.rpartition(".")[2].removeprefix(_map_of(name))])
    engine = json.dumps(engine_sources(), separators=(",", ":")).encode()
    packet.add("engine", np.frombuffer(engine, np.uint8), "u8")
    return packet


def engine_sources() -> dict[str, Any]:
    """shaders/engine as one object: its description, and every pass's WGSL with its includes."""
    files = sorted({described.file for described in description().passes.values()})
    present = (ENGINE.parent / "present" / "page.wgsl").read_text(encoding="utf-8")
    return {
        "frame": json.loads((ENGINE / "frame.json").read_text(encoding="utf-8")),
        "wgsl": {name: wgsl(name) for name in files},
        "present": wgsl_constants() + present,
    }


def arrays_of(content: PageContent) -> Iterator[tuple[str, np.ndarray]]:
    """Every array by its name: those of frame.json, and `light0.rows`, `clip0.rotations` and the like."""
    avatar = content.avatar
    topology = Topology.of((avatar.body,))
    yield from topology.arrays.items()
    shaped = body_arrays(avatar.body)
    shaped["rest"], shaped["joints"] = _in_shape(avatar, content.betas, shaped["joints"])
    for name in ("joints", "rest", "pose_directions", "weights", "uv", "copies"):
        yield f"avatar.{name}", shaped[name]
    yield "avatar.open_bits", chart_steps(avatar.body)
    for name in MAPS:
        neural_map = getattr(avatar, name)
        yield f"avatar.{name}_layers", map_layers(neural_map)
        yield f"avatar.{name}_grid", map_grid(neural_map)
        yield f"avatar.{name}_levels", map_levels(neural_map)
        yield f"avatar.{name}_pose_layer", map_pose_layer(neural_map)
    if content.materials is not None and content.materials.paint is not None:
        yield "avatar.paint", content.materials.paint.half().contiguous().numpy().view(np.uint8)
    yield "probe_order", patch_order(probe_directions()).numpy()
    yield "material_pose", avatar.training_poses[0].numpy()
    for number, light in enumerate(_lights(content)):
        rest, _ = split_bright_sources(Environment(light.image), MOST_SOURCES)
        yield f"light{number}.rows", row_means(rest.image, PROBE_ROWS).numpy()
        yield f"light{number}.picture", small_picture(light.image)
    for number, clip in enumerate(content.clips):
        rotations = torch.cat([clip.global_orient[:, None], clip.body_pose], 1)
        yield f"clip{number}.rotations", rotations.numpy()
        yield f"clip{number}.translations", clip.transl.numpy()


def small_picture(image: Tensor) -> np.ndarray:  # [H, W, 3] -> [48, 96, 3] uint8 sRGB
    """The environment for a menu, exposed so that its middle is gray."""
    small = torch.nn.functional.interpolate(
        image.permute(2, 0, 1)[None], (PICTURE_ROWS, 2 * PICTURE_ROWS), mode="area"
    )[0].permute(1, 2, 0)
    middle = float(small.mean(-1).median().clamp(min=1e-6))
    return (tonemap(small * (0.18 / middle), curve="filmic") * 255.0).round().to(torch.uint8).numpy()


def _map_of(name: str) -> str:
    """The prefix of a map's arrays: avatar.offset_grid -> offset_."""
    last = name.rpartition(".")[2]
    return next((f"{each}_" for each in MAPS if last.startswith(f"{each}_")), "")


def _lights(content: PageContent) -> tuple[PageLight, ...]:
    return PageLight(LEARNED, content.avatar.light.clamp(min=0.0)), *content.lights


def _in_shape(avatar: Avatar, betas: Tensor, joints: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rest pose and joints of this person, so that no shape directions are needed."""
    body, count = avatar.body, len(betas)
    rest = body.v_template + body.shapedirs[..., :count] @ betas
    places = body.template_joints + body.shape_joints[..., :count] @ betas
    joints = np.concatenate([places.numpy(), np.zeros_like(joints[:, 3:33]), joints[:, 33:]], 1)
    return rest.numpy(), joints.astype(np.float32)


def _head(content: PageContent) -> dict[str, Any]:
    avatar, body, edit = content.avatar, content.avatar.body, content.materials
    topology = Topology.of((body,))
    rest = Pose(torch.zeros(NUM_JOINTS - 1, 3), torch.zeros(3), torch.zeros(3), content.betas)
    places = pose_joints(body, rest).positions
    heights = pose_body(body, rest).vertices[:, 1]
    own_f0 = avatar.record.f0
    return {
        "name": avatar.name,
        "vertices": topology.num_vertices, "faces": topology.num_faces, "nodes": topology.num_nodes,
        "texels": len(body.uv), "is_detailed": avatar.record.has_detail,
        "f0": own_f0 if edit is None else edit.f0(own_f0),
        "gain": [1.0] * 4 if edit is None else edit.gain.tolist(),
        "paint_side": 0 if edit is None or edit.paint is None else len(edit.paint),
        "maps": {name: _map_head(getattr(avatar, name)) for name in MAPS},
        "joints": [
            {"name": name, "parent": parent, "place": place.tolist()}
            for name, parent, place in zip(JOINT_NAMES, body.parents, places, strict=True)
        ],
        "near": NEAR_M,
        "rest_floor": float(heights.min()),
        "distance": round(framing_distance(float(heights.max() - heights.min())), 2),
        "fov": DEFAULT_FOV_DEG,
        "lights": [_light_head(light) for light in _lights(content)],
        "clips": [
            {
                "name": clip.name, "fps": clip.fps, "frames": clip.num_frames,
                "target_height": float(places[0, 1] + clip.transl[:, 1].median()),
            }
            for clip in content.clips
        ],
    }  # fmt: skip


def _map_head(neural_map: Any) -> dict[str, Any]:
    return {"constants": map_constants(neural_map), "inputs": neural_map.config.pose_dim}


def _light_head(light: PageLight) -> dict[str, Any]:
    _, sources = split_bright_sources(Environment(light.image), MOST_SOURCES)
    return {
        "name": light.name,
        "columns": light.image.shape[1],
        "picture": [2 * PICTURE_ROWS, PICTURE_ROWS],
        "sources": [
            {
                "azimuth": source.azimuth_deg, "elevation": source.elevation_deg, "angle": source.angular_radius_deg,
                "color": list(source.color), "intensity": source.intensity,
            }
            for source in sources
        ],
    }  # fmt: skip
