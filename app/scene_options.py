"""The options that describe a scene on the command line; scene_builder.py makes it."""

from dataclasses import dataclass

from app.view_options import ViewOptions


@dataclass(frozen=True, kw_only=True)
class SceneOptions(ViewOptions):
    """Who, in which pose, under which light, from where."""

    frame: int = 0
    """Frame of the clip."""
    time: float | None = None
    """Seconds into the clip, between frames too; instead of --frame."""
    size: int = 512
    """Width and height in pixels."""
