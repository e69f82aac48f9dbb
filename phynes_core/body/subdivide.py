"""A body split by midpoints: each face becomes four (paper, Sec. IV: 27,554 vertices and 55,104 faces gain nothing).

What belongs to a vertex (template, shape and pose directions, skinning weights) and to a uv entry is the mean of an
edge's two ends; the joints depend on the old vertices alone and stay where they were.
"""

from dataclasses import replace

import torch
from torch import Tensor

from phynes_core.body.model import BodyModel

MAX_SPLITS = 2  # 110,210 vertices


def split_body(body: BodyModel, times: int) -> BodyModel:
    """The body after `times` midpoint splits; its content_hash stays that of the file it came from."""
    if not 0 <= times <= MAX_SPLITS:
        raise ValueError(f"times: expected 0 to {MAX_SPLITS} splits, got {times}")
    for _ in range(times):
        body = _split_once(body)
    return body


def source_atlas(body: BodyModel) -> tuple[Tensor, Tensor]:  # uv [U, 2], uv_faces [F, 3]
    """The atlas of the body before its splits: old entries come first, and child k < 3 of a face holds its corner k."""
    uv_faces = body.uv_faces
    for _ in range(body.num_splits):
        uv_faces = uv_faces.view(-1, 4, 3)[:, :3, 0]
    return body.uv[: int(uv_faces.max()) + 1], uv_faces


def _split_once(body: BodyModel) -> BodyModel:
    faces, edges = _split_faces(body.faces, body.num_vertices)
    uv_faces, uv_edges = _split_faces(body.uv_faces, body.uv.shape[0])
    posedirs = body.posedirs.view(body.posedirs.shape[0], -1, 3)
    new_posedirs = torch.cat([posedirs, posedirs[:, edges].mean(2)], 1)
    regressor = torch.cat([body.joint_regressor, body.joint_regressor.new_zeros(len(body.parents), len(edges))], 1)
    return replace(
        body,
        v_template=_with_midpoints(body.v_template, edges),
        shapedirs=_with_midpoints(body.shapedirs, edges),
        posedirs=new_posedirs.reshape(len(new_posedirs), -1).contiguous(),
        joint_regressor=regressor,
        weights=_with_midpoints(body.weights, edges),
        faces=faces,
        uv=_with_midpoints(body.uv, uv_edges),
        uv_faces=uv_faces,
        num_splits=body.num_splits + 1,
    )


def _with_midpoints(values: Tensor, edges: Tensor) -> Tensor:  # [V, ...], [E, 2] -> [V + E, ...]
    return torch.cat([values, values[edges].mean(1)])


def _split_faces(faces: Tensor, count: int) -> tuple[Tensor, Tensor]:  # [F, 3] -> [4 F, 3], edges [E, 2]
    """Children 4 f .. 4 f + 3 of face f: one at each corner, which comes first in it, and the middle one."""
    sides = torch.stack([faces, faces.roll(-1, 1)], -1).sort(-1).values  # [F, 3, 2]: ab, bc, ca
    edges, side = torch.unique(sides.view(-1, 2), dim=0, return_inverse=True)
    middle = count + side.view(-1, 3)  # vertex in the middle of ab, bc, ca
    a, b, c = faces.unbind(1)
    ab, bc, ca = middle.unbind(1)
    children = [torch.stack(corners, -1) for corners in ((a, ab, ca), (b, bc, ab), (c, ca, bc), (ab, bc, ca))]
    return torch.stack(children, 1).view(-1, 3), edges
