"""Read and write meshes: vertices and triangles of an OBJ, its UV coordinates, and PLY."""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from phynes_core.errors import BodyError, CaptureError
from phynes_core.io.output_files import replacing
from phynes_core.io.untrusted import FileKind, read_untrusted

MESH = FileKind("mesh", 1 << 27, CaptureError, "export it again")
UV = FileKind("UV file", 1 << 27, BodyError, "check --smpl-uv")
MOST_LINES = 4_000_000
MOST_TRIANGLES = 4_000_000
LARGEST = 1e6  # of a coordinate
_DAMAGED = (ValueError, IndexError, OverflowError)


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
    vertices, faces = array("d"), array("q")
    for number, words in _lines(path, MESH):
        try:
            if words[0] == b"v":
                vertices.extend((float(words[1]), float(words[2]), float(words[3])))
            elif words[0] == b"f":
                corners = [_index(word.split(b"/")[0], len(vertices) // 3) for word in words[1:]]
                for second, third in pairwise(corners[1:]):
                    faces.extend((corners[0], second, third))
        except _DAMAGED as error:
            raise CaptureError(
                f"{path}: line {number}: expected 'v x y z' or 'f a b c', got '{_shown(words)}'"
            ) from error
        if len(faces) > 3 * MOST_TRIANGLES:
            raise CaptureError(f"{path}: expected at most {MOST_TRIANGLES} triangles, got more; simplify the mesh")
    points = np.array(vertices, np.float64).reshape(-1, 3)
    triangles = np.array(faces, np.int64).reshape(-1, 3)
    fits = len(triangles) and triangles.min() >= 0 and triangles.max() < len(points)
    if not fits or not (np.abs(points) <= LARGEST).all():
        raise CaptureError(f"{path}: expected triangles of its own {len(points)} vertices, got others; export it again")
    return points, triangles


def read_obj_uv(path: Path, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:  # [F, 3] -> uv [U, 2], uv_faces [F, 3]
    """Read `vt` and the faces' `v/vt`; the faces must be the body's, in the body's order. v up, origin bottom left."""
    uv, vertex_of_corner, uv_of_corner = array("d"), array("q"), array("q")
    num_vertices = 0
    for number, words in _lines(path, UV):
        kind = words[0]
        try:
            if kind == b"v":
                num_vertices += 1
            elif kind == b"vt":
                uv.extend((float(words[1]), float(words[2])))
            elif kind == b"f":
                if len(words) != 4:
                    raise BodyError(f"{path}: line {number}: expected a triangle, got {len(words) - 1} corners")
                corners = [word.split(b"/") for word in words[1:]]
                vertex_of_corner.extend([_index(corner[0], num_vertices) for corner in corners])
                uv_of_corner.extend([_index(corner[1], len(uv) // 2) for corner in corners])
        except _DAMAGED as error:
            got = _shown(words)
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
    places = np.array(uv, np.float64).reshape(-1, 2)
    if not (np.abs(places) <= LARGEST).all():
        raise BodyError(f"{path}: vt: expected finite numbers, got others; export the UV again")
    return places.astype(np.float32), np.array(uv_of_corner, np.int64).reshape(-1, 3)


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


def _lines(path: Path, kind: FileKind) -> Iterator[tuple[int, list[bytes]]]:
    """The number and the words of each line that has some, one line at a time."""
    content = read_untrusted(path, kind)
    if b"\n" not in content:
        content = content.replace(b"\r", b"\n")
    for number, line in enumerate(BytesIO(content), 1):
        if number > MOST_LINES:
            raise kind.refusal(f"{path}: expected at most {MOST_LINES} lines, got more; {kind.remedy}")
        if words := line.split():
            yield number, words


def _shown(words: list[bytes]) -> str:
    return b" ".join(words[:8]).decode("latin1")[:40]


def _index(word: bytes, count: int) -> int:
    """OBJ counts from 1, or back from the latest when negative."""
    number = int(word)
    return number - 1 if number > 0 else count + number
