"""The shading kernel against a literal float64 evaluation of the reflectance."""

import numpy as np
import pytest
import torch

from phynes_core.kernels.cpu.shade import shade_probes
from phynes_core.kernels.registry import SHADE
from phynes_core.render.shade import PackedVisibility, Surface


def unit(vectors):
    return (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)


@pytest.fixture
def scene():
    """200 pixels on 50 vertices under 80 lights (not a multiple of 32)."""
    rng = np.random.default_rng(0)
    normal = unit(rng.normal(size=(200, 3)))
    return {
        "normal": normal,
        "wo": unit(rng.normal(size=(200, 3)) * 0.5 + normal),
        "albedo": rng.random((200, 3)).astype(np.float32),
        "roughness": rng.uniform(0.2, 1, 200).astype(np.float32),
        "bits": rng.integers(0, 2**32, (50, 3), dtype=np.uint32),
        "corners": rng.integers(0, 50, (200, 3)).astype(np.int32),
        "barycentric": rng.dirichlet([1, 1, 1], 200).astype(np.float32),
        "directions": unit(rng.normal(size=(80, 3))),
        "power": rng.random((80, 3)).astype(np.float32),
        "f0": 0.04,
    }


def unpacked(bits, count):
    return ((bits[:, :, None] >> np.arange(32, dtype=np.uint32)) & 1).reshape(len(bits), -1)[:, :count]


def literal(scene, visibility):
    """sum f V (n.l) E in float64, with D, F and G spelled out."""
    normal, wo, albedo, roughness, lights, power = (
        scene[key].astype(np.float64) for key in ("normal", "wo", "albedo", "roughness", "directions", "power")
    )
    normal, wo, lights = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True) for vectors in (normal, wo, lights))
    cos_light = normal @ lights.T
    cos_view = np.maximum((normal * wo).sum(1, keepdims=True), 1e-3)
    half = lights + wo[:, None]
    half /= np.linalg.norm(half, axis=-1, keepdims=True)
    cos_half, view_half = (half * normal[:, None]).sum(-1), (half * wo[:, None]).sum(-1)
    squared = np.maximum(roughness, 0.05)[:, None] ** 4
    ndf = squared / (np.pi * (cos_half**2 * (squared - 1) + 1) ** 2)
    fresnel = scene["f0"] + (1 - scene["f0"]) * (1 - view_half) ** 5
    clamped = np.maximum(cos_light, 1e-3)

    def masking(cosine):
        return 2 * cosine / (cosine + np.sqrt(squared + (1 - squared) * cosine**2))

    lobe = ndf * fresnel * masking(clamped) * masking(cos_view) / (4 * clamped * cos_view)
    arriving = np.maximum(cos_light, 0)
    irradiance = (visibility * arriving) @ power
    return albedo / np.pi * irradiance + (lobe * visibility * arriving) @ power, irradiance, arriving @ power


def test_radiance_and_irradiance_equal_a_literal_float64_evaluation(scene):
    """Measured: radiance within 3.7e-7 relative, irradiance 1.8e-7."""
    facing = (scene["normal"] * scene["wo"]).sum(1) > 1e-3  # beyond, the clamp of n.v decides, not the formula
    assert facing.mean() > 0.9
    open_share = unpacked(scene["bits"], 80)
    visibility = (open_share[scene["corners"]] * scene["barycentric"][..., None]).sum(1)
    for found, expected in zip(shade_probes(**scene), literal(scene, visibility), strict=True):
        np.testing.assert_allclose(found[facing], expected[facing], rtol=5e-6, atol=1e-6)


def test_the_sharpest_highlight_keeps_its_digits(scene):
    """Roughness is clamped at 0.05 and the eye and a light stand in the mirror direction. Measured: 4.1e-7 relative."""
    scene["roughness"][:] = 0.01
    scene["wo"] = scene["normal"]
    scene["directions"] = np.concatenate([scene["normal"][:64], scene["directions"][64:]])
    radiance = shade_probes(**{**scene, "bits": None})[0]
    np.testing.assert_allclose(radiance, literal(scene, 1.0)[0], rtol=5e-6)


def test_without_bits_everything_is_open(scene):
    radiance, irradiance, irradiance_open = shade_probes(**{**scene, "bits": None})
    np.testing.assert_allclose(irradiance, irradiance_open, rtol=1e-6)
    np.testing.assert_allclose(
        radiance, shade_probes(**{**scene, "bits": np.full_like(scene["bits"], 0xFFFFFFFF)})[0], rtol=1e-5
    )


