"""The executor `gpu`: the frame as WGSL passes on any GPU, in one submission; what it cannot do the CPU's nodes do.

Small things (lights, poses, cameras) are made by the same nodes as on the CPU and keep their versions; everything that
is computed per vertex or pixel is a pass of shaders/engine/frame.json.
"""

from collections import ChainMap
from collections.abc import Hashable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import torch

from phynes_core.avatar.avatar import Avatar
from phynes_core.body.model import Pose
from phynes_core.conventions import NUM_JOINTS
from phynes_core.frame.buffers import BUFFERS, FrameBuffers
from phynes_core.frame.gpu_arrays import Topology, can_query
from phynes_core.frame.gpu_inputs import (
    avatar_values,
    camera_values,
    scene_values,
    supply_avatar,
    tile_values,
    tiles_of,
)
from phynes_core.frame.gpu_lights import GpuLights, floor_lights
from phynes_core.frame.kept import Kept, Node, Result
from phynes_core.frame.nodes import NODES
from phynes_core.frame.options import RenderOptions
from phynes_core.frame.scene import Scene, SceneMesh, build_mesh
from phynes_core.kernels.gpu.device import GpuDevice
from phynes_core.kernels.gpu.graph import PassGraph
from phynes_core.maps.neural_map import NeuralMap
from phynes_core.render.camera import Camera
from phynes_core.render.gbuffer import GBuffer
from phynes_core.render.ground import Ground, GroundGrids, share_of, spread
from phynes_core.render.lighting import Lighting

MOST_PIXELS = 1 << 20  # samples that are rendered at once: 64 MB in the largest buffer
_MOST_GROUPS = 16


def can_render(scene: Scene, options: RenderOptions) -> bool:
    """Whether the passes make this frame; not where another backend is named."""
    lighting = scene.lighting
    return (
        {options.backend, options.raster} <= {"auto"}
        and len(lighting.area_lamps) + 3 <= _MOST_GROUPS
        and all(len(posed.avatar.body.parents) == NUM_JOINTS for posed in scene.avatars)
    )


