"""An avatar, its clips and lights as the page's engine reads them: the arrays and numbers of shaders/engine/frame.json.

They are those that the desktop hands to its GPU (frame/gpu_inputs.py). KIND_OF says how each array is stored;
docs/page.md says what that costs.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from phynes_core.avatar.avatar import Avatar
from phynes_core.body.model import MAX_BETAS, BodyModel, Pose, pose_body, pose_joints
from phynes_core.body.motion.clip import MotionClip
from phynes_core.conventions import JOINT_NAMES, NUM_JOINTS, PROBE_ROWS
from phynes_core.errors import OutputError
from phynes_core.export.packet_file import PacketFile
from phynes_core.frame.buffers import BUFFERS
from phynes_core.frame.gpu_arrays import Topology
from phynes_core.frame.gpu_inputs import avatar_values, scene_values, supply_avatar
from phynes_core.frame.nodes import frame_values
from phynes_core.frame.options import COARSE, FINE, RenderOptions
from phynes_core.frame.scene import PosedAvatar, Scene
from phynes_core.kernels.gpu.adapters import NEEDED
from phynes_core.kernels.gpu.description import ENGINE, description, wgsl
from phynes_core.maps.material_edit import MaterialEdit
from phynes_core.render.bright_sources import split_bright_sources
from phynes_core.render.camera import DEFAULT_FOV_DEG, framing_distance, orbit_camera
from phynes_core.render.ground import Ground, GroundGrids
from phynes_core.render.lighting import Lighting
from phynes_core.render.probes import Environment, patch_order, probe_directions, row_means
from phynes_core.render.rasterize import NEAR_M
from phynes_core.render.tonemap import tonemap, wgsl_constants

LEARNED = "learned light"
MOST_SOURCES = 8  # as RenderOptions.bright_sources
PICTURE_ROWS = 48  # of an environment's small picture
SHOWN = tuple(name for name in BUFFERS if name != "mask")
GRIDS = ("avatar.offset_grid", "avatar.albedo_grid", "avatar.roughness_grid")
KIND_OF = {  # of those that are not stored as they are
    "avatar.pose_directions": "f16", "avatar.copies": "u16", "probe_order": "u16", "rows": "f16",
    **dict.fromkeys(GRIDS, "f16"),
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
    material_pose: Tensor  # [POSE_DIM] for which albedo and roughness are asked
    has_detail: bool  # the offset map tilts each pixel's normal
    clips: tuple[MotionClip, ...] = ()  # placed on this body
    lights: tuple[PageLight, ...] = ()  # beside the one that the avatar learned
    materials: MaterialEdit | None = None
    start: str = ""  # the view that it begins with, as the page's links hold views; "": the front, in the learned light


def check_page(avatar: Avatar) -> None:
    """Raise OutputError for an avatar that the page's passes cannot show."""
    if len(avatar.body.parents) != NUM_JOINTS:
        raise OutputError(f"{avatar.name}: expected {NUM_JOINTS} joints, got {len(avatar.body.parents)}; use SMPL's")
    most = NEEDED["max-storage-buffer-binding-size"]
    if (needed := avatar.body.posedirs.numel() * 4) > most:
        raise OutputError(
            f"{avatar.name}: its pose blend shapes take {needed >> 20} MB, browsers bind at most {most >> 20}; "
            "train on a body that is split once less"
        )


def page_packet(content: PageContent) -> PacketFile:
    """The file of numbers; raises OutputError."""
    check_page(content.avatar)
    avatar = in_shape(content.avatar, content.betas)
    packet = PacketFile(_head(content, avatar))
    for name, values in arrays_of(content, avatar):
        packet.add(name, values, kind_of(name, values))
    engine = json.dumps(engine_sources(), separators=(",", ":")).encode()
    packet.add("engine", np.frombuffer(engine, np.uint8), "u8")
    return packet


def kind_of(name: str, values: np.ndarray) -> str:
    """How an array is stored."""
    own = {"float32": "f32", "uint32": "u32", "int32": "u32", "int64": "u32", "uint8": "u8"}[str(values.dtype)]
    if name in GRIDS and own == "u32":  # words: of two halves, where there is one an entry
        return "2x16" if values.ndim == 1 or values.shape[1] == 1 else "u32"
    return KIND_OF.get(name) or KIND_OF.get(name.rpartition(".")[2]) or own


def engine_sources() -> dict[str, Any]:
    """shaders/engine as one object: its description, and every pass's WGSL with its includes."""
    files = sorted({described.file for described in description().passes.values()})
    present = (ENGINE.parent / "present" / "page.wgsl").read_text(encoding="utf-8")
    return {
        "frame": json.loads((ENGINE / "frame.json").read_text(encoding="utf-8")),
        "wgsl": {name: wgsl(name) for name in files},
        "present": wgsl_constants() + present,
    }


