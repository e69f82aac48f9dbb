"""Read and write meshes: vertices and triangles of an OBJ, its UV coordinates, and PLY."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from phynes_core.errors import BodyError, CaptureError
from phynes_core.io.output_files import replacing


@dataclass(frozen=True, eq=False)
class MeshAtlas:
    """The UV atlas of one mesh: each uv entry belongs to one vertex, vertices on a seam have several."""

    num_vertices: int
    vertex: Tensor  # [U] int64 of each uv entry
    uv: Tensor  # [U, 2]
    faces: Tensor  # [F, 3] of uv entries


def read_obj(path: Path) -> tuple[np.ndarray, np.ndarray]:  # [V, 3] float64, [F, 3] int64
    """Vertices and triangles of a Wavefront OBJ; polygons become triangle fans, everything else is ignored.

    Negative indices count back from the latest vertex.
    """
    try:
        lines = Path(path).read_text(encoding="latin1").splitlines()
    except OSError as error:
        raise CaptureError(f"{path}: cannot read this mesh ({error.strerror}); check the path") from error
    vertices: list[list[float]] = []
    faces: list[tuple[int, int, int]] = []
    for number, line in enumerate(lines, 1):
        words = line.split()
        try:
            if words[:1] == ["v"]:
                vertices.append([float(words[1]), float(words[2]), float(words[3])])
            elif words[:1] == ["f"]:
                corners = [_index(word.split("/")[0], len(vertices)) for word in words[1:]]
                faces += [(corners[0], corners[i], corners[i + 1]) for i in range(1, len(corners) - 1)]
        except (ValueError, IndexError) as error:
            got = line.strip()[:40]
            raise CaptureError(f"{path}: line {number}: expected 'v x y z' or 'f a b c', got '{got}'") from error
    points, triangles = np.array(vertices).reshape(-1, 3), np.array(faces, np.int64).reshape(-1, 3)
    if not len(triangles) or triangles.min() < 0 or triangles.max() >= len(points) or not np.isfinite(points).all():
        raise CaptureError(f"{path}: expected triangles of its own {len(points)} vertices, got others; export it again")
    return points, triangles


def read_obj_uv(path: Path, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:  # [F, 3] -> uv [U, 2], uv_faces [F, 3]
    """Read `vt` and the faces' `v/vt`; the faces must be the body's, in the body's order. v up, origin bottom left."""
    try:
        lines = Path(path).read_text(encoding="latin1").splitlines()
    except OSError as error:
        raise BodyError(f"{path}: cannot read this UV file ({error.strerror}); check --smpl-uv") from error
    uv: list[list[float]] = []
    vertex_of_corner: list[list[int]] = []
    uv_of_corner: list[list[int]] = []
    num_vertices = 0
    for number, line in enumerate(lines, 1):
        words = line.split()
        kind = words[0] if words else ""
        try:
            if kind == "v":
                num_vertices += 1
            elif kind == "vt":
                uv.append([float(words[1]), float(words[2])])
            elif kind == "f":
                if len(words) != 4:
                    raise BodyError(f"{path}: line {number}: expected a triangle, got {len(words) - 1} corners")
                corners = [word.split("/") for word in words[1:]]
                vertex_of_corner.append([_index(corner[0], num_vertices) for corner in corners])
                uv_of_corner.append([_index(corner[1], len(uv)) for corner in corners])
        except (ValueError, IndexError) as error:
            got = line.strip()[:40]
            raise BodyError(f"{path}: line {number}: expected 'vt u v' or 'f v/vt v/vt v/vt', got '{got}'") from error
    got_faces = np.array(vertex_of_corner, np.int64).reshape(-1, 3)
    if got_faces.shape != faces.shape:
        raise BodyError(
            f"{path}: expected the body's {len(faces)} faces, got {len(got_faces)}; use the UV of this body"
        )
    if not np.array_equal(got_faces, faces):
        first = int(np.argmax((got_faces != faces).any(1)))
        raise BodyError(
            f"{path}: face {first}: expected the body's vertices {faces[first].tolist()}, "
            f"got {got_faces[first].tolist()}; export the UV without reordering"
        )
    return np.array(uv, np.float32).reshape(-1, 2), np.array(uv_of_corner, np.int64).reshape(-1, 3)


def write_mesh(
    path: Path,
    vertices: Tensor,  # [V, 3] metres, world: of one mesh after another
    normals: Tensor,  # [V, 3] unit, world
    atlases: Sequence[MeshAtlas],  # of the meshes, in this order
) -> None:
    """Binary PLY with uv as s and t; vertices on a seam are repeated for each uv."""
    owners, uvs, faces, num_entries, num_vertices = [], [], [], 0, 0
    for atlas in atlases:
        owners.append(atlas.vertex + num_vertices)
        uvs.append(atlas.uv)
        faces.append(atlas.faces + num_entries)
        num_entries += len(atlas.uv)
        num_vertices += atlas.num_vertices
    owner = torch.cat(owners)
    write_ply(path, vertices[owner], normals[owner], torch.cat(uvs), torch.cat(faces))


def write_ply(
    path: Path,
    vertices: Tensor,  # [V, 3] metres, world
    normals: Tensor,  # [V, 3] unit, world
    uv: Tensor,  # [V, 2]
    faces: Tensor,  # [F, 3]
) -> None:
    """A little-endian PLY with the properties x y z nx ny nz s t."""
    names = ("x", "y", "z", "nx", "ny", "nz", "s", "t")
    rows = torch.cat([vertices, normals, uv], 1).numpy().astype("<f4")
    triangles = np.empty(len(faces), [("count", "u1"), ("corners", "<i4", 3)])
    triangles["count"], triangles["corners"] = 3, faces.numpy()
    header = ["ply", "format binary_little_endian 1.0", "comment world axes, +Y up, metres; v up"]
    header += [f"element vertex {len(rows)}", *(f"property float {name}" for name in names)]
    header += [f"element face {len(triangles)}", "property list uchar int vertex_indices", "end_header"]
    with replacing(path) as temporary:
        temporary.write_bytes("\n".join(header).encode() + b"\n" + rows.tobytes() + triangles.tobytes())


def _index(word: str, count: int) -> int:
    """OBJ counts from 1, or back from the latest when negative."""
    number = int(word)
    return number - 1 if number > 0 else count + number
