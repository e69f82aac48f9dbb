"""Settings in nested dataclasses: changed by name as --set does, rebuilt from JSON, and the values that they may have.

A number is of the declared type, finite, and in the range of its name in RANGES or else in USUAL; texts are in CHOICES.
"""

import dataclasses
import math
import typing
from collections.abc import Mapping

from phynes_core.errors import PhynesError

Range = tuple[float, float]

USUAL: Range = (0, 1e7)
_POSITIVE: Range = (1e-30, 1e6)
_COUNT: Range = (1, 1e7)
_SHARE: Range = (0, 1)
RANGES: dict[str, Range] = {  # by the last part of the setting's name
    "seed": (0, 2**63 - 1),
    "most_pixels": (1, 1e9),
    **dict.fromkeys(
        (
            "rays", "frames_per_step", "rays_per_pixel", "coarse_samples", "fine_samples", "mesh_every",
            "relief_places", "silhouette_turns", "pixels", "albedo_samples", "points",
        ),
        _COUNT,
    ),
    **dict.fromkeys(("beta_start_m", "beta_end_m", "beta_decay_share", "light_start", "eps"), _POSITIVE),
    **dict.fromkeys(("mask_fraction", "f0", "mean_albedo", "roughness_start", "beta1", "beta2"), _SHARE),
    "final_fraction": (1e-30, 1),
    "shell_lower_m": (-1, 0),
    "shell_upper_m": (1e-6, 1),
    # below 0: corrections are kept in any case
    **dict.fromkeys(("least_color_gain", "least_gain", "least_camera_gain"), (-1e6, 1e6)),
    "num_levels": (1, 32),  # sizes of maps, as checkpoints may have them
    "num_features": (1, 8),
    "log2_entries": (1, 24),
    "base_resolution": (1, 1024),
    "finest_resolution": (1, 65535),
    "num_layers": (2, 32),
    "hidden_width": (1, 1024),
    "output_channels": (1, 16),
    **dict.fromkeys(("output_scale", "output_offset"), (-1e3, 1e3)),
}  # fmt: skip
CHOICES: dict[str, tuple[str, ...]] = {
    "preset": ("fast", "paper"),
    "background": ("black", "random"),
    "offsets": ("scalar", "vector"),
    "beta_schedule": ("exponential", "learned"),
    "gains": ("camera", "picture", "none"),
    "activation": ("softplus", "relu"),
    "output": ("linear", "sigmoid"),
}
SQUARES = ("rays_per_pixel", "albedo_samples")  # samples stand in a grid


def with_setting(config: typing.Any, name: str, text: str) -> typing.Any:
    """The settings with one changed, by dotted name, as in "stage1.steps"; raises PhynesError."""
    return _replaced(config, name.split("."), text, name)


def settings_of(kind: type, stored: object, where: str = "") -> typing.Any:
    """The dataclass whose `dataclasses.asdict` was stored; raises PhynesError for unknown keys and other values."""
    if not isinstance(stored, Mapping):
        raise PhynesError(f"training configuration {where or 'itself'}: expected settings by name, got {stored!r:.40}")
    hints = typing.get_type_hints(kind)
    unknown = sorted(map(str, set(stored) - set(hints)))
    if unknown:
        raise PhynesError(f"training configuration: unknown key '{where}{unknown[0]:.60}'; it is from another version")
    values = {}
    for key, value in stored.items():
        hint = hints[key]
        is_group = isinstance(hint, type) and dataclasses.is_dataclass(hint)
        values[key] = settings_of(hint, value, f"{where}{key}.") if is_group else value
    try:
        return kind(**values)
    except (TypeError, ValueError) as error:
        raise PhynesError(f"training configuration {where}: {error}") from error


def check_settings(config: object, where: str = "") -> None:
    """Raise PhynesError, naming the setting, unless all values of a training configuration can be trained with."""
    hints = typing.get_type_hints(type(config))
    for entry in dataclasses.fields(config):  # type: ignore[arg-type]
        value, name = getattr(config, entry.name), f"{where}{entry.name}"
        if dataclasses.is_dataclass(value):
            check_settings(value, f"{name}.")
        elif (mistake := _mistake(entry.name, hints[entry.name], value)) is not None:
            raise PhynesError(f"setting '{name}': {mistake}; see docs/training.md")
    rays, each = getattr(config, "rays", 1), getattr(config, "rays_per_pixel", 1)
    if rays < each:
        raise PhynesError(f"setting '{where}rays': expected at least rays_per_pixel, {each}, got {rays}")


def _mistake(name: str, kind: type, value: object) -> str | None:
    """What is wrong with one value; None where nothing is."""
    got = f"got {value!r:.40}"
    if kind is bool:
        return None if isinstance(value, bool) else f"expected true or false, {got}"
    if kind is str:
        choices = CHOICES.get(name)  # other texts are checked by the settings that hold them
        return None if choices is None or value in choices else f"expected {' or '.join(choices)}, {got}"
    is_number = (
        isinstance(value, int | float) and not isinstance(value, bool) and (kind is float or isinstance(value, int))
    )
    least, most = RANGES.get(name, USUAL)
    if not is_number or not least <= value or not value <= most or not math.isfinite(value):  # type: ignore[operator,arg-type]
        noun = "a whole number" if kind is int else "a number"
        return f"expected {noun} from {least:g} to {most:g}, {got}"
    if name in SQUARES and math.isqrt(value) ** 2 != value:  # type: ignore[arg-type]
        return f"expected a square number, {got}"
    return None


def _replaced(node: typing.Any, path: list[str], text: str, name: str) -> typing.Any:
    hints = typing.get_type_hints(type(node))
    if path[0] not in hints:
        known = ", ".join(sorted(hints))
        raise PhynesError(f"setting '{name}': expected one of {known}, got '{path[0]}'; see docs/training.md")
    current = getattr(node, path[0])
    if dataclasses.is_dataclass(current) != (len(path) > 1):
        raise PhynesError(f"setting '{name}': expected the name of a single number, as in stage1.steps")
    value = _replaced(current, path[1:], text, name) if len(path) > 1 else _parsed(text, hints[path[0]], name)
    try:
        return dataclasses.replace(node, **{path[0]: value})
    except ValueError as error:
        raise PhynesError(f"setting '{name}': {error}") from error


def _parsed(text: str, kind: type, name: str) -> object:
    if kind is bool:
        if text.lower() not in ("true", "false"):
            raise PhynesError(f"setting '{name}': expected true or false, got '{text}'")
        return text.lower() == "true"
    try:
        return kind(text)
    except ValueError as error:
        raise PhynesError(f"setting '{name}': expected {kind.__name__}, got '{text}'") from error
