"""A render slot: the renderers and lights that one of the two pictures of a comparison keeps between frames.

Without a comparison the first slot alone is used.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from app.model.exports import PictureSize
from app.model.view_state import ViewState
from app.rendering.frames import ShownMesh
from app.rendering.lighting import LightingCache
from app.rendering.posed_row import Bodies
from app.rendering.scenes import BuiltScene, build_scene
from app.rendering.surroundings import over_backdrop
from app.rendering.tiles import Tile, fits_at_once, whole_tile
from phynes_core.frame.buffers import FrameBuffers
from phynes_core.frame.options import RenderOptions
from phynes_core.frame.pending import PendingFrame
from phynes_core.frame.renderer import FrameRenderer
from phynes_core.frame.scene import Scene, SceneMesh
from phynes_core.kernels.gpu.device import GpuDevice
from phynes_core.render.camera import Camera
from phynes_core.render.ground import over_ground


@dataclass(frozen=True, eq=False)
class BegunTile:
    """A scene's picture, or a tile of it, that a GPU may still be making."""

    built: BuiltScene
    tile: Tile
    frame: PendingFrame
    mesh_of: Callable[[BuiltScene], SceneMesh]

    def rendered(self) -> "RenderedTile":
        """With its buffers; waits for them."""
        return RenderedTile(self.built, self.tile, self.frame.buffers())

    def shown_mesh(self) -> ShownMesh:
        """All bodies as one mesh."""
        mesh = self.mesh_of(self.built).cpu()
        return ShownMesh(mesh.vertices.numpy(), mesh.faces.numpy())

    def over_backdrop(self, picture: Tensor) -> Tensor:  # [H, W, 4] both
        """As surroundings.py's."""
        return _over_backdrop(self.built, self.tile, picture)


@dataclass(frozen=True, eq=False)
class RenderedTile:
    """The engine's buffers of a scene's picture, or of a tile of it."""

    built: BuiltScene
    tile: Tile
    buffers: FrameBuffers

    @property
    def camera(self) -> Camera:
        """The tile's camera."""
        return self.tile.of(self.built.scene.camera)

    def cpu(self) -> "RenderedTile":
        """The same with its buffers on the host."""
        return replace(self, buffers=self.buffers.cpu())

    def picture(self, is_screen: bool) -> Tensor:  # [H, W, 4] linear, premultiplied; buffers on the host
        """The radiance over the surroundings; `is_screen` as in over_ground."""
        radiance = torch.cat([self.buffers.image("radiance"), self.buffers.mask], -1)
        return self.over_surroundings(radiance, is_screen)

    def over_surroundings(self, radiance: Tensor, is_screen: bool) -> Tensor:  # [H, W, 4] both, premultiplied
        """An image of radiance and coverage over the floor, the backdrop and the balls."""
        return _over_backdrop(self.built, self.tile, over_ground(radiance, self.buffers.ground, is_screen))


def _over_backdrop(built: BuiltScene, tile: Tile, picture: Tensor) -> Tensor:
    surroundings, camera = built.state.surroundings, tile.of(built.scene.camera)
    return over_backdrop(picture, surroundings, built.light, camera, pelvis=built.row.target, tile=tile)


class RenderSlot:
    """One slot. Not thread-safe, like the service that owns it."""

    def __init__(
        self,
        bodies: Bodies,
        read_image: Callable[[str], Tensor],
        device: torch.device | GpuDevice,  # where frames are computed
        before_node: Callable[[], None],  # of pictures at full quality; may give them up by raising
    ) -> None:
        self._bodies, self._lightings, self._device = bodies, LightingCache(read_image), device
        self._live = FrameRenderer(device)
        self._final = FrameRenderer(device, before_node=before_node)  # separate, so that the live results are kept

    def scene(self, state: ViewState, size: PictureSize) -> BuiltScene:
        """The engine's scene of the state."""
        return build_scene(state, size, self._bodies, self._lightings)

    def begin(
        self,
        built: BuiltScene,
        options: RenderOptions,
        is_live: bool,
        tile: Tile | None = None,  # the part to render; None: all of it
    ) -> BegunTile:
        """Begin a picture for a window, which need not be waited for."""
        tile, renderer, scene = self._placed(built, is_live, tile)
        frame = renderer.begin(scene, options)
        return BegunTile(built, tile, frame, lambda built: renderer.mesh(built.scene))

    def render(
        self, built: BuiltScene, options: RenderOptions, is_live: bool, tile: Tile | None = None
    ) -> RenderedTile:  # fmt: skip
        """Render the buffers; they stay on the engine's device."""
        tile, renderer, scene = self._placed(built, is_live, tile)
        return RenderedTile(built, tile, renderer.render(scene, options))

    def mesh(self, built: BuiltScene) -> SceneMesh:
        """All bodies of the scene, on the host."""
        return self._final.mesh(built.scene).cpu()

    def _placed(self, built: BuiltScene, is_live: bool, tile: Tile | None) -> tuple[Tile, FrameRenderer, Scene]:
        tile = tile or whole_tile((built.scene.camera.width, built.scene.camera.height))
        scene = replace(built.scene, camera=tile.of(built.scene.camera))
        return tile, self._renderer(tile.num_pixels, is_live), scene

    def _renderer(self, num_pixels: int, is_live: bool) -> FrameRenderer:
        """The renderer that keeps its results; a new one for tiles whose results would take gigabytes."""
        if is_live:
            return self._live
        return self._final if fits_at_once(num_pixels) else FrameRenderer(self._device)
