"""Vertices and triangles of a Wavefront OBJ; polygons are cut into fans, everything else is ignored."""

from pathlib import Path

import numpy as np

from phynes_core.errors import CaptureError


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
