"""Monotone cubic curves: through their values, without overshoot, smooth."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.model.monotone_curve import MonotoneCurve

VALUES = st.lists(st.floats(-100, 100), min_size=2, max_size=8)


def timed(values, gaps):
    times = [0.0]
    for gap in gaps[: len(values) - 1]:
        times.append(times[-1] + gap)
    return times


@given(VALUES, st.lists(st.floats(0.1, 5), min_size=7, max_size=7), st.booleans(), st.floats(0, 1))
@settings(max_examples=200, deadline=None)
def test_a_curve_goes_through_its_values_and_stays_between_neighbors(values, gaps, is_flat, share):
    times = timed(values, gaps)
    curve = MonotoneCurve(times, values, is_flat)
    for piece in range(len(values) - 1):
        assert curve(times[piece]) == values[piece]
        low, high = sorted(values[piece : piece + 2])
        assert low <= curve(times[piece] + share * (times[piece + 1] - times[piece])) <= high
    assert curve(-1.0) == values[0] and curve(times[-1] + 1.0) == values[-1]


def test_values_on_a_line_give_the_line():
    curve = MonotoneCurve([0.0, 1.0, 1.5, 4.0], [1.0, 3.0, 4.0, 9.0])
    assert [curve(t) for t in (0.25, 1.2, 3.3)] == pytest.approx([1.5, 3.4, 7.6], abs=1e-12)


def test_two_values_with_flat_ends_give_smoothstep():
    curve = MonotoneCurve([0.0, 2.0], [10.0, 14.0], is_flat_at_ends=True)
    for share in (0.1, 0.5, 0.8):
        assert curve(2.0 * share) == pytest.approx(10.0 + 4.0 * share * share * (3.0 - 2.0 * share))


def test_the_inner_slope_is_the_weighted_harmonic_mean():
    curve, step = MonotoneCurve([0.0, 1.0, 3.0], [0.0, 1.0, 7.0]), 1e-6
    expected = (5.0 + 4.0) / (5.0 / 1.0 + 4.0 / 3.0)  # weights 2 x 2 + 1 and 2 + 2 x 1, slopes 1 and 3
    assert (curve(1.0 + step) - curve(1.0)) / step == pytest.approx(expected, rel=1e-4)
    assert (curve(1.0) - curve(1.0 - step)) / step == pytest.approx(expected, rel=1e-4)


@given(VALUES, st.lists(st.floats(0.5, 5), min_size=7, max_size=7))
@settings(max_examples=60, deadline=None)
def test_the_slope_is_continuous(values, gaps):
    times, step = timed(values, gaps), 1e-5
    curve = MonotoneCurve(times, values)
    for time in times[1:-1]:
        before, after = (curve(time) - curve(time - step)) / step, (curve(time + step) - curve(time)) / step
        assert after == pytest.approx(before, abs=0.05)


@pytest.mark.parametrize("times, values", [([], []), ([0.0, 1.0], [1.0]), ([0.0, 0.0], [1.0, 2.0])])
def test_invalid_times_and_values_are_refused(times, values):
    with pytest.raises(ValueError, match="expected"):
        MonotoneCurve(times, values)
