"""A mesh that Warp's rays and queries meet: a tree that is built once and refitted when the vertices move."""

import torch
import warp
from torch import Tensor

from phynes_core.kernels.cuda.warp_compiler import numbers, torch_stream, vectors


class RayMesh:
    """Keeps its own vertices, so that the kernels of a captured graph find them at one address."""

    def __init__(
        self,
        vertices: Tensor,  # [V, 3] m
        faces: Tensor,  # [F, 3] any integer type, F > 0
    ) -> None:
        self._vertices = torch.empty(vertices.shape, dtype=torch.float32, device=vertices.device)
        self._vertices.copy_(vertices.detach())
        self._corners = faces.to(torch.int32).reshape(-1).contiguous().clone()
        self.num_faces = faces.shape[0]
        with torch_stream(vertices.device):
            self._mesh = warp.Mesh(points=vectors(self._vertices), indices=numbers(self._corners))

    @property
    def id(self) -> int:
        """What kernels name it by."""
        return self._mesh.id

    @property
    def device(self) -> torch.device:
        """Where it lies."""
        return self._vertices.device

    def refit(self, vertices: Tensor) -> None:  # [V, 3] m
        """Move the vertices; the tree keeps its shape, its boxes follow."""
        self._vertices.copy_(vertices.detach())
        with torch_stream(self.device):
            self._mesh.refit()
