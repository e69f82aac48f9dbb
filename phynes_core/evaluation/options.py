"""How much an evaluation measures, and how."""

from dataclasses import dataclass

from phynes_core.evaluation.alignment import ALIGNMENTS
from phynes_core.evaluation.lpips import Lpips
from phynes_core.evaluation.masks import BOX_PADDING_M


@dataclass(frozen=True)
class EvaluateOptions:
    """How much to measure."""

    supersample: int = 2  # samples a side of a pixel, each with its silhouette's coverage: pictures are antialiased
    max_images: int | None = None  # of each split, spread over cameras and frames; None: all
    surface_samples: int = 10_000
    pictured: int = 2  # images of each split that the report shows
    alignment: str = "median"  # of albedo and light: one of ALIGNMENTS
    box_padding_m: float = BOX_PADDING_M
    lpips: Lpips | None = None  # only with weights that the user names
    freezes_materials: bool = False  # those of the first training pose, whatever the pose
    has_limits: bool = False  # measure with ground truth put in, too
    compared_images: int = 4  # of each split, for limits and rivals

    def __post_init__(self) -> None:
        if self.alignment not in ALIGNMENTS:
            raise ValueError(f"alignment: expected one of {', '.join(ALIGNMENTS)}, got '{self.alignment}'")
