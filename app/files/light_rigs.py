"""Light rigs: the lamps, and if wanted the environment, as a JSON file that people may write and share; and presets."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from app.files.records import RecordError, check_format, from_record, read_json, to_record
from app.model.fields import Length, Rule
from app.model.lights import MAX_LAMPS, LampState, LightState
from phynes_core.errors import PhynesError
from phynes_core.io.output_files import replacing
from phynes_core.io.shipped_files import ASSETS

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
MOST_BYTES = 1 << 20
REMEDY = f"name a rig that the viewer saved, or one of {', '.join(LIGHT_PRESETS)}"
OF_KIND = {"sun": ("angular_radius_deg",), "area": ("distance_m", "radius_m")}  # fields that only lamps of a kind have
NOT_SKY = ("lamps", "turn_deg")  # fields of a LightState that no rig's sky has


class RigError(PhynesError):
    """A light rig that cannot be read."""


def load_rig(name: str) -> tuple[tuple[LampState, ...], LightState | None]:
    """Lamps and sky (None: whatever is there stays) of a preset's name or a JSON file; raises RigError."""
    if name in LIGHT_PRESETS:
        return LIGHT_PRESETS[name], LightState(mode="none")
    return read_rig(Path(name))


def mistake_in_sky(sky: LightState | None) -> str | None:
    """What of a light is no rig's sky, or an environment without its name."""
    if sky is None:
        return None
    for name in NOT_SKY:
        if getattr(sky, name) != getattr(LightState(), name):
            return f".{name}: unknown in a sky; a rig's lamps stand beside it"
    if sky.mode == "environment" and not sky.environment:
        return ".environment: expected the name of an environment, got none"
    return None


@dataclass(frozen=True)
class RigRecord:
    """What a rig's file holds."""

    format: str
    version: int
    lamps: Annotated[tuple[LampState, ...], Length(0, MAX_LAMPS)] = ()
    sky: Annotated[LightState | None, Rule(mistake_in_sky)] = None


def read_rig(path: Path) -> tuple[tuple[LampState, ...], LightState | None]:
    """Lamps and sky of a JSON file; raises RigError."""
    record = read_json(path, "this light rig", MOST_BYTES, RigError, REMEDY)
    check_format(record, path, FORMAT, VERSION, RigError, REMEDY)
    try:
        rig = from_record(RigRecord, record)
    except RecordError as error:
        raise RigError(f"{path}: {error}; mend it or save the rig again") from error
    return rig.lamps, None if rig.sky is None else replace(rig.sky, environment=_found(rig.sky.environment, path))


def save_rig(path: Path, light: LightState) -> None:
    """Write lamps and sky; raises OutputError where the file cannot be written."""
    record = {"format": FORMAT, "version": VERSION, "lamps": [_lamp_record(lamp) for lamp in light.lamps]}
    sky = to_record(light, has_defaults=True) | {"environment": _portable(light.environment)}
    record["sky"] = {name: value for name, value in sky.items() if name not in NOT_SKY}
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def _lamp_record(lamp: LampState) -> dict[str, Any]:
    foreign = {name for kind, names in OF_KIND.items() if kind != lamp.kind for name in names}
    return {name: value for name, value in to_record(lamp, has_defaults=True).items() if name not in foreign}


def _portable(environment: str) -> str:
    """A bundled environment by its bare name, so that a rig means the same on every machine."""
    return Path(environment).stem if environment and Path(environment).parent == ASSETS / "probes" else environment


def _found(environment: str, rig: Path) -> str:
    """A bundled name, a path beside the rig, or the path as it is."""
    if not environment:
        return ""
    bundled = ASSETS / "probes" / f"{Path(environment).name}.exr"
    beside = rig.parent / environment
    return str(bundled if bundled.is_file() else beside.resolve() if beside.is_file() else environment)
