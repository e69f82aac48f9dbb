"""Declared fields: the range, unit, label and step of a field of the state, once, in its annotation.

    elevation_deg: Annotated[float, Number(-90.0, 90.0, "degrees", soft=(-89.0, 89.0))] = 35.0

Files refuse values outside a declaration, options check what is typed against it, edits clamp to it, and sliders take
their range, format and label from it. `range_of` reads a declaration; pydantic reads it through the hook of `Declared`.
"""

import math
import typing
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Annotated, Any, TypeVar

State = TypeVar("State")
Clamp = Callable[[Any], Any]


class Declared(ABC):
    """A condition on a value; pydantic checks it after the value's type."""

    @abstractmethod
    def mistake(self, value: Any) -> str | None:
        """What is wrong with a value of the right type, as "expected X, got Y"; None where nothing is.

        A mistake deeper inside the value begins with its path: "[1].time_s: expected X, got Y".
        """

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        from pydantic import AfterValidator

        return AfterValidator(self._checked).__get_pydantic_core_schema__(source, handler)

    def _checked(self, value: Any) -> Any:
        if (mistake := self.mistake(value)) is not None:
            raise ValueError(mistake)
        return value


@dataclass(frozen=True)
class Number(Declared):
    """A finite number within bounds."""

    least: float  # files and options refuse what is below, edits clamp to it
    most: float
    unit: str = ""  # as in an error message: "degrees"
    soft: tuple[float, float] | None = None  # the narrower range of sliders and gestures; None: all of it
    format: str = "%.3f"  # of the slider, in C's style
    label: str = ""  # beside the slider
    step: float = 1.0  # change for one pixel of a drag, in the field's unit
    scale: float = 1.0  # the slider shows the value times this
    has_zero: bool = False  # 0 is allowed too, although it lies below `least`: it means off

    @property
    def reach(self) -> tuple[float, float]:
        """The range of sliders and gestures."""
        return self.soft or (self.least, self.most)

    @property
    def text(self) -> str:
        """The range in words: "0 or 1000 to 40000 K"."""
        return f"{'0 or ' * self.has_zero}{short(self.least)} to {short(self.most)}{' ' * bool(self.unit)}{self.unit}"

    def mistake(self, value: float) -> str | None:
        """See `Declared`."""
        if self.least <= value <= self.most or (self.has_zero and value == 0):
            return None
        is_finite = isinstance(value, int) or math.isfinite(value)
        return f"expected {self.text if is_finite else 'a finite number'}, got {short(value)}"

    def clamped(self, value: float) -> float:
        """The nearest allowed value; NaN becomes the least."""
        if self.has_zero and value <= 0:
            return 0.0
        return value if self.least <= value <= self.most else self.most if value > self.most else self.least

    def within_reach(self, value: float) -> float:
        """The nearest value in the range of sliders and gestures."""
        least, most = self.reach
        return min(max(value, least), most)


@dataclass(frozen=True)
class Choice(Declared):
    """One of several names or numbers."""

    names: tuple[Any, ...]

    def mistake(self, value: Any) -> str | None:
        """See `Declared`."""
        if value in self.names:
            return None
        return f"expected one of {', '.join(str(name) for name in self.names if name != '')}, got {value!r:.60}"


@dataclass(frozen=True)
class Length(Declared):
    """How many entries a tuple has."""

    least: int
    most: int

    def mistake(self, value: Any) -> str | None:
        """See `Declared`."""
        if self.least <= len(value) <= self.most:
            return None
        bound = f"{self.least} entries" if self.least == self.most else f"at most {self.most}"
        return f"expected {bound}, got {len(value)}"


@dataclass(frozen=True)
class Rule(Declared):
    """A condition on several values of a field together, checked by a function."""

    find_mistake: Callable[[Any], str | None]

    def mistake(self, value: Any) -> str | None:
        """See `Declared`."""
        return self.find_mistake(value)


TURN_DEG = 36_000.0  # a hundred turns: the largest angle of fields whose sliders show one turn
MOST_LIGHT = 1e9  # of a radiance, an irradiance or a factor of light: far above any environment's
MOST_TIME_S = 1e6  # of a clip

Share = Annotated[float, Number(0.0, 1.0)]
Light = Annotated[float, Number(0.0, MOST_LIGHT)]  # linear
Rgb = tuple[float, float, float]
Vector = tuple[float, float, float]
Color = tuple[Share, Share, Share]
LightColor = tuple[Light, Light, Light]


def range_of(kind: type, name: str) -> Number:
    """The declaration of a field that holds a number or a tuple of numbers."""
    return number_in(hints_of(kind)[name])


def number_in(hint: Any) -> Number:
    """The first number declared in a type, at any depth; LookupError where there is none."""
    if (number := _declared_number(hint)) is not None:
        return number
    for inner in typing.get_args(hint):
        try:
            return number_in(inner)
        except LookupError:
            continue
    raise LookupError(f"{hint}: expected the type of a declared number")


def changed(value: State, **changes: Any) -> State:
    """A copy of the frozen dataclass with some fields replaced, each number clamped to its declared range."""
    hints = hints_of(type(value))
    allowed = {name: clamped(hints[name], item) if name in hints else item for name, item in changes.items()}
    return replace(value, **allowed)  # type: ignore[type-var]


def clamped(hint: Any, value: Any) -> Any:
    """A value of a type with its numbers clamped to their declared ranges."""
    clamp = _clamp_of(hint)
    return value if clamp is None else clamp(value)


@cache
def hints_of(kind: type) -> dict[str, Any]:
    """Field name -> type with its declarations."""
    return typing.get_type_hints(kind, include_extras=True)


def wrap_deg(angle: float) -> float:
    """The same angle in [-180, 180)."""
    return (angle + 180.0) % 360.0 - 180.0


def short(value: float) -> str:
    """A number for a message: 40000 or 0.002."""
    if isinstance(value, int):
        return f"{value!s:.20}"
    return f"{value:.0f}" if abs(value) < 1e7 and value.is_integer() else f"{value:g}"


def _declared_number(hint: Any) -> Number | None:
    return next((item for item in getattr(hint, "__metadata__", ()) if isinstance(item, Number)), None)


@cache
def _clamp_of(hint: Any) -> Clamp | None:
    """The function that clamps values of this type; None where the type holds no declared number."""
    if (number := _declared_number(hint)) is not None:
        return number.clamped
    plain = typing.get_args(hint)[0] if typing.get_origin(hint) is Annotated else hint
    if typing.get_origin(plain) is not tuple:
        return None
    clamps = [_clamp_of(inner) for inner in typing.get_args(plain) if inner is not Ellipsis]
    if not any(clamps):
        return None
    if typing.get_args(plain)[-1] is Ellipsis:
        return lambda items: tuple(map(clamps[0], items))  # type: ignore[arg-type]
    return lambda items: tuple(clamp(item) if clamp else item for clamp, item in zip(clamps, items, strict=True))
