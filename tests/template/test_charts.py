"""Charts: all of the surface, one scale, no overlap, room between them, and a full square."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from phynes_core.body.atlas import chart_image, used_share, widened
from phynes_core.body.files import load_bundled_body
from phynes_core.body.model import BodyModel
from phynes_core.template.charts import CELLS, GAP_CELLS, chart, draw, lowest_place, next_taken
from phynes_core.template.segments import BAND_M, along_borders, segments

RESOLUTION = 1024


@pytest.fixture(scope="module")
def body():
    return load_bundled_body()


@pytest.fixture(scope="module")
def charted(body) -> BodyModel:
    """The bundled body with charts of its own."""
    uv, uv_faces = chart(body.v_template, body.faces, body.weights.numpy())
    return replace(body, uv=uv, uv_faces=uv_faces)


def test_the_square_is_well_used(charted):
    assert used_share(charted.uv, charted.uv_faces) > 0.6  # measured 0.65


def test_each_entry_belongs_to_one_vertex_and_lies_in_the_square(charted):
    owner = torch.full((len(charted.uv),), -1)
    owner[charted.uv_faces.reshape(-1)] = charted.faces.reshape(-1)
    assert torch.equal(owner[charted.uv_faces], charted.faces)
    assert float(charted.uv.min()) >= 0.0 and float(charted.uv.max()) <= 1.0


def test_lengths_have_one_scale_in_all_charts(charted):
    """By the areas of charts' faces in the square and on the body; single faces are stretched."""
    a, b, c = charted.v_template[charted.faces].double().unbind(1)
    area = 0.5 * torch.linalg.cross(b - a, c - a).norm(dim=1)
    u, v, w = charted.uv[charted.uv_faces].double().unbind(1)
    sides = v - u, w - u
    flat = 0.5 * (sides[0][:, 0] * sides[1][:, 1] - sides[0][:, 1] * sides[1][:, 0]).abs()
    share = flat.sum() / area.sum()
    assert float((flat / area / share).median()) == pytest.approx(1.0, abs=0.1)


def test_between_charts_is_room(charted):
    """Grown by two texels on each side they still do not touch: texel by texel, one chart or none."""
    image = chart_image(charted, RESOLUTION)
    grown = widened(widened(image))
    right, down = grown[:, 1:], grown[1:]
    for here, beside in ((grown[:, :-1], right), (grown[:-1], down)):
        assert not bool(((here != beside) & (here >= 0) & (beside >= 0)).any())


def test_no_two_faces_lie_on_one_another(charted):
    """The drawn area is that of the faces, but for few texels at edges."""
    drawn = float((chart_image(charted, RESOLUTION) >= 0).float().mean())
    assert drawn == pytest.approx(used_share(charted.uv, charted.uv_faces), rel=0.03)


def test_hands_and_head_have_charts_of_their_own(body):
    found = segments(body.weights.numpy(), body.faces.numpy())
    nose = int(body.v_template[:, 2].argmax())
    fingertip = int(body.v_template[:, 0].argmax())
    of_vertex = {v: set(found[(body.faces.numpy() == v).any(1)].tolist()) for v in (fingertip, nose)}
    assert of_vertex[fingertip] == {4} and len(set(found.tolist())) == 10


def test_cuts_move_to_borders_of_color_close_by(body):
    """Sleeves that end 4 cm before the wrists' own border, of a body that is gray but for them."""
    vertices, faces = body.v_template.double().numpy(), body.faces.numpy()
    before = segments(body.weights.numpy(), faces)
    middle = vertices[faces].mean(1)
    left_hand, left_arm = before == 4, before == 2
    own = 0.5 * (middle[left_hand, 0].min() + middle[left_arm, 0].max())
    cuff = own - 0.04
    colors = np.full((len(vertices), 3), 0.6)
    colors[vertices[:, 0] < cuff] = [0.1, 0.2, 0.5]
    colors[::7] = np.nan  # not all vertices are seen
    after = along_borders(vertices, faces, before, colors)
    edge = 0.012  # of a face there
    assert abs(middle[after == 4, 0].min() - cuff) < edge and abs(middle[after == 2, 0].max() - cuff) < edge
    assert abs(middle[left_hand, 0].min() - cuff) > 2.0 * edge
    gray = along_borders(vertices, faces, before, np.full((len(vertices), 3), np.nan))
    assert abs(middle[gray == 4, 0].min() - own) < 0.5 * BAND_M


def test_the_lowest_place_is_found_past_what_is_taken():
    taken = np.zeros((8, 10), bool)
    taken[0:4, 2:5] = True
    free_until = np.empty(taken.shape, np.int32)
    next_taken(taken, free_until)
    spans = np.array([[0, 0, 4], [1, 0, 4]])  # a box of 4 x 2
    assert lowest_place(free_until, spans, 4, 6) == (5, 0)
    assert lowest_place(free_until, np.array([[0, 0, 6]]), 6, 7) == (0, 4)
    assert lowest_place(free_until, np.array([[0, 0, 6]]), 6, 3) == (-1, -1)


def test_cells_that_a_triangle_touches_are_drawn():
    mask = np.zeros((6, 6), bool)
    draw(np.array([[[0.2, 0.2], [3.8, 0.2], [0.2, 3.8]]]), mask)
    assert mask[0, :4].all() and mask[:4, 0].all() and not mask[4:].any() and not mask[3, 3]
    assert CELLS > 10 * GAP_CELLS
