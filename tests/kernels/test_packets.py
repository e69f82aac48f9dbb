"""Sixteen rays at once see what single rays see, and a refitted tree what a new one sees."""

import numpy as np
import pytest
import torch

from phynes_core.geometry.mesh import vertex_normals
from phynes_core.kernels.cpu import visibility
from phynes_core.kernels.cpu.bvh import Bvh
from phynes_core.kernels.cpu.packets import Packets
from phynes_core.kernels.cpu.visibility import EmbreeScene, tree_of, visibility_bits
from phynes_core.render.visibility import ReferenceMesh, unpack_bits
from tests.small_body import small_body


def directions(count: int, seed: int = 0) -> torch.Tensor:
    """All around; the first ones lie along the axes, where a component is zero."""
    drawn = torch.randn(count, 3, generator=torch.Generator().manual_seed(seed))
    drawn[:6] = torch.tensor([[1.0, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]])[:count]
    return torch.nn.functional.normalize(drawn, dim=-1)


def body() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    made = small_body()
    return made.v_template, made.faces, vertex_normals(made.v_template, made.faces)


@pytest.mark.parametrize("count", [1, 5, 16, 17, 31, 32, 48, 100])
@pytest.mark.parametrize("scene", [Bvh, EmbreeScene])
def test_bits_equal_brute_force(scene, count):
    """Also where the last packet is not full. Measured: no bit differs."""
    vertices, faces, normals = body()
    rays, offsets = directions(count), torch.full_like(vertices[:, 0], 2e-3)
    expected = ReferenceMesh(vertices, faces).start_bits(vertices, normals, offsets, rays)
    arrays = (part.numpy() for part in (vertices, normals, rays, offsets))
    traced = scene(vertices.numpy(), faces.numpy())
    found = torch.from_numpy(visibility_bits(traced, *arrays).view("int32"))
    differ = unpack_bits(found ^ expected, count)
    assert found.shape == expected.shape and differ.float().mean() < 1e-4
    assert not (found ^ expected).any() or count > 32
    assert unpack_bits(expected, count).any() and not unpack_bits(expected, count).all()


def test_bits_past_the_last_direction_are_closed():
    vertices, faces, normals = (part.numpy() for part in body())
    bits = visibility_bits(
        Bvh(vertices, faces), vertices, normals, directions(17).numpy(), np.full(len(vertices), 2e-3)
    )
    assert not (bits >> np.uint32(17)).any()


def test_packets_hold_the_directions_in_their_order():
    rays = directions(20).numpy()
    packets = Packets.of(rays)
    by_lane = packets.directions.reshape(2, 3, 16).transpose(0, 2, 1).reshape(-1, 3)
    assert np.array_equal(by_lane[:20], rays) and np.array_equal(by_lane[20:], np.repeat(rays[-1:], 12, 0))
    assert np.isfinite(packets.inverses).all() and packets.count == 20


def test_a_known_topology_is_refitted_and_sees_what_a_new_tree_sees(monkeypatch):
    """The first tree stays as it was; a mesh far from it gets a tree of its own."""
    monkeypatch.setattr(visibility, "_known", [])
    vertices, faces, normals = (part.numpy() for part in body())
    rays = directions(64).numpy()
    first = tree_of(vertices, faces)
    before = first._boxes.copy()
    bent = vertices + np.float32(0.05) * np.sin(7 * vertices[:, [1, 2, 0]])
    moved = tree_of(bent, faces)
    assert moved._children is first._children and np.array_equal(first._boxes, before)
    offsets = np.full(len(vertices), 2e-3, np.float32)
    new = visibility_bits(Bvh(bent, faces), bent, normals, rays, offsets)
    assert np.array_equal(visibility_bits(moved, bent, normals, rays, offsets), new)
    shuffled = vertices[np.random.default_rng(0).permutation(len(vertices))]
    assert tree_of(shuffled, faces)._children is not first._children
    assert tree_of(vertices, faces[::-1].copy())._children is not first._children


def test_trees_of_few_topologies_are_kept(monkeypatch):
    monkeypatch.setattr(visibility, "_known", [])
    vertices, faces, _ = (part.numpy() for part in body())
    for number in range(2 * visibility._MOST_KNOWN):
        tree_of(vertices, faces[: len(faces) - number])
    assert len(visibility._known) == visibility._MOST_KNOWN
