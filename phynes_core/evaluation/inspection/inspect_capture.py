"""Look at a capture before one trains: all checks over some frames, or the quick ones before a training."""

from collections.abc import Callable

from phynes_core.body.model import BodyModel
from phynes_core.data.capture import Capture
from phynes_core.evaluation.inspection.agreement import WRONG_OUTSIDE, SilhouetteCheck
from phynes_core.evaluation.inspection.colors import ColorCheck
from phynes_core.evaluation.inspection.drawing import LEGEND, overlay
from phynes_core.evaluation.inspection.exposure import ExposureCheck
from phynes_core.evaluation.inspection.findings import GOOD, WRONG, Finding, Inspection, Picture, Section
from phynes_core.evaluation.inspection.hull import HullCheck
from phynes_core.evaluation.inspection.masks import MaskCheck
from phynes_core.evaluation.inspection.mistakes import Trial, training_cameras, try_mistakes
from phynes_core.evaluation.inspection.moments import chosen_frames, moments
from phynes_core.evaluation.inspection.poses import pose_section
from phynes_core.evaluation.inspection.sharpness import SharpnessCheck
from phynes_core.evaluation.inspection.silhouettes import compare_silhouettes
from phynes_core.evaluation.inspection.surface import SurfaceCheck
from phynes_core.evaluation.options import spread
from phynes_core.evaluation.report.elements import Table

MOST_FRAMES = 40  # more tell little more about a capture
_HULL_FRAMES, _COLOR_FRAMES = 8, 16  # these checks are slower, and the same all over a capture
_SHOWN_FRAMES, _WORST = 4, 6  # pictures of each camera, and of all
_TRIED_ROWS = 12
_QUICK_FRAMES = 4
_TRIED_NOTE = (
    "Mean intersection over union of the silhouettes if this mistake had been made and were undone, on small "
    "pictures. A mistake is named only where it fits clearly better than what is given: by 0.03 (frames that are off:"
    " 0.004) and by three standard errors."
)


def inspect_capture(
    capture: Capture,
    body: BodyModel,
    most_frames: int = MOST_FRAMES,
    report_step: Callable[[int, int], None] = lambda done, total: None,
) -> Inspection:
    """All checks. Raises CaptureError for files that cannot be read."""
    frames = chosen_frames(capture, most_frames)
    training = [frame for frame in frames if capture.frame_split[frame] == "train"]
    silhouettes, masks, exposure, sharpness = SilhouetteCheck(body), MaskCheck(), ExposureCheck(), SharpnessCheck()
    colors, hull, surface = ColorCheck(body), HullCheck(), SurfaceCheck(body)
    few = {id(hull): set(spread(training, _HULL_FRAMES)), id(colors): set(spread(training, _COLOR_FRAMES))}
    count = 0
    for done, moment in enumerate(moments(capture, body, frames)):
        for check in (silhouettes, masks, exposure, sharpness, colors, hull, surface):
            if moment.frame in few.get(id(check), frames):
                check.add(moment)
        count += len(moment.views)
        report_step(done + 1, len(frames) + 1)
    trial = try_mistakes(capture, body)
    report_step(len(frames) + 1, len(frames) + 1)
    cameras = sum(split == "train" for split in capture.camera_split.values())
    sections = (
        _mistakes(trial, silhouettes.outside),
        silhouettes.section(),
        _worst(capture, body, silhouettes),
        _overlays(capture, body),
        masks.section(),
        hull.section(),
        colors.section(len(capture.cameras), silhouettes.outside),
        sharpness.section(),
        exposure.section(),
        pose_section(capture, body),
        surface.section(),
    )
    return Inspection(
        name=capture.name,
        looked_at=f"{cameras} training cameras and {len(capture.cameras) - cameras} test cameras, {len(training)} of "
        f"{sum(split == 'train' for split in capture.frame_split.values())} training frames, {count} pictures",
        sections=tuple(section for section in sections if section is not None),
    )


