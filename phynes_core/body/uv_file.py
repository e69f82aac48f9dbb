"""The UV coordinates of a body from a Wavefront OBJ such as SMPL's smpl_uv.obj."""

from pathlib import Path

import numpy as np

from phynes_core.errors import BodyError


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
