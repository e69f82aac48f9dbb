"""An SVG plot of times against sizes, both axes logarithmic: a power law is a straight line."""

import math
from dataclasses import dataclass
from html import escape

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 420, 320, 72, 14, 40, 46
_COLORS = ("#2166ac", "#b2182b", "#1b7837", "#762a83")
_STYLE = "font: 12px Inter, sans-serif; background: #fff"


@dataclass(frozen=True)
class Line:
    """One line of a plot."""

    name: str
    sizes: tuple[float, ...]
    milliseconds: tuple[float, ...]


def size_plots(groups: dict[str, tuple[Line, ...]]) -> str:
    """One <svg> with a plot for each kind of size, side by side."""
    width = _WIDTH * len(groups)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {_HEIGHT}" width="{width}" style="{_STYLE}">'
        f'<rect width="{width}" height="{_HEIGHT}" fill="#fff"/>'
    ]
    for number, (title, lines) in enumerate(groups.items()):
        parts.append(f'<g transform="translate({number * _WIDTH} 0)">{_plot(title, lines)}</g>')
    return "".join([*parts, "</svg>"])


def _plot(title: str, lines: tuple[Line, ...]) -> str:
    times = [time for line in lines for time in line.milliseconds]
    low, high = math.floor(math.log10(min(times))), math.ceil(math.log10(max(times)) + 1e-9)
    sizes = sorted({size for line in lines for size in line.sizes})
    span = math.log(sizes[-1] / sizes[0])

    def x(size: float) -> float:
        return _LEFT + math.log(size / sizes[0]) / span * (_WIDTH - _LEFT - _RIGHT)

    def y(time: float) -> float:
        return _TOP + (high - math.log10(time)) / (high - low) * (_HEIGHT - _TOP - _BOTTOM)

    parts = [f'<text x="{_LEFT}" y="{_HEIGHT - 8}">{escape(title)}</text>']
    for power in range(low, high + 1):
        parts.append(
            f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y(10**power):.1f}" y2="{y(10**power):.1f}" stroke="#ddd"/>'
            f'<text x="{_LEFT - 6}" y="{y(10**power) + 4:.1f}" text-anchor="end">{10**power:g} ms</text>'
        )
    for size in sizes:
        parts.append(f'<text x="{x(size):.1f}" y="{_HEIGHT - 28}" text-anchor="middle">{size:g}</text>')
    for number, (color, line) in enumerate(zip(_COLORS, lines, strict=False)):
        path = " ".join(f"{x(s):.1f},{y(t):.1f}" for s, t in zip(line.sizes, line.milliseconds, strict=True))
        dots = "".join(
            f'<circle cx="{x(s):.1f}" cy="{y(t):.1f}" r="3" fill="{color}"><title>{t:.1f} ms</title></circle>'
            for s, t in zip(line.sizes, line.milliseconds, strict=True)
        )
        parts.append(f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="1.5"/>{dots}')
        parts.append(f'<text x="{_LEFT + 8}" y="{16 + 15 * number}" fill="{color}">{escape(line.name)}</text>')
    return "".join(parts)
