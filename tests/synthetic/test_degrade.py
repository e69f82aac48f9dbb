"""Degraded captures: what training reads is altered, what judges it is untouched, and the true values are kept."""

import json

import numpy as np
import pytest
import torch

from phynes_core.body.model import Pose
from phynes_core.conventions import srgb_to_linear
from phynes_core.data.native import layout
from phynes_core.data.native.reader import load_capture
from phynes_core.data.native.writer import (
    save_body_parameters,
    save_buffer,
    save_cameras,
    save_geometry,
    save_topology,
    save_view,
)
from phynes_core.errors import CaptureError, OutputError
from phynes_core.render.camera import orbit_camera
from phynes_core.synthetic.imperfections import degrade as degrade_file
from phynes_core.synthetic.imperfections.degrade import degrade
from phynes_core.synthetic.imperfections.settings import PRESETS, Imperfections

SPLITS = {"00": "train", "01": "train", "02": "test"}
FRAMES = range(22)  # 20 to train on, 2 of novel motion: 40 training pictures, two of which lack a piece
SIZE = 48


def write_capture(root, is_premultiplied=True):
    target, generator = torch.tensor([0.0, 0.9, 0.0]), torch.Generator().manual_seed(0)
    cameras = {name: orbit_camera(target, 80.0 * int(name), 5.0, 3.0, SIZE, SIZE) for name in SPLITS}
    save_cameras(root, cameras, SPLITS, is_premultiplied)
    betas = torch.randn(10, generator=generator)
    poses = {
        frame: Pose(0.2 * torch.randn(23, 3, generator=generator), torch.tensor([0.0, 0.2, 0.0]) * frame,
                    0.1 * torch.randn(3, generator=generator), betas)
        for frame in FRAMES
    }  # fmt: skip
    splits = {frame: "train" if frame < 20 else "novel_pose" for frame in FRAMES}
    save_body_parameters(root, poses, splits, "bundled", "abc123")
    rows, columns = torch.meshgrid(torch.arange(SIZE) + 0.5, torch.arange(SIZE) + 0.5, indexing="ij")
    coverage = (18.0 - torch.hypot(rows - 24.0, 1.6 * (columns - 24.0)) + 0.5).clamp(0.0, 1.0)
    for name, split in SPLITS.items():
        for frame in FRAMES:
            if split == "train" and frame >= 20:
                continue
            texture = 0.2 + 0.5 * torch.rand(SIZE // 8, SIZE // 8, 3, generator=generator)
            texture = texture.repeat_interleave(8, 0).repeat_interleave(8, 1)
            save_view(root, name, frame, texture * coverage[..., None] if is_premultiplied else texture, coverage)
    save_buffer(root, "albedo", "02", 3, torch.rand(SIZE, SIZE, 3))
    save_geometry(root, 3, torch.rand(5, 3))
    save_topology(root, torch.tensor([[0, 1, 2]]))
    return root


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return write_capture(tmp_path_factory.mktemp("captures") / "person")


@pytest.fixture(scope="module")
def real(source, tmp_path_factory):
    out = tmp_path_factory.mktemp("degraded") / "person_real"
    degrade(source, out, PRESETS["real"])
    return out


def files(root):
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_what_judges_is_untouched(source, real):
    before, after = files(source), files(real)
    judges = [name for name in before if "/02/" in name or name.startswith("ground_truth")]
    assert len(judges) == 2 * 22 + 3
    assert all(after[name] == before[name] for name in judges)
    given, true = load_capture(real), load_capture(source)
    assert torch.equal(given.cameras["02"].T_cam_world, true.cameras["02"].T_cam_world)
    color = given.ground_truth.color_gains()["02"]
    assert torch.equal(color.gain, torch.ones(3)) and torch.equal(color.offset, torch.zeros(3))


def test_everything_that_training_reads_is_altered(source, real):
    before, after = files(source), files(real)
    pictures = [name for name in before if "/00/" in name or "/01/" in name]
    assert len(pictures) == 2 * 40
    assert not [name for name in pictures if after[name] == before[name]]
    given, true = load_capture(real), load_capture(source)
    for camera in ("00", "01"):
        assert not torch.equal(given.cameras[camera].T_cam_world, true.cameras[camera].T_cam_world)
    for frame in FRAMES:  # those of novel motion, too
        assert not torch.equal(given.poses[frame].body_pose, true.poses[frame].body_pose)
        assert not torch.equal(given.poses[frame].transl, true.poses[frame].transl)
        assert not torch.equal(given.poses[frame].betas, true.poses[frame].betas)
    assert given.frame_split == true.frame_split and given.camera_split == true.camera_split
    assert (given.body_name, given.body_hash) == ("bundled", "abc123")


def test_the_true_values_are_kept(source, real):
    given, true = load_capture(real), load_capture(source)
    truth = given.ground_truth
    assert truth.has_poses and truth.has_cameras and truth.has_color_gains
    poses, cameras = truth.poses(), truth.cameras()
    for frame in FRAMES:
        for name in ("body_pose", "global_orient", "transl", "betas"):
            assert torch.equal(getattr(poses[frame], name), getattr(true.poses[frame], name))
    for name in SPLITS:
        assert torch.equal(cameras[name].T_cam_world, true.cameras[name].T_cam_world)
    record = json.loads(layout.true_path(real, layout.IMPERFECTIONS).read_text())
    assert record["source"] == "person" and record["seed"] == 0
    assert record["options"] == PRESETS["real"].as_typed()
    assert len(record["missing_pieces"]) == 2  # 5 % of 40
    for piece in record["missing_pieces"]:
        mask = given.mask(piece["camera"], piece["frame"])
        assert float(mask[int(piece["y_px"]), int(piece["x_px"])]) == 0.0


def test_a_perfect_capture_says_that_it_keeps_no_true_values(source):
    truth = load_capture(source).ground_truth
    assert not (truth.has_poses or truth.has_cameras or truth.has_color_gains)
    for read in (truth.poses, truth.cameras, truth.color_gains):
        with pytest.raises(CaptureError, match="no ground-truth"):
            read()


def test_damaged_gains_are_named(source, tmp_path):
    degrade(source, tmp_path / "x", Imperfections(color_percent=3.0))
    truth = load_capture(tmp_path / "x").ground_truth
    path = layout.true_path(tmp_path / "x", layout.COLORS)
    good = path.read_text()
    for text in ("{", "[]", '{"cameras": {"00": {"gain": [1, 2], "offset": [0, 0, 0]}}}', good.replace("1.0", "NaN")):
        path.write_text(text)
        with pytest.raises(CaptureError, match=r"colors\.json"):
            truth.color_gains()


def test_the_written_gains_are_those_of_the_pictures(source, tmp_path):
    degrade(source, tmp_path / "x", Imperfections(color_percent=8.0, seed=3))
    given, true = load_capture(tmp_path / "x"), load_capture(source)
    gains = given.ground_truth.color_gains()
    assert not torch.equal(gains["00"].gain, gains["01"].gain)
    for camera in ("00", "01"):
        clean, altered = (
            torch.cat(
                [srgb_to_linear(capture.image(camera, frame))[true.mask(camera, frame) == 1] for frame in range(20)]
            )
            for capture in (true, given)
        )
        for channel in range(3):
            slope, offset = np.polyfit(clean[:, channel].double().numpy(), altered[:, channel].double().numpy(), 1)
            assert slope == pytest.approx(float(gains[camera].gain[channel]), abs=0.008)  # steps of 8 bits are 1 %
            assert offset == pytest.approx(float(gains[camera].offset[channel]), abs=0.003)


@pytest.mark.parametrize(
    ("settings", "altered"),
    [
        (Imperfections(body_deg=1.0), {"body.npz"}),
        (Imperfections(body_mm=5.0), {"body.npz"}),
        (Imperfections(offset_frames=0.3), {"body.npz"}),
        (Imperfections(mask_px=2.0), {"images", "masks"}),
        (Imperfections(color_percent=5.0), {"images"}),
        (Imperfections(camera_deg=0.1), {"cameras.json"}),
        (Imperfections(camera_mm=2.0), {"cameras.json"}),
        (Imperfections(jpeg=80.0), {"images"}),
        (Imperfections(blur_px=1.0), {"images", "masks"}),
    ],
)
def test_each_kind_alters_only_its_own_files(source, tmp_path, settings, altered):
    degrade(source, tmp_path / "x", settings)
    before, after = files(source), files(tmp_path / "x")
    assert {name.partition("/")[0] for name in before if after[name] != before[name]} == altered
    load_capture(tmp_path / "x")


def test_one_kind_does_not_change_another(source, tmp_path):
    degrade(source, tmp_path / "one", Imperfections(body_deg=1.0, body_mm=5.0))
    degrade(source, tmp_path / "both", Imperfections(body_deg=1.0, body_mm=5.0, camera_deg=1.0))
    assert files(tmp_path / "one")["body.npz"] == files(tmp_path / "both")["body.npz"]


def test_a_seed_gives_the_same_files_and_another_gives_others(source, real, tmp_path):
    degrade(source, tmp_path / "again", PRESETS["real"])
    first, again = files(real), files(tmp_path / "again")
    assert first == again
    settings = {name: getattr(PRESETS["real"], name) for name in Imperfections.__dataclass_fields__}
    degrade(source, tmp_path / "other", Imperfections(**settings | {"seed": 1}))
    other = files(tmp_path / "other")
    for name in ("body.npz", "cameras.json", "ground_truth/colors.json", "images/00/000000.png", "masks/00/000000.png"):
        assert other[name] != first[name]


def test_photographs_stay_photographs_and_are_multiplied_by_the_new_mask(tmp_path):
    source = write_capture(tmp_path / "photographs", is_premultiplied=False)
    degrade(source, tmp_path / "x", Imperfections(mask_px=2.0))
    given, true = load_capture(tmp_path / "x"), load_capture(source)
    assert json.loads((tmp_path / "x" / layout.CAMERAS).read_text())["premultiplied"] is False
    assert torch.equal(given.image("02", 3), true.image("02", 3))
    image, mask, old = given.image("00", 3), given.mask("00", 3), true.mask("00", 3)
    assert bool((image[mask == 0] == 0).all())
    bulge = (mask > 0.9) & (old == 0)
    assert bulge.any() and float(image[bulge].min()) > 0.05  # background
    whole = (mask == 1) & (old == 1)
    torch.testing.assert_close(image[whole], true.image("00", 3)[whole], atol=1.5 / 255, rtol=0)


def test_a_degraded_capture_is_not_degraded_again(real, tmp_path):
    with pytest.raises(CaptureError, match="degraded already"):
        degrade(real, tmp_path / "twice", PRESETS["real"])
    assert not (tmp_path / "twice").exists()


def test_a_folder_with_files_is_refused_and_an_empty_one_is_filled(source, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("kept")
    with pytest.raises(OutputError, match="full"):
        degrade(source, tmp_path / "full", Imperfections(body_deg=1.0))
    assert files(tmp_path) == {"full/mine.txt": b"kept"}
    with pytest.raises(OutputError, match="beside"):
        degrade(source, source / "inside", Imperfections(body_deg=1.0))
    (tmp_path / "empty").mkdir()
    degrade(source, tmp_path / "empty", Imperfections(body_deg=1.0))
    assert load_capture(tmp_path / "empty").frames == tuple(FRAMES)


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_a_run_that_is_cut_short_leaves_nothing(source, tmp_path, monkeypatch, stop):
    written = []

    def write_some(path, image):
        written.append(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
        if len(written) == 5:
            raise stop

    monkeypatch.setattr(degrade_file, "write_png", write_some)
    with pytest.raises((KeyboardInterrupt, OutputError)):
        degrade(source, tmp_path / "x", PRESETS["real"])
    assert len(written) == 5 and list(tmp_path.iterdir()) == []


def test_progress_counts_the_pictures(source, tmp_path):
    said = []
    degrade(source, tmp_path / "x", Imperfections(body_deg=1.0), lambda done, total, what: said.append((done, total)))
    assert said[0] == (0, 62) and said[-1] == (62, 62)
    assert said == sorted(said)
