"""Contract checks say what was expected and what came."""

import numpy as np
import pytest
import torch

from phynes_core.checks import check_tensor


def test_a_fitting_tensor_passes():
    check_tensor("points", torch.zeros(5, 3), ("N", 3))
    check_tensor("matrix", torch.zeros(4, 4), ("N", "N"), torch.float32)
    check_tensor("scalar", torch.tensor(1.0), ())


@pytest.mark.parametrize(
    "shape, got",
    [(("N", 3), torch.zeros(5, 2)), (("N", 3), torch.zeros(3)), (("N", "N"), torch.zeros(2, 3)), ((), torch.zeros(1))],
)
def test_another_shape_is_a_value_error(shape, got):
    with pytest.raises(ValueError, match="points: expected shape") as caught:
        check_tensor("points", got, shape)
    assert str(list(got.shape)) in str(caught.value)


def test_letters_hold_across_checks():
    sizes: dict[str, int] = {}
    check_tensor("vertices", torch.zeros(7, 3), ("V", 3), sizes=sizes)
    check_tensor("normals", torch.zeros(7, 3), ("V", 3), sizes=sizes)
    with pytest.raises(ValueError, match=r"colors: expected shape \[V, 3\] = \[7, 3\], got \[8, 3\]"):
        check_tensor("colors", torch.zeros(8, 3), ("V", 3), sizes=sizes)


@pytest.mark.parametrize("value", [None, [1, 2, 3], np.zeros(3)])
def test_what_is_no_tensor_is_a_type_error(value):
    with pytest.raises(TypeError, match=r"points: expected a torch\.Tensor of shape \[N\], got"):
        check_tensor("points", value, ("N",))


def test_another_dtype_is_a_type_error():
    with pytest.raises(TypeError, match=r"faces: expected torch\.int64, got torch\.int32; convert"):
        check_tensor("faces", torch.zeros(2, 3, dtype=torch.int32), ("F", 3), torch.int64)
