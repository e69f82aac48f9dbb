"""Read and write .ckpt: a safetensors file with one JSON entry of metadata, never a pickle.

Tensors, M being offset, texture, albedo or roughness:
  M.grid           [entries, features] float16, tiny-cuda-nn's layout (maps/encodings.py); absent in maps with
                   frequency encoding (config frequency_octaves)
  M.mlp.0.weight   [width, encoding + pose]: columns of the encoded (u, v), then of the pose vector
  M.mlp.i.weight, M.mlp.i.bias   the further layers, the last one being the output: 3 channels, 1 of roughness, of the
                   offset 1 (metres along the posed normals) or 3 (in the T-pose's axes), as its config says
  light.probes [16, 32, 3]   body.betas [B]   training.poses [K, POSE_DIM]
  body.uv [U, 2], body.uv_faces [F, 3]   of the body before splits, only if unwrapped here, not from a licensed file
  template.*   since format 2: the person's own mesh, where there is one (stored_template.py)
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
from safetensors.torch import save as safetensors_bytes
from torch import Tensor

from phynes_core.avatar.avatar import Avatar, AvatarRecord
from phynes_core.avatar.stored_maps import MAP_CHANNELS, load_map, map_tensors
from phynes_core.avatar.stored_template import DIRECTIONS, load_template, template_tensors
from phynes_core.body.files import load_body, load_bundled_body
from phynes_core.body.model import MAX_BETAS, BodyModel
from phynes_core.body.subdivide import MAX_SPLITS, source_atlas, split_body
from phynes_core.conventions import POSE_DIM, PROBE_COLUMNS, PROBE_ROWS
from phynes_core.errors import CheckpointError, printable
from phynes_core.io.output_files import replacing
from phynes_core.io.shipped_files import CHECKPOINTS, bundled_avatars
from phynes_core.io.tensor_files import TensorFile, parse_metadata, read_tensors
from phynes_core.io.untrusted import FileKind, is_readable_file
from phynes_core.kernels.registry import REFERENCE

FORMAT_VERSION = 2  # 1 had no templates
METADATA_KEY = "phynes"
CHECKPOINT = FileKind("PhyNES .ckpt (safetensors)", 1 << 29, CheckpointError, "copy it again or train it again")
LONGEST_NAME, LONGEST_TEXT, MOST_ENTRIES = 100, 10_000, 1000  # of the record
LARGEST_RADIANCE = 1e6  # of the light learned in training
LARGEST_BETA = 100.0  # people lie within 5
LARGEST_ANGLE = 1e6  # rad
LARGEST_OFFSET_M = 10.0  # of a vertex from the body
NUM_OFFSETS_CHECKED = 500


def save_checkpoint(path: Path, avatar: Avatar) -> None:
    """Write the avatar; the file appears whole or not at all. Raises OutputError for an unwritable path."""
    tensors: dict[str, Tensor] = {
        "light.probes": avatar.light,
        "body.betas": avatar.betas,
        "training.poses": avatar.training_poses,
    }
    for name in MAP_CHANNELS:
        tensors |= {f"{name}.{key}": value for key, value in map_tensors(getattr(avatar, name)).items()}
    template = avatar.body.template
    if template is not None:
        tensors |= template_tensors(template)
    elif avatar.body.uv_is_unwrapped:
        uv, uv_faces = source_atlas(avatar.body)
        tensors |= {"body.uv": uv, "body.uv_faces": uv_faces.int()}
    record = avatar.record
    metadata = {
        "format_version": FORMAT_VERSION,
        "name": printable(record.name)[:LONGEST_NAME] or "unnamed",
        "f0": record.f0,
        "body": {
            "name": avatar.body.name,
            "hash": avatar.body.content_hash if template is None else template.body_hash,
            "uv_hash": _uv_hash(*source_atlas(avatar.body)),
            "splits": avatar.body.num_splits,
        },
        "maps": {name: dataclasses.asdict(getattr(avatar, name).config) for name in MAP_CHANNELS},
        "metrics": {name: value for name, value in record.metrics.items() if math.isfinite(value)},
        "provenance": {
            name: printable(value)[:LONGEST_TEXT] if isinstance(value, str) else value
            for name, value in record.provenance.items()
        },
    }
    contiguous = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    payload = safetensors_bytes(contiguous, {METADATA_KEY: json.dumps(metadata, sort_keys=True)})
    with replacing(path) as temporary:
        temporary.write_bytes(payload)


def load_checkpoint(path: Path, smpl: Path | None = None, smpl_uv: Path | None = None) -> Avatar:
    """Read an avatar. `smpl` (and `smpl_uv`) name the licensed body of a checkpoint that was trained on one.

    Raises CheckpointError, naming the file, the field, what was expected and what was found.
    """
    file = read_tensors(path, CHECKPOINT)
    if METADATA_KEY not in file.metadata:
        raise CheckpointError(
            f"{path}: expected the metadata entry '{METADATA_KEY}', got a safetensors file of something else"
        )
    fields = _Fields(path, parse_metadata(file, METADATA_KEY, path, CHECKPOINT))
    version = fields.get("format_version", int)
    if not 1 <= version <= FORMAT_VERSION:
        raise CheckpointError(
            f"{path}: format_version: expected 1 to {FORMAT_VERSION}, got {version}; "
            + ("update this program" if version > FORMAT_VERSION else "train it again with this program")
        )
    stored = _Stored(path, file)
    record = _record(path, fields)
    body = _load_body(path, fields.get("body", dict), stored, smpl, smpl_uv)
    configs = fields.get("maps", dict)
    maps = {name: load_map(path, name, configs.get(name), stored.take) for name in MAP_CHANNELS}
    light = stored.take("light.probes", (PROBE_ROWS, PROBE_COLUMNS, 3), 0.0, LARGEST_RADIANCE)
    betas = stored.take("body.betas", (None,), -LARGEST_BETA, LARGEST_BETA)
    poses = stored.take("training.poses", (None, POSE_DIM), -LARGEST_ANGLE, LARGEST_ANGLE)
    if not len(poses) or not 0 < len(betas) <= MAX_BETAS:
        raise CheckpointError(f"{path}: expected betas and training poses, got none or too many; train it again")
    avatar = Avatar(body, record, light=light, betas=betas, training_poses=poses, **maps)
    avatar = avatar.eval().requires_grad_(False)
    _check_offsets(path, avatar)
    return avatar


def _check_offsets(path: Path, avatar: Avatar) -> None:
    """CheckpointError where the surface lies far from the body, at some of its vertices in two poses."""
    uv = avatar.body.uv[:: 1 + len(avatar.body.uv) // NUM_OFFSETS_CHECKED]
    for pose in (torch.zeros(POSE_DIM), avatar.training_poses[0]):
        farthest = float(avatar.offset(uv, pose, REFERENCE).abs().max())
        if not farthest <= LARGEST_OFFSET_M:
            raise CheckpointError(
                f"{path}: tensors offset.*: expected a surface within {LARGEST_OFFSET_M:g} m of the body, "
                f"got {farthest:.3g} m; train it again"
            )


def _record(path: Path, fields: "_Fields") -> AvatarRecord:
    """Name, f0, metrics and provenance: plain texts and numbers."""
    name, f0 = fields.get("name", str), fields.get("f0", float)
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise CheckpointError(f"{path}: name: expected 1 to {LONGEST_NAME} printable characters, got {name!r:.60}")
    if not 0.0 <= f0 <= 1.0:
        raise CheckpointError(f"{path}: f0: expected a reflectance in [0, 1], got {f0}; train it again")
    metrics, provenance = fields.get("metrics", dict), fields.get("provenance", dict)
    for where, entries, kinds in (("metrics", metrics, (int, float)), ("provenance", provenance, (int, float, str))):
        texts = [*entries, *(value for value in entries.values() if isinstance(value, str))]
        fits = len(entries) <= MOST_ENTRIES and all(isinstance(value, kinds) for value in entries.values())
        fits = fits and all(isinstance(value, str) or math.isfinite(value) for value in entries.values())
        if not fits or not all(len(text) <= LONGEST_TEXT and text.isprintable() for text in texts):
            raise CheckpointError(
                f"{path}: metadata field '{where}': expected numbers by name, got others; copy it again"
            )
    return AvatarRecord(name, f0, metrics, provenance)


def resolve_avatar_path(name: str) -> Path:
    """A path as given, else a bare name in checkpoints/ with or without .ckpt. CheckpointError lists what exists."""
    for candidate in (Path(name), CHECKPOINTS / name, CHECKPOINTS / f"{name}.ckpt"):
        if is_readable_file(candidate):
            return candidate
    known = [file.name for file in bundled_avatars().values()]
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"did you mean {close[0]}? " if close else ""
    raise CheckpointError(
        f"avatar {name}: expected a .ckpt file or a name in checkpoints/, got neither; "
        f"{hint}available: {', '.join(known) or 'none, train one with: python launch.py train'}"
    )


class _Stored:
    """Checked access to the tensors; a wrong or missing one is named."""

    def __init__(self, path: Path, file: TensorFile) -> None:
        self.path = path
        self._file = file

    def __contains__(self, name: str) -> bool:
        return name in self._file.stored

    def take(
        self, name: str, shape: tuple[int | None, ...], least: float = -math.inf, most: float = math.inf
    ) -> Tensor:  # float32
        """A tensor of this shape, None being free, with finite values in this range."""
        entry = self._file.stored.get(name)
        if entry is None:
            raise CheckpointError(
                f"{self.path}: tensor {name}: expected it, got none; the file is incomplete, train it again"
            )
        if len(entry.shape) != len(shape) or any(
            want not in (None, got) for want, got in zip(shape, entry.shape, strict=True)
        ):
            raise CheckpointError(f"{self.path}: tensor {name}: expected shape {shape}, got {entry.shape}")
        if entry.dtype not in ("F16", "F32"):
            raise CheckpointError(f"{self.path}: tensor {name}: expected F16 or F32, got {entry.dtype}; train it again")
        value = self._file.tensor(name).float()
        if not bool(value.isfinite().all()):
            raise CheckpointError(f"{self.path}: {name}: expected finite numbers, got NaN or infinity; train it again")
        if value.numel() and not least <= float(value.min()) <= float(value.max()) <= most:
            what = "radiance >= 0" if name == "light.probes" else "numbers"
            raise CheckpointError(
                f"{self.path}: {name}: expected {what} from {least:g} to {most:g}, "
                f"got {value.min():.3g} to {value.max():.3g}; train it again"
            )
        return value

    def take_indices(self, name: str, shape: tuple[int | None, ...], count: int) -> Tensor:  # int64
        """Whole numbers below `count`."""
        entry = self._file.stored.get(name)
        if entry is None:
            raise CheckpointError(
                f"{self.path}: tensor {name}: expected it, got none; the file is incomplete, train it again"
            )
        fits = len(entry.shape) == len(shape) and entry.shape[1:] == shape[1:] and entry.dtype == "I32"
        value = self._file.tensor(name).long() if fits else torch.zeros(0, dtype=torch.int64)
        if not value.numel() or not 0 <= int(value.min()) <= int(value.max()) < count:
            raise CheckpointError(
                f"{self.path}: {name}: expected I32 {shape} below {count}, got others; train it again"
            )
        return value


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
    path: Path, reference: Mapping[str, Any], stored: _Stored, smpl: Path | None, smpl_uv: Path | None
) -> BodyModel:
    body = load_bundled_body()
    name, content_hash = reference.get("name"), reference.get("hash")
    if content_hash != body.content_hash:
        if smpl is None:
            raise CheckpointError(
                f"{path}: trained on the body '{name}', which does not ship here; name its file with --smpl"
            )
        atlas = None
        if "body.uv" in stored and "body.uv_faces" in stored:
            uv = stored.take("body.uv", (None, 2), -1.0, 2.0)
            atlas = uv, stored.take_indices("body.uv_faces", (None, 3), len(uv))
        body = load_body(smpl, smpl_uv, atlas)
    if content_hash != body.content_hash:
        raise CheckpointError(
            f"{path}: trained on the body '{name}' with hash {str(content_hash)[:12]}, "
            f"got {smpl} with hash {body.content_hash[:12]}; name the file it was trained with"
        )
    if is_template := "template.offset" in stored:
        body = load_template(path, body, stored.take, stored.take_indices, has_directions=DIRECTIONS in stored)
    if not is_template and reference.get("uv_hash") != _uv_hash(body.uv, body.uv_faces):
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
