"""The edits a person can make: small pure functions from a ViewState to the next one.

Every one is total: an index that no longer exists or a value out of range leaves a valid state.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.model.view_state import ViewState


def edit_body(state: "ViewState", **changes: Any) -> "ViewState":
    """Replace fields of the body."""
    return replace(state, body=replace(state.body, **changes))


def edit_camera(state: "ViewState", **changes: Any) -> "ViewState":
    """Replace fields of the camera."""
    return replace(state, camera=replace(state.camera, **changes))


def edit_light(state: "ViewState", **changes: Any) -> "ViewState":
    """Replace fields of the light."""
    return replace(state, light=replace(state.light, **changes))


def edit_display(state: "ViewState", **changes: Any) -> "ViewState":
    """Replace fields of the display."""
    return replace(state, display=replace(state.display, **changes))


def edit_tool(state: "ViewState", **changes: Any) -> "ViewState":
    """Replace fields of the tools."""
    return replace(state, tool=replace(state.tool, **changes))
