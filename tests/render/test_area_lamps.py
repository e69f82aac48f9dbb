"""Lamps near the body: inverse square, soft edges, shadows only of what lies between."""

import math

import pytest
import torch
import trimesh

from phynes_core.render.lamps import AreaLamp, area_lamp_rays, lamp_rays, shade_area_lamp
from phynes_core.render.shade import Surface, shade_reference
from phynes_core.render.visibility import Occluder

FAR_AWAY = (torch.tensor([[90.0, 90.0, 90.0], [91.0, 90.0, 90.0], [90.0, 91.0, 90.0]]), torch.tensor([[0, 1, 2]]))


def floor(points, albedo=1.0, f0=0.0, roughness=1.0):
    """Points that face +Y, seen from above."""
    up = torch.tensor([0.0, 1.0, 0.0]).expand(len(points), 3)
    return Surface(up, up, torch.full((len(points), 3), albedo), torch.full((len(points),), roughness), f0)


def lit(points, lamp, samples=64, mesh=FAR_AWAY, backend="auto", **material):
    surface = floor(points, **material)
    return shade_area_lamp(surface, points, surface.normal, lamp, Occluder(*mesh, backend), samples)


@pytest.mark.parametrize("radius", [0.0, 0.02, 0.3])
def test_irradiance_falls_with_the_square_of_the_distance(radius):
    """A facing surface receives intensity / d^2: exact for a sphere of any size, 2 % for 64 rays to a wide one."""
    heights = torch.tensor([0.5, 1.0, 2.0, 4.0])
    for height in heights.tolist():
        lamp = AreaLamp((0.0, height, 0.0), intensity=3.0, color=(1.0, 0.5, 0.0), radius_m=radius)
        got = lit(torch.zeros(1, 3), lamp).irradiance[0]
        torch.testing.assert_close(got, torch.tensor([3.0, 1.5, 0.0]) / height**2, rtol=1e-4, atol=1e-6)


def test_a_tilted_surface_receives_the_cosine_of_a_small_lamp():
    """E = I cos / d^2 at a place 1 m beside the foot of a lamp 1 m up."""
    got = lit(torch.tensor([[1.0, 0.0, 0.0]]), AreaLamp((0.0, 1.0, 0.0), 2.0, radius_m=1e-3)).irradiance[0, 0]
    assert got.item() == pytest.approx(2.0 * math.cos(math.pi / 4) / 2.0, rel=1e-3)


def test_a_wide_lamp_at_the_horizon_gives_half_of_what_its_middle_would():
    """Half of the sphere lies under the floor's plane, the rest shines at grazing angles: L cos dw, integrated."""
    radius, distance = 0.5, 1.0
    lamp = AreaLamp((distance, 0.0, 0.0), 1.0, radius_m=radius)
    got = lit(torch.zeros(1, 3), lamp, samples=4096).irradiance[0, 0].item()
    sine = radius / distance
    turns = torch.linspace(0, sine, 20001, dtype=torch.float64)  # integrate L cos dw over the cap above the horizon
    radiance = 1.0 / (math.pi * radius**2)
    ring = 2.0 * turns / (1.0 - turns**2).sqrt()  # of |sin| over the upper half turn, at polar angle asin(turns)
    expected = radiance * torch.trapezoid(ring * turns, turns).item()
    assert got == pytest.approx(expected, rel=0.02)


def test_a_far_lamp_shades_as_the_distant_disc_that_it_looks_like():
    """Same rays, same highlight: 20 m away the two models meet. Measured: 0.1 %."""
    points = torch.rand(50, 3, generator=torch.Generator().manual_seed(1)) * torch.tensor([0.4, 0.0, 0.4])
    lamp = AreaLamp((8.0, 16.0, 8.0), 900.0, radius_m=0.8)
    near = lit(points, lamp, samples=64, albedo=0.5, f0=0.04, roughness=0.4)
    disc = lamp.seen_from(torch.tensor([0.2, 0.0, 0.2]))
    directions, power = lamp_rays((disc,), 64)
    far = shade_reference(floor(points, 0.5, 0.04, 0.4), directions, power, torch.ones(50, 64))
    torch.testing.assert_close(near.radiance, far.radiance, rtol=0.04, atol=0)
    assert near.radiance.mean().item() == pytest.approx(far.radiance.mean().item(), rel=5e-3)


