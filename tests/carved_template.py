"""A template of its own topology and charts, of the bundled body's distance in a coarse grid, for whole programs."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import torch

from phynes_core.body.files import load_bundled_body
from phynes_core.body.template import Template
from phynes_core.template.binding import bind
from phynes_core.template.charts import chart
from phynes_core.template.decimate import decimate
from phynes_core.template.fairing import smoothed
from phynes_core.template.isosurface import closed_surface
from phynes_core.template.meshing import PersonMesh
from phynes_core.template.rest_shape import CELL_M, RestShape

VERTICES = 2000


@lru_cache(maxsize=1)
def carved_template() -> Template:
    """The body a centimetre wider, its fingers and toes in one: 2,000 vertices, one closed surface without handles."""
    rest = RestShape(load_bundled_body(), torch.zeros(10))
    vertices, faces = closed_surface(0.01 - rest.distance)
    vertices, faces, _ = decimate(smoothed(rest.low + vertices * CELL_M, faces), faces, VERTICES)
    weights = rest.bound(vertices.astype(np.float32)).weights
    uv, uv_faces = chart(torch.from_numpy(vertices).float(), torch.from_numpy(faces), weights)
    mesh = PersonMesh(vertices, faces, np.full(len(vertices), -1), np.zeros((len(vertices), 3)), (), 0)
    return replace(bind(rest, mesh), uv=uv, uv_faces=uv_faces)
