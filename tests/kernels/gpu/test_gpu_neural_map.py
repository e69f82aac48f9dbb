"""The WGSL of neural maps against the torch reference, map by map of every kind that it takes."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from phynes_core.frame.gpu_arrays import (
    can_query,
    map_constants,
    map_grid,
    map_layers,
    map_levels,
    map_pose_layer,
)
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


def random_map(config):
    torch.manual_seed(5)
    neural_map = NeuralMap(config).requires_grad_(False)
    neural_map.encoding.grid.normal_(std=0.5)
    for layer in (*neural_map.hidden, neural_map.head):
        layer.bias.normal_(std=0.2)
    neural_map.head.weight.normal_(std=0.2)
    return neural_map


def answers(neural_map, uv, pose):  # by the pass query_vertices
    graph = PassGraph(software_gpu())
    values = {"texels": len(uv), "offset_inputs": neural_map.config.pose_dim}
    values |= {f"offset.{name}": text for name, text in map_constants(neural_map).items()}
    graph.start({f"avatar0.{name}": value for name, value in values.items()}, {"avatar": 1, "tile": 0})
    for name, make in (
        ("layers", map_layers), ("grid", map_grid), ("levels", map_levels), ("pose_layer", map_pose_layer),
    ):  # fmt: skip
        graph.supply(f"avatar0.offset_{name}", neural_map, lambda make=make: make(neural_map))
    graph.supply("avatar0.uv", 1, lambda: uv.numpy())
    graph.supply("avatar0.pose_vector", 1, lambda: pose.numpy())
    found = graph.fetch({"avatar0.offset_values": 4 * len(uv)})["avatar0.offset_values"]
    return torch.from_numpy(found.view(np.float32).copy())


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_a_map_answers_as_the_reference(config):
    """Measured: within 3e-7 of values of some 0.1 to 1; a number of points that fills no workgroup."""
    neural_map = random_map(config)
    assert can_query(neural_map)
    uv, pose = torch.rand(333, 2), 0.3 * torch.randn(72)
    expected = neural_map(uv, pose[: config.pose_dim], backend="reference")[:, 0]
    assert expected.std() > 1e-3
    torch.testing.assert_close(answers(neural_map, uv, pose), expected, atol=2e-6, rtol=1e-5)


def test_what_a_workgroup_cannot_hold_is_left_to_the_cpu():
    assert not can_query(NeuralMap(replace(OFFSET, hidden_width=128)))
    assert not can_query(NeuralMap(replace(OFFSET, frequency_octaves=6)))
    assert not can_query(NeuralMap(replace(OFFSET, encoding=HashEncodingConfig(num_features=4))))


def test_drivers_and_other_libraries_live_in_one_process():
    """Mesa's LLVM loaded before triton's once ended the process, as soon as torch looked for triton."""
    code = (
        "from phynes_core.kernels.gpu.adapters import adapters; adapters(); import importlib.util\n"
        "if importlib.util.find_spec('triton'): import triton\n"
        "import numba; print(numba.njit(lambda x: x + 1)(1))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "2"), done.stderr[-500:]
