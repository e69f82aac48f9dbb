"""Where the files that ship with the project lie: in a checkout beside the code, in an installed package inside it."""

from importlib import resources
from pathlib import Path

_PACKAGE = Path(str(resources.files("phynes_core")))
_INSTALLED = _PACKAGE / "shipped"  # where pyproject.toml puts assets/, checkpoints/ and shaders/ into a wheel

IS_INSTALLED = _INSTALLED.is_dir()
PROJECT = _INSTALLED if IS_INSTALLED else _PACKAGE.parent
ASSETS = PROJECT / "assets"
CHECKPOINTS = PROJECT / "checkpoints"
SHADERS = PROJECT / "shaders"
PROGRAM = "phynes" if IS_INSTALLED else "python launch.py"  # how the program is started


def shipped_path(name: str) -> Path:
    """A path as given, else from the project's folder: files that examples name are found from any folder."""
    given = Path(name)
    return PROJECT / given if not given.exists() and (PROJECT / given).exists() else given


def bundled_avatars() -> dict[str, Path]:
    """Name -> checkpoint of the avatars that ship, by name."""
    return _by_name(CHECKPOINTS, ".ckpt")


def bundled_environments() -> dict[str, Path]:
    """Name -> lat-long environment image of those that ship, by name."""
    return _by_name(ASSETS / "probes", ".exr")


def bundled_motions() -> dict[str, Path]:
    """Name -> motion clip of those that ship, by name."""
    return _by_name(ASSETS / "motions", ".npz")


def bundled_poses() -> dict[str, Path]:
    """Name -> held pose of those that ship, by name."""
    return _by_name(ASSETS / "poses", ".json")


def _by_name(folder: Path, suffix: str) -> dict[str, Path]:
    return {path.stem: path for path in sorted(folder.glob(f"*{suffix}"))}
