"""All the light of a scene as an environment file, for this and other programs."""

from pathlib import Path

import numpy as np

from app.outputs import check_file
from phynes_core.errors import OutputError
from phynes_core.io.image_files import write_exr, write_hdr

MIN_ROWS, MAX_ROWS = 4, 2048
LIGHT_ROWS = 512  # of what the window writes
LIGHT_SUFFIXES = (".hdr", ".exr")


def check_light_picture(path: Path) -> None:
    """Raise OutputError before any work when `write_light` could not write this."""
    if path.suffix.lower() not in LIGHT_SUFFIXES:
        raise OutputError(f"{path}: expected a name that ends in .hdr or .exr, got '{path.suffix}'; rename it")
    check_file(path)


def write_light(path: Path, picture: np.ndarray) -> None:  # [H, 2 H, 3] linear, conventions.py's mapping
    """A lat-long picture in the format of the path's suffix."""
    (write_hdr if path.suffix.lower() == ".hdr" else write_exr)(path, picture)
