"""Public layouts: what is found where, which splits the presets and options make, and every defect in one line."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from phynes_core.data.capture_options import CaptureOptions, frame_range, view_list
from phynes_core.data.object_array import read_object_array
from phynes_core.data.open_capture import open_capture
from phynes_core.data.opencv_yaml import read_opencv_yaml
from phynes_core.data.source_camera import cameras_from_yaml
from phynes_core.data.subject_presets import SYNTHETIC_HUMAN, SYNTHETIC_HUMAN_PLUS, ZJU_MOCAP, subject_preset
from phynes_core.errors import CaptureError
from phynes_core.image_files import write_exr, write_png
from tests.data.public_layouts import BODY, save_object, write_plus, write_synthetic_human, write_yaml, write_zju

FOUR = CaptureOptions(train_views=(0, 2), test_views=(1, 3))


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """One of each, written once."""
    folder = tmp_path_factory.mktemp("public")
    write_zju(folder / "CoreView_377", num_frames=3, num_cameras=5, size=48)
    write_synthetic_human(folder / "nathan", num_frames=2, size=32)
    write_plus(folder / "josh", size=32)
    return folder


@pytest.fixture
def copied(made, tmp_path):
    def copy(name, new_name=None):
        return Path(shutil.copytree(made / name, tmp_path / (new_name or name)))

    return copy


def annots(root):
    return np.load(root / "annots.npy", allow_pickle=True).item()


def test_the_presets_are_the_published_splits():
    """FORMATS: neuralbody's table, animatable_nerf's and RelightableAvatar's configurations."""
    zju = subject_preset("CoreView_377", ZJU_MOCAP)
    assert list(zju.frames.positions(617)) == list(range(300))
    assert list(zju.novel_frames.positions(617)) == list(range(300, 617))
    assert (zju.train_views, zju.test_views, zju.evaluate_every, zju.ratio) == ((0, 6, 12, 18), None, 30, 0.5)
    later = subject_preset("390", ZJU_MOCAP)
    assert (later.frames.positions(1171)[0], later.frames.positions(1171)[-1]) == (700, 999)
    assert (later.novel_frames.positions(1171)[0], later.novel_frames.positions(1171)[-1]) == (0, 699)
    assert len(subject_preset("CoreView_313", ZJU_MOCAP).novel_frames.positions(1470)) == 1000
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
        (True, True), (True, False), (False, True),
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


class Runs:
    """Pickles as a call of any function."""

    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize(
    "attack",
    [
        lambda path: Runs(os.system, f"touch {path}"),
        lambda path: Runs(eval, f"open({str(path)!r}, 'w')"),
        lambda path: Runs(np.save, str(path), np.zeros(3)),
        lambda path: Runs(getattr, "a", "upper"),
    ],
)
def test_a_hostile_annots_is_refused_without_running(copied, tmp_path, attack):
    root, target = copied("CoreView_377"), tmp_path / "was_here"
    save_object(root / "annots.npy", annots(root) | {"more": attack(target)})
    with pytest.raises(CaptureError, match="nothing in it was run") as caught:
        open_capture(root, FOUR, BODY)
    assert "\n" not in str(caught.value) and str(root / "annots.npy") in str(caught.value)
    assert not target.exists() and not target.with_suffix(".npy").exists()


def test_endless_and_foreign_objects_are_refused(tmp_path):
    endless: list = []
    endless.append(endless)
    wide: list = []
    for _ in range(11):
        wide = [wide] * 100  # 100^11 places, eleven lists
    for name, value, message in (
        ("endless", endless, "nested more than"),
        ("set", {1, 2}, "asks for an object of type set"),
        ("numbered", {1: 2}, "asks for an object of type dict"),
    ):
        save_object(tmp_path / f"{name}.npy", value)
        with pytest.raises(CaptureError, match=message):
            read_object_array(tmp_path / f"{name}.npy")
    save_object(tmp_path / "wide.npy", wide)
    assert isinstance(read_object_array(tmp_path / "wide.npy"), list)


def changed_annots(change):
    def spoil(root):
        content = annots(root)
        change(content)
        save_object(root / "annots.npy", content)

    return spoil


def changed_parameters(change):
    def spoil(root):
        content = np.load(root / "new_params" / "0.npy", allow_pickle=True).item()
        change(content)
        save_object(root / "new_params" / "0.npy", content)

    return spoil


