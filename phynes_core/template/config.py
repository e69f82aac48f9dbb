"""The numbers of a template."""

import re
from dataclasses import dataclass

SOURCES = ("smpl", "auto")  # else the content hash of a given template
SHARES = (0.0, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08)  # of pictures that may call a point of the shape outside


@dataclass(frozen=True)
class TemplateConfig:
    """How a template is carved from silhouettes and meshed."""

    source: str = "auto"  # smpl: the body's own mesh; auto: carved, kept where held-out silhouettes improve
    voxel_m: float = 0.005  # of the carved shape
    coarse_m: float = 0.01  # of the shapes that the share of ignored pictures is chosen by
    vertices: int = 9000
    most_frames: int = 40  # evenly spaced: more add nothing
    held_out_every: int = 5  # every so many frames do not carve the shapes that are judged
    floor_m: float = 0.004  # the person is nowhere thinner than the body less this
    reach_m: float = 0.25  # farthest that clothes and hair stand off the body
    least_gain: float = 0.002  # of the intersection over union of held-out silhouettes; else the body's mesh stays
    widest_gap_deg: float = 75.0  # between the sides that pictures see the person from; else nothing is carved
    rounds: int = 1  # in which poses follow a rough template, where they are registered, before the last is carved
    round_steps: int = 3  # of each
    # of the same overlap by a round's poses; else they are taken back. On ada_256 with fits off by 2 degrees and 1 cm a
    # round gained 0.0020 and took vertices from 6.6 to 5.8 mm; on `--preset real` 0.0008, and vertices stayed at 6.7 mm
    least_pose_gain: float = 0.001
    longest_edge_m: float = 0.04
    round_m: float = 0.0004  # edges of face and hands that a smooth surface leaves by more are split: round fingertips
    hair_m: float = 0.015  # where the shape stands farther over face, ears or hands than this, they are covered

    def __post_init__(self) -> None:
        for name in (
            "voxel_m",
            "coarse_m",
            "floor_m",
            "reach_m",
            "widest_gap_deg",
            "longest_edge_m",
            "round_m",
            "hair_m",
        ):
            if not getattr(self, name) > 0:
                raise ValueError(f"expected more than 0, got {name} {getattr(self, name)}")
        if self.source not in SOURCES and re.fullmatch("[0-9a-f]{64}", self.source) is None:
            raise ValueError(f"expected a source smpl, auto or a template's hash, got {self.source!r:.80}")
        if self.rounds < 0 or self.round_steps < 1:
            raise ValueError(f"expected 0 or more rounds of a step or more, got {self.rounds} of {self.round_steps}")
        if self.vertices < 500 or self.most_frames < 1 or self.held_out_every < 2:
            raise ValueError("expected at least 500 vertices, a frame, and every second or a later one held out")
