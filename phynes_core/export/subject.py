"""What is exported: an avatar in one person's shape, a reference pose, clips, edited materials and camera tracks."""

from dataclasses import dataclass

import torch
from torch import Tensor

from phynes_core.avatar.avatar import Avatar
from phynes_core.body.files import load_bundled_body
from phynes_core.body.model import BodyModel, Pose
from phynes_core.body.motion.clip import MotionClip
from phynes_core.errors import OutputError
from phynes_core.io.meshes import MeshAtlas
from phynes_core.maps.material_edit import MaterialEdit

LICENSED_BODY_OPTION = "--with-licensed-body"


@dataclass(frozen=True, eq=False)
class CameraTrack:
    """A camera that moves."""

    name: str
    times_s: Tensor  # [K] ascending, from 0
    T_world_cam: Tensor  # [K, 4, 4] OpenCV axes: +X right, +Y down, +Z forward
    fov_deg: Tensor  # [K] vertical
    aspect: float = 1.0  # width / height


@dataclass(frozen=True, eq=False)
class ExportSubject:
    """An avatar as it leaves for other programs. Everything is on the CPU."""

    avatar: Avatar
    betas: Tensor  # [B] the person's shape, changes of it included
    reference: Pose  # its offsets and pose blend shapes are those of a mesh that is only skinned
    material_pose: Tensor  # [72] pose vector of the textures' albedo and roughness
    has_detail: bool  # whether the offset map's detail between the vertices becomes a normal map
    clips: tuple[MotionClip, ...] = ()  # placed on this body, with different names
    materials: MaterialEdit | None = None
    cameras: tuple[CameraTrack, ...] = ()

    @property
    def name(self) -> str:
        """The avatar's name."""
        return self.avatar.name


def has_licensed_body(avatar: Avatar) -> bool:
    """Whether its mesh is a licensed body's: neither the bundled one, which is CC0, nor a person's own template."""
    return avatar.body.template is None and avatar.body.content_hash != load_bundled_body().content_hash


def check_license(avatar: Avatar, is_allowed: bool) -> None:
    """Raise OutputError for an avatar with a licensed body, unless the person who exports it has asked for that."""
    if has_licensed_body(avatar) and not is_allowed:
        raise OutputError(
            f"{avatar.name}: its mesh is the licensed body '{avatar.body.name}', so the file would hold shape and "
            f"skinning that its license lets few people pass on; if you may, add {LICENSED_BODY_OPTION}"
        )


def atlas_of(body: BodyModel) -> MeshAtlas:
    """The body's uv atlas, with the vertex of each entry."""
    vertex = torch.empty(len(body.uv), dtype=torch.int64)
    vertex[body.uv_faces.reshape(-1)] = body.faces.reshape(-1)
    return MeshAtlas(body.num_vertices, vertex, body.uv, body.uv_faces)