def in_camera(key, value):
    return changed_annots(lambda c: c["cams"][key].__setitem__(0, value))


DEFECTS = {
    "no folder": (shutil.rmtree, "expected a capture folder"),
    "no annots": (lambda root: (root / "annots.npy").unlink(), "got Camera_B1, Camera_B2"),
    "annots is text": (lambda root: (root / "annots.npy").write_text("hello"), "not a readable .npy"),
    "annots cut short": (
        lambda root: (root / "annots.npy").write_bytes((root / "annots.npy").read_bytes()[:300]),
        "not a readable .npy",
    ),
    "annots of numbers": (lambda root: np.save(root / "annots.npy", np.zeros(3)), "dictionary with cams and ims"),
    "no cams": (changed_annots(lambda c: c.pop("cams")), "dictionary with cams and ims"),
    "cams without T": (changed_annots(lambda c: c["cams"].pop("T")), "lists K, D, R, T"),
    "cams of different lengths": (changed_annots(lambda c: c["cams"]["T"].pop()), "K 5, D 5, R 5, T 4"),
    "metres": (
        changed_annots(lambda c: c["cams"].update(T=[t / 1000 for t in c["cams"]["T"]])),
        "expected millimetres",
    ),
    "K of another shape": (in_camera("K", np.eye(4)), "camera 0: expected K [3, 3]"),
    "K is text": (in_camera("K", "hello"), "camera 0: expected K [3, 3]"),
    "negative focal length": (in_camera("K", np.diag([-9.0, 9, 1])), "fx, fy > 0"),
    "scaled rotation": (in_camera("R", np.eye(3) * 2), "expected a rotation"),
    "NaN": (in_camera("T", np.full((3, 1), np.nan)), "expected finite numbers"),
    "another lens": (in_camera("D", np.ones(8)), "k1 k2 p1 p2 k3, got 8 numbers"),
    "no ims": (changed_annots(lambda c: c.update(ims=[])), "expected a list of frames"),
    "ims of numbers": (changed_annots(lambda c: c["ims"].__setitem__(0, 3)), "ims[0]: expected a dictionary"),
    "paths outside": (changed_annots(lambda c: c["ims"][0]["ims"].__setitem__(0, "../x/000000.jpg")), "inside"),
    "absolute paths": (changed_annots(lambda c: c["ims"][0]["ims"].__setitem__(0, "C:\\a\\000000.jpg")), "inside"),
    "misnamed pictures": (changed_annots(lambda c: c["ims"][0]["ims"].__setitem__(0, "a/b.jpg")), "named as 000012"),
    "pictures of two frames": (
        changed_annots(lambda c: c["ims"][0]["ims"].__setitem__(0, "Camera_B1/000001.jpg")),
        "pictures of one frame",
    ),
    "one frame twice": (changed_annots(lambda c: c["ims"].append(c["ims"][0])), "expected different frames"),
    "no picture": (lambda root: (root / "Camera_B3" / "000001.jpg").unlink(), "expected a picture of frame 1"),
    "no mask": (lambda root: (root / "mask_cihp" / "Camera_B3" / "000001.png").unlink(), "expected a mask at"),
    "no parameters": (lambda root: shutil.rmtree(root / "new_params"), "expected body parameters in motion.npz or"),
    "parameters of one frame missing": (
        lambda root: (root / "new_params" / "2.npy").unlink(),
        "2.npy: expected body parameters of a frame",
    ),
    "parameters without Rh": (changed_parameters(lambda c: c.pop("Rh")), "expected poses, Rh, Th, shapes"),
    "wrong-shaped poses": (changed_parameters(lambda c: c.update(poses=np.zeros((1, 63)))), "got 63, 3, 3 and 10"),
    "poses of text": (changed_parameters(lambda c: c.update(poses="a")), "expected numbers"),
    "NaN pose": (changed_parameters(lambda c: c.update(Th=np.full((1, 3), np.nan))), "expected finite"),
}  # fmt: skip


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_defect_of_a_zju_folder_is_named_in_one_line(copied, defect):
    spoil, message = DEFECTS[defect]
    root = copied("CoreView_377")
    spoil(root)
    with pytest.raises(CaptureError) as caught:
        open_capture(root, FOUR, BODY)
    assert message in str(caught.value)
    assert str(root) in str(caught.value)
    assert "\n" not in str(caught.value)


