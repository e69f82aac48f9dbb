"""Charts, seams and the picture of the atlas."""

import dataclasses

import numpy as np
import pytest
import torch

from phynes_core.body.atlas import average_over_seams, chart_image, corner_uv, face_charts, unwrap, uv_to_vertex
from phynes_core.body.files import load_body, load_bundled_body


@pytest.fixture(scope="module")
def body():
    return load_bundled_body()


@pytest.fixture
def two_charts(write_npz, smpl_arrays):
    """The tube's lower half in the left half of the square, its upper half in the right one; each one grid of quads."""
    around = 8
    column, row = smpl_arrays["f"] % around, smpl_arrays["f"].astype(int) // around
    wraps = (column.max(1) == around - 1) & (column.min(1) == 0)
    column = np.where(wraps[:, None] & (column == 0), around, column).astype(int)
    is_upper = row.min(1) >= 6
    u = column / around * 0.45 + np.where(is_upper, 0.55, 0.0)[:, None]
    v = np.where(is_upper[:, None], (row - 6) / 5, row / 6)
    corners = np.stack([u, v], -1).reshape(-1, 2)
    unique, index = np.unique(corners.round(9), axis=0, return_inverse=True)
    return load_body(write_npz(vt=unique, ft=index.reshape(-1, 3))), is_upper


def test_every_uv_entry_knows_its_vertex(body):
    torch.testing.assert_close(uv_to_vertex(body)[body.uv_faces], body.faces)
    assert corner_uv(body).shape == (13776, 3, 2)


def test_averaging_over_seams(two_charts):
    small, _ = two_charts
    assert len(small.uv) > small.num_vertices
    values = torch.randn(len(small.uv), 2, requires_grad=True)
    mean = average_over_seams(small, values)
    owner = uv_to_vertex(small)
    for vertex in (0, 5, 48, 95):
        torch.testing.assert_close(mean[vertex], values[owner == vertex].mean(0))
    mean.sum().backward()
    torch.testing.assert_close(values.grad[:, 0], 1 / owner.bincount().float()[owner])


def test_a_field_on_the_vertices_survives_averaging(body):
    torch.testing.assert_close(average_over_seams(body, body.v_template[uv_to_vertex(body)]), body.v_template)


def test_charts_are_the_connected_parts(two_charts, body):
    small, is_upper = two_charts
    charts = face_charts(small)
    assert int(charts.max()) == 1
    assert torch.equal(charts == charts[int(is_upper.argmax())], torch.from_numpy(is_upper))
    assert int(face_charts(body).max()) + 1 == 9


def test_chart_image_is_upright_and_without_holes(two_charts):
    small, is_upper = two_charts
    image = chart_image(small, 40)
    assert image.dtype == torch.int32
    lower, upper = int(face_charts(small)[0]), int(face_charts(small)[int(is_upper.argmax())])
    assert (image[:, :18] == lower).all()  # 0.45 of 40 texels, shared edges included
    assert (image[:, 18:22] == -1).all()
    assert (image[:, 22:] == upper).all()


def test_chart_image_agrees_with_the_triangles(body):
    resolution = 256
    image = chart_image(body, resolution)
    center = corner_uv(body).mean(1)
    column = (center[:, 0] * resolution).long()
    row = ((1 - center[:, 1]) * resolution).long()
    found = image[row, column]
    assert float((found == face_charts(body)).float().mean()) > 0.97  # the rest: texel centers beyond a chart's rim
    area = 0.5 * torch.linalg.det(corner_uv(body)[:, 1:] - corner_uv(body)[:, :1]).abs().sum()
    assert float((image >= 0).float().mean()) == pytest.approx(float(area), abs=0.003)


def test_row_0_is_v_1(two_charts):
    small, _ = two_charts
    few = small.faces.new_tensor(range(3))
    bottom = small.__class__(**(vars(small) | {"faces": small.faces[few], "uv_faces": small.uv_faces[few]}))
    image = chart_image(bottom, 32)
    assert (image[-3:] >= 0).any()
    assert (image[:16] == -1).all()


def test_unwrap_keeps_faces_in_order_and_charts_apart(body):
    uv, uv_faces = unwrap(body.v_template, body.faces)
    unwrapped = dataclasses.replace(body, uv=uv, uv_faces=uv_faces)
    assert torch.equal(uv_to_vertex(unwrapped)[uv_faces], body.faces)
    charts = face_charts(unwrapped)
    assert int(charts.max()) < 200
    area = torch.linalg.det(uv[uv_faces][:, 1:] - uv[uv_faces][:, :1])
    assert (area != 0).all()  # even the tiny triangles inside the mouth
    turned = torch.zeros(int(charts.max()) + 1, 2).index_put_((charts, (area > 0).long()), torch.tensor(1.0))
    assert (turned.sum(1) == 1).all()  # no chart is folded over itself
    image = chart_image(unwrapped, 1024)
    for shift in range(1, 4):  # texels of room between any two charts
        for left, right in ((image[:, shift:], image[:, :-shift]), (image[shift:], image[:-shift])):
            assert not ((left != right) & (left >= 0) & (right >= 0)).any()


def test_chart_image_refuses_an_empty_square(body):
    with pytest.raises(ValueError, match="resolution"):
        chart_image(body, 0)
