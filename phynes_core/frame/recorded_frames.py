"""Which frames DeviceFrame can make, what it needs to know of them, and its recordings, kept until a plan changes."""

from collections.abc import Callable

import torch
from torch import Tensor

from phynes_core.frame.device_frame import DeviceFrame, FrameLight, FramePlan
from phynes_core.frame.frame import LIGHT_BUFFERS, MATERIAL_BUFFERS, NORMAL_BUFFERS, RenderOptions, has_detail
from phynes_core.frame.scene import Scene, SceneMesh
from phynes_core.render.bright_sources import source_rays
from phynes_core.render.camera import Camera
from phynes_core.render.frame_buffers import FrameBuffers
from phynes_core.render.lamps import lamp_rays
from phynes_core.render.lighting import Lighting


def can_record(scene: Scene, options: RenderOptions) -> bool:
    """Live views and plain pictures; what is rare or fine takes the ordinary path, which waits for the device."""
    return (
        {options.backend, options.raster} <= {"auto", "warp"}
        and not (options.antialias or options.exact_visibility)
        and not scene.lighting.area_lamps
        and len({posed.f0 for posed in scene.avatars}) == 1
    )


class RecordedFrames:
    """Renders scenes whose avatars lie on the device. Not thread-safe."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._frame: DeviceFrame | None = None
        self._probe_power: tuple[object, Tensor] | None = None

    def render(self, scene: Scene, camera: Camera, options: RenderOptions, timed: Callable) -> FrameBuffers:
        """The frame, without waiting for the device."""
        light = self._light(scene.lighting, options)
        plan = _plan(scene, camera, options, light)
        if self._frame is None or self._frame.plan.key != plan.key:
            self._frame = None  # frees its memory first
            self._frame = DeviceFrame(plan, self._device)
        return self._frame.render(Scene(scene.avatars, camera, scene.lighting), light, options.use_cache, timed)

    def mesh(self) -> SceneMesh | None:
        """The mesh of the newest frame."""
        return None if self._frame is None else self._frame.mesh()

    def _light(self, lighting: Lighting, options: RenderOptions) -> FrameLight:
        if not options.buffers & LIGHT_BUFFERS:
            return FrameLight(None, None, None)
        lighting = lighting.split(options.bright_sources)
        environment = lighting.environment
        power = None
        if environment is not None:
            key = environment.image, environment.yaw_deg, environment.intensity, environment.tint
            if self._probe_power is None or not _is_same(self._probe_power[0], key):
                self._probe_power = key, lighting.probes().power
            power = self._probe_power[1]
        sources = source_rays(lighting.sources, options.lamp_samples) if lighting.sources else None
        lamps = lamp_rays(lighting.lamps, options.lamp_samples) if lighting.lamps else None
        return FrameLight(power, sources, lamps)


def _plan(scene: Scene, camera: Camera, options: RenderOptions, light: FrameLight) -> FramePlan:
    wanted = options.buffers
    shows_normals = bool(wanted & NORMAL_BUFFERS)
    return FramePlan(
        avatars=scene.avatars,
        width=camera.width,
        height=camera.height,
        buffers=wanted,
        detailed=tuple(shows_normals and has_detail(posed.avatar, options) for posed in scene.avatars),
        has_materials=bool(wanted & MATERIAL_BUFFERS),
        has_frozen_materials=options.freezes_materials
        and any(posed.avatar.materials_follow_pose for posed in scene.avatars),
        has_light=bool(wanted & LIGHT_BUFFERS),
        has_vertex_sources=options.has_vertex_sources,
        num_probes=0 if light.probe_power is None else len(light.probe_power),
        num_source_rays=0 if light.sources is None else len(light.sources[0]),
        num_lamp_rays=0 if light.lamps is None else len(light.lamps[0]),
    )


def _is_same(kept: object, key: tuple[object, ...]) -> bool:
    """Pictures stay as they were read, so that the same object is the same picture."""
    return isinstance(kept, tuple) and kept[0] is key[0] and kept[1:] == key[1:]
