"""Light rigs: the lamps, and if wanted the environment, as a JSON file that people may write and share; and presets."""

import json
import math
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from app.files.records import read_json
from app.model.lights import LAMP_KINDS, LIGHT_MODES, PROBE_COLUMNS, PROBE_ROWS, LampState, LightState
from phynes_core.errors import PhynesError
from phynes_core.io.atomic_file import replacing
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
MAX_LAMPS = 8
ANGLE = (-360.0, 360.0)
LIGHT = (0.0, 1e6)
LAMP_NUMBERS = {
    "azimuth_deg": ANGLE, "elevation_deg": (-90.0, 90.0), "angular_radius_deg": (0.0, 89.0), "intensity": LIGHT,
    "distance_m": (0.01, 100.0), "radius_m": (0.0, 10.0), "temperature_k": (0.0, 15000.0),
}  # fmt: skip
OF_KIND = {"sun": ("angular_radius_deg",), "area": ("distance_m", "radius_m")}


class RigError(PhynesError):
    """A light rig that cannot be read."""


def load_rig(name: str) -> tuple[tuple[LampState, ...], LightState | None]:
    """Lamps and sky (None: whatever is there stays) of a preset's name or a JSON file; raises RigError."""
    if name in LIGHT_PRESETS:
        return LIGHT_PRESETS[name], LightState(mode="none")
    return read_rig(Path(name))


def read_rig(path: Path) -> tuple[tuple[LampState, ...], LightState | None]:
    """Lamps and sky of a JSON file; raises RigError."""
    record = read_json(path, "this light rig", MOST_BYTES, RigError, REMEDY)
    reader = _Reader(path)
    reader.keys("rig", record, {"format", "version", "lamps", "sky"})
    if record.get("format") != FORMAT or record.get("version") != VERSION:
        got = f"{record.get('format')!r}, version {record.get('version')!r}"
        raise RigError(f"rig {path}: expected format {FORMAT!r}, version {VERSION}, got {got}"[:300])
    lamps = reader.list("lamps", record.get("lamps", []), MAX_LAMPS)
    read = tuple(_lamp(reader, f"lamps[{index}]", lamp) for index, lamp in enumerate(lamps))
    return read, _sky(reader, record["sky"], path) if "sky" in record else None


def save_rig(path: Path, light: LightState) -> None:
    """Write lamps and sky; raises OutputError where the file cannot be written."""
    record = {"format": FORMAT, "version": VERSION, "lamps": [_lamp_record(lamp) for lamp in light.lamps]}
    record["sky"] = {
        "mode": light.mode, "environment": _portable(light.environment), "yaw_deg": light.yaw_deg,
        "intensity": light.intensity, "tint": list(light.tint), "bright_sources": light.bright_sources,
        "probe_edits": [[cell, list(radiance)] for cell, radiance in light.probe_edits],
    }  # fmt: skip
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def _lamp_record(lamp: LampState) -> dict[str, object]:
    foreign = {name for kind, names in OF_KIND.items() if kind != lamp.kind for name in names}
    values: dict[str, object] = {
        entry.name: getattr(lamp, entry.name) for entry in fields(lamp) if entry.name not in foreign
    }
    return values | {"color": list(lamp.color)}


def _portable(environment: str) -> str:
    """A bundled environment by its bare name, so that a rig means the same on every machine."""
    return Path(environment).stem if environment and Path(environment).parent == ASSETS / "probes" else environment


def _lamp(reader: "_Reader", where: str, record: Any) -> LampState:
    reader.keys(where, record, {entry.name for entry in fields(LampState)})
    values: dict[str, Any] = {
        name: reader.number(f"{where}.{name}", record[name], *bounds)
        for name, bounds in LAMP_NUMBERS.items()
        if name in record
    }
    if "color" in record:
        values["color"] = reader.rgb(f"{where}.color", record["color"])
    values["kind"] = reader.choice(f"{where}.kind", record.get("kind", "sun"), LAMP_KINDS)
    values["is_on"] = reader.choice(f"{where}.is_on", record.get("is_on", True), (True, False))
    return LampState(**values)


def _sky(reader: "_Reader", record: Any, path: Path) -> LightState:
    names = {"mode", "environment", "yaw_deg", "intensity", "tint", "bright_sources", "probe_edits"}
    reader.keys("sky", record, names)
    mode = reader.choice("sky.mode", record.get("mode", "captured"), LIGHT_MODES)
    named = record.get("environment", "")
    if not isinstance(named, str) or (mode == "environment" and not named):
        raise RigError(f"rig {path}: sky.environment: expected the name of an environment, got {named!r}"[:300])
    cells = []
    for index, entry in enumerate(reader.list("sky.probe_edits", record.get("probe_edits", []), 512)):
        where = f"sky.probe_edits[{index}]"
        pair = reader.list(where, entry, 2)
        if len(pair) != 2:
            raise RigError(f"rig {path}: {where}: expected [cell, [red, green, blue]]")
        cell = int(reader.number(where, pair[0], 0, PROBE_ROWS * PROBE_COLUMNS - 1))
        cells.append((cell, reader.rgb(where, pair[1])))
    return LightState(
        mode, _found(named, path), reader.number("sky.yaw_deg", record.get("yaw_deg", 0.0), *ANGLE),
        reader.number("sky.intensity", record.get("intensity", 1.0), *LIGHT),
        reader.rgb("sky.tint", record.get("tint", [1.0, 1.0, 1.0])), tuple(sorted(dict(cells).items())),
        bright_sources=int(reader.number("sky.bright_sources", record.get("bright_sources", 8), 0, 64)),
    )  # fmt: skip


def _found(environment: str, rig: Path) -> str:
    """A bundled name, a path beside the rig, or the path as it is."""
    if not environment:
        return ""
    bundled = ASSETS / "probes" / f"{Path(environment).name}.exr"
    beside = rig.parent / environment
    return str(bundled if bundled.is_file() else beside.resolve() if beside.is_file() else environment)


class _Reader:
    """Checks of values from a file that anybody may have written."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def keys(self, where: str, record: Any, known: set[str]) -> None:
        if not isinstance(record, Mapping):
            self._refuse(where, "a JSON object", record)
        unknown = sorted(set(record) - known)
        if unknown:
            self._refuse(where, f"some of {', '.join(sorted(known))}", unknown[0])

    def list(self, where: str, value: Any, most: int) -> list[Any]:
        if not isinstance(value, list) or len(value) > most:
            self._refuse(
                where, f"a list of at most {most}", f"{len(value)} entries" if isinstance(value, list) else value
            )
        return value

    def number(self, where: str, value: Any, least: float, most: float) -> float:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not math.isfinite(value) or not least <= value <= most:
            self._refuse(where, f"a number from {least:g} to {most:g}", value)
        return float(value)

    def rgb(self, where: str, value: Any) -> tuple[float, float, float]:
        if not isinstance(value, list) or len(value) != 3:
            self._refuse(where, "[red, green, blue]", value)
        red, green, blue = (self.number(where, channel, *LIGHT) for channel in value)
        return red, green, blue

    def choice(self, where: str, value: Any, offered: tuple[Any, ...]) -> Any:
        if not any(value is option or (isinstance(option, str) and value == option) for option in offered):
            self._refuse(where, f"one of {', '.join(str(option) for option in offered)}", value)
        return value

    def _refuse(self, where: str, expected: str, got: Any) -> None:
        raise RigError(f"rig {self._path}: {where}: expected {expected}, got {str(got)[:60]!r}")
