"""Parts of the body by the joints that they follow, on any mesh that has skinning weights."""

import torch
from torch import Tensor

from phynes_core.body.model import BodyModel, cached_per_body
from phynes_core.conventions import JOINT_NAMES

# what people look at first, and what takes the smallest share of a picture
HEAD_AND_HANDS = {
    "head": ("head",), "left hand": ("left_wrist", "left_hand"), "right hand": ("right_wrist", "right_hand")
}  # fmt: skip


@cached_per_body
def head_and_hands(body: BodyModel) -> dict[str, Tensor]:  # name -> [V] bool
    """The vertices of each of HEAD_AND_HANDS: those that follow its joints by more than half."""
    columns = {name: [JOINT_NAMES.index(joint) for joint in joints] for name, joints in HEAD_AND_HANDS.items()}
    return {name: body.weights[:, joints].sum(1) > 0.5 for name, joints in columns.items()}


@cached_per_body
def head_and_hands_faces(body: BodyModel) -> Tensor:  # [F] bool
    """The faces that lie wholly on head or hands."""
    return torch.stack(list(head_and_hands(body).values())).any(0)[body.faces].all(1)
