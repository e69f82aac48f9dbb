"""What is painted where."""

import numpy as np
import pytest

from phynes_core.synthetic.subjects.textures import map_texels
from phynes_core.synthetic.surface.landmarks import measure_torso, shirt_coordinates

SKIN, TROUSERS, SHIRT, SOLES, EYES = range(5)


@pytest.fixture(scope="module")
def painted(subject):
    materials = subject.paint(768)
    texels = map_texels(subject.surface, 768)
    albedo = materials.albedo.reshape(-1, 3)[texels.texel]
    pieces = subject.slices()
    parts = np.array([np.searchsorted([p.stop for p in pieces], vertex, "right") for vertex in texels.vertex[:, 0]])
    return materials, parts, albedo, materials.roughness.reshape(-1)[texels.texel], texels


def test_texels_lie_where_the_atlas_says(subject):
    """Sampling uv itself gives each texel's own center."""
    texels = map_texels(subject.person.dense, 128)
    uv = np.zeros((len(subject.person.rest), 2))
    uv[subject.person.dense.faces.ravel()] = subject.person.dense.corner_uv.reshape(-1, 2)
    shown = texels.sample(uv)
    row, column = texels.texel // 128, texels.texel % 128
    center = np.stack([(column + 0.5) / 128, 1 - (row + 0.5) / 128], 1)
    away = np.abs(shown - center).max(1)
    assert np.median(away) < 1e-6 and (away < 1e-4).mean() > 0.9  # seam vertices have a second uv


def test_materials_are_physical_and_vary(painted):
    materials, _, albedo, roughness, _ = painted
    assert np.isfinite(materials.albedo).all()
    assert albedo.min() >= 0.01 - 1e-6 and albedo.max() <= 0.92
    assert roughness.min() >= 0.08 - 1e-6 and roughness.max() <= 0.95
    assert roughness.std() > 0.1


def test_each_part_has_its_color(painted, subject):
    _, parts, albedo, roughness, texels = painted
    marks = subject.person.marks
    skin = texels.restricted(parts == SKIN)
    body = subject.person.rest[subject.parts[SKIN].visible]
    points = skin.sample(body)
    hand = np.abs(points[:, 0]) > marks["left_wrist"][0] + 0.02
    crown = points[:, 1] > marks["head"][1] + 0.14
    red, blue = albedo[:, 0], albedo[:, 2]
    assert (red[parts == SKIN][hand] > blue[parts == SKIN][hand]).mean() > 0.99
    assert (blue > red)[parts == TROUSERS].mean() > 0.9  # denim, but for its thread
    assert albedo[parts == SKIN][crown].mean() < 0.08  # dark hair
    assert albedo[parts == SHIRT].std(0).min() > 0.08  # a pattern, not a plain color
    kinds = [roughness[parts == SHIRT], roughness[parts == TROUSERS], roughness[parts == SKIN][hand]]
    assert kinds[0].mean() > kinds[1].mean() > kinds[2].mean() > 0.3
    assert roughness[parts == EYES].max() < 0.12  # wet


def test_tartan_is_not_stretched(subject):
    """Pattern coordinates are arc lengths: the surface's map to them is close to an isometry away from seams."""
    marks, shirt = subject.person.marks, subject.parts[SHIRT].cloth
    faces = shirt.source[shirt.faces]
    along, around, seam = shirt_coordinates(subject.person.rest, measure_torso(subject.person.rest, marks), marks)
    faces = faces[seam[faces].min(1) > 0.02]
    a, b, c = subject.person.rest[faces].transpose(1, 0, 2)
    x_axis = (b - a) / np.linalg.norm(b - a, axis=1, keepdims=True)
    normal = np.cross(b - a, c - a)
    y_axis = np.cross(normal / np.linalg.norm(normal, axis=1, keepdims=True), x_axis)
    flat = np.stack([np.stack([(e * x_axis).sum(1), (e * y_axis).sum(1)], 1) for e in (b - a, c - a)], 2)
    pattern = np.stack([around, along], 1)[faces]
    jacobian = (pattern[:, 1:] - pattern[:, :1]).transpose(0, 2, 1) @ np.linalg.inv(flat)
    stretch = np.linalg.svd(jacobian, compute_uv=False)
    assert len(faces) > 10_000
    assert 0.95 < np.median(stretch) < 1.05  # measured 0.996; 0.75 and 1.15 at the 5th and 95th percentile
    assert ((stretch > 0.65) & (stretch < 1.5)).mean() > 0.85


def test_padding_leaves_no_hole_at_chart_borders(subject):
    texels = map_texels(subject.person.dense, 256)
    image = texels.image(np.ones((len(texels.texel), 1)))
    assert image.min() == 1
