"""Visibility bits on the vertices of a mesh, traced where a picture asks for them."""

from collections.abc import Hashable

import torch
from torch import Tensor

from phynes_core.render.visibility import Occluder


class SeenBits:
    """Bits of some directions on the vertices of a mesh that stands still, each vertex traced when first seen."""

    def __init__(
        self,
        occluder: Occluder,
        vertices: Tensor,  # [V, 3] world
        normals: Tensor,  # [V, 3] unit
        directions: Tensor,  # [L, 3] unit, surface -> light
    ) -> None:
        self._occluder, self._vertices, self._normals, self._directions = occluder, vertices, normals, directions
        num_words = (directions.shape[0] + 31) // 32
        # [V, ceil(L / 32)] int32; rows that were not traced yet hold 0
        self.bits = torch.zeros(vertices.shape[0], num_words, dtype=torch.int32, device=vertices.device)
        self._known = torch.zeros(vertices.shape[0], dtype=torch.bool, device=vertices.device)

    def knows(self, seen: Tensor) -> bool:  # [V] bool
        """Whether these rows are traced."""
        return not bool((seen & ~self._known).any())

    def trace(self, seen: Tensor) -> None:  # [V] bool
        """Trace those of these rows that are not yet."""
        rows = torch.nonzero(seen & ~self._known).squeeze(1)
        self.bits[rows] = self._occluder.point_bits(self._vertices[rows], self._normals[rows], self._directions)
        self._known |= seen


class VertexBits:
    """Visibility bits of the probes on the vertices, renewed in slices of whole words (32 probes, one row of the sky).

    A mesh of as many vertices may use stale words for a while, the oldest are renewed first; once every word is
    renewed, the bits are exactly those of a full computation. Vertices that no picture shows are left out: their rows
    hold anything, and are traced in full as soon as a picture does.
    """

    def __init__(self) -> None:
        self.bits = torch.empty(0, 0, dtype=torch.int32)
        self.keys: list[Hashable] = []  # what each word was made of, oldest first in `order`; newer in some rows
        self.order: list[int] = []
        self.key: Hashable = None
        self._kept = torch.empty(0, dtype=torch.bool)  # [V] rows that are renewed
        self._shown = torch.empty(0, dtype=torch.bool)  # [V] rows that pictures of this mesh showed

    @property
    def is_stale(self) -> bool:
        """Whether some words belong to an earlier mesh."""
        return any(key != self.key for key in self.keys)

    def refreshed(
        self,
        key: Hashable,  # names the mesh; another key makes every word stale
        occluder: Occluder,
        vertices: Tensor,  # [V, 3] world
        normals: Tensor,  # [V, 3] unit
        directions: Tensor,  # [L, 3] unit, surface -> light
        slices: int,  # renew one of so many slices of the words; 1: all
        seen: Tensor | None = None,  # [V] bool, the vertices that the picture needs; None: all
    ) -> Tensor:  # [V, ceil(L / 32)] int32
        """The bits, with the oldest stale words renewed."""
        num_words = (directions.shape[0] + 31) // 32
        if seen is None:
            seen = torch.ones(vertices.shape[0], dtype=torch.bool, device=vertices.device)
        if self.bits.shape != (vertices.shape[0], num_words) or self.bits.device != vertices.device:
            self.bits = torch.zeros(vertices.shape[0], num_words, dtype=torch.int32, device=vertices.device)
            self.keys, self.order, slices = [None] * num_words, list(range(num_words)), 1
            self._shown = torch.zeros_like(seen)
        elif key != self.key:  # rows that only this mesh's pictures need are kept, for cameras that take turns
            self.keys = [None if made_of == key else made_of for made_of in self.keys]  # a key that comes back
            self._kept, self._shown = self._shown, torch.zeros_like(seen)
        self.key = key
        stale = [word for word in self.order if self.keys[word] != key]
        words = sorted(stale[: -(-num_words // slices)])
        everything = list(range(num_words))
        if len(words) == num_words:
            self._kept, work = seen, [(seen, everything)]
        else:
            work = [(self._kept, words), (seen & ~self._kept, everything)]
            self._kept = self._kept | seen
        self._shown = self._shown | seen
        self._trace(work, occluder, vertices, normals, directions)
        for word in words:
            self.keys[word] = key
        self.order = [word for word in self.order if word not in words] + words
        return self.bits

    def _trace(
        self, work: list[tuple[Tensor, list[int]]], occluder: Occluder, vertices: Tensor, normals: Tensor,
        directions: Tensor,
    ) -> None:  # fmt: skip
        """Renew these words of these rows."""
        is_own = False
        for chosen, words in work:
            rows = torch.nonzero(chosen).squeeze(1)
            if not words or not len(rows):
                continue
            if not is_own:
                self.bits, is_own = self.bits.clone(), True  # frames that still hold the old bits keep them
            rays = torch.cat([directions[32 * word : 32 * word + 32] for word in words])
            columns = torch.tensor(words, device=rows.device)
            self.bits[rows[:, None], columns] = occluder.point_bits(vertices[rows], normals[rows], rays)
