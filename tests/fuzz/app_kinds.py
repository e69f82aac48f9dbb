"""Sessions, rigs, poses, camera paths, materials, the viewer's settings, and the files of training runs."""

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import torch

from app.files.cameras import path_text, read_bookmarks, read_path
from app.files.folders import FOLDERS_FILE, read_folder
from app.files.light_rigs import read_rig, save_rig
from app.files.materials import load_materials, save_materials
from app.files.poses import library
from app.files.preferences import APPEARANCE_FILE, PREFERENCES_FILE, KeptPreferences, read_appearance
from app.files.records import to_record
from app.files.sessions import load_session, session_text
from app.files.settings import FILE as RECENT
from app.files.settings import RecentFiles, read_kept, settings_folder
from app.model.camera_paths import CameraKey, CameraPath, camera_at, duration_s
from app.model.cameras import CameraState
from app.model.exports import StillState
from app.model.lamps import LampState
from app.model.lights import LightState
from app.model.materials import MaterialState, StrokeState
from app.model.view_state import ViewState
from app.options.command_lines import still_command
from app.viewer.dropped_files import is_session, read_dropped
from phynes_core.body.motion.pose_files import SavedPose, read_pose, write_pose
from phynes_core.evaluation.metrics.lpips import _read as read_weights
from phynes_core.io.shipped_files import ASSETS
from phynes_core.synthetic.plan import SETTINGS, SynthesisPlan, check_settings, save_settings
from phynes_core.training.presets import FAST, as_json
from phynes_core.training.run.run_folder import RunFolder, RunState
from tests.fuzz.array_mutations import with_zip_field
from tests.fuzz.body_kinds import bundled
from tests.fuzz.byte_mutations import mutated_bytes
from tests.fuzz.kind import Kind, changing, json_kind
from tests.fuzz.pickle_mutations import mutated_opcodes
from tests.fuzz.tensor_mutations import mutated_tensors

STATE_KEY = "phynes_training"
SETTINGS_FILES = (
    RECENT,
    APPEARANCE_FILE,
    PREFERENCES_FILE,
    FOLDERS_FILE,
    "bookmarks.json",
    "panels.ini",
    "welcomed",
    "poses/x.json",
)


def _written(write: Callable[[Path], object], name: str = "x.json") -> bytes:
    """What a function of the program writes."""
    with TemporaryDirectory() as folder:
        write(Path(folder) / name)
        return (Path(folder) / name).read_bytes()


def _record(write: Callable[[Path], object], name: str = "x.json") -> Callable[[], object]:
    """The values of a JSON file that a function of the program writes; written once."""
    content = cache(lambda: _written(write, name))
    return lambda: json.loads(content())


@cache
def _state() -> ViewState:
    """A state in which little is as it was at the start."""
    state = ViewState()
    lamps = (LampState(30.0, 20.0), LampState(-30.0, 10.0, kind="area", distance_m=1.5))
    light = replace(LightState(), lamps=lamps, environment=str(ASSETS / "probes" / "studio.exr"), yaw_deg=12.0)
    avatar = str(ASSETS / "probes" / "studio.exr")  # a file that exists: nothing opens it here
    materials = MaterialState(0.9, strokes=(_stroke(),))
    body = replace(state.body, avatar=avatar, materials=materials, time_s=0.0)
    return replace(state, body=body, light=light, path=_path())


def _stroke() -> StrokeState:
    return StrokeState(points=((0.1, 0.2), (0.3, 0.4)))


@cache
def _path() -> CameraPath:
    cameras = (CameraState(), CameraState(azimuth_deg=90.0), CameraState(azimuth_deg=180.0, distance_m=2.0))
    return CameraPath(tuple(CameraKey(2.0 * number, camera) for number, camera in enumerate(cameras)))


def _session() -> object:
    """With all values, so that all are changed."""
    return json.loads(session_text(_state())) | {"view": to_record(_state(), has_defaults=True)}


def _read_session(path: Path) -> None:
    """As dropped on the window: its format, the state, and the command line of its picture."""
    is_session(path)
    state = load_session(path)
    session_text(state)
    still_command(state, StillState(path=str(path.with_suffix(".png"))), {})


def _read_path(path: Path) -> None:
    camera_path = read_path(path)
    for share in (0.0, 0.4, 1.0):
        camera_at(camera_path, share * duration_s(camera_path))


