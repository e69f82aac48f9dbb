"""A skirt over the posed body: MakeHuman's helper skirt, moved with both legs and stretched around them.

The skirt is a grid of rows from the waist down and columns around. Each row stores the distance from its center in each
column's direction: at least the extent of the body below, and convex, as cloth under tension is.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phynes_core.body.model import Pose
from phynes_core.errors import BodyError
from phynes_core.io.array_files import read_npz
from phynes_core.io.shipped_files import ASSETS
from phynes_core.io.untrusted import FileKind
from phynes_core.synthetic.mitsuba.scene import make_mesh
from phynes_core.synthetic.mitsuba.setup import load_mitsuba
from phynes_core.synthetic.subjects.subject import Person
from phynes_core.synthetic.surface.noise import smoothstep
from phynes_core.synthetic.surface.subdivision import Array, Indices, SurfaceMesh

GARMENT = FileKind("garment", 1 << 24, BodyError, "install the program again")
ROWS, COLUMNS = 33, 96  # of the grid that is tested against the body
REFINE = 3  # dense rows and columns between them
_REACH = 0.30  # metres beyond the cloth at which rays toward the body start
_MOST_PUSH = 0.18  # metres beyond the skinned skirt: limits rays that hit parts that are not below it
_GAP, _WAIST_GAP = 0.008, 0.0035  # metres between body and cloth
_SETTLE_STEPS = 6
# metres up and outward: the hem is turned in, and the cloth is lined above it
RIM = np.array([[0.0, -0.0028], [0.010, -0.0040], [0.030, -0.0045], [0.055, -0.0050]])


@dataclass(frozen=True)
class Skirt:
    """The skirt in the rest pose."""

    rest: Array  # [ROWS, COLUMNS, 3] metres
    weights: Array  # [ROWS, J] one set for a whole row, so that it never twists, however the legs cross
    at_waist: Array  # [ROWS] 1 where the cloth is tight, 0 where it hangs

    def pose(self, person: Person, pose: Pose, body: Array, body_faces: Indices) -> Array:  # -> [R, C, 3] world
        """Around the posed, dressed body [Vd, 3], of which `body_faces` lie below the skirt."""
        center = self.rest.mean(1)
        moved, turn = person.carry(center, self.weights, pose)
        grid = moved[:, None] + np.einsum("rab,rcb->rca", turn, self.rest - center[:, None])
        return self.settle(grid, body, body_faces)

    def settle(self, grid: Array, body: Array, body_faces: Indices) -> Array:
        """Push the grid outward until the body is inside, row by row convex."""
        center = grid.mean(1, keepdims=True)
        outward = grid - center
        radius = np.linalg.norm(outward, axis=2)
        outward /= radius[..., None]
        needed = _body_radius(center, outward, radius, body, body_faces)
        needed = np.minimum(needed + _GAP, radius + _MOST_PUSH)
        tight = np.maximum(needed + _WAIST_GAP - _GAP, 0.5 * radius)
        held, tight = self.at_waist[:, None], _convex(center, outward, tight)
        result = _convex(center, outward, np.maximum(radius, needed))
        for _ in range(_SETTLE_STEPS):
            padded = np.pad(result, ((1, 1), (0, 0)), mode="edge")
            smooth = 0.25 * (padded[:-2] + padded[2:] + np.roll(result, 1, 1) + np.roll(result, -1, 1))
            result = np.maximum(0.4 * result + 0.6 * smooth, needed)
        return center + outward * (held * tight + (1 - held) * result)[..., None]


def fit_skirt(person: Person, hem_y: float, waist_y: float, body: Array, body_faces: Indices) -> Skirt:
    """Cut the helper skirt to length for this person's shape and settle it on the dressed rest body [Vd, 3]."""
    asset = read_npz(ASSETS / "garments" / "skirt.npz", GARMENT)
    template, directions, weights = (asset[key].astype(np.float64) for key in ("template", "shapedirs", "weights"))
    grid = template + directions @ person.betas.double().numpy()
    rows = np.arange(len(grid))
    cut, cut_weights = np.empty((ROWS, grid.shape[1], 3)), np.zeros((ROWS, weights.shape[2]))
    for column in range(grid.shape[1]):
        y = grid[:, column, 1]
        first, last = (float(np.interp(-level, -y, rows)) for level in (waist_y, hem_y))
        at = np.linspace(first, last, ROWS)
        for k in range(3):
            cut[:, column, k] = np.interp(at, rows, grid[:, column, k])
        cut[:, column, 1] = np.minimum(cut[:, column, 1], waist_y)
        for k in range(weights.shape[2]):
            cut_weights[:, k] += np.interp(at, rows, weights[:, column, k])
    around = np.arange(COLUMNS) * grid.shape[1] / COLUMNS
    cut, cut_weights = _periodic(cut, around), cut_weights / cut_weights.sum(1, keepdims=True)
    at_waist = smoothstep(0.34, 0.08, np.linspace(0, 1, ROWS))
    skirt = Skirt(cut, cut_weights, at_waist)
    return Skirt(skirt.settle(cut, body, body_faces), cut_weights, at_waist)


