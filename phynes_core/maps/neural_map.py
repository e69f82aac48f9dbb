"""A neural map: encoded (u, v) and the pose in, a few channels of the surface out (paper, Sec. III)."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from phynes_core.checks import check_tensor
from phynes_core.conventions import POSE_DIM
from phynes_core.kernels.cpu.threads import run_in_threads
from phynes_core.kernels.registry import NEURAL_MAP, REFERENCE, SOFTPLUS, TRAIN_MAP, resolve
from phynes_core.kernels.surface_interfaces import HashLevels, MapLayers, Softplus
from phynes_core.maps.encodings import FrequencyEncoding, HashEncoding, HashEncodingConfig, encode_reference

SOFTPLUS_BETA = 100.0  # close to a ReLU but smooth, as in the signed-distance networks of the paper's family
MAX_OCTAVES = 16  # 2^16 waves across the square: 64 for each of 1024 texels
QUERY_CHUNK = 4096  # rows of a 64-wide layer that fit the L2 cache; one thread a core processes chunks


@dataclass(frozen=True)
class NeuralMapConfig:
    """One map's shape. "num_layers" counts fully connected layers."""

    output_channels: int
    num_layers: int
    activation: str = "softplus"  # or "relu"
    output: str = "linear"  # or "sigmoid"
    residual_output: bool = False  # a further, zero-initialized layer on the last hidden layer plus the first
    pose_dim: int = POSE_DIM  # 0: the map does not depend on the pose
    hidden_width: int = 64
    output_scale: float = 1.0  # value = output_offset + output_scale * network
    output_offset: float = 0.0
    encoding: HashEncodingConfig = field(default_factory=HashEncodingConfig)
    frequency_octaves: int = 0  # more than 0: sines and cosines of uv in so many octaves instead of the hash grid

    def __post_init__(self) -> None:
        if self.activation not in ("softplus", "relu"):
            raise ValueError(f"activation: expected 'softplus' or 'relu', got '{self.activation}'")
        if self.output not in ("linear", "sigmoid"):
            raise ValueError(f"output: expected 'linear' or 'sigmoid', got '{self.output}'")
        if self.num_layers < 2:
            raise ValueError(f"num_layers: expected at least 2, got {self.num_layers}")
        if not 0 <= self.frequency_octaves <= MAX_OCTAVES:
            raise ValueError(f"frequency_octaves: expected 0 to {MAX_OCTAVES}, got {self.frequency_octaves}")


@dataclass(frozen=True)
class PoseBatch:
    """Several poses in one query: row i of the query sees poses[index[i]]."""

    poses: Tensor  # [K, pose_dim]
    index: Tensor  # [N] int64


class NeuralMap(nn.Module):
    """(u, v), pose -> values. The pose enters the first layer; one pose for all rows folds into its bias."""

    encoding: HashEncoding | FrequencyEncoding
    hidden: Sequence[nn.Linear]  # a ModuleList, whose element type the type checker does not know
    pose: nn.Linear | None

    def __init__(self, config: NeuralMapConfig) -> None:
        super().__init__()
        self.config = config
        self.backend = "auto"  # the default of `forward`
        octaves = config.frequency_octaves
        self.encoding = FrequencyEncoding(octaves) if octaves else HashEncoding(config.encoding)
        width = config.hidden_width
        num_hidden = config.num_layers if config.residual_output else config.num_layers - 1
        inputs = [self.encoding.output_width] + [width] * (num_hidden - 1)
        self.hidden = nn.ModuleList(nn.Linear(size, width) for size in inputs)  # type: ignore[assignment]
        self.pose = nn.Linear(config.pose_dim, width, bias=False) if config.pose_dim else None
        self.head = nn.Linear(width, config.output_channels)
        for layer in [*self.hidden, *([self.pose] if self.pose is not None else [])]:
            nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu")
        for layer in self.hidden:
            nn.init.zeros_(layer.bias)
        if config.residual_output:
            nn.init.zeros_(self.head.weight)
            nn.init.zeros_(self.head.bias)

    def forward(
        self,
        uv: Tensor,  # [N, 2]
        pose: Tensor | PoseBatch,
        backend: str = "auto",
        count: Tensor | None = None,  # [1] int32, on uv's device: the number of valid rows; None: all
    ) -> Tensor:  # [N, output_channels]
        """Values at uv for one pose [pose vector] or a batch of poses; rows beyond the count hold any finite value.

        Differentiable in the parameters and the pose, not in uv.
        """
        check_tensor("uv", uv, ["N", 2])
        if backend == "auto":
            backend = self.backend
        # an adapter that only encodes leaves the layers to torch
        chosen = REFERENCE if backend == "tinycudann" else resolve("neural_map", backend, uv.device.type)
        layers, encoding = self._layers(), self.encoding
        biases, index = self._first_biases(pose)
        if isinstance(encoding, HashEncoding) and chosen != REFERENCE and self._can_fuse(uv, encoding):
            has_gradients = torch.is_grad_enabled() and (
                biases.requires_grad or any(value.requires_grad for value in self.parameters())
            )
            if has_gradients and uv.device.type == "cpu":
                run = TRAIN_MAP.load(chosen, uv.device.type)
                return run(uv, index, encoding.grid, encoding.table, biases, layers)
            if not has_gradients and index is None:
                run = NEURAL_MAP.load(chosen, uv.device.type)
                values = run(uv.detach(), encoding.grid, encoding.table, biases[0], layers, count)
                if values is not None:
                    return values
        softplus = SOFTPLUS.load(chosen, uv.device.type)
        return query_layers(encoding(uv, backend), biases[0] if index is None else biases[index], layers, softplus)

    def _can_fuse(self, uv: Tensor, encoding: HashEncoding) -> bool:
        """Whether kernels of the whole map serve this query: float32 throughout."""
        return (
            not torch.is_autocast_enabled(uv.device.type)
            and uv.dtype == encoding.grid.dtype == self.head.weight.dtype == torch.float32
        )

    def _layers(self) -> MapLayers:
        config, layers = self.config, [*self.hidden, self.head]
        return MapLayers(
            [layer.weight for layer in layers], [layer.bias for layer in layers[1:]], config.activation == "relu",
            SOFTPLUS_BETA, config.residual_output, config.output == "sigmoid", config.output_scale,
            config.output_offset,
        )  # fmt: skip

    def _first_biases(self, pose: Tensor | PoseBatch) -> tuple[Tensor, Tensor | None]:  # [K, width], [N] rows of it
        """Of each pose; no rows where all points have the same one."""
        bias = self.hidden[0].bias
        if self.pose is None:
            return bias[None], None
        if isinstance(pose, PoseBatch):
            check_tensor("pose.poses", pose.poses, ["K", self.config.pose_dim])
            return self.pose(pose.poses) + bias, pose.index
        check_tensor("pose", pose, [self.config.pose_dim])
        return (self.pose(pose.to(bias.device)) + bias)[None], None


