"""The only caller of the engine: turns a ViewState into a Scene and RenderOptions, and those into frames."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from app.edits import add_lamp, edit_look, wrap_deg
from app.frames import Choice, Choices, Frame, Progress
from app.picture import display_bytes, display_pixels
from app.posing import edited_pose
from app.scene_builder import home_distance, orbit_target, pixel_normals, probe_file
from app.state import PROBE_COLUMNS, PROBE_ROWS, BodyState, CameraState, LampState, LightState, LookState, ViewState
from phynes_core.avatar import Avatar
from phynes_core.body.model import Pose
from phynes_core.body.motion import MotionClip, bundled_motions, load_motion
from phynes_core.checkpoint import load_checkpoint
from phynes_core.conventions import direction_to_latlong
from phynes_core.errors import CheckpointError, MotionError
from phynes_core.frame import LIGHT_BUFFERS, FrameRenderer, RenderOptions
from phynes_core.paths import ASSETS, CHECKPOINTS
from phynes_core.render.camera import Camera, orbit_camera
from phynes_core.render.lamps import Lamp
from phynes_core.render.lighting import Lighting
from phynes_core.render.probes import Environment, load_environment_image
from phynes_core.scene import PosedAvatar, Scene

LIVE_VISIBILITY_SLICES = 4  # a moving pose renews a quarter of the shadows each frame
FINAL_SUPERSAMPLE = 2  # samples a side of a pixel in files and in pictures at rest: smooth patterns and inner edges
LIVE_LAMP_SAMPLES, FINAL_LAMP_SAMPLES = 4, 16  # shadow rays a pixel and lamp
WARM_UP_SIZE = 32
WARM_UP_STEPS = (("normal", "geometry"), ("albedo", "materials"), ("shading", "shadows"), ("radiance", "light"))
MAX_KEPT_FILES = 4  # avatars, clips and environments remembered, each

Loaded = TypeVar("Loaded")


class AvatarSession:
    """Renders ViewStates with the engine. Not thread-safe: one engine thread owns it (`check` may come before)."""

    def __init__(
        self,
        backend: str = "auto",
        smpl: Path | None = None,
        smpl_uv: Path | None = None,
        has_antialias: bool = True,  # silhouettes by coverage in files and in pictures at rest
    ) -> None:
        self._backend = backend
        self._has_antialias = has_antialias
        self._smpl, self._smpl_uv = smpl, smpl_uv
        self._live = FrameRenderer()
        self._final = FrameRenderer()  # its own, so that a fine picture does not evict what dragging needs
        self._checked: ViewState | None = None
        self._files: dict[str, dict[str, object]] = {"avatar": {}, "motion": {}, "environment": {}}
        self._light: tuple[LightState, str, Lighting, Tensor] | None = None
        self._pose: tuple[BodyState, PosedAvatar, Tensor] | None = None

    # what the windows ask before the engine thread starts

    def check(self, state: ViewState) -> None:
        """Load every file the state names; raises PhynesError."""
        self._checked = state
        self._posed(state.body)
        self._lighting(self._avatar(state.body), state.body.avatar, state.light)

    def home_camera(self, body: BodyState) -> CameraState:
        """The view that fills 85 % of the picture's height with this body."""
        return CameraState(distance_m=home_distance(self._avatar(body)))

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
        )

    def opening(self, avatar: Path, motion: str, probe: str) -> tuple[BodyState, LightState]:
        """What the command line's names mean: clips and environments by bare name or path, "captured", "none"."""
        body = BodyState(avatar=str(avatar), motion=str(bundled_motions().get(motion, motion)) if motion else "")
        if probe in ("captured", "none"):
            return body, LightState(mode=probe)
        return body, LightState(mode="environment", environment=str(probe_file(probe).resolve()))

    def duration_s(self, body: BodyState) -> float:
        """Length of the body's clip; 0 for the rest pose."""
        return self._motion(body.motion).duration_s if body.motion else 0.0

    def time_of(self, body: BodyState, frame: int, time_s: float | None) -> float:
        """Seconds into the clip of a frame, or of a time that is given; raises MotionError beyond its end."""
        if not body.motion:
            if frame or time_s is not None:
                raise MotionError("--frame and --time: expected a --motion to take them from, got none")
            return 0.0
        clip = self._motion(body.motion)
        if time_s is None and not 0 <= frame < clip.num_frames:
            raise MotionError(f"--frame: expected 0 to {clip.num_frames - 1} of {clip.name}, got {frame}")
        return frame / clip.fps if time_s is None else time_s

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
        """Render the state's buffer."""
        start = time.perf_counter()
        posed, pelvis = self._posed(state.body)
        target = pelvis + torch.tensor(state.camera.pan_m)
        lighting, probe_radiance = self._lighting(posed.avatar, state.body.avatar, state.light)
        scene = Scene((posed,), _camera(state.camera, target, size), lighting)
        renderer = self._final if is_final else self._live
        options = RenderOptions(
            buffers=frozenset({state.look.buffer, "mask"}),
            backend=self._backend,
            visibility_slices=1 if is_final else LIVE_VISIBILITY_SLICES,
            supersample=FINAL_SUPERSAMPLE if is_final else 1,
            antialias=is_final and self._has_antialias,
            bright_sources=state.light.bright_sources,
            has_vertex_sources=not is_final,
            lamp_samples=FINAL_LAMP_SAMPLES if is_final else LIVE_LAMP_SAMPLES,
            has_pixel_normals=pixel_normals(state.body.detail),
            freezes_materials=state.body.freezes_materials,
        )
        buffers = renderer.render(scene, options)
        pixels, kind = display_pixels(buffers, state.look.buffer)
        render_ms = (time.perf_counter() - start) * 1e3
        timings = dict(renderer.timings)
        # what the light does not reach is not refined, however stale its shadows are
        is_refining = renderer.is_refining and state.look.buffer in LIGHT_BUFFERS and lighting.environment is not None
        x, y, z = target.tolist()
        avatar = posed.avatar
        has_detail = avatar.record.has_detail if state.body.detail == "auto" else state.body.detail == "on"
        return Frame(
            pixels, kind, state, (x, y, z), probe_radiance.numpy(), render_ms, timings, not is_refining, is_final,
            has_detail, avatar.materials_follow_pose,
        )  # fmt: skip

    def to_bytes(self, frame: Frame, look: LookState) -> np.ndarray:  # [H, W, 3] uint8 sRGB
        """The frame as the window shows it."""
        return display_bytes(frame, look)

    # plain values to engine objects

    def _posed(self, body: BodyState) -> tuple[PosedAvatar, Tensor]:  # and the point that cameras orbit, [3] world
        key = BodyState(body.avatar, body.motion, body.time_s, False, body.joint_angles_deg, body.shape)
        if self._pose is None or self._pose[0] != key:
            avatar = self._avatar(body)
            betas = avatar.betas.clone()
            betas += torch.tensor(body.shape)[: len(betas)]
            clip = self._motion(body.motion) if body.motion else None
            rest = Pose(torch.zeros(23, 3), torch.zeros(3), torch.zeros(3), betas)
            pose = rest if clip is None else clip.pose_at(body.time_s, betas)
            posed = PosedAvatar(avatar, edited_pose(pose, body.joint_angles_deg))
            self._pose = (key, posed, orbit_target(avatar, pose, clip))
        return self._pose[1], self._pose[2]

    def _lighting(self, avatar: Avatar, avatar_path: str, light: LightState) -> tuple[Lighting, Tensor]:
        """The lighting and its 16 x 32 picture. Remembered, so that an unchanged sky is the same object."""
        if self._light is None or (_without_lamps(self._light[0]), self._light[1]) != (
            _without_lamps(light),
            avatar_path,
        ):
            self._light = (light, avatar_path, *self._surroundings(avatar, light))
        _, _, surroundings, radiance = self._light
        return replace(surroundings, lamps=tuple(_lamp(lamp) for lamp in light.lamps)), radiance

    def _surroundings(self, avatar: Avatar, light: LightState) -> tuple[Lighting, Tensor]:
        """All light but the lamps. Painted cells replace the probes and bright sources there; a turntable turns all."""
        if light.mode == "environment" and light.environment:
            image = self._file("environment", light.environment, load_environment_image)
        elif light.mode == "none":
            image = torch.zeros(PROBE_ROWS, PROBE_COLUMNS, 3)
            if not light.probe_edits:
                return Lighting(), image  # lamps alone: nothing to shade from the sky
        else:
            image = avatar.light
        yaw_deg = light.yaw_deg if light.probe_edits else wrap_deg(light.yaw_deg + light.turn_deg)
        base = Lighting(Environment(image, yaw_deg, light.intensity, light.tint))
        if not light.probe_edits:
            return base, base.probes().radiance.view(PROBE_ROWS, PROBE_COLUMNS, 3)
        split = base.split(light.bright_sources)
        painted = dict(light.probe_edits)
        sources = tuple(
            replace(source, azimuth_deg=source.azimuth_deg + light.turn_deg)
            for source in split.sources
            if _cell_of(source) not in painted
        )
        shown, left = base.probes().radiance.clone(), split.probes().radiance.clone()
        for cell, radiance in painted.items():
            shown[cell] = left[cell] = torch.tensor(radiance)
        shown, left = (cells.view(PROBE_ROWS, PROBE_COLUMNS, 3) for cells in (shown, left))
        return Lighting(Environment(left, light.turn_deg), sources=sources), shown

    # files

    def _avatar(self, body: BodyState) -> Avatar:
        def read(path: Path) -> Avatar:
            return load_checkpoint(path, self._smpl, self._smpl_uv)

        if not body.avatar:
            raise CheckpointError("avatar: expected the path of a .ckpt file, got none; give --avatar FILE")
        return self._file("avatar", body.avatar, read)

    def _motion(self, path: str) -> MotionClip:
        return self._file("motion", path, load_motion)

    def _file(self, kind: str, path: str, read: Callable[[Path], Loaded]) -> Loaded:
        kept = self._files[kind]
        if path not in kept:
            while len(kept) >= MAX_KEPT_FILES:
                kept.pop(next(iter(kept)))
            kept[path] = read(Path(path))
        return kept[path]  # type: ignore[return-value]


def _camera(orbit: CameraState, target: Tensor, size: int) -> Camera:
    return orbit_camera(target, orbit.azimuth_deg, orbit.elevation_deg, orbit.distance_m, size, size, orbit.fov_deg)


def _without_lamps(light: LightState) -> tuple[object, ...]:
    kept = light.mode, light.environment, light.yaw_deg, light.intensity, light.tint
    return *kept, light.probe_edits, light.bright_sources, light.turn_deg


def _cell_of(lamp: Lamp) -> int:
    """The probe's cell that a direction lies in."""
    u, v = direction_to_latlong(lamp.direction).tolist()
    row, column = min(int(v * PROBE_ROWS), PROBE_ROWS - 1), int(u * PROBE_COLUMNS) % PROBE_COLUMNS
    return row * PROBE_COLUMNS + column


def _lamp(lamp: LampState) -> Lamp:
    return Lamp(lamp.azimuth_deg, lamp.elevation_deg, lamp.intensity, lamp.color, lamp.angular_radius_deg)
