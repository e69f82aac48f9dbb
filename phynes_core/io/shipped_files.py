"""Files that ship with the project: folders, and the avatars, environments and motions in them."""

from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
ASSETS = PROJECT / "assets"
CHECKPOINTS = PROJECT / "checkpoints"


def bundled_avatars() -> dict[str, Path]:
    """Name -> checkpoint, by name."""
    return _by_name(CHECKPOINTS, ".ckpt")


def bundled_environments() -> dict[str, Path]:
    """Name -> lat-long environment image, by name."""
    return _by_name(ASSETS / "probes", ".exr")


def bundled_motions() -> dict[str, Path]:
    """Name -> motion clip, by name."""
    return _by_name(ASSETS / "motions", ".npz")


def _by_name(folder: Path, suffix: str) -> dict[str, Path]:
    return {path.stem: path for path in sorted(folder.glob(f"*{suffix}"))}
