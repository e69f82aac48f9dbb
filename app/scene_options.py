"""The options that describe a scene on the command line; scene_builder.py makes it."""

from dataclasses import dataclass
from typing import Annotated, Literal

import tyro

from app.body_options import BodyOptions


@dataclass(frozen=True, kw_only=True)
class SceneOptions(BodyOptions):
    """Who, in which pose, under which light, from where."""

    frame: int = 0
    """Frame of the clip."""
    time: float | None = None
    """Seconds into the clip, between frames too; instead of --frame."""
    probe: str = "captured"
    """The surrounding light: a lat-long .exr, .hdr or .png, a bare name in assets/probes, "captured" (the light
    learned in training) or "none" (lamps alone)."""
    probe_yaw: float = 0.0
    """Turn the surrounding light about +Y, degrees: what stood at +Z stands at +X after 90."""
    probe_intensity: float = 1.0
    """Scale the surrounding light."""
    bright_sources: int = 8
    """Most small bright sources of the surrounding light (sun, windows, bulbs) that become lamps with shadow rays of
    their own; 0 leaves all to the probes."""
    lamp: tuple[str, ...] = ()
    """az,el,intensity[,radius]: a lamp with shadow rays of its own that joins the surrounding light; degrees,
    irradiance on a facing surface, angular radius in degrees (2); repeatable."""
    pixel_normals: Literal["auto", "on", "off"] = "auto"
    """Normals with detail between the vertices, from the offset map; auto: as the avatar was trained."""
    freeze_materials: bool = True
    """Albedo and roughness of the first training pose, whatever the pose; --no-freeze-materials lets them follow."""
    camera: Annotated[str, tyro.conf.arg(metavar="AZ,EL,DIST")] = ""
    """Orbit around the pelvis in degrees and metres: 0,0 looks at the face, 90,0 stands at +X; the whole body from
    the front when left out."""
    size: int = 512
    """Width and height in pixels."""
    backend: str = "auto"
    """auto, reference (plain torch), numba: how the engine computes."""
