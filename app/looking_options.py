"""The options that say how one looks: numbers as colors, lines over the picture, two pictures with a line between."""

from dataclasses import dataclass
from typing import Annotated

import tyro


@dataclass(frozen=True, kw_only=True)
class LookingOptions:
    """What the window shows beyond a plain buffer."""

    false_color: bool = False
    """Numbers as colors with a legend, for buffers that hold one."""
    overlay: Annotated[str, tyro.conf.arg(metavar="wireframe,joints")] = ""
    """Lines over the picture: the mesh's edges where they are seen, the skeleton, or both."""
    compare: tuple[str, ...] = ()
    """What stands right of a line in the picture: the name of a buffer, avatar=NAME in the same pose, probe=NAME (as
    --probe) or rig=NAME (as --rig). Repeatable: the right side differs in all of them."""
    wipe: float | None = None
    """Where the line is, as a share of the picture's width; the session's, or 0.5."""
