"""The lights of a synthetic capture: bundled probes, tamed."""

from torch import Tensor

from phynes_core.errors import CaptureError
from phynes_core.io.shipped_files import ASSETS
from phynes_core.render.probes import load_environment_image

_LIGHT_ROWS = 256
_CLAMP = 30.0  # times the mean: brighter texels (a naked sun) make noise that no sample count removes


def load_light(name: str) -> Tensor:  # [256, 512, 3] linear
    """A bundled probe, averaged to the size that is stored, and clamped."""
    path = ASSETS / "probes" / f"{name}.exr"
    if not path.is_file():
        known = ", ".join(sorted(probe.stem for probe in path.parent.glob("*.exr")))
        raise CaptureError(f"probe {name}: expected one of {known}")
    image = load_environment_image(path)
    factor = image.shape[0] // _LIGHT_ROWS
    if factor * _LIGHT_ROWS != image.shape[0]:
        raise CaptureError(f"{path}: expected a multiple of {_LIGHT_ROWS} rows, got {image.shape[0]}; resize it")
    small = image.reshape(_LIGHT_ROWS, factor, 2 * _LIGHT_ROWS, factor, 3).mean((1, 3))
    return small.clamp(max=_CLAMP * float(small.mean()))
