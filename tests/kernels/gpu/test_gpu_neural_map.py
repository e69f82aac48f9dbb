"""The WGSL of neural maps against the torch reference, map by map of every kind that it takes."""

import copy
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from phynes_core.frame import gpu_maps
from phynes_core.frame.gpu_maps import is_narrow, map_arrays, map_constants, map_grid, map_levels, map_values
from phynes_core.kernels.gpu.graph import PassGraph
from phynes_core.maps.encodings import HashEncodingConfig
from phynes_core.maps.neural_map import NeuralMap, NeuralMapConfig
from tests.software_gpu import software_gpu
from tests.source_files import ROOT

OFFSET = NeuralMapConfig(1, num_layers=3, residual_output=True, output_scale=0.1)
CONFIGS = {
    "offset": OFFSET,
    "texture": NeuralMapConfig(1, num_layers=5, activation="relu", output="sigmoid"),
    "without a pose": NeuralMapConfig(1, num_layers=4, output="sigmoid", pose_dim=0, output_scale=0.95),
    "narrow": replace(OFFSET, hidden_width=40, encoding=HashEncodingConfig(num_levels=7, log2_entries=9)),
}
WIDE_CONFIGS = {
    "waves, as the plain preset": NeuralMapConfig(1, num_layers=5, hidden_width=256, frequency_octaves=10),
    "most octaves": replace(OFFSET, frequency_octaves=16),
    "most units": replace(OFFSET, hidden_width=1024),
    "most features": replace(OFFSET, encoding=HashEncodingConfig(32, 8, log2_entries=9), hidden_width=300),
    "few features and units": replace(OFFSET, encoding=HashEncodingConfig(num_features=1), hidden_width=20),
    "a lone level": NeuralMapConfig(1, 2, "relu", pose_dim=0, encoding=HashEncodingConfig(1, 4), hidden_width=100),
}


def random_map(config):
    torch.manual_seed(5)
    neural_map = NeuralMap(config).requires_grad_(False)
    for grid in neural_map.encoding.parameters():
        grid.normal_(std=0.5)
    for layer in (*neural_map.hidden, neural_map.head):
        layer.bias.normal_(std=0.2)
    neural_map.head.weight.normal_(std=0.2)
    return neural_map


def answers(neural_map, uv, pose):  # by the pass query_vertices
    graph = PassGraph(software_gpu())
    of_map, is_wide = map_values(neural_map), not is_narrow(neural_map)
    values = {"texels": len(uv)} | {f"offset_{name}": value for name, value in of_map.items()}
    values |= {"offset_is_other": is_wide, "asks_wide_offset": is_wide, "asks_wide_lengths": is_wide}
    values |= {f"offset.{name}": text for name, text in map_constants(neural_map).items()}
    graph.start({f"avatar0.{name}": value for name, value in values.items()}, {"avatar": 1, "tile": 0})
    for name, make in map_arrays(neural_map).items():
        graph.supply(f"avatar0.offset_{name}", neural_map, make)
    graph.supply("avatar0.uv", 1, lambda: uv.numpy())
    graph.supply("avatar0.pose_vector", 1, lambda: pose.numpy())
    found = graph.fetch({"avatar0.offset_values": 4 * len(uv)})["avatar0.offset_values"]
    return torch.from_numpy(found.view(np.float32).copy())


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_a_map_answers_as_the_reference(config):
    """Measured: within 3e-7 of values of some 0.1 to 1; a number of points that fills no workgroup."""
    neural_map = random_map(config)
    assert is_narrow(neural_map)
    uv, pose = torch.rand(333, 2), 0.3 * torch.randn(72)
    expected = neural_map(uv, pose[: config.pose_dim], backend="reference")[:, 0]
    assert expected.std() > 1e-3
    torch.testing.assert_close(answers(neural_map, uv, pose), expected, atol=2e-6, rtol=1e-5)


def test_a_grid_of_halves_answers_as_one_of_floats(monkeypatch):
    """Half the memory, the same numbers; of a checkpoint's grids halves hold every value."""
    neural_map = random_map(OFFSET)
    uv, pose = torch.rand(333, 2), 0.3 * torch.randn(72)
    assert map_grid(neural_map).shape[1] == 2 and map_levels(neural_map)[-1, 0] == 0
    neural_map.encoding.grid.copy_(neural_map.encoding.grid.half().float())
    assert map_grid(neural_map).shape[1] == 1 and map_levels(neural_map)[-1, 0] == 1
    packed = answers(neural_map, uv, pose)
    monkeypatch.setattr(gpu_maps, "_halves", lambda values: None)
    assert map_grid(neural_map).shape[1] == 2
    torch.testing.assert_close(answers(neural_map, uv, pose), packed, atol=0.0, rtol=0.0)
    expected = neural_map(uv, pose, backend="reference")[:, 0]
    torch.testing.assert_close(packed, expected, atol=2e-6, rtol=1e-5)


@pytest.mark.parametrize("config", WIDE_CONFIGS.values(), ids=WIDE_CONFIGS)
def test_maps_of_any_size_are_asked(config):
    """Waves against float64, for in float32 the angles of the last octaves are rounded by hundredths of a turn."""
    neural_map = random_map(config)
    assert not is_narrow(neural_map)
    uv, pose = torch.rand(77, 2), 0.3 * torch.randn(72)
    trusted = copy.deepcopy(neural_map).double() if config.frequency_octaves else neural_map
    kind = torch.float64 if config.frequency_octaves else torch.float32
    expected = trusted(uv.to(kind), pose[: config.pose_dim].to(kind), backend="reference")[:, 0].float()
    assert expected.std() > 1e-3
    torch.testing.assert_close(answers(neural_map, uv, pose), expected, atol=1e-4 * float(expected.std()), rtol=1e-4)


def test_drivers_and_other_libraries_live_in_one_process():
    """Mesa's LLVM loaded before triton's once ended the process, as soon as torch looked for triton."""
    code = (
        "from phynes_core.kernels.gpu.adapters import adapters; adapters(); import importlib.util\n"
        "if importlib.util.find_spec('triton'): import triton\n"
        "import numba; print(numba.njit(lambda x: x + 1)(1))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "2"), done.stderr[-500:]