PLUS_DEFECTS = {
    "no extri.yml": (lambda root: (root / "extri.yml").unlink(), "cannot read the cameras"),
    "intri.yml is binary": (lambda root: (root / "intri.yml").write_bytes(b"\xff\xfe\x00"), "expected an OpenCV YAML"),
    "intri.yml is empty": (lambda root: (root / "intri.yml").write_text(""), "expected matrices as cv2.FileStorage"),
    "a camera without extrinsics": (
        lambda root: (root / "extri.yml").write_text((root / "extri.yml").read_text().replace("Rot_04", "Rat_04")),
        "camera 04: expected Rot_04",
    ),
    "no pictures": (lambda root: shutil.rmtree(root / "images"), "expected pictures as images/00/000000.jpg"),
    "broken motion": (lambda root: (root / "motion.npz").write_text("hello"), "motion.npz"),
    "motion without Th": (
        lambda root: np.savez(root / "motion.npz", poses=np.zeros((2, 72)), Rh=np.zeros((2, 3))),
        "Th: expected numbers [frames, *], got none",
    ),
    "motion too short": (
        lambda root: np.savez(
            root / "motion.npz",
            poses=np.zeros((1, 72)),
            Rh=np.zeros((1, 3)),
            Th=np.zeros((1, 3)),
            shapes=np.zeros((1, 10)),
        ),
        "expected a row for frame 1, got 1",
    ),
}


@pytest.mark.parametrize("defect", PLUS_DEFECTS)
def test_a_defect_of_a_plus_folder_is_named_in_one_line(copied, defect):
    spoil, message = PLUS_DEFECTS[defect]
    root = copied("josh")
    spoil(root)
    with pytest.raises(CaptureError) as caught:
        open_capture(root, CaptureOptions(), BODY)
    assert message in str(caught.value)
    assert str(root) in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (CaptureOptions(train_views=(0, 9)), "expected a camera among 0, 1, 2, 3, 4, got 9"),
        (CaptureOptions(train_views=(0, 1), test_views=(1,)), "camera 1 is both"),
        (CaptureOptions(train_views=(0,), frames=frame_range("--frames", "7:2")), "got none among its 3"),
        (CaptureOptions(train_views=(0,), ratio=0.001), "leaves no pixel"),
    ],
)
def test_splits_that_do_not_fit_are_named(made, options, message):
    with pytest.raises(CaptureError) as caught:
        open_capture(made / "CoreView_377", options, BODY)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: frame_range("--frames", "a:2"), "--frames: expected first:count"),
        (lambda: frame_range("--frames", "0:0"), "at least 1"),
        (lambda: view_list("--train-views", "0,,2"), "--train-views: expected different camera numbers"),
        (lambda: view_list("--train-views", "2,2"), "--train-views: expected different camera numbers"),
        (lambda: CaptureOptions(ratio=2.0), "--ratio: expected more than 0 and at most 1"),
        (lambda: CaptureOptions(evaluate_every=0), "--evaluate-every: expected at least 1"),
        (lambda: CaptureOptions(up="z"), "--up: expected one of +x, -x"),
    ],
)
def test_options_are_checked_where_they_are_typed(make, message):
    with pytest.raises(CaptureError) as caught:
        make()
    assert message in str(caught.value)


def test_unknown_subjects_need_views_and_smpl_must_be_named(copied, made):
    root = copied("CoreView_377", "my_recording")
    with pytest.raises(CaptureError, match="no known subject in the folder's name .*give --train-views"):
        open_capture(root, CaptureOptions(), BODY)
    capture = open_capture(root, CaptureOptions(train_views=(0, 1, 2)), BODY)
    assert (len(capture.frames), capture.cameras["00"].width) == (3, 48)
    with pytest.raises(CaptureError, match="name your file with --smpl"):
        open_capture(made / "CoreView_377", CaptureOptions())


def test_our_own_layout_takes_no_options_and_other_folders_are_described(tmp_path):
    (tmp_path / "a").mkdir()
    with pytest.raises(CaptureError, match="expected cameras.json .our layout., annots.npy .* got nothing"):
        open_capture(tmp_path / "a")
    (tmp_path / "a" / "cameras.json").write_text("{}")
    with pytest.raises(CaptureError, match="ratio: only for public datasets"):
        open_capture(tmp_path / "a", CaptureOptions(ratio=0.5))
    with pytest.raises(CaptureError, match="cameras.json: expected 'format'"):
        open_capture(tmp_path / "a")
