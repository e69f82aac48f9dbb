"""Head and hands on the bundled body."""

import torch

from phynes_core.body.files import load_bundled_body
from phynes_core.body.model import Pose, pose_body
from phynes_core.body.parts import head_and_hands, head_and_hands_faces


def test_the_head_is_on_top_and_the_hands_reach_farthest_to_the_sides():
    body = load_bundled_body()
    parts, vertices = head_and_hands(body), pose_body(body, Pose.rest()).vertices
    assert bool(parts["head"][vertices[:, 1].argmax()])
    assert bool(parts["left hand"][vertices[:, 0].argmax()]) and bool(parts["right hand"][vertices[:, 0].argmin()])
    assert not bool((parts["head"] & (parts["left hand"] | parts["right hand"])).any())
    assert int(parts["left hand"].sum()) == int(parts["right hand"].sum())


def test_their_faces_have_all_corners_on_them():
    body = load_bundled_body()
    chosen = torch.stack(list(head_and_hands(body).values())).any(0)
    faces = head_and_hands_faces(body)
    assert bool(chosen[body.faces[faces]].all())
    assert 0.1 < float(faces.float().mean()) < 0.5
