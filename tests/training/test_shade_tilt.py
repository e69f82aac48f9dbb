"""The numba slopes by the normal against autograd of render/brdf.py in float64, and a closed form."""

import math

import numpy as np
import pytest
import torch

from phynes_core.conventions import MIN_COSINE
from phynes_core.kernels.cpu.shade_training import shading_tilt
from phynes_core.render.brdf import specular
from phynes_core.render.probes import probe_directions

VERTICES = 12


@pytest.fixture
def points():
    generator = np.random.default_rng(0)
    normal = generator.normal(size=(40, 3))
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    wo = normal + 0.6 * generator.normal(size=(40, 3))
    wo /= np.linalg.norm(wo, axis=1, keepdims=True)
    facing = (wo * normal).sum(1) > 0.05
    count = int(facing.sum())
    return {
        "normal": normal[facing].astype(np.float32),
        "wo": wo[facing].astype(np.float32),
        "roughness": generator.uniform(0.2, 1.0, count).astype(np.float32),
        "bits": generator.integers(0, 2**32, (2, VERTICES, 16), dtype=np.uint32),
        "frame": generator.integers(0, 2, count).astype(np.int32),
        "corners": generator.integers(0, VERTICES, (count, 3)).astype(np.int32),
        "barycentric": generator.dirichlet([1, 1, 1], count).astype(np.float32),
        "directions": probe_directions().numpy(),
        "power": generator.random((512, 3)).astype(np.float32),
        "f0": 0.04,
    }


def _visibility(points):
    bits = torch.from_numpy(points["bits"].astype(np.int64))
    unpacked = ((bits[..., None] >> torch.arange(32)) & 1).flatten(-2).double()
    corner = unpacked[torch.from_numpy(points["frame"]).long()[:, None], torch.from_numpy(points["corners"]).long()]
    return (corner * torch.from_numpy(points["barycentric"]).double()[:, :, None]).sum(1)


def _by_autograd(points):
    normal, wo, roughness, directions, power = (
        torch.from_numpy(points[name]).double() for name in ("normal", "wo", "roughness", "directions", "power")
    )
    normal.requires_grad_(True)
    cos_light = normal @ directions.T
    cos_view = (normal * wo).sum(-1, keepdim=True).clamp(min=MIN_COSINE)
    received = cos_light.clamp(min=0.0) * _visibility(points)
    lobe = specular(cos_light.clamp(min=1e-9), cos_view, wo @ directions.T, roughness[:, None], points["f0"])
    slopes = []
    for radiance in (received @ power / math.pi, (lobe * received) @ power):
        rows = [torch.autograd.grad(radiance[:, c].sum(), normal, retain_graph=True)[0] for c in range(3)]
        slopes.append(torch.stack(rows, 1).numpy())
    return slopes


def test_slopes_are_the_derivatives_by_the_normal(points):
    """Measured: within 2e-6 of the largest slope of a point."""
    for ours, theirs in zip(shading_tilt(**points), _by_autograd(points), strict=True):
        scale = np.abs(theirs).max((1, 2), keepdims=True)
        assert np.abs(ours - theirs).max() > 0.0
        assert (np.abs(ours - theirs) / scale).max() < 1e-4


def test_under_an_open_uniform_sky_irradiance_points_along_the_normal(points):
    """Half the sphere of radiance one: the sum of l over it is pi n, so d irradiance / d n is n."""
    sky = {**points, "frame": np.full(len(points["wo"]), -1, np.int32)}
    rows = np.cos(np.linspace(0, np.pi, 17))
    solid_angle = np.repeat((rows[:-1] - rows[1:]) * 2 * np.pi / 32, 32)
    sky["power"] = np.repeat(solid_angle[:, None], 3, 1).astype(np.float32)
    irradiance, _ = shading_tilt(**sky)
    error = np.abs(irradiance - points["normal"][:, None])  # from the cells that the horizon cuts
    assert error.mean() < 0.02 and error.max() < 0.12


def test_probes_in_packs_of_32_only(points):
    with pytest.raises(ValueError, match="multiple of 32"):
        shading_tilt(**{**points, "directions": points["directions"][:30]})
