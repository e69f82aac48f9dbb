"""The parts of a template that are the body's own triangles: the face with its ears, and both hands.

Their shape is finer than any hull of silhouettes, and nothing is worn on them but what `is_covered` says. A part is a
disc: connected, without holes, and with one boundary loop.
"""

import heapq
from dataclasses import dataclass

import numpy as np

from phynes_core.body.model import BodyModel
from phynes_core.geometry.mesh import adjoining_faces

HEAD, WRISTS = 15, {"left hand": (20, 22), "right hand": (21, 23)}  # joints; of a hand: wrist and hand
LEAST_WEIGHT = 0.9  # of these joints on a part's vertices
FRONT, HAIRLINE = 0.5, 0.8  # of the head's depth and height: the face lies before and below
EARS_FRONT, EARS_BACK, EARS_LOW, EARS_HIGH = 0.6, 0.3, 0.15, 0.62  # likewise
FEWEST_FACES, FEWEST_SHARE = 60, 0.5  # of a part that is kept; the share is of what was wanted
CLOSE_BY = 0.15  # so little of what is around is covered that hair and hats are a part's border away
MOST_COVERED = 0.6  # of a hand's vertices


@dataclass(frozen=True, eq=False)
class Part:
    """Faces of the body that the template takes over, and how far along the surface other places are from them."""

    name: str
    faces: np.ndarray  # [F] bool, a disc
    distance: np.ndarray  # [V] metres along edges from the boundary loop, negative on the part


def body_parts(
    body: BodyModel,
    vertices: np.ndarray,  # [V, 3] metres, the person's shape in the T-pose
    covered: np.ndarray,  # [V] in [0, 1]: how much of the skin around has hair, a hat or gloves over it
) -> tuple[Part, ...]:
    """The parts that are there: a part that is mostly covered, or is no disc, is left out."""
    faces, weights = body.faces.numpy(), body.weights.numpy()
    beside = adjoining_faces(body.faces).numpy()
    wanted, is_covered = {"face": _is_face(vertices, weights)}, covered > CLOSE_BY
    for name, joints in WRISTS.items():
        wanted[name] = weights[:, list(joints)].sum(1) > LEAST_WEIGHT
        # between fingers hulls are wider than hands: a hand is covered as a whole or not at all
        is_covered = np.where(wanted[name], (covered[wanted[name]] > 0.5).mean() > MOST_COVERED, is_covered)
    found = []
    for name, members in wanted.items():
        chosen = disc(faces, beside, np.asarray((members & ~is_covered)[faces].all(1)))
        if chosen is not None and chosen.sum() > max(FEWEST_FACES, FEWEST_SHARE * members[faces].all(1).sum()):
            found.append(Part(name, chosen, _distance(vertices, faces, chosen)))
    return tuple(found)


def _is_face(vertices: np.ndarray, weights: np.ndarray) -> np.ndarray:  # [V] bool
    is_head = weights[:, HEAD] > LEAST_WEIGHT
    low, high = vertices[is_head].min(0), vertices[is_head].max(0)
    share = (vertices - low) / (high - low)
    up, front = share[:, 1], share[:, 2]
    is_ear = (up > EARS_LOW) & (up < EARS_HIGH) & (front > EARS_BACK) & (front < EARS_FRONT)
    return is_head & (((front > FRONT) & (up < HAIRLINE)) | is_ear)


def disc(faces: np.ndarray, beside: np.ndarray, chosen: np.ndarray) -> np.ndarray | None:  # [F, 3], [F, 3], [F] bool
    """The largest connected piece of the chosen faces with its holes filled; None if it does not become a disc."""
    if not chosen.any():
        return None
    chosen = _largest(beside, chosen)
    chosen = ~_largest(beside, ~chosen)  # holes belong to it
    for _ in range(100):  # faces whose boundary only touches itself at a vertex go
        loops = boundary_loops(faces[chosen])
        if loops is not None:
            break
        edges = _boundary_edges(faces[chosen])
        starts, count = np.unique(edges[:, 0], return_counts=True)
        pinched = np.isin(faces, starts[count > 1]).any(1)
        chosen = _largest(beside, chosen & ~pinched)
        chosen = ~_largest(beside, ~chosen)
    else:
        return None
    inner = faces[chosen]
    num_edges = (3 * len(inner) + sum(map(len, loops))) // 2
    is_disc = len(loops) == 1 and len(np.unique(inner)) - num_edges + len(inner) == 1
    return chosen if is_disc else None


def boundary_loops(faces: np.ndarray) -> list[np.ndarray] | None:  # [F, 3]
    """The boundary's vertices, each loop in the direction of its faces' edges; None where a loop touches itself."""
    edges = _boundary_edges(faces)
    following = dict(edges.tolist())
    if len(following) < len(edges):
        return None
    loops = []
    while following:
        start, vertex = next(iter(following.items()))
        loop = [start]
        del following[start]
        while vertex != start:
            loop.append(vertex)
            if vertex not in following:
                return None
            vertex = following.pop(vertex)
        loops.append(np.array(loop))
    return loops


def _boundary_edges(faces: np.ndarray) -> np.ndarray:  # [F, 3] -> [E, 2], directed
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]).astype(np.int64)
    size = int(faces.max()) + 1
    is_alone = ~np.isin(edges[:, 0] * size + edges[:, 1], edges[:, 1] * size + edges[:, 0])
    return edges[is_alone]


def _largest(beside: np.ndarray, chosen: np.ndarray) -> np.ndarray:  # [F, 3], [F] bool -> [F] bool
    """The largest edge-connected piece."""
    best, left = np.zeros(len(chosen), bool), chosen.copy()
    while left.any():
        piece = np.zeros(len(chosen), bool)
        front = np.nonzero(left)[0][:1]
        while len(front):
            piece[front] = True
            left[front] = False
            around = beside[front].reshape(-1)
            around = np.unique(around[around >= 0])
            front = around[left[around]]
        if piece.sum() > best.sum():
            best = piece
    return best


def _distance(vertices: np.ndarray, faces: np.ndarray, part: np.ndarray) -> np.ndarray:  # [V]
    """Along edges, from the part's boundary vertices; negative on the part."""
    distance = np.full(len(vertices), np.inf)
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    length = np.linalg.norm(vertices[edges[:, 0]] - vertices[edges[:, 1]], axis=1)
    around: list[list[tuple[int, float]]] = [[] for _ in vertices]
    for (a, b), apart in zip(edges.tolist(), length.tolist(), strict=True):  # each edge twice, once in each direction
        around[a].append((b, apart))
    heap = [(0.0, int(vertex)) for vertex in _boundary_edges(faces[part])[:, 0]]
    while heap:
        reached, vertex = heapq.heappop(heap)
        if reached >= distance[vertex]:
            continue
        distance[vertex] = reached
        for other, apart in around[vertex]:
            if reached + apart < distance[other]:
                heapq.heappush(heap, (reached + apart, other))
    distance[~np.isfinite(distance)] = distance[np.isfinite(distance)].max()  # pieces that no edge joins
    distance[np.unique(faces[part])] *= -1.0
    return distance
