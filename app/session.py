"""The only caller of the engine: turns a ViewState into a Scene and RenderOptions, and those into frames."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from app.bands import Band, bands_of, joined
from app.bodies import Bodies, PosedRow
from app.device_image import held_image, wait_until_finished
from app.devices import engine_name
from app.edits import add_lamp, edit_look
from app.frames import Choice, Choices, Frame, Progress
from app.kept_files import KeptFiles
from app.layers import channels_of
from app.light_state import StageState
from app.lightings import BuiltLight
from app.picture import ENGINE_NAME, depth_range, display_bytes, display_image, display_rgba, half_image
from app.readings import READ_BUFFERS, Readings, packed
from app.scene_builder import at_time, camera_of, home_view, pixel_normals
from app.side import LARGEST_KEPT, Side, light_alone, shown_mesh
from app.staging import ground_of, staged
from app.state import CameraState, LookState, ViewState
from app.wipe import other_side
from phynes_core.body.motion import bundled_motions
from phynes_core.body.motion_files import load_motion
from phynes_core.frame.options import COARSE, FINE, LIGHT_BUFFERS, RenderOptions
from phynes_core.frame.scene import Scene
from phynes_core.io.shipped_files import ASSETS, CHECKPOINTS
from phynes_core.render.frame_buffers import BUFFERS, FrameBuffers
from phynes_core.render.light_picture import picture_of_light
from phynes_core.render.probes import load_environment_image

LIVE_VISIBILITY_SLICES = 4  # a moving pose renews a quarter of the shadows each frame
FINAL_SUPERSAMPLE = 2  # samples a side of a pixel in files and in pictures at rest: smooth patterns and inner edges
LIVE_LAMP_SAMPLES, FINAL_LAMP_SAMPLES = 4, 16  # shadow rays a pixel and lamp
WARM_UP_SIZE = 32
WARM_UP_STEPS = (("normal", "geometry"), ("albedo", "materials"), ("shading", "shadows"), ("radiance", "light"))


class AvatarSession:
    """Renders ViewStates with the engine. Not thread-safe: one engine thread owns it (`check` may come before)."""

    def __init__(
        self,
        backend: str = "auto",
        smpl: Path | None = None,
        smpl_uv: Path | None = None,
        has_antialias: bool = True,  # silhouettes by coverage in files and in pictures at rest
        raster: str = "auto",  # the rasterizer's backend, where it is not to follow `backend`
        maps: str = "auto",  # that of the neural maps
        device: torch.device | None = None,  # where frames are computed; the CPU when left out
    ) -> None:
        self._backend, self._raster = backend, raster
        self._maps, self._device = maps, device
        self._has_antialias = has_antialias
        self._files = KeptFiles()
        self._bodies = Bodies(self._files, smpl, smpl_uv, maps)
        self._checked: ViewState | None = None
        self._sides = tuple(
            Side(lambda path: self._files.get("environment", path, load_environment_image), device) for _ in range(2)
        )

    # what the windows ask before the engine thread starts

    def check(self, state: ViewState) -> None:
        """Load every file the state names; raises PhynesError."""
        self._checked = state
        for view in (state, other_side(state)) if state.compare.is_on else (state,):
            row = self._bodies.row(view)
            self._sides[0].lightings.build(self._bodies.avatar(view.body).light, view.light, row.target)

    def home_camera(self, state: ViewState) -> CameraState:
        """The view that fills 85 % of the picture's height with the active body, from farther if that shows the row."""
        return home_view(state, self._bodies.avatar(state.body))

    def choices(self, avatar_path: str) -> Choices:
        """The files that ship with the project, and the avatar that is open."""
        avatars = {str(path.resolve()): path.stem for path in sorted(CHECKPOINTS.glob("*.ckpt"))}
        avatars.setdefault(avatar_path, Path(avatar_path).stem)
        clips = [Choice(str(path), name, load_motion(path).duration_s) for name, path in bundled_motions().items()]
        probes = [Choice(str(path), path.stem) for path in sorted((ASSETS / "probes").glob("*.exr"))]
        return Choices(
            tuple(Choice(key, label) for key, label in avatars.items()),
            (Choice("", "rest pose"), *clips),
            tuple(probes),
            engine=engine_name(self._backend, self._raster, self._maps, self._device),
        )

    def durations_s(self, state: ViewState) -> dict[str, float]:
        """Length of every body's clip, by its path."""
        return {body.motion: self._bodies.clip(body.motion).duration_s for body in state.bodies if body.motion}

    def at_time(self, state: ViewState, frame: int, time_s: float | None) -> ViewState:
        """Every clip at its frame, or at a time that is given; raises MotionError beyond its end."""
        return at_time(self._bodies, state, frame, time_s)

    # the Renderer protocol, on the engine thread

    def warm_up(self, progress: Progress) -> None:
        """Compile the kernels by drawing tiny pictures: half a minute on the first start, then cached."""
        if self._checked is None:
            return
        with_lamp = add_lamp(self._checked)
        for done, (buffer, activity) in enumerate(WARM_UP_STEPS):
            progress(f"Preparing the renderer: {activity}", done / len(WARM_UP_STEPS))
            self.render(edit_look(with_lamp, buffer=buffer), WARM_UP_SIZE)

    def render(self, state: ViewState, size: int, is_final: bool = False) -> Frame:
        """Render the state's buffer, and what it is compared with."""
        frame = self._picture(state, size, is_final, self._sides[0])
        if not state.compare.is_on:
            return frame
        second = self._picture(other_side(state), size, is_final, self._other_side(state))
        return replace(
            frame, other=second, render_ms=frame.render_ms + second.render_ms,
            is_converged=frame.is_converged and second.is_converged,
        )  # fmt: skip

    def render_large(self, state: ViewState, size: int, after_band: Callable[[int, int], bool]) -> Frame | None:
        """The same, finely and in any size, band by band; None when `after_band` (done, of how many) says False."""
        if not state.compare.is_on:
            return self._large(state, state, size, after_band)
        first = self._large(state, state, size, lambda done, of: after_band(done, 2 * of))
        second = first and self._large(other_side(state), state, size, lambda done, of: after_band(of + done, 2 * of))
        return first and second and replace(first, other=second)

    def _large(
        self, view: ViewState, state: ViewState, size: int, after_band: Callable[[int, int], bool]
    ) -> Frame | None:
        side, depth_m = self._sides[0] if view is state else self._other_side(state), None
        if view.look.buffer == "depth" and len(bands_of(size)) > 1:  # the grays are those of the whole picture
            depth_m = self._picture(view, LARGEST_KEPT, True, side).depth_m
        return joined(size, lambda band: self._picture(view, size, True, side, band, depth_m), after_band)

    def layers(self, state: ViewState, size: int) -> Iterator[Mapping[str, np.ndarray]]:
        """Every buffer in linear numbers, band by band: channels of app/layers.py, each [rows, size]."""
        side = self._sides[0]
        row, light, scene, _ = self._scene(state, size, side)
        bands = bands_of(size)
        options = self._options(state, frozenset(BUFFERS), size * bands[0].rows, is_final=True)
        renderer = side.renderer(size * bands[0].rows, is_final=True)
        for band in bands:
            camera = band.of(scene.camera)
            buffers = renderer.render(replace(scene, camera=camera), options).cpu()
            picture = torch.cat([buffers.image("radiance"), buffers.mask], -1)
            picture = staged(picture, buffers, state.stage, light, camera, row.target, is_screen=False, band=band)
            yield channels_of(picture, buffers)

    def _picture(
        self, state: ViewState, size: int, is_final: bool, side: Side,
        band: Band | None = None,  # the part that is wanted
        depth_m: tuple[float, float] | None = None,  # of the whole picture
    ) -> Frame:  # fmt: skip
        start = time.perf_counter()
        name = state.look.buffer
        row, light, scene, target = self._scene(state, size, side)
        if name == "light_visibility":
            scene = replace(scene, lighting=light_alone(state, light.lighting, row.target))
        whole, band = scene.camera, band or Band(0, size, size)
        scene = replace(scene, camera=band.of(whole))
        num_pixels = size * band.rows
        renderer = side.renderer(num_pixels, is_final)
        options = self._options(state, frozenset({ENGINE_NAME.get(name, name), "mask", "uv"}), num_pixels, is_final)
        buffers = renderer.render(scene, options)
        is_staged = name == "radiance" and state.stage.rendered != StageState()
        if is_staged:  # the stage is made on the host
            buffers = buffers.cpu()
        image, kind = display_image(buffers, name, depth_m)
        if is_staged:
            image = half_image(staged(image.float(), buffers, state.stage, light, scene.camera, row.target, band=band))
        held, faces, depth_m = held_image(image), held_image(buffers.face_index), depth_m or depth_range(buffers)
        wait_until_finished(image.device)  # so that the windows never do
        render_ms = (time.perf_counter() - start) * 1e3
        timings = dict(renderer.timings)
        # what the light does not reach is not refined, however stale its shadows are
        has_sky = scene.lighting.environment is not None
        is_refining = renderer.is_refining and ENGINE_NAME.get(name, name) in LIGHT_BUFFERS and has_sky
        x, y, z = target.tolist()
        avatar = row.posed[state.company.place].avatar
        has_detail = avatar.record.has_detail if state.body.detail == "auto" else state.body.detail == "on"
        return Frame(
            held, kind, state, (x, y, z), light.probe_radiance.numpy(), render_ms, timings, not is_refining, is_final,
            has_detail, avatar.materials_follow_pose, row.shown, faces, light.sky, depth_m,
            (whole.intrinsics @ whole.T_cam_world[:3]).float().numpy(),
            shown_mesh(renderer, scene) if state.look.has_wireframe else None,
            held_image(buffers.image("uv")), self._bodies.square(row, state, is_final),
        )  # fmt: skip

    def readings(self, state: ViewState, size: int) -> Readings:
        """Every buffer's numbers at each pixel, of both sides where the picture is split."""
        first = self._readings(state, size, self._sides[0])
        if not state.compare.is_on:
            return first
        return replace(first, other=self._readings(other_side(state), size, self._other_side(state)))

    def _readings(self, state: ViewState, size: int, side: Side) -> Readings:
        buffers = self._buffers(state, size, frozenset(READ_BUFFERS), side)
        images = {name: buffers.image(name).numpy() for name in READ_BUFFERS}
        return packed(images, buffers.mask[..., 0].numpy())

    def _other_side(self, state: ViewState) -> Side:
        """What renders the picture right of the wipe: the same where only the buffer differs, else each its own."""
        other = other_side(state)
        return self._sides[0 if other.body == state.body and other.light == state.light else 1]

    def buffers(self, state: ViewState, size: int, names: frozenset[str]) -> FrameBuffers:
        """The engine's own numbers, at full quality."""
        return self._buffers(state, size, names, self._sides[0])

    def _buffers(self, state: ViewState, size: int, names: frozenset[str], side: Side) -> FrameBuffers:
        scene = self._scene(state, size, side)[2]
        options = self._options(state, names | {"mask"}, size * size, is_final=True)
        return side.renderer(size * size, is_final=True).render(scene, options).cpu()

    def light_picture(self, state: ViewState, rows: int) -> np.ndarray:  # [rows, 2 rows, 3] linear, lat-long
        """All light as it is at the active body's pelvis."""
        row = self._bodies.row(state)
        captured = row.posed[state.company.place].avatar.light
        light = self._sides[0].lightings.build(captured, state.light, row.target)
        return picture_of_light(light.lighting, row.target, rows, 2 * rows).numpy()

    def to_bytes(self, frame: Frame, look: LookState, has_alpha: bool = False) -> np.ndarray:  # [H, W, 3 | 4] uint8
        """The frame as the window shows it, sRGB; with straight alpha instead of its background on request."""
        return display_rgba(frame, look) if has_alpha else display_bytes(frame, look)

    # plain values to engine objects

    def _scene(self, state: ViewState, size: int, side: Side) -> tuple[PosedRow, BuiltLight, Scene, Tensor]:
        """And what it is made of; the last is the point that the camera looks at, [3] world."""
        row = self._bodies.row(state)
        target = row.target + torch.tensor(state.camera.pan_m)
        light = side.lightings.build(row.posed[state.company.place].avatar.light, state.light, row.target)
        ground = ground_of(state.stage, row.floor_m, row.target, state.company.spacing_m * (len(row.posed) - 1))
        return row, light, Scene(row.posed, camera_of(state.camera, row.target, size), light.lighting, ground), target

    def _options(self, state: ViewState, buffers: frozenset[str], num_pixels: int, is_final: bool) -> RenderOptions:
        return RenderOptions(
            buffers=buffers,
            backend=self._backend,
            raster=self._raster,
            visibility_slices=1 if is_final else LIVE_VISIBILITY_SLICES,
            supersample=FINAL_SUPERSAMPLE if is_final and num_pixels <= LARGEST_KEPT**2 else 1,
            antialias=is_final and self._has_antialias,
            bright_sources=state.light.bright_sources,
            has_vertex_sources=not is_final,
            lamp_samples=FINAL_LAMP_SAMPLES if is_final else LIVE_LAMP_SAMPLES,
            has_pixel_normals=pixel_normals(state.body.detail),
            freezes_materials=state.body.freezes_materials,
            ground_grids=FINE if is_final else COARSE,
        )
