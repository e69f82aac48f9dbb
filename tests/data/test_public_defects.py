"""Public layouts that are hostile, damaged or do not fit the options: one line each, and nothing is run."""

import os
import shutil

import numpy as np
import pytest

from phynes_core.data.open_capture import open_capture
from phynes_core.data.public.options import CaptureOptions, frame_range, view_list
from phynes_core.errors import CaptureError
from phynes_core.io.restricted_pickle import read_object_array
from tests.data.public_layouts import (
    BODY,
    FOUR,
    annots,
    save_object,
)


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
        ("wide", wide, "more than 1000000 parts"),
        ("numbered", {1: 2}, "expected texts as keys"),
        ("paired", {(1, 2): 3}, "expected keys that are texts"),
    ):
        save_object(tmp_path / f"{name}.npy", value)
        with pytest.raises(CaptureError, match=message):
            read_object_array(tmp_path / f"{name}.npy")


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


def refused(root, options, defect):
    """A spoiled folder's one line names the defect and the folder."""
    spoil, message = defect
    spoil(root)
    with pytest.raises(CaptureError) as caught:
        open_capture(root, options, BODY)
    assert message in str(caught.value)
    assert str(root) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_defect_of_a_zju_folder_is_named_in_one_line(copied, defect):
    refused(copied("CoreView_377"), FOUR, DEFECTS[defect])


PLUS_DEFECTS = {
    "no extri.yml": (lambda root: (root / "extri.yml").unlink(), "cannot read this OpenCV YAML file"),
    "intri.yml is binary": (
        lambda root: (root / "intri.yml").write_bytes(b"\xff\xfe\x00"),
        "not a readable OpenCV YAML",
    ),
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
    refused(copied("josh"), CaptureOptions(), PLUS_DEFECTS[defect])


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
