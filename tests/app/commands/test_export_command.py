"""`export`: every kind of file from the command line, and one line for each mistake with nothing left behind."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from app import cli
from app.files.cameras import save_path
from app.model.avatar_row import BodyState
from app.model.camera_paths import CameraKey, CameraPath
from app.model.cameras import CameraState
from app.model.edits import edit_tool
from app.model.exports import AvatarExportState
from app.model.view_state import ViewState
from app.options.avatar_export import export_command
from app.rendering.exports.avatar_export import FORMATS, AvatarExportJob, with_clips
from phynes_core.avatar.avatar import Avatar
from phynes_core.avatar.checkpoint import load_checkpoint, save_checkpoint
from phynes_core.body.files import load_body, load_bundled_body
from phynes_core.body.motion.files import load_motion
from phynes_core.io.exr_files import read_exr
from phynes_core.io.image_files import read_png
from phynes_core.io.meshes import read_obj
from phynes_core.io.shipped_files import bundled_motions
from tests.app.one_line_errors import check_line, contents
from tests.export.judges import Glb, has_node, validator_issues
from tests.smpl_files import smpl_arrays, write_npz  # noqa: F401

SMALL_SIZE = ["--texture-size", "64"]


@pytest.fixture(scope="session")
def clip(tmp_path_factory) -> Path:
    """The first frames of a jump."""
    path = tmp_path_factory.mktemp("clips") / "hop.npz"
    with np.load(bundled_motions()["jump"]) as jump:
        frames = {name: jump[name][:4] for name in ("global_orient", "body_pose", "transl")}
        np.savez(path, fps=jump["fps"], **frames)
    return path


def export(capsys, avatar_file, out, *options) -> str:
    arguments = ["export", "--avatar", str(avatar_file), "--out", str(out), *options]
    assert cli.main([str(argument) for argument in arguments]) == 0
    return capsys.readouterr().out


@has_node
def test_a_glb_of_clips_and_a_camera_path_is_valid(avatar_file, clip, tmp_path, capsys):
    path = tmp_path / "path.json"
    save_path(path, CameraPath((CameraKey(0.0, CameraState(distance_m=4.0)), CameraKey(1.0, CameraState(90.0)))))
    out = tmp_path / "small.glb"
    said = export(capsys, avatar_file, out, "--motions", f"run,{clip}", *SMALL_SIZE, "--camera-path", path)
    assert "four weights a vertex cost" in said and said.strip().endswith(str(out))
    assert validator_issues(out) == []
    assert [each["name"] for each in Glb(out).json["animations"]] == ["run", "hop", "camera_path"]


def test_walk_is_the_clip_where_none_is_named(avatar_file, tmp_path, capsys):
    export(capsys, avatar_file, tmp_path / "a.glb", *SMALL_SIZE)
    assert [each["name"] for each in Glb(tmp_path / "a.glb").json["animations"]] == ["walk"]
    export(capsys, avatar_file, tmp_path / "b.glb", *SMALL_SIZE, "--motions", "none")
    assert "animations" not in Glb(tmp_path / "b.glb").json


def test_the_same_export_writes_the_same_bytes(avatar_file, clip, tmp_path, capsys):
    for name in ("a.glb", "b.glb"):
        export(capsys, avatar_file, tmp_path / name, "--motion", clip, "--pose-morphs", "2", *SMALL_SIZE)
    assert (tmp_path / "a.glb").read_bytes() == (tmp_path / "b.glb").read_bytes()


def test_exact_motion_is_the_engines_mesh(avatar_file, clip, tmp_path, capsys):
    out = tmp_path / "out"
    export(capsys, avatar_file, out, "--motion", clip, "--format", "obj", "--textures", "exr", *SMALL_SIZE)
    avatar = load_checkpoint(avatar_file)
    motion = load_motion(clip).placed_on(avatar.body.template_joints)
    files = sorted((out / "hop").iterdir())
    assert [file.name for file in files] == [f"{frame:04d}.obj" for frame in range(4)]
    vertices, faces = read_obj(files[3])
    wanted = avatar.displaced_vertices(motion.pose(3, avatar.betas))
    assert np.abs(vertices - wanted.numpy()).max() < 1e-6 and np.array_equal(faces, avatar.body.faces.numpy())
    assert read_exr(out / "base_color.exr").shape == (64, 64, 3)
    assert read_exr(out / "roughness.exr").shape == (64, 64, 1)


def test_a_folder_without_clips_holds_the_reference_pose(avatar_file, tmp_path, capsys):
    out = tmp_path / "folder"
    export(capsys, avatar_file, out, "--motions", "none", "--pose", "a_pose", *SMALL_SIZE)
    assert sorted(file.name for file in out.iterdir()) == ["base_color.png", "reference.ply", "roughness.png"]
    assert read_png(out / "base_color.png").shape == (64, 64, 3)


def test_usd_has_its_textures_beside_it(avatar_file, clip, tmp_path, capsys):
    pytest.importorskip("pxr", reason="needs usd-core, which launch.py test installs")
    export(capsys, avatar_file, tmp_path / "small.usdc", "--motion", clip, *SMALL_SIZE)
    assert {file.name for file in tmp_path.iterdir()} == {"small.usdc", "small_textures"}
    export(capsys, avatar_file, tmp_path / "small.usdz", "--motion", clip, *SMALL_SIZE)
    assert {file.name for file in tmp_path.iterdir()} == {"small.usdc", "small_textures", "small.usdz"}


@pytest.mark.parametrize(
    "name, options, message",
    [
        ("a.fbx", [], "a.fbx: expected one of"),
        ("a.glb", ["--motion", "moonwalk"], "moonwalk"),
        ("a.glb", ["--motions", "walk,moonwalk"], "moonwalk"),
        ("a.glb", ["--pose", "handstand"], "handstand"),
        ("a.glb", ["--camera-path", "none.json"], "none.json"),
        ("a.glb", ["--texture-size", "1"], "--texture-size: expected 64 to 4096 texels, got 1"),
        ("a.glb", ["--pose-morphs", "-1"], "--pose-morphs: expected 0 to 64 morph targets, got -1"),
        ("a.glb", ["--pose-morphs", "4", "--motions", "none"], "--pose-morphs: expected a clip to take them from"),
        ("a.glb", ["--format", "obj"], "--format: has no effect on .glb"),
        ("folder", ["--pose-morphs", "4"], "--pose-morphs: has no effect on a folder"),
        ("a.glb", ["--avatar", "josh.ckpt"], "--avatar: expected one"),
        ("no\0name.glb", [], "NUL"),
    ],
)
def test_mistakes_are_refused_in_one_line(refuse, avatar_file, tmp_path, name, options, message):
    assert message in refuse("export", "--avatar", avatar_file, "--out", tmp_path / name, *options)


def test_an_unknown_suffix_lists_those_there_are(refuse, avatar_file, tmp_path):
    line = refuse("export", "--avatar", avatar_file, "--out", tmp_path / "a.fbx")
    assert all(suffix in line for suffix in FORMATS) and "a folder" in line


def test_a_folder_that_holds_something_is_left_alone(refuse, avatar_file, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    assert "expected a new or an empty folder" in refuse(
        "export", "--avatar", avatar_file, "--out", tmp_path / "full", "--motion", "jump"
    )


@pytest.mark.parametrize("name", ["a.glb", "a.usdc", "a.usdz", "folder"])
def test_a_full_disk_is_one_line_and_an_older_file_stays(avatar_file, tmp_path, capsys, monkeypatch, name):
    if name.startswith("a.usd"):
        pytest.importorskip("pxr", reason="needs usd-core, which launch.py test installs")
    out = tmp_path / name
    if out.suffix:
        out.write_bytes(b"older")
    before = contents(tmp_path)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    arguments = ["export", "--avatar", str(avatar_file), "--out", str(out), "--motions", "none", *SMALL_SIZE]
    assert cli.main(arguments) == 2
    said = capsys.readouterr()
    check_line(said.err)
    assert "No space left" in said.err and contents(tmp_path) == before


def test_cancelling_leaves_nothing(avatar_file, clip, tmp_path):
    for name in ("a.glb", "folder"):
        settings = AvatarExportState(str(tmp_path / name), (str(clip),), texture_size=64)
        job = AvatarExportJob(ViewState(BodyState(str(avatar_file))), settings)
        assert not job.run(None, lambda done, of, frame: done < 1, lambda: False)
        assert not job.run(None, lambda done, of, frame: True, lambda: True)
        assert list(tmp_path.iterdir()) == []


@pytest.fixture
def licensed_avatar(write_npz, tmp_path):  # noqa: F811
    """An avatar on a body that does not ship here, and that body's file."""
    smpl = write_npz()
    torch.manual_seed(1)
    avatar = Avatar.untrained(load_body(smpl), "licensed")
    path = tmp_path / "licensed.ckpt"
    save_checkpoint(path, avatar)
    return path, smpl


