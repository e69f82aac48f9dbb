"""The paper's ablations run, and what they train is loaded again."""

import pytest
import torch

from app.cli import main
from phynes_core.avatar.checkpoint import load_checkpoint
from phynes_core.errors import PhynesError
from phynes_core.training.ablations import with_ablation
from phynes_core.training.presets import FAST, PAPER

FEW = ["stage1.steps=2", "stage1.rays=32", "stage2.steps=2", "stage2.pixels=32", "stage2.smooth_pixels=16"]
FEW += ["stage2.albedo_from_texture_steps=1", "stage2.calm_steps=2"]


def test_ablations_change_what_they_name():
    plain = with_ablation(PAPER, "plain-maps")
    assert {plain.offset.hidden_width, plain.albedo.hidden_width} == {256}
    assert plain.roughness.frequency_octaves == plain.texture.frequency_octaves == 10
    assert plain.roughness.output_offset == PAPER.roughness.output_offset
    free = with_ablation(FAST, "no-mesh-losses").stage1
    assert (free.edge_weight, free.normal_weight, free.laplacian_weight) == (0.0, 0.0, 0.0)
    assert with_ablation(FAST, "split-mesh").mesh_splits == 1
    with pytest.raises(PhynesError, match="expected one of plain-maps, no-mesh-losses, split-mesh, got 'warp'"):
        with_ablation(FAST, "warp")


@pytest.mark.parametrize(("name", "vertices"), [("plain-maps", 6890), ("split-mesh", 27_554)])
def test_an_ablation_trains_and_its_checkpoint_loads(name, vertices, tiny_root, tmp_path):
    out = tmp_path / "tiny.ckpt"
    command = ["train", "--data", str(tiny_root), "--out", str(out), "--run-folder", str(tmp_path / "run")]
    command += [word for setting in FEW for word in ("--set", setting)]
    assert main([*command, "--ablation", name, "--no-evaluate"]) == 0
    avatar = load_checkpoint(out)
    assert avatar.body.num_vertices == vertices
    assert f"--ablation {name}" in avatar.record.provenance["command"]
    again = load_checkpoint(tmp_path / "run" / "avatar.ckpt")
    offsets = again.vertex_offsets(torch.zeros(72))
    assert offsets.shape == (vertices,) and bool(torch.isfinite(offsets).all())