def inspect_quickly(capture: Capture, body: BodyModel) -> list[Finding]:
    """What is not good in a few frames of the training cameras: usual mistakes, silhouettes, masks and exposure."""
    silhouettes, masks, exposure = SilhouetteCheck(body), MaskCheck(), ExposureCheck()
    frames = [frame for frame in chosen_frames(capture, _QUICK_FRAMES) if capture.frame_split[frame] == "train"]
    for moment in moments(capture, body, frames, training_cameras(capture)):
        for check in (silhouettes, masks, exposure):
            check.add(moment)
    mistakes = _mistakes(try_mistakes(capture, body, is_quick=True), silhouettes.outside)
    sections = (mistakes, silhouettes.section(), masks.section(), exposure.section())
    found = [finding for section in sections if section for finding in section.findings]
    return [finding for finding in found if finding.level != GOOD]


def _mistakes(trial: Trial, outside: float) -> Section | None:
    if not trial.num_pictures:
        return None
    named = [
        (f"camera {', '.join(found.cameras)}: {found.hypothesis.name}", f"{found.fitted:.3f}")
        for found in trial.found if found.cameras
    ]  # fmt: skip
    rows = [
        ("as given", f"{trial.given:.3f}"),
        *named,
        *((name, f"{iou:.3f}") for name, iou in trial.rows[:_TRIED_ROWS]),
    ]
    findings = [
        Finding(
            "usual mistakes", WRONG,
            f"{_subject(found.cameras)} as if {found.hypothesis.name}: IoU {found.fitted:.2f} instead of "
            f"{found.given:.2f}",
            found.hypothesis.remedy,
        )
        for found in trial.found
    ]  # fmt: skip
    if not findings and outside > WRONG_OUTSIDE:
        findings = [Finding(
            "usual mistakes", WRONG,
            f"{outside:.0%} of the body lies outside the masks, and no usual mistake explains it",
            "compare the pictures below: body, cameras or frame numbers belong to another recording",
        )]  # fmt: skip
    if not findings:
        said = (
            "axes, units, mirroring, frame numbers, focal lengths and joint order fit best as given "
            f"({len(trial.rows)} tried)"
        )
        findings = [Finding("usual mistakes", GOOD, said)]
    note = f"The best of {len(trial.rows)}, on {trial.num_pictures} pictures."
    table = Table("What was tried", note, ("as if", "IoU"), tuple(rows))
    return Section("Usual mistakes", _TRIED_NOTE, tuple(findings), (table,))


def _subject(cameras: tuple[str, ...]) -> str:
    if not cameras:
        return "everything fits"
    return f"camera {cameras[0]} fits" if len(cameras) == 1 else f"cameras {', '.join(cameras)} fit"


def _overlays(capture: Capture, body: BodyModel) -> Section:
    """One row a camera, some frames of each."""
    pictures = []
    for name, split in capture.camera_split.items():
        own = [frame for frame in capture.frames if capture.has_image(name, frame)]
        for frame in spread(own, _SHOWN_FRAMES):
            pictures.append(_overlay(capture, body, name, frame=frame, row=f"camera {name} ({split})"))
    return Section("Body over the pictures", LEGEND, (), pictures=tuple(pictures))


def _worst(capture: Capture, body: BodyModel, silhouettes: SilhouetteCheck) -> Section | None:
    pictures = tuple(
        _overlay(capture, body, one.camera, frame=one.frame, row="the worst") for one in silhouettes.worst(_WORST)
    )
    return Section("Where silhouettes agree least", LEGEND, (), pictures=pictures) if pictures else None


def _overlay(capture: Capture, body: BodyModel, name: str, frame: int, row: str) -> Picture:
    view = next(moments(capture, body, [frame], (name,))).views[0]
    found = compare_silhouettes(view, frame, body, view.is_training)
    text = f"{found.outside:.1%} outside, IoU {found.iou:.2f}" if found else "empty mask"
    title = f"frame {frame}" if row.startswith("camera") else f"camera {name}, frame {frame}"
    return Picture(row, title, text, overlay(view))
