"""The paper's ablations by name: each is a set of overrides on top of a preset, so `--set` can do the same."""

from phynes_core.errors import PhynesError
from phynes_core.training.presets import TrainingConfig, with_overrides

_MAPS = ("offset", "texture", "albedo", "roughness")

# 10 octaves and 5 layers of 256: what the paper's predecessors give a plain network (FORMATS section 5)
_PLAIN_MAP = {"frequency_octaves": "10", "num_layers": "5", "hidden_width": "256"}

ABLATIONS = {
    # and with the normals of the vertices: what light shapes between them is the grid
    "plain-maps": {f"{name}.{key}": value for name in _MAPS for key, value in _PLAIN_MAP.items()}
    | {"stage2.has_pixel_normals": "false"},
    "no-mesh-losses": dict.fromkeys(("stage1.edge_weight", "stage1.normal_weight", "stage1.laplacian_weight"), "0"),
    "split-mesh": {"mesh_splits": "1"},
}


def with_ablation(config: TrainingConfig, name: str) -> TrainingConfig:
    """The settings with one ablation."""
    if name not in ABLATIONS:
        raise PhynesError(f"--ablation: expected one of {', '.join(ABLATIONS)}, got '{name}'")
    return with_overrides(config, ABLATIONS[name])
