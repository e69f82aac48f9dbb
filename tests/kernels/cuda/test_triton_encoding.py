"""The Triton encoding, in Triton's interpreter, against the specification."""

import pytest
import torch

from phynes_core.kernels import registry
from phynes_core.maps.encodings import HashEncoding, HashEncodingConfig, encode_reference

pytest.importorskip("triton")


@pytest.fixture
def on_triton(monkeypatch):
    """As on a CUDA device, whose fastest encoding this is."""
    assert registry.resolve("hash_encoding", "auto", "cuda") == "triton"
    monkeypatch.setattr(registry.Op, "implementation", lambda op, backend, device: op.load("triton", "cuda"))


@pytest.mark.parametrize("num_features", [1, 2, 4])
def test_values_and_gradients_equal_the_specification(num_features, on_triton):
    """Dense and hashed levels, corners of the square, a last block that is not full. Measured: 7e-6 and 8e-6."""
    torch.manual_seed(0)
    encoding = HashEncoding(HashEncodingConfig(num_levels=10, num_features=num_features, log2_entries=10))
    with torch.no_grad():
        encoding.grid.normal_()
    uv = torch.rand(150, 2)
    uv[:4] = torch.tensor([[0.0, 0.0], [1.0, 1.0], [0.0, 1.0], [1.0, 0.0]])
    weights = torch.randn(150, encoding.config.output_width)
    fast = encoding(uv)
    (fast_gradient,) = torch.autograd.grad((fast * weights).sum(), encoding.grid)
    reference = encode_reference(uv, encoding.grid, encoding.table)
    (gradient,) = torch.autograd.grad((reference * weights).sum(), encoding.grid)
    torch.testing.assert_close(fast, reference, atol=1e-3, rtol=0)  # a device may fuse scale * x + 0.5
    torch.testing.assert_close(fast_gradient, gradient, atol=5e-3, rtol=1e-3)


def test_many_points_in_one_cell_add_up(on_triton):
    """Atomic adds to one entry lose nothing: every point gives its cell weights that sum to one."""
    encoding = HashEncoding(HashEncodingConfig(num_levels=1, num_features=2))
    encoding(torch.full((200, 2), 0.31)).sum().backward()
    torch.testing.assert_close(encoding.grid.grad.sum(0), torch.full((2,), 200.0), atol=1e-3, rtol=0)
    assert (encoding.grid.grad != 0).any(1).sum() == 4


def test_no_points_encode_to_no_rows(on_triton):
    encoding = HashEncoding(HashEncodingConfig())
    features = encoding(torch.empty(0, 2))
    features.sum().backward()
    assert features.shape == (0, 32) and not encoding.grid.grad.any()


def test_points_beyond_the_square_read_entries_of_their_level(on_triton):
    """Whatever they read, it lies between the level's smallest and largest entry."""
    encoding = HashEncoding(HashEncodingConfig(num_levels=8, num_features=1, log2_entries=10))
    with torch.no_grad():
        for level, (first, last) in enumerate(zip(encoding.table.offset, encoding.table.offset[1:], strict=False)):
            encoding.grid[first:last] = level
    uv = torch.tensor([[-0.2, 0.5], [1.3, 1.3], [0.5, -7.0], [9.0, -9.0]])
    torch.testing.assert_close(encoding(uv), torch.arange(8.0).expand(4, 8), atol=1e-3, rtol=0)
