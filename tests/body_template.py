"""The bundled body's own mesh as a template, for tests of what stores and poses templates."""

import torch

from phynes_core.body.files import load_bundled_body
from phynes_core.body.template import MOST_SHARES, Template


def body_as_template() -> Template:
    """The bundled body's own mesh: every vertex a corner of some face, nothing off the skin."""
    body = load_bundled_body()
    face_of = torch.zeros(body.num_vertices, 2, dtype=torch.int64)
    for corner in range(3):
        both = torch.stack([torch.arange(body.num_faces), torch.full((body.num_faces,), corner)], -1)
        face_of[body.faces[:, corner]] = both
    share_vertex = torch.zeros(body.num_vertices, MOST_SHARES, dtype=torch.int64)
    share_vertex[:, 0] = torch.arange(body.num_vertices)
    share = torch.zeros(body.num_vertices, MOST_SHARES)
    share[:, 0] = 1.0
    return Template(
        body.content_hash, face_of[:, 0], torch.eye(3)[face_of[:, 1]], torch.zeros(body.num_vertices, 3),
        share_vertex, share, body.faces, body.uv, body.uv_faces,
    )  # fmt: skip
