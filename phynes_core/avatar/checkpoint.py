"""Read and write .ckpt: a safetensors file with one JSON entry of metadata, never a pickle.

Tensors, M being offset, texture, albedo or roughness:
  M.grid           [entries, features] float16, tiny-cuda-nn's layout (maps/encodings.py); absent in maps with
                   frequency encoding (config frequency_octaves)
  M.mlp.0.weight   [width, encoding + pose]: columns of the encoded (u, v), then of the pose vector
  M.mlp.i.weight, M.mlp.i.bias   the further layers, the last one being the output
  light.probes [16, 32, 3]   body.betas [B]   training.poses [K, POSE_DIM]
  body.uv [U, 2], body.uv_faces [F, 3]   of the body before splits, only if unwrapped here, not from a licensed file
Metadata "phynes": format version, name, body name, hash and splits, map configs, f0, metrics, provenance.
"""

import dataclasses
import difflib
import hashlib
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as safetensors_bytes
from torch import Tensor

from phynes_core.avatar.avatar import Avatar, AvatarRecord
from phynes_core.body.files import load_body, load_bundled_body
from phynes_core.body.model import BodyModel
from phynes_core.body.subdivide import MAX_SPLITS, source_atlas, split_body
from phynes_core.conventions import POSE_DIM, PROBE_COLUMNS, PROBE_ROWS
from phynes_core.errors import CheckpointError
from phynes_core.io.output_files import replacing
from phynes_core.io.shipped_files import CHECKPOINTS, bundled_avatars
from phynes_core.maps.encodings import HashEncoding, HashEncodingConfig
from phynes_core.maps.neural_map import NeuralMap, NeuralMapConfig

FORMAT_VERSION = 1
METADATA_KEY = "phynes"
MAP_CHANNELS = {"offset": 1, "texture": 3, "albedo": 3, "roughness": 1}


def save_checkpoint(path: Path, avatar: Avatar) -> None:
    """Write the avatar; the file appears whole or not at all. Raises OutputError for an unwritable path."""
    tensors: dict[str, Tensor] = {
        "light.probes": avatar.light,
        "body.betas": avatar.betas,
        "training.poses": avatar.training_poses,
    }
    for name in MAP_CHANNELS:
        tensors |= {f"{name}.{key}": value for key, value in _map_tensors(getattr(avatar, name)).items()}
    if avatar.body.uv_is_unwrapped:
        uv, uv_faces = source_atlas(avatar.body)
        tensors |= {"body.uv": uv, "body.uv_faces": uv_faces.int()}
    record = avatar.record
    metadata = {
        "format_version": FORMAT_VERSION,
        "name": record.name,
        "f0": record.f0,
        "body": {
            "name": avatar.body.name,
            "hash": avatar.body.content_hash,
            "uv_hash": _uv_hash(*source_atlas(avatar.body)),
            "splits": avatar.body.num_splits,
        },
        "maps": {name: dataclasses.asdict(getattr(avatar, name).config) for name in MAP_CHANNELS},
        "metrics": record.metrics,
        "provenance": record.provenance,
    }
    contiguous = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    payload = safetensors_bytes(contiguous, {METADATA_KEY: json.dumps(metadata, sort_keys=True)})
    with replacing(path) as temporary:
        temporary.write_bytes(payload)


def load_checkpoint(path: Path, smpl: Path | None = None, smpl_uv: Path | None = None) -> Avatar:
    """Read an avatar. `smpl` (and `smpl_uv`) name the licensed body of a checkpoint that was trained on one.

    Raises CheckpointError, naming the file, the field, what was expected and what was found.
    """
    tensors, metadata = _read(path)
    fields = _Fields(path, metadata)
    version = fields.get("format_version", int)
    if version != FORMAT_VERSION:
        raise CheckpointError(
            f"{path}: format_version: expected {FORMAT_VERSION}, got {version}; "
            + ("update this program" if version > FORMAT_VERSION else "train it again with this program")
        )
    body = _load_body(path, fields.get("body", dict), tensors, smpl, smpl_uv)
    configs = fields.get("maps", dict)
    maps = {name: _load_map(path, name, configs.get(name), tensors) for name in MAP_CHANNELS}
    light = _take(path, tensors, "light.probes", (PROBE_ROWS, PROBE_COLUMNS, 3))
    if bool((light < 0).any()):
        raise CheckpointError(f"{path}: light.probes: expected radiance >= 0, got {light.min():.3g}; train it again")
    betas = _take(path, tensors, "body.betas", (None,))
    poses = _take(path, tensors, "training.poses", (None, POSE_DIM))
    f0 = fields.get("f0", float)
    if not 0.0 <= f0 <= 1.0:
        raise CheckpointError(f"{path}: f0: expected a reflectance in [0, 1], got {f0}; train it again")
    record = AvatarRecord(fields.get("name", str), f0, fields.get("metrics", dict), fields.get("provenance", dict))
    avatar = Avatar(body, record, light=light, betas=betas, training_poses=poses, **maps)
    return avatar.eval().requires_grad_(False)


