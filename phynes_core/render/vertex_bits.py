"""Visibility bits of the probes on the vertices of a moving mesh."""

from collections.abc import Hashable

import torch
from torch import Tensor

from phynes_core.render.visibility import Occluder


class VertexBits:
    """Visibility bits of the probes on the vertices, renewed in slices of whole words (32 probes, one row of the sky).

    A mesh of as many vertices may use stale words for a while, the oldest are renewed first; once every word is
    renewed, the bits are exactly those of a full computation.
    """

    def __init__(self) -> None:
        self.bits = torch.empty(0, 0, dtype=torch.int32)
        self.keys: list[Hashable] = []  # what each word was made of, oldest first in `order`
        self.order: list[int] = []
        self.key: Hashable = None

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
    ) -> Tensor:  # [V, ceil(L / 32)] int32
        """The bits, with the oldest stale words renewed."""
        num_words = (directions.shape[0] + 31) // 32
        self.key = key
        if self.bits.shape != (vertices.shape[0], num_words) or self.bits.device != vertices.device:
            self.bits = torch.zeros(vertices.shape[0], num_words, dtype=torch.int32, device=vertices.device)
            self.keys, self.order, slices = [None] * num_words, list(range(num_words)), 1
        stale = [word for word in self.order if self.keys[word] != self.key]
        words = sorted(stale[: -(-num_words // slices)])
        if words:
            rays = torch.cat([directions[32 * word : 32 * word + 32] for word in words])
            self.bits = self.bits.clone()  # frames that still hold the old bits keep them
            self.bits[:, words] = occluder.point_bits(vertices, normals, rays)
            for word in words:
                self.keys[word] = self.key
            self.order = [word for word in self.order if word not in words] + words
        return self.bits
