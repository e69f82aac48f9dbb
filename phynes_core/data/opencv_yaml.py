"""Matrices from an OpenCV FileStorage file such as EasyMocap's intri.yml; nothing else of YAML."""

import re
from pathlib import Path

import numpy as np

from phynes_core.errors import CaptureError

_MATRIX = re.compile(
    r"^(\w[\w.-]*):\s*!!opencv-matrix\s+rows:\s*(\d+)\s+cols:\s*(\d+)\s+dt:\s*\"?(\w+)\"?\s+data:\s*\[([^\]]*)\]",
    re.MULTILINE,
)
_NAMES = re.compile(r"^names:\s*(?:\[([^\]]*)\]|((?:\s*-[^\n]*\n?)*))", re.MULTILINE)


def read_opencv_yaml(path: Path) -> tuple[list[str], dict[str, np.ndarray]]:  # names; [rows, cols] float64
    """The list `names` and every matrix by its key."""
    try:
        text = Path(path).read_text(encoding="utf-8").replace("\r\n", "\n")
    except OSError as error:
        raise CaptureError(f"{path}: cannot read the cameras ({error.strerror}); docs/dataset.md lists them") from error
    except UnicodeDecodeError as error:
        raise CaptureError(f"{path}: expected an OpenCV YAML file, got another kind of file; write it again") from error
    matrices = {}
    for key, rows, columns, _, content in _MATRIX.findall(text):
        try:
            values = np.array([float(word) for word in content.replace(",", " ").split()])
            matrices[key] = values.reshape(int(rows), int(columns))
        except ValueError as error:
            raise CaptureError(
                f"{path}: {key}: expected {rows} x {columns} numbers ({error}); write it again"
            ) from error
        if not np.isfinite(matrices[key]).all():
            raise CaptureError(f"{path}: {key}: expected finite numbers, got NaN or infinity; calibrate it again")
    if not matrices:
        raise CaptureError(f"{path}: expected matrices as cv2.FileStorage writes them, got none; write it again")
    listed = _NAMES.search(text)
    words = re.split(r"[,\n]", listed[1] if listed[1] is not None else listed[2]) if listed else []
    names = [word.strip().removeprefix("-").strip().strip("\"'") for word in words]
    return [name for name in names if name], matrices
