"""Bakes the material textures of live frames, a step at a time: after live frames, and while nothing is rendered."""

import weakref
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from phynes_core.avatar.avatar import Avatar
from phynes_core.avatar.material_texels import Baking, MaterialTexels, texture_side
from phynes_core.avatar.stored_texels import store_texels, stored_texels
from phynes_core.frame.pixels import material_poses
from phynes_core.frame.scene import Scene
from phynes_core.maps.texels import read_texels, texel_differences


@dataclass(eq=False)
class _Texture:
    """The newest texture of an avatar, or how far it is made."""

    vector: Tensor  # [72] that was asked for
    texels: MaterialTexels | None = None
    baking: Baking | None = None
    is_asked_again: bool = False  # the pose rests
    is_unsaved: bool = False


class TexelBaker:
    """Not thread-safe, like the service that owns it. Textures are freed with their avatars."""

    def __init__(self) -> None:
        self._textures: weakref.WeakKeyDictionary[Avatar, _Texture] = weakref.WeakKeyDictionary()

    def warm_up(self) -> None:
        """Compile what reads textures: pictures as small as those of a warm-up read none."""
        uv, steps = torch.full((1, 2), 0.5), torch.zeros(2, 2, dtype=torch.uint8)
        read_texels(torch.zeros(2, 2, 4, dtype=torch.int16), uv)
        texel_differences(torch.zeros(2, 2, 1), uv, steps)

    def placed(self, scene: Scene, is_frozen: bool) -> Scene:
        """The scene with the textures that are ready; `advance` makes the others. Engines on a GPU need none."""
        if scene.device.type != "cpu":
            return scene
        avatars = tuple(posed.avatar for posed in scene.avatars)
        vectors = material_poses(avatars, tuple(posed.pose for posed in scene.avatars), is_frozen)
        posed = tuple(
            replace(entry, texels=self._texels(entry.avatar, vector))
            for entry, vector in zip(scene.avatars, vectors, strict=True)
        )
        return replace(scene, avatars=posed)

    def advance(self, is_idle: bool) -> bool:
        """One step of a few milliseconds, or idle a file to read or write; False where nothing is left to do."""
        for avatar, texture in list(self._textures.items()):
            if texture.texels is not None:
                if is_idle and texture.is_unsaved:
                    store_texels(avatar, texture.vector, texture.texels)
                    texture.is_unsaved = False
                    return True
            elif texture_side(avatar) is not None and (is_idle or texture.is_asked_again):
                self._step(avatar, texture)
                return True
        return False

    def _step(self, avatar: Avatar, texture: _Texture) -> None:
        is_lasting = _serves_for_ever(avatar, texture.vector)
        if texture.baking is None:
            texture.texels = stored_texels(avatar, texture.vector) if is_lasting else None
            texture.baking = Baking(avatar, texture.vector) if texture.texels is None else None
        else:
            texture.texels = texture.baking.step(avatar)
            texture.is_unsaved = is_lasting
        if texture.texels is not None:
            texture.baking = None

    def _texels(self, avatar: Avatar, vector: Tensor) -> MaterialTexels | None:
        texture = self._textures.get(avatar)
        if texture is None or (avatar.materials_follow_pose and not torch.equal(texture.vector, vector)):
            texture = self._textures[avatar] = _Texture(vector)
        else:
            texture.is_asked_again = True
        return texture.texels


def _serves_for_ever(avatar: Avatar, vector: Tensor) -> bool:
    """Whether the texture is worth a file: it is asked for at every start."""
    return not avatar.materials_follow_pose or torch.equal(vector, avatar.training_poses[0])
