"""Which numbers and names a session may hold, so that a file that was edited by hand cannot break the viewer.

Cameras and paths are camera_checks.py's, bodies and materials body_checks.py's.
"""

import math
from typing import Any

from app.model.avatar_row import DETAIL_MODES, AvatarRowState, BodyState
from app.model.comparison import CompareState
from app.model.display_settings import BUFFERS, TONE_CURVES, DisplaySettings
from app.model.exports import SPINS, StillState, TurntableState
from app.model.joints import NUM_JOINTS
from app.model.lights import (
    BACKDROPS,
    LAMP_KINDS,
    LIGHT_MODES,
    MAX_LAMPS,
    PROBE_COLUMNS,
    PROBE_ROWS,
    LampState,
    LightState,
    Surroundings,
)
from app.model.playback import PlaybackState
from app.model.tools import LOUPE_ZOOMS, ToolState

SHARE = (0.0, 1.0)
POSITIVE = (0.0, math.inf)
CHOICES: dict[tuple[type, str], tuple[str, ...]] = {  # a text -> what it may be
    (BodyState, "detail"): DETAIL_MODES,
    (LightState, "mode"): LIGHT_MODES,
    (LampState, "kind"): LAMP_KINDS,
    (Surroundings, "backdrop"): BACKDROPS,
    (DisplaySettings, "buffer"): BUFFERS,
    (DisplaySettings, "curve"): TONE_CURVES,
    (CompareState, "buffer"): ("", *BUFFERS),
    (TurntableState, "spin"): SPINS,
}
BOUNDS: dict[tuple[type, str], tuple[float, float]] = {  # a number, or each of several -> least and most
    (BodyState, "held_share"): SHARE,
    (BodyState, "shape"): (-20.0, 20.0),
    (PlaybackState, "mix"): SHARE,
    (PlaybackState, "speed"): (-20.0, 20.0),
    (AvatarRowState, "spacing_m"): (0.2, 10.0),
    (LightState, "intensity"): POSITIVE,
    (LightState, "tint"): POSITIVE,
    (LightState, "bright_sources"): (0, 64),
    (LampState, "angular_radius_deg"): (0.0, 89.9),
    (LampState, "color"): POSITIVE,
    (LampState, "intensity"): POSITIVE,
    (LampState, "distance_m"): (0.001, 1000.0),
    (LampState, "radius_m"): (0.0, 100.0),
    (LampState, "temperature_k"): (0.0, 40000.0),
    (Surroundings, "ground_shadow"): SHARE,
    (Surroundings, "ground_reflection"): SHARE,
    (ToolState, "loupe_zoom"): (LOUPE_ZOOMS[0], LOUPE_ZOOMS[-1]),
    (DisplaySettings, "exposure_ev"): (-30.0, 30.0),
    (DisplaySettings, "background"): SHARE,
    (DisplaySettings, "slider"): SHARE,
    (ToolState, "selected_lamp"): (0, MAX_LAMPS - 1),
    (ToolState, "selected_joint"): (-1, NUM_JOINTS - 1),
    (ToolState, "joint_axis"): (0, 2),
    (ToolState, "brush_radius"): (0, PROBE_ROWS),
    (TurntableState, "seconds"): (0.01, 600.0),
    (TurntableState, "fps"): (1, 120),
    (TurntableState, "size"): (16, 4096),
    (StillState, "size"): (16, 4096),
}


def mistake_in_value(owner: Any, field: str, value: Any) -> str | None:
    """What is wrong with the value of a dataclass's field, as "field: expected X, got Y"."""
    choices = CHOICES.get((type(owner), field))
    if choices is not None and value not in choices:
        return f"{field}: expected one of {', '.join(filter(None, choices))}, got {value!r}"
    if (bounds := BOUNDS.get((type(owner), field))) is not None:
        least, most = bounds
        for number in value if isinstance(value, tuple) else (value,):
            if not least <= number <= most:
                return f"{field}: expected {least:g} to {most:g}, got {number:g}"
    if field == "lamps" and len(value) > MAX_LAMPS:
        return f"lamps: expected at most {MAX_LAMPS}, got {len(value)}"
    if field == "probe_edits":
        cells = [cell for cell, _ in value]
        if cells != sorted(set(cells)) or (cells and not (cells[0] >= 0 and cells[-1] < PROBE_ROWS * PROBE_COLUMNS)):
            return f"probe_edits: expected each cell of 0 to {PROBE_ROWS * PROBE_COLUMNS - 1} once, in order"
        if any(min(color) < 0 for _, color in value):
            return "probe_edits: expected radiance of at least 0"
    return None