def _dropped(read: Callable[[Path], object]) -> Callable[[Path], object]:
    """As dropped on the window, which asks for the format first."""

    def dropped(path: Path) -> None:
        read(path)
        edit = read_dropped(path).edit
        session_text(edit(ViewState()))

    return dropped


def _place_settings(path: Path) -> None:
    """Under the name of every file of settings."""
    folder = settings_folder()
    (folder / "poses").mkdir(parents=True, exist_ok=True)
    for name in SETTINGS_FILES:
        (folder / name).write_bytes(path.read_bytes())


def _read_settings(path: Path) -> None:
    """What a start of the viewer reads; none of it may fail."""
    RecentFiles().listed()
    read_appearance()
    KeptPreferences()
    read_folder("dialog")
    read_bookmarks()
    library()
    for name in SETTINGS_FILES:
        read_kept(name)


def _settings() -> object:
    """Entries of all the settings' files in one."""
    keys = [{"command": "light.add_lamp", "chords": ["J", "Ctrl+Shift+F5"]}]
    environments = [str(ASSETS / "probes" / "studio.exr"), "/none"]
    return {"avatar": environments, "theme": "light", "scale": 1.0, "navigation": "maya", "keys": keys}


def _bookmarks() -> object:
    return [{"name": f"place {number}", "camera": {"azimuth_deg": 10.0}, "number": number} for number in range(1, 3)]


def _settings_kind(name: str, record: Callable[[], object]) -> Kind:
    kind = json_kind(name, "x.json", record, _read_settings)
    return replace(kind, place=_place_settings, never_refuses=True)


@cache
def _run_state() -> bytes:
    config = as_json(FAST)
    state = RunState(
        1, 5, 2.0, config, config, "abc", {"avatar.light": torch.zeros(2, 3), "stage.step": torch.zeros(1)}
    )
    return _written(lambda path: RunFolder(path.parent).save(state), "state.safetensors")


def _read_run(path: Path) -> None:
    RunFolder(path.parent).load_to_resume(FAST)


@cache
def _weights() -> bytes:
    """A state_dict as torch saves it, far smaller than a network's."""
    stream = io.BytesIO()
    torch.save({"features.0.weight": torch.zeros(2, 3, 4, 4), "features.0.bias": torch.ones(2)}, stream)
    return stream.getvalue()


def _made_weights(rng: Random) -> bytes:
    """Changes of the pickle in the archive, of its other members and records, or of plain bytes."""
    kind = rng.randrange(4)
    if kind == 0:
        return mutated_bytes(rng, _weights())
    with zipfile.ZipFile(io.BytesIO(_weights())) as archive:
        members = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    name = next(name for name in members if name.endswith("data.pkl")) if kind == 1 else rng.choice(list(members))
    for _ in range(rng.choice((1, 1, 2, 3))):
        members[name] = mutated_opcodes(rng, members[name]) if kind == 1 else mutated_bytes(rng, members[name])
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for member, content in members.items():
            archive.writestr(member, content)
    return with_zip_field(rng, stream.getvalue()) if kind == 3 else stream.getvalue()


KINDS: tuple[Kind, ...] = (
    Kind("LPIPS weights .pth", "w.pth", _weights, _made_weights, read_weights),
    json_kind("session", "s.json", _session, _read_session),
    json_kind("light rig", "r.json", _record(lambda path: save_rig(path, _state().light)), _dropped(read_rig)),
    json_kind(
        "pose", "p.json", _record(lambda path: write_pose(path, SavedPose("a", ((0.1, 0.2, 0.3),) * 24))),
        _dropped(read_pose),
    ),
    json_kind("camera path", "c.json", lambda: json.loads(path_text(_path())), _dropped(_read_path)),
    json_kind(
        "material strokes", "m.json",
        _record(lambda path: save_materials(path, MaterialState(strokes=(_stroke(),) * 3), "a.ckpt")),
        _dropped(load_materials),
    ),
    _settings_kind("recent.json, appearance.json", _settings),
    _settings_kind("bookmarks.json", _bookmarks),
    changing(
        "training state", "state.safetensors", _run_state,
        lambda rng, content: mutated_tensors(rng, content, STATE_KEY),
        _read_run,
    ),
    json_kind(
        "synthesis.json",
        SETTINGS, _record(lambda path: save_settings(SynthesisPlan(), bundled(), path.parent), SETTINGS),
        lambda path: check_settings(SynthesisPlan(), bundled(), path.parent),
    ),
)  # fmt: skip