def resolve_avatar_path(name: str) -> Path:
    """A path as given, else a bare name in checkpoints/ with or without .ckpt. CheckpointError lists what exists."""
    for candidate in (Path(name), CHECKPOINTS / name, CHECKPOINTS / f"{name}.ckpt"):
        if candidate.is_file():
            return candidate
    known = [file.name for file in bundled_avatars().values()]
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"did you mean {close[0]}? " if close else ""
    raise CheckpointError(
        f"avatar {name}: expected a .ckpt file or a name in checkpoints/, got neither; "
        f"{hint}available: {', '.join(known) or 'none, train one with: python launch.py train'}"
    )


def _read(path: Path) -> tuple[dict[str, Tensor], object]:
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}
    except (SafetensorError, OSError) as cause:
        raise CheckpointError(
            f"{path}: expected a PhyNES .ckpt (safetensors), got an unreadable file ({' '.join(str(cause).split())}); "
            "copy it again or train it again"
        ) from cause
    if METADATA_KEY not in metadata:
        raise CheckpointError(
            f"{path}: expected the metadata entry '{METADATA_KEY}', got a safetensors file of something else"
        )
    for name, value in tensors.items():
        if value.is_floating_point() and not bool(value.isfinite().all()):
            raise CheckpointError(f"{path}: {name}: expected finite numbers, got NaN or infinity; train it again")
    try:
        return tensors, json.loads(metadata[METADATA_KEY])
    except ValueError as cause:
        raise CheckpointError(f"{path}: metadata: expected JSON, got {cause}; copy it again") from cause


class _Fields:
    """Typed access to the metadata; a wrong or missing field is named."""

    def __init__(self, path: Path, metadata: object) -> None:
        self.path = path
        self.metadata: Mapping[str, Any] = metadata if isinstance(metadata, dict) else {}

    def get(self, name: str, kind: type) -> Any:
        value = self.metadata.get(name)
        if kind is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if not isinstance(value, kind) or (isinstance(value, float) and not math.isfinite(value)):
            raise CheckpointError(
                f"{self.path}: metadata field '{name}': expected {kind.__name__}, got {value!r:.60}; train it again"
            )
        return value


def _load_body(
    path: Path, reference: Mapping[str, Any], tensors: dict[str, Tensor], smpl: Path | None, smpl_uv: Path | None
) -> BodyModel:
    body = load_bundled_body()
    name, content_hash = reference.get("name"), reference.get("hash")
    if content_hash != body.content_hash:
        if smpl is None:
            raise CheckpointError(
                f"{path}: trained on the body '{name}', which does not ship here; name its file with --smpl"
            )
        atlas = None
        if "body.uv" in tensors and "body.uv_faces" in tensors:
            atlas = (_take(path, tensors, "body.uv", (None, 2)), tensors["body.uv_faces"].long())
        body = load_body(smpl, smpl_uv, atlas)
    if content_hash != body.content_hash:
        raise CheckpointError(
            f"{path}: trained on the body '{name}' with hash {str(content_hash)[:12]}, "
            f"got {smpl} with hash {body.content_hash[:12]}; name the file it was trained with"
        )
    if reference.get("uv_hash") != _uv_hash(body.uv, body.uv_faces):
        raise CheckpointError(
            f"{path}: trained on another UV atlas than that of {smpl_uv or smpl or 'the bundled body'}; "
            "name the UV file it was trained with by --smpl-uv"
        )
    splits = reference.get("splits", 0)  # older files have none
    if type(splits) is not int or not 0 <= splits <= MAX_SPLITS:
        raise CheckpointError(
            f"{path}: metadata field 'body.splits': expected 0 to {MAX_SPLITS}, got {splits!r:.40}; train it again"
        )
    return split_body(body, splits)


