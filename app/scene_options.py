"""The options that describe a scene on the command line; scene_builder.py makes it."""

from dataclasses import dataclass
from typing import Annotated

import tyro

from app.view_options import ViewOptions


@dataclass(frozen=True, kw_only=True)
class SceneOptions(ViewOptions):
    """Who, in which pose, under which light, from where."""

    frame: int = 0
    """Frame of the clip."""
    time: float | None = None
    """Seconds into the clip, between frames too; instead of --frame."""
    camera: Annotated[str, tyro.conf.arg(metavar="AZ,EL,DIST")] = ""
    """Orbit around the pelvis in degrees and metres: 0,0 looks at the face, 90,0 stands at +X; the session's, or the
    whole body from the front, when left out."""
    size: int = 512
    """Width and height in pixels."""
