"""The forward pass is SMPL's."""

import dataclasses

import numpy as np
import pytest
import torch

from phynes_core.body.files import BUNDLED_BODY, load_body, load_bundled_body
from phynes_core.body.model import Pose, pose_body


@pytest.fixture(scope="module")
def body():
    return load_bundled_body()


def random_pose(seed, strength=0.6):
    generator = torch.Generator().manual_seed(seed)

    def draw(*shape):
        return torch.randn(*shape, generator=generator) * strength

    return Pose(draw(23, 3), draw(3), draw(3), draw(10))


def smplx_layer(arrays):
    smplx = pytest.importorskip("smplx")
    from smplx.utils import Struct

    ids = dict.fromkeys(smplx.vertex_ids.vertex_ids["smplh"], 0)  # smplx's extra joints mean nothing on our topology
    arrays = {key: np.asarray(value, np.float32) if value.dtype.kind == "f" else value for key, value in arrays.items()}
    return smplx.SMPL("", data_struct=Struct(**arrays), create_transl=False, vertex_ids=ids)


def assert_equals_smplx(layer, body, pose):
    expected = layer(
        betas=pose.betas[None],
        body_pose=pose.body_pose.reshape(1, -1),
        global_orient=pose.global_orient[None],
        transl=pose.transl[None],
    )
    posed = pose_body(body, pose)
    # 1e-5 m is what the project promises; measured 2.4e-7 for the vertices and 1.3e-7 for the joints
    torch.testing.assert_close(posed.vertices, expected.vertices[0], atol=1e-5, rtol=0)
    torch.testing.assert_close(posed.joints, expected.joints[0, :24], atol=1e-5, rtol=0)


@pytest.mark.parametrize("seed", range(4))
def test_equals_smplx_on_the_bundled_body(body, seed):
    with np.load(BUNDLED_BODY) as archive:
        layer = smplx_layer({key: archive[key] for key in archive.files})
    assert_equals_smplx(layer, body, random_pose(seed))
    assert_equals_smplx(layer, body, Pose.rest())


def test_equals_smplx_on_a_licensed_file(write_npz, smpl_arrays):
    assert_equals_smplx(smplx_layer(dict(smpl_arrays)), load_body(write_npz()), random_pose(7))


def test_rest_pose_is_the_template(body):
    posed = pose_body(body, Pose.rest())
    torch.testing.assert_close(posed.vertices, body.v_template, atol=1e-5, rtol=0)


def test_the_body_stands_upright_faces_ahead_and_its_left_is_plus_x(body):
    joints = pose_body(body, Pose.rest()).joints
    assert joints[15, 1] > joints[0, 1] > joints[7, 1]  # head, pelvis, ankle
    assert joints[16, 0] > 0.1 > -0.1 > joints[17, 0]  # shoulders
    assert joints[10, 2] > joints[7, 2] + 0.05  # toes are ahead of the ankle


def test_translation_is_added_last_and_the_root_turns_about_the_pelvis(body):
    pose = random_pose(1)
    posed = pose_body(body, pose)
    moved = pose_body(body, dataclasses.replace(pose, transl=pose.transl + torch.tensor([1.0, 2.0, 3.0])))
    torch.testing.assert_close(moved.vertices - posed.vertices, torch.tensor([1.0, 2.0, 3.0]).expand(6890, 3))
    turned = pose_body(body, dataclasses.replace(pose, global_orient=torch.tensor([0.3, 1.0, -0.4])))
    torch.testing.assert_close(turned.joints[0], posed.joints[0])


def test_missing_betas_count_as_zero(body):
    pose = random_pose(2)
    short = dataclasses.replace(pose, betas=pose.betas[:3])
    padded = dataclasses.replace(pose, betas=torch.cat([pose.betas[:3], torch.zeros(7)]))
    torch.testing.assert_close(pose_body(body, short).vertices, pose_body(body, padded).vertices)
    with pytest.raises(ValueError, match="at most 10"):
        pose_body(body, dataclasses.replace(pose, betas=torch.zeros(16)))


def test_gradients_match_finite_differences(write_npz):
    small = load_body(write_npz())
    tensors = {
        field.name: value.double() if isinstance(value, torch.Tensor) and value.is_floating_point() else value
        for field in dataclasses.fields(small)
        for value in [getattr(small, field.name)]
    }
    double = type(small)(**tensors)
    inputs = [
        torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(i)).requires_grad_()
        for i, shape in enumerate([(23, 3), (3,), (3,), (10,)])
    ]

    def some_vertices(*parameters):
        return pose_body(double, Pose(*parameters)).vertices[::31]

    assert torch.autograd.gradcheck(some_vertices, inputs, atol=1e-6, fast_mode=True)


def test_gradient_at_rest_is_finite(body):
    pose = Pose(*(tensor.requires_grad_() for tensor in vars(Pose.rest()).values()))
    pose_body(body, pose).vertices.square().sum().backward()
    assert all(torch.isfinite(tensor.grad).all() for tensor in vars(pose).values())


def test_the_maps_see_the_pose_without_the_root():
    pose = random_pose(3)
    vector = pose.vector()
    assert vector.shape == (72,)
    assert (vector[:3] == 0).all()
    assert torch.equal(vector[3:], pose.body_pose.reshape(-1))


def test_wrong_shapes_are_named(body):
    with pytest.raises(ValueError, match="pose.body_pose"):
        pose_body(body, dataclasses.replace(Pose.rest(), body_pose=torch.zeros(69)))