def query_reference(
    uv: Tensor, grid: Tensor, levels: HashLevels, first_bias: Tensor, layers: MapLayers, count: Tensor | None
) -> Tensor:
    """The specification of the interface QueryMap; computes all rows."""
    return query_layers(encode_reference(uv, grid, levels), first_bias, layers, softplus_reference)


def train_reference(
    uv: Tensor, index: Tensor | None, grid: Tensor, levels: HashLevels, first_biases: Tensor, layers: MapLayers
) -> Tensor:
    """The specification of the interface TrainMap."""
    first_bias = first_biases[0] if index is None else first_biases[index]
    return _apply_layers(encode_reference(uv, grid, levels), first_bias, layers, softplus_reference)


def query_layers(
    features: Tensor,  # [N, encoded width]
    first_bias: Tensor,  # [W], or [N, W] for several poses
    layers: MapLayers,
    softplus: Softplus,
) -> Tensor:  # [N, channels]
    """The layers in torch, softplus by a kernel; differentiable. Without gradients, threads share the rows."""
    if torch.is_grad_enabled() or features.shape[0] <= QUERY_CHUNK or features.device.type != "cpu":
        return _apply_layers(features, first_bias, layers, softplus)
    values = torch.empty(features.shape[0], layers.weights[-1].shape[0], dtype=features.dtype)

    @torch.no_grad()
    def query(first: int) -> None:
        rows = slice(first, first + QUERY_CHUNK)
        bias = first_bias if first_bias.ndim == 1 else first_bias[rows]
        values[rows] = _apply_layers(features[rows], bias, layers, softplus_reference)

    run_in_threads(query, range(0, features.shape[0], QUERY_CHUNK))
    return values


def _apply_layers(features: Tensor, first_bias: Tensor, layers: MapLayers, softplus: Softplus) -> Tensor:
    def activate(values: Tensor) -> Tensor:
        if layers.is_relu:
            return torch.relu(values)
        run = softplus if values.dtype == torch.float32 else softplus_reference
        return run(values, layers.softplus_beta)

    first = activate(torch.addmm(first_bias, features, layers.weights[0].T))
    values = first
    for weight, bias in zip(layers.weights[1:-1], layers.biases[:-1], strict=True):
        values = activate(nn.functional.linear(values, weight, bias))
    values = values + first if layers.has_residual_output else values
    values = nn.functional.linear(values, layers.weights[-1], layers.biases[-1])
    if values.dtype == torch.bfloat16:  # inside torch.autocast
        values = values.float()
    if layers.has_sigmoid:
        values = torch.sigmoid(values)
    return layers.output_offset + layers.output_scale * values


def softplus_reference(values: Tensor, beta: float) -> Tensor:
    """The specification of the interface Softplus."""
    return nn.functional.softplus(values, beta=beta)
