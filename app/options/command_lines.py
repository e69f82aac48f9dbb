"""Command lines: of any dataclass of options, and of the viewer's present picture or video.

Where options can describe the whole state, which is found out by reading them back, the line has options only; else it
names a session file, whose name holds a hash of its content, so that an older line never makes a newer state.
"""

import hashlib
import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import Any

from app.files.poses import library
from app.files.sessions import save_session, session_text
from app.files.videos import can_be_clear
from app.model.avatar_row import BodyState
from app.model.cameras import CameraState
from app.model.comparison import CompareState
from app.model.exports import StillState, TurntableState, size_text
from app.model.lamps import LampState
from app.model.lights import LightState
from app.model.playback import PlaybackState
from app.model.tools import ToolState
from app.model.view_state import ViewState
from app.options.arguments import option_of
from app.options.camera import camera_from_options
from app.options.exports import Render, Turntable
from app.options.view import view_from_options
from app.rendering.exports.export_jobs import is_clear, without_backdrop
from app.rendering.scenes import captured_index
from phynes_core.errors import PhynesError
from phynes_core.io.shipped_files import ASSETS, CHECKPOINTS, IS_INSTALLED, PROGRAM, PROJECT, bundled_motions

Values = dict[str, Any]  # field of a command's options -> its value
WHITE = (1.0, 1.0, 1.0)


@dataclass(frozen=True)
class CommandLine:
    """A command line, and the session that its session file holds ("" and None where it needs none)."""

    arguments: tuple[str, ...]  # from the command on
    session_path: str = ""
    session: ViewState | None = None

    @property
    def text(self) -> str:
        """The line for a shell in the folder where the viewer was started."""
        if IS_INSTALLED:
            return shlex.join([PROGRAM, *self.arguments])
        is_here = Path.cwd() == PROJECT
        launcher = "launch.py" if is_here else str(PROJECT / "launch.py")
        return shlex.join(["python", launcher, *self.arguments])

    def write_session(self) -> None:
        """Write the session file unless it exists; raises PhynesError."""
        if self.session is not None:
            path = Path(self.session_path)
            if not path.is_file():  # its name holds a hash of its content
                save_session(path, self.session)


def still_command(state: ViewState, settings: StillState, engine: Mapping[str, object]) -> CommandLine:
    """The `render` command of this picture; `engine` holds the options for files, backends and device."""
    is_layered = settings.path.lower().endswith(".exr")
    clear = settings.has_alpha or (not is_layered and state.surroundings.backdrop == "none")
    seen = without_backdrop(state) if clear else state
    common = {"out": Path(settings.path), "size": size_text(settings.shape), **engine}
    values = {**view_values(seen), **common, "buffer": state.display.buffer}
    if _options_mean(Render, values, seen, is_video=False):
        return CommandLine(("render", *arguments_of(Render, values)))
    needed = {"transparent": True} if settings.has_alpha else {}
    return by_session("render", Render, state, {**common, **needed}, settings.path)


def video_command(state: ViewState, settings: TurntableState, engine: Mapping[str, object]) -> CommandLine:
    """The `turntable` command of this video."""
    path = Path(settings.path)
    common = {
        "out": path, "size": size_text(settings.shape), "fps": settings.fps, "spin": settings.spin,
        "play": settings.plays_motion, **engine,
    }  # fmt: skip
    has_own_length = settings.fits and settings.spin in ("timeline", "path")
    if not has_own_length:
        common["seconds"] = settings.seconds
    clear = can_be_clear(path) and is_clear(state, settings.has_alpha)
    seen = without_backdrop(state) if clear else state
    values = {**view_values(seen), **_playback_values(state.body.playback), **common, "buffer": state.display.buffer}
    if settings.spin != "path" and _options_mean(Turntable, values, seen, is_video=True):
        return CommandLine(("turntable", *arguments_of(Turntable, values)))
    needed = {"transparent": True} if settings.has_alpha and can_be_clear(path) else {}
    return by_session("turntable", Turntable, state, {**common, **needed}, settings.path)


