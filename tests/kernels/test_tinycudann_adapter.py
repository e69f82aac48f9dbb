"""tiny-cuda-nn reads our grid in place: the layout by its documentation, and parity where it is installed."""

import math

import numpy as np
import pytest
import torch

from phynes_core.errors import BackendError
from phynes_core.kernels.adapters.tinycudann import encode_with, encoding_settings, matching_scale
from phynes_core.kernels.registry import missing_cause
from phynes_core.maps.encodings import HashEncoding, HashEncodingConfig, level_table

CONFIGS = [
    HashEncodingConfig(),
    HashEncodingConfig(num_levels=6, num_features=4, log2_entries=9, finest_resolution=200),
    HashEncodingConfig(num_levels=1),
    HashEncodingConfig(num_levels=8, base_resolution=4, finest_resolution=512),
]
CAUSE = missing_cause("tinycudann")
needs_tinycudann = pytest.mark.skipif(CAUSE is not None, reason=f"needs tiny-cuda-nn on an NVIDIA GPU: {CAUSE}")


def settings_of(config):
    return encoding_settings(config.num_features, level_table(config))


class DocumentedEncoding(torch.nn.Module):
    """What tiny-cuda-nn's documentation and its grid encoding say of these settings, one corner after another."""

    def __init__(self, settings):
        super().__init__()
        self.settings = settings
        log2_scale = np.log2(np.float32(settings["per_level_scale"]))
        self.levels, first = [], 0
        for level in range(settings["n_levels"]):
            scale = np.exp2(np.float32(level) * log2_scale) * np.float32(settings["base_resolution"]) - np.float32(1)
            resolution = math.ceil(scale) + 1
            count = min((resolution**2 + 7) // 8 * 8, 2 ** settings["log2_hashmap_size"])
            self.levels.append((float(scale), resolution, first, count))
            first += count
        self.params = torch.nn.Parameter(torch.rand(first * settings["n_features_per_level"]))

    def forward(self, x):
        width, features = self.settings["n_features_per_level"], []
        for scale, resolution, first, count in self.levels:
            position = x * scale + 0.5
            cell, share = position.floor().long(), position - position.floor()
            value = torch.zeros(len(x), width)
            for corner in range(4):
                step = torch.tensor([corner & 1, corner >> 1])
                place, weight = cell + step, torch.where(step.bool(), share, 1 - share).prod(1)
                dense = place[:, 0] + place[:, 1] * resolution
                hashed = place[:, 0] ^ ((place[:, 1] * 2654435761) % 2**32)
                entry = first + (hashed if count < resolution**2 else dense) % count
                for feature in range(width):
                    value[:, feature] += weight * self.params[entry * width + feature]
            features.append(value)
        return torch.cat(features, 1)


@pytest.mark.parametrize("config", CONFIGS)
def test_its_arithmetic_counts_our_grid_vertices(config):
    encoding = DocumentedEncoding(settings_of(config))
    assert [resolution for _, resolution, _, _ in encoding.levels] == level_table(config).resolution.tolist()
    assert encoding.params.numel() == HashEncoding(config).grid.numel()


def test_our_own_growth_factor_would_shift_its_levels():
    """The default's level 5 ends exactly on 64 vertices; rounded to float32 first, the factor asks for 65."""
    config = HashEncodingConfig()
    naive = settings_of(config) | {"per_level_scale": config.per_level_scale}
    assert DocumentedEncoding(naive).params.numel() != HashEncoding(config).grid.numel()


@pytest.mark.parametrize("config", CONFIGS)
def test_our_grid_read_in_its_layout_gives_our_features(config):
    """Values and the gradient in our own parameter. Measured: 5e-3 of entries that differ by up to 8.

    The growth factor moves by a step of float32, a thousandth of a cell at resolution 1024.
    """
    torch.manual_seed(0)
    ours = HashEncoding(config)
    with torch.no_grad():
        ours.grid.normal_()
    uv, weights = torch.rand(300, 2), torch.randn(300, config.output_width)
    theirs = encode_with(DocumentedEncoding(settings_of(config)), uv, ours.grid)
    expected = ours(uv, "reference")
    torch.testing.assert_close(theirs, expected, atol=2e-2, rtol=0)
    (gradient,) = torch.autograd.grad((theirs * weights).sum(), ours.grid)
    (slope,) = torch.autograd.grad((expected * weights).sum(), ours.grid)
    torch.testing.assert_close(gradient, slope, atol=2e-2, rtol=1e-3)


def test_a_grid_of_another_size_is_refused():
    encoding = DocumentedEncoding(settings_of(CONFIGS[1]))
    with pytest.raises(BackendError, match="parameters, as the avatar has"):
        encode_with(encoding, torch.rand(4, 2), torch.rand(100, 4))


def test_what_it_cannot_hold_is_one_sentence():
    with pytest.raises(BackendError, match="features a level, got 3"):
        encoding_settings(3, level_table(HashEncodingConfig()))
    with pytest.raises(BackendError, match="cannot hold levels of 16, 99"):
        matching_scale(1.5, 16, (16, 99))


@needs_tinycudann
@pytest.mark.parametrize("config", CONFIGS)
def test_its_encoding_equals_the_reference(config):
    """Values and gradients on its own device, an odd number of rows."""
    torch.manual_seed(0)
    encoding = HashEncoding(config).cuda()
    with torch.no_grad():
        encoding.grid.normal_()
    uv, weights = torch.rand(3001, 2, device="cuda"), torch.randn(3001, config.output_width, device="cuda")
    found = {}
    for backend in ("tinycudann", "reference"):
        features = encoding(uv, backend)
        found[backend] = features, torch.autograd.grad((features * weights).sum(), encoding.grid)[0]
    torch.testing.assert_close(found["tinycudann"][0], found["reference"][0], atol=2e-2, rtol=0)
    torch.testing.assert_close(found["tinycudann"][1], found["reference"][1], atol=2e-2, rtol=1e-2)
