"""Camera paths as JSON files that people may write and share. A path of one key is a single place."""

import json
from dataclasses import asdict
from pathlib import Path

from app.camera_checks import mistake_in_path
from app.camera_state import CameraPath
from app.json_files import read_json
from app.records import RecordError, from_record
from phynes_core.errors import PhynesError
from phynes_core.io.atomic_file import replacing

FORMAT, VERSION = "phynes-camera-path", 1
MOST_BYTES = 1 << 20
REMEDY = "save it again from the camera path's panel, or mend it"


class CameraFileError(PhynesError):
    """A camera path that cannot be read."""


def read_path(path: Path) -> CameraPath:
    """The camera path of a JSON file, with one key at least; raises CameraFileError."""
    record = read_json(path, "this camera path", MOST_BYTES, CameraFileError, REMEDY)
    if not isinstance(record, dict) or record.get("format") != FORMAT or record.get("version") != VERSION:
        raise CameraFileError(f"{path}: expected format {FORMAT!r}, version {VERSION}; {REMEDY}")
    try:
        read = from_record(CameraPath, {name: record[name] for name in record if name not in ("format", "version")})
    except RecordError as error:
        raise CameraFileError(f"{path}: {str(error)[:200]}; {REMEDY}") from error
    mistake = mistake_in_path(read) or (None if read.keys else "keys: expected one at least, got none")
    if mistake is not None:
        raise CameraFileError(f"{path}: {mistake}; {REMEDY}")
    return read


def save_path(file: Path, path: CameraPath) -> None:
    """Write every number, defaults too, for other programs; raises OutputError where the file cannot be written."""
    with replacing(file) as temporary:
        temporary.write_text(path_text(path), encoding="utf-8")


def path_text(path: CameraPath) -> str:
    """What a camera path's file holds."""
    return json.dumps({"format": FORMAT, "version": VERSION} | asdict(path), indent=1) + "\n"