class GpuFrame(Kept):
    """Makes frames on a GPU. With a base: another view of the same bodies, which are prepared but once."""

    def __init__(self, device: GpuDevice, base: "GpuFrame | None" = None) -> None:
        own = Node("mesh", self._host_mesh, "avatars poses", is_shared=True)
        shadow = Node("ground_shadow", self._floor_shadow, "avatars poses ground_plane ground_light ground_grids")
        super().__init__(NODES | {"mesh": own, "ground_shadow": shadow}, base)
        self._device = device
        self.graph = PassGraph(device, None if base is None else base.graph)
        self._topologies: dict[tuple[int, ...], tuple[tuple[Avatar, ...], Topology]] = {}
        self.numbers: dict[str, Any] = {}  # of the last frame, by their names in frame.json
        self.handed_over: tuple[str, ...] = ()  # nodes of the last frame that the CPU computed

    def run(self, name: str) -> Any:
        """As Kept's; `compose` is what the GPU makes."""
        if name != "compose":
            return super().run(name)
        self.handed_over = ()
        camera: Camera = self._values["camera"]
        samples = self._values["supersample"]
        rows = max(1, MOST_PIXELS // (camera.width * samples**2))
        frames = []
        for top in range(0, camera.height, rows):
            height = min(rows, camera.height - top)
            part = camera if height == camera.height else camera.cropped(0, top, camera.width, height)
            with self.timed("gpu"):
                frames.append(self._frame(part))
        self._now = {}
        return frames[0] if len(frames) == 1 else _stacked(frames)

    def other_view(self) -> "GpuFrame":
        """Another view of the same bodies."""
        return GpuFrame(self._device, base=self)

    def forget(self) -> None:
        """Compute everything anew."""
        super().forget()
        self.graph.forget()

    def _frame(self, camera: Camera) -> FrameBuffers:
        self._prepare(camera)
        wanted = [name for name in BUFFERS if name in self._values["buffers"] and name not in ("mask", "uv")]
        self._hand_over_pixels(camera)
        num_pixels, shape = camera.width * camera.height, (camera.height, camera.width, 4)
        sizes = {f"image.{name}": 16 * num_pixels for name in [*wanted, "uv"]}
        if self._values["is_half"] and sizes.pop("image.radiance", 0):
            sizes["half.radiance"] = 8 * num_pixels
        found = {
            name.partition(".")[2]: torch.from_numpy(
                image.view(np.float16 if name.startswith("half") else np.float32).reshape(shape)
            )
            for name, image in self.graph.fetch(sizes).items()
        }
        uv = found.pop("uv")
        channels = {"roughness": 1, "visibility": 1, "depth": 1}
        buffers = {name: image[..., : channels.get(name, 3)].contiguous() for name, image in found.items()}
        if "uv" in self._values["buffers"]:
            buffers["uv"] = uv[..., :2].contiguous()
        face_index = uv[..., 2].int() - 1
        return FrameBuffers(mask=uv[..., 3:].contiguous(), face_index=face_index, **buffers)

    # what the passes are given

    def _prepare(self, camera: Camera) -> None:
        avatars, poses, options = self._values["avatars"], self._values["poses"], self._values
        topology, samples = self._topology(avatars), camera.resized(*self._samples(camera))
        tiles, lights = tiles_of(samples), GpuLights.of(self, options)
        self.numbers = {
            **camera_values(samples, camera, options), **tile_values(tiles), **scene_values(topology), **lights.values,
            "wants_materials": options["wants_materials"], "is_white": not options["wants_materials"],
            "wants_open": options["wants_open"],
        }  # fmt: skip
        for number, avatar in enumerate(avatars):
            self.numbers |= avatar_values(number, avatar, topology, options)
        self.graph.start(self.numbers, {"avatar": len(avatars), "tile": len(tiles)})
        for name, content in topology.arrays.items():
            self.graph.lend(name, topology, self._device.resident(topology, name, lambda content=content: content))
        for name, version, make in lights.arrays:
            self.graph.supply(name, version, make)
        material_poses = self.result("material_poses").value
        for number, (avatar, pose, vector) in enumerate(zip(avatars, poses, material_poses, strict=True)):
            supply_avatar(self.graph, self._device, number, avatar, pose, vector, options)
        if not _can_displace(avatars):
            self._hand_over_mesh()

    def _topology(self, avatars: tuple[Avatar, ...]) -> Topology:
        key = tuple(id(avatar.body) for avatar in avatars)
        if key not in self._topologies:
            made = avatars, Topology.of(tuple(avatar.body for avatar in avatars))
            self._topologies = {key: made}  # one scene at a time
        return self._topologies[key][1]

    def _samples(self, camera: Camera) -> tuple[int, int]:
        factor = self._values["supersample"]
        return camera.width * factor, camera.height * factor

    def _floor_shadow(
        self, avatars: tuple[Avatar, ...], poses: tuple[Pose, ...], ground: Ground, light: Lighting, grids: GroundGrids
    ) -> torch.Tensor:  # [cells, cells, 3]
        """As open_share, for the bodies of the frame that was made last."""
        values, arrays = floor_lights(light, grids)
        self.numbers.update(
            values, floor_radius=ground.radius_m, floor_center_x=ground.center[0], floor_center_z=ground.center[1],
            floor_height=ground.height_m,
        )  # fmt: skip
        for name, rows in arrays.items():
            self.graph.supply(name, rows.tobytes(), lambda rows=rows: rows)
        cells = {"sky_floor": grids.sky_cells, "lamp_floor": grids.lamp_cells}
        found = self.graph.fetch({name: 32 * side**2 for name, side in cells.items()})
        images = {
            name: torch.from_numpy(found[name].view(np.float32).reshape(side, side, 2, 4)[..., :3].copy())
            for name, side in cells.items()
        }
        sky, lamps = images["sky_floor"], images["lamp_floor"]
        arriving = spread(sky[:, :, 0], grids.lamp_cells) + lamps[:, :, 0]
        return share_of(arriving, sky[0, 0, 1] + lamps[:, :, 1])

    # what goes to the CPU

    def _hand_over_mesh(self) -> None:
        mesh = self.result("mesh")
        self.handed_over += ("mesh",)
        none = torch.zeros(len(mesh.value.normals), 1)
        lengths = [part if part.dim() == 1 else torch.zeros(len(part)) for part in mesh.value.offsets]
        offsets = torch.cat(lengths)[:, None]
        for name, rows in (
            ("vertices", torch.cat([mesh.value.vertices, offsets], 1)),
            ("normals", torch.cat([mesh.value.normals, none], 1)),
        ):
            self.graph.supply(name, mesh.version, lambda rows=rows: rows.numpy())

    def _hand_over_pixels(self, camera: Camera) -> None:
        """Where a map is of a kind that the passes cannot ask: the CPU's nodes, for the pixels of the GPU's gbuffer."""
        avatars, detailed = self._values["avatars"], self._values["detailed"]
        asks_offsets = [avatar.offset for n, avatar in enumerate(avatars) if detailed is not None and detailed[n]]
        asks_materials = [neural_map for avatar in avatars for neural_map in (avatar.albedo, avatar.roughness)]
        lacks_normals = not all(map(_is_scalar, asks_offsets))
        lacks_materials = self._values["wants_materials"] and not all(map(can_query, asks_materials))
        if not (lacks_normals or lacks_materials):
            return
        gbuffer, version = self._host_gbuffer(camera)
        self._now["gbuffer"] = Result(gbuffer, version)
        num_samples = self.numbers["pixels"]

        def image(rows: torch.Tensor) -> np.ndarray:  # [P, C] -> [samples, 4]
            whole = np.zeros((num_samples, 4), np.float32)
            whole[gbuffer.pixel.numpy(), : rows.shape[1]] = rows.numpy()
            return whole

        if lacks_normals:
            normals = self.result("pixel_normals")
            self.graph.supply("pixel_normals", normals.version, lambda: image(normals.value))
            self.handed_over += ("pixel_normals",)
        if lacks_materials:
            found = self.result("materials")
            self.graph.supply("albedo", found.version, lambda: image(found.value[0]))
            self.graph.supply("roughness", found.version, lambda: image(found.value[1][:, None]))
            self.handed_over += ("materials",)

    def _host_gbuffer(self, camera: Camera) -> tuple[GBuffer, Hashable]:
        """The covered pixels, on the host; and what equals only for the same ones."""
        width, height = self._samples(camera)
        self.graph.compute(["gbuffer", "texels"])
        held = self.graph.held("gbuffer"), self.graph.held("texels")
        words = self._device.download(held[0].buffer, 48 * width * height).view(np.uint32).reshape(-1, 3, 4)
        uv = self._device.download(held[1].buffer, 8 * width * height).view(np.float32).reshape(-1, 2)
        pixel = np.flatnonzero(words[:, 0, 0])
        rows = words[pixel]
        numbers = rows.view(np.float32)
        face = torch.from_numpy(rows[:, 0, 0].astype(np.int64) - 1)
        weights = numbers[:, 0, 1:3]
        weights = np.concatenate([weights, 1.0 - weights.sum(1, keepdims=True)], 1)
        position = torch.from_numpy(numbers[:, 1, :3].copy())
        eye = torch.tensor(self.numbers["eye"][:3])
        wo = torch.nn.functional.normalize(eye - position, dim=-1)
        faces = self._topology(self._values["avatars"]).arrays["faces"].reshape(-1, 8)
        corners = torch.from_numpy(faces[face.numpy(), :3].astype(np.int32))
        normal, depth = torch.from_numpy(numbers[:, 2, :3].copy()), torch.from_numpy(numbers[:, 0, 3].copy())
        made = GBuffer(
            torch.from_numpy(pixel), face, torch.from_numpy(weights), position, normal,
            torch.from_numpy(uv[pixel]), wo, depth, corners, width, height,
        )  # fmt: skip
        return made, (held[0].version, held[1].version)

    def _host_mesh(self, avatars: tuple[Avatar, ...], poses: tuple[Pose, ...]) -> SceneMesh:
        """The bodies on the host: those of the GPU, where it computes them."""
        if not _can_displace(avatars):
            return build_mesh(avatars, poses)
        self.graph.compute(["vertices", "normals"])
        topology = self._topology(avatars)
        found = []
        for name in ("vertices", "normals"):
            rows = self._device.download(self.graph.held(name).buffer, 16 * topology.num_vertices)
            found.append(torch.from_numpy(rows.view(np.float32).reshape(-1, 4).copy()))
        vertices, normals = found
        faces = torch.from_numpy(topology.arrays["faces"].reshape(-1, 8)[:, :3].astype(np.int64))
        uv = torch.from_numpy(topology.arrays["corner_uv"]).view(-1, 3, 2)
        offsets = tuple(vertices[first:last, 3].contiguous() for first, last in pairwise(topology.first_vertex))
        return SceneMesh(
            vertices[:, :3].contiguous(), faces, normals[:, :3].contiguous(), offsets, (None,) * len(offsets), uv,
            topology.first_face,
        )  # fmt: skip

    def start(self, values: dict[str, Any]) -> None:
        """As Kept's."""
        super().start(ChainMap({"device": torch.device("cpu")}, values))


def _is_scalar(neural_map: NeuralMap) -> bool:
    """Whether the passes can take this map for one of offsets along the normal."""
    return can_query(neural_map) and neural_map.config.output_channels == 1


def _can_displace(avatars: tuple[Avatar, ...]) -> bool:
    return all(_is_scalar(avatar.offset) for avatar in avatars)


def _stacked(frames: list[FrameBuffers]) -> FrameBuffers:
    """One frame of rows of frames."""
    names = [name for name, image in vars(frames[0]).items() if image is not None]
    return replace(frames[0], **{name: torch.cat([getattr(frame, name) for frame in frames]) for name in names})
