"""`render`: the content of its files, from which another program can make the same picture."""

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from app import cli
from phynes_core.conventions import direction_to_latlong
from phynes_core.frame.buffers import BUFFERS
from phynes_core.geometry.mesh import face_normals
from phynes_core.io.exr_files import read_exr, write_exr
from phynes_core.io.image_files import read_png
from phynes_core.render.probes import Environment, environment_to_probes, load_environment_image

ROOT = Path(__file__).resolve().parents[3]
SIZE = 96


def render(avatar_file: Path, out: Path, *options: str) -> None:
    assert cli.main(["render", "--avatar", str(avatar_file), "--out", str(out), "--size", str(SIZE), *options]) == 0


def read_mesh(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Vertices [V, 8] = x y z nx ny nz s t and faces [F, 3] of a binary PLY, by its header."""
    content = path.read_bytes()
    header, _, body = content.partition(b"end_header\n")
    lines = header.decode("ascii").split("\n")
    counts = {line.split()[1]: int(line.split()[2]) for line in lines if line.startswith("element")}
    names = [line.split()[2] for line in lines if line.startswith("property float")]
    assert names == ["x", "y", "z", "nx", "ny", "nz", "s", "t"]
    size = counts["vertex"] * 32
    vertices = np.frombuffer(body[:size], "<f4").reshape(-1, 8)
    triangles = np.frombuffer(body[size:], [("count", "u1"), ("corners", "<i4", 3)])
    assert len(triangles) == counts["face"] and (triangles["count"] == 3).all()
    return vertices, triangles["corners"]


@pytest.fixture(scope="module")
def exr_folder(avatar_file, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("exr") / "new" / "folder"
    lamp = ["--lamp", "-60,30,2,1.5", "--probe", "studio", "--probe-yaw", "30", "--probe-intensity", "2"]
    pose = ["--motion", "walk", "--frame", "10", "--camera", "-30,10,3.5"]
    render(avatar_file, out, "--format", "exr", "--buffers", "all", "--save-scene", *lamp, *pose)
    return out


@pytest.fixture(scope="module")
def png_folder(avatar_file, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("png")
    render(avatar_file, out, "--buffers", "all", "--supersample", "1")
    return out


def test_exr_files_hold_the_engines_numbers(exr_folder):
    images = {name: read_exr(exr_folder / f"{name}.exr") for name in BUFFERS}
    covered = images["mask"][..., 0] > 0
    assert 0.05 < covered.mean() < 0.5
    assert all(np.isfinite(image).all() and (image[~covered] == 0).all() for image in images.values())
    assert np.abs(np.linalg.norm(images["normal"][covered], axis=-1) - 1).max() < 1e-5
    assert images["normal"][covered].min() < -0.5  # not encoded into [0, 1]
    assert images["radiance"].shape == (SIZE, SIZE, 3) and images["uv"].shape[2] == 2 and images["depth"].shape[2] == 1


def test_positions_project_to_the_centers_of_their_pixels(exr_folder):
    camera = json.loads((exr_folder / "camera.json").read_text())
    assert (camera["width"], camera["height"]) == (SIZE, SIZE)
    position, depth = read_exr(exr_folder / "position.exr"), read_exr(exr_folder / "depth.exr")
    rows, columns = np.nonzero(read_exr(exr_folder / "mask.exr")[..., 0])
    transform, intrinsics = np.array(camera["T_cam_world"]), np.array(camera["intrinsics"])
    in_camera = position[rows, columns] @ transform[:3, :3].T + transform[:3, 3]
    image = in_camera @ intrinsics.T
    assert np.abs(image[:, 0] / image[:, 2] - (columns + 0.5)).max() < 1e-3  # measured 1e-5
    assert np.abs(image[:, 1] / image[:, 2] - (rows + 0.5)).max() < 1e-3
    assert np.abs(in_camera[:, 2] - depth[rows, columns, 0]).max() < 1e-4
    center = -transform[:3, :3].T @ transform[:3, 3]
    assert math.degrees(math.atan2(center[0] - position[rows, columns, 0].mean(), center[2])) == pytest.approx(
        -30, abs=6
    )


def test_the_saved_mesh_is_the_one_in_the_picture(exr_folder):
    vertices, faces = read_mesh(exr_folder / "mesh.ply")
    position = read_exr(exr_folder / "position.exr")
    mask, uv = read_exr(exr_folder / "mask.exr")[..., 0] > 0, read_exr(exr_folder / "uv.exr")
    assert faces.max() == len(vertices) - 1 and faces.min() == 0
    assert vertices[:, 6:].min() >= 0 and vertices[:, 6:].max() <= 1
    points, seen = torch.from_numpy(vertices[:, :3].copy()), torch.from_numpy(position[mask])
    nearest = torch.cdist(seen, points).min(1)
    assert nearest.values.max() < 0.03  # edges of the body are 1 to 3 cm long
    uv_gap = np.abs(vertices[nearest.indices.numpy(), 6:] - uv[mask]).max(1)
    assert np.median(uv_gap) < 0.01
    outward = face_normals(points, torch.from_numpy(faces.astype(np.int64)))
    smooth = torch.from_numpy(vertices[:, 3:6].copy())[torch.from_numpy(faces.astype(np.int64))].mean(1)
    assert ((outward * smooth).sum(-1) > 0).float().mean() > 0.98


def test_the_lighting_file_holds_all_light(exr_folder):
    lighting = json.loads((exr_folder / "lighting.json").read_text())
    probes = {name: np.array(values) for name, values in lighting["probes"].items()}
    assert probes["directions"].shape == probes["radiance"].shape == (512, 3)
    assert probes["solid_angle"].sum() == pytest.approx(4 * math.pi, rel=1e-6)
    lamp, *sources = lighting["lamps"]
    assert np.allclose(lamp["direction"], [-math.sin(math.pi / 3) * math.cos(math.pi / 6), 0.5, 0.25 * math.sqrt(3)])
    assert lamp["intensity"] == 2.0 and lamp["angular_radius_deg"] == 1.5 and lamp["color"] == [1.0, 1.0, 1.0]
    assert lighting["f0"] == pytest.approx(0.04)
    picture = Environment(load_environment_image(ROOT / "assets" / "probes" / "studio.exr"))
    power = probes["radiance"].T @ probes["solid_angle"]
    power = power + sum(source["intensity"] * np.array(source["color"]) for source in sources)
    assert len(sources) == 8
    assert np.allclose(power / environment_to_probes(picture).power.sum(0).numpy(), 2.0, rtol=1e-4)


def test_the_saved_light_gives_the_irradiance_at_unoccluded_pixels(exr_folder):
    """shading = 0.8 / pi (probes + lamp) where visibility is 1: recomputed here from the files alone."""
    lighting = json.loads((exr_folder / "lighting.json").read_text())
    probes = {name: np.array(values) for name, values in lighting["probes"].items()}
    is_open = read_exr(exr_folder / "visibility.exr")[..., 0] > 0.9999
    assert is_open.sum() > 20
    normal, shading = read_exr(exr_folder / "normal.exr")[is_open], read_exr(exr_folder / "shading.exr")[is_open]
    power = probes["radiance"] * probes["solid_angle"][:, None]
    expected = np.clip(normal @ probes["directions"].T, 0, None) @ power
    for lamp in lighting["lamps"]:
        facing = np.clip(normal @ np.array(lamp["direction"]), 0, None)
        expected += facing[:, None] * lamp["intensity"] * np.array(lamp["color"])
    assert np.abs(shading / (0.8 / math.pi * expected) - 1).max() < 0.01  # the lamp is a disc, not a point


def test_png_files_are_encoded_for_display(png_folder):
    images = {name: read_png(png_folder / f"{name}.png") for name in BUFFERS}
    mask = images["mask"][..., 0]
    assert set(np.unique(mask)) == {0, 255}
    assert images["radiance"].shape[2] == 4 and (images["radiance"][..., 3] == mask).all()
    assert {name: images[name].shape[2] for name in ("albedo", "normal", "uv", "depth", "visibility")} == {
        "albedo": 3, "normal": 3, "uv": 3, "depth": 1, "visibility": 1,
    }  # fmt: skip
    normal = images["normal"][mask > 0] / 255 * 2 - 1
    assert np.abs(np.linalg.norm(normal, axis=-1) - 1).max() < 0.02
    assert images["depth"][mask > 0].max() == 255 and images["depth"][mask > 0].min() == round(0.15 * 255)
    assert all((image[mask == 0] == 0).all() for image in images.values())


def test_pictures_in_a_folder_are_smooth_as_a_file_is(avatar_file, tmp_path):
    folder, file = tmp_path / "folder", tmp_path / "picture.png"
    render(avatar_file, folder, "--background", "checker")
    render(avatar_file, file, "--background", "checker")
    shown, same = read_png(folder / "radiance.png"), read_png(file)
    assert shown.shape == same.shape == (SIZE, SIZE, 3)
    assert np.abs(shown.astype(int) - same).max() <= 2  # the checkerboard and smooth silhouettes are in both
    assert len(np.unique(shown[:4, :, 0])) == 2


def write_environment(path: Path, direction: list[float]) -> Path:
    """Write a dark environment with a bright patch of 20 degrees."""
    image = np.full((64, 128, 3), 0.01, np.float32)
    u, v = direction_to_latlong(torch.tensor(direction)).tolist()
    row, column = int(v * 64), int(u * 128)
    image[row - 3 : row + 4, column - 3 : column + 4] = 50.0
    write_exr(path, image)
    return path


def mean_of_halves(folder: Path) -> tuple[float, float]:
    """Mean radiance of the image's left and right half."""
    radiance = read_exr(folder / "radiance.exr")
    return float(radiance[:, : SIZE // 2].mean()), float(radiance[:, SIZE // 2 :].mean())


def test_yaw_turns_the_environment_from_the_camera_to_the_right(avatar_file, tmp_path):
    probe = write_environment(tmp_path / "environment.exr", [0.0, 0.0, 1.0])
    render(avatar_file, tmp_path / "0", "--format", "exr", "--probe", str(probe))
    render(avatar_file, tmp_path / "90", "--format", "exr", "--probe", str(probe), "--probe-yaw", "90")
    left, right = mean_of_halves(tmp_path / "0")
    assert 0.8 < left / right < 1.25
    left, right = mean_of_halves(tmp_path / "90")
    assert right > 2 * left


def test_a_lamp_lights_the_half_that_faces_it(avatar_file, tmp_path):
    for side, azimuth in (("right", "90"), ("left", "-90")):
        render(avatar_file, tmp_path / side, "--format", "exr", "--probe", "none", "--lamp", f"{azimuth},0,3")
    left, right = mean_of_halves(tmp_path / "right")
    assert right > 3 * left
    left, right = mean_of_halves(tmp_path / "left")
    assert left > 3 * right


def test_lamps_are_added_to_the_light_learned_in_training(avatar_file, tmp_path):
    lamp = ["--lamp", "40,30,2", "--lamp", "-40,30,1"]
    render(avatar_file, tmp_path / "captured", "--format", "exr")
    render(avatar_file, tmp_path / "lamps", "--format", "exr", "--probe", "none", *lamp)
    render(avatar_file, tmp_path / "both", "--format", "exr", *lamp)
    captured, lamps, both = (
        read_exr(tmp_path / name / "radiance.exr") for name in ("captured", "lamps", "both")
    )  # fmt: skip
    assert lamps.max() > 0.1 and captured.max() > 0.1
    assert np.abs(both - captured - lamps).max() < 1e-4


def test_supersampling_smooths_the_silhouette_only(avatar_file, tmp_path):
    render(avatar_file, tmp_path, "--supersample", "2", "--buffers", "radiance,mask")
    mask = read_png(tmp_path / "mask.png")[..., 0]
    assert set(np.unique(mask)) - {0, 255} == {64, 128, 191}


def test_a_render_needs_neither_display_nor_window_libraries(avatar_file, tmp_path):
    program = (
        "import sys; from app.cli import main; code = main(sys.argv[1:])\n"
        "assert not {'moderngl', 'moderngl_window', 'glfw', 'dearpygui'} & set(sys.modules)\nsys.exit(code)"
    )
    environment = {key: value for key, value in os.environ.items() if key not in ("DISPLAY", "WAYLAND_DISPLAY")}
    call = ["render", "--avatar", str(avatar_file), "--out", str(tmp_path / "out"), "--size", "32"]
    result = subprocess.run(
        [sys.executable, "-c", program, *call], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["radiance.png"]
