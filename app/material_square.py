"""An avatar's materials as a small picture of the UV square, for panels and eyedroppers."""

import torch

from app.frames import MaterialSquare
from phynes_core.avatar.avatar import Avatar
from phynes_core.body.texels import TEXELS, surface_texels, texel_centers
from phynes_core.maps.material_edit import MaterialEdit, edited

SIDE = 256  # texels of 7 mm on a body


class MapSquare:
    """What the maps say in the first training pose, asked once."""

    @torch.no_grad()
    def __init__(self, avatar: Avatar) -> None:
        step = TEXELS // SIDE
        face_at = surface_texels(avatar.body).face_at[step // 2 :: step, step // 2 :: step]
        self._is_body = face_at >= 0
        self._index = torch.nonzero(self._is_body.reshape(-1))[:, 0]
        self._uv = texel_centers(self._index, SIDE)
        pose = avatar.training_poses[0]
        self._albedo, self._roughness = avatar.query_albedo(self._uv, pose), avatar.query_roughness(self._uv, pose)

    def edited(self, edit: MaterialEdit | None) -> MaterialSquare:
        """With an avatar's edits on top."""
        albedo, roughness = self._albedo, self._roughness
        if edit is not None:
            albedo, roughness = edited(edit, self._uv, albedo, roughness)
        colors, rough = torch.zeros(SIDE * SIDE, 3), torch.zeros(SIDE * SIDE)
        colors[self._index], rough[self._index] = albedo, roughness
        return MaterialSquare(colors.view(SIDE, SIDE, 3).numpy(), rough.view(SIDE, SIDE).numpy(), self._is_body.numpy())
