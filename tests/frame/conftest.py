"""Avatars that frames show."""

import pytest
import torch

from phynes_core.avatar.avatar import Avatar
from phynes_core.body.files import load_bundled_body
from tests.small_body import small_body


@pytest.fixture(scope="module")
def avatar() -> Avatar:
    """A displaced body with varied materials."""
    torch.manual_seed(3)
    avatar = Avatar.untrained(load_bundled_body(), "frame-test")
    with torch.no_grad():
        for network in (avatar.albedo, avatar.roughness):
            network.encoding.grid.normal_(std=0.5)
        avatar.offset.head.bias.fill_(0.1)  # 1 cm outward
    return avatar.requires_grad_(False)


@pytest.fixture(scope="module")
def small_avatar() -> Avatar:
    """A few hundred faces with varied materials."""
    torch.manual_seed(4)
    avatar = Avatar.untrained(small_body(), "small")
    with torch.no_grad():
        for network in (avatar.albedo, avatar.roughness):
            network.encoding.grid.normal_(std=0.5)
    return avatar.requires_grad_(False)


@pytest.fixture(autouse=True)
def own_draws():
    """Each test draws the same numbers, whichever ran before it."""
    torch.manual_seed(0)