def test_bits_of_each_pixel_need_no_corners(scene):
    """The quality mode: pixel i reads row i."""
    own = scene["bits"][scene["corners"][:, 0]]
    exact = shade_probes(**{**scene, "bits": own, "corners": None, "barycentric": None})
    same = {"corners": np.repeat(scene["corners"][:, :1], 3, 1), "barycentric": np.full((200, 3), 1 / 3, np.float32)}
    for found, expected in zip(exact, shade_probes(**{**scene, **same}), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("light", [0, 31, 32, 79])
def test_one_light_reaches_exactly_those_pixels_whose_bit_is_set(scene, light):
    """Energy of a one-hot probe: power times n.l where open, nothing elsewhere."""
    power = np.zeros_like(scene["power"])
    power[light] = [1, 2, 3]
    own = scene["bits"][:1].repeat(200, 0)
    own[::2, light // 32] &= ~np.uint32(1 << (light % 32))
    own[1::2, light // 32] |= np.uint32(1 << (light % 32))
    _, irradiance, irradiance_open = shade_probes(
        **{**scene, "power": power, "bits": own, "corners": None, "barycentric": None}
    )
    cosine = np.maximum(scene["normal"] @ scene["directions"][light], 0)
    np.testing.assert_allclose(irradiance_open, cosine[:, None] * [1, 2, 3], atol=1e-6)
    np.testing.assert_allclose(irradiance[1::2], irradiance_open[1::2])
    assert not irradiance[::2].any()


def test_no_pixels_shade_to_no_rows(scene):
    rows = {key: scene[key][:0] for key in ("normal", "wo", "albedo", "roughness", "corners", "barycentric")}
    assert [term.shape for term in shade_probes(**{**scene, **rows})] == [(0, 3)] * 3


def test_many_pixels_of_a_triangle_are_shaded_alike_in_any_order(scene):
    """Chunks bring the pixels of a triangle together and pass over groups of lights that none of its corners sees."""
    rng = np.random.default_rng(1)
    pick = rng.integers(0, 200, 5000)
    triangles = np.array([[0, 1, 2], [0, 2, 1], [0, 1, 3], [4, 1, 2], [5, 5, 5]], np.int32)
    many = scene | {key: scene[key][pick] for key in ("normal", "wo", "albedo", "roughness", "barycentric")}
    many["corners"] = triangles[rng.integers(0, 5, 5000)]
    many["bits"] = scene["bits"] & np.array([0xFFFF, 0xFFFF0000, 0], np.uint32)
    many["bits"][5] = 0
    open_share = unpacked(many["bits"], 80)
    visibility = (open_share[many["corners"]] * many["barycentric"][..., None]).sum(1)
    facing = (many["normal"] * many["wo"]).sum(1) > 1e-3
    for found, expected in zip(shade_probes(**many), literal(many, visibility), strict=True):
        np.testing.assert_allclose(found[facing], expected[facing], rtol=5e-6, atol=1e-6)
    assert not shade_probes(**many)[1][(many["corners"] == 5).all(1)].any()


def test_the_irradiance_without_shadows_can_be_left_out(scene):
    with_open, without = shade_probes(**scene), shade_probes(**scene, has_open=False)
    assert all(np.array_equal(with_open[i], without[i]) for i in (0, 1)) and not without[2].any()


@pytest.mark.parametrize("backend", ["numba", "warp"])
def test_every_backend_shades_as_the_reference(scene, backend):
    """Measured: within 6e-5 of the largest radiance, at a grazing pixel where the reference rounds most."""
    given = {name: torch.from_numpy(value) for name, value in scene.items() if name not in ("f0", "bits")}
    surface = Surface(given["normal"], given["wo"], given["albedo"], given["roughness"], scene["f0"]).facing_eye()
    bits = torch.from_numpy(scene["bits"].view(np.int32))
    visibility = PackedVisibility(bits, given["corners"], given["barycentric"])
    found, expected = (
        SHADE.load(name, "cpu")(surface, given["directions"], given["power"], visibility, True)
        for name in (backend, "reference")
    )
    for term, reference in zip(found, expected, strict=True):
        torch.testing.assert_close(term, reference, rtol=0, atol=3e-4 * float(reference.max()))
