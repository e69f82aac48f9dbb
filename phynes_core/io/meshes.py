"""Vertices and triangles of a Wavefront OBJ; polygons are cut into fans, everything else is ignored."""

from pathlib import Path

import numpy as np

from phynes_core.errors import BodyError, CaptureError


def read_obj(path: Path) -> tuple[np.ndarray, np.ndarray]:  # [V, 3] float64, [F, 3] int64
    """The mesh; negative indices count back from the latest vertex."""
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
                corners = [int(word.split("/")[0]) for word in words[1:]]
                corners = [corner - 1 if corner > 0 else len(vertices) + corner for corner in corners]
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


def _index(word: str, count: int) -> int:
    """OBJ counts from 1, or back from the latest when negative."""
    number = int(word)
    return number - 1 if number > 0 else count + number
