"""Avatars whose offsets are vectors: their mesh, their normals, and scenes beside avatars with scalar offsets."""

import math
from dataclasses import replace

import pytest
import torch

from phynes_core.avatar.avatar import NUM_VECTOR_CHANNELS, OFFSET_MAP, Avatar
from phynes_core.body.files import load_bundled_body
from phynes_core.body.model import Pose, carried, pose_body
from phynes_core.body.rotations import axis_angle_to_matrix
from phynes_core.frame.cuda_graphs import CudaGraphs
from phynes_core.frame.nodes import frame_values
from phynes_core.frame.options import RenderOptions
from phynes_core.frame.renderer import FrameRenderer
from phynes_core.frame.scene import PosedAvatar, Scene, build_mesh, frames_of_avatars
from phynes_core.geometry.mesh import vertex_normals
from phynes_core.maps.neural_map import NeuralMap, NeuralMapConfig
from tests.frame.scenes import scene_of
from tests.pretended_device import is_marked, pretended_cuda
from tests.small_body import small_body
from tests.software_gpu import software_gpu

VECTOR_MAP = replace(OFFSET_MAP, output_channels=NUM_VECTOR_CHANNELS)
OPTIONS = RenderOptions(frozenset({"radiance", "normal", "mask", "uv"}), lamp_samples=3, has_pixel_normals=True)


def detailed(offset: NeuralMapConfig, seed: int) -> Avatar:
    """A map with some cm between poses and places, and relief between the vertices."""
    torch.manual_seed(seed)
    avatar = Avatar.untrained(small_body(), "small", offset)
    with torch.no_grad():
        for network in (avatar.albedo, avatar.roughness, avatar.offset):
            network.get_parameter("encoding.grid").normal_(std=0.5)
        avatar.offset.head.weight.normal_(std=0.02)
    return avatar.requires_grad_(False)


@pytest.fixture(scope="module")
def vectors() -> Avatar:
    return detailed(VECTOR_MAP, 4)


@pytest.fixture(scope="module")
def lengths() -> Avatar:
    return detailed(OFFSET_MAP, 5)


def _scene(*avatars: Avatar) -> Scene:
    """Side by side, each in a pose of its own."""
    scene, posed = scene_of(avatars[0], 48), []
    for number, avatar in enumerate(avatars):
        body_pose = torch.zeros(23, 3)
        body_pose[15, 1] = 0.4 * number + 0.2
        place = torch.tensor([0.8 * number - 0.4 * (len(avatars) - 1), 0.0, 0.0])
        posed.append(PosedAvatar(avatar, Pose(body_pose, torch.zeros(3), place, torch.zeros(10))))
    return replace(scene, avatars=tuple(posed))


def test_vectors_turn_with_the_skinning():
    """5 cm to the left in the T-pose is 5 cm to wherever the root has turned the left, for every vertex of the body."""
    avatar = Avatar.untrained(load_bundled_body(), "shifted", VECTOR_MAP).requires_grad_(False)
    avatar.offset.head.bias.copy_(torch.tensor([0.5, 0.0, 0.0]))
    pose = replace(Pose.rest(), global_orient=torch.tensor([0.2, 1.0, 0.0]))
    turn = axis_angle_to_matrix(pose.global_orient[None])[0]
    moved = avatar.displaced_vertices(pose) - pose_body(avatar.body, pose).vertices
    torch.testing.assert_close(moved, (turn @ torch.tensor([0.05, 0.0, 0.0])).expand_as(moved), atol=1e-6, rtol=0)


def test_a_moved_rest_pose_is_what_is_skinned():
    """v + B d is the body whose rest pose was moved by d, in a pose that bends everything."""
    body = load_bundled_body()
    body = replace(body, posedirs=torch.zeros_like(body.posedirs))
    generator = torch.Generator().manual_seed(0)
    pose = replace(Pose.rest(), body_pose=0.5 * torch.randn(23, 3, generator=generator))
    steps = 0.02 * torch.randn(body.num_vertices, 3, generator=generator)
    steps = steps - body.joint_regressor.T @ torch.linalg.pinv(body.joint_regressor.T) @ steps  # the joints stay
    moved = replace(body, v_template=body.v_template + steps)
    posed = pose_body(body, pose)
    expected = pose_body(moved, pose).vertices
    torch.testing.assert_close(posed.vertices + carried(posed.blend, steps), expected, atol=1e-4, rtol=0)


def test_seams_stay_closed_and_vectors_are_the_maps(vectors):
    """The vector of a vertex is the mean of the map at its copies: one mesh, no holes."""
    values = vectors.offset(vectors.body.uv, torch.zeros(72))
    found = vectors.vertex_offsets(torch.zeros(72))
    assert found.shape == (vectors.body.num_vertices, 3)
    copies = torch.zeros(vectors.body.num_vertices, dtype=torch.int64)
    owner = torch.zeros(len(vectors.body.uv), dtype=torch.int64)
    owner[vectors.body.uv_faces.reshape(-1)] = vectors.body.faces.reshape(-1)
    copies.index_add_(0, owner, torch.ones_like(owner))
    assert (copies > 1).any()
    single = copies[owner] == 1
    torch.testing.assert_close(found[owner[single]], values[single], atol=1e-6, rtol=0)


