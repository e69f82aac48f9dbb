"""Mitsuba's inverse rendering finds a known reflectance again."""

import pytest
import torch

from phynes_core.errors import BackendError
from phynes_core.render.camera import look_at
from phynes_core.synthetic.mitsuba.inverse_rendering import InverseOptions, InverseShot, recover_albedo
from phynes_core.synthetic.mitsuba.setup import load_mitsuba


@pytest.fixture(scope="module")
def mitsuba():
    try:
        return load_mitsuba()
    except BackendError as error:
        pytest.skip(str(error))


def test_a_two_colored_square_under_its_own_light(mitsuba):
    """Red left, blue right, photographed from the front: the ratio of the channels comes back, each on its side."""
    vertices = torch.tensor([[-0.5, -0.5, 0.0], [0.5, -0.5, 0.0], [0.5, 0.5, 0.0], [-0.5, 0.5, 0.0]])
    faces = torch.tensor([[0, 1, 2], [0, 2, 3]])
    uv = torch.tensor([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])[faces]
    camera = look_at(torch.tensor([0.0, 0.0, 2.0]), torch.zeros(3), 32, 32, fov_deg=36.0)
    image, coverage = torch.zeros(32, 32, 3), torch.zeros(32, 32)
    inside = slice(4, 28)  # the square spans 24.6 pixels
    coverage[inside, inside] = 1.0
    image[inside, 4:16] = torch.tensor([0.4, 0.1, 0.1])
    image[inside, 16:28] = torch.tensor([0.1, 0.1, 0.4])
    image[4:10, 4:16] = torch.tensor([0.1, 0.4, 0.1])  # a green patch at the top left: which way is up
    options = InverseOptions(steps=60, spp=8, size=32, texture_size=16, albedo_rate=0.1, light_rate=0.05)
    found = recover_albedo([InverseShot(vertices, ((camera, image, coverage),))], faces, uv, options)
    assert found.albedo.shape == (16, 16, 3) and found.environment.shape == (16, 32, 3)
    assert float(found.environment.min()) >= 0.0
    assert sum(found.losses[-5:]) < 0.1 * sum(found.losses[:5])
    red, blue, green = found.albedo[10, 4], found.albedo[10, 12], found.albedo[2, 4]
    assert float(red[0]) > 2 * float(red[2]) and float(blue[2]) > 2 * float(blue[0])
    assert float(green[1]) > 2 * float(green[0])
