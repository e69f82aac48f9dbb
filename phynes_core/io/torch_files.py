"""Read the tensors of a .pth, as torch.save writes a state_dict: the names in its pickles are checked first.

torch.load(weights_only=True) runs no code, but it calls what else it allows, such as bytearray with any size. What may
be called here are the few names of a dictionary of plain tensors; a tensor may not be larger than the file.
"""

import pickletools
import zipfile
from io import BytesIO
from pathlib import Path

import torch
from torch import Tensor

from phynes_core.io.untrusted import FileKind, decoding, read_untrusted

NAMES = {
    "collections OrderedDict", "torch._utils _rebuild_tensor_v2", "torch._utils _rebuild_parameter",
    *(f"torch {kind}Storage" for kind in ("Float", "Half", "Double", "BFloat16", "Long", "Int")),
}  # fmt: skip
MOST_PICKLE = 4 << 20  # bytes: those of VGG16 take 5,000
_CALLS = {
    "STACK_GLOBAL",
    "INST",
    "OBJ",
    "NEWOBJ",
    "NEWOBJ_EX",
    "EXT1",
    "EXT2",
    "EXT4",
}  # torch.save writes none of them
_LEGACY_PICKLES = 5  # of files from before torch 1.6: magic number, version, machine, tensors, keys of storages


def read_state_dict(path: Path, kind: FileKind) -> dict[str, Tensor]:
    """Tensors by name; other entries are left out. Raises `kind.refusal`."""
    content = read_untrusted(path, kind)
    with decoding(path, kind):
        _check_names(content)
        loaded = torch.load(BytesIO(content), map_location="cpu", weights_only=True)
        if not isinstance(loaded, dict):
            raise ValueError(f"expected a state_dict of tensors, got {type(loaded).__name__}")
        found = {str(name): value for name, value in loaded.items() if isinstance(value, Tensor)}
        for name, value in found.items():
            if value.layout != torch.strided or value.numel() * value.element_size() > len(content):
                raise ValueError(f"tensor {name:.60}: larger than the file")
    return found


def _check_names(content: bytes) -> None:
    """ValueError for a pickle that names anything but plain tensors."""
    if not zipfile.is_zipfile(BytesIO(content)):
        stream = BytesIO(content)
        for _ in range(_LEGACY_PICKLES):
            _check_pickle(stream)
        return
    with zipfile.ZipFile(BytesIO(content)) as archive:
        members = [entry for entry in archive.infolist() if entry.filename.endswith(".pkl")]
        if len(members) != 1 or members[0].file_size > MOST_PICKLE or members[0].compress_type != zipfile.ZIP_STORED:
            raise ValueError("expected one small pickle in it, got others")
        _check_pickle(BytesIO(archive.read(members[0])))


def _check_pickle(stream: BytesIO) -> None:
    """Reads one pickle to its end."""
    for opcode, argument, _ in pickletools.genops(stream):
        if opcode.name in _CALLS or (opcode.name == "GLOBAL" and argument not in NAMES):
            raise ValueError(f"it asks for {argument or opcode.name!s:.60}; nothing in it was run: do not trust it")
