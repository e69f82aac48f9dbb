"""Where head and hands are in a picture, and creases on them that the truth has not."""

import torch
from torch import Tensor

from phynes_core.body.model import BodyModel, cached_per_body
from phynes_core.body.parts import head_and_hands, head_and_hands_faces
from phynes_core.checks import check_tensor
from phynes_core.evaluation.metrics.errors import angle_degrees
from phynes_core.evaluation.metrics.masks import box_mask
from phynes_core.geometry.closest_point import closest_point
from phynes_core.geometry.mesh import adjoining_faces, face_normals, vertex_normals
from phynes_core.render.camera import Camera

PADDING_M = 0.03  # around each part: hair and what sleeves leave of a hand
CREASE_DEG = 15.0  # from which on a dihedral angle that the truth has not is seen as a crease


def head_and_hands_mask(vertices: Tensor, body: BodyModel, camera: Camera) -> Tensor:  # [V, 3] posed -> [H, W] bool
    """The pixels whose ray meets the padded box of the posed head or of a posed hand."""
    mask = torch.zeros(camera.height, camera.width, dtype=torch.bool)
    for chosen in head_and_hands(body).values():
        if bool(chosen.any()):
            mask |= box_mask(vertices[chosen], camera, PADDING_M)
    return mask


def crease_degrees(
    vertices: Tensor,  # [V, 3] ours
    faces: Tensor,  # [F, 3]
    edge_faces: Tensor,  # [E, 2] the faces on either side of the edges that are judged
    true_vertices: Tensor,  # [W, 3]
    true_faces: Tensor,  # [G, 3]
) -> Tensor:  # [E]
    """By how much our surface turns more across an edge than the true one does at the same place.

    Ours turns by the dihedral angle. The truth turns by the largest angle between its smooth normals at the points
    closest to the corners of both faces, so that a coarse mesh of a round finger has no creases, but a fold has.
    """
    check_tensor("edge_faces", edge_faces, ["E", 2])
    used, corners = faces[edge_faces].reshape(-1, 6).unique(return_inverse=True)
    closest = closest_point(true_vertices, true_faces, vertices[used])
    smooth = closest.interpolate(vertex_normals(true_vertices, true_faces), true_faces)[corners]  # [E, 6, 3]
    true_turn = torch.stack([angle_degrees(smooth, smooth.roll(shift, 1)) for shift in (1, 2, 3)]).amax((0, 2))
    ours = face_normals(vertices, faces)[edge_faces]
    return angle_degrees(ours[:, 0], ours[:, 1]) - true_turn


def crease_numbers(
    vertices: Tensor, body: BodyModel, true_vertices: Tensor, true_faces: Tensor
) -> dict[str, float]:  # [V, 3] posed and displaced; [W, 3], [G, 3]
    """Creases on head and hands: the largest excess, its 99th percentile, and the share of edges that are creases.

    Empty for a body without head and hands.
    """
    edges = _judged_edges(body)
    if len(edges) == 0:
        return {}
    excess = crease_degrees(vertices, body.faces, edges, true_vertices, true_faces)
    return {
        "crease_degrees_max": float(excess.max()),
        "crease_degrees_p99": float(torch.quantile(excess, 0.99)),
        "crease_share": float((excess > CREASE_DEG).float().mean()),
    }


@cached_per_body
def _judged_edges(body: BodyModel) -> Tensor:  # [E, 2] faces on both sides
    """Edges between two faces that both lie on head or hands."""
    is_inside = head_and_hands_faces(body)
    beside = adjoining_faces(body.faces)
    own = torch.arange(len(beside))[:, None].expand_as(beside)
    is_judged = (beside > own) & is_inside[:, None] & is_inside[beside.clamp(min=0)]
    return torch.stack([own[is_judged], beside[is_judged]], 1)
