"""Which limbs carry the cloth, in a few hundred numbers: exchanges of skinning weights between neighboring joints.

A carved mesh takes its weights from the skin below it, but a shirt's tail is held by the pelvis more than by the
thighs. An exchange gives a share of one joint's weights to its parent or child, within a smooth patch of the cloth.
What the exchanges should be, pictures tell (training/carried_cloth.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sparse
import torch

from phynes_core.body.model import BodyModel, Pose, pose_body, rest_to_posed
from phynes_core.body.template import Template, template_body
from phynes_core.conventions import NUM_JOINTS
from phynes_core.template.binding import weight_shares

PATCHES, RADIUS_M = 48, 0.09  # of the cloth; standard deviation of a patch
ON_SKIN_M = 1e-4  # off the body: what lies nearer are its own triangles, which do not slide
LEAST_WEIGHT = 0.03  # of a joint in a patch that gives some of it away
LEAST_CHANGE = 1e-4  # of a weight: other vertices keep their shares


@dataclass(frozen=True, eq=False)
class Exchanges:
    """Linear changes of the weights."""

    patch: np.ndarray  # [V, K] shares of the patches in each vertex, 0 where there is no cloth
    of: tuple[tuple[int, int, int], ...]  # patch, joint that gives, joint that takes

    def jacobian(self, weights: np.ndarray) -> sparse.csr_matrix:  # [V, 24] -> [V * 24, len(of)]
        """d weights / d shares that are given away."""
        rows, columns, values = [], [], []
        for number, (patch, giver, taker) in enumerate(self.of):
            vertex = np.nonzero(self.patch[:, patch] > 1e-3)[0]
            given = self.patch[vertex, patch] * weights[vertex, giver]
            rows += [vertex * NUM_JOINTS + taker, vertex * NUM_JOINTS + giver]
            columns.append(np.full(2 * len(vertex), number))
            values += [given, -given]
        entries = [np.concatenate([np.zeros(0), *parts]) for parts in (values, rows, columns)]
        shape = (len(weights) * NUM_JOINTS, len(self.of))
        return sparse.csr_matrix((entries[0], (entries[1].astype(int), entries[2].astype(int))), shape=shape)


def exchanges(body: BodyModel) -> Exchanges:  # a template's body, whose cloth stands off the skin
    """Patches evenly over the cloth, and in each all neighboring joints that carry it."""
    assert body.template is not None
    is_cloth = (body.template.offset.norm(dim=-1) > ON_SKIN_M).numpy()
    cloth, points = np.nonzero(is_cloth)[0], body.v_template.double().numpy()
    if len(cloth) == 0:
        return Exchanges(np.zeros((len(points), 0)), ())
    centers, apart = [cloth[0]], np.full(len(cloth), np.inf)
    while len(centers) < min(PATCHES, len(cloth)):
        apart = np.minimum(apart, np.linalg.norm(points[cloth] - points[centers[-1]], axis=1))
        centers.append(cloth[apart.argmax()])
    distance = np.linalg.norm(points[:, None] - points[centers], axis=-1)
    near = np.exp(-0.5 * (distance / RADIUS_M) ** 2) * is_cloth[:, None]
    patch = near / np.maximum(near.sum(1, keepdims=True), 1e-3)
    mean = patch.T @ body.weights.double().numpy() / np.maximum(patch.sum(0), 1e-9)[:, None]  # [K, 24]
    bones = [(joint, parent) for joint, parent in enumerate(body.parents) if parent >= 0]
    of = [
        (number, giver, taker)
        for number in range(len(centers))
        for bone in bones
        for giver, taker in (bone, bone[::-1])
        if mean[number, giver] > LEAST_WEIGHT
    ]
    return Exchanges(patch, tuple(of))


@torch.no_grad()
def with_weights(template: Template, body: BodyModel, weights: np.ndarray, poses: Sequence[Pose]) -> Template:
    """The template with other weights [V, 24], whose vertices stay where they are in the mean of the poses.

    `body` is the one that the template stands on. What is kept are shares of the body's own weights, so the weights
    come out nearly.
    """
    standing = template_body(template, body)
    old = standing.weights.numpy()
    changed = np.abs(weights - old).max(1) > LEAST_CHANGE
    corners = body.faces.numpy()[template.place_face.numpy()]
    vertex, share = weight_shares(
        body.weights.numpy(), corners, template.place_barycentric.double().numpy(), weights, changed.astype(float)
    )
    vertex[~changed], share[~changed] = template.share_vertex.numpy()[~changed], template.share.numpy()[~changed]
    bound = replace(template, share_vertex=torch.from_numpy(vertex), share=torch.from_numpy(share).float())
    found = template_body(bound, body).weights.double().numpy()
    back = np.zeros((len(old), 3))
    for pose in poses:
        transforms = rest_to_posed(standing, pose).double().numpy()
        points = pose_body(standing, pose).vertices.double().numpy()
        away = blended(transforms, found, at_rest(transforms, old, points)) - points
        turned = np.einsum("vj,jab->vab", found, transforms[..., :3])
        back -= np.linalg.solve(turned, away[..., None])[..., 0] / len(poses)
    return replace(bound, offset=template.offset + torch.from_numpy(back * changed[:, None]).float())


def at_rest(transforms: np.ndarray, weights: np.ndarray, points: np.ndarray) -> np.ndarray:
    """[24, 3, 4] rest to posed, [V, 24], [V, 3] posed -> [V, 3]: where skinning takes them from."""
    mixed = np.einsum("vj,jab->vab", weights.astype(np.float64), transforms)
    return np.linalg.solve(mixed[..., :3], (points - mixed[..., 3])[..., None])[..., 0]


def blended(transforms: np.ndarray, weights: np.ndarray, points: np.ndarray) -> np.ndarray:
    """The inverse of `at_rest`."""
    mixed = np.einsum("vj,jab->vab", weights.astype(np.float64), transforms)
    return np.einsum("vab,vb->va", mixed[..., :3], points) + mixed[..., 3]
