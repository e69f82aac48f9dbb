"""Texture and light are recovered from pixels that were made with known ones."""

import numpy as np
import pytest

from phynes_core.registration.appearance import LightFit, TexturedLight, harmonics

SIZE = 24


def known_texture() -> np.ndarray:  # [SIZE * SIZE, 3]
    return np.random.default_rng(1).uniform(0.2, 0.9, (SIZE * SIZE, 3)).astype(np.float32)


def known_light() -> np.ndarray:  # [9, 3], the mean of the constant terms is 1
    light = np.random.default_rng(2).normal(0.0, 0.08, (9, 3))
    light[0] = 1.0
    return light.astype(np.float32)


def pixels(count=60_000):
    """Random places under random normals, and what a camera sees there."""
    generator = np.random.default_rng(0)
    uv = generator.random((count, 2)).astype(np.float32)
    normals = generator.normal(size=(count, 3)).astype(np.float32)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    truth = TexturedLight(SIZE)
    truth.texture, truth.light = known_texture(), known_light()
    return uv, normals, truth.texture_at(uv) * (harmonics(normals) @ truth.light), np.ones(count, np.float32)


def test_harmonics_are_orthogonal_over_the_sphere():
    """As light's second order needs it; measured with a million directions: 3e-3."""
    normals = np.random.default_rng(0).normal(size=(1_000_000, 3))
    basis = harmonics(normals / np.linalg.norm(normals, axis=1, keepdims=True)).astype(np.float64)
    gram = basis.T @ basis / len(basis)
    norm = np.sqrt(np.diag(gram))
    np.testing.assert_allclose(gram / np.outer(norm, norm), np.eye(9), atol=6e-3)
    assert norm.min() > 0.2


def test_the_texture_is_interpolated_between_texel_centers():
    model = TexturedLight(4)
    model.texture[:] = (np.arange(16.0) % 4)[:, None]  # the column's number: u runs along a row
    at = model.texture_at(np.array([[0.125, 0.5], [0.375, 0.2], [0.25, 0.9], [0.0, 0.0], [1.0, 1.0]], np.float32))
    np.testing.assert_allclose(at[:, 0], [0.0, 1.0, 0.5, 0.0, 3.0], atol=1e-6)


def test_light_is_recovered_exactly_where_the_texture_is_known():
    uv, normals, color, weight = pixels()
    texture = TexturedLight(SIZE)
    texture.texture = known_texture()
    fit = LightFit()
    for part in np.array_split(np.arange(len(uv)), 5):
        fit.add(texture.texture_at(uv[part]), normals[part], color[part], weight[part])
    np.testing.assert_allclose(fit.solve(), known_light(), atol=1e-4)


def test_texture_and_light_are_recovered_in_turn():
    """Up to a factor for each channel, which may stand in the texture as well as in the light.

    Measured: light within 0.005; colors within 0.067 of 0.160, for a texture of the mean of pixels is a blurred one.
    """
    uv, normals, color, weight = pixels()
    model = TexturedLight(SIZE)
    for _ in range(6):
        model.add(uv, normals, color, weight)
        model.finish_texture()
        fit = LightFit()
        fit.add(model.texture_at(uv), normals, color, weight)
        light = fit.solve()
        assert light is not None
        model.light = light
    explained = model.texture_at(uv) * (harmonics(normals) @ model.light)
    assert np.abs(model.light / model.light[0] - known_light()).max() < 0.03
    assert np.sqrt(((explained - color) ** 2).mean()) < 0.6 * color.std()


def test_a_pixel_counts_as_much_as_its_weight():
    model = TexturedLight(2)
    uv, up = np.full((2, 2), 0.25, np.float32), np.array([[0.0, 0.0, 1.0]] * 2, np.float32)
    model.add(uv, up, np.array([[0.2] * 3, [0.8] * 3]), np.array([3.0, 1.0]))
    model.finish_texture()
    np.testing.assert_allclose(model.texture_at(uv), 0.35, atol=1e-6)
    model.finish_texture()  # the sums were used up
    assert not model.texture.any()


def test_gaps_are_shown_in_the_color_of_the_nearest_texel():
    model = TexturedLight(4)
    assert not model.without_gaps().texture.any()  # nothing was seen yet
    model.texture[[0, 15]] = [[0.5, 0.0, 0.0], [0.0, 0.7, 0.0]]  # two corners
    shown = model.without_gaps().texture.reshape(4, 4, 3)
    assert shown[0, 1].tolist() == shown[1, 0].tolist() == model.texture[0].tolist()
    assert shown[3, 2].tolist() == shown[2, 3].tolist() == model.texture[15].tolist()
    assert not model.texture[1].any()  # the model itself keeps its gaps


@pytest.mark.parametrize("is_black", [False, True])
def test_nothing_seen_or_all_black_tells_of_no_light(is_black):
    fit = LightFit()
    if is_black:
        _, normals, color, weight = pixels(100)
        fit.add(np.zeros_like(color), normals, np.zeros_like(color), weight)
    assert fit.solve() is None