def arguments_of(options: type, values: Mapping[str, Any]) -> list[str]:
    """The arguments for the values that differ from the defaults."""
    defaults = {entry.name: entry.default for entry in fields(options)}
    typed: list[str] = []
    for name, value in values.items():
        option = option_of(name)
        if value is None or value == defaults[name]:
            continue
        if isinstance(value, bool):
            typed.append(option if value else f"--no-{option[2:]}")
        elif is_dataclass(value):  # options that several commands share
            typed += arguments_of(type(value), vars(value))
        elif isinstance(value, tuple):
            typed += [part for item in value for part in (option, str(item))]
        else:
            typed += [option, typed_value(value)]
    return typed


def by_session(command: str, options: type, state: ViewState, values: Values, beside: str) -> CommandLine:
    """The command line with a session file in the folder of the file `beside`."""
    session = replace(state, tool=ToolState(), compare=state.compare if state.compare.is_on else CompareState())
    digest = hashlib.sha256(session_text(session).encode()).hexdigest()[:6]
    made = Path(beside).expanduser()
    path = made.with_name(f"{made.stem}-{digest}.json")
    arguments = arguments_of(options, {"session": str(path), **values})
    return CommandLine((command, *arguments), str(path), session)


def _options_mean(options: type, values: Values, state: ViewState, is_video: bool) -> bool:
    """Whether the options describe exactly this state: they are read as the command reads them and compared."""
    try:
        read = options(**values)
        view = view_from_options(read)
        view = replace(view, camera=camera_from_options(read, view, CameraState(), bool(read.session)))
    except (PhynesError, OSError):
        return False
    time_s = values.get("time") or 0.0

    def timed(body: BodyState) -> BodyState:
        return replace(body, time_s=time_s if body.motion else 0.0)

    others = tuple(timed(body) for body in view.avatar_row.others)
    view = replace(view, body=timed(view.body), avatar_row=replace(view.avatar_row, others=others))
    return visible_part(view, is_video) == visible_part(state, is_video)


def visible_part(state: ViewState, is_video: bool) -> ViewState:
    """The state with defaults for everything that does not change the picture or the video."""

    def bare(body: BodyState) -> BodyState:
        playback = body.playback if body.motion else PlaybackState()
        if not is_video:
            playback = replace(playback, speed=1.0, loops=True, start_s=0.0, end_s=0.0)
        playback = playback if playback.second else replace(playback, mix=PlaybackState().mix)
        return replace(
            body, playing=False, time_s=body.time_s if body.motion else 0.0, playback=playback, unlimited=(),
            held_share=body.held_share if body.held_pose else 1.0,
        )  # fmt: skip

    plain = ViewState()
    others = tuple(bare(body) for body in state.avatar_row.others)
    row = replace(state.avatar_row, others=others) if others else plain.avatar_row
    display = state.display
    if not state.compare.is_on:
        display = replace(display, slider=plain.display.slider)
    if display.buffer != "light_visibility":
        display = replace(display, shown_light="")
    if state.surroundings.backdrop == "none":
        display = replace(display, background=plain.display.background)
    light = state.light if state.light.mode == "environment" else replace(state.light, environment="")
    shines = state.bodies[captured_index(state)].avatar
    is_other = light.mode == "captured" and shines != state.body.avatar
    unnamed = tuple(replace(lamp, name="") for lamp in light.lamps)
    light = replace(light, captured_of=shines if is_other else "", lamps=unnamed)
    return replace(
        state, body=bare(state.body), avatar_row=row, display=display, light=light, tool=ToolState(), path=plain.path,
        compare=state.compare if state.compare.is_on else CompareState(),
    )  # fmt: skip


