"""Measure an avatar: held-out views with both renderers, materials, light and geometry where there is ground truth."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from phynes_core.avatar.avatar import Avatar
from phynes_core.data.capture import Capture
from phynes_core.data.held_out import held_out_note
from phynes_core.errors import CaptureError
from phynes_core.evaluation.limits import Limits
from phynes_core.evaluation.measurement import AvatarMeasurement
from phynes_core.evaluation.metrics.errors import ALIGNMENTS
from phynes_core.evaluation.options import SPLITS, EvaluateOptions, held_out_views, spread
from phynes_core.evaluation.poses import PosedCapture, posed_capture
from phynes_core.evaluation.results import Evaluation, means_over
from phynes_core.evaluation.rivals import KEPT, Rival, measure_rival

PROTOCOL = {
    "rgb": "sRGB in [0, 1] against the 8-bit pictures, zero background, mean over images; all-black ones are skipped",
    "albedo, visibility, relighting": "linear, no clipping; *_srgb: the same images encoded and clipped to sRGB",
    "baked_shading": "slope of log(our albedo / true albedo) over log(shading under the training light): 0 when no "
    "shadow is baked in",
    "visibility": "0.8 / pi x irradiance of a white body under lights not used in training, direct light only",
    "probes_only": "the sky as 512 probes; without this word bright sources are split off into lamps",
    "psnr": "whole image",
    "psnr_foreground": "pixels of coverage >= 0.5 whose eight neighbors have it, too",
    "psnr_mask": "Relightable Avatar's mask: every pixel with any coverage, small gaps closed",
    "psnr_box": "pixels whose ray meets the posed body's padded box, as ZJU-MoCap is evaluated",
    "psnr_head_and_hands": "pixels whose ray meets the padded box of the posed bare body's head or of a hand",
    "ssim": "whole image, Gaussian window of 11 pixels; ssim_box: bounding rectangle of the box",
    "ms_ssim": "whole image, five scales; pictures under 176 pixels a side have none",
    "flip": "LDR-FLIP at 67 pixels a degree, mean over the image, 0 is best; flip_foreground: over the foreground",
    "roughness": "RMSE over the foreground; best_constant_rmse is what one number for the whole person would get; "
    "bias: mean of ours minus theirs",
    "normal": "mean angle over the foreground, degrees, as the avatar is shown; vertex_normals_*, pixel_normals_*: "
    "without and with the slopes of the offset map",
    "head_and_hands_degrees": "the same over the foreground in the boxes of head and hands",
    "crease": "edges of head and hands: our dihedral angle minus the largest angle between the true surface's smooth "
    "normals at the points closest to the corners of both faces; share: of more than 15 degrees",
    "light": "learned against true training light, one factor a channel: relative RMSE of irradiance, all directions",
    "geometry": "10000 points a surface; p2s: ours to truth; cd: mean of both directions; cm; training frames "
    "(novel_pose_*: frames of novel motion)",
}
NO_RECORD = ("protocol", "limits", "rivals", "speed")  # parts of metrics.json that checkpoints do not store


def evaluate(
    avatar: Avatar,
    posed: Capture | PosedCapture,  # a Capture: with its own poses
    options: EvaluateOptions,
    progress: Callable[[int, int], None] = lambda done, total: None,
    rivals: Sequence[Rival] = (),
) -> Evaluation:
    """Compare with every held-out picture (or `max_images` of each split): the test cameras', or data/held_out.py's."""
    capture = posed.capture if isinstance(posed, PosedCapture) else posed
    views = list(held_out_views(capture, options.max_images, options.pictured))
    if not views:
        raise CaptureError(
            f"{capture.root}: expected pictures that were not trained on, got none; add a second frame, or a camera of "
            f"split 'test'"
        )
    provenance = dict(avatar.record.provenance)
    evaluation = Evaluation(avatar.name, provenance=provenance, capture=capture.root.resolve().name)
    measurement = AvatarMeasurement(avatar, capture, options, evaluation)
    truth = capture.ground_truth
    compared = [
        view for split in SPLITS.values()
        for view in spread([view for view in views if view.split == split], options.compared_images)
    ]  # fmt: skip
    has_limits = options.has_limits and truth is not None
    frames = sorted({view.frame for view in views})
    if not isinstance(posed, PosedCapture):
        posed = posed_capture(avatar, posed, "given", frames)
    steps = _Steps(len(views) + len(frames) + len(compared) * (has_limits + len(rivals)), progress)
    for view in views:
        measurement.pictures(view)
        if truth is not None:
            measurement.materials(view, truth)
            measurement.lights(view, truth)
        steps.done()
    for frame in frames:
        measurement.geometry(frame)
        steps.done()
    if truth is not None:
        measurement.training_light(truth)
    measurement.speed(views[0])
    metrics = measurement.results.means()
    if has_limits and truth is not None:
        found = Limits(avatar, capture, truth, options).measure(compared, steps.done)
        if found:
            metrics["limits"] = found | {"avatar": means_over(evaluation.rows, compared, ("psnr", "psnr_foreground"))}
    if rivals:
        metrics["rivals"] = {"avatar": means_over(evaluation.rows, compared, KEPT)}
        for rival in rivals:
            metrics["rivals"][rival.name] = measure_rival(rival, avatar, capture, compared, options, steps.done)
    counts = {name: sum(view.split == name for view in views) for name in SPLITS.values()}
    if distances := posed.entries():
        metrics["poses"] = distances
    described = {"poses": f"{posed.source}: {posed.text}", "images": counts, "supersample": options.supersample}
    metrics["protocol"] = _protocol(options) | described
    if note := held_out_note(capture):
        metrics["protocol"]["held_out"] = note
    evaluation.metrics = metrics
    return evaluation


def evaluate_sources(
    avatar: Avatar,
    sources: Sequence[PosedCapture],  # the first as given
    options: EvaluateOptions,
    progress: Callable[[int, int], None] = lambda done, total: None,
    rivals: Sequence[Rival] = (),
) -> Evaluation:
    """The evaluation with the first poses; its metrics say under "poses" what all of them come to."""
    changed = [posed.source for posed in sources[1:] if posed.is_changed]
    parts = 1 + len(changed)

    def of_part(index: int) -> Callable[[int, int], None]:
        return lambda done, total: progress(index * total + done, parts * total)

    evaluation = evaluate(avatar, sources[0], options, of_part(0), rivals)
    plain = replace(options, pictured=0, has_limits=False)
    entries = {}
    for posed in sources:
        metrics = evaluation.metrics
        if posed.source in changed:
            metrics = evaluate(avatar, posed, plain, of_part(1 + changed.index(posed.source))).metrics
        entries[posed.source] = _headlines(metrics) | posed.entries().get(posed.source, {})
    evaluation.metrics["poses"] = entries
    texts = "; ".join(f"{posed.source}: {posed.text}" for posed in sources)
    evaluation.metrics["protocol"]["poses"] = f"{sources[0].source}, and compared in a table. {texts}"
    return evaluation


def _headlines(metrics: dict[str, Any]) -> dict[str, Any]:
    """What poses are compared by: the relit pictures, materials and geometry."""
    found: dict[str, Any] = {}
    for group in ("novel_view", "novel_pose", "albedo", "relighting"):
        numbers = metrics.get(group, {})
        numbers = numbers.get("relit", numbers)
        if numbers:
            found[group] = {name: numbers[name] for name in ("psnr", "psnr_foreground")}
    return found | ({"geometry": metrics["geometry"]} if "geometry" in metrics else {})


class _Steps:
    """Counts for a progress callback."""

    def __init__(self, total: int, report: Callable[[int, int], None]) -> None:
        self._done, self._total, self._report = 0, total, report

    def done(self) -> None:
        self._done += 1
        self._report(self._done, self._total)


def flat_metrics(metrics: dict[str, Any]) -> dict[str, float]:
    """metrics.json without its protocol as "novel_view.texture.psnr": number, for a checkpoint's record."""
    flat: dict[str, float] = {}

    def walk(node: dict[str, Any], path: str) -> None:
        for name, value in node.items():
            if isinstance(value, dict):
                walk(value, f"{path}{name}.")
            elif isinstance(value, int | float):
                flat[path + name] = round(float(value), 4)

    walk({name: value for name, value in metrics.items() if name not in NO_RECORD}, "")
    return flat


def _protocol(options: EvaluateOptions) -> dict[str, Any]:
    protocol: dict[str, Any] = PROTOCOL | {"alignment": f"{options.alignment}: {ALIGNMENTS[options.alignment]}"}
    protocol["materials"] = "of the first training pose" if options.freezes_materials else "of each picture's pose"
    protocol["box_padding_m"] = options.box_padding_m
    if options.lpips is None:
        protocol["lpips"] = "not measured: no weights were named (--lpips)"
    else:
        protocol["lpips"] = (
            f"{options.lpips.origin}; sRGB mapped to [-1, 1], bounding rectangle of the box (maps: of the mask)"
        )
    return protocol
