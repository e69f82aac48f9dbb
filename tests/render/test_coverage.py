"""Antialiased silhouettes: coverage against areas worked out by hand."""

import math

import pytest
import torch
from torch import Tensor

from phynes_core.render import coverage
from phynes_core.render.camera import Camera
from phynes_core.render.coverage import antialiased_fragments, cover_pixels_reference
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


def _bumpy_ball(seed: int) -> tuple[Tensor, Tensor]:
    """Closed, with folds that hide and cross one another, some of it outside the picture."""
    generator = torch.Generator().manual_seed(seed)
    rows, columns = 12, 18
    lift = (torch.arange(rows) + 0.5) / rows * math.pi
    turn = torch.arange(columns) * (2 * math.pi / columns)
    ring = torch.stack([turn.cos(), turn.sin()], -1)
    points = torch.cat([lift.sin()[:, None, None] * ring, lift.cos()[:, None, None].expand(-1, columns, 1)], -1)
    points = torch.cat([points.reshape(-1, 3), torch.tensor([[0.0, 0.0, 1.0], [0.0, 0.0, -1.0]])])
    points = points * (12.0 + 9.0 * torch.rand(len(points), 1, generator=generator))
    index = torch.arange(rows * columns).view(rows, columns)
    a, b, c, d = index[:-1], index[:-1].roll(-1, 1), index[1:], index[1:].roll(-1, 1)
    caps = [
        torch.stack([torch.full((columns,), rows * columns + end), edge, edge.roll(-1)], -1)
        for end, edge in enumerate((index[0], index[-1].flip(0)))
    ]
    faces = torch.cat([torch.stack([a, c, b], -1).reshape(-1, 3), torch.stack([b, c, d], -1).reshape(-1, 3), *caps])
    middle = torch.tensor([20.0, 20.0, 40.0]) + 6.0 * torch.rand(3, generator=generator)
    placed = points + middle
    return torch.cat([placed[:, :2] * placed[:, 2:], placed[:, 2:]], 1), faces


def _loose_triangles(seed: int) -> tuple[Tensor, Tensor]:
    """Borders everywhere, both sides seen, one without area."""
    generator = torch.Generator().manual_seed(seed)
    corners = 40.0 * torch.rand(30, 1, 2, generator=generator) + 9.0 * torch.randn(30, 3, 2, generator=generator)
    corners[0, 2] = corners[0, 1]
    depth = 1.0 + torch.rand(30, 3, 1, generator=generator)
    return torch.cat([corners * depth, depth], -1).reshape(-1, 3), torch.arange(90).view(30, 3)


@pytest.mark.parametrize("subsamples", [1, 2, 4, 8])
@pytest.mark.parametrize("make", [_bumpy_ball, _loose_triangles])
def test_counting_at_outlines_alone_gives_what_all_subsamples_give(make, subsamples):
    """The very same numbers, of closed meshes, without a part of them, and of triangles that nothing joins."""
    for seed in range(6):
        vertices, faces = make(seed)
        faces = faces if seed % 2 else faces[seed:-4]
        plain = rasterize(vertices, faces, _camera())
        asked = vertices, faces, _camera().resized(SIZE * subsamples, SIZE * subsamples)
        found, alpha = antialiased_fragments(plain, vertices, faces, _camera(), "numba", subsamples)
        expected, *gained = cover_pixels_reference(
            faces,
            vertices,
            plain.face_index,
            coverage._from_center(subsamples),
            0.0,
            1.0,
            lambda a=asked: rasterize(*a),
        )
        assert torch.equal(alpha, expected)
        assert subsamples == 1 or ((alpha > 0) & (alpha < 1)).sum() > 30
        for name, values in zip(("pixel", "face_index", "barycentric", "depth"), gained, strict=True):
            if name == "pixel":
                pixel = values
                assert torch.equal(pixel, torch.nonzero((found.face_index != plain.face_index).view(-1))[:, 0])
                continue
            image = getattr(found, name)
            assert torch.equal(image.view(SIZE * SIZE, *image.shape[2:])[pixel], values), name


def test_a_mesh_that_reaches_behind_the_camera_is_covered_by_all_subsamples():
    """A floor under the camera, cut off before it: its cut is no edge of the mesh. It ends at the horizon, row 20."""
    vertices = torch.tensor([[-5e3, 1.0, -50.0], [5e3, 1.0, -50.0], [5e3, 1.0, 1e4], [-5e3, 1.0, 1e4]])
    camera = Camera(torch.tensor([[20.0, 0.0, 20.0], [0.0, 20.0, 20.4], [0.0, 0.0, 1.0]]), torch.eye(4), SIZE, SIZE)
    faces = torch.tensor([[0, 1, 2], [0, 2, 3]])
    _, alpha = antialiased_fragments(rasterize(vertices, faces, camera), vertices, faces, camera, "numba", 4)
    assert (alpha[:20] == 0).all() and (alpha[20, 15:25] == 0.5).all() and (alpha[21:, 15:25] == 1).all()