def view_values(state: ViewState) -> Values:
    """The options' values that describe the state as closely as options can."""
    bodies, body, light, camera, display = state.bodies, state.body, state.light, state.camera, state.display
    motions = tuple(motion_name(each.motion) for each in bodies)
    has_motion = any(motions)
    values: Values = {
        "avatar": tuple(avatar_name(each.avatar) for each in bodies),
        "motion": (motions[:1] if len(set(motions)) == 1 else motions) if has_motion else (),
        "time": body.time_s if has_motion else None,
        "pose": pose_names(bodies),
        "shape": ",".join(typed_value(value) for value in body.shape) if any(body.shape) else "",
        "spacing": state.avatar_row.spacing_m if len(bodies) > 1 else 1.8,
        "same_pose": state.avatar_row.shares_pose and len(bodies) > 1,
        "pixel_normals": body.detail,
        "freeze_materials": body.freezes_materials,
        "probe": {"captured": "", "none": "none"}.get(light.mode) or _probe_name(light),
        "probe_yaw": light.yaw_deg,
        "probe_intensity": light.intensity,
        "probe_tint": ",".join(map(typed_value, light.tint)) if light.tint != WHITE else "",
        "bright_sources": light.bright_sources,
        "lamp": tuple(_lamp_text(lamp) for lamp in light.lamps),
        "ground": state.surroundings.has_ground,
        "balls": state.surroundings.has_balls,
        "background": state.surroundings.backdrop,
        "camera": ",".join(map(typed_value, (camera.azimuth_deg, camera.elevation_deg, camera.distance_m))),
        "fov": camera.fov_deg if camera.fov_deg != CameraState().fov_deg else None,
        "exposure": display.exposure_ev,
        "curve": display.curve,
        "false_color": display.has_false_color,
        "overlay": ",".join(
            name for name, is_on in (("wireframe", display.has_wireframe), ("joints", display.has_joints)) if is_on
        ),
    }
    background = display.background
    if background != ViewState().display.background and state.surroundings.backdrop != "none":
        values["background_color"] = "".join(f"{round(255.0 * part):02x}" for part in background)
    return values


def _playback_values(playback: PlaybackState) -> Values:
    values: Values = {"speed": playback.speed, "loop": playback.loops, "smooth": playback.is_smooth}
    if playback.end_s > playback.start_s:
        values["range"] = f"{typed_value(playback.start_s)},{typed_value(playback.end_s)}"
    if playback.second:
        values["mix"] = f"{motion_name(playback.second)},{typed_value(playback.mix)}"
    return values


def _lamp_text(lamp: LampState) -> str:
    """The text of --lamp: exact for a white sun, the closest for other lamps."""
    kelvin = f"@{typed_value(lamp.temperature_k)}" if lamp.temperature_k else ""
    numbers = (lamp.azimuth_deg, lamp.elevation_deg, lamp.intensity, lamp.angular_radius_deg)
    return ",".join(map(typed_value, numbers)) + kelvin


def avatar_name(path: str) -> str:
    """A bare name in checkpoints/, else a path."""
    return Path(path).name if Path(path).parent == CHECKPOINTS else _near(path)


def pose_names(bodies: tuple[BodyState, ...]) -> tuple[str, ...]:
    """The library's names of the poses that all bodies hold; none where a body holds no pose of the library."""
    if not any(body.held_pose for body in bodies):
        return ()
    names = {pose.rotations: Path(path).stem for path, pose in library().items()}
    found = [names.get(body.held_pose, "") for body in bodies if body.held_share == 1.0 and not body.motion]
    if len(found) < len(bodies) or "" in found:
        return ()
    return tuple(found[:1] if len(set(found)) == 1 else found)


def motion_name(path: str) -> str:
    """A bare name in assets/motions, else a path; "" for none."""
    if not path:
        return ""
    return next((name for name, file in bundled_motions().items() if str(file.resolve()) == path), _near(path))


def _probe_name(light: LightState) -> str:
    return "" if light.mode == "captured" or not light.environment else environment_name(light.environment)


def environment_name(name: str) -> str:
    """A bare name in assets/probes, else a path."""
    path = Path(name)
    return path.stem if path.parent == ASSETS / "probes" and path.suffix == ".exr" else _near(name)


def _near(path: str) -> str:
    """The path relative to the working folder where it is below that, else as it is."""
    return os.path.relpath(path) if Path(path).is_relative_to(Path.cwd()) else path


def typed_value(value: object) -> str:
    """The text of a value; a number is read back as the same number."""
    if isinstance(value, float):
        return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
    return str(value)


@dataclass(frozen=True)
class CommandTexts:
    """The command lines of the present picture, the present video and the present avatar."""

    picture: str = ""
    video: str = ""
    avatar: str = ""
