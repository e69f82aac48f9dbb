"""Relief is what the offset map holds between the vertices of the mesh: mesh losses do not see it, so it has its own.

Volume rendering leaves chance slopes of 11 degrees there, which would show once pixels are shaded with them.
"""

import numpy as np
import torch
from torch import Tensor

from phynes_core.avatar.avatar import Avatar
from phynes_core.render.detail_normals import detail_slope, face_frames


def relief_loss(
    avatar: Avatar,  # its offset map is differentiated
    vertices: Tensor,  # [V, 3] world, displaced
    offsets: Tensor,  # [V] metres, that displaced them
    pose_vector: Tensor,  # [72]
    count: int,
    generator: np.random.Generator,
) -> Tensor:
    """Mean squared slope of the relief, unitless, at `count` random places: a random one in each of random faces."""
    faces = avatar.body.faces
    chosen = torch.from_numpy(generator.integers(0, len(faces), count))
    barycentric = torch.from_numpy(generator.dirichlet(np.ones(3), count).astype(np.float32))
    corners = avatar.body.uv.cpu()[avatar.body.uv_faces[chosen].cpu()]
    rows = torch.arange(3 * count).view(-1, 3)
    frames = face_frames(
        vertices.detach()[faces[chosen]].view(-1, 3), rows, corners, offsets.detach()[faces[chosen]].view(-1)
    )
    uv = (corners * barycentric[..., None]).sum(1)
    device = avatar.light.device
    gradient = avatar.offset_gradient(uv.to(device), pose_vector.to(device)).cpu()
    return detail_slope(gradient, torch.arange(count), frames).square().sum(-1).mean()
