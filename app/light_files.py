"""All the light of a scene as an environment file, for this and other programs."""

from pathlib import Path

from torch import Tensor

from app.arguments import check_number
from app.cli import UsageError
from app.outputs import check_file
from phynes_core.image_files import write_exr, write_hdr
from phynes_core.render.light_picture import picture_of_light
from phynes_core.render.lighting import Lighting

MIN_ROWS, MAX_ROWS = 4, 2048


def check_light_picture(path: Path, rows: int) -> None:
    """Raise PhynesError before any work when `write_light` could not write this."""
    if path.suffix.lower() not in (".hdr", ".exr"):
        raise UsageError(f"--export-probe: expected a file name that ends in .hdr or .exr, got {path.name!r}")
    check_number("--probe-rows", rows, MIN_ROWS, MAX_ROWS)
    check_file(path)


def write_light(path: Path, lighting: Lighting, place: Tensor, rows: int) -> None:  # place [3] world
    """A lat-long picture of environment and lamps, in the format of the path's suffix."""
    picture = picture_of_light(lighting, place, rows, 2 * rows).numpy()
    (write_hdr if path.suffix.lower() == ".hdr" else write_exr)(path, picture)
