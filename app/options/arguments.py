"""Options that hold numbers: reading them, checking their range, and the errors for those that are wrong."""

import math
import re
import typing
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from app.model.exports import PictureSize, size_of
from app.model.fields import range_of
from phynes_core.errors import PhynesError


class UsageError(PhynesError):
    """Options that contradict each other or cannot be read."""


@dataclass(frozen=True)
class OptionalValue:
    """Annotates an option that may stand without its value, and then has this one: `--serve` or `--serve 9000`."""

    value: str


def with_optional_values(options: type, argv: Sequence[str]) -> list[str]:
    """argv with the values that `OptionalValue` gives to options that stand without one."""
    left_out = {
        option_of(name): annotation.value
        for name, hint in typing.get_type_hints(options, include_extras=True).items()
        for annotation in getattr(hint, "__metadata__", ())
        if isinstance(annotation, OptionalValue)
    }
    filled = []
    for argument, following in pairwise([*argv, "--"]):
        stands_alone = argument in left_out and following.startswith("-")
        filled.append(f"{argument}={left_out[argument]}" if stands_alone else argument)
    return filled


def option_of(field: str) -> str:
    """The option of a field: probe_yaw -> --probe-yaw."""
    return f"--{field.replace('_', '-')}"


def check_number(option: str, value: float, least: float = -math.inf, most: float = math.inf) -> None:
    """Raise UsageError unless the value is finite and within the bounds."""
    if not math.isfinite(value) or not least <= value <= most:
        bounds = f" of at least {least:g}" * (least > -math.inf) + f" up to {most:g}" * (most < math.inf)
        raise UsageError(f"{option}: expected a finite number{bounds}, got {value:g}")


def picture_size(option: str, text: str, least: int, most: int) -> PictureSize:
    """The size of "512" or "1920x1080"; raises UsageError."""
    found = re.fullmatch(r"(-?\d+)(?:x(\d+))?", text.strip())
    if found is None:
        raise UsageError(f"{option}: expected a number of pixels, or WIDTHxHEIGHT as in 1920x1080, got {text!r:.40}")
    width, height = int(found[1]), int(found[2] or found[1])
    for side in (width, height):
        check_number(option, side, least, most)
    return size_of(width, height)


def check_field(option: str, value: float, kind: type, field: str) -> None:
    """Raise UsageError unless the value is in the range declared for a field of a state's class."""
    if (mistake := range_of(kind, field).mistake(value)) is not None:
        raise UsageError(f"{option}: {mistake}")


def parse_numbers(
    option: str,  # as typed: "--camera"
    text: str,
    names: Sequence[str],  # of the numbers, in order
    num_required: int | None = None,  # None: all
) -> list[float]:
    """The finite numbers of "a,b,c"; raises UsageError, which names the option and what it expects."""
    required = len(names) if num_required is None else num_required
    expected = ",".join(names[:required]) + "".join(f"[,{name}]" for name in names[required:])
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if not required <= len(numbers) <= len(names) or not all(math.isfinite(number) for number in numbers):
        raise UsageError(f"{option}: expected {expected} as numbers, got {text!r}")
    return numbers
