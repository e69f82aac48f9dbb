"""The table of nodes itself: whoever reads it finds every input above the row, or among the frame's values."""

import subprocess
import sys
from dataclasses import replace

import pytest

from phynes_core.frame.cuda_nodes import CUDA_NODES, GROUPS
from phynes_core.frame.nodes import NODES, frame_values
from tests.frame.scenes import EVERYTHING, scene_of


@pytest.mark.parametrize("nodes", [NODES, CUDA_NODES])
def test_every_input_is_another_node_or_a_value_of_the_frame(small_avatar, nodes):
    known = {*nodes, *frame_values(scene_of(small_avatar), EVERYTHING), "mirrored"}
    for node in nodes.values():
        names = {name for name, _, _ in node.asked} | ({node.when.lstrip("!")} if node.when else set())
        assert names <= known, node.name


def test_the_table_reads_from_top_to_bottom():
    above = set()
    for node in NODES.values():
        assert {name for name, _, _ in node.asked if name in NODES} <= above, node.name
        above.add(node.name)


def test_every_node_of_a_graph_is_a_row_of_one_group():
    recorded = [name for nodes in GROUPS.values() for name in nodes]
    assert len(set(recorded)) == len(recorded) and set(recorded) <= set(CUDA_NODES)


def test_every_option_is_a_value(small_avatar):
    values = frame_values(scene_of(small_avatar), replace(EVERYTHING, lamp_samples=7, raster="numba"))
    assert values["lamp_samples"] == 7 and values["raster"] == "numba" and values["backend"] == "auto"


def test_a_renderer_on_the_cpu_never_imports_warp():
    """CUDA's executor is imported where it makes a frame."""
    code = "import sys; from phynes_core.frame.renderer import FrameRenderer as R; R(); print('warp' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "False"
