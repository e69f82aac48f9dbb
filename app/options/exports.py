"""The options of the commands `render` and `turntable`; command_lines.py makes them from a state."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from app.model.display_settings import BufferName, ToneCurve
from app.model.exports import Spin
from app.model.lights import Backdrop
from app.options.bodies import PlaybackOptions
from app.options.view import SceneOptions


@dataclass(frozen=True, kw_only=True)
class Render(SceneOptions):
    """Options of `render`."""

    background: Backdrop = "none"
    """What is seen behind the avatar in radiance: a color, a checkerboard, the surrounding light, also out of focus;
    none is transparent."""
    export_probe: Path | None = None
    """Also write all light as a lat-long .hdr or .exr, seen from the pelvis."""
    probe_rows: int = 16
    """Rows of --export-probe; twice as many columns."""
    out: Path
    """Folder for the pictures, made when missing; or one .png or .exr file."""
    buffers: str = "radiance"
    """Comma-separated: radiance, albedo, roughness, normal, visibility, shading, depth, position, uv, mask; or all."""
    format: Literal["png", "exr"] = "png"
    """png to look at, exr to compute with."""
    save_scene: bool = False
    """Also write mesh.ply, camera.json and lighting.json."""
    buffer: BufferName = "radiance"
    """What a .png file shows."""
    transparent: bool = False
    """Nothing behind the avatar in a file, whatever the background."""
    exposure: float = 0.0
    """Stops of light (EV) for the PNG of radiance and shading."""
    curve: ToneCurve = "linear"
    """Tone curve for the PNG of radiance and shading."""
    supersample: int | None = None
    """Samples a side of a pixel; 1 samples pixel centers, 2 and more smooth the edges. When left out, 2 for png,
    with --antialias, as in a file, and 1 for exr, whose numbers are not to be mixed."""
    antialias: bool = False
    """Smooth silhouettes by coverage, hardly slower; may be joined with --supersample."""
    lamp_samples: int = 16
    """Shadow rays a pixel and lamp or bright source."""
    exact_visibility: bool = False
    """Shadow rays from every pixel to every probe: slower, sharper than visibility on the vertices."""


@dataclass(frozen=True, kw_only=True)
class Turntable(SceneOptions, PlaybackOptions):
    """Options of `turntable`."""

    out: Path
    """A .mp4 or .webm file, or a folder for PNG pictures; it appears when it is complete."""
    spin: Spin = "camera"
    """What goes round; timeline: nothing, the clip plays; path: the camera runs along the session's camera path."""
    camera_path: Path | None = None
    """A camera path's .json: the camera runs along it."""
    seconds: float | None = None
    """Length of the video; 4, or as long as the clip or the camera path."""
    fps: int = 30
    """Frames a second."""
    play: bool = False
    """Let the motion run while it turns."""
    transparent: bool = False
    """Nothing behind the avatar, in .webm and PNG."""
    buffer: BufferName = "radiance"
    """What to show."""
    antialias: Annotated[bool, tyro.conf.arg(help_behavior_hint="")] = True
    """Leave silhouettes jagged; without --no-antialias they are smoothed by coverage."""
    exposure: float = 0.0
    """Stops of light (EV), for radiance and shading."""
    curve: ToneCurve = "linear"
    """Tone curve, for radiance and shading."""
    background: Backdrop = "color"
    """What is seen behind the avatar: a color, a checkerboard, the surrounding light, also out of focus, or black."""