def arrays_of(content: PageContent, avatar: Avatar) -> Iterator[tuple[str, np.ndarray]]:
    """Every array by its name: those of frame.json, and `light0.rows`, `clip0.rotations` and the like."""
    yield from Topology.of((avatar.body,)).arrays.items()
    yield from _recorded(content, avatar).items()
    yield "probe_order", patch_order(probe_directions()).numpy()
    yield "material_pose", content.material_pose.numpy()
    for number, light in enumerate(_lights(content)):
        rest, _ = split_bright_sources(Environment(light.image), MOST_SOURCES)
        yield f"light{number}.rows", row_means(rest.image, PROBE_ROWS).numpy()
        yield f"light{number}.picture", small_picture(light.image)
    for number, clip in enumerate(content.clips):
        rotations = torch.cat([clip.global_orient[:, None], clip.body_pose], 1)
        yield f"clip{number}.rotations", rotations.numpy()
        yield f"clip{number}.translations", clip.transl.numpy()


class _Recorder:
    """Stands for the graph and the device of supply_avatar: keeps what does not depend on the pose."""

    def __init__(self) -> None:
        self.arrays: dict[str, np.ndarray] = {}

    def resident(self, owner: object, name: str, make: Callable[[], np.ndarray]) -> np.ndarray:
        """As GpuDevice's."""
        return make()

    def lend(self, name: str, version: object, buffer: np.ndarray) -> None:
        """As PassGraph's."""
        self.arrays[name.replace("avatar0.", "avatar.")] = buffer

    def supply(self, name: str, version: object, make: Callable[[], np.ndarray]) -> None:
        """As PassGraph's."""
        if name == "avatar0.paint":
            self.arrays["avatar.paint"] = make().view(np.uint8)


def _recorded(content: PageContent, avatar: Avatar) -> dict[str, np.ndarray]:
    recorder: Any = _Recorder()
    options = _options(content, avatar, frozenset(SHOWN))
    supply_avatar(recorder, recorder, 0, avatar, avatar.rest_pose(), content.material_pose, options)
    return recorder.arrays


def _options(content: PageContent, avatar: Avatar, buffers: frozenset[str]) -> dict[str, Any]:
    camera = orbit_camera(torch.zeros(3), 0.0, 0.0, 1.0, 1, 1)
    scene = Scene((PosedAvatar(avatar, avatar.rest_pose(), content.materials),), camera, Lighting())
    return frame_values(scene, RenderOptions(buffers, has_pixel_normals=content.has_detail))


def in_shape(avatar: Avatar, betas: Tensor) -> Avatar:
    """The same avatar on a body whose mean shape is this person's, so that no shape directions are needed."""
    body = avatar.body
    rest = body.v_template + body.shapedirs[..., : len(betas)] @ betas
    shaped: BodyModel = replace(body, v_template=rest, shapedirs=torch.zeros_like(body.shapedirs))
    maps = avatar.offset, avatar.texture, avatar.albedo, avatar.roughness
    return Avatar(shaped, avatar.record, *maps, avatar.light, torch.zeros(MAX_BETAS), avatar.training_poses)


def small_picture(image: Tensor) -> np.ndarray:  # [H, W, 3] -> [48, 96, 3] uint8 sRGB
    """The environment for a menu, exposed so that its middle is gray."""
    small = torch.nn.functional.interpolate(
        image.permute(2, 0, 1)[None], (PICTURE_ROWS, 2 * PICTURE_ROWS), mode="area"
    )[0].permute(1, 2, 0)
    middle = float(small.mean(-1).median().clamp(min=1e-6))
    return (tonemap(small * (0.18 / middle), curve="filmic") * 255.0).round().to(torch.uint8).numpy()


def _lights(content: PageContent) -> tuple[PageLight, ...]:
    return PageLight(LEARNED, content.avatar.light.clamp(min=0.0)), *content.lights


def _head(content: PageContent, avatar: Avatar) -> dict[str, Any]:
    body, topology = avatar.body, Topology.of((avatar.body,))
    rest = Pose(torch.zeros(NUM_JOINTS - 1, 3), torch.zeros(3), torch.zeros(3), torch.zeros(MAX_BETAS))
    places = pose_joints(body, rest).positions
    heights = pose_body(body, rest).vertices[:, 1]
    return {
        "name": avatar.name,
        "start": content.start,
        "scene": scene_values(topology),
        "values": {name: _values(content, avatar, topology, name) for name in SHOWN},
        "joints": [
            {"name": name, "parent": parent, "place": place.tolist()}
            for name, parent, place in zip(JOINT_NAMES, body.parents, places, strict=True)
        ],
        "near": NEAR_M,
        "floor": {"radius": Ground(0.0).radius_m, "grids": {"draft": _grids(COARSE), "full": _grids(FINE)}},
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


def _values(content: PageContent, avatar: Avatar, topology: Topology, buffer: str) -> dict[str, Any]:
    """The avatar's numbers where this buffer is wanted."""
    options = _options(content, avatar, frozenset({buffer}))
    return avatar_values(0, avatar, topology, options) | {
        "wants_materials": options["wants_materials"], "is_white": not options["wants_materials"],
        "wants_open": options["wants_open"],
    }  # fmt: skip


def _grids(grids: GroundGrids) -> dict[str, int]:
    return {"skyCells": grids.sky_cells, "lampCells": grids.lamp_cells, "samples": grids.lamp_samples}


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
