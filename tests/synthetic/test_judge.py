"""Mitsuba's reference shading agrees with closed forms."""

import math

import pytest
import torch

from phynes_core.render.brdf import cook_torrance
from phynes_core.render.camera import Camera, look_at
from phynes_core.synthetic.mitsuba.judge import JudgeSurface, judge_radiance

SIZE = 48


def sphere(radius: float, center: tuple[float, float, float], rings: int = 64) -> tuple[torch.Tensor, ...]:
    theta = torch.linspace(0, math.pi, rings + 1)
    phi = torch.arange(2 * rings) * (math.pi / rings)
    t, p = torch.meshgrid(theta, phi, indexing="ij")
    normals = torch.stack([t.sin() * p.cos(), t.cos(), t.sin() * p.sin()], -1).reshape(-1, 3)
    columns = 2 * rings
    faces = []
    for row in range(rings):
        for column in range(columns):
            a, b = row * columns + column, row * columns + (column + 1) % columns
            faces += [(a, b, a + columns), (b, b + columns, a + columns)]
    return normals * radius + torch.tensor(center), torch.tensor(faces), normals


@pytest.fixture(scope="module")
def camera() -> Camera:
    return look_at(torch.tensor([0.0, 0.0, 5.0]), torch.zeros(3), SIZE, SIZE)


def surface_of(vertices, faces, normals, generator) -> JudgeSurface:
    count = SIZE * SIZE
    albedo = torch.rand(count, 3, generator=generator)
    roughness = 0.2 + 0.7 * torch.rand(count, generator=generator)
    return JudgeSurface(vertices, faces, normals, torch.arange(count), albedo, roughness)


def test_sphere_equals_our_brdf_in_closed_form(camera):
    generator = torch.Generator().manual_seed(1)
    surface = surface_of(*sphere(1.0, (0.0, 0.0, 0.0)), generator)
    directions = torch.nn.functional.normalize(torch.randn(24, 3, generator=generator), dim=-1)
    power = torch.rand(24, 3, generator=generator)
    visibility = torch.rand(SIZE * SIZE, 24, generator=generator)
    picture = judge_radiance(surface, camera, directions, power, visibility)

    wo = -camera.pixel_rays()[1].reshape(-1, 3)
    hit, normal = picture.is_hit, picture.normal
    expected = torch.zeros(SIZE * SIZE, 3)
    for wi, light, is_open in zip(directions, power, visibility.T, strict=True):
        f = cook_torrance(wi.expand_as(normal), wo, normal, surface.albedo, surface.roughness, 0.04)
        expected += light * f * ((normal @ wi).clamp(min=0) * is_open)[:, None]
    inner = hit & ((normal * wo).sum(-1) > 0.05)  # at the rim the two clamp n.v differently
    error = (picture.radiance - expected)[inner].abs().sum() / expected[inner].sum()
    assert hit.sum() > 300
    assert error < 1e-5  # measured 7e-7


def test_own_shadow_rays_see_the_other_sphere(camera):
    """A small sphere between the light and the big one casts a shadow; without it there is none."""
    generator = torch.Generator().manual_seed(2)
    big = sphere(1.0, (0.0, 0.0, 0.0))
    small = sphere(0.3, (0.0, 0.0, 8.0))  # behind the camera, in front of the light
    both = (
        torch.cat([big[0], small[0]]),
        torch.cat([big[1], small[1] + len(big[0])]),
        torch.cat([big[2], small[2]]),
    )
    toward = torch.tensor([[0.0, 0.0, 1.0]])
    power = torch.ones(1, 3)
    free = judge_radiance(surface_of(*big, generator), camera, toward, power, keep_visibility=True)
    shaded = judge_radiance(surface_of(*both, generator), camera, toward, power, keep_visibility=True)
    assert free.visibility is not None and shaded.visibility is not None
    rays = camera.pixel_rays()[1].reshape(-1, 3)
    # where the center ray meets the unit sphere, and how far that is from the light's axis
    half_b = (rays * camera.center).sum(-1)
    distance = -half_b - (half_b**2 - (camera.center**2).sum() + 1).clamp(min=0).sqrt()
    off_axis = (camera.center + distance[:, None] * rays)[:, :2].norm(dim=-1)
    hit = shaded.is_hit
    assert not shaded.visibility[hit & (off_axis < 0.28), 0].any()
    assert shaded.visibility[hit & (off_axis > 0.32) & (off_axis < 0.9), 0].all()
    assert free.visibility[free.is_hit & (off_axis < 0.9), 0].all()
    assert shaded.radiance[hit & (off_axis < 0.28)].abs().max() == 0


def test_wrong_shapes_are_named(camera):
    generator = torch.Generator().manual_seed(3)
    surface = surface_of(*sphere(1.0, (0.0, 0.0, 0.0), 8), generator)
    with pytest.raises(ValueError, match="power"):
        judge_radiance(surface, camera, torch.ones(4, 3), torch.ones(5, 3))
