"""What may be wrong with the bodies of a state that was read from a file."""

from typing import TYPE_CHECKING

from app.model.avatar_row import MAX_BODIES, BodyState
from app.model.joints import LIMITS, NUM_JOINTS
from app.model.materials import mistake_in_brush, mistake_in_materials

if TYPE_CHECKING:
    from app.model.view_state import ViewState


def mistake_in_bodies(state: "ViewState") -> str | None:
    """The first mistake as "field: expected X, got Y"; None for a state that can be shown."""
    row = state.avatar_row
    if len(row.others) >= MAX_BODIES:
        return f"others: expected at most {MAX_BODIES - 1} bodies, got {len(row.others)}"
    if not 0 <= row.active <= len(row.others):
        return f"active: expected 0 to {len(row.others)}, got {row.active}"
    if (mistake := mistake_in_brush(state.tool.brush)) is not None:
        return mistake
    if state.compare.materials is not None and (mistake := mistake_in_materials(state.compare.materials)) is not None:
        return f"compare.materials.{mistake}"
    return next((mistake for body in state.bodies if (mistake := _mistake_in(body))), None)


def _mistake_in(body: BodyState) -> str | None:
    if len(body.held_pose) not in (0, NUM_JOINTS):
        return f"held_pose: expected {NUM_JOINTS} joints or none, got {len(body.held_pose)}"
    if (mistake := mistake_in_materials(body.materials)) is not None:
        return f"materials.{mistake}"
    unknown = [name for name in body.unlimited if name not in LIMITS]
    return f"unlimited: expected some of {', '.join(LIMITS)}, got {unknown[0]!r}" if unknown else None
