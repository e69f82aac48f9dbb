"""Monotone cubic interpolation: a smooth curve through given values that never overshoots its two neighbors.

Cubic pieces with the slopes of Fritsch and Butland (1984): the weighted harmonic mean of the two adjacent slopes, and
0 at a local extremum. The curve is once continuously differentiable, and straight where the values are collinear.
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise


class MonotoneCurve:
    """The curve through `values` at `times`; constant before the first and after the last."""

    def __init__(
        self,
        times: Sequence[float],  # increasing
        values: Sequence[float],
        is_flat_at_ends: bool = False,  # slope 0 at both ends
    ) -> None:
        if not values or len(times) != len(values):
            raise ValueError(
                f"values: expected one for each time, and at least one, got {len(values)} for {len(times)} times"
            )
        if any(later <= earlier for earlier, later in pairwise(times)):
            raise ValueError("times: expected each to be later than the one before")
        self._times, self._values = tuple(times), tuple(values)
        self._slopes = _slopes(self._times, self._values, is_flat_at_ends)

    def __call__(self, time: float) -> float:
        """The interpolated value at a time."""
        times, values = self._times, self._values
        if time <= times[0]:
            return values[0]
        if time >= times[-1]:
            return values[-1]
        piece = bisect_right(times, time) - 1
        length = times[piece + 1] - times[piece]
        share = (time - times[piece]) / length
        low, high = values[piece], values[piece + 1]
        first, second = self._slopes[piece] * length, self._slopes[piece + 1] * length
        rest = 1.0 - share
        value = (
            low
            + share * share * (3.0 - 2.0 * share) * (high - low)
            + share * rest * (rest * first - share * second)
        )  # fmt: skip
        return min(max(value, min(low, high)), max(low, high))  # against overshoot by rounding


def _slopes(times: tuple[float, ...], values: tuple[float, ...], is_flat_at_ends: bool) -> list[float]:
    if len(values) == 1:
        return [0.0]
    lengths = [later - earlier for earlier, later in pairwise(times)]
    steps = [(high - low) / length for (low, high), length in zip(pairwise(values), lengths, strict=True)]
    inner = [
        _inner_slope(before, after, left, right)
        for (before, after), (left, right) in zip(pairwise(steps), pairwise(lengths), strict=True)
    ]
    if is_flat_at_ends:
        return [0.0, *inner, 0.0]
    return [_end_slope(steps, lengths), *inner, _end_slope(steps[::-1], lengths[::-1])]


def _inner_slope(before: float, after: float, left: float, right: float) -> float:
    if before * after <= 0.0:
        return 0.0
    first, second = 2.0 * right + left, right + 2.0 * left
    return (first + second) / (first / before + second / after)


def _end_slope(steps: list[float], lengths: list[float]) -> float:
    """The slope of the parabola through three values, limited so that the curve does not overshoot."""
    if len(steps) == 1:
        return steps[0]
    slope = ((2.0 * lengths[0] + lengths[1]) * steps[0] - lengths[0] * steps[1]) / (lengths[0] + lengths[1])
    if slope * steps[0] <= 0.0:
        return 0.0
    return 3.0 * steps[0] if steps[0] * steps[1] <= 0.0 and abs(slope) > abs(3.0 * steps[0]) else slope
