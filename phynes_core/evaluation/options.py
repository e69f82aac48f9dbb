"""How much an evaluation measures and how, and its pictures: those that training does not see."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from torch import Tensor

from phynes_core.data.capture import Capture
from phynes_core.data.held_out import judging_pictures
from phynes_core.evaluation.metrics.errors import ALIGNMENTS
from phynes_core.evaluation.metrics.lpips import Lpips
from phynes_core.evaluation.metrics.masks import BOX_PADDING_M, eroded

SPLITS = {"train": "novel_view", "novel_pose": "novel_pose"}  # of a capture's frames -> name in metrics.json
Item = TypeVar("Item")


@dataclass(frozen=True)
class EvaluateOptions:
    """How much to measure, and how."""

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


@dataclass(frozen=True)
class HeldOutView:
    """One held-out picture and the pixels that are compared."""

    split: str
    camera: str
    frame: int
    is_pictured: bool  # in the report
    coverage: Tensor  # [H, W]
    foreground: Tensor  # [H, W] bool

    @property
    def title(self) -> str:
        """Its name in the report."""
        return f"{self.split.replace('_', ' ')}, camera {self.camera}, frame {self.frame}"


def held_out_views(
    capture: Capture,
    max_images: int | None,  # of each split; None: all
    pictured: int,  # of each split
) -> Iterator[HeldOutView]:
    """The pictures that judge (data/held_out.py), or some spread over cameras and frames; none that are all black."""
    for split, name in SPLITS.items():
        pairs = spread(judging_pictures(capture, split), max_images)
        shown = set(spread(pairs, pictured))
        for camera, number in pairs:
            coverage = capture.mask(camera, number)
            foreground = eroded(coverage)
            if bool(foreground.any()) and bool((capture.image(camera, number) > 0).any()):
                yield HeldOutView(name, camera, number, (camera, number) in shown, coverage, foreground)


def judged_frames(capture: Capture, options: EvaluateOptions) -> list[int]:
    """The frames that an evaluation looks at."""
    return sorted({view.frame for view in held_out_views(capture, options.max_images, options.pictured)})


def spread(items: Sequence[Item], count: int | None) -> list[Item]:
    """`count` of the items, evenly apart; all of them when there are no more, or for None."""
    if count is None or len(items) <= count:
        return list(items)
    return [items[round((index + 0.5) * len(items) / count - 0.5)] for index in range(count)]
