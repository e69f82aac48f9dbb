"""Antialiased silhouettes: coverage against areas worked out by hand."""

import math

import pytest
import torch
from torch import Tensor

from phynes_core.render import coverage
from phynes_core.render.camera import Camera
from phynes_core.render.coverage import antialiased_fragments
from phynes_core.render.rasterize import Fragments, rasterize

SIZE = 40


def _camera() -> Camera:
    """Pixels are metres at depth 1."""
    return Camera(torch.eye(3), torch.eye(4), SIZE, SIZE)


def _antialiased(vertices: Tensor, faces: Tensor) -> tuple[Fragments, Fragments, Tensor]:
    """Fragments of the centers, those with edges, coverage."""
    plain = rasterize(vertices, faces, _camera())
    return plain, *antialiased_fragments(plain, vertices, faces, _camera())


def _disc(x: float, y: float, radius: float, count: int = 256) -> tuple[Tensor, Tensor]:
    angle = torch.arange(count) * (2 * math.pi / count)
    rim = torch.stack([x + radius * angle.cos(), y + radius * angle.sin(), torch.ones(count)], 1)
    index = torch.arange(count)
    faces = torch.stack([torch.full((count,), count), index, (index + 1) % count], 1)
    return torch.cat([rim, torch.tensor([[x, y, 1.0]])]), faces


def test_a_slanted_edge_covers_each_pixel_by_its_area():
    """The half plane x < 10 + y / 4: the error is below 1/16 on average and 1/8 at most."""
    vertices = torch.tensor([[-200.0, -400.0, 1.0], [-90.0, -400.0, 1.0], [110.0, 400.0, 1.0], [-200.0, 400.0, 1.0]])
    _, _, alpha = _antialiased(vertices, torch.tensor([[0, 1, 2], [0, 2, 3]]))
    rows = torch.arange(SIZE)[:, None] + (torch.arange(64) + 0.5) / 64  # the edge's x, averaged over fine rows
    edge = (10.0 + 0.25 * rows)[:, None, :]
    exact = (edge - torch.arange(SIZE)[None, :, None]).clamp(0.0, 1.0).mean(-1)
    assert (alpha - exact).abs().max() < 1 / 8
    fractional = (exact > 0) & (exact < 1)
    assert fractional.sum() == SIZE and (alpha - exact).abs()[fractional].mean() < 1 / 16
    assert torch.equal(alpha[~fractional], exact[~fractional])


@pytest.mark.parametrize("radius", [0.7, 5.0, 12.3])
def test_a_disc_covers_its_area(radius):
    """Coverage adds up to pi r^2, which centers alone miss by far for small discs."""
    _, _, alpha = _antialiased(*_disc(17.3, 20.6, radius))
    assert alpha.sum().item() == pytest.approx(math.pi * radius**2, rel=0.06 if radius < 1 else 0.005)
    assert alpha.max() <= 1.0


def test_partly_covered_pixels_get_a_place_on_the_mesh():
    """Wherever coverage is positive there is a face, a depth, weights that sum to one, and a place in that pixel."""
    vertices, faces = _disc(17.3, 20.6, 6.2)
    plain, fragments, alpha = _antialiased(vertices, faces)
    assert torch.equal(fragments.face_index >= 0, alpha > 0)
    gained = (fragments.face_index >= 0) & (plain.face_index < 0)
    kept = plain.face_index >= 0
    assert gained.sum() > 10
    assert torch.equal(fragments.face_index[kept], plain.face_index[kept])
    weights = fragments.barycentric[gained]
    torch.testing.assert_close(weights.sum(-1), torch.ones(len(weights)))
    place = (vertices[faces[fragments.face_index[gained].long()]] * weights[..., None]).sum(1)
    row, column = torch.nonzero(gained, as_tuple=True)
    pixel = torch.stack([column, row], 1)
    assert (place[:, :2] >= pixel - 1e-3).all() and (place[:, :2] <= pixel + 1 + 1e-3).all()
    assert (fragments.depth[gained] == 1.0).all()


def test_a_sliver_that_only_a_center_hits_is_kept():
    """Thinner than the gap between subsamples: it counts as one of them instead of vanishing."""
    vertices = torch.tensor([[8.48, 8.48, 1.0], [8.52, 8.48, 1.0], [8.5, 8.53, 1.0]])
    _, fragments, alpha = _antialiased(vertices, torch.tensor([[0, 1, 2]]))
    assert alpha[8, 8] == 1 / 16 and fragments.face_index[8, 8] == 0 and (alpha > 0).sum() == 1


def test_tiles_do_not_show(monkeypatch):
    """Drawing in tiles of odd sizes gives the same picture."""
    vertices, faces = _disc(17.3, 20.6, 12.3)
    _, whole, alpha = _antialiased(vertices, faces)
    monkeypatch.setattr(coverage, "_TILE", 13)
    _, tiled, same = _antialiased(vertices, faces)
    assert torch.equal(alpha, same) and torch.equal(whole.face_index, tiled.face_index)
    torch.testing.assert_close(whole.barycentric, tiled.barycentric, atol=1e-5, rtol=0)


def test_fewer_subsamples_are_coarser_steps_of_the_same_areas():
    vertices, faces = _disc(17.3, 20.6, 12.3)
    plain = rasterize(vertices, faces, _camera())
    fragments, alpha = antialiased_fragments(plain, vertices, faces, _camera(), subsamples=2)
    assert set(alpha.unique().tolist()) == {0.0, 0.25, 0.5, 0.75, 1.0}
    assert alpha.sum().item() == pytest.approx(math.pi * 12.3**2, rel=0.01)
    assert torch.equal(fragments.face_index >= 0, alpha > 0)
