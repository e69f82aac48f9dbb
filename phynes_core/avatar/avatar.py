"""The avatar: a body, four neural maps and the light learned in training. It knows nothing of images."""

from copy import deepcopy
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor, nn

from phynes_core.body.atlas import CHART_RESOLUTION, average_over_seams, open_steps, step_table
from phynes_core.body.model import MAX_BETAS, BodyModel, Pose, displaced, pose_body
from phynes_core.checks import check_tensor
from phynes_core.conventions import DEFAULT_F0, MIN_ROUGHNESS, POSE_DIM, PROBE_COLUMNS, PROBE_ROWS
from phynes_core.maps.neural_map import NeuralMap, NeuralMapConfig, PoseBatch

NUM_VECTOR_CHANNELS = 3  # of an offset map that gives vectors; one that gives lengths has 1
OFFSET_SCALE_M = 0.1  # metres per unit of the offset network, so that all networks learn at one rate

OFFSET_MAP = NeuralMapConfig(1, num_layers=3, residual_output=True, output_scale=OFFSET_SCALE_M)
TEXTURE_MAP = NeuralMapConfig(3, num_layers=5, activation="relu", output="sigmoid")
ALBEDO_MAP = NeuralMapConfig(3, num_layers=5, output="sigmoid")
ROUGHNESS_MAP = NeuralMapConfig(
    1, num_layers=5, output="sigmoid", output_scale=1.0 - MIN_ROUGHNESS, output_offset=MIN_ROUGHNESS
)


@dataclass(frozen=True)
class AvatarRecord:
    """An avatar's data besides its tensors."""

    name: str
    f0: float = DEFAULT_F0
    metrics: dict[str, float] = field(default_factory=dict)  # measured on held-out views
    provenance: dict[str, str | int | float] = field(default_factory=dict)  # how it was made

    @property
    def has_detail(self) -> bool:
        """Whether training shaded through per-pixel normals; else the offset map holds noise between the vertices."""
        return bool(self.provenance.get("pixel_normals", 0))