def test_slopes_of_vectors_are_those_of_their_channels(vectors):
    """offset_gradient has a row for each component: that of a map of one channel with the same layers."""
    one = Avatar.untrained(vectors.body, "one", OFFSET_MAP).requires_grad_(False)
    uv = torch.rand(300, 2, generator=torch.Generator().manual_seed(0))
    pose = torch.zeros(72)
    gradient = vectors.offset_gradient(uv, pose)
    assert gradient.shape == (300, 3, 2)
    for channel in range(3):
        tensors = dict(vectors.offset.state_dict())
        tensors["head.weight"] = tensors["head.weight"][channel : channel + 1]
        tensors["head.bias"] = tensors["head.bias"][channel : channel + 1]
        one.offset.load_state_dict(tensors)
        torch.testing.assert_close(gradient[:, channel], one.offset_gradient(uv, pose), atol=2e-3, rtol=1e-3)


def test_beside_others_each_avatar_has_the_normals_that_it_has_alone(vectors, lengths):
    """Vectors and lengths in one scene, in either order; their face frames are their own."""
    for avatars in ((vectors, lengths), (lengths, vectors), (vectors, vectors)):
        scene = _scene(*avatars)
        together = FrameRenderer().render(scene, OPTIONS)
        first = scene.avatars[0].avatar.body.num_faces
        for number, posed in enumerate(scene.avatars):
            alone = FrameRenderer().render(replace(scene, avatars=(posed,)), OPTIONS)
            face = together.face_index - number * first
            is_own = (alone.face_index >= 0) & (face == alone.face_index)
            assert is_own.sum() > 100
            torch.testing.assert_close(together.normal[is_own], alone.normal[is_own], atol=1e-5, rtol=0)


def test_relief_of_vectors_tilts_normals_and_moves_no_pixel(vectors):
    scene = _scene(vectors)
    plain, tilted = (FrameRenderer().render(scene, replace(OPTIONS, has_pixel_normals=on)) for on in (False, True))
    covered = plain.mask[..., 0] > 0
    cosine = (plain.normal * tilted.normal).sum(-1)[covered]
    assert cosine.min() > 0.4 and 0.7 < cosine.median() < 0.9999
    assert torch.equal(plain.face_index, tilted.face_index)


@pytest.mark.parametrize("is_alone", [True, False])
def test_the_recorded_nodes_give_the_same_picture(vectors, lengths, is_alone):
    """The executor of CUDA graphs, unrecorded on the CPU, against the executor `kept`."""
    scene = _scene(vectors) if is_alone else _scene(lengths, vectors)
    expected, graphs = FrameRenderer().render(scene, OPTIONS), CudaGraphs()
    graphs.start(frame_values(scene, OPTIONS))
    shown = graphs.run("compose")
    same = shown.face_index == expected.face_index
    assert same.float().mean() > 0.99
    torch.testing.assert_close(shown.image("normal")[same], expected.image("normal")[same], atol=2e-3, rtol=0)


def test_frames_of_avatars_count_faces_from_their_own_first(vectors, lengths):
    mesh = build_mesh((lengths, vectors), (lengths.rest_pose(), vectors.rest_pose()))
    alone = build_mesh((vectors,), (vectors.rest_pose(),))
    (_, own), (same,) = frames_of_avatars(mesh), frames_of_avatars(alone)
    assert own.blend is not None and torch.equal(own.duals, same.duals) and torch.equal(own.linear, same.linear)
    assert mesh.blends[0] is None
    normals = vertex_normals(alone.vertices, alone.faces)
    assert math.isclose(float((normals - alone.normals).abs().max()), 0.0, abs_tol=1e-6)


def test_a_frame_is_computed_where_the_body_lies(vectors, lengths):
    scene = _scene(vectors, lengths)
    expected = FrameRenderer().render(scene, OPTIONS)
    with pretended_cuda() as device:
        shown = FrameRenderer(device=device).render(scene, OPTIONS)
        assert is_marked(shown.image("normal"))
    same = shown.face_index == expected.face_index
    assert same.float().mean() > 0.99
    difference = (shown.image("normal") - expected.image("normal"))[same].abs().mean()
    assert difference < 2e-3


@pytest.mark.parametrize("is_plain", [False, True])
def test_a_gpu_moves_and_tilts_by_vectors(vectors, lengths, is_plain):
    """Beside a body with offsets along normals. Measured: radiance 104 dB, normals 93 dB; with waves 124 and 123 dB."""
    avatar = vectors
    if is_plain:
        torch.manual_seed(6)
        avatar = detailed(VECTOR_MAP, 4)
        avatar.offset = NeuralMap(replace(VECTOR_MAP, frequency_octaves=4, hidden_width=96)).requires_grad_(False)
        avatar.offset.head.weight.normal_(std=0.02)
    options = RenderOptions(frozenset({"radiance", "normal", "albedo"}), has_pixel_normals=True)
    renderer, scene = FrameRenderer(software_gpu()), _scene(avatar, lengths)
    shown, expected = renderer.render(scene, options), FrameRenderer().render(scene, options)
    assert not software_gpu().failure and "mesh" not in renderer.timings
    covered = expected.face_index >= 0
    assert (shown.face_index == expected.face_index)[covered].float().mean() >= 0.999
    for name in ("radiance", "normal", "albedo"):
        error = (shown.image(name) - expected.image(name)).square().mean()
        assert float(error) < 1e-6 * float(expected.image(name).abs().max()) ** 2, name
