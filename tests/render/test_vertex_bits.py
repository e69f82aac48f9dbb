"""Bits on the vertices: only what pictures show is traced, nothing older than a round of slices is used."""

import pytest
import torch

from phynes_core.render.visibility import SeenBits, VertexBits, pack_bits

VERTICES, DIRECTIONS = 40, 160  # five words
WORDS = DIRECTIONS // 32


class CountingOccluder:
    """Stands for a mesh: whether a direction is open depends on the mesh, the vertex and the direction alone."""

    def __init__(self, mesh: int) -> None:
        self.table = torch.rand(VERTICES, DIRECTIONS, generator=torch.Generator().manual_seed(mesh)) > 0.5
        self.traced = 0  # words

    def vertex_bits(self, normals, directions, rows):
        columns = directions[:, 0].long()
        self.traced += len(rows) * len(columns) // 32
        return pack_bits(self.table[rows][:, columns])

    @property
    def bits(self):
        return pack_bits(self.table)


PLACES = torch.arange(VERTICES).float()[:, None].expand(-1, 3)
RAYS = torch.arange(DIRECTIONS).float()[:, None].expand(-1, 3)


def refreshed(bits: VertexBits, mesh: int, slices: int, seen: torch.Tensor) -> CountingOccluder:
    occluder = CountingOccluder(mesh)
    bits.refreshed(mesh, occluder, PLACES, PLACES, RAYS, slices, seen)
    return occluder


def rows(first: int, end: int) -> torch.Tensor:
    index = torch.arange(VERTICES)
    return (index >= first) & (index < end)


def test_only_the_vertices_of_the_picture_are_traced_and_each_but_once():
    bits = VertexBits()
    assert refreshed(bits, 0, 1, rows(0, 10)).traced == 10 * WORDS
    assert refreshed(bits, 0, 1, rows(0, 10)).traced == 0
    assert refreshed(bits, 0, 1, rows(5, 12)).traced == 2 * WORDS  # the camera turns
    assert torch.equal(bits.bits[:12], CountingOccluder(0).bits[:12])


def test_a_moving_mesh_drops_what_its_last_picture_did_not_show():
    """Two cameras take turns: both keep theirs. What left both is traced in full when it comes back."""
    bits = VertexBits()
    for mesh in range(3):
        refreshed(bits, mesh, 5, rows(0, 10))
        refreshed(bits, mesh, 5, rows(10, 20))
    assert refreshed(bits, 3, 5, rows(0, 20)).traced == 20  # one word of each
    refreshed(bits, 4, 5, rows(0, 10))
    assert refreshed(bits, 5, 5, rows(0, 10)).traced == 10
    assert refreshed(bits, 5, 5, rows(0, 20)).traced == 10 + 10 * WORDS


@pytest.mark.parametrize("slices", [1, 2, 5])
def test_a_walk_of_meshes_and_cameras_never_uses_what_is_older_than_a_round(slices):
    generator, bits, mesh = torch.Generator().manual_seed(slices), VertexBits(), 0
    meshes = {mesh: CountingOccluder(mesh).bits}
    for _ in range(200):
        if torch.rand((), generator=generator) < 0.5:
            mesh += 1
            meshes[mesh] = CountingOccluder(mesh).bits
        first = int(torch.randint(0, VERTICES - 10, (), generator=generator))
        seen = rows(first, first + 10)
        refreshed(bits, mesh, slices, seen)
        allowed = torch.stack([meshes[number] for number in range(max(0, mesh - slices + 1), mesh + 1)])
        assert (bits.bits[None] == allowed).any(0)[seen].all()
        if not bits.is_stale:
            assert torch.equal(bits.bits[seen], meshes[mesh][seen])
    while bits.is_stale:
        refreshed(bits, mesh, slices, seen)
    assert torch.equal(bits.bits[seen], meshes[mesh][seen])


def test_a_mesh_that_comes_back_is_traced_anew():
    """Its words may hold rows of the mesh in between."""
    bits, everything = VertexBits(), rows(0, VERTICES)
    refreshed(bits, 0, 1, rows(0, 10))
    refreshed(bits, 1, 5, everything)
    for _ in range(5):
        refreshed(bits, 0, 5, everything)
    assert torch.equal(bits.bits, CountingOccluder(0).bits)


def test_pictures_that_are_kept_keep_their_bits():
    bits = VertexBits()
    refreshed(bits, 0, 1, rows(0, 20))
    held, copy = bits.bits, bits.bits.clone()
    refreshed(bits, 1, 5, rows(0, 30))
    assert torch.equal(held, copy) and not torch.equal(bits.bits, copy)


def test_a_mesh_that_stands_still_is_traced_where_it_is_seen():
    occluder = CountingOccluder(7)
    bits = SeenBits(occluder, PLACES, PLACES, RAYS)
    bits.trace(rows(0, 10))
    assert bits.knows(rows(3, 8)) and not bits.knows(rows(8, 11))
    bits.trace(rows(8, 15))
    assert occluder.traced == 15 * WORDS
    assert torch.equal(bits.bits[:15], occluder.bits[:15]) and not bits.bits[15:].any()
