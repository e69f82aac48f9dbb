"""The numba shading matrices against render/brdf.py and finite differences."""

import numpy as np
import pytest
import torch

from phynes_core.kernels.cpu.shade_training import light_sums, shading_matrices
from phynes_core.render.brdf import cook_torrance
from phynes_core.render.probes import probe_directions

POINTS, VERTICES = 40, 12


@pytest.fixture
def points():
    generator = np.random.default_rng(0)
    normal = generator.normal(size=(POINTS, 3))
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    wo = normal + 0.6 * generator.normal(size=(POINTS, 3))
    wo /= np.linalg.norm(wo, axis=1, keepdims=True)
    facing = (wo * normal).sum(1) > 0.05
    weights = generator.dirichlet([1, 1, 1], POINTS)
    return {
        "normal": normal[facing].astype(np.float32),
        "wo": wo[facing].astype(np.float32),
        "roughness": generator.uniform(0.2, 1.0, facing.sum()).astype(np.float32),
        "bits": generator.integers(0, 2**32, (2, VERTICES, 16), dtype=np.uint32),
        "frame": generator.integers(0, 2, facing.sum()).astype(np.int32),
        "corners": generator.integers(0, VERTICES, (facing.sum(), 3)).astype(np.int32),
        "barycentric": weights[facing].astype(np.float32),
        "directions": probe_directions().numpy(),
        "f0": 0.04,
    }


def _visibility(points):
    bits = torch.from_numpy(points["bits"].astype(np.int64))
    unpacked = ((bits[..., None] >> torch.arange(32)) & 1).flatten(-2).float()  # [K, V, 512]
    corner = unpacked[torch.from_numpy(points["frame"]).long()[:, None], torch.from_numpy(points["corners"]).long()]
    return (corner * torch.from_numpy(points["barycentric"])[:, :, None]).sum(1)


def test_matrices_times_power_is_the_radiance_of_the_reference(points):
    """Measured: within 2e-6 of the largest value."""
    albedo = torch.rand(len(points["normal"]), 3, generator=torch.Generator().manual_seed(0))
    power = torch.rand(512, 3, generator=torch.Generator().manual_seed(1))
    diffuse, specular, _ = (torch.from_numpy(matrix) for matrix in shading_matrices(**points))
    ours = albedo * (diffuse @ power) + specular @ power
    normal, wo = torch.from_numpy(points["normal"]), torch.from_numpy(points["wo"])
    wi = torch.from_numpy(points["directions"])
    values = cook_torrance(
        wi[None], wo[:, None], normal[:, None], albedo[:, None], torch.from_numpy(points["roughness"])[:, None], 0.04
    )
    cosine = (normal @ wi.T).clamp(min=0.0) * _visibility(points)
    reference = (values * cosine[..., None] * power).sum(1)
    assert torch.allclose(ours, reference, rtol=2e-4, atol=1e-5 * float(reference.max()))


def test_sums_over_probes_and_their_gradient_are_those_of_torch():
    """Measured: within 6e-7 of the largest value."""
    generator = torch.Generator().manual_seed(0)
    matrices = [torch.rand(300, 512, generator=generator) for _ in range(3)]
    power = torch.rand(512, 3, generator=generator, requires_grad=True)
    weights = [torch.randn(300, 3, generator=generator) for _ in range(2)]
    ours = light_sums(power, *(matrix.numpy() for matrix in matrices))
    theirs = [matrix.double() @ power.double() for matrix in matrices]
    for left, right in zip(ours, theirs, strict=True):
        assert torch.allclose(left.double(), right, rtol=1e-5)
    assert not ours[2].requires_grad
    gradients = []
    for values in (ours, theirs):
        power.grad = None
        sum((value * weight).sum() for value, weight in zip(values[:2], weights, strict=True)).backward()
        gradients.append(power.grad)
    assert (gradients[0] - gradients[1]).abs().max() < 1e-5 * gradients[1].abs().max()


def test_slope_is_the_derivative_by_roughness(points):
    step = 2e-3
    _, _, slope = shading_matrices(**points)
    up = shading_matrices(**{**points, "roughness": points["roughness"] + np.float32(step)})[1]
    down = shading_matrices(**{**points, "roughness": points["roughness"] - np.float32(step)})[1]
    numeric = (up.astype(np.float64) - down) / (2 * step)
    scale = np.abs(numeric).max(1, keepdims=True)
    assert np.abs(slope - numeric).max() < 2e-2 * scale.max()  # float32 differences of a sharp lobe
    assert np.median(np.abs(slope - numeric) / scale) < 1e-4


def test_roughness_below_the_smallest_does_not_move(points):
    _, specular, slope = shading_matrices(**{**points, "roughness": np.full(len(points["wo"]), 0.01, np.float32)})
    clamped = shading_matrices(**{**points, "roughness": np.full(len(points["wo"]), 0.05, np.float32)})[1]
    assert np.array_equal(specular, clamped)
    assert not slope.any()


def test_frame_minus_one_has_no_shadows(points):
    open_sky = {**points, "frame": np.full(len(points["wo"]), -1, np.int32)}
    diffuse = shading_matrices(**open_sky)[0]
    expected = np.maximum(points["normal"] @ points["directions"].T, 0) / np.pi
    assert np.abs(diffuse - expected).max() < 1e-6
