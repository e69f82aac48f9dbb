"""How loose cloth around both legs moves: it spans them, instead of being drawn in between.

Skinned cloth follows the nearer leg and sinks in where the other one is elsewhere; cloth under tension is convex. So
the mesh is posed many ways, each row of the cloth is widened to its convex hull there, and what that adds is put into
pose directions of the template's own: linear in the rotations of hips and knees, as a body's pose blend shapes are.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sparse
import torch

from phynes_core.body.model import BodyModel, Pose, pose_body
from phynes_core.body.rotations import axis_angle_to_matrix
from phynes_core.body.template import DIRECTED_JOINTS
from phynes_core.template.fairing import neighbor_means
from phynes_core.template.rest_shape import RestShape
from phynes_core.template.solid import Grid

LEG_JOINTS = (1, 2, 4, 5, 7, 8, 10, 11)
LEAST_M = 0.06  # below the crotch: shorter cloth does not join the legs
STEP_M = 0.01  # in which the hem is looked for
ABOVE_M = 0.06  # over the crotch, up to where cloth is widened less and less
ROW_M = 0.015  # half of a row's height
ROWS_M = 0.01  # between rows
DIRECTIONS = 72  # of a row's hull
LEAST_COSINE = 0.05  # between a direction and what it bounds
LEAST_LEGS = 0.25  # of a vertex's weights, of legs: others are arms and trunk
HOLLOW_M = 0.015  # inside its row's hull in the carving pose: what lies farther in is not taut cloth
FACING = 0.3  # outward: the cloth's outer side
SPREADS = 3  # times that what is added is averaged over neighbors
STRETCHED, MOST_TORN, TRIED = 3.0, 1e-4, 3  # times its length; share of the edges; every so many usual poses
DAMPING = 0.02  # of the linear fit, against features whose variance is 1


@dataclass(frozen=True, eq=False)
class LooseCloth:
    """Vertices of cloth around both legs."""

    vertex: np.ndarray  # [K] numbers
    height: np.ndarray  # [K] metres, in the carving pose
    share: np.ndarray  # [K] of the widening that they take
    is_outer: np.ndarray  # [K] bool


def loose_cloth(
    rest: RestShape,
    vertices: np.ndarray,  # [V, 3] metres, of the template in the carving pose
    faces: np.ndarray,  # [F, 3]
    normals: np.ndarray,  # [V, 3]
    weights: np.ndarray,  # [V, 24]
    grid: Grid,
    solid: np.ndarray,  # [X, Y, Z], positive inside
) -> LooseCloth | None:
    """None where no cloth joins the legs."""
    legs = rest.body.weights.numpy()[:, list(LEG_JOINTS)].sum(1) > 0.5
    skin = rest.vertices[legs]
    middle = 0.5 * (skin[:, 0].min() + skin[:, 0].max())
    near = rest.vertices[np.abs(rest.vertices[:, 0] - middle) < 0.02]
    crotch = float(near[:, 1].min())
    hem = crotch
    while hem - STEP_M > skin[:, 1].min():
        level = np.abs(skin[:, 1] - (hem - STEP_M)) < 0.02
        point = np.array([middle, hem - STEP_M, skin[level, 2].mean()])
        index = np.round((point - grid.low) / grid.cell_m).astype(int)
        if solid[tuple(index)] <= 0:
            break
        hem -= STEP_M
    if crotch - hem < LEAST_M:
        return None
    height = vertices[:, 1]
    is_cloth = weights[:, list(LEG_JOINTS)].sum(1) > LEAST_LEGS
    chosen = np.nonzero(is_cloth & (height > hem - STEP_M) & (height < crotch + ABOVE_M))[0]
    share = np.clip((crotch + ABOVE_M - height[chosen]) / ABOVE_M, 0.0, 1.0)
    outward = vertices[chosen] - np.array([middle, 0.0, skin[:, 2].mean()])
    outward[:, 1] = 0.0
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    is_outer = (normals[chosen] * outward).sum(1) > FACING
    cloth = LooseCloth(chosen, height[chosen], share, is_outer)
    hollow = np.linalg.norm(widened(vertices[chosen], cloth), axis=1)
    is_taut = (hollow < HOLLOW_M).astype(np.float64)  # a leg below an open coat is none of its rows
    spread = np.tile([0.0, 1.0], (len(vertices), 1))  # cloth that goes on below is not torn off
    spread[chosen, 0], spread[chosen, 1] = is_taut * is_outer, is_outer
    mean = neighbor_means(faces, len(vertices))
    for _ in range(SPREADS):
        spread = mean @ spread
    tension = spread[chosen, 0] / np.maximum(spread[chosen, 1], 1e-9)
    return LooseCloth(chosen, height[chosen], share * tension, is_outer & (is_taut > 0))


def widened(points: np.ndarray, cloth: LooseCloth) -> np.ndarray:  # [K, 3] posed -> [K, 3] what is added, metres
    """Each row grown to its convex hull, in the plane that it lies in; inner vertices are not moved."""
    added = np.zeros_like(points)
    for level in np.arange(cloth.height.min(), cloth.height.max() + ROWS_M, ROWS_M):
        row = np.nonzero((np.abs(cloth.height - level) < ROW_M) & cloth.is_outer)[0]
        own = np.nonzero((np.abs(cloth.height - level) <= 0.5 * ROWS_M) & cloth.is_outer)[0]
        if len(row) < 8 or len(own) == 0:
            continue
        mean = points[row].mean(0)
        axes = np.linalg.svd(points[row] - mean, full_matrices=False)[2][:2]
        ring = (points[row] - mean) @ axes.T
        center = 0.5 * (ring.min(0) + ring.max(0))
        added[own] = _reach(ring - center, (points[own] - mean) @ axes.T - center) @ axes
    return added


def _reach(ring: np.ndarray, points: np.ndarray) -> np.ndarray:  # [N, 2], [M, 2] -> [M, 2]
    """From points to the hull of the ring, away from the origin."""
    angle = np.linspace(0.0, 2.0 * np.pi, DIRECTIONS, endpoint=False)
    sides = np.stack([np.cos(angle), np.sin(angle)])  # [2, D]
    support = (ring @ sides).max(0)
    along = points @ sides  # [M, D]
    length = np.linalg.norm(points, axis=1)
    bounds = np.where(along > LEAST_COSINE * length[:, None], support / np.maximum(along, 1e-9), np.inf)
    return (np.maximum(bounds.min(1), 1.0) - 1.0)[:, None] * points


def directions(
    body: BodyModel,  # the template's, without directions of its own
    cloth: LooseCloth,
    poses: Sequence[Pose],
) -> np.ndarray:  # [K, 3, 9 * len(DIRECTED_JOINTS)] metres in the T-pose's axes, of rotations less the identity
    """The linear fit to what poses lack; rows that are rough in the T-pose stay so."""
    mean = neighbor_means(body.faces.numpy(), body.num_vertices)
    system = np.stack([feature(pose) for pose in poses])
    scale = np.maximum(system.std(0), 1e-3)
    gram = (system / scale).T @ (system / scale) + DAMPING * len(poses) * np.eye(system.shape[1])
    rough = _added(body, mean, cloth, replace(Pose.rest(), betas=poses[0].betas))
    lacking = np.stack([_added(body, mean, cloth, pose) - rough for pose in poses]).reshape(len(poses), -1)
    found = np.linalg.solve(gram, (system / scale).T @ lacking) / scale[:, None]
    return found.reshape(-1, len(cloth.vertex), 3).transpose(1, 2, 0)


def is_torn(
    body: BodyModel,
    vertices: np.ndarray,  # [V, 3] metres, in the carving pose
    cloth: LooseCloth,
) -> bool:
    """Whether edges of the cloth become so long in usual poses that it would be seen to rip."""
    faces = body.faces.numpy()
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    first, second = edges[np.isin(edges, cloth.vertex).any(1)].T
    least = STRETCHED * np.linalg.norm(vertices[first] - vertices[second], axis=1)
    long = []
    for pose in usual_poses(torch.zeros(1))[::TRIED]:
        points = pose_body(body, pose).vertices.numpy()
        long.append(np.linalg.norm(points[first] - points[second], axis=1) > least)
    return bool(np.mean(long) > MOST_TORN)


def _added(body: BodyModel, mean: sparse.csr_matrix, cloth: LooseCloth, pose: Pose) -> np.ndarray:  # [K, 3]
    """What a pose lacks, evened out over the cloth, metres in the T-pose's axes."""
    posed = pose_body(body, pose)
    points, blend = posed.vertices.double().numpy(), posed.blend.double().numpy()[cloth.vertex]
    spread = np.zeros((body.num_vertices, 4))  # the last column counts
    spread[cloth.vertex, :3] = widened(points[cloth.vertex], cloth)
    spread[cloth.vertex, 3] = cloth.is_outer
    for _ in range(SPREADS):
        spread = mean @ spread
    evened = spread[cloth.vertex, :3] / np.maximum(spread[cloth.vertex, 3:], 1e-9) * cloth.share[:, None]
    return np.linalg.solve(blend, evened[..., None])[..., 0]


