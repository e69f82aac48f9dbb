"""Which usual mistake would explain silhouettes that do not agree: every hypothesis scored on small pictures.

A hypothesis counts only where it makes silhouettes agree clearly better than what is given: by a least gain in mean
intersection over union, and by a multiple of that gain's standard error over the pictures. Clothes cannot imitate that,
because they are in both.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from phynes_core.body.model import BodyModel, Pose, pose_body
from phynes_core.data.capture import Capture
from phynes_core.evaluation.inspection.hypotheses import (
    SHIFTS,
    Hypothesis,
    camera_combinations,
    shifted,
    single_mistakes,
    turned,
)
from phynes_core.evaluation.options import spread
from phynes_core.render.camera import Camera
from phynes_core.render.rasterize import rasterize

_PERSON_ROWS = 64  # the person's height in the small pictures; most hypotheses are off by more than a limb
_FINE_PERSON_ROWS = 128  # for frames that are off by one, where a limb moves by a few pixels
_MOST_SIDE = 400  # of a small picture
_FRAMES, _SHIFT_FRAMES = 6, 20  # pictures of each camera
_QUICK_FRAMES, _QUICK_SHIFT_FRAMES = 3, 8
_GAIN, _SHIFT_GAIN = 0.03, 0.004  # least gains in mean IoU
_ERRORS = 3.0  # standard errors of the gain
_FITS = 0.5  # least IoU of a hypothesis that is believed: bare bodies in thick clothes reach 0.6, in thin ones 0.95
_SIMPLER = 0.02  # IoU that a combination of mistakes has to gain over a single one
_UNEXPLAINED = 0.6  # below this IoU combinations are tried
_SHORT_LIST = 16  # combinations that are rasterized, after a look at the points' bounding boxes alone
_FEW_POINTS = 400
_FAR = 0.25  # IoU of bounding boxes below which silhouettes are not drawn, and agree by 0
_YAW_STEP_DEG = 30
_SAME_ORIENT_RAD = 0.02

AS_GIVEN = Hypothesis("", "")
Scores = dict[tuple[str, int], float]  # IoU by camera and frame


@dataclass(frozen=True)
class Found:
    """A hypothesis that fits clearly better than what is given."""

    hypothesis: Hypothesis
    cameras: tuple[str, ...]  # empty: all of them
    given: float  # mean IoU of the pictures in question
    fitted: float


@dataclass
class Trial:
    """What was tried: a row for each hypothesis, and what is believed."""

    given: float  # mean IoU over all cameras; NaN without a picture
    cameras: tuple[str, ...] = ()
    num_pictures: int = 0
    rows: list[tuple[str, float]] = field(default_factory=list)  # name and mean IoU of each hypothesis, best first
    found: list[Found] = field(default_factory=list)


class SmallPictures:
    """Masks of some frames of every camera, reduced until the person is a few dozen pixels tall."""

    def __init__(
        self, capture: Capture, body: BodyModel, frames: int, rows: int, cameras: Collection[str] | None = None
    ) -> None:
        self.capture, self.body = capture, body
        self.cameras: dict[str, Camera] = {}
        self.masks: dict[tuple[str, int], Tensor] = {}
        self._boxes: dict[tuple[str, int], tuple[Tensor, Tensor]] = {}  # of the masks: left and top, right and bottom
        self._vertices: dict[tuple[object, int], Tensor] = {}
        self._seen: dict[tuple[str, int], np.ndarray] = {}
        for name in capture.cameras if cameras is None else cameras:
            camera = capture.cameras[name]
            own = [f for f in capture.frames if capture.frame_split[f] == "train" and capture.has_image(name, f)]
            masks = {frame: capture.mask(name, frame) for frame in spread(own, frames)}
            heights = [int((mask > 0.5).any(1).sum()) for mask in masks.values() if (mask > 0.5).any()]
            if not heights:
                continue
            scale = min(1.0, rows / float(np.median(heights)), _MOST_SIDE / max(camera.width, camera.height))
            size = max(round(camera.width * scale), 1), max(round(camera.height * scale), 1)
            self.cameras[name] = camera.resized(*size)
            for frame, mask in masks.items():
                small = torch.nn.functional.interpolate(mask[None, None], (size[1], size[0]), mode="area")[0, 0] > 0.5
                if small.any():
                    self.masks[name, frame] = small
                    down, across = torch.nonzero(small.any(1))[:, 0], torch.nonzero(small.any(0))[:, 0]
                    corners = torch.tensor([[across[0], down[0]], [across[-1] + 1, down[-1] + 1]]).float()
                    self._boxes[name, frame] = corners[0], corners[1]

    def scores(self, hypothesis: Hypothesis = AS_GIVEN) -> Scores:
        """IoU of every picture under a hypothesis; pictures without a pose that many frames away are left out."""
        made: Scores = {}
        for (name, frame), mask in self.masks.items():
            source = self._moved(frame, hypothesis.shift)
            if source is None:
                continue
            if not hypothesis.is_mirrored and not hypothesis.shift and self._box_iou(name, frame, hypothesis) < _FAR:
                made[name, frame] = 0.0
                continue
            shape = self._silhouette(name, source, hypothesis)
            wanted = mask.numpy()[:, ::-1] if hypothesis.is_mirrored else mask.numpy()
            made[name, frame] = float((shape & wanted).sum() / max((shape | wanted).sum(), 1))
        return made

    def box_score(self, hypothesis: Hypothesis) -> float:
        """Mean IoU of the bounding boxes of some of the body's points and of the mask: a quick first look."""
        return mean(self._box_iou(name, frame, hypothesis) for name, frame in self.masks)

    def height_ratio(self) -> float:
        """How many times as tall the masks are as the body, in the median; 1 where no picture shows it."""
        ratios = []
        for (name, frame), mask in self.masks.items():
            shape = self._silhouette(name, frame, AS_GIVEN)
            if shape.any():
                ratios.append(float(mask.any(1).sum()) / float(shape.any(1).sum()))
        return float(np.median(ratios)) if ratios else 1.0

    def _moved(self, frame: int, shift: int) -> int | None:
        """The training frame so many places later in the list."""
        train = [number for number in self.capture.frames if self.capture.frame_split[number] == "train"]
        place = train.index(frame) + shift
        return train[place] if 0 <= place < len(train) else None

    def _posed(self, change: Callable[[Pose], Pose] | None, frame: int) -> Tensor:  # [V, 3]
        key = change, frame
        if key not in self._vertices:
            pose = self.capture.poses[frame]
            self._vertices[key] = pose_body(self.body, pose if change is None else change(pose)).vertices
        return self._vertices[key]

    def _box_iou(self, name: str, frame: int, hypothesis: Hypothesis) -> float:
        points = self._posed(hypothesis.pose, frame)[:: max(1, self.body.num_vertices // _FEW_POINTS)]
        image = self._camera(name, hypothesis).project(points)
        if not bool((image[:, 2] > 0).all()) or not bool(torch.isfinite(image).all()):
            return 0.0
        low, high = image[:, :2].amin(0), image[:, :2].amax(0)
        first, last = self._boxes[name, frame]
        both = (torch.minimum(high, last) - torch.maximum(low, first)).clamp(min=0.0).prod()
        return float(both / ((high - low).prod() + (last - first).prod() - both))

    def _camera(self, name: str, hypothesis: Hypothesis) -> Camera:
        small = self.cameras[name]
        if hypothesis.camera is None:
            return small
        return hypothesis.camera(self.capture.cameras[name]).resized(small.width, small.height)

    def _silhouette(self, name: str, frame: int, hypothesis: Hypothesis) -> np.ndarray:  # [h, w] bool
        is_kept = hypothesis.camera is None and hypothesis.pose is None  # what is given serves many hypotheses
        if is_kept and (name, frame) in self._seen:
            return self._seen[name, frame]
        vertices = self._posed(hypothesis.pose, frame)
        shape = rasterize(vertices, self.body.faces, self._camera(name, hypothesis)).face_index.numpy() >= 0
        if is_kept:
            self._seen[name, frame] = shape
        return shape


@torch.no_grad()
def try_mistakes(capture: Capture, body: BodyModel, is_quick: bool = False) -> Trial:
    """Score the usual mistakes on some pictures of every camera. The quick way: fewer, and of training cameras only."""
    names = training_cameras(capture) if is_quick else None
    small = SmallPictures(capture, body, _QUICK_FRAMES if is_quick else _FRAMES, rows=_PERSON_ROWS, cameras=names)
    given = small.scores()
    if not given:
        return Trial(float("nan"))
    trial = Trial(mean(given.values()), tuple(small.cameras), len(given))
    cameras = [capture.cameras[name] for name in small.cameras]
    tried = single_mistakes(body, cameras, small.height_ratio())
    scored = [(hypothesis, small.scores(hypothesis)) for hypothesis in tried]
    scored += _missing_orient(small)
    if max([trial.given, *(mean(scores.values()) for _, scores in scored)]) < _UNEXPLAINED:
        combined = sorted(camera_combinations(), key=small.box_score, reverse=True)[:_SHORT_LIST]
        scored += [(hypothesis, small.scores(hypothesis)) for hypothesis in combined]
    count = _QUICK_SHIFT_FRAMES if is_quick else _SHIFT_FRAMES
    fine = SmallPictures(capture, body, count, rows=_FINE_PERSON_ROWS, cameras=names)
    unmoved = fine.scores()
    moved = [(hypothesis, fine.scores(hypothesis)) for hypothesis in map(shifted, SHIFTS)]
    trial.found = _believed(given, scored, _GAIN) or _believed(unmoved, moved, _SHIFT_GAIN)
    trial.rows = sorted(
        ((hypothesis.name, mean(scores.values())) for hypothesis, scores in [*scored, *moved] if scores),
        key=lambda row: -row[1],
    )
    return trial


def training_cameras(capture: Capture) -> list[str]:
    """Names of the cameras that training sees."""
    return [name for name, split in capture.camera_split.items() if split == "train"]


def _missing_orient(small: SmallPictures) -> list[tuple[Hypothesis, Scores]]:
    """Where all frames have one global_orient: the turn about the vertical axis that fits each frame best."""
    frames = sorted({frame for _, frame in small.masks})
    orients = torch.stack([small.capture.poses[frame].global_orient for frame in frames])
    if len(frames) < 2 or float((orients - orients[0]).abs().max()) > _SAME_ORIENT_RAD:
        return []
    best: Scores = {}
    turns = [Hypothesis("", "", pose=turned(angle, small.body)) for angle in range(0, 360, _YAW_STEP_DEG)]
    tried = [small.scores(turn) for turn in turns]
    for frame in frames:
        own = [{key: value for key, value in scores.items() if key[1] == frame} for scores in tried]
        best |= max(own, key=lambda scores: mean(scores.values()))
    said = Hypothesis(
        "global_orient was missing: in every frame another turn about the vertical axis fits",
        "store the pelvis' rotation as global_orient (of poses the first three numbers, or Rh)",
    )
    return [(said, best)]


def _believed(given: Scores, scored: list[tuple[Hypothesis, Scores]], least: float) -> list[Found]:
    """The best hypothesis for all cameras; else the best for each camera that one of its own explains."""
    cameras = sorted({camera for camera, _ in given})
    passing = [(hypothesis, scores) for hypothesis, scores in scored if _is_better(given, scores, least)]
    passing = [
        pair for pair in passing
        if _share_that_gains(given, pair[1], cameras) >= 0.75
    ]  # fmt: skip
    if passing:
        hypothesis, scores = _simplest_of_the_best(passing)
        return [_found(hypothesis, given, scores, ())]
    by_hypothesis: dict[Hypothesis, list[str]] = {}
    for camera in cameras if len(cameras) > 1 else []:
        own = {key: value for key, value in given.items() if key[0] == camera}
        able = [
            (hypothesis, picked)
            for hypothesis, scores in scored
            if hypothesis.is_of_one_camera
            and _is_better(own, picked := {key: scores[key] for key in own if key in scores}, least)
        ]
        if able:
            best = _simplest_of_the_best(able)[0]
            by_hypothesis.setdefault(best, []).append(camera)
    scores_of = dict(scored)
    return [
        _found(hypothesis, given, scores_of[hypothesis], tuple(names)) for hypothesis, names in by_hypothesis.items()
    ]


def _is_better(given: Scores, scores: Scores, least: float) -> bool:
    """Whether the gain over the same pictures is large, and surely not chance."""
    gains = np.array([scores[key] - given[key] for key in given if key in scores])
    if len(gains) == 0 or mean(scores.values()) < _FITS or gains.mean() < least:
        return False
    if len(gains) < 3:
        return gains.min() > 2 * _GAIN  # too few to know their spread
    return gains.mean() > _ERRORS * gains.std(ddof=1) / np.sqrt(len(gains))


def _share_that_gains(given: Scores, scores: Scores, cameras: list[str]) -> float:
    gains = [mean(scores[key] - given[key] for key in given if key[0] == name and key in scores) for name in cameras]
    return mean(gain > 0 for gain in gains if not np.isnan(gain))


def _simplest_of_the_best(scored: list[tuple[Hypothesis, Scores]]) -> tuple[Hypothesis, Scores]:
    """The first, as the simplest come first, of those that fit nearly as well as the best."""
    best = max(mean(scores.values()) for _, scores in scored)
    top = max(scored, key=lambda pair: mean(pair[1].values()))
    is_combined = "," in top[0].name and not top[0].is_of_one_camera
    if not is_combined:
        return top
    return next((pair for pair in scored if mean(pair[1].values()) > best - _SIMPLER), top)


def _found(hypothesis: Hypothesis, given: Scores, scores: Scores, cameras: tuple[str, ...]) -> Found:
    keys = [key for key in given if key in scores and (not cameras or key[0] in cameras)]
    return Found(hypothesis, cameras, mean(given[key] for key in keys), mean(scores[key] for key in keys))


def mean(values: Iterable[float]) -> float:
    """The mean; NaN of nothing."""
    numbers = list(values)
    return float(np.mean(numbers)) if numbers else float("nan")
