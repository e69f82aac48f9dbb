"""What a file that is dropped on the picture does, by its suffix."""

from dataclasses import dataclass
from pathlib import Path

from app.files.cameras import FORMAT as PATH_FORMAT
from app.files.cameras import read_path
from app.files.light_rigs import FORMAT as RIG_FORMAT
from app.files.light_rigs import read_rig
from app.files.materials import FORMAT as MATERIALS_FORMAT
from app.files.materials import load_materials
from app.files.sessions import FORMAT as SESSION_FORMAT
from app.model.avatar_row import add_body
from app.model.camera_paths import use_path
from app.model.comparison import compare_avatar, compare_environment, compare_rig
from app.model.joints import hold_pose
from app.model.lights import choose_environment, use_rig
from app.model.materials import use_materials
from app.model.playback import load_motion_file
from app.model.store import Edit
from phynes_core.body.motion.pose_files import FORMAT as POSE_FORMAT
from phynes_core.body.motion.pose_files import read_pose
from phynes_core.errors import PhynesError
from phynes_core.io.json_files import read_json
from phynes_core.io.untrusted import FileKind

ANY_JSON = FileKind("JSON file", 16_000_000, PhynesError, "drop another")
MOTIONS = (".npz", ".pkl", ".bvh")
ENVIRONMENTS = (".exr", ".hdr", ".png")


@dataclass(frozen=True)
class Dropped:
    """What a dropped file does."""

    edit: Edit
    label: str
    environment: str = ""  # the file that is to be read before


def read_dropped(path: Path, is_right: bool = False) -> Dropped:
    """What a dropped file does; raises PhynesError for one of no known kind.

    `is_right`: dropped on the right side of a split picture, whose avatar and light it then changes.
    """
    suffix, name = path.suffix.lower(), str(path)
    if suffix in ENVIRONMENTS and is_right:
        return Dropped(lambda state: compare_environment(state, name), "compare", name)
    if suffix in ENVIRONMENTS:
        return Dropped(lambda state: choose_environment(state, name), "environment", name)
    if suffix == ".ckpt" and is_right:
        return Dropped(lambda state: compare_avatar(state, name), "compare")
    if suffix == ".ckpt":
        return Dropped(lambda state: add_body(state, name), "add avatar")
    if suffix in MOTIONS:
        return Dropped(lambda state: load_motion_file(state, name), "motion")
    format = _format_of(path) if suffix == ".json" else None
    if format == POSE_FORMAT:
        rotations = read_pose(path).rotations
        return Dropped(lambda state: hold_pose(state, rotations), "pose")
    if format == MATERIALS_FORMAT:
        materials = load_materials(path)
        return Dropped(lambda state: use_materials(state, materials), "load materials")
    if format == RIG_FORMAT:
        lamps, surrounding = read_rig(path)
        environment = "" if surrounding is None else surrounding.environment
        if is_right:
            return Dropped(lambda state: compare_rig(state, lamps, surrounding), "compare", environment)
        return Dropped(lambda state: use_rig(state, lamps, surrounding), "light rig", environment)
    if format == PATH_FORMAT:
        camera_path = read_path(path)
        return Dropped(lambda state: use_path(state, camera_path), "camera path")
    known = ", ".join((".ckpt", *MOTIONS, *ENVIRONMENTS))
    raise PhynesError(
        f"{path.name}: expected {known}, or a session, pose, light rig, camera path or material edits as .json"
    )


def is_session(path: Path) -> bool:
    """Whether a file holds a session, by its suffix and format."""
    return path.suffix.lower() == ".json" and _format_of(path) == SESSION_FORMAT


def _format_of(path: Path) -> object:
    try:
        record = read_json(path, ANY_JSON)
    except PhynesError:
        return None
    return record.get("format") if isinstance(record, dict) else None
