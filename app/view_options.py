"""The options that describe a view on the command line, whole or in parts; opening_view.py makes it."""

from dataclasses import dataclass
from typing import Literal

from app.backend_options import BackendOptions
from app.body_options import BodyOptions
from app.camera_options import CameraOptions
from app.light_options import LightOptions
from app.looking_options import LookingOptions


@dataclass(frozen=True, kw_only=True)
class ViewOptions(BodyOptions, LightOptions, CameraOptions, LookingOptions, BackendOptions):
    """A session, or who is shown, in which pose, under which light."""

    session: str = ""
    """A session saved in the viewer (.json): everything that it showed, instead of the options that describe it."""
    pixel_normals: Literal["auto", "on", "off"] = "auto"
    """Normals with detail between the vertices, from the offset map; auto: as the avatar was trained."""
    freeze_materials: bool = True
    """Albedo and roughness of the first training pose, whatever the pose; --no-freeze-materials lets them follow."""