def test_a_licensed_body_leaves_only_when_asked(licensed_avatar, refuse, tmp_path, capsys):
    path, smpl = licensed_avatar
    common = ["--avatar", path, "--smpl", smpl, "--motions", "none", *SMALL_SIZE]
    for name in ("a.glb", "folder"):
        line = refuse("export", *common, "--out", tmp_path / name)
        assert "licensed body 'small'" in line and "--with-licensed-body" in line
    export(capsys, path, tmp_path / "a.glb", *common[2:], "--with-licensed-body")
    assert (tmp_path / "a.glb").is_file()


def test_templates_and_vector_offsets_leave_as_well(clip, tmp_path, capsys):
    from phynes_core.avatar.avatar import OFFSET_MAP
    from phynes_core.body.template import template_body
    from tests.body_template import body_as_template

    body = template_body(body_as_template(), load_bundled_body())
    save_checkpoint(tmp_path / "own.ckpt", Avatar.untrained(body, "own", offset=replace(OFFSET_MAP, output_channels=3)))
    said = export(capsys, tmp_path / "own.ckpt", tmp_path / "own.glb", "--motion", clip, *SMALL_SIZE)
    assert "four weights" in said
    assert len(Glb(tmp_path / "own.glb").attribute("POSITION")) >= len(body.uv)


