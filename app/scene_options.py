"""The options that describe a scene on the command line; scene_builder.py makes it."""

from dataclasses import dataclass
from typing import Annotated, Literal

import tyro

from app.backend_options import BackendOptions
from app.body_options import BodyOptions
from app.light_options import LightOptions


@dataclass(frozen=True, kw_only=True)
class SceneOptions(BodyOptions, LightOptions, BackendOptions):
    """Who, in which pose, under which light, from where."""

    frame: int = 0
    """Frame of the clip."""
    time: float | None = None
    """Seconds into the clip, between frames too; instead of --frame."""
    pixel_normals: Literal["auto", "on", "off"] = "auto"
    """Normals with detail between the vertices, from the offset map; auto: as the avatar was trained."""
    freeze_materials: bool = True
    """Albedo and roughness of the first training pose, whatever the pose; --no-freeze-materials lets them follow."""
    camera: Annotated[str, tyro.conf.arg(metavar="AZ,EL,DIST")] = ""
    """Orbit around the pelvis in degrees and metres: 0,0 looks at the face, 90,0 stands at +X; the whole body from
    the front when left out."""
    size: int = 512
    """Width and height in pixels."""