@pytest.mark.parametrize("backend", ["embree", "numba", "reference"])
def test_what_lies_behind_the_lamp_casts_no_shadow_and_what_lies_before_it_does(backend):
    ceiling = torch.tensor([[-9.0, 2.0, -9.0], [9.0, 2.0, -9.0], [0.0, 2.0, 9.0]]), torch.tensor([[0, 1, 2]])
    place = torch.zeros(1, 3)
    below = lit(place, AreaLamp((0.0, 1.5, 0.0), 1.0), mesh=ceiling, backend=backend)
    above = lit(place, AreaLamp((0.0, 3.0, 0.0), 1.0), mesh=ceiling, backend=backend)
    assert below.irradiance[0, 0].item() == pytest.approx(1 / 1.5**2, rel=1e-3)
    assert above.irradiance[0, 0] == 0 and above.irradiance_open[0, 0].item() == pytest.approx(1 / 9, rel=1e-3)


def test_a_larger_lamp_has_a_wider_penumbra():
    """Under an edge at height 1 m and a lamp at 2 m the penumbra is as wide as the lamp: similar triangles."""
    edge = torch.tensor([[0.0, 1.0, -50.0], [0.0, 1.0, 50.0], [-50.0, 1.0, 0.0]]), torch.tensor([[0, 1, 2]])
    x = torch.linspace(-0.6, 0.6, 241)
    points = torch.stack([x, torch.zeros_like(x), torch.zeros_like(x)], -1)
    for radius in (0.05, 0.2):
        result = lit(points, AreaLamp((0.0, 2.0, 0.0), 1.0, radius_m=radius), samples=256, mesh=edge)
        share = result.irradiance[:, 0] / result.irradiance_open[:, 0]
        inside = x[(share > 0.005) & (share < 0.995)]
        assert (inside.max() - inside.min()).item() == pytest.approx(2 * radius, rel=0.15)
        assert share[120].item() == pytest.approx(0.5, abs=0.03)


def test_the_kernel_equals_the_reference():
    """Random surfaces around a lamp between them, with a sphere that shades. Measured: 4e-6 relative."""
    generator = torch.Generator().manual_seed(4)
    shape = trimesh.creation.icosphere(subdivisions=1, radius=0.3)
    mesh = torch.tensor(shape.vertices).float(), torch.tensor(shape.faces)
    points = torch.randn(400, 3, generator=generator)
    normal, wo, tilted = (
        torch.nn.functional.normalize(torch.randn(400, 3, generator=generator) - 0.5 * points, dim=-1) for _ in range(3)
    )
    surface = Surface(
        torch.nn.functional.normalize(normal + 0.2 * tilted, dim=-1), wo, torch.rand(400, 3, generator=generator),
        torch.rand(400, generator=generator), 0.04,
    )  # fmt: skip
    lamp = AreaLamp((0.2, 0.6, 0.1), 2.0, (1.0, 0.8, 0.5), 0.15)
    fast, slow = (
        shade_area_lamp(surface, points, normal, lamp, Occluder(*mesh), 8, backend)
        for backend in ("numba", "reference")
    )
    assert (slow.irradiance < 0.9 * slow.irradiance_open).any(-1).sum() > 20
    for name in ("radiance", "irradiance", "irradiance_open"):
        torch.testing.assert_close(getattr(fast, name), getattr(slow, name), rtol=1e-4, atol=1e-6)


def test_rays_of_one_lamp_lie_within_the_disc_that_a_point_sees():
    lamp = AreaLamp((0.3, 1.0, -0.2), radius_m=0.2)
    points = torch.randn(20, 3, generator=torch.Generator().manual_seed(2)) * 0.2
    for sample in range(16):
        rays = area_lamp_rays(lamp, points, sample, 16)
        away = torch.tensor(lamp.position) - points
        distance = away.norm(dim=-1)
        sine = torch.linalg.cross(away / distance[:, None], rays.directions).norm(dim=-1)
        assert (sine <= 0.2 / distance + 1e-4).all()
        torch.testing.assert_close(rays.reach, distance - 0.2)
