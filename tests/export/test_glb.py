"""GLB files, read by the specification alone, by Khronos' validator and by MikkTSpace's own code."""

import io
from dataclasses import replace

import imageio.v3 as imageio
import numpy as np
import pytest
import torch

from phynes_core.conventions import JOINT_NAMES
from phynes_core.export.glb import POINTER, write_glb
from phynes_core.maps.material_edit import MaterialEdit
from tests.export.conftest import small_subject, track
from tests.export.judges import Glb, has_node, run_node, validator_issues

SIDE = 64


def written(folder, subject, num_morphs=0):
    path = folder / "small.glb"
    costs = write_glb(subject, path, SIDE, num_morphs, lambda done, of: None)
    return path, costs


@pytest.fixture(scope="module")
def glb(subject, tmp_path_factory):
    path, _ = written(tmp_path_factory.mktemp("glb"), subject, num_morphs=4)
    return Glb(path)


def test_the_skeleton_is_smpls(glb, subject):
    nodes, skin = glb.json["nodes"], glb.json["skins"][0]
    assert [nodes[node]["name"] for node in skin["joints"]] == list(JOINT_NAMES)
    assert skin["skeleton"] == skin["joints"][0]
    parents = {child: index for index, node in enumerate(nodes) for child in node.get("children", ())}
    found = [skin["joints"].index(parents[node]) if node in parents else -1 for node in skin["joints"]]
    assert tuple(found) == subject.avatar.body.parents  # one root


def test_weights_are_four_and_sum_to_one(glb):
    weights = glb.attribute("WEIGHTS_0")
    assert weights.shape[1] == 4 and np.abs(weights.sum(1) - 1.0).max() < 1e-6


@pytest.mark.parametrize("has_vectors", [False, True])
def test_a_clip_moves_vertices_as_the_engine_does(tmp_path, has_vectors):
    """With as many morph targets as poses nothing is lost, not even the fifth weight."""
    subject = small_subject(has_vectors)
    path, costs = written(tmp_path, subject, num_morphs=5)
    glb, clip = Glb(path), subject.clips[0]
    targets = glb.json["meshes"][0]["primitives"][0]["targets"]
    animation = glb.json["animations"][0]
    channel = next(each for each in animation["channels"] if each["target"]["path"] == "weights")
    weights = glb.array(animation["samplers"][channel["sampler"]]["output"]).reshape(clip.num_frames, -1)
    vertex = _vertex_of(glb, subject)
    for frame in range(clip.num_frames):
        moved = sum(weights[frame, n] * glb.array(target["POSITION"]) for n, target in enumerate(targets))
        places = glb.skinned("swing", frame, glb.attribute("POSITION") + moved)
        wanted = subject.avatar.displaced_vertices(clip.pose(frame, subject.betas)).numpy()[vertex]
        assert np.abs(places - wanted).max() < 2e-5
    assert "morph targets" in costs[2] and "its lens changes" in costs[3]


def _vertex_of(glb, subject):
    """The body's vertex of each of the file's, found by place in the reference pose."""
    reference = subject.avatar.displaced_vertices(subject.reference).numpy()
    distance = np.linalg.norm(glb.attribute("POSITION")[:, None] - reference[None], axis=-1)
    assert distance.min(1).max() < 1e-5
    return distance.argmin(1)


def test_times_and_rotations_are_the_clips(glb, subject):
    animation = glb.json["animations"][0]
    times = glb.array(animation["samplers"][0]["input"])[:, 0]
    assert animation["name"] == "swing" and np.allclose(times, np.arange(5) / 25.0)
    for channel in animation["channels"]:
        if channel["target"]["path"] == "rotation":
            keys = glb.array(animation["samplers"][channel["sampler"]]["output"])
            assert np.allclose(np.linalg.norm(keys, axis=1), 1.0, atol=1e-6)
            assert ((keys[1:] * keys[:-1]).sum(1) > 0).all()  # nothing turns the long way between two keys


def test_the_camera_path_is_an_animated_camera(glb, subject):
    node = next(index for index, node in enumerate(glb.json["nodes"]) if "camera" in node)
    lens = glb.json["cameras"][0]["perspective"]
    assert lens["yfov"] == pytest.approx(np.radians(30.0))
    path = subject.cameras[0]
    for key in range(3):
        matrix = glb.global_transforms("path", key)[node]
        view = path.T_world_cam[key].numpy()
        assert np.allclose(matrix[:3, 3], view[:3, 3], atol=1e-5)
        assert np.allclose(-matrix[:3, 2], view[:3, 2], atol=1e-5)  # it looks along -Z
        assert np.allclose(matrix[:3, 1], -view[:3, 1], atol=1e-5)
    animation = next(each for each in glb.json["animations"] if each["name"] == "path")
    zoom = next(each for each in animation["channels"] if each["target"]["path"] == "pointer")
    assert zoom["target"]["extensions"] == {POINTER: {"pointer": "/cameras/0/perspective/yfov"}}
    keys = glb.array(animation["samplers"][zoom["sampler"]]["output"])[:, 0]
    assert np.allclose(np.degrees(keys), path.fov_deg)


