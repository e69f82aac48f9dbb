"""What counts as a divergence, on made-up curves."""

import math

import numpy as np
import pytest

from phynes_core.training.run.stopping import DivergenceWatch


def _run(images, gradients=None):
    """The step at which the watch raises its voice, and what it says."""
    watch = DivergenceWatch()
    for step, image in enumerate(images):
        terms = {"loss": image, "image": image, "gradient": 1.0 if gradients is None else gradients[step]}
        if trouble := watch.see(terms):
            return step, trouble
    return None, ""


def _noisy_descent(steps=2000, seed=0):
    generator = np.random.default_rng(seed)
    return (0.05 * np.exp(-np.arange(steps) / 300) + 5e-4) * generator.lognormal(0.0, 0.5, steps)


@pytest.mark.parametrize("seed", range(5))
def test_noise_and_rare_spikes_are_no_alarm(seed):
    images = _noisy_descent(seed=seed)
    images[::37] *= 50.0  # single bad steps
    images[1000:1040] *= 20.0  # and a bad stretch that ends
    gradients = np.random.default_rng(seed).lognormal(0.0, 2.0, len(images))
    assert _run(images, gradients) == (None, "")


def test_an_error_that_does_not_come_back_stops_the_run_within_a_hundred_steps():
    images = _noisy_descent()
    images[1200:] = 0.3  # a picture of nothing
    step, trouble = _run(images)
    assert 1200 < step <= 1300
    assert trouble.startswith("image error 0.3 over 100 steps, after 0.00")


def test_an_exploding_gradient_stops_the_run_when_the_error_rises_too():
    images, gradients = _noisy_descent(), np.ones(2000)
    gradients[1200:] = np.exp(np.minimum(np.arange(800) / 20.0, 30.0))
    assert _run(images, gradients) == (None, "")
    images[1200:] *= 3.0
    step, trouble = _run(images, gradients)
    assert 1200 < step < 1600 and trouble.startswith("gradient")


def test_numbers_that_are_none_stop_at_once():
    assert _run([0.1, 0.1, math.nan])[0] == 2
    assert _run([0.1, 0.1, 0.1], [1.0, math.inf, 1.0]) == (1, "gradient inf")


def test_a_bad_block_is_doubtful_until_it_is_over():
    watch = DivergenceWatch()
    doubts = []
    for image in [0.01] * 200 + [0.05] * 40 + [0.01] * 40:
        assert not watch.see({"loss": image, "image": image, "gradient": 1.0})
        doubts.append(watch.is_doubtful)
    assert not any(doubts[:200]) and all(doubts[220:240]) and not doubts[-1]
