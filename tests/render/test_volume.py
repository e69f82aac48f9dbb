"""Volume rendering against closed forms."""

import math

import pytest
import torch

from phynes_core.render.volume import RaySamples, compositing_weights, laplace_density, render_rays


def test_density_is_half_on_the_surface_and_full_inside():
    beta = 0.01
    density = laplace_density(torch.tensor([0.0, -1.0, 1.0, 0.01, -0.01], dtype=torch.float64), beta)
    expected = [50.0, 100.0, 0.0, 50.0 * math.exp(-1), 100.0 - 50.0 * math.exp(-1)]
    assert density.tolist() == pytest.approx(expected, abs=1e-6)


def test_density_gradient_agrees_with_finite_differences():
    distance = torch.tensor([-0.02, -0.001, 0.001, 0.02], dtype=torch.float64, requires_grad=True)
    beta = torch.tensor(0.01, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(laplace_density, (distance, beta))


def test_weights_of_a_homogeneous_fog():
    """Six slabs of optical depth 0.5: together 1 - exp(-3), each exp(-0.5) times the one in front of it."""
    weights = compositing_weights(torch.full((1, 6), 0.5, dtype=torch.float64))[0]
    assert weights.sum().item() == pytest.approx(1 - math.exp(-3))
    assert torch.allclose(weights[1:] / weights[:-1], torch.tensor(math.exp(-0.5), dtype=torch.float64))


def _ray_into_a_wall(beta: float, offset: float, count: int = 400):
    """One ray straight down through heights 0.1 to -0.1, and one ray that meets nothing."""
    height = torch.linspace(0.1, -0.1, count)
    samples = RaySamples(
        torch.zeros(count, dtype=torch.long), torch.arange(count), torch.rand(count, 2), height,
        torch.full((count,), 0.2 / count), num_rays=2, num_slots=count,
    )  # fmt: skip
    return render_rays(
        samples, lambda uv, ray: torch.full((len(uv),), offset), lambda uv, ray: height[:, None].expand(-1, 3), beta
    )


@pytest.mark.parametrize("offset", [0.0, 0.03])
def test_the_wall_stands_where_the_offset_puts_it(offset):
    pixels = _ray_into_a_wall(0.002, offset)
    assert pixels.opacity[0].item() == pytest.approx(1.0, abs=1e-4)
    # "color" is the height of the sample: its mean sits within a beta of the surface
    assert pixels.color[0, 0].item() == pytest.approx(offset, abs=0.002)
    assert pixels.opacity[1].item() == 0.0
    assert pixels.color[1].abs().max().item() == 0.0


def test_the_offset_map_is_pulled_towards_the_surface_that_pictures_show():
    """d opacity / d offset > 0 for a ray that grazes the fog: growing the body covers more."""
    offset = torch.tensor(0.0, requires_grad=True)
    samples = RaySamples(
        torch.zeros(3, dtype=torch.long), torch.arange(3), torch.zeros(3, 2), torch.tensor([0.02, 0.01, 0.02]),
        torch.full((3,), 0.01), num_rays=1, num_slots=3,
    )  # fmt: skip
    pixels = render_rays(samples, lambda uv, ray: offset.expand(len(uv)), lambda uv, ray: torch.ones(len(uv), 3), 0.005)
    pixels.opacity.sum().backward()
    assert offset.grad.item() > 0


def test_skipping_weightless_colors_changes_nothing_visible():
    torch.manual_seed(0)
    height = torch.linspace(0.05, -0.05, 64)
    samples = RaySamples(
        torch.zeros(64, dtype=torch.long), torch.arange(64), torch.rand(64, 2), height,
        torch.full((64,), 0.1 / 64), num_rays=1, num_slots=64,
    )  # fmt: skip
    asked = []

    def color(uv, ray):
        asked.append(len(uv))
        return uv[:, :1].expand(-1, 3)

    def offset(uv, ray):
        return torch.zeros(len(uv))

    every = render_rays(samples, offset, color, 0.001)
    some = render_rays(samples, offset, color, 0.001, weight_floor=1e-3)
    assert asked[1] < asked[0] / 3
    assert torch.allclose(every.color, some.color, atol=5e-3)
    assert torch.equal(every.opacity, some.opacity)


def test_a_grazing_ray_reads_one_half_where_the_formula_says():
    """A ray past a limb of 80 mm radius, beta 0.4 mm: half opaque 3.24 betas out, so a shift of 3.24 puts it at 0."""
    radius, beta = 0.08, 4e-4
    shift = math.log(0.5 * math.sqrt(2 * math.pi * radius / beta) / math.log(2))
    assert shift == pytest.approx(3.24, abs=0.01)
    along = torch.linspace(-0.05, 0.05, 2001)
    height = (along.square() + radius**2).sqrt() - radius  # the ray touches the surface
    samples = RaySamples(
        torch.zeros(2001, dtype=torch.long), torch.arange(2001), torch.zeros(2001, 2), height,
        torch.full((2001,), 5e-5), num_rays=1, num_slots=2001,
    )  # fmt: skip
    pixels = render_rays(
        samples, lambda uv, ray: torch.zeros(len(uv)), lambda uv, ray: torch.ones(len(uv), 3), beta, shift
    )
    assert pixels.opacity.item() == pytest.approx(0.5, abs=0.01)
