"""A neural map: encoded (u, v) and the pose in, a few channels of the surface out (paper, Sec. III)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from phynes_core.checks import check_tensor
from phynes_core.conventions import POSE_DIM
from phynes_core.kernels.cpu.threads import run_in_threads
from phynes_core.kernels.registry import REFERENCE, resolve
from phynes_core.maps.frequency_encoding import FrequencyEncoding
from phynes_core.maps.hash_encoding import HashEncoding, HashEncodingConfig, column_table

if TYPE_CHECKING:
    from phynes_core.kernels.cuda.triton_maps import PackedMap

SOFTPLUS_BETA = 100.0  # close to a ReLU but smooth, as in the signed-distance networks of the paper's family
MAX_OCTAVES = 16  # 2^16 waves across the square are 64 a texel of 1024
TRITON_WIDTHS = (16, 32, 64, 128)  # of hidden layers that a block holds whole; the tensor cores' multiples
QUERY_CHUNK = 4096  # rows of a 64-wide layer that stay in the L2 cache; chunks go to threads, one a core


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
    hidden: Sequence[nn.Linear]  # a ModuleList, which does not tell the type checker what it holds
    pose: nn.Linear | None

    def __init__(self, config: NeuralMapConfig) -> None:
        super().__init__()
        self.config = config
        self._kept: tuple[object, PackedMap] | None = None  # packed for Triton, after what it was made of
        self.backend = "auto"  # what `forward` runs unless it is told otherwise
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
        count: Tensor | None = None,  # [1] int32, on uv's device: how many rows are meant; None: all
    ) -> Tensor:  # [N, output_channels]
        """Values at uv for one pose [pose vector] or a batch of poses; rows beyond the count hold anything finite.

        Differentiable in the parameters and the pose, not in uv.
        """
        check_tensor("uv", uv, ["N", 2])
        if backend == "auto":
            backend = self.backend
        # an adapter that only encodes leaves the layers to torch
        kernel = REFERENCE if backend == "tinycudann" else resolve("neural_map", backend, uv.device.type)
        if kernel == "numba" and self._can_fuse(uv, pose):
            return self._query_numba(uv, self._first_bias(pose))
        if kernel == "triton" and self._can_fuse(uv, pose) and self.config.hidden_width in TRITON_WIDTHS:
            return self._query_triton(uv, self._first_bias(pose), count)
        features = self.encoding(uv, backend)
        bias = self._first_bias(pose)
        if torch.is_grad_enabled() or uv.shape[0] <= QUERY_CHUNK or uv.device.type != "cpu":
            return self._network(features, bias, kernel)
        values = torch.empty(uv.shape[0], self.config.output_channels, dtype=features.dtype)

        @torch.no_grad()
        def query(first: int) -> None:
            rows = slice(first, first + QUERY_CHUNK)
            values[rows] = self._network(features[rows], bias if bias.ndim == 1 else bias[rows])

        run_in_threads(query, range(0, uv.shape[0], QUERY_CHUNK))
        return values

    def _can_fuse(self, uv: Tensor, pose: Tensor | PoseBatch) -> bool:
        """Whether fused kernels serve this query: hash grids, one pose, no gradients, float32 throughout."""
        return (
            isinstance(self.encoding, HashEncoding)
            and not isinstance(pose, PoseBatch)
            and not torch.is_grad_enabled()
            and not torch.is_autocast_enabled(uv.device.type)
            and uv.dtype == self.encoding.grid.dtype == self.head.weight.dtype == torch.float32
        )

    def _query_numba(self, uv: Tensor, first_bias: Tensor) -> Tensor:
        from phynes_core.kernels.cpu import neural_map as kernel

        assert isinstance(self.encoding, HashEncoding)
        table, config, layers = self.encoding.table, self.config, [*self.hidden, self.head]
        grid = kernel.Grid(self.encoding.grid.numpy(), table.scale, table.resolution, table.offset, table.is_hashed)
        network = kernel.Network(
            [layer.weight.numpy() for layer in layers],
            [first_bias.numpy(), *(layer.bias.numpy() for layer in layers[1:])],
            config.activation == "relu", config.residual_output, config.output == "sigmoid",
        )  # fmt: skip
        values = torch.from_numpy(kernel.query(uv.numpy(), grid, network))
        return self.config.output_offset + self.config.output_scale * values

    def _query_triton(self, uv: Tensor, first_bias: Tensor, count: Tensor | None) -> Tensor:
        from phynes_core.kernels.cuda.triton_maps import fused_map

        shape = uv.shape[0], self.config.output_channels
        values = torch.empty(shape, device=uv.device) if count is None else torch.zeros(shape, device=uv.device)
        fused_map(uv, count, self._packed(), first_bias, values)
        return values

    def _packed(self) -> "PackedMap":
        """The parameters as the Triton kernel reads them, packed anew after any of them changed."""
        from phynes_core.kernels.cuda.triton_maps import PackedMap

        assert isinstance(self.encoding, HashEncoding)
        config, layers = self.config, [*self.hidden, self.head]
        key = tuple((parameter.data_ptr(), parameter._version) for parameter in self.parameters())
        if self._kept is None or self._kept[0] != key:
            # colors bear 16 bits; lengths are compared with their neighbors, a millimetre away
            dtype = torch.float16 if config.output == "sigmoid" else torch.float32
            packed = PackedMap.pack(
                column_table(config.encoding, self.encoding.grid.device), self.encoding.grid,
                [layer.weight for layer in layers], [layer.bias for layer in layers[1:]], dtype,
                is_relu=config.activation == "relu", has_residual_output=config.residual_output,
                has_sigmoid=config.output == "sigmoid", output_scale=config.output_scale,
                output_offset=config.output_offset,
            )  # fmt: skip
            self._kept = key, packed
        return self._kept[1]

    def _first_bias(self, pose: Tensor | PoseBatch) -> Tensor:  # [width], or [N, width] for several poses
        bias = self.hidden[0].bias
        if self.pose is None:
            return bias
        if isinstance(pose, PoseBatch):
            check_tensor("pose.poses", pose.poses, ["K", self.config.pose_dim])
            return (self.pose(pose.poses) + bias)[pose.index]
        check_tensor("pose", pose, [self.config.pose_dim])
        return self.pose(pose.to(bias.device)) + bias

    def _network(self, features: Tensor, first_bias: Tensor, kernel: str = REFERENCE) -> Tensor:
        first = self._activate(torch.addmm(first_bias, features, self.hidden[0].weight.T), kernel)
        values = first
        for layer in self.hidden[1:]:
            values = self._activate(layer(values), kernel)
        values = self.head(values + first if self.config.residual_output else values)
        if values.dtype == torch.bfloat16:  # inside torch.autocast
            values = values.float()
        if self.config.output == "sigmoid":
            values = torch.sigmoid(values)
        return self.config.output_offset + self.config.output_scale * values

    def _activate(self, values: Tensor, kernel: str) -> Tensor:
        if self.config.activation == "relu":
            return torch.relu(values)
        if kernel == "numba" and values.dtype == torch.float32:
            return _NumbaSoftplus.apply(values)
        return nn.functional.softplus(values, beta=SOFTPLUS_BETA)


class _NumbaSoftplus(torch.autograd.Function):
    """The numba twin of softplus; differentiable once."""

    @staticmethod
    def forward(ctx, values: Tensor) -> Tensor:
        from phynes_core.kernels.cpu.neural_map import softplus

        result = torch.from_numpy(softplus(values.detach().contiguous().numpy()))
        ctx.save_for_backward(result)
        return result

    @staticmethod
    def backward(ctx, *gradients: Tensor) -> Tensor:
        from phynes_core.kernels.cpu.neural_map import softplus_backward

        (result,) = ctx.saved_tensors
        return torch.from_numpy(softplus_backward(result.numpy(), gradients[0].contiguous().numpy()))
