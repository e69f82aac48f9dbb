"""The options that say from where one looks; opening_camera.py reads them."""

from dataclasses import dataclass
from typing import Annotated

import tyro


@dataclass(frozen=True, kw_only=True)
class CameraOptions:
    """From where, and through which lens."""

    camera: Annotated[str, tyro.conf.arg(metavar="AZ,EL,DIST|VIEW|FILE")] = ""
    """Orbit around the pelvis in degrees and metres: 0,0 looks at the face, 90,0 stands at +X; or front, left, back,
    right, side, top, below; or a camera path's .json; the session's, or the whole body from the front, when left
    out."""
    camera_time: float = 0.0
    """Seconds into the path of --camera FILE."""
    lens: float | None = None
    """Focal length in mm of full frame (36 mm across the picture); the whole body stays in the picture unless --camera
    says how far away."""
    fov: float | None = None
    """Field of view in degrees, instead of --lens."""