def test_pictures_are_png_and_roughness_is_green(glb):
    material = glb.json["materials"][0]["pbrMetallicRoughness"]
    assert material["metallicFactor"] == 0.0
    picture = _picture(glb, material["metallicRoughnessTexture"]["index"])
    assert picture.shape == (SIDE, SIDE, 3) and picture[..., 1].min() > 0 and not picture[..., [0, 2]].any()


def _picture(glb, texture):
    source = glb.json["textures"][texture]["source"]
    return imageio.imread(io.BytesIO(glb.view(glb.json["images"][source]["bufferView"])))


def test_extensions_are_there_only_where_they_say_something(glb, tmp_path):
    assert glb.json["extensionsUsed"] == [POINTER] and "extensionsRequired" not in glb.json
    held = replace(track(), fov_deg=torch.full((3,), 30.0))  # one lens
    path, said = written(tmp_path, small_subject(cameras=(held,)))
    assert "extensionsUsed" not in Glb(path).json and not any("lens" in each for each in said)
    subject = small_subject(f0=0.08, materials=MaterialEdit.uniform(specular_scale=2.5))
    changed = Glb(written(tmp_path, subject)[0])
    extensions = changed.json["materials"][0]["extensions"]
    ior = extensions["KHR_materials_ior"]["ior"]
    assert ((ior - 1) / (ior + 1)) ** 2 == pytest.approx(0.08)
    assert extensions["KHR_materials_specular"] == {"specularColorFactor": [2.5] * 3}
    assert sorted(changed.json["extensionsUsed"]) == [POINTER, "KHR_materials_ior", "KHR_materials_specular"]


def test_without_detail_there_is_neither_normal_map_nor_tangent(tmp_path, subject):
    plain = Glb(written(tmp_path, replace(subject, has_detail=False))[0])
    assert "normalTexture" not in plain.json["materials"][0]
    assert "TANGENT" not in plain.json["meshes"][0]["primitives"][0]["attributes"]


@has_node
@pytest.mark.parametrize("kind", ["plain", "all", "still"])
def test_khronos_validator_finds_nothing(tmp_path, subject, kind):
    """No error, no warning, no information, but that it does not look into the extension that animates a lens."""
    if kind == "all":
        edit = MaterialEdit.uniform(specular_scale=0.5)
        subject = small_subject(has_vectors=True, f0=0.06, materials=edit)
    if kind == "still":
        subject = replace(subject, clips=(), cameras=(), has_detail=False)
    path, _ = written(tmp_path, subject, num_morphs=3 if kind == "all" else 0)
    zoom = [f"INCOMPLETE_EXTENSION_SUPPORT /animations/1/channels/2/target/extensions/{POINTER}"]
    assert validator_issues(path) == ([] if kind == "still" else zoom)


@has_node
def test_the_validator_can_find_something(tmp_path, subject):
    path, _ = written(tmp_path, subject)
    path.write_bytes(path.read_bytes().replace(b'"pelvis"', b'"pelvi\x73"').replace(b'"skeleton":', b'"skeletoN":'))
    assert validator_issues(path)


@has_node
def test_tangents_are_mikktspaces(glb, tmp_path):
    """0.03 degrees at most on josh; glTF's v grows downward, which turns the sign (mikktspace's README)."""
    corners = glb.array(glb.json["meshes"][0]["primitives"][0]["indices"])[:, 0]
    arrays = [glb.attribute(name)[corners] for name in ("POSITION", "NORMAL", "TEXCOORD_0")]
    source, made = tmp_path / "corners.bin", tmp_path / "tangents.bin"
    source.write_bytes(b"".join(array.astype("<f4").tobytes() for array in arrays))
    run_node("mikktspace.js", source, made)
    theirs = np.frombuffer(made.read_bytes(), "<f4").reshape(-1, 4)
    ours = glb.attribute("TANGENT")[corners]
    assert (theirs[:, 3] == -ours[:, 3]).all()
    assert np.degrees(np.arccos((theirs[:, :3] * ours[:, :3]).sum(1).clip(-1, 1))).max() < 0.1