def _uv_hash(uv: Tensor, uv_faces: Tensor) -> str:
    digest = hashlib.sha256(uv.contiguous().numpy().tobytes())
    digest.update(uv_faces.contiguous().numpy().tobytes())
    return digest.hexdigest()


def _load_map(path: Path, name: str, settings: object, tensors: dict[str, Tensor]) -> NeuralMap:
    if not isinstance(settings, dict):
        raise CheckpointError(f"{path}: metadata field 'maps.{name}': expected a config, got {settings!r:.40}")
    try:
        encoding = HashEncodingConfig(**settings.get("encoding", {}))
        _check_sizes(encoding, settings)
        if settings.get("output_channels") != MAP_CHANNELS[name]:
            raise ValueError(f"output_channels: expected {MAP_CHANNELS[name]}, got {settings.get('output_channels')}")
        network = NeuralMap(NeuralMapConfig(**{**settings, "encoding": encoding}))
    except (TypeError, ValueError) as cause:
        raise CheckpointError(f"{path}: metadata field 'maps.{name}': {cause}; train it again") from cause
    expected = _map_tensors(network)
    stored = {key: _take(path, tensors, f"{name}.{key}", tuple(value.shape)) for key, value in expected.items()}
    _fill_map(network, stored)
    return network


def _check_sizes(encoding: HashEncodingConfig, settings: Mapping[str, Any]) -> None:
    """Limits for files from unknown sources, which must not make us allocate gigabytes."""
    limits = {"num_levels": 32, "num_features": 8, "log2_entries": 24, "base_resolution": 1024}
    numbers = dataclasses.asdict(encoding)
    numbers |= {key: settings[key] for key in ("num_layers", "hidden_width", "output_channels") if key in settings}
    limits |= {"finest_resolution": 65535, "num_layers": 32, "hidden_width": 1024, "output_channels": 16}
    for key, limit in limits.items():
        value = numbers.get(key, 1)
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= limit:
            raise ValueError(f"{key}: expected an integer in [1, {limit}], got {value!r:.40}")
    pose_dim = settings.get("pose_dim", POSE_DIM)
    if pose_dim not in (0, POSE_DIM):
        raise ValueError(f"pose_dim: expected 0 or {POSE_DIM}, got {pose_dim!r:.40}")


def _map_tensors(network: NeuralMap) -> dict[str, Tensor]:
    first = network.hidden[0].weight
    if network.pose is not None:
        first = torch.cat([first, network.pose.weight], 1)
    layers = [(first, network.hidden[0].bias)]
    layers += [(layer.weight, layer.bias) for layer in [*network.hidden[1:], network.head]]
    tensors = {"grid": network.encoding.grid.detach().half()} if isinstance(network.encoding, HashEncoding) else {}
    for number, (weight, bias) in enumerate(layers):
        tensors |= {f"mlp.{number}.weight": weight.detach(), f"mlp.{number}.bias": bias.detach()}
    return tensors


@torch.no_grad()
def _fill_map(network: NeuralMap, stored: dict[str, Tensor]) -> None:
    if isinstance(network.encoding, HashEncoding):
        network.encoding.grid.copy_(stored["grid"])
    split = network.hidden[0].weight.shape[1]
    network.hidden[0].weight.copy_(stored["mlp.0.weight"][:, :split])
    if network.pose is not None:
        network.pose.weight.copy_(stored["mlp.0.weight"][:, split:])
    network.hidden[0].bias.copy_(stored["mlp.0.bias"])
    for number, layer in enumerate([*network.hidden[1:], network.head], start=1):
        layer.weight.copy_(stored[f"mlp.{number}.weight"])
        layer.bias.copy_(stored[f"mlp.{number}.bias"])


def _take(path: Path, tensors: dict[str, Tensor], name: str, shape: tuple[int | None, ...]) -> Tensor:
    if name not in tensors:
        raise CheckpointError(f"{path}: tensor {name}: expected it, got none; the file is incomplete, train it again")
    value = tensors[name]
    wanted = tuple(got if size is None else size for size, got in zip(shape, value.shape, strict=False))
    if value.ndim != len(shape) or wanted != tuple(value.shape):
        raise CheckpointError(f"{path}: tensor {name}: expected shape {shape}, got {tuple(value.shape)}")
    if not value.is_floating_point():
        raise CheckpointError(f"{path}: tensor {name}: expected floating point, got {value.dtype}")
    return value.float()