def refine_skirt(grid: Array) -> Array:  # [R, C, 3] -> [rows, columns, 3]
    """A dense grid, smooth in both directions, with the hem turned in and the waist closed against the body."""
    rows = np.linspace(0, len(grid) - 1, (len(grid) - 1) * REFINE + 1)
    dense = _cubic(grid, rows)
    dense = _periodic(dense, np.arange(grid.shape[1] * REFINE) / REFINE)
    center = dense.mean(1, keepdims=True)
    outward = dense - center
    outward /= np.linalg.norm(outward, axis=2, keepdims=True)
    up = dense[-4] - dense[-1]
    up /= np.linalg.norm(up, axis=1, keepdims=True)
    rim = [dense[-1] + rise * up + push * outward[-1] for rise, push in RIM]
    top = dense[0] - 0.010 * outward[0]
    return np.concatenate([top[None], dense, np.stack(rim)])


def skirt_surface() -> SurfaceMesh:
    """Faces of `refine_skirt`'s grid, front outside; u runs down the rows, v around from the back."""
    rows, columns = (ROWS - 1) * REFINE + 2 + len(RIM), COLUMNS * REFINE
    row, column = np.meshgrid(np.arange(rows - 1), np.arange(columns), indexing="ij")
    following = (column + 1) % columns
    corners = [row * columns + column, (row + 1) * columns + column]
    corners += [(row + 1) * columns + following, row * columns + following]
    a, b, c, d = (corner.ravel() for corner in corners)
    faces = np.stack([np.stack([a, b, c], 1), np.stack([a, c, d], 1)], 1).reshape(-1, 3)
    turn = ((column + columns // 2) % columns).ravel() / columns
    u0, u1, v0, v1 = row.ravel() / (rows - 1), (row.ravel() + 1) / (rows - 1), turn, turn + 1 / columns
    uv = {"a": (u0, v0), "b": (u1, v0), "c": (u1, v1), "d": (u0, v1)}
    corner_uv = np.stack([np.stack([np.stack(uv[k], 1) for k in name], 1) for name in ("abc", "acd")], 1)
    return SurfaceMesh(faces.astype(np.int64), corner_uv.reshape(-1, 3, 2))


def _body_radius(center: Array, outward: Array, radius: Array, body: Array, faces: Indices) -> Array:  # [R, C]
    """Distance of the body's surface from each row's center in each direction; 0 where there is none."""
    mi: Any = load_mitsuba()
    used, local = np.unique(faces, return_inverse=True)
    scene = mi.load_dict({"type": "scene", "body": make_mesh(body[used], local.reshape(-1, 3))})
    start = radius + _REACH
    origin = (center + outward * start[..., None]).reshape(-1, 3).astype(np.float32)
    toward = -outward.reshape(-1, 3).astype(np.float32)
    rays = mi.Ray3f(mi.Point3f(np.ascontiguousarray(origin.T)), mi.Vector3f(np.ascontiguousarray(toward.T)))
    hit = scene.ray_intersect_preliminary(rays)
    distance = np.where(np.array(hit.is_valid()), np.array(hit.t), np.inf).reshape(radius.shape)
    return np.maximum(start - distance, 0.0)


def _convex(center: Array, outward: Array, radius: Array) -> Array:  # [R, C] -> [R, C], nowhere smaller
    """The convex hull of every row, as a distance from its center."""
    points = outward * radius[..., None]
    # in the row's own plane: its two main directions
    _, _, axes = np.linalg.svd(points - points.mean(1, keepdims=True), full_matrices=False)
    flat = points @ axes[:, :2].transpose(0, 2, 1)  # [R, C, 2]
    angle = np.linspace(0, 2 * np.pi, 180, endpoint=False)
    normals = np.stack([np.cos(angle), np.sin(angle)], 1)  # [K, 2]
    support = (flat @ normals.T).max(1)  # [R, K]
    length = np.linalg.norm(flat, axis=2)
    cosine = (flat / np.maximum(length, 1e-9)[..., None]) @ normals.T  # [R, C, K]
    reach = np.where(cosine > 0.05, support[:, None] / np.maximum(cosine, 0.05), np.inf).min(2)
    return radius * np.maximum(reach / np.maximum(length, 1e-9), 1.0)


def _periodic(grid: Array, at: Array) -> Array:  # [R, C, K] -> [R, len(at), K]
    """Cubic interpolation around the columns."""
    wrapped = np.concatenate([grid[:, -2:], grid, grid[:, :3]], 1)
    return _cubic(wrapped.transpose(1, 0, 2), at + 2).transpose(1, 0, 2)


def _cubic(values: Array, at: Array) -> NDArray[np.float64]:  # [N, ...], [M] -> [M, ...]
    """Catmull-Rom along the first axis."""
    first = np.clip(np.floor(at).astype(int), 0, len(values) - 2)
    t = (at - first).reshape(-1, *([1] * (values.ndim - 1)))
    p0, p1, p2, p3 = (values[np.clip(first + k, 0, len(values) - 1)] for k in (-1, 0, 1, 2))
    return p1 + 0.5 * t * (p2 - p0 + t * (2 * p0 - 5 * p1 + 4 * p2 - p3 + t * (3 * (p1 - p2) + p3 - p0)))
