"""LPIPS (Zhang et al. 2018) with weights that the user provides; none are shipped.

The distance of two pictures is the squared difference of a classifier's unit-length features at five depths, weighted
by heads that were fitted to people's judgments. Backbone (AlexNet or VGG16) and heads are recognized by their tensors.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import conv2d, max_pool2d, relu

from phynes_core.checks import check_tensor
from phynes_core.errors import PhynesError
from phynes_core.io.tensor_files import read_tensors
from phynes_core.io.torch_files import read_state_dict
from phynes_core.io.untrusted import FileKind, read_untrusted

WEIGHTS = FileKind(
    "file of weights (.safetensors, or a .pth of tensors)", 1 << 30, PhynesError, "save state_dict() again"
)
SMALLEST = 64  # pixels a side: smaller inputs vanish before AlexNet's last layers
_SHIFT, _SCALE = (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)  # ImageNet's mean and deviation for values in [-1, 1]
_BACKBONE_KEY = re.compile(
    r"(?:^|\.)(?:features|slice\d)\.(\d+)\.(weight|bias)$"
)  # torchvision's and the lpips package's
_HEAD_KEY = re.compile(r"^lin(\d)\.(?:model\.\d+\.)?weight$")


@dataclass(frozen=True)
class _Layer:
    """One convolution, followed by a ReLU."""

    index: int  # in torchvision's `features`
    inputs: int
    outputs: int
    kernel: int
    stride: int = 1
    is_pooled: bool = False  # max pooling before it
    is_tapped: bool = False  # its output is compared


@dataclass(frozen=True)
class _Architecture:
    name: str
    layers: tuple[_Layer, ...]
    pool: tuple[int, int]  # kernel, stride
    first_padding: int


_ALEX = _Architecture(
    "AlexNet",
    (
        _Layer(0, 3, 64, 11, 4, is_tapped=True), _Layer(3, 64, 192, 5, is_pooled=True, is_tapped=True),
        _Layer(6, 192, 384, 3, is_pooled=True, is_tapped=True), _Layer(8, 384, 256, 3, is_tapped=True),
        _Layer(10, 256, 256, 3, is_tapped=True),
    ),
    (3, 2), 2,
)  # fmt: skip
_VGG = _Architecture(
    "VGG16",
    (
        _Layer(0, 3, 64, 3), _Layer(2, 64, 64, 3, is_tapped=True),
        _Layer(5, 64, 128, 3, is_pooled=True), _Layer(7, 128, 128, 3, is_tapped=True),
        _Layer(10, 128, 256, 3, is_pooled=True), _Layer(12, 256, 256, 3), _Layer(14, 256, 256, 3, is_tapped=True),
        _Layer(17, 256, 512, 3, is_pooled=True), _Layer(19, 512, 512, 3), _Layer(21, 512, 512, 3, is_tapped=True),
        _Layer(24, 512, 512, 3, is_pooled=True), _Layer(26, 512, 512, 3), _Layer(28, 512, 512, 3, is_tapped=True),
    ),
    (2, 2), 1,
)  # fmt: skip


@dataclass(frozen=True)
class Lpips:
    """A network with its heads."""

    architecture: _Architecture
    weights: dict[int, tuple[Tensor, Tensor]]  # by layer index: [out, in, k, k], [out]
    heads: tuple[Tensor, ...]  # [1, C, 1, 1] of each tapped layer
    origin: str  # network, files and their hashes

    @torch.no_grad()
    def distance(self, image: Tensor, truth: Tensor) -> float:  # [H, W, 3] sRGB in [0, 1]
        """0 for equal pictures. Values are mapped to [-1, 1] first, as the heads expect."""
        check_tensor("image", image, ["H", "W", 3])
        check_tensor("truth", truth, list(image.shape))
        if min(image.shape[:2]) < SMALLEST:
            raise ValueError(f"image: expected at least {SMALLEST} x {SMALLEST} pixels, got {list(image.shape[:2])}")
        total = 0.0
        features = zip(self._features(image), self._features(truth), self.heads, strict=True)
        for ours, theirs, head in features:
            total += float(conv2d((_unit(ours) - _unit(theirs)).square(), head).mean())
        return total

    def _features(self, image: Tensor) -> list[Tensor]:  # [1, C, h, w] of each tapped layer
        values = (2.0 * image.float() - 1.0 - torch.tensor(_SHIFT)) / torch.tensor(_SCALE)
        values, tapped = values.permute(2, 0, 1)[None], []
        for layer in self.architecture.layers:
            if layer.is_pooled:
                values = max_pool2d(values, *self.architecture.pool)
            padding = self.architecture.first_padding if layer.index == 0 else layer.kernel // 2
            values = relu(conv2d(values, *self.weights[layer.index], stride=layer.stride, padding=padding))
            if layer.is_tapped:
                tapped.append(values)
        return tapped


def load_lpips(files: Sequence[Path]) -> Lpips:
    """Read backbone and heads from one file, or from one each. Raises PhynesError, naming file and remedy."""
    tensors: dict[str, Tensor] = {}
    for path in files:
        tensors |= _read(path)
    where = " + ".join(str(path) for path in files)
    convolutions: dict[int, dict[str, Tensor]] = {}
    heads: dict[int, Tensor] = {}
    for name, value in tensors.items():
        if found := _BACKBONE_KEY.search(name):
            convolutions.setdefault(int(found[1]), {})[found[2]] = value.float()
        elif found := _HEAD_KEY.match(name):
            heads[int(found[1])] = value.float()
    first = convolutions.get(0, {}).get("weight")
    if first is None:
        raise PhynesError(
            f"--lpips {where}: expected the convolutions of AlexNet or VGG16 ('features.0.weight', ...), got none; "
            "name a file of the whole network, or two files: backbone and heads"
        )
    architecture = _ALEX if first.shape[-1] == 11 else _VGG
    tapped = [layer for layer in architecture.layers if layer.is_tapped]
    if sorted(heads) != list(range(len(tapped))):
        raise PhynesError(
            f"--lpips {where}: expected the heads lin0 to lin{len(tapped) - 1}, got {sorted(heads) or 'none'}; "
            "add their file after the backbone's"
        )
    weights: dict[int, tuple[Tensor, Tensor]] = {}
    for layer in architecture.layers:
        shape = (layer.outputs, layer.inputs, layer.kernel, layer.kernel)
        stored = convolutions.get(layer.index, {})
        weight = _shaped(where, f"features.{layer.index}.weight", stored.get("weight"), shape)
        weights[layer.index] = weight, _shaped(where, f"features.{layer.index}.bias", stored.get("bias"), shape[:1])
    shaped = tuple(
        _shaped(where, f"lin{number}", heads[number].reshape(1, -1, 1, 1), (1, layer.outputs, 1, 1))
        for number, layer in enumerate(tapped)
    )
    hashes = ", ".join(
        f"{path.name} sha256 {hashlib.sha256(read_untrusted(path, WEIGHTS)).hexdigest()[:16]}" for path in files
    )
    return Lpips(architecture, weights, shaped, f"{architecture.name} ({hashes})")


def _read(path: Path) -> dict[str, Tensor]:
    if path.suffix == ".safetensors":
        file = read_tensors(path, WEIGHTS)
        return {name: file.tensor(name) for name in file.stored}
    return read_state_dict(path, WEIGHTS)


def _shaped(where: str, name: str, value: Tensor | None, shape: tuple[int, ...]) -> Tensor:
    if value is None or tuple(value.shape) != shape:
        got = "none" if value is None else str(list(value.shape))
        raise PhynesError(
            f"--lpips {where}: tensor {name}: expected shape {list(shape)}, got {got}; name the right file"
        )
    if not bool(value.isfinite().all()):
        raise PhynesError(f"--lpips {where}: tensor {name}: expected finite numbers, got NaN or infinity")
    return value


def _unit(features: Tensor) -> Tensor:  # [1, C, h, w] -> unit length over the channels
    return features / (features.norm(dim=1, keepdim=True) + 1e-10)