def feature(pose: Pose) -> np.ndarray:  # [9 * len(DIRECTED_JOINTS)]
    """Rotations of hips and knees less the identity."""
    vectors = pose.body_pose[[joint - 1 for joint in DIRECTED_JOINTS]].double()
    return (axis_angle_to_matrix(vectors) - torch.eye(3).double()).numpy().reshape(-1)


def usual_poses(betas: torch.Tensor) -> list[Pose]:
    """Steps of all widths to both sides, knees bent or not, and sitting."""
    found = []
    for forward in (0.0, 0.25, 0.5, 0.75):
        for backward in (0.0, 0.25, 0.5):
            for knees in ((0.1, 0.1), (0.6, 0.2), (0.1, 0.9)):
                for side in (0, 1):
                    body_pose = torch.zeros(23, 3)
                    body_pose[side, 0], body_pose[1 - side, 0] = -forward, backward
                    body_pose[3 + side, 0], body_pose[4 - side, 0] = knees
                    found.append(Pose(body_pose, torch.zeros(3), torch.zeros(3), betas))
    for hips in (0.8, 1.2, 1.5):
        for apart in (-0.05, 0.1, 0.25):
            body_pose = torch.zeros(23, 3)
            body_pose[0, 0] = body_pose[1, 0] = -hips
            body_pose[3, 0] = body_pose[4, 0] = hips
            body_pose[0, 2], body_pose[1, 2] = apart, -apart
            found.append(Pose(body_pose, torch.zeros(3), torch.zeros(3), betas))
    return found
