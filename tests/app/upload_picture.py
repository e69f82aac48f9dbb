"""A picture in half precision, as frames of the engine are."""

import pytest
import torch

pytest.importorskip("moderngl")


SIZE = (20, 12)  # width, height


def picture(seed=0):
    return torch.rand(SIZE[1], SIZE[0], 4, generator=torch.Generator().manual_seed(seed)).half() * 8.0
