"""Plots as inline SVG: one dot a picture, one color a series."""

import math
from dataclasses import dataclass
from html import escape

_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP = 860, 220, 52, 26, 12
_COLORS = ("#2166ac", "#b2182b", "#1b7837", "#762a83", "#b35806", "#4d4d4d")


@dataclass(frozen=True)
class Series:
    """The dots of one color."""

    name: str
    labels: tuple[str, ...]  # a dot's tooltip
    values: tuple[float, ...]


def dot_plot(title: str, unit: str, series: list[Series]) -> str:
    """An <svg> with one dot a value, in order, and a line at each series' mean."""
    values = [value for one in series for value in one.values]
    if not values:
        return ""
    low, high = _bounds(min(values), max(values))
    step = _nice_step((high - low) / 5)
    count = max(len(one.values) for one in series)

    def x(index: int) -> float:
        return _LEFT + (index + 0.5) * (_WIDTH - _LEFT - 10) / count

    def y(value: float) -> float:
        return _TOP + (high - value) / (high - low) * (_HEIGHT - _TOP - _BOTTOM)

    parts = [
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(title)}"><title>{escape(title)}</title>'
    ]
    tick = math.ceil(low / step) * step
    while tick <= high + 1e-9:
        parts.append(
            f'<line x1="{_LEFT}" x2="{_WIDTH - 10}" y1="{y(tick):.1f}" y2="{y(tick):.1f}" class="grid"/>'
            f'<text x="{_LEFT - 6}" y="{y(tick) + 4:.1f}" text-anchor="end">{tick:g}</text>'
        )
        tick += step
    for color, one in zip(_cycle(len(series)), series, strict=True):
        mean = sum(one.values) / len(one.values)
        parts.append(
            f'<line x1="{_LEFT}" x2="{_WIDTH - 10}" y1="{y(mean):.1f}" y2="{y(mean):.1f}" stroke="{color}" '
            f'stroke-dasharray="4 3"/>'
        )
        for index, (label, value) in enumerate(zip(one.labels, one.values, strict=True)):
            text = escape(f"{one.name}, {label}: {value:.2f} {unit}")
            parts.append(
                f'<circle cx="{x(index):.1f}" cy="{y(value):.1f}" r="3.5" fill="{color}"><title>{text}</title></circle>'
            )
    left = _LEFT
    for color, one in zip(_cycle(len(series)), series, strict=True):
        mean = sum(one.values) / len(one.values)
        name = escape(f"{one.name} (mean {mean:.2f} {unit})")
        parts.append(
            f'<circle cx="{left + 5}" cy="{_HEIGHT - 9}" r="4" fill="{color}"/>'
            f'<text x="{left + 14}" y="{_HEIGHT - 5}">{name}</text>'
        )
        left += 30 + 7 * len(name)
    return "".join([*parts, "</svg>"])


def _bounds(low: float, high: float) -> tuple[float, float]:
    margin = 0.08 * (high - low) or max(0.5, 0.05 * abs(high))
    return low - margin, high + margin


def _nice_step(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)


def _cycle(count: int) -> list[str]:
    return [_COLORS[number % len(_COLORS)] for number in range(count)]
