"""The native capture layout: what is written is read back, and every defect is named in one line."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from phynes_core.body.model import Pose
from phynes_core.conventions import linear_to_srgb, srgb_to_linear
from phynes_core.data.native import layout
from phynes_core.data.native.reader import load_capture
from phynes_core.data.native.writer import (
    save_body_parameters,
    save_buffer,
    save_cameras,
    save_center_mask,
    save_geometry,
    save_light,
    save_topology,
    save_view,
)
from phynes_core.errors import CaptureError
from phynes_core.io.image_files import write_png
from phynes_core.io.shipped_files import PROJECT
from phynes_core.render.camera import orbit_camera

SIZE = (12, 16)  # width, height


def radiance_of(camera, frame):
    generator = torch.Generator().manual_seed(1000 * int(camera) + frame)
    return torch.rand(SIZE[1], SIZE[0], 3, generator=generator)


@pytest.fixture
def capture_folder(tmp_path):
    root = tmp_path / "someone"
    target = torch.tensor([0.0, 0.9, 0.0])
    cameras = {f"{i:02d}": orbit_camera(target, 90.0 * i, 0.0, 3.0, *SIZE) for i in range(3)}
    save_cameras(root, cameras, {"00": "train", "01": "train", "02": "test"})
    generator = torch.Generator().manual_seed(0)
    betas = torch.rand(10, generator=generator)
    poses = {
        frame: Pose(torch.rand(23, 3, generator=generator), torch.rand(3), torch.rand(3), betas) for frame in (4, 2, 9)
    }
    save_body_parameters(root, poses, {2: "train", 4: "train", 9: "novel_pose"}, "bundled", "abc123")
    coverage = torch.zeros(SIZE[1], SIZE[0])
    coverage[4:12, 3:9] = 1.0
    coverage[4] *= 0.5
    for camera, frame in [("00", 2), ("00", 4), ("01", 2), ("01", 4), ("02", 2), ("02", 9)]:
        save_view(root, camera, frame, radiance_of(camera, frame) * coverage[..., None], coverage)
    return root


@pytest.fixture
def truth_folder(capture_folder):
    ramp = torch.linspace(0.0, 1.0, SIZE[0] * SIZE[1] * 3).view(SIZE[1], SIZE[0], 3)
    for buffer, channels in (("albedo", 3), ("roughness", 1), ("normal", 3), ("depth", 1)):
        save_buffer(capture_folder, buffer, "02", 2, ramp[..., :channels])
    for light in ("train", "studio"):
        save_light(capture_folder, light, torch.full((4, 8, 3), 2.0))
        save_buffer(capture_folder, "shading", "02", 2, ramp * 2, light)
    save_buffer(capture_folder, "relit", "02", 2, ramp * 3, "studio")
    save_center_mask(capture_folder, "02", 2, ramp[..., 0] > 0.5)
    save_geometry(capture_folder, 2, torch.rand(5, 3))
    save_topology(capture_folder, torch.tensor([[0, 1, 2], [2, 3, 4]]))
    return capture_folder, ramp


def rewrite_cameras(root, change):
    path = root / "cameras.json"
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def rewrite_body(root, **changes):
    with np.load(root / "body.npz") as archive:
        arrays = {key: archive[key] for key in archive.files}
    arrays |= {key: value for key, value in changes.items() if value is not None}
    np.savez(root / "body.npz", **{key: value for key, value in arrays.items() if changes.get(key, 0) is not None})


def test_a_written_capture_is_read_back(capture_folder):
    capture = load_capture(capture_folder)
    assert (capture.name, capture.body_name, capture.body_hash) == ("someone", "bundled", "abc123")
    assert capture.frames == (2, 4, 9)
    assert capture.frame_split == {2: "train", 4: "train", 9: "novel_pose"}
    assert capture.camera_split == {"00": "train", "01": "train", "02": "test"}
    assert capture.poses[4].body_pose.shape == (23, 3)
    assert capture.poses[4].betas.shape == (10,)
    assert (capture.cameras["01"].width, capture.cameras["01"].height) == SIZE
    torch.testing.assert_close(capture.cameras["01"].center, torch.tensor([3.0, 0.9, 0.0]), atol=1e-5, rtol=0)
    assert capture.has_image("02", 9)
    assert not capture.has_image("02", 4)
    assert capture.ground_truth is None


def test_image_is_srgb_of_premultiplied_light_and_mask_is_coverage(capture_folder):
    capture = load_capture(capture_folder)
    image, mask = capture.image("00", 4), capture.mask("00", 4)
    assert (image.dtype, image.shape, mask.shape) == (torch.float32, (16, 12, 3), (16, 12))
    expected = linear_to_srgb(radiance_of("00", 4) * mask[..., None])
    torch.testing.assert_close(image, expected, atol=0.5 / 255 + 2e-3, rtol=0)  # 8 bits, and the mask's own
    assert (image[mask == 0] == 0).all()
    assert mask.unique().tolist() == pytest.approx([0.0, 128 / 255, 1.0])


def test_background_of_photographs_is_removed_in_linear_light(capture_folder):
    rewrite_cameras(capture_folder, lambda content: content.update(premultiplied=False))
    write_png(layout.image_path(capture_folder, "00", 2), np.full((16, 12, 3), 200, np.uint8))
    capture = load_capture(capture_folder)
    half = linear_to_srgb(srgb_to_linear(torch.tensor(200 / 255)) * (128 / 255))
    image = capture.image("00", 2)
    assert float(image[4, 5, 0]) == pytest.approx(float(half), abs=0.5 / 255)
    assert float(image[6, 5, 0]) == pytest.approx(200 / 255)
    assert float(image[0, 0, 0]) == 0.0


def test_pictures_are_decoded_once(capture_folder):
    capture = load_capture(capture_folder)
    first = capture.image("00", 2)
    layout.image_path(capture_folder, "00", 2).unlink()
    assert torch.equal(capture.image("00", 2), first)


def test_ground_truth_is_read_on_demand(truth_folder):
    root, ramp = truth_folder
    truth = load_capture(root).ground_truth
    assert truth is not None
    assert truth.lights == ("studio",)
    assert truth.has("relit", "02", 2, "studio")
    assert not truth.has("albedo", "02", 9)
    half = {"atol": 1e-3, "rtol": 1e-3}
    torch.testing.assert_close(truth.albedo("02", 2), ramp, **half)
    torch.testing.assert_close(truth.roughness("02", 2), ramp[..., :1], **half)
    torch.testing.assert_close(truth.normal("02", 2), ramp, **half)
    assert torch.equal(truth.depth("02", 2), ramp[..., :1])
    torch.testing.assert_close(truth.relit("studio", "02", 2), ramp * 3, **half)
    torch.testing.assert_close(truth.shading("train", "02", 2), ramp * 2, **half)
    assert torch.equal(truth.center_mask("02", 2), ramp[..., 0] > 0.5)
    assert truth.light_image("train").shape == (4, 8, 3)
    assert truth.vertices(2).shape == (5, 3)
    assert truth.faces.tolist() == [[0, 1, 2], [2, 3, 4]]


def test_missing_ground_truth_names_the_file(truth_folder):
    truth = load_capture(truth_folder[0]).ground_truth
    for read, name in (
        (lambda: truth.albedo("02", 9), "000009.exr"),
        (lambda: truth.center_mask("02", 9), "000009.png"),
        (lambda: truth.light_image("mars"), "mars.exr"),
        (lambda: truth.vertices(9), "000009.npz"),
    ):
        with pytest.raises(CaptureError, match=name):
            read()


def set_camera(**values):
    return lambda root: rewrite_cameras(root, lambda content: content["cameras"]["01"].update(values))


def not_a_rotation(root):
    def change(content):
        content["cameras"]["01"]["T_cam_world"][0][0] = 2.0

    rewrite_cameras(root, change)


def mirrored(root):
    def change(content):
        rows = content["cameras"]["01"]["T_cam_world"]
        rows[0] = [-value for value in rows[0]]

    rewrite_cameras(root, change)


def resized_image(root):
    write_png(layout.image_path(root, "00", 2), np.zeros((4, 4, 3), np.uint8))


DEFECTS = {
    "no folder": (lambda root: root.rename(root.with_name("elsewhere")), "expected a capture folder"),
    "no cameras.json": (lambda root: (root / "cameras.json").unlink(), "cannot read this list of cameras"),
    "broken json": (lambda root: (root / "cameras.json").write_text("{"), "not a readable list of cameras"),
    "future format": (lambda root: rewrite_cameras(root, lambda c: c.update(format=9)), "'format': 1, got 9"),
    "no cameras": (lambda root: rewrite_cameras(root, lambda c: c.update(cameras={})), "at least one"),
    "unknown key": (lambda root: rewrite_cameras(root, lambda c: c.update(fov=3)), "got others"),
    "unknown camera key": (set_camera(fov=3), "camera 01: expected T_cam_world, height"),
    "missing camera": (lambda root: rewrite_cameras(root, lambda c: c["cameras"].pop("01")), "expected a camera of"),
    "matrix of another shape": (set_camera(intrinsics=[[1, 0], [0, 1]]), "3 x 3 finite numbers, got shape"),
    "matrix with NaN": (set_camera(intrinsics=[[float("nan")] * 3] * 3), "others than finite ones"),
    "ragged matrix": (set_camera(T_cam_world=[[1], [1, 2]]), "4 x 4 finite numbers"),
    "negative focal length": (set_camera(intrinsics=[[-9, 0, 1], [0, 9, 1], [0, 0, 1]]), "fx, fy > 0"),
    "scaled rotation": (not_a_rotation, "camera 01: T_cam_world: expected a rotation"),
    "mirrored rotation": (mirrored, "det -1"),
    "size is text": (set_camera(width="16"), "width: expected pixels"),
    "unknown camera split": (set_camera(split="validation"), "split: expected train or test, got 'validation'"),
    "no body.npz": (lambda root: (root / "body.npz").unlink(), "cannot read this set of body parameters"),
    "truncated body.npz": (lambda root: (root / "body.npz").write_bytes(b"PK\3\4junk"), "body.npz"),
    "body.npz is text": (lambda root: (root / "body.npz").write_text("hello"), "not a readable set of body parameters"),
    "no transl": (lambda root: rewrite_body(root, transl=None), "transl: expected numbers"),
    "wrong-shaped pose": (
        lambda root: rewrite_body(root, body_pose=np.zeros((3, 63))),
        r"[3, 69], got float64 [3, 63]",
    ),
    "too few rows": (lambda root: rewrite_body(root, transl=np.zeros((2, 3))), r"transl: expected numbers [3, 3]"),
    "too few betas": (lambda root: rewrite_body(root, betas=np.zeros(4)), r"betas: expected numbers [10]"),
    "NaN pose": (lambda root: rewrite_body(root, transl=np.full((3, 3), np.nan)), "transl: expected finite"),
    "doubled frame": (lambda root: rewrite_body(root, frames=np.array([2, 2, 9])), "different whole numbers"),
    "negative frame": (lambda root: rewrite_body(root, frames=np.array([-1, 2, 9])), "different whole numbers"),
    "unknown frame split": (lambda root: rewrite_body(root, split=np.array(["train", "x", "train"])), "got x"),
    "no split": (lambda root: rewrite_body(root, split=None), "split: expected train or novel_pose"),
    "no body name": (lambda root: rewrite_body(root, body=None), "body: expected a string"),
    "missing image": (lambda root: layout.image_path(root, "01", 4).unlink(), "expected an image"),
    "missing mask": (lambda root: layout.mask_path(root, "02", 9).unlink(), "expected a mask"),
    "image of another size": (resized_image, "expected 12 x 16 pixels (camera 00), got 4 x 4"),
    "image is text": (lambda root: layout.image_path(root, "00", 2).write_text("hello"), "not a readable picture"),
    "misnamed image": (
        lambda root: layout.image_path(root, "02", 2).rename(root / "images/02/2.png"),
        "six-digit frame number",
    ),
    "image of an unknown frame": (
        lambda root: layout.image_path(root, "02", 2).rename(root / "images/02/000003.png"),
        "expected a frame of body.npz, got 3",
    ),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_defect_is_named_in_one_line(capture_folder, defect):
    spoil, message = DEFECTS[defect]
    spoil(capture_folder)
    with pytest.raises(CaptureError) as caught:
        load_capture(capture_folder)
    assert message in str(caught.value)
    assert str(capture_folder) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_example_in_the_documentation_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = (PROJECT / "docs" / "dataset.md").read_text(encoding="utf-8")
    example = text.split("```python\n")[1].split("```")[0]
    exec(compile(example, "docs/dataset.md", "exec"), {})
    capture = load_capture(Path("my_capture"))
    assert capture.frames == (0, 1, 2)
    assert float(capture.image("front", 0)[60, 48, 0]) == pytest.approx(180 / 255)
    assert float(capture.image("left", 2)[0, 0, 0]) == 0.0
    x, y, z = capture.cameras["left"].project(torch.tensor([0.0, 0.9, 0.0])).tolist()
    assert (x, y, z) == pytest.approx((48, 64, 3), abs=1e-4)
