"""Regions and alignments, worked by hand."""

import pytest
import torch

from phynes_core.evaluation.metrics.errors import aligned
from phynes_core.evaluation.metrics.masks import bounding_rectangle, box_mask, closed, eroded
from phynes_core.render.camera import look_at


def test_erosion_takes_one_pixel_off_the_rim_and_the_image_border():
    coverage = torch.zeros(6, 6)
    coverage[0:5, 1:5] = 1.0
    coverage[4, 1] = 0.4  # mostly background
    expected = torch.zeros(6, 6, dtype=torch.bool)
    expected[1:4, 2:4] = True
    expected[3, 2] = False
    assert torch.equal(eroded(coverage), expected)


def test_closing_fills_a_hole_and_keeps_the_outline():
    coverage = torch.zeros(9, 9)
    coverage[2:7, 2:7] = 0.1
    coverage[4, 4] = 0.0
    expected = torch.zeros(9, 9, dtype=torch.bool)
    expected[2:7, 2:7] = True
    assert torch.equal(closed(coverage), expected)


def test_the_box_is_where_its_silhouette_is():
    """A cube of half size 0.45 + 0.05 seen from 2 m along an axis: its front face, half as wide at 1.5 m."""
    corners = torch.tensor([[x, y, z] for x in (-0.45, 0.45) for y in (-0.45, 0.45) for z in (-0.45, 0.45)])
    camera = look_at(torch.tensor([0.0, 0.0, 2.0]), torch.zeros(3), 90, 90, fov_deg=90.0)
    rows, columns = bounding_rectangle(box_mask(corners, camera))
    # the front face reaches 0.5 / 1.5 of the half width of 45 px: 15 px to either side
    assert (rows.start, rows.stop, columns.start, columns.stop) == (30, 60, 30, 60)


def test_a_box_behind_the_camera_is_not_seen():
    camera = look_at(torch.tensor([0.0, 0.0, 2.0]), torch.tensor([0.0, 0.0, 4.0]), 16, 16)
    assert not bool(box_mask(torch.tensor([[-0.1, -0.1, -0.1], [0.1, 0.1, 0.1]]), camera).any())


def test_the_rectangle_of_nothing_is_the_whole_image():
    assert bounding_rectangle(torch.zeros(3, 5, dtype=torch.bool)) == (slice(0, 3), slice(0, 5))


@pytest.mark.parametrize("kind", ["median", "least-squares"])
def test_alignment_takes_out_a_scale_for_each_channel(kind):
    truth = torch.rand(8, 8, 3, generator=torch.Generator().manual_seed(1)) + 0.1
    truth[0] = 0.0  # background
    assert torch.allclose(aligned(truth * torch.tensor([2.0, 0.5, 3.0]), truth, kind), truth, atol=1e-6)


def test_alignments_worked_by_hand():
    truth = torch.tensor([[[1.0], [2.0], [6.0], [0.0]]])
    image = torch.tensor([[[1.0], [1.0], [2.0], [9.0]]])  # the last pixel is background in the truth: not looked at
    assert aligned(image, truth).flatten().tolist() == [2.0, 2.0, 4.0, 18.0]
    # <ours, truth> / <ours, ours> = (1 + 2 + 12) / (1 + 1 + 4)
    assert aligned(image, truth, "least-squares").flatten().tolist() == pytest.approx([2.5, 2.5, 5.0, 22.5])


def test_an_unknown_alignment_is_refused():
    with pytest.raises(ValueError, match="expected one of median, least-squares"):
        aligned(torch.ones(2, 2, 3), torch.ones(2, 2, 3), "mean")
