"""The rig: exact at the reference pose, and honest about what it costs elsewhere."""

from dataclasses import replace

import pytest
import torch

from phynes_core.body.model import Pose, rest_to_posed
from phynes_core.export.pose_morphs import pose_morphs, poses_of
from phynes_core.export.rig import make_rig, pose_error, rest_shape, skinned, weight_error
from tests.export.conftest import small_subject, swing


def test_four_weights_are_the_heaviest_and_sum_to_one(subject):
    rig = make_rig(subject)
    assert torch.allclose(rig.weights.sum(1), torch.ones(len(rig.weights)))
    assert (rig.weights[:, :-1] >= rig.weights[:, 1:]).all() and (rig.weights >= 0).all()
    assert (rig.index[rig.weights == 0] == 0).all()
    full = subject.avatar.body.weights
    has_five = (full > 0).sum(1) == 5
    assert has_five.any() and full[has_five].gather(1, rig.index[has_five]).sum(1).max() < 1.0


@pytest.mark.parametrize("has_vectors", [False, True])
def test_the_reference_pose_is_exact_with_four_weights(has_vectors):
    """Whatever the pose and the kind of offsets: their displaced mesh is what four weights make of the rest mesh."""
    subject = small_subject(has_vectors)
    bent = swing().pose(3, subject.betas)
    for reference in (subject.reference, bent):
        at = replace(subject, reference=reference)
        rig = make_rig(at)
        moved = skinned(rig, rig.vertices, rest_to_posed(subject.avatar.body, reference))
        assert torch.allclose(moved, subject.avatar.displaced_vertices(reference), atol=2e-6)


def test_a_collapsed_blend_gives_finite_vertices(subject):
    """Two joints that turn apart by half a turn flatten what hangs between them; nothing explodes."""
    pose = Pose(torch.zeros(23, 3), torch.zeros(3), torch.zeros(3), subject.betas)
    pose.body_pose[17, 0] = torch.pi
    shape = rest_shape(subject, make_rig(subject), pose)
    assert shape.isfinite().all() and shape.abs().max() < 2.0


def test_errors_are_those_of_the_vertices(subject):
    rig = make_rig(subject)
    shifted = replace(rig, vertices=rig.vertices + torch.tensor([0.003, 0.0, 0.0]))
    found = pose_error(subject, shifted, [subject.reference], [shifted.vertices])
    assert found.mean_mm == pytest.approx(3.0, abs=1e-3) and found.most_mm == pytest.approx(3.0, abs=1e-3)
    assert weight_error(subject, rig, [subject.reference]).most_mm < 1e-3  # nothing is turned there
    assert weight_error(subject, rig, poses_of(subject)).most_mm > 1.0  # the fifth joint of the hands


def test_morph_targets_take_the_pose_error_away(subject):
    """Each target takes some; as many as there are poses leave what skinning cannot undo."""
    rig, poses = make_rig(subject), poses_of(subject)
    errors = []
    for count in (0, 1, 2, 5):
        morphs = pose_morphs(subject, rig, count)
        meshes = [morphs.applied(rig, morphs.weights(subject, rig, pose)) for pose in poses]
        errors.append(pose_error(subject, rig, poses, meshes).mean_mm)
    assert errors == sorted(errors, reverse=True) and errors[-1] < 1e-2 < 1.0 < errors[0]
    assert pose_morphs(subject, rig, 64).count <= len(poses)


def test_morph_weights_are_of_the_order_of_one(subject):
    rig = make_rig(subject)
    morphs = pose_morphs(subject, rig, 3)
    weights = torch.stack([morphs.weights(subject, rig, pose) for pose in poses_of(subject)])
    assert torch.allclose(weights.square().mean(0).sqrt(), torch.ones(3), atol=1e-3)
    assert morphs.weights(subject, rig, subject.reference).abs().max() < 1e-4
