"""One side of a split picture: the renderers and lights that it keeps between frames. Unsplit, there is one."""

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from app.bands import LARGEST_AT_ONCE
from app.frames import ShownMesh
from app.lightings import Lightings, engine_lamps
from app.state import ViewState
from phynes_core.frame.renderer import FrameRenderer
from phynes_core.frame.scene import Scene
from phynes_core.render.lighting import Lighting
from phynes_core.render.one_light import one_light

LARGEST_KEPT = LARGEST_AT_ONCE  # pixels a side; supersampled or kept at once, more would not fit in memory


class Side:
    """Not thread-safe, as the session that owns it."""

    def __init__(
        self,
        read_image: Callable[[str], Tensor],
        device: torch.device | None = None,  # where frames are computed; the CPU when left out
    ) -> None:
        self.lightings, self._device = Lightings(read_image), device
        self._live = FrameRenderer(device)
        self._final = FrameRenderer(device)  # its own, so that a fine picture does not evict what dragging needs

    def renderer(self, num_pixels: int, is_final: bool) -> FrameRenderer:
        """One that keeps its stages, unless they would hold gigabytes."""
        if not is_final:
            return self._live
        return self._final if num_pixels <= LARGEST_KEPT**2 else FrameRenderer(self._device)


def shown_mesh(renderer: FrameRenderer, scene: Scene) -> ShownMesh:
    """The mesh of a scene that was just rendered, which the renderer still has."""
    mesh = renderer.mesh(scene).cpu()
    return ShownMesh(mesh.vertices.numpy(), mesh.faces.numpy())


def light_alone(
    state: ViewState,
    lighting: Lighting,
    center: Tensor,  # [3] world, what area lamps stand around
) -> Lighting:
    """The light that the buffer light_visibility is about; one that is gone leaves the choice to the engine."""
    kind, _, number = state.look.shown_light.partition(":")
    lamps, most = state.light.lamps, state.light.bright_sources
    if kind == "lamp" and number.isdecimal() and int(number) < len(lamps):
        suns, near = engine_lamps((replace(lamps[int(number)], is_on=True),), center)
        return one_light(Lighting(lamps=suns, area_lamps=near), "lamp:0", most)
    try:
        return one_light(lighting, state.look.shown_light, most)
    except ValueError:
        return one_light(lighting, "", most)
