"""Public layouts: what is found where, and which splits the presets and options make."""

import shutil

import numpy as np
import pytest
import torch

from phynes_core.data.open_capture import open_capture
from phynes_core.data.public.cameras import cameras_from_yaml, read_opencv_yaml
from phynes_core.data.public.options import (
    SYNTHETIC_HUMAN,
    SYNTHETIC_HUMAN_PLUS,
    ZJU_MOCAP,
    CaptureOptions,
    frame_range,
    subject_preset,
    view_list,
)
from phynes_core.errors import CaptureError
from phynes_core.io.exr_files import write_exr
from phynes_core.io.image_files import write_png
from tests.data.public_layouts import BODY, FOUR, annots, save_object, write_yaml


def test_the_presets_are_the_published_splits():
    """FORMATS: neuralbody's table, animatable_nerf's and RelightableAvatar's configurations."""
    zju = subject_preset("CoreView_377", ZJU_MOCAP)
    assert list(zju.frames.indices(617)) == list(range(300))
    assert list(zju.novel_frames.indices(617)) == list(range(300, 617))
    assert (zju.train_views, zju.test_views, zju.evaluate_every, zju.ratio) == ((0, 6, 12, 18), None, 30, 0.5)
    later = subject_preset("390", ZJU_MOCAP)
    assert (later.frames.indices(1171)[0], later.frames.indices(1171)[-1]) == (700, 999)
    assert (later.novel_frames.indices(1171)[0], later.novel_frames.indices(1171)[-1]) == (0, 699)
    assert len(subject_preset("CoreView_313", ZJU_MOCAP).novel_frames.indices(1470)) == 1000
    manuel = subject_preset("rp_manuel", SYNTHETIC_HUMAN)
    assert (manuel.frames.first, manuel.frames.count, manuel.train_views) == (10, 300, (1, 4, 7, 9))
    plus = subject_preset("malcolm", SYNTHETIC_HUMAN_PLUS)
    assert (plus.frames.first, plus.frames.count, plus.evaluate_every, plus.ratio) == (1, 69, 13, 0.5)
    assert subject_preset("nathan_377x", ZJU_MOCAP) is None


def test_a_zju_folder_is_split_by_the_options(made):
    options = CaptureOptions(
        frames=frame_range("--frames", "0:2"), novel_frames=frame_range("--novel-frames", "2:9"),
        train_views=view_list("--train-views", "0,2"), evaluate_every=2,
    )  # fmt: skip
    capture = open_capture(made / "CoreView_377", options, BODY)
    assert capture.name == "CoreView_377"
    assert capture.camera_split == {"00": "train", "01": "test", "02": "train", "03": "test", "04": "test"}
    assert capture.frame_split == {0: "train", 1: "train", 2: "novel_pose"}
    assert [(capture.has_image("00", f), capture.has_image("01", f)) for f in (0, 1, 2)] == [
        (True, True), (True, False), (True, True),
    ]  # fmt: skip
    assert capture.image("00", 1).shape == (24, 24, 3)
    assert set(capture.mask("00", 1).unique().tolist()) == {0.0, 1.0}
    assert capture.ground_truth is None
    assert capture.body_hash == ""


def test_new_params_are_preferred_and_params_can_be_asked_for(copied):
    root = copied("CoreView_377")
    shutil.copytree(root / "new_params", root / "params")
    moved = np.load(root / "params" / "0.npy", allow_pickle=True).item()
    moved["Th"] = moved["Th"] + 1.0
    save_object(root / "params" / "0.npy", moved)
    preferred = open_capture(root, FOUR, BODY).poses[0].transl
    asked = open_capture(root, CaptureOptions(train_views=(0, 2), parameters="params"), BODY).poses[0].transl
    torch.testing.assert_close((asked - preferred).abs(), torch.ones(3))


def test_first_subjects_count_their_frames_from_one(copied):
    root = copied("CoreView_377", "CoreView_313")
    content = annots(root)
    for frame, item in enumerate(content["ims"]):
        for camera, old in enumerate(item["ims"]):
            new = (
                f"Camera ({camera + 1})/CoreView_313_Camera_({camera + 1})_{frame + 1:04d}_2019-08-23_16-08-50.592.jpg"
            )
            for folder, suffix in (("", ".jpg"), ("mask_cihp", ".png")):
                target = (root / folder / new).with_suffix(suffix)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy((root / folder / old).with_suffix(suffix), target)
            item["ims"][camera] = new
    save_object(root / "annots.npy", content)
    for frame in (2, 1, 0):
        (root / "new_params" / f"{frame}.npy").rename(root / "new_params" / f"{frame + 1}.npy")
    capture = open_capture(root, FOUR, BODY)
    assert capture.frames == (0, 1, 2)
    assert capture.image("02", 2).any()


def test_sparse_cameras_and_listed_views_without_a_file(copied):
    """Lists are indexed by camera number: unused entries may be empty, and `ims` may name files that are not there."""
    root = copied("CoreView_377")
    content = annots(root)
    for key in ("K", "D", "R", "T"):
        content["cams"][key][1] = np.zeros(0)
    save_object(root / "annots.npy", content)
    shutil.rmtree(root / "Camera_B5")
    capture = open_capture(root, CaptureOptions(train_views=(0, 2)), BODY)
    assert capture.camera_split == {"00": "train", "02": "train", "03": "test"}