class Avatar(nn.Module):
    """(uv, pose) -> offset, texture, albedo, roughness."""

    # buffers, declared for the type checker
    light: Tensor  # [16, 32, 3] linear radiance learned in training
    betas: Tensor  # [B] the person's shape
    training_poses: Tensor  # [K, POSE_DIM] pose vectors

    def __init__(
        self,
        body: BodyModel,
        record: AvatarRecord,
        offset: NeuralMap,
        texture: NeuralMap,
        albedo: NeuralMap,
        roughness: NeuralMap,
        light: Tensor,  # [16, 32, 3] linear radiance learned in training
        betas: Tensor,  # [B] the person's shape
        training_poses: Tensor,  # [K, POSE_DIM] pose vectors of training; frozen materials use the first
    ) -> None:
        super().__init__()
        check_tensor("light", light, [PROBE_ROWS, PROBE_COLUMNS, 3])
        check_tensor("training_poses", training_poses, ["K", POSE_DIM])
        self.body = body
        self.record = record
        self.offset = offset
        self.texture = texture
        self.albedo = albedo
        self.roughness = roughness
        self.register_buffer("light", light)
        self.register_buffer("betas", betas)
        self.register_buffer("training_poses", training_poses)

    @staticmethod
    def untrained(
        body: BodyModel,
        name: str = "untrained",
        offset: NeuralMapConfig = OFFSET_MAP,
        texture: NeuralMapConfig = TEXTURE_MAP,
        albedo: NeuralMapConfig = ALBEDO_MAP,
        roughness: NeuralMapConfig = ROUGHNESS_MAP,
    ) -> "Avatar":
        """The bare body with maps as they start training, under uniform light of radiance one half."""
        maps = NeuralMap(offset), NeuralMap(texture), NeuralMap(albedo), NeuralMap(roughness)
        light = torch.full((PROBE_ROWS, PROBE_COLUMNS, 3), 0.5)
        return Avatar(body, AvatarRecord(name), *maps, light, torch.zeros(MAX_BETAS), torch.zeros(1, POSE_DIM))

    @property
    def name(self) -> str:
        """The avatar's name."""
        return self.record.name

    @property
    def materials_follow_pose(self) -> bool:
        """Whether albedo or roughness depend on the pose; else freezing them changes nothing."""
        return self.albedo.config.pose_dim > 0 or self.roughness.config.pose_dim > 0

    def use_map_backend(self, name: str) -> None:
        """Set the default backend of the four maps; "auto": the best that works."""
        for neural_map in (self.offset, self.texture, self.albedo, self.roughness):
            neural_map.backend = name

    def rest_pose(self) -> Pose:
        """The T-pose in this person's shape."""
        return replace(Pose.rest(), betas=self.betas)

    def copied_to(self, device: torch.device) -> "Avatar":
        """A copy with its body and maps on a device: frames are computed on the body's device.

        The light, the shape and the poses stay on the CPU, where scenes are described.
        """
        networks = self.offset, self.texture, self.albedo, self.roughness
        offset, texture, albedo, roughness = (deepcopy(network).to(device) for network in networks)
        copy = Avatar(
            self.body.to(device), self.record, offset, texture, albedo, roughness, self.light, self.betas,
            self.training_poses,
        )  # fmt: skip
        return copy.requires_grad_(False)

    @property
    def has_vector_offsets(self) -> bool:
        """Whether offsets are vectors in the T-pose's axes; else lengths along the posed normals."""
        return self.offset.config.output_channels == NUM_VECTOR_CHANNELS

    def vertex_offsets(self, pose_vector: Tensor) -> Tensor:  # [POSE_DIM] -> [V] or [V, 3] metres, as `displaced` says
        """The offset map on the vertices; the copies of a seam vertex are averaged, so the mesh stays closed."""
        values = average_over_seams(self.body, self.offset(self.body.uv, pose_vector))
        return values if values.shape[1] == NUM_VECTOR_CHANNELS else values[:, 0]

    def displaced_vertices(self, pose: Pose, offsets: Tensor | None = None) -> Tensor:  # [V, 3] world
        """The posed body moved by its offsets (body.model.displaced).

        `offsets` are those of `vertex_offsets` for this pose, if the caller has them already.
        """
        if offsets is None:
            offsets = self.vertex_offsets(pose.vector())
        return displaced(pose_body(self.body, pose), self.body.faces, offsets)

    def offset_gradient(
        self, uv: Tensor, pose: Tensor | PoseBatch, backend: str = "auto", count: Tensor | None = None
    ) -> Tensor:  # [N, 2] -> [N, 2], of vectors [N, 3, 2], metres
        """d l / d(u, v): differences of the offset map over a cell of the finest grid to either side.

        One-sided where a step would leave the chart, 0 where both would. Differentiable in the map's parameters and
        the pose, not in uv. Rows beyond `count` hold any finite value (NeuralMap.forward).
        """
        check_tensor("uv", uv, ["N", 2])
        cell = 1.0 / CHART_RESOLUTION
        length = open_steps(self.body, uv).T.to(uv.dtype).contiguous() * cell  # [4, N]
        steps = step_table(uv.dtype, uv.device)
        stepped = uv + steps[:, None] * length[:, :, None]  # [4, N, 2]
        if count is not None:  # of each of the four
            left, right, down, up = (self.offset(part, pose, backend, count) for part in stepped)
        else:
            if isinstance(pose, PoseBatch):
                pose = PoseBatch(pose.poses, pose.index.repeat(4))
            left, right, down, up = self.offset(stepped.view(-1, 2), pose, backend).unflatten(0, (4, len(uv)))
        apart = (length[0::2] + length[1::2]).clamp(min=cell)[..., None]  # [2, N, 1]
        gradient = torch.stack([(right - left) / apart[0], (up - down) / apart[1]], -1)
        return gradient if gradient.shape[1] == NUM_VECTOR_CHANNELS else gradient[:, 0]

    def query_texture(self, uv: Tensor, pose: Tensor | PoseBatch) -> Tensor:  # [N, 2] -> [N, 3] sRGB in [0, 1]
        """Appearance under the training light, as stage 1 learned it."""
        return self.texture(uv, pose)

    def query_albedo(
        self, uv: Tensor, pose: Tensor | PoseBatch, count: Tensor | None = None
    ) -> Tensor:  # [N, 2] -> [N, 3] linear in [0, 1]
        """Diffuse reflectance; rows beyond `count` hold any finite value (NeuralMap.forward)."""
        return self.albedo(uv, pose, count=count)

    def query_roughness(
        self, uv: Tensor, pose: Tensor | PoseBatch, count: Tensor | None = None
    ) -> Tensor:  # [N, 2] -> [N]
        """Perceptual roughness; alpha is its square. Rows beyond `count` as in query_albedo."""
        return self.roughness(uv, pose, count=count)[:, 0]
