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
from phynes_core.template.rounding import rounded
from phynes_core.template.solid import OVER_M, UNDER_M, Carving, Grid, averaged

FAIRED_TIMES = 5  # as many vertices as wanted in the end are faired
HEAD_COUNTS = 64.0  # errors of hair and skull against others: they are seen close, and as outlines
CUT_M = 0.006  # from a part's boundary along the surface: there the surface of the solid begins
CUT_SPREADS = 2  # times that this is averaged: a smooth loop
MENDING_ROUNDS = 30  # of evening out around faces that cross others
MENDING_REACH = 2  # rings around them that are evened out, too; of the body's own, whose lids and lips are fine, none


class MeshingError(ValueError):
    """No surface that a template could have comes out of a solid."""


@dataclass(frozen=True, eq=False)
class PersonMesh:
    """A closed mesh without handles in the carving pose."""

    vertices: np.ndarray  # [V, 3] metres
    faces: np.ndarray  # [F, 3]
    place_face: np.ndarray  # [V] which of the body's faces a vertex belongs to, -1 where it is the solid's
    place_barycentric: np.ndarray  # [V, 3] where on it; 0 where it is the solid's
    parts: tuple[str, ...]  # that are the body's own triangles
    crossing: int  # pairs of faces that go through each other


def person_mesh(carving: Carving, grid: Grid, solid: np.ndarray, share: float, parts: Sequence[Part]) -> PersonMesh:
    """The surface of the solid for this share with the parts, of at most the wanted number of vertices.

    Raises MeshingError.
    """
    config = carving.config
    vertices, faces = closed_surface(solid)
    vertices = smoothed(grid.low + vertices * grid.cell_m, faces)
    vertices, faces, _ = decimate(vertices, faces, FAIRED_TIMES * config.vertices, longest_m=config.longest_edge_m)
    vertices = faired(vertices, faces, carving.doubt(vertices, share, parts))
    mesh = PersonMesh(vertices, faces, np.full(len(vertices), -1), np.zeros((len(vertices), 3)), (), 0)
    for part in parts:
        joined = _with_part(carving, mesh, part)
        mesh = mesh if joined is None else joined
    head = carving.rest.bound(mesh.vertices.astype(np.float32)).weights[:, HEAD]
    weight = 1.0 + (HEAD_COUNTS - 1.0) * head
    is_own = mesh.place_face >= 0
    vertices, faces, origin = decimate(
        mesh.vertices, mesh.faces, config.vertices, is_own, config.longest_edge_m, weight
    )
    place_face = mesh.place_face[origin]
    vertices = mended(vertices, faces, place_face >= 0, MENDING_REACH)
    vertices = mended(vertices, faces, np.zeros(len(vertices), bool), 0)
    found = topology(faces)
    if not found.is_manifold or found.genus != 0 or found.num_parts != 1:
        raise MeshingError(f"expected one closed surface without handles, got {found}")
    crossing = len(intersecting_faces(vertices, faces))
    return PersonMesh(vertices, faces, place_face, mesh.place_barycentric[origin], mesh.parts, crossing)


def _with_part(carving: Carving, mesh: PersonMesh, part: Part) -> PersonMesh | None:
    """The mesh with a part in the place of its own surface there; None where the loops do not fit."""
    rest = carving.rest
    free = mesh.place_face < 0  # what is the body's already stays
    face, barycentric, over = rest.closest(mesh.vertices[free].astype(np.float32))
    away = np.full(len(mesh.vertices), part.distance.max())
    along = (part.distance[rest.faces[face]] * barycentric).sum(1)
    away[free] = np.where(over < 0.5 * (UNDER_M + OVER_M), along, away[free])  # a hat's brim stays
    away = averaged(away, mesh.faces, CUT_SPREADS) - CUT_M
    kept, kept_faces, origin = cut(mesh.vertices, mesh.faces, one_hole(away, mesh.faces))
    members, own = np.unique(rest.faces[part.faces], return_inverse=True)
    own = own.reshape(-1, 3)
    plain = mended(rest.vertices[members].astype(np.float64), own, np.zeros(len(members), bool), 0)
    finer = rounded(plain, own, rest.normals[members].astype(np.float64), carving.config.round_m)
    try:
        joined, joined_faces = join(kept, kept_faces, finer.vertices, finer.faces)
    except ValueError:
        return None
    found = topology(joined_faces)
    if not found.is_manifold or found.genus != 0 or found.num_parts != 1:
        return None
    is_former = (origin >= 0)[:, None]
    place_face = np.where(is_former[:, 0], mesh.place_face[origin.clip(min=0)], -1)
    barycentric = np.where(is_former, mesh.place_barycentric[origin.clip(min=0)], 0.0)
    return PersonMesh(
        joined, joined_faces, np.concatenate([place_face, np.nonzero(part.faces)[0][finer.place_face]]),
        np.concatenate([barycentric, finer.place_barycentric]), (*mesh.parts, part.name), 0,
    )  # fmt: skip


def mended(vertices: np.ndarray, faces: np.ndarray, locked: np.ndarray, reach: int) -> np.ndarray:  # [V, 3]
    """Vertices evened out where faces cross, and so many rings around, until none do. Locked ones stay."""
    mean = neighbor_means(faces, len(vertices))
    for _ in range(MENDING_ROUNDS):
        pairs = intersecting_faces(vertices, faces)
        pairs = pairs[~locked[faces[pairs]].all((1, 2))] if len(pairs) else pairs
        if len(pairs) == 0:
            break
        moved = np.zeros(len(vertices), bool)
        moved[faces[pairs.ravel()]] = True
        for _ in range(reach):
            moved[faces[moved[faces].any(1)]] = True
        moved &= ~locked
        vertices = np.where(moved[:, None], 0.5 * (vertices + mean @ vertices), vertices)
    return vertices


def shape_of(rest: RestShape) -> np.ndarray:  # [V, 3] metres
    """The person's bare body in the T-pose."""
    body, betas = rest.body, rest.pose.betas
    return (body.v_template + body.shapedirs[..., : len(betas)] @ betas).numpy()
