"""A template in a checkpoint: places on the body, offsets, shares of weights, topology and uv, and nothing of the body.

Tensors, V vertices, F faces and U uv entries:
  template.place_face [V], template.place_barycentric [V, 3], template.offset [V, 3]
  template.share_vertex [V, 8], template.share [V, 8]
  template.faces [F, 3], template.uv [U, 2], template.uv_faces [F, 3]
  template.moved_vertex [K], template.moved [K, 3, 36]   only where there is loose cloth (body/template.py)
Numbers of vertices, faces and entries are I32, the others F32.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor

from phynes_core.body.model import BodyModel
from phynes_core.body.template import MOST_SHARES, NUM_DIRECTIONS, Template, template_body
from phynes_core.errors import CheckpointError

PREFIX = "template."
DIRECTIONS = PREFIX + "moved"
LARGEST_OFFSET_M = 10.0
MOST_VERTICES, MOST_FACES = 200_000, 400_000  # of an avatar that anyone can show

Take = Callable[[str, tuple[int | None, ...], float, float], Tensor]  # name, shape, least, most


class TakeIndices(Protocol):
    """Reads whole numbers."""

    def __call__(self, name: str, shape: tuple[int | None, ...], count: int) -> Tensor:
        """Those of this shape, below `count`."""
        ...


def template_tensors(template: Template) -> dict[str, Tensor]:
    """What a checkpoint stores."""
    narrowed = {
        name: value.int() if value.dtype == torch.int64 else value for name, value in template.tensors().items()
    }
    return {PREFIX + name: value for name, value in narrowed.items()}


def load_template(
    path: Path, body: BodyModel, take: Take, take_indices: TakeIndices, has_directions: bool
) -> BodyModel:
    """The body that the stored template makes of `body`. Raises CheckpointError."""
    offset = take(PREFIX + "offset", (None, 3), -LARGEST_OFFSET_M, LARGEST_OFFSET_M)
    count = len(offset)
    faces = take_indices(PREFIX + "faces", (None, 3), count)
    uv = take(PREFIX + "uv", (None, 2), 0.0, 1.0)
    if count > MOST_VERTICES or len(faces) > MOST_FACES or len(uv) > 3 * MOST_FACES:
        raise CheckpointError(
            f"{path}: template: expected at most {MOST_VERTICES} vertices and {MOST_FACES} faces, got {count} and "
            f"{len(faces)}; train it again"
        )
    own = {}
    if has_directions:
        own["moved_vertex"] = take_indices(PREFIX + "moved_vertex", (None,), count)
        shape = len(own["moved_vertex"]), 3, NUM_DIRECTIONS
        own["moved"] = take(DIRECTIONS, shape, -LARGEST_OFFSET_M, LARGEST_OFFSET_M)
    try:
        template = Template(
            body_hash=body.content_hash,
            place_face=take_indices(PREFIX + "place_face", (None,), body.num_faces),
            place_barycentric=take(PREFIX + "place_barycentric", (count, 3), -1e-4, 1.0001),
            offset=offset,
            share_vertex=take_indices(PREFIX + "share_vertex", (None, MOST_SHARES), body.num_vertices),
            share=take(PREFIX + "share", (count, MOST_SHARES), -1e-4, 1.0001),
            faces=faces,
            uv=uv,
            uv_faces=take_indices(PREFIX + "uv_faces", (None, 3), len(uv)),
            **own,
        )
        return template_body(template, body)
    except ValueError as cause:
        raise CheckpointError(f"{path}: template.{cause}; train it again") from cause
