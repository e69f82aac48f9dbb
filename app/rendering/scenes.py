"""From a ViewState to the engine's Scene and RenderOptions."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from app.model.avatar_row import BodyState, framed
from app.model.cameras import CameraState
from app.model.exports import PictureSize, width_height
from app.model.view_state import ViewState
from app.rendering.lighting import BuiltLight, LightingCache, light_alone
from app.rendering.posed_row import Bodies, PosedRow
from app.rendering.surroundings import ground_of
from phynes_core.avatar.avatar import Avatar
from phynes_core.body.model import pose_body
from phynes_core.errors import MotionError
from phynes_core.frame.options import COARSE, FINE, RenderOptions
from phynes_core.frame.scene import Scene
from phynes_core.render.camera import Camera, framing_distance, orbit_camera

LIVE_VISIBILITY_SLICES = 4  # each live frame of a moving pose recomputes a quarter of the shadows


@dataclass(frozen=True)
class Quality:
    """The quality of a picture."""

    supersample: int = 1  # n x n samples a pixel, averaged in linear light: smooths textures and inner edges
    antialias: bool = False  # silhouettes by coverage
    lamp_samples: int = 16  # shadow rays a pixel and lamp
    exact_visibility: bool = False  # shadow rays from every pixel to every probe
    coverage_samples: int = 4  # a side of a pixel, of antialiased silhouettes
    is_live: bool = False  # a coarse floor, and shadows that are recomputed over several frames


LIVE = Quality(lamp_samples=4, is_live=True)
# of moving views on the CPU, where 2 x 2 samples of coverage cost a fifth of a frame; recorded CUDA graphs take none
SMOOTH_LIVE = replace(LIVE, antialias=True, coverage_samples=2)
FINAL = Quality(supersample=2, antialias=True)  # files, and pictures at rest


@dataclass(frozen=True, eq=False)
class BuiltScene:
    """The engine's scene of a state, with its parts."""

    state: ViewState
    scene: Scene
    row: PosedRow
    light: BuiltLight
    target: Tensor  # [3] world, the point that the camera orbits: the active body's pelvis plus the pan

    @property
    def avatar(self) -> Avatar:
        """The active body's avatar."""
        return self.row.posed[self.state.avatar_row.active].avatar

    def lit_by_shown_light(self) -> "BuiltScene":
        """The scene lit only by the light that the buffer light_visibility shows."""
        lighting = light_alone(self.state, self.light.lighting, self.row.target)
        return replace(self, scene=replace(self.scene, lighting=lighting))


def build_scene(state: ViewState, size: PictureSize, bodies: Bodies, lightings: LightingCache) -> BuiltScene:
    """The scene of a picture; raises PhynesError for files that cannot be read."""
    row = bodies.row(state)
    light = lightings.build(row.posed[captured_index(state)].avatar.light, state.light, row.target)
    width_m = state.avatar_row.spacing_m * (len(row.posed) - 1)
    ground = ground_of(state.surroundings, row.floor_m, row.target, width_m)
    camera = camera_of(state.camera, row.target, size)
    target = row.target + torch.tensor(state.camera.pan_m)
    return BuiltScene(state, Scene(row.posed, camera, light.lighting, ground), row, light, target)


def captured_index(state: ViewState) -> int:
    """Index in the row of the avatar whose captured light shines: the active one where the light names none there."""
    avatars, active = [body.avatar for body in state.bodies], state.avatar_row.active
    wanted = state.light.captured_of
    return avatars.index(wanted) if wanted in avatars and avatars[active] != wanted else active


def render_options(
    state: ViewState,
    buffers: frozenset[str],  # names of the engine's buffers
    quality: Quality,
    backend: str = "auto",
    raster: str = "auto",  # the rasterizer's backend; auto: `backend`
) -> RenderOptions:
    """The engine's options for these buffers of the state."""
    return RenderOptions(
        buffers=buffers,
        backend=backend,
        raster=raster,
        reads_texels=quality.is_live,
        visibility_slices=LIVE_VISIBILITY_SLICES if quality.is_live else 1,
        supersample=quality.supersample,
        antialias=quality.antialias,
        coverage_samples=quality.coverage_samples,
        bright_sources=state.light.bright_sources,
        has_vertex_sources=quality.is_live,
        lamp_samples=quality.lamp_samples,
        exact_visibility=quality.exact_visibility,
        has_pixel_normals=None if state.body.detail == "auto" else state.body.detail == "on",
        freezes_materials=state.body.freezes_materials,
        is_half=quality.is_live,
        ground_grids=COARSE if quality.is_live else FINE,
    )


def camera_of(orbit: CameraState, pelvis: Tensor, size: PictureSize) -> Camera:  # [3] world
    """The engine's camera for an orbit and a picture, whose height the field of view spans."""
    target = pelvis + torch.tensor(orbit.pan_m)
    width, height = width_height(size)
    return orbit_camera(target, orbit.azimuth_deg, orbit.elevation_deg, orbit.distance_m, width, height, orbit.fov_deg)


def at_time(bodies: Bodies, state: ViewState, frame: int, time_s: float | None) -> ViewState:
    """The state with every clip at a time, or at a frame where `time_s` is None; raises MotionError."""
    if not any(body.motion for body in state.bodies):
        if frame or time_s is not None:
            raise MotionError("--frame and --time: expected a --motion to take them from, got none")
        return state

    def timed(body: BodyState) -> BodyState:
        if not body.motion:
            return body
        clip = bodies.clip(body.motion)
        if time_s is None and not 0 <= frame < clip.num_frames:
            raise MotionError(f"--frame: expected 0 to {clip.num_frames - 1} of {clip.name}, got {frame}")
        return replace(body, time_s=frame / clip.fps if time_s is None else time_s)

    others = tuple(timed(body) for body in state.avatar_row.others)
    return replace(state, body=timed(state.body), avatar_row=replace(state.avatar_row, others=others))


def home_view(state: ViewState, avatar: Avatar) -> CameraState:
    """The front view in which the active body fills 85 % of the height, from farther away where the row needs it."""
    return framed(replace(state, camera=CameraState(distance_m=home_distance(avatar)))).camera


def home_distance(avatar: Avatar) -> float:
    """Orbit distance in metres at which the body in its rest pose fills 85 % of the picture's height."""
    heights = pose_body(avatar.body, avatar.rest_pose()).vertices[:, 1]
    return round(framing_distance(float(heights.max() - heights.min())), 2)
