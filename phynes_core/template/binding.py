"""Bind a mesh in the carving pose to the body: places on it, offsets from it, and shares of its vertices' weights."""

import numpy as np
import torch
from scipy.optimize import nnls
from torch import Tensor

from phynes_core.body.template import MOST_SHARES, Template
from phynes_core.template.meshing import PersonMesh, shape_of
from phynes_core.template.rest_shape import RestShape, unskin

DONORS = 160  # vertices of the body whose weights are mixed where they are diffused
SUM_WEIGHT = 10.0  # of "shares sum to 1" against a row of weights
LEAST_SHARE = 1e-3
NOTHING_M = 1e-5  # off the skin: rounding


def bind(rest: RestShape, mesh: PersonMesh) -> Template:
    """The template, uncut: one uv entry a vertex, all in one place. Vertices that are the body's keep its weights."""
    bound = rest.bound(mesh.vertices.astype(np.float32))
    own = np.nonzero(mesh.place_face >= 0)[0]
    faces_of, barycentric = bound.face.astype(np.int64), np.maximum(bound.barycentric.astype(np.float64), 0.0)
    faces_of[own], barycentric[own] = mesh.place_face[own], mesh.place_barycentric[own]
    barycentric /= barycentric.sum(1, keepdims=True)
    corners = rest.faces[faces_of].astype(np.int64)
    weights, blend = bound.weights.copy(), bound.blend.copy()
    weights[own] = np.einsum("nk,nkj->nj", barycentric[own], rest.body.weights.numpy()[corners[own]])
    blend[own] = 0.0
    in_t_pose = np.empty_like(bound.rest)
    unskin(mesh.vertices.astype(np.float32), weights, rest.transforms, in_t_pose)
    offset = in_t_pose - np.einsum("nk,nkc->nc", barycentric, shape_of(rest)[corners])
    offset[own[np.linalg.norm(offset[own], axis=1) < NOTHING_M]] = 0.0
    vertex, share = weight_shares(rest.body.weights.numpy(), corners, barycentric, weights, blend)

    def floats(values: np.ndarray) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(values, np.float32))

    return Template(
        body_hash=rest.body.content_hash,
        place_face=torch.from_numpy(faces_of),
        place_barycentric=floats(barycentric),
        offset=floats(offset),
        share_vertex=torch.from_numpy(vertex),
        share=floats(share),
        faces=torch.from_numpy(mesh.faces.astype(np.int64)),
        uv=torch.zeros(len(mesh.vertices), 2),
        uv_faces=torch.from_numpy(mesh.faces.astype(np.int64)),
    )


def weight_shares(
    weights: np.ndarray,  # [B, J] of the body's vertices
    corners: np.ndarray,  # [N, 3] of each place
    barycentric: np.ndarray,  # [N, 3]
    wanted: np.ndarray,  # [N, J]
    blend: np.ndarray,  # [N] 0: the place's own weights are wanted
) -> tuple[np.ndarray, np.ndarray]:  # [N, MOST_SHARES] int64, [N, MOST_SHARES]
    """Few of the body's vertices whose weights, so mixed, are the wanted ones; rows sum to 1."""
    vertex = np.zeros((len(wanted), MOST_SHARES), np.int64)
    share = np.zeros((len(wanted), MOST_SHARES))
    vertex[:, :3], share[:, :3] = corners, barycentric
    donors = spread(weights, DONORS)
    for i in np.nonzero(blend > 0.0)[0]:
        target = np.append(wanted[i].astype(np.float64), SUM_WEIGHT)
        active = donors[weights[donors] @ (wanted[i] < LEAST_SHARE) < 0.05]  # no joint that is not wanted
        members = np.concatenate([corners[i], active])
        system = np.concatenate([weights[members].T, np.full((1, len(members)), SUM_WEIGHT)])
        found, _ = nnls(system.astype(np.float64), target)
        best = np.argsort(-found, kind="stable")[:MOST_SHARES]
        vertex[i], share[i] = 0, 0.0
        vertex[i, : len(best)] = members[best]
        share[i, : len(best)] = np.where(found[best] > LEAST_SHARE, found[best], 0.0)
    return vertex, share / share.sum(1, keepdims=True)


def spread(weights: np.ndarray, count: int) -> np.ndarray:  # [B, J] -> [count]
    """Rows far from each other: each the farthest from all before it."""
    chosen = [int(weights.max(1).argmax())]
    apart = np.linalg.norm(weights - weights[chosen[0]], axis=1)
    while len(chosen) < min(count, len(weights)):
        chosen.append(int(apart.argmax()))
        apart = np.minimum(apart, np.linalg.norm(weights - weights[chosen[-1]], axis=1))
    return np.array(chosen)
