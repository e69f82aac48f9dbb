"""A stroke in space: distances, its soft edge, and the side that it paints."""

import math

import pytest
import torch

from phynes_core.avatar.paint_path import Path, paint_weight

UP = torch.tensor([0.0, 0.0, 1.0])


def line(length=1.0, longest=10.0):
    points = torch.tensor([[0.0, 0.0, 0.0], [length, 0.0, 0.0]])
    return Path.through(points, UP.expand(2, 3), longest)


def test_distance_is_that_to_a_capsule():
    places = torch.tensor([[0.5, 0.3, 0.0], [-0.3, 0.4, 0.0], [1.0, 0.0, 0.2], [1.6, 0.0, 0.8]])
    assert torch.allclose(line().distance(places)[0], torch.tensor([0.3, 0.5, 0.2, 1.0]), atol=1e-6)


def test_a_stroke_is_lifted_where_points_are_far_apart():
    middle = torch.tensor([[0.5, 0.0, 0.0]])
    assert float(line(longest=2.0).distance(middle)[0]) == 0.0
    assert float(line(longest=0.9).distance(middle)[0]) == 0.5


@pytest.mark.parametrize(
    "share, weight", [(0.0, 1.0), (0.5, 1.0), (0.75, 0.5), (0.625, 0.84375), (1.0, 0.0), (1.2, 0.0)]
)
def test_the_edge_falls_smoothly_from_the_hard_share_to_the_radius(share, weight):
    place = torch.tensor([[0.5, 0.1 * share, 0.0]])
    shown = paint_weight(line(), place, UP.expand(1, 3), 0.1, 0.5)
    assert float(shown) == pytest.approx(weight, abs=1e-5)


@pytest.mark.parametrize("angle_deg, weight", [(0.0, 1.0), (75.0, 1.0), (90.0, 0.5), (105.0, 0.0), (180.0, 0.0)])
def test_what_faces_away_gets_no_paint(angle_deg, weight):
    angle = math.radians(angle_deg)
    normal = torch.tensor([[math.sin(angle), 0.0, math.cos(angle)]])
    shown = paint_weight(line(), torch.tensor([[0.5, 0.0, 0.0]]), normal, 0.1, 0.5)
    assert float(shown) == pytest.approx(weight, abs=1e-5)
