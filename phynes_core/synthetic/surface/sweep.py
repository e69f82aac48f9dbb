"""Surfaces of their own beside the body: cords along curves, solids of revolution, their union in one mesh."""

from dataclasses import dataclass

import numpy as np

from phynes_core.synthetic.surface.subdivision import Array, Indices, SurfaceMesh


@dataclass(frozen=True)
class Solid:
    """A closed surface in the rest pose."""

    vertices: Array  # [V, 3] metres
    mesh: SurfaceMesh  # its uv fills the square

    @staticmethod
    def union(solids: "list[Solid]") -> "Solid":
        """All in one mesh, in order."""
        starts = np.cumsum([0, *(len(solid.vertices) for solid in solids)])
        faces = [solid.mesh.faces + start for solid, start in zip(solids, starts, strict=False)]
        uv = np.concatenate([solid.mesh.corner_uv for solid in solids])
        return Solid(np.concatenate([solid.vertices for solid in solids]), SurfaceMesh(np.concatenate(faces), uv))


def loft(rings: Array, tips: Array) -> Solid:  # [N, P, S, 3], [N, 2, 3] metres: N stacks of rings, and their ends
    """Closed surfaces through rings of points, each closed by a point at both ends. u runs along, v around."""
    number, points, sides = rings.shape[:3]
    vertices = np.concatenate([rings.reshape(number, -1, 3), tips], 1)
    faces, uv = _loft_faces(points, sides)
    all_faces = faces[None] + np.arange(number)[:, None, None] * vertices.shape[1]
    return Solid(vertices.reshape(-1, 3), SurfaceMesh(all_faces.reshape(-1, 3), np.tile(uv, (number, 1, 1))))


def sweep(
    curves: Array,  # [N, P, 3] metres: N cords of P points
    radius: Array,  # [N, P] metres
    sides: int,
    flatness: float = 1.0,  # thickness over width
    face: Array | None = None,  # [N, P, 3] unit: what the flat side faces; None: anywhere
) -> Solid:
    """Round or flat cords along curves."""
    ahead = np.gradient(curves, axis=1)
    ahead /= np.maximum(np.linalg.norm(ahead, axis=2, keepdims=True), 1e-12)
    out = np.broadcast_to(np.array([0.12, 0.35, 0.93]), curves.shape) if face is None else face
    aside = np.cross(ahead, out)
    aside /= np.maximum(np.linalg.norm(aside, axis=2, keepdims=True), 1e-9)
    out = np.cross(aside, ahead)
    turn = 2 * np.pi * np.arange(sides) / sides
    ring = np.cos(turn)[:, None] * aside[:, :, None] + flatness * np.sin(turn)[:, None] * out[:, :, None]
    tips = np.stack([curves[:, 0] - ahead[:, 0] * radius[:, :1], curves[:, -1] + ahead[:, -1] * radius[:, -1:]], 1)
    return loft(curves[:, :, None] + radius[:, :, None, None] * ring, tips)


def revolve(profile: Array, columns: int) -> Solid:  # [P, 2] (radius, height), metres, first and last on the axis
    """A closed solid of revolution about +Y: the profile runs from the top's middle outward to the bottom's middle."""
    turn = 2 * np.pi * np.arange(columns) / columns
    radius, height = profile[1:-1, :1], profile[1:-1, 1:]
    rings = np.stack([radius * np.sin(turn), height + 0 * turn, radius * np.cos(turn)], 2)
    ends = np.array([[0, profile[0, 1], 0], [0, profile[-1, 1], 0]])
    return loft(rings[None], ends[None])


def _loft_faces(points: int, sides: int) -> tuple[Indices, Array]:
    """Faces, front outside, and uv of rings [P, S] with a tip at either end."""
    row, column = (grid.ravel() for grid in np.meshgrid(np.arange(points - 1), np.arange(sides), indexing="ij"))
    following = (column + 1) % sides
    a, b = row * sides + column, row * sides + following
    c, d = a + sides, b + sides
    u0, u1 = (row + 1) / (points + 1), (row + 2) / (points + 1)
    v0, v1 = column / sides, (column + 1) / sides
    side = np.arange(sides)
    after = (side + 1) % sides
    first, last = np.full(sides, points * sides), np.full(sides, points * sides + 1)
    end = (points - 1) * sides
    v_side, v_after = side / sides, (side + 1) / sides
    zero, one, edge = np.zeros(sides), np.ones(sides), np.full(sides, 1 / (points + 1))
    triangles = (
        ((a, c, b), ((u0, v0), (u1, v0), (u0, v1))),
        ((b, c, d), ((u0, v1), (u1, v0), (u1, v1))),
        ((first, side, after), ((zero, v_side), (edge, v_side), (edge, v_after))),
        ((last, end + after, end + side), ((one, v_after), (1 - edge, v_after), (1 - edge, v_side))),
    )
    faces = np.concatenate([np.stack(corners, 1) for corners, _ in triangles])
    uv = np.concatenate([np.stack([np.stack(corner, 1) for corner in places], 1) for _, places in triangles])
    return faces.astype(np.int64), uv
