"""The view that a page begins with, as its links hold views (app/web/page/link.js): camera, pose, light and display."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch

from app.model.avatar_row import BodyState
from app.model.blackbody import lamp_color
from app.model.cameras import CameraState
from app.model.display_settings import DisplaySettings
from app.model.fields import range_of, wrap_deg
from app.model.joints import angles_of
from app.model.lamps import LampState, shining
from app.model.lights import LightState, Surroundings
from app.model.playback import PlaybackState
from app.model.view_state import ViewState
from app.rendering.posing import posed_by
from phynes_core.body.motion.clip import MotionClip
from phynes_core.body.rotations import axis_angle_to_matrix

VERSION = "1"  # of the page's links
WHITE = (1.0, 1.0, 1.0)


@dataclass(frozen=True)
class StartView:
    """A link's text, and what of the view no page can show, in words."""

    link: str  # "" is the page's own beginning: the front, at rest, in the learned light
    missing: tuple[str, ...] = ()


def start_view(
    state: ViewState,  # whose active body the page holds
    clips: Sequence[tuple[str, MotionClip]],  # those of the page: their files, and as they stand on this body
    lights: Sequence[str],  # files of the page's environments beside the learned light
    betas: torch.Tensor,  # [B] the person's shape
) -> StartView:
    """The view of a state on a page with these clips and lights; a clip that plays begins at its start."""
    writer = _Writer([], [])
    _camera(writer, state.camera)
    _pose(writer, state.body, dict(clips), [path for path, _ in clips], betas)
    _light(writer, state.light, lights)
    for number, lamp in enumerate(state.light.lamps):
        _lamp(writer, lamp, f"lamp {number + 1}", lamp in shining(state.light.lamps))
    _display(writer, state.display, state.surroundings)
    return StartView("&".join([f"v={VERSION}", *writer.parts]) if writer.parts else "", tuple(writer.missing))


@dataclass(frozen=True)
class _Writer:
    parts: list[str]
    missing: list[str]

    def add(self, name: str, *values: float | str) -> None:
        """A part of the link."""
        self.parts.append(f"{name}={','.join(value if isinstance(value, str) else _text(value) for value in values)}")

    def within(self, kind: type, field: str, value: float, what: str) -> float:
        """The value in the range of the page's sliders, which is the viewer's."""
        kept = range_of(kind, field).within_reach(value)
        if kept != value:
            self.missing.append(f"{what} {_text(value)} (on a page {_text(kept)})")
        return kept


def _camera(writer: _Writer, camera: CameraState) -> None:
    if camera != CameraState():
        writer.add(
            "camera",
            wrap_deg(camera.azimuth_deg),
            writer.within(CameraState, "elevation_deg", camera.elevation_deg, "elevation"),
            writer.within(CameraState, "distance_m", camera.distance_m, "distance"),
            writer.within(CameraState, "fov_deg", camera.fov_deg, "field of view"),
            *camera.pan_m,
        )


def _pose(
    writer: _Writer, body: BodyState, clips: dict[str, MotionClip], order: list[str], betas: torch.Tensor
) -> None:
    """A clip of the page with the joints' turns on top; a held pose as turns alone, so that the sliders show it."""
    clip, playback = clips.get(body.motion), body.playback
    held_share = body.held_share if body.held_pose else 0.0
    if clip is not None and held_share == 0.0:
        speed = writer.within(PlaybackState, "speed", playback.speed, "speed")
        time_s = 0.0 if body.playing else body.time_s
        writer.add("clip", float(order.index(body.motion)), time_s, speed, float(body.playing))
        if playback.second:
            writer.missing.append("the clip that is mixed in")
        if playback.end_s > playback.start_s:
            writer.missing.append("the range of the clip")
        base, edited = posed_by(replace(body, playback=PlaybackState()), clip, None, betas)
    else:
        if body.motion and held_share < 1.0:
            writer.missing.append("the clip's movement")
        base, edited = posed_by(BodyState(), None, None, betas)[0], posed_by(body, clip, None, betas)[1]
    before, after = (
        axis_angle_to_matrix(torch.cat([pose.global_orient[None], pose.body_pose])) for pose in (base, edited)
    )
    turns = before.transpose(1, 2) @ after
    turns[0] = after[0] @ before[0].T  # the root turns about the world's axes
    for joint, turn in enumerate(turns.double().numpy()):
        angles = [wrap_deg(angle) for angle in angles_of(turn)]
        if any(abs(angle) >= 0.005 for angle in angles):
            writer.add("joint", float(joint), *angles)


def _light(writer: _Writer, light: LightState, files: Sequence[str]) -> None:
    if light.mode == "none" or any(lamp.is_on and lamp.is_solo for lamp in light.lamps):
        index = -1
    else:
        index = 1 + files.index(light.environment) if light.mode == "environment" and light.environment in files else 0
    gain = writer.within(LightState, "intensity", light.intensity, "intensity of the light")
    if (index, light.yaw_deg, gain) != (0, 0.0, 1.0):
        writer.add("light", float(index), wrap_deg(light.yaw_deg), gain)
    if light.tint != WHITE:
        writer.missing.append("the light's tint")
    if light.probe_edits:
        writer.missing.append("what was painted over the light")
    if light.captured_of:
        writer.missing.append("the learned light of another avatar")


def _lamp(writer: _Writer, lamp: LampState, name: str, is_on: bool) -> None:
    def within(field: str, value: float, what: str) -> float:
        return writer.within(LampState, field, value, f"{name}: {what}")

    color = lamp_color(lamp)
    peak = max(1.0, *color)
    writer.add(
        "lamp",
        "near" if lamp.kind == "area" else "sun",
        wrap_deg(lamp.azimuth_deg),
        within("elevation_deg", lamp.elevation_deg, "elevation"),
        within("angular_radius_deg", lamp.angular_radius_deg, "size"),
        within("distance_m", lamp.distance_m, "distance"),
        within("radius_m", lamp.radius_m, "radius"),
        *(channel / peak for channel in color),
        within("intensity", lamp.intensity * peak, "intensity"),
        float(is_on),
    )


def _display(writer: _Writer, display: DisplaySettings, surroundings: Surroundings) -> None:
    plain = DisplaySettings()
    if surroundings.has_ground:
        writer.add("floor", surroundings.ground_shadow, surroundings.ground_reflection)
    exposure = writer.within(DisplaySettings, "exposure_ev", display.exposure_ev, "exposure")
    if (display.buffer, display.curve, exposure) != (plain.buffer, plain.curve, plain.exposure_ev):
        writer.add("show", display.buffer, display.curve, exposure)
    kind, _, number = display.shown_light.partition(":")
    if display.buffer == "light_visibility" and kind == "lamp":
        writer.add("one", number)
    if display.background != plain.background:
        writer.add("background", *display.background)
    for is_there, what in (
        (surroundings.has_balls, "the balls"),
        (surroundings.backdrop not in ("color", "none"), "the backdrop"),
        (display.has_false_color, "false color"),
        (display.has_wireframe or display.has_joints, "lines over the picture"),
    ):
        if is_there:
            writer.missing.append(what)


def _text(value: float) -> str:
    """As links write numbers."""
    text = f"{value:.4f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
