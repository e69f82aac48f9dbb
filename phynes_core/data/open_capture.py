"""Open a dataset folder whatever its layout: ours, ZJU-MoCap, SyntheticHuman or SyntheticHuman++ (docs/dataset.md)."""

from pathlib import Path

from phynes_core.body.model import BodyModel
from phynes_core.data import layout
from phynes_core.data.capture import Capture
from phynes_core.data.capture_options import CaptureOptions
from phynes_core.data.native import load_capture
from phynes_core.errors import CaptureError

DEFAULT_OPTIONS = CaptureOptions()


def open_capture(root: Path, options: CaptureOptions = DEFAULT_OPTIONS, body: BodyModel | None = None) -> Capture:
    """Recognize the layout and read it. The public datasets need the `body` that their parameters belong to."""
    root = Path(root)
    if not root.is_dir():
        raise CaptureError(f"{root}: expected a capture folder, got none; see docs/dataset.md or run synthesize")
    if options.given():
        raise CaptureError(
            f"{root}: {', '.join(options.given())}: not for our own layout; edit the splits in {layout.CAMERAS} and "
            f"{layout.BODY} instead"
        )
    return load_capture(root)
