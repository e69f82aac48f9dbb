"""Material edits as a JSON file beside the checkpoint."""

import json
from dataclasses import dataclass, field
from pathlib import Path

from app.files.records import RecordError, from_record, to_record
from app.model.materials import MaterialState
from phynes_core.errors import PhynesError
from phynes_core.io.json_files import read_json
from phynes_core.io.output_files import replacing
from phynes_core.io.untrusted import FileKind

FORMAT, VERSION = "phynes materials", 1
REMEDY = "name a file that the viewer saved"
SUFFIX = ".materials.json"


class MaterialFileError(PhynesError):
    """A file of material edits that cannot be read."""


MATERIALS = FileKind("file of material edits", 8_000_000, MaterialFileError, REMEDY)


@dataclass(frozen=True)
class MaterialsRecord:
    """The content of a file of material edits."""

    format: str
    version: int
    avatar: str = ""  # name of the checkpoint that they were made for
    materials: MaterialState = field(default_factory=MaterialState)


def materials_path(avatar: str) -> Path:
    """The path of an avatar's edits: beside its checkpoint."""
    return Path(avatar).with_suffix(SUFFIX)


def save_materials(path: Path, materials: MaterialState, avatar: str) -> None:
    """Write the file atomically; raises OutputError."""
    record = {
        "format": FORMAT, "version": VERSION, "avatar": Path(avatar).stem, "materials": to_record(materials),
    }  # fmt: skip
    text = json.dumps(record, ensure_ascii=False)
    text = text.replace('{"paint"', '\n {"paint"').replace('{"points"', '\n {"points"')  # one line for each stroke
    with replacing(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def load_materials(path: Path) -> MaterialState:
    """Read a file; raises MaterialFileError."""
    record = read_json(path, MATERIALS)
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise MaterialFileError(f"{path}: expected material edits, got other JSON; {REMEDY}")
    if record.get("version") != VERSION:
        got = str(record.get("version"))[:20]
        raise MaterialFileError(f"{path}: expected version {VERSION}, got {got!r}; update the viewer")
    try:
        return from_record(MaterialsRecord, record).materials
    except RecordError as error:
        raise MaterialFileError(f"{path}: {error}; correct it or save the edits again") from error
