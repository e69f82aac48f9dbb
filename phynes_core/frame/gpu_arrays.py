"""What the GPU's passes read of bodies and meshes, laid out as shaders/engine/ says."""

import math
from dataclasses import dataclass, field

import numpy as np
from torch import Tensor

from phynes_core.body.atlas import corner_uv, open_bits, uv_to_vertex
from phynes_core.body.model import MAX_BETAS, BodyModel, Pose, cached_per_body
from phynes_core.conventions import NUM_JOINTS
from phynes_core.geometry.mesh import adjoining_faces
from phynes_core.kernels.cpu.bvh import build_tree

_NONE = 0xFFFFFFFF


def array_of(tensor: Tensor) -> np.ndarray:  # float32
    """A copy on the host."""
    return tensor.detach().cpu().float().contiguous().numpy()


def body_arrays(body: BodyModel) -> dict[str, np.ndarray]:
    """What skinning reads, by the names of frame.json."""
    betas = body.shapedirs.shape[2]
    shape_joints = np.zeros((NUM_JOINTS, 3, MAX_BETAS), np.float32)
    shape_joints[..., :betas] = array_of(body.shape_joints)[..., :MAX_BETAS]
    directions = np.zeros((body.num_vertices, 3, MAX_BETAS), np.float32)
    directions[..., :betas] = array_of(body.shapedirs)[..., :MAX_BETAS]
    parents = np.array(body.parents, np.float32).clip(min=0)
    joints = [array_of(body.template_joints), shape_joints.reshape(NUM_JOINTS, -1), parents[:, None]]
    order = uv_to_vertex(body).cpu().numpy()
    return {
        "joints": np.concatenate(joints, 1),
        "rest": array_of(body.v_template),
        "shape_directions": directions,
        "pose_directions": array_of(body.posedirs),
        "weights": array_of(body.weights),
        "uv": array_of(body.uv),
        "copies": rows_of(order, np.arange(len(order)), body.num_vertices),
    }


def chart_steps(body: BodyModel) -> np.ndarray:  # [1024 * 1024] uint8
    """Which steps over the square stay in their chart, texel by texel (body/atlas.py)."""
    return open_bits(body).cpu().numpy().reshape(-1)


def pose_array(pose: Pose) -> np.ndarray:  # [85] float32
    """Rotations, translation, betas."""
    betas = np.zeros(MAX_BETAS, np.float32)
    betas[: len(pose.betas)] = array_of(pose.betas)
    parts = pose.global_orient, pose.body_pose.reshape(-1), pose.transl
    return np.concatenate([*map(array_of, parts), betas])


def rows_of(row: np.ndarray, value: np.ndarray, num_rows: int) -> np.ndarray:  # [N], [N] -> [num_rows + 1 + N] uint32
    """The values of each row: where they begin, counted from the front of this array, and then the values."""
    begin = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=num_rows))]) + num_rows + 1
    return np.concatenate([begin, value[np.argsort(row, kind="stable")]]).astype(np.uint32)


@dataclass(frozen=True, eq=False)
class Tree:
    """Boxes around the faces of a body, node after node as rays that hit them go (shared/rays.wgsl)."""

    nodes: np.ndarray  # [B, 4] uint32: next node when missed, 8 x first slot + count at a leaf, first slot, end
    face_order: np.ndarray  # [F] int32, the face of each slot


@cached_per_body
def body_tree(body: BodyModel) -> Tree:
    """Built for the rest pose; refitted to every other."""
    children, face_order = build_tree(array_of(body.v_template), body.faces.cpu().numpy().astype(np.int32))
    order, stack = [], [0]
    while stack:
        order.append(node := stack.pop())
        if children[node, 0] >= 0:
            stack += [children[node, 1], children[node, 0]]
    size, first, end = (np.zeros(len(children), np.int64) for _ in range(3))
    leaf = np.zeros(len(children), np.int64)
    for node in reversed(order):
        left, right = int(children[node, 0]), int(children[node, 1])
        if left >= 0:
            size[node], first[node], end[node] = 1 + size[left] + size[right], first[left], end[right]
        else:
            size[node], first[node], end[node] = 1, -left - 1, -left - 1 + right
            leaf[node] = 8 * first[node] + right
    following = np.arange(len(order)) + size[order]
    return Tree(np.stack([following, leaf[order], first[order], end[order]], 1).astype(np.uint32), face_order)


@dataclass(frozen=True, eq=False)
class Topology:
    """The bodies of a scene as one mesh."""

    arrays: dict[str, np.ndarray] = field(repr=False)  # by the names of frame.json
    num_vertices: int
    num_faces: int
    num_nodes: int
    first_vertex: tuple[int, ...]  # of each body, and the total
    first_face: tuple[int, ...]

    @staticmethod
    def of(bodies: tuple[BodyModel, ...]) -> "Topology":
        """Joined in their order."""
        corners, beside, owner, uv, nodes, slots = [], [], [], [], [], []
        first_vertex, first_face, num_nodes = [0], [0], 0
        for number, body in enumerate(bodies):
            faces, tree = body.faces.cpu(), body_tree(body)
            across = adjoining_faces(faces).numpy()
            corners.append(faces.numpy() + first_vertex[-1])
            beside.append(np.where(across < 0, _NONE, across + first_face[-1]))
            owner.append(np.full(len(faces), number))
            uv.append(array_of(corner_uv(body)).reshape(-1, 2))
            shift = np.where(tree.nodes[:, 1] > 0, 8 * first_face[-1], 0)
            begin = np.full(len(tree.nodes), first_face[-1])
            nodes.append(tree.nodes + np.stack([np.full(len(begin), num_nodes), shift, begin, begin], 1))
            slots.append(tree.face_order + first_face[-1])
            num_nodes += len(tree.nodes)
            first_vertex.append(first_vertex[-1] + body.num_vertices)
            first_face.append(first_face[-1] + body.num_faces)
        joined = np.concatenate(corners)
        around = np.zeros((len(joined), 1), np.int64)
        table = np.concatenate([joined, np.concatenate(owner)[:, None], np.concatenate(beside), around], 1)
        face = np.repeat(np.arange(len(joined)), 3)
        arrays = {
            "faces": table.astype(np.uint32),
            "fans": rows_of(joined.reshape(-1), face, first_vertex[-1]),
            "corner_uv": np.concatenate(uv),
            "tree": np.concatenate(nodes).astype(np.uint32),
            "face_order": np.concatenate(slots).astype(np.uint32),
        }
        return Topology(arrays, first_vertex[-1], len(joined), num_nodes, tuple(first_vertex), tuple(first_face))


def vectors(rows: Tensor) -> np.ndarray:  # [N, 3] -> [N, 4] float32
    """Padded as WGSL's vec4f."""
    return np.pad(array_of(rows), ((0, 0), (0, 1)))


def padded_rows(rows: np.ndarray, multiple: int) -> np.ndarray:  # [N, ...] -> [M, ...]
    """Zeros behind, up to a multiple."""
    missing = math.ceil(len(rows) / multiple) * multiple - len(rows)
    return np.pad(rows, ((0, missing), *((0, 0) for _ in rows.shape[1:])))
