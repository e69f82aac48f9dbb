"""The executor `gpu`: the frame as WGSL passes on any GPU, in one submission that nobody waits for.

Small things (lights, poses, cameras) are made by the same nodes as on the CPU and keep their versions; everything that
is computed per vertex or pixel is a pass of shaders/engine/frame.json.
"""

from collections import ChainMap
from typing import Any

import torch

from phynes_core.avatar.avatar import Avatar
from phynes_core.conventions import NUM_JOINTS
from phynes_core.frame.gpu_arrays import Topology
from phynes_core.frame.gpu_inputs import (
    avatar_values,
    camera_values,
    floor_values,
    scene_values,
    supply_avatar,
    tile_values,
    tiles_of,
)
from phynes_core.frame.gpu_lights import GpuLights, floor_lights
from phynes_core.frame.kept import Kept, Node
from phynes_core.frame.nodes import NODES
from phynes_core.frame.options import RenderOptions
from phynes_core.frame.pending import GpuPicture, Strip
from phynes_core.frame.scene import Scene
from phynes_core.kernels.gpu.device import GpuDevice
from phynes_core.kernels.gpu.graph import PassGraph
from phynes_core.kernels.gpu.instances import Held
from phynes_core.render.camera import Camera

MOST_PIXELS = 1 << 20  # samples that are rendered at once: 64 MB in the largest buffer
_MOST_GROUPS = 16
_MIRRORED = ("radiance", "position")  # what the floor shows of the view that it mirrors
_OWN = {"floor_lights": Node("floor_lights", floor_lights, "ground_light ground_grids")}


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
        super().__init__(NODES | _OWN, base)
        self._device = device
        self.graph = PassGraph(device, None if base is None else base.graph)
        self._topologies: dict[tuple[int, ...], tuple[tuple[Avatar, ...], Topology]] = {}
        self.numbers: dict[str, Any] = {}  # of the last frame, by their names in frame.json

    def begin(self, mirror: "GpuFrame | None", is_window: bool) -> GpuPicture:
        """Hand the started frame to the GPU, floor included, and return before it is made.

        `mirror`: a view of the same bodies, started for what the floor mirrors. `is_window`: of radiance alone make
        what windows show.
        """
        camera: Camera = self._values["camera"]
        rows = max(2, MOST_PIXELS // (camera.width * self._values["supersample"] ** 2) // 2 * 2)
        strips: list[Strip] = []
        with self.timed("gpu"):
            for top in range(0, camera.height, rows):
                for strip in strips:  # of a large picture not all fit
                    strip.images.take()
                    strip.texels.read()
                strips.append(self._strip(_cropped(camera, top, rows), mirror, top, is_window))
        self._now = {}
        return GpuPicture(self._device, strips, camera.width, "uv" in self._values["buffers"], self.timings)

    def other_view(self) -> "GpuFrame":
        """Another view of the same bodies."""
        return GpuFrame(self._device, base=self)

    def forget(self) -> None:
        """Compute everything anew."""
        super().forget()
        self.graph.forget()

    def start(self, values: dict[str, Any]) -> None:
        """As Kept's."""
        super().start(ChainMap({"device": torch.device("cpu")}, values))

    def _strip(self, camera: Camera, mirror: "GpuFrame | None", top: int, is_window: bool) -> Strip:
        self._prepare(camera)
        num_pixels, ground = camera.width * camera.height, self._values["ground"]
        sizes = {f"image.{name}": 16 * num_pixels for name in self._values["buffers"] if name not in ("mask", "uv")}
        if ground is not None:
            self._prepare_floor(camera, mirror, top)
        if is_window and self._values["is_half"] and set(sizes) == {"image.radiance"}:
            sizes = {"half.radiance" if ground is None else "half.over_floor": 8 * num_pixels}
        else:
            if self._values["is_half"] and sizes.pop("image.radiance", 0):
                sizes["half.radiance"] = 8 * num_pixels
            if ground is not None:
                sizes["image.ground"] = 16 * num_pixels
        images, kept = self.graph.begin(sizes, {"image.uv": 16 * num_pixels})
        return Strip(images, kept["image.uv"], camera.height)

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

    def _topology(self, avatars: tuple[Avatar, ...]) -> Topology:
        key = tuple(id(avatar.body) for avatar in avatars)
        if key not in self._topologies:
            made = avatars, Topology.of(tuple(avatar.body for avatar in avatars))
            self._topologies = {key: made}  # one scene at a time
        return self._topologies[key][1]

    def _samples(self, camera: Camera) -> tuple[int, int]:
        factor = self._values["supersample"]
        return camera.width * factor, camera.height * factor

    def _prepare_floor(self, camera: Camera, mirror: "GpuFrame | None", top: int) -> None:
        """What the floor's passes read, for rows of the picture that begin at `top`."""
        grids, lights = self._values["ground_grids"], self.result("floor_lights")
        values, arrays = lights.value
        for name, rows in arrays.items():
            self.graph.supply(name, lights.version, lambda rows=rows: rows)
        size = (0, 0)
        if mirror is not None:
            seen, whole = mirror._values["camera"], self._values["camera"]
            factor = -(-whole.height // seen.height)
            seen = _cropped(seen, top // factor, -(-camera.height // factor))
            size = seen.width, seen.height
            for name, held in zip(_MIRRORED, mirror._view(seen), strict=True):
                self.graph.lend(f"mirror.{name}", held.version, held.buffer)
        self.numbers.update(values, **floor_values(self._values["ground"], grids, size))

    def _view(self, camera: Camera) -> list[Held]:
        """The images of the started frame that a floor shows; they stay on the GPU."""
        self._prepare(camera)
        names = [f"image.{name}" for name in _MIRRORED]
        self.graph.compute(names)
        self._now = {}
        return [self.graph.held(name) for name in names]


def _cropped(camera: Camera, top: int, rows: int) -> Camera:
    height = min(rows, camera.height - top)
    return camera if height == camera.height else camera.cropped(0, top, camera.width, height)