def test_the_viewers_command_line_makes_the_same_file(avatar_file, clip, tmp_path, monkeypatch, capsys):
    """Of options where they describe the body; of a session where joints were turned."""
    monkeypatch.chdir(tmp_path)
    from app.model.joints import set_joint

    plain = ViewState(BodyState(str(avatar_file.resolve()), str(clip.resolve())))
    plain = edit_tool(plain, avatar_export=AvatarExportState("a.glb", texture_size=64, pose_morphs=1))
    for state, has_session in ((plain, False), (set_joint(plain, 16, (10.0, 20.0, 0.0)), True)):
        settings = with_clips(state)
        assert AvatarExportJob(state, settings).run(None, lambda done, of, frame: True, lambda: False)
        job = Path("a.glb").read_bytes()
        command = export_command(state, settings, {})
        assert bool(command.session) == has_session and "python " in command.text
        command.write_session()
        Path("a.glb").unlink()
        assert cli.main(list(command.arguments)) == 0
        assert Path("a.glb").read_bytes() == job
    capsys.readouterr()


@pytest.mark.parametrize("clips, count", [("playing", 1), ("all", len(bundled_motions())), ("none", 0)])
def test_the_viewer_chooses_clips(clips, count):
    state = ViewState(BodyState("a.ckpt", "walk.npz"))
    state = edit_tool(state, avatar_export=AvatarExportState(clips=clips))
    assert len(with_clips(state).motions) == count
