"""Light rigs: lamps, and optionally the surrounding light, as presets and as JSON files."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from app.files.records import RecordError, check_format, from_record, to_record
from app.model.fields import Length, Rule
from app.model.lamps import MAX_LAMPS, LampState
from app.model.lights import LightState
from phynes_core.errors import PhynesError
from phynes_core.io.json_files import read_json
from phynes_core.io.output_files import replacing
from phynes_core.io.shipped_files import ASSETS
from phynes_core.io.untrusted import FileKind, is_readable_file

WHITE = (1.0, 1.0, 1.0)


def _sun(azimuth: float, elevation: float, intensity: float, size_deg: float, kelvin: float) -> LampState:
    return LampState(azimuth, elevation, size_deg, WHITE, intensity, temperature_k=kelvin)


LIGHT_PRESETS: dict[str, tuple[LampState, ...]] = {
    "three-point": (_sun(40, 32, 5.5, 6, 5200), _sun(-55, 12, 1.5, 14, 6800), _sun(160, 38, 4.5, 5, 6000)),
    "rim": (_sun(140, 22, 7.0, 4, 5600), _sun(-140, 22, 7.0, 4, 7500), _sun(0, 15, 0.25, 16, 6000)),
    "top": (_sun(10, 84, 7.0, 10, 6000), _sun(-160, 30, 0.6, 14, 6500)),
    "candle": (
        LampState(18, 12, color=WHITE, intensity=1.1, kind="area", distance_m=0.62, radius_m=0.02, temperature_k=1900),
        _sun(-150, 40, 0.05, 16, 9000),
    ),
}


FORMAT, VERSION = "phynes-light-rig", 1
REMEDY = f"name a rig that the viewer saved, or one of {', '.join(LIGHT_PRESETS)}"
FIELDS_OF_KIND = {
    "sun": ("angular_radius_deg",),
    "area": ("distance_m", "radius_m"),
}  # of one kind alone
NOT_IN_SKY = ("lamps", "turn_deg", "captured_of")  # fields of LightState that the file's `sky` does not hold


class RigError(PhynesError):
    """A light rig that cannot be read."""


RIG = FileKind("light rig", 1 << 20, RigError, REMEDY)


def load_rig(name: str) -> tuple[tuple[LampState, ...], LightState | None]:
    """Lamps and surrounding light (None: unchanged) of a preset or a JSON file; raises RigError."""
    if name in LIGHT_PRESETS:
        return LIGHT_PRESETS[name], LightState(mode="none")
    return read_rig(Path(name))


def mistake_in_sky(sky: LightState | None) -> str | None:
    """Why a light cannot be a rig's `sky`; None where it can."""
    if sky is None:
        return None
    for name in NOT_IN_SKY:
        if getattr(sky, name) != getattr(LightState(), name):
            return f".{name}: unknown; expected the surrounding light alone, got {name}"
    if sky.mode == "environment" and not sky.environment:
        return ".environment: expected the name of an environment, got none"
    return None


@dataclass(frozen=True)
class RigRecord:
    """The content of a rig's file."""

    format: str
    version: int
    lamps: Annotated[tuple[LampState, ...], Length(0, MAX_LAMPS)] = ()
    sky: Annotated[LightState | None, Rule(mistake_in_sky)] = None  # the surrounding light


def read_rig(path: Path) -> tuple[tuple[LampState, ...], LightState | None]:
    """Lamps and surrounding light (None: not in the file) of a JSON file; raises RigError."""
    record = read_json(path, RIG)
    check_format(record, path, FORMAT, VERSION, RIG)
    try:
        rig = from_record(RigRecord, record)
    except RecordError as error:
        raise RigError(f"{path}: {error}; correct it or save the rig again") from error
    return rig.lamps, None if rig.sky is None else replace(rig.sky, environment=_found(rig.sky.environment, path))


def save_rig(path: Path, light: LightState) -> None:
    """Write the lamps and the surrounding light; raises OutputError where the file cannot be written."""
    record = {"format": FORMAT, "version": VERSION, "lamps": [_lamp_record(lamp) for lamp in light.lamps]}
    sky = to_record(light, has_defaults=True) | {"environment": _portable(light.environment)}
    record["sky"] = {name: value for name, value in sky.items() if name not in NOT_IN_SKY}
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def _lamp_record(lamp: LampState) -> dict[str, Any]:
    unused = {name for kind, names in FIELDS_OF_KIND.items() if kind != lamp.kind for name in names}
    return {name: value for name, value in to_record(lamp, has_defaults=True).items() if name not in unused}


def _portable(environment: str) -> str:
    """The environment as a file names it: a bundled one by its bare name, others by their path."""
    return Path(environment).stem if environment and Path(environment).parent == ASSETS / "probes" else environment


def _found(environment: str, rig: Path) -> str:
    """The path of an environment in a rig: a bundled name, a path relative to the rig, or the path itself."""
    if not environment:
        return ""
    bundled = ASSETS / "probes" / f"{Path(environment).name}.exr"
    beside = rig.parent / environment
    if is_readable_file(bundled):
        return str(bundled)
    return str(beside.resolve()) if is_readable_file(beside) else environment