def test_masks_are_looked_for_where_the_public_loaders_look(copied):
    root = copied("CoreView_377")
    expected = open_capture(root, FOUR, BODY).mask("00", 0)
    (root / "mask_cihp").rename(root / "mask")
    assert torch.equal(open_capture(root, FOUR, BODY).mask("00", 0), expected)
    root = copied("nathan")
    capture = open_capture(root, CaptureOptions(), BODY)
    assert capture.camera_split["09"] == "train" and capture.camera_split["00"] == "test"
    share = float(capture.mask("04", 0).mean())
    assert 0.01 < share < 0.3  # gray 40 of 200 is background, which "not 0" would take for the person


def test_plus_reads_its_cameras_from_yaml_and_tests_the_novel_views_that_have_pictures(made):
    capture = open_capture(made / "josh", CaptureOptions(evaluate_every=1), BODY)
    assert capture.camera_split == {"01": "train", "04": "train", "07": "train", "09": "train", "12": "test"}
    assert capture.cameras["12"].width == 16  # ratio 0.5
    assert capture.image("12", 1).any()


def test_plus_falls_back_to_the_ring_without_pictures_of_the_novel_views(copied):
    root = copied("josh")
    for folder in ("images", "mask"):
        (root / folder / "12").rename(root / folder / "03")
    assert open_capture(root, CaptureOptions(), BODY).camera_split["03"] == "test"


def test_opencv_yaml_in_both_ways_of_writing_names(tmp_path):
    write_yaml(tmp_path / "a.yml", [("Camera_B1", {"K": np.eye(3), "dist": np.arange(5.0)[None]})])
    names, matrices = read_opencv_yaml(tmp_path / "a.yml")
    assert names == ["Camera_B1"]
    np.testing.assert_array_equal(matrices["dist_Camera_B1"], np.arange(5.0)[None])
    text = '%YAML:1.0\n---\nnames: [ "00", "01" ]\nK_00: !!opencv-matrix\n   rows: 1\n   cols: 2\n   dt: f\n'
    (tmp_path / "b.yml").write_text(text + "   data: [ 1., -2.5e+01 ]\n")
    names, matrices = read_opencv_yaml(tmp_path / "b.yml")
    assert names == ["00", "01"] and matrices["K_00"].tolist() == [[1.0, -25.0]]


def test_yaml_cameras_are_numbered_by_name_or_in_natural_order(tmp_path):
    """The published rig of ZJU-MoCap lists its cameras from 12 down to 1 and up from 23."""
    for names, numbers in ((["07", "03"], {3: "03", 7: "07"}), (["B10", "B2", "B1"], {0: "B1", 1: "B2", 2: "B10"})):
        inside, outside = {"K": np.eye(3), "D": np.zeros((5, 1))}, {"R": np.ones((3, 1)), "T": np.ones((3, 1))}
        for file, matrices in (("intri.yml", inside), ("extri.yml", outside)):
            write_yaml(tmp_path / file, [(name, matrices) for name in names])
        got, cameras = cameras_from_yaml(tmp_path / "intri.yml", tmp_path / "extri.yml")
        assert got == numbers and sorted(cameras) == sorted(numbers)


def test_renders_of_plus_are_ground_truth(copied):
    root = copied("josh")
    folder = root.parent / "output_hdr_test" / "josh_olat9" / "train" / "images"
    white = root.parent / "output_vis_test" / "josh_olat9" / "train" / "images"
    picture = np.linspace(0.0, 4.0, 32 * 32 * 3, dtype=np.float32).reshape(32, 32, 3)
    write_exr(folder / "000000_12_rgb.exr", picture)
    write_exr(white / "000000_12_rgb.exr", 0.5 * picture)
    write_png(folder / "000000_12_albedo_diffuse.png", np.full((32, 32, 3), 51, np.uint8))
    half = np.zeros((32, 32), np.uint8)
    half[:16] = 255
    write_png(folder / "000000_12_mask.png", half)
    truth = open_capture(root, CaptureOptions(), BODY).ground_truth
    assert truth is not None and truth.lights == ("olat9",)
    assert (
        truth.has("relit", "12", 0, "olat9")
        and not truth.has("relit", "12", 0, "gym")
        and not truth.has("normal", "12", 0)
    )
    pooled = torch.from_numpy(picture).view(16, 2, 16, 2, 3).mean((1, 3)) * (torch.arange(16) < 8)[:, None, None]
    torch.testing.assert_close(truth.relit("olat9", "12", 0), pooled)
    torch.testing.assert_close(truth.shading("olat9", "12", 0), 0.5 * pooled)
    assert float(truth.albedo("12", 0)[3, 3, 0]) == pytest.approx(0.2)
    light = truth.light_image("olat9")
    assert float(light[4, 19, 0]) == 100.25 and float(light[0, 0, 0]) == 0.25
    with pytest.raises(CaptureError, match="--renders: expected a template"):
        open_capture(root, CaptureOptions(renders="{nothing}"), BODY)
