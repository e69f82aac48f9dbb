"""The render service: from a ViewState to the engine's Scene and RenderOptions, and from these to pictures.

The viewer, its export jobs, `render` and `turntable` make all their pictures with it; `bench` takes its scene from it.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from app.model.cameras import CameraState
from app.model.comparison import compared_state
from app.model.display_settings import DisplaySettings
from app.model.exports import PictureSize
from app.model.lamps import LampState
from app.model.materials import StrokeState
from app.model.view_state import ViewState
from app.rendering.begun_frames import BegunFrame, BegunPair, FinishedFrame, paired
from app.rendering.body_parts import PARTS, camera_on
from app.rendering.choices import Choice, Choices
from app.rendering.exports.picture_files import channels_of
from app.rendering.frames import INSPECTED_BUFFERS, FillPreview, Frame, PixelValues, Progress, UnfinishedFrame, packed
from app.rendering.picture import ENGINE_NAME, display_bytes, display_rgba
from app.rendering.posed_row import Bodies, LruCache
from app.rendering.render_requests import GivesUp, Interruption, never
from app.rendering.render_slot import RenderedTile, RenderSlot
from app.rendering.scenes import FINAL, LIVE, SMOOTH_LIVE, BuiltScene, Quality, at_time, home_view, render_options
from app.rendering.texel_baker import TexelBaker
from app.rendering.tiles import LARGEST_AT_ONCE, Tile, fits_at_once, joined, tiles_of, whole_tile
from phynes_core.body.motion.files import load_motion
from phynes_core.frame.buffers import BUFFERS
from phynes_core.frame.options import RenderOptions
from phynes_core.frame.scene import SceneMesh
from phynes_core.io.shipped_files import bundled_avatars, bundled_environments, bundled_motions
from phynes_core.kernels.gpu.device import GpuDevice
from phynes_core.kernels.registry import resolve
from phynes_core.render.light_picture import picture_of_light
from phynes_core.render.probes import load_environment_image

WARM_UP_SIZE = 32
WARM_UP_STEPS = (("normal", "geometry"), ("albedo", "materials"), ("shading", "shadows"), ("radiance", "light"))


class RenderService:
    """Renders ViewStates with the engine. Not thread-safe: one thread uses it at a time."""

    def __init__(
        self,
        backend: str = "auto",
        smpl: Path | None = None,
        smpl_uv: Path | None = None,
        has_antialias: bool = True,  # silhouettes by coverage
        raster: str = "auto",  # the rasterizer's backend; auto: `backend`
        maps: str = "auto",  # backend of the neural maps
        device: torch.device | GpuDevice | None = None,  # where frames are computed; the CPU when left out
    ) -> None:
        self._backend, self._raster = backend, raster
        self._maps, self.device = maps, device or torch.device("cpu")
        self._final = replace(FINAL, antialias=has_antialias)
        self._live = SMOOTH_LIVE if has_antialias and self.device == torch.device("cpu") else LIVE
        self._files = LruCache()
        self._bodies = Bodies(self._files, smpl, smpl_uv, maps)
        self._baker = TexelBaker()
        self._checked: ViewState | None = None
        self._gives_up: GivesUp = never  # of the picture in progress
        self._slots = tuple(
            RenderSlot(self._bodies, self._environment, self.device, self._check_interruption) for _ in range(2)
        )

    # asked before the engine thread starts

    def check(self, state: ViewState) -> None:
        """Load every file that the state names; raises PhynesError."""
        self._checked = state
        for view in (state, compared_state(state)) if state.compare.is_on else (state,):
            self._slots[0].scene(view, WARM_UP_SIZE)

    def home_camera(self, state: ViewState) -> CameraState:
        """The front view in which the active body fills 85 % of the height, from farther off where the row needs it."""
        return home_view(state, self._bodies.avatar(state.body))

    def camera_on(self, state: ViewState, part: str) -> CameraState:
        """The state's camera turned to a part (of PARTS) of the active body, the first where there are several."""
        row = self._bodies.row(state)
        return camera_on(state.camera, row.shown[state.avatar_row.active], row.target.numpy(), PARTS[part][0])

    def choices(self, avatar_path: str) -> Choices:
        """The bundled files, and the avatar that is open."""
        avatars = {str(path.resolve()): name for name, path in bundled_avatars().items()}
        avatars.setdefault(avatar_path, Path(avatar_path).stem)
        clips = [Choice(str(path), name, load_motion(path).duration_s) for name, path in bundled_motions().items()]
        probes = [Choice(str(path), name) for name, path in bundled_environments().items()]
        return Choices(
            tuple(Choice(key, label) for key, label in avatars.items()),
            (Choice("", "rest pose"), *clips),
            tuple(probes),
            engine=engine_name(self._backend, self._raster, self._maps, self.device),
        )

    def durations_s(self, state: ViewState) -> dict[str, float]:
        """Path -> length in seconds of every body's clip."""
        return {body.motion: self._bodies.clip(body.motion).duration_s for body in state.bodies if body.motion}

    def at_time(self, state: ViewState, frame: int, time_s: float | None) -> ViewState:
        """The state with every clip at a time, or at a frame where `time_s` is None; raises MotionError."""
        return at_time(self._bodies, state, frame, time_s)

    # frames.py's Renderer, on the engine thread

    def warm_up(self, progress: Progress) -> None:
        """Compile the kernels by rendering tiny pictures: half a minute at the first start, cached later."""
        if self._checked is None:
            return
        light = replace(self._checked.light, lamps=(*self._checked.light.lamps, LampState()))
        for done, (buffer, activity) in enumerate(WARM_UP_STEPS):
            progress(f"Preparing the renderer: {activity}", done / len(WARM_UP_STEPS))
            display = replace(self._checked.display, buffer=buffer)
            self.render(replace(self._checked, light=light, display=display), WARM_UP_SIZE)
        if not self._is_on_gpu:
            self._baker.warm_up()

    def prepare(self) -> bool:
        """Work ahead while nothing is to be rendered, for some milliseconds; False where nothing is left to do."""
        return self._baker.advance(is_idle=True)

    def begin(
        self, state: ViewState, size: PictureSize, is_final: bool = False, gives_up: GivesUp = never
    ) -> UnfinishedFrame:
        """Begin the state's buffer, and the picture it is compared with; a GPU need not be waited for."""
        with self._asking(gives_up):
            first, *others = [
                _unless_finished(self._begun(view, size, is_final, slot)) for view, slot in self._compared(state)
            ]
        if not is_final and size != WARM_UP_SIZE:
            self._baker.advance(is_idle=False)
        return BegunPair(first, others[0]) if others else first

    def render(self, state: ViewState, size: PictureSize, is_final: bool = False) -> Frame:
        """Render the state's buffer, and the picture it is compared with."""
        return self.begin(state, size, is_final).finished()

    def render_large(self, state: ViewState, size: PictureSize, after_tile: Callable[[int, int], bool]) -> Frame | None:
        """Render at full quality in any size, tile by tile; None where `after_tile` (done, all) returns False."""
        compared, frames = self._compared(state), []
        for number, (view, slot) in enumerate(compared):

            def after(done: int, of: int, number: int = number) -> bool:
                return after_tile(number * of + done, len(compared) * of)

            frame = self._large_frame(view, size, slot, after)
            if frame is None:
                return None
            frames.append(frame)
        return frames[0] if len(frames) == 1 else paired(*frames)

    def layers(self, state: ViewState, size: PictureSize) -> Iterator[Mapping[str, np.ndarray]]:
        """Every buffer, linear, tile by tile: channel of picture_files.py -> [rows, width]."""
        slot = self._slots[0]
        built = slot.scene(state, size)
        for tile in tiles_of(size):
            rendered = self._rendered(built, frozenset(BUFFERS), self._final, slot, tile).cpu()
            yield channels_of(rendered.picture(is_screen=False), rendered.buffers)

    def pixel_values(self, state: ViewState, size: PictureSize, gives_up: GivesUp = never) -> PixelValues:
        """The values of INSPECTED_BUFFERS at each pixel; with a comparison, of both pictures."""
        found = []
        for view, slot in self._compared(state):
            quality = self._final_quality(whole_tile(size).num_pixels)
            with self._asking(gives_up):
                rendered = self._rendered(slot.scene(view, size), frozenset(INSPECTED_BUFFERS), quality, slot)
            buffers = rendered.buffers.cpu()
            images = {name: buffers.image(name).numpy() for name in INSPECTED_BUFFERS}
            found.append(packed(images, buffers.mask[..., 0].numpy()))
        return found[0] if len(found) == 1 else replace(found[0], other=found[1])

    def fill_preview(self, state: ViewState, index: int, stroke: StrokeState) -> FillPreview:
        """About what a fill of a body would take."""
        body = state.bodies[index]
        return FillPreview(body.avatar, index, stroke, self._bodies.fill_preview(body, stroke))

    def light_picture(self, state: ViewState, rows: int) -> np.ndarray:  # [rows, 2 rows, 3] linear, lat-long
        """All light at the active body's pelvis, lamps included."""
        built = self._slots[0].scene(state, WARM_UP_SIZE)
        return picture_of_light(built.light.lighting, built.row.target, rows, 2 * rows).numpy()

    def to_bytes(
        self, frame: Frame, display: DisplaySettings, has_alpha: bool = False
    ) -> np.ndarray:  # [H, W, 3 | 4] uint8
        """The frame as the window shows it, sRGB; with `has_alpha` straight alpha instead of the background."""
        return display_rgba(frame, display) if has_alpha else display_bytes(frame, display)

    # for commands: the engine's own numbers, the scene and its mesh

    def scene(self, state: ViewState, size: PictureSize) -> BuiltScene:
        """The engine's scene of the state."""
        return self._slots[0].scene(state, size)

    def mesh(self, state: ViewState) -> SceneMesh:
        """All bodies as one mesh, on the host."""
        return self._slots[0].mesh(self.scene(state, WARM_UP_SIZE))

    def buffers(
        self, state: ViewState, size: PictureSize, names: frozenset[str], quality: Quality | None = None
    ) -> RenderedTile:
        """The engine's buffers on the host, with their scene; at full quality unless another quality is given."""
        quality = quality or self._final_quality(whole_tile(size).num_pixels)
        return self._rendered(self.scene(state, size), names, quality, self._slots[0]).cpu()

    # shared by all of them

    def _options(self, built: BuiltScene, names: frozenset[str], quality: Quality) -> tuple[BuiltScene, RenderOptions]:
        if "light_visibility" in names:
            built = built.lit_by_shown_light()
        engine_names = frozenset(ENGINE_NAME.get(name, name) for name in names) | {"mask"}
        return built, render_options(built.state, engine_names, quality, self._backend, self._raster)

    def _rendered(
        self, built: BuiltScene, names: frozenset[str], quality: Quality, slot: RenderSlot, tile: Tile | None = None
    ) -> RenderedTile:
        built, options = self._options(built, names, quality)
        return slot.render(built, options, quality.is_live, tile)

    def _begun(
        self, state: ViewState, size: PictureSize, is_final: bool, slot: RenderSlot,
        tile: Tile | None = None,  # the part to render; None: all of it
        depth_m: tuple[float, float] | None = None,  # depth range of the whole picture
    ) -> BegunFrame:  # fmt: skip
        start_s, tile = time.perf_counter(), tile or whole_tile(size)
        quality = self._final_quality(tile.num_pixels) if is_final else self._live
        built = slot.scene(state, size)
        if not is_final and not self._is_on_gpu:
            built = replace(built, scene=self._baker.placed(built.scene, state.body.freezes_materials))
        built, options = self._options(built, frozenset({state.display.buffer, "uv"}), quality)
        begun = slot.begin(built, options, quality.is_live, tile)
        square = self._bodies.square(built.row, state, is_final)
        return BegunFrame(state, begun, is_final, depth_m, square, self.device, start_s)

    @contextmanager
    def _asking(self, gives_up: GivesUp) -> Iterator[None]:
        self._gives_up = gives_up
        try:
            yield
        finally:
            self._gives_up = never

    def _check_interruption(self) -> None:
        if self._gives_up():
            raise Interruption

    @property
    def _is_on_gpu(self) -> bool:
        return isinstance(self.device, GpuDevice) and not self.device.failure

    def _large_frame(
        self, state: ViewState, size: PictureSize, slot: RenderSlot, after_tile: Callable[[int, int], bool]
    ) -> Frame | None:
        depth_m = None
        if state.display.buffer == "depth" and len(tiles_of(size)) > 1:  # grays of the whole picture's depth range
            depth_m = self._begun(state, LARGEST_AT_ONCE, True, slot).finished().depth_m

        def render(tile: Tile) -> Frame:
            return self._begun(state, size, True, slot, tile, depth_m).finished()

        return joined(size, render, after_tile)

    def _final_quality(self, num_pixels: int) -> Quality:
        return self._final if fits_at_once(num_pixels) else replace(self._final, supersample=1)

    def _compared(self, state: ViewState) -> list[tuple[ViewState, RenderSlot]]:
        """The state and its comparison, each with its render slot: the same one where only the buffer differs."""
        first, second = self._slots
        if not state.compare.is_on:
            return [(state, first)]
        other = compared_state(state)
        return [(state, first), (other, first if other.body == state.body and other.light == state.light else second)]

    def _environment(self, path: str) -> torch.Tensor:  # [H, W, 3] linear, lat-long
        return self._files.get("environment", path, lambda name: load_environment_image(Path(name)))


def _unless_finished(begun: BegunFrame) -> UnfinishedFrame:
    """What nobody waits for is finished at once: the next one may use the same memory."""
    return begun if begun.is_pending else FinishedFrame(begun.finished())


def engine_name(backend: str, raster: str, maps: str, device: torch.device | GpuDevice) -> str:
    """The device and the backends in use, for a person: "CPU: numba, embree"; the names are those of BackendOptions."""
    if isinstance(device, GpuDevice):
        return f"{device.adapter.name}: {device.adapter.backend}"
    wanted = {"rasterize": backend if raster == "auto" else raster, "visibility": backend, "hash_encoding": maps}
    used = [resolve(operation, name, device.type) for operation, name in (wanted | {"shade": backend}).items()]
    where = "CPU" if device.type == "cpu" else torch.cuda.get_device_name(device)
    return f"{where}: {', '.join(dict.fromkeys(used))}"
