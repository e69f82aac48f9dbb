"""Material textures in the user's cache folder, each under the hash of what it follows from.

The folder may be emptied at any time. A file that is damaged, or of another avatar, is made anew.
"""

import logging
import os
import zlib
from contextlib import suppress
from pathlib import Path

from safetensors.torch import save_file
from torch import Tensor

from phynes_core.avatar.avatar import Avatar
from phynes_core.avatar.material_texels import CHANNELS, MOST_SIDE, MaterialTexels, content_hash, texture_side
from phynes_core.errors import CheckpointError, OutputError
from phynes_core.io.output_files import replacing
from phynes_core.io.tensor_files import read_tensors
from phynes_core.io.untrusted import FileKind

MOST_FILES = 8  # 256 MB; the one that was not used for the longest time goes first
SUFFIX = ".texels"
TEXELS = FileKind(
    "cached texture", MOST_SIDE * MOST_SIDE * CHANNELS * 2 + (1 << 12), CheckpointError, "delete it; it is made anew"
)
NAME, CHECKSUM = "materials", "crc32"
_log = logging.getLogger(__name__)


def cache_folder() -> Path:
    """Where textures are kept."""
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return root / "phynes-viewer" / "texels"


def stored_texels(avatar: Avatar, vector: Tensor) -> MaterialTexels | None:  # [72]
    """The texture from the cache folder; None where there is none, or a damaged one, which is then removed."""
    path = cache_folder() / f"{content_hash(avatar, vector)}{SUFFIX}"
    if not path.exists():
        return None
    try:
        image = read_texels_file(path, texture_side(avatar) or 0)
    except CheckpointError as error:
        _log.warning("%s", error)
        with suppress(OSError):
            path.unlink()
        return None
    with suppress(OSError):
        os.utime(path)  # used now
    return MaterialTexels(avatar, vector, image)


def read_texels_file(path: Path, side: int) -> Tensor:  # [side, side, CHANNELS] int16
    """The texture of a file; raises CheckpointError unless it has this size and the bytes that were stored."""
    file = read_tensors(path, TEXELS)
    entry = file.stored.get(NAME)
    if entry is None or len(file.stored) != 1 or (entry.dtype, entry.shape) != ("I16", (side, side, CHANNELS)):
        raise CheckpointError(
            f"{path}: not a readable {TEXELS.noun} (expected {side} x {side} texels); {TEXELS.remedy}"
        )
    image = file.tensor(NAME)
    if file.metadata.get(CHECKSUM) != checksum(image):
        raise CheckpointError(f"{path}: not a readable {TEXELS.noun} (its bytes were changed); {TEXELS.remedy}")
    return image


def checksum(image: Tensor) -> str:
    """Of numbers that any file of the right size could hold."""
    return f"{zlib.crc32(image.numpy().data):08x}"


def store_texels(avatar: Avatar, vector: Tensor, texels: MaterialTexels) -> None:
    """Keep a texture for the next start; without room or rights it is only logged."""
    folder = cache_folder()
    try:
        with replacing(folder / f"{content_hash(avatar, vector)}{SUFFIX}") as temporary:
            image = texels.image.contiguous()
            save_file({NAME: image}, temporary, metadata={CHECKSUM: checksum(image)})
    except (OutputError, OSError) as error:
        _log.info("the texture is not kept: %s", error)
        return
    _remove_oldest(folder)


def _remove_oldest(folder: Path) -> None:
    with suppress(OSError):
        files = sorted(folder.glob(f"*{SUFFIX}"), key=lambda path: path.stat().st_mtime)
        for path in files[:-MOST_FILES]:
            path.unlink()
