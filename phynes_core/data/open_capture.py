"""Open a dataset folder whatever its layout: ours, ZJU-MoCap, SyntheticHuman or SyntheticHuman++ (docs/dataset.md).

Where no test camera has pictures, some frames are held out of training (held_out.py).
"""

from pathlib import Path

from phynes_core.body.model import BodyModel
from phynes_core.data.capture import Capture
from phynes_core.data.held_out import hold_frames_out
from phynes_core.data.native import layout
from phynes_core.data.native.reader import load_capture
from phynes_core.data.public.dataset import ANNOTS, EXTRINSICS, INTRINSICS, is_public_dataset, load_public_dataset
from phynes_core.data.public.options import CaptureOptions
from phynes_core.errors import CaptureError

DEFAULT_OPTIONS = CaptureOptions()
_NAMES_SHOWN = 8


def open_capture(root: Path, options: CaptureOptions = DEFAULT_OPTIONS, body: BodyModel | None = None) -> Capture:
    """Recognize the layout and read it. The public datasets need the `body` that their parameters belong to."""
    root = Path(root)
    if not root.is_dir():
        raise CaptureError(f"{root}: expected a capture folder, got none; see docs/dataset.md or run synthesize")
    if (root / layout.CAMERAS).is_file():
        if options.given():
            raise CaptureError(
                f"{root}: {', '.join(options.given())}: only for public datasets, and this is our own layout; edit the "
                f"splits in {layout.CAMERAS} and {layout.BODY} instead"
            )
        return hold_frames_out(load_capture(root))
    if is_public_dataset(root):
        return hold_frames_out(load_public_dataset(root, options, body))
    found = ", ".join(sorted(path.name for path in root.iterdir())[:_NAMES_SHOWN]) or "nothing"
    raise CaptureError(
        f"{root}: expected {layout.CAMERAS} (our layout), {ANNOTS} (ZJU-MoCap, SyntheticHuman) or {INTRINSICS} and "
        f"{EXTRINSICS} (SyntheticHuman++), got {found}; docs/dataset.md shows the layouts"
    )
