"""What a file that is dropped on the picture does, by its suffix."""

from pathlib import Path

from app.files.cameras import FORMAT as PATH_FORMAT
from app.files.cameras import read_path
from app.files.light_rigs import FORMAT as RIG_FORMAT
from app.files.light_rigs import read_rig
from app.files.materials import FORMAT as MATERIALS_FORMAT
from app.files.materials import load_materials
from app.files.poses import FORMAT, read_pose
from app.files.sessions import FORMAT as SESSION_FORMAT
from app.model.avatar_row import add_body
from app.model.camera_paths import use_path
from app.model.comparison import compare_avatar, compare_environment, compare_rig
from app.model.joints import hold_pose
from app.model.lights import choose_environment, use_rig
from app.model.materials import use_materials
from app.model.playback import load_motion_file
from app.model.store import Edit
from phynes_core.errors import PhynesError
from phynes_core.io.json_files import read_json
from phynes_core.io.untrusted import FileKind

ANY_JSON = FileKind("JSON file", 16_000_000, PhynesError, "drop another")
MOTIONS = (".npz", ".pkl", ".bvh")
ENVIRONMENTS = (".exr", ".hdr", ".png")


def edit_of_dropped(path: Path, is_right: bool = False) -> tuple[Edit, str]:
    """The edit that a dropped file makes, and its label; raises PhynesError for a file of no known kind.

    `is_right`: dropped on the right side of a split picture, whose avatar and light it then changes.
    """
    suffix, name = path.suffix.lower(), str(path)
    if is_right and suffix in ENVIRONMENTS:
        return lambda state: compare_environment(state, name), "compare"
    if is_right and suffix == ".ckpt":
        return lambda state: compare_avatar(state, name), "compare"
    if suffix in MOTIONS:
        return lambda state: load_motion_file(state, name), "motion"
    if suffix in ENVIRONMENTS:
        return lambda state: choose_environment(state, name), "environment"
    if suffix == ".ckpt":
        return lambda state: add_body(state, name), "add avatar"
    if suffix == ".json" and _format_of(path) == FORMAT:
        rotations = read_pose(path).rotations
        return lambda state: hold_pose(state, rotations), "pose"
    if suffix == ".json" and _format_of(path) == MATERIALS_FORMAT:
        materials = load_materials(path)
        return lambda state: use_materials(state, materials), "load materials"
    if suffix == ".json" and _format_of(path) == RIG_FORMAT:
        lamps, environment = read_rig(path)
        if is_right:
            return lambda state: compare_rig(state, lamps, environment), "compare"
        return lambda state: use_rig(state, lamps, environment), "light rig"
    if suffix == ".json" and _format_of(path) == PATH_FORMAT:
        camera_path = read_path(path)
        return lambda state: use_path(state, camera_path), "camera path"
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
