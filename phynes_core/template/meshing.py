"""From a solid to the template's mesh in the carving pose: surface, the body's parts joined in, fewer vertices."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from phynes_core.template.decimate import decimate
from phynes_core.template.fairing import faired, neighbor_means, smoothed
from phynes_core.template.isosurface import closed_surface
from phynes_core.template.joining import cut, join, one_hole
from phynes_core.template.mesh_checks import intersecting_faces, topology
from phynes_core.template.parts import HEAD, Part
from phynes_core.template.rest_shape import RestShape
from phynes_core.template.solid import OVER_M, UNDER_M, Carving, Grid, averaged

FAIRED_TIMES = 5  # as many vertices as wanted in the end are faired
HEAD_COUNTS = 8.0  # errors of hair and skull against others: they are seen close, and as outlines
CUT_M = 0.006  # from a part's boundary along the surface: there the surface of the solid begins
CUT_SPREADS = 2  # times that this is averaged: a smooth loop
MENDING_ROUNDS, MENDING_REACH = 30, 2  # evening out around faces that cross others; and how many rings around them


class MeshingError(ValueError):
    """No surface that a template could have comes out of a solid."""


@dataclass(frozen=True, eq=False)
class PersonMesh:
    """A closed mesh without handles in the carving pose."""

    vertices: np.ndarray  # [V, 3] metres
    faces: np.ndarray  # [F, 3]
    body_vertex: np.ndarray  # [V] which of the body's vertices it is, -1 where it is none
    parts: tuple[str, ...]  # that are the body's own triangles
    crossing: int  # pairs of faces that go through each other, those of two faces of the body left out


def person_mesh(carving: Carving, grid: Grid, solid: np.ndarray, share: float, parts: Sequence[Part]) -> PersonMesh:
    """The surface of the solid for this share with the parts, of at most the wanted number of vertices.

    Raises MeshingError.
    """
    config = carving.config
    vertices, faces = closed_surface(solid)
    vertices = smoothed(grid.low + vertices * grid.cell_m, faces)
    vertices, faces, _ = decimate(vertices, faces, FAIRED_TIMES * config.vertices, longest_m=config.longest_edge_m)
    vertices = faired(vertices, faces, carving.doubt(vertices, share, parts))
    body_vertex = np.full(len(vertices), -1, np.int64)
    taken = []
    for part in parts:
        joined = _with_part(carving, vertices, faces, body_vertex, part)
        if joined is not None:
            vertices, faces, body_vertex = joined
            taken.append(part.name)
    locked = body_vertex >= 0
    head = carving.rest.bound(vertices.astype(np.float32)).weights[:, HEAD]
    weight = 1.0 + (HEAD_COUNTS - 1.0) * head
    vertices, faces, origin = decimate(vertices, faces, config.vertices, locked, config.longest_edge_m, weight)
    body_vertex = body_vertex[origin]
    vertices, crossing = mended(vertices, faces, body_vertex >= 0)
    found = topology(faces)
    if not found.is_manifold or found.genus != 0 or found.num_parts != 1:
        raise MeshingError(f"expected one closed surface without handles, got {found}")
    return PersonMesh(vertices, faces, body_vertex, tuple(taken), crossing)


def _with_part(
    carving: Carving, vertices: np.ndarray, faces: np.ndarray, body_vertex: np.ndarray, part: Part
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """The mesh with a part in the place of its own surface there; None where the loops do not fit."""
    rest = carving.rest
    free = body_vertex < 0  # what is the body's already stays
    face, barycentric, over = rest.closest(vertices[free].astype(np.float32))
    away = np.full(len(vertices), part.distance.max())
    along = (part.distance[rest.faces[face]] * barycentric).sum(1)
    away[free] = np.where(over < 0.5 * (UNDER_M + OVER_M), along, away[free])  # a hat's brim stays
    kept, kept_faces, origin = cut(vertices, faces, one_hole(averaged(away, faces, CUT_SPREADS) - CUT_M, faces))
    members, own = np.unique(rest.faces[part.faces], return_inverse=True)
    try:
        joined, joined_faces = join(kept, kept_faces, rest.vertices[members].astype(np.float64), own.reshape(-1, 3))
    except ValueError:
        return None
    found = topology(joined_faces)
    if not found.is_manifold or found.genus != 0 or found.num_parts != 1:
        return None
    kept_body = np.where(origin >= 0, body_vertex[origin.clip(min=0)], -1)
    return joined, joined_faces, np.concatenate([kept_body, members])


def mended(vertices: np.ndarray, faces: np.ndarray, locked: np.ndarray) -> tuple[np.ndarray, int]:
    """Vertices evened out where faces cross, until none do; and how many pairs still do. Locked ones stay."""
    mean = neighbor_means(faces, len(vertices))
    for _ in range(MENDING_ROUNDS):
        pairs = _crossing(vertices, faces, locked)
        if len(pairs) == 0:
            return vertices, 0
        moved = np.zeros(len(vertices), bool)
        moved[faces[pairs.ravel()]] = True
        for _ in range(MENDING_REACH):
            moved[faces[moved[faces].any(1)]] = True
        moved &= ~locked
        vertices = np.where(moved[:, None], 0.5 * (vertices + mean @ vertices), vertices)
    return vertices, len(_crossing(vertices, faces, locked))


def _crossing(vertices: np.ndarray, faces: np.ndarray, locked: np.ndarray) -> np.ndarray:  # [P, 2]
    """Pairs of faces that cross, but those of two faces that are the body's own."""
    pairs = intersecting_faces(vertices, faces)
    return pairs[~locked[faces[pairs]].all((1, 2))] if len(pairs) else pairs


def shape_of(rest: RestShape) -> np.ndarray:  # [V, 3] metres
    """The person's bare body in the T-pose."""
    body, betas = rest.body, rest.pose.betas
    return (body.v_template + body.shapedirs[..., : len(betas)] @ betas).numpy()
