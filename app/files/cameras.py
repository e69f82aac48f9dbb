"""Camera bookmarks in the settings folder, and camera paths as JSON files."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, cast

from app.files.records import RecordError, check_format, from_record, to_record
from app.files.settings import keep_json, read_kept_json
from app.model.camera_paths import CameraPath
from app.model.cameras import CameraState
from app.model.fields import Number
from phynes_core.errors import PhynesError
from phynes_core.io.json_files import read_json
from phynes_core.io.output_files import replacing
from phynes_core.io.untrusted import FileKind

FILE = "bookmarks.json"
MOST, LONGEST_NAME = 100, 40
NUMBERS = range(1, 10)


@dataclass(frozen=True)
class Bookmark:
    """A camera by name."""

    name: str
    camera: CameraState
    number: Annotated[int, Number(0, NUMBERS[-1])] = 0  # of the key that goes there; 0: none


def read_bookmarks() -> tuple[Bookmark, ...]:
    """Read the bookmarks; an entry that is not valid is left out."""
    records = read_kept_json(FILE, [])
    found: list[Bookmark] = []
    for record in records[:MOST] if isinstance(records, list) else ():
        try:
            bookmark = from_record(Bookmark, record)
        except RecordError:
            continue
        if bookmark.name and all(bookmark.name != other.name for other in found):
            found.append(bookmark)
    return tuple(found)


def write_bookmarks(bookmarks: tuple[Bookmark, ...]) -> bool:
    """Write the bookmarks; False where the settings folder cannot be written."""
    return keep_json(FILE, [to_record(bookmark, has_defaults=True) for bookmark in bookmarks])


def with_numbered(bookmarks: tuple[Bookmark, ...], number: int, camera: CameraState) -> tuple[Bookmark, ...]:
    """The bookmarks with this camera under a number; a new one is named after its number."""
    if any(bookmark.number == number for bookmark in bookmarks):
        return tuple(
            Bookmark(bookmark.name, camera, number) if bookmark.number == number else bookmark for bookmark in bookmarks
        )
    taken = {bookmark.name for bookmark in bookmarks}
    names = (f"place {number}", *(f"place {number} ({copy})" for copy in range(2, MOST + 2)))
    return _sorted((*bookmarks, Bookmark(next(name for name in names if name not in taken), camera, number)))


def with_named(bookmarks: tuple[Bookmark, ...], name: str, camera: CameraState) -> tuple[Bookmark, ...]:
    """The bookmarks with this camera under a name; a new one gets the first free number. No change without a name."""
    name = " ".join(name.split())[:LONGEST_NAME]
    if not name or len(bookmarks) >= MOST:
        return bookmarks
    known = next((bookmark for bookmark in bookmarks if bookmark.name == name), None)
    taken = {bookmark.number for bookmark in bookmarks}
    number = known.number if known else next((number for number in NUMBERS if number not in taken), 0)
    return _sorted((*without(bookmarks, name), Bookmark(name, camera, number)))


def without(bookmarks: tuple[Bookmark, ...], name: str) -> tuple[Bookmark, ...]:
    """The bookmarks without the one of this name."""
    return tuple(bookmark for bookmark in bookmarks if bookmark.name != name)


def _sorted(bookmarks: tuple[Bookmark, ...]) -> tuple[Bookmark, ...]:
    return tuple(sorted(bookmarks, key=lambda bookmark: bookmark.number or MOST))


FORMAT, VERSION = "phynes-camera-path", 1
REMEDY = "save it again from the camera path's panel, or correct it"


class CameraFileError(PhynesError):
    """A camera path that cannot be read."""


CAMERA_PATH = FileKind("camera path", 1 << 20, CameraFileError, REMEDY)


def read_path(path: Path) -> CameraPath:
    """Read a camera path, which has at least one key, from a JSON file; raises CameraFileError."""
    record = cast(dict[str, Any], read_json(path, CAMERA_PATH))
    check_format(record, path, FORMAT, VERSION, CAMERA_PATH)
    try:
        read = from_record(CameraPath, {name: record[name] for name in record if name not in ("format", "version")})
    except RecordError as error:
        raise CameraFileError(f"{path}: {error}; {REMEDY}") from error
    if not read.keys:
        raise CameraFileError(f"{path}: keys: expected one at least, got none; {REMEDY}")
    return read


def save_path(file: Path, path: CameraPath) -> None:
    """Write a camera path with all values, defaults too; raises OutputError where the file cannot be written."""
    with replacing(file) as temporary:
        temporary.write_text(path_text(path), encoding="utf-8")


def path_text(path: CameraPath) -> str:
    """The text of a camera path's file."""
    return json.dumps({"format": FORMAT, "version": VERSION} | to_record(path, has_defaults=True), indent=1) + "\n"
