"""Frames with a floor: the bodies from frame.py, and behind them what render/ground.py makes of their shadows."""

from collections.abc import Hashable
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from phynes_core.frame.frame import FrameRenderer, RenderOptions
from phynes_core.frame.result_cache import Stages
from phynes_core.frame.scene import Scene, SceneMesh
from phynes_core.render.frame_buffers import FrameBuffers
from phynes_core.render.ground import Ground, GroundGrids, ground_layer, mirrored_camera, open_share
from phynes_core.render.lighting import Lighting
from phynes_core.render.visibility import Occluder

FINE = GroundGrids()
COARSE = GroundGrids(sky_cells=40, lamp_cells=112, lamp_samples=4)  # while something moves


class GroundedRenderer:
    """A FrameRenderer that also knows the scene's floor. Not thread-safe, as that one."""

    def __init__(self, device: torch.device | None = None) -> None:
        """Frames are computed on `device`; None: where the avatars lie."""
        self._bodies = FrameRenderer(device=device)
        self._mirror = FrameRenderer(self._bodies)
        self._stages = Stages()

    @property
    def timings(self) -> dict[str, float]:
        """Milliseconds of each stage that ran in the last frame."""
        return self._bodies.timings | self._stages.timings

    @property
    def is_refining(self) -> bool:
        """Whether rendering the same scene again would renew stale visibility."""
        return self._bodies.is_refining

    def mesh(self, scene: Scene) -> SceneMesh:
        """The posed and displaced bodies of the scene."""
        return self._bodies.mesh(scene)

    def render(self, scene: Scene, options: RenderOptions, grids: GroundGrids = FINE) -> FrameBuffers:
        """As FrameRenderer's, with the buffer `ground` where the scene has one and radiance is wanted."""
        self._stages.timings = {}
        frame = self._bodies.render(scene, options)
        if scene.ground is None or "radiance" not in options.buffers:
            return frame
        if not options.use_cache:
            self._stages.forget()
        share = self._share(scene, scene.ground, options, grids)
        mirrored, height = self._mirrored(scene, scene.ground, options, grids)
        with self._stages.timed("ground_compose"):
            return replace(frame.cpu(), ground=ground_layer(scene.ground, scene.camera, share, mirrored, height))

    def _share(self, scene: Scene, ground: Ground, options: RenderOptions, grids: GroundGrids) -> Tensor:
        occluder, mesh_key = self._occluder(scene, options)
        lighting = scene.lighting.split(options.bright_sources)
        plane = replace(ground, shadow=0.0, reflection=0.0)
        key = (mesh_key, plane, grids, _light_key(lighting))
        keeps = [] if lighting.environment is None else [lighting.environment.image]
        return self._stages.result(
            "ground_shadow", key, lambda: open_share(ground, occluder, lighting, grids), keeps
        )  # fmt: skip

    def _occluder(self, scene: Scene, options: RenderOptions) -> tuple[Occluder, Hashable]:
        """On the host, where the floor is computed, whatever computes the bodies."""
        occluder, key = self._bodies.occluder(scene, options.backend)
        mesh = self._bodies.mesh(scene)
        if mesh.vertices.device.type == "cpu":
            return occluder, key
        host = mesh.cpu()
        return self._stages.result("ground_occluder", key, lambda: Occluder(host.vertices, host.faces)), key

    def _mirrored(
        self, scene: Scene, ground: Ground, options: RenderOptions, grids: GroundGrids
    ) -> tuple[Tensor | None, Tensor | None]:
        """Radiance and coverage [H, W, 4], height over the floor [H, W, 1] of what the floor mirrors."""
        camera = scene.camera
        if ground.reflection <= 0.0 or float(camera.center[1]) <= ground.height_m:
            return None, None
        factor = 1 if grids == FINE else 2  # nobody sees the pixels of a faint image that moves
        seen = mirrored_camera(camera, ground).resized(-(-camera.width // factor), -(-camera.height // factor))
        wanted = replace(
            options, buffers=frozenset({"radiance", "position", "mask"}), supersample=1, has_vertex_sources=True,
            lamp_samples=min(options.lamp_samples, 4), exact_visibility=False, use_cache=True,
        )  # fmt: skip
        with self._stages.timed("ground_mirror"):
            frame = self._mirror.render(replace(scene, camera=seen, ground=None), wanted).cpu()
        assert frame.radiance is not None and frame.position is not None
        image = torch.cat([frame.radiance, frame.mask, frame.position[..., 1:2] - ground.height_m], -1)
        if factor > 1:
            # coverage in the depth too: heights of empty pixels must not dilute those of the rim
            image = torch.cat([image[..., :4], image[..., 4:] * frame.mask], -1)
            image = interpolate(
                image.permute(2, 0, 1)[None], (camera.height, camera.width), mode="bilinear", align_corners=False
            )[0].permute(1, 2, 0)  # fmt: skip
            image = torch.cat([image[..., :4], image[..., 4:] / image[..., 3:4].clamp(min=1e-3)], -1)
        return image[..., :4], image[..., 4:]


def _light_key(lighting: Lighting) -> tuple[object, ...]:
    environment = lighting.environment
    sky = () if environment is None else (
        id(environment.image), environment.yaw_deg, environment.intensity, environment.tint
    )  # fmt: skip
    return sky, lighting.lamps, lighting.sources, lighting.area_lamps
