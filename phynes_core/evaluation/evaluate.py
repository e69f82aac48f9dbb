"""Measure an avatar: held-out views with both renderers, materials, light and geometry where there is ground truth."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from phynes_core.avatar import Avatar
from phynes_core.conventions import linear_to_srgb, srgb_to_linear
from phynes_core.data.capture import Capture
from phynes_core.data.ground_truth import GroundTruth
from phynes_core.data.layout import TRAIN_LIGHT
from phynes_core.errors import CaptureError
from phynes_core.evaluation.held_out import SPLITS, HeldOutView, held_out_views
from phynes_core.evaluation.metrics import (
    baked_shading,
    mean_of,
    median_aligned,
    normal_degrees,
    psnr,
    rmse,
    ssim,
    surface_distances,
)
from phynes_core.frame import FrameBuffers, FrameRenderer, PosedAvatar, RenderOptions, Scene
from phynes_core.render.lighting import Lighting
from phynes_core.render.probes import Environment

WHOLE_COVERAGE = 0.99
PROTOCOL = {
    "rgb": "sRGB in [0, 1] against the 8-bit pictures, zero background, mean over images",
    "albedo, visibility, relighting": "linear, no clipping; *_srgb: the same images encoded and clipped to sRGB",
    "alignment": "albedo, visibility, relighting: per image and channel, times median(truth) / median(ours) over the "
    "pixels where neither is black",
    "baked_shading": "slope of log(our albedo / true albedo) over log(shading under the training light): 0 when no "
    "shadow is baked in",
    "visibility": "0.8 / pi x irradiance of a white body under lights not used in training, direct light only",
    "psnr": "whole image",
    "psnr_foreground": "pixels of coverage >= 0.5 whose eight neighbors have it, too",
    "ssim": "whole image, Gaussian window of 11 pixels",
    "roughness": "RMSE over the foreground; best_constant_rmse is what one number for the whole person would get",
    "normal": "mean angle over the foreground, degrees",
    "geometry": "10000 points a surface; p2s: ours to truth; cd: mean of both directions; cm; training frames "
    "(novel_pose_*: frames of novel motion)",
}


@dataclass(frozen=True)
class EvaluateOptions:
    """How much to measure."""

    supersample: int = 2  # samples a side of a pixel: the pictures are antialiased
    max_images: int | None = None  # of each split, spread over cameras and frames; None: all
    surface_samples: int = 10_000
    pictured: int = 2  # images of each split that the report shows


@dataclass(frozen=True)
class Panel:
    """A row of the report: truth, ours and their difference, sRGB in [0, 1]."""

    title: str
    truth: Tensor  # [H, W, 3]
    ours: Tensor  # [H, W, 3]
    score: str


@dataclass
class Evaluation:
    """What was measured."""

    name: str
    metrics: dict[str, Any] = field(default_factory=dict)
    rows: list[dict[str, Any]] = field(default_factory=list)  # one a picture: split, camera, frame, kind, numbers
    panels: list[Panel] = field(default_factory=list)


def evaluate(
    avatar: Avatar,
    capture: Capture,
    options: EvaluateOptions,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Evaluation:
    """Compare with every picture of the test cameras (or `max_images` of each split)."""
    views = list(held_out_views(capture, options.max_images, options.pictured))
    if not views:
        raise CaptureError(f"{capture.root}: expected pictures of test cameras, got none; give some split 'test'")
    measured = _Measured(avatar, capture, options)
    geometry_frames = sorted({view.frame for view in views})
    total = len(views) + len(geometry_frames)
    for done, view in enumerate(views):
        measured.pictures(view)
        if capture.ground_truth is not None:
            measured.materials(view, capture.ground_truth)
            measured.lights(view, capture.ground_truth)
        progress(done + 1, total)
    for done, frame in enumerate(geometry_frames):
        measured.geometry(frame)
        progress(len(views) + done + 1, total)
    return measured.result()


def flat_metrics(metrics: dict[str, Any]) -> dict[str, float]:
    """metrics.json without its protocol as "novel_view.texture.psnr": number, for a checkpoint's record."""
    flat: dict[str, float] = {}

    def walk(node: dict[str, Any], path: str) -> None:
        for name, value in node.items():
            if isinstance(value, dict):
                walk(value, f"{path}{name}.")
            elif isinstance(value, int | float):
                flat[path + name] = round(float(value), 4)

    walk({name: value for name, value in metrics.items() if name != "protocol"}, "")
    return flat


class _Measured:
    """Gathers numbers by name while the views go by."""

    def __init__(self, avatar: Avatar, capture: Capture, options: EvaluateOptions) -> None:
        self.avatar, self.capture, self.options = avatar, capture, options
        self.renderer = FrameRenderer()
        self.numbers: dict[str, list[float]] = defaultdict(list)
        self.evaluation = Evaluation(avatar.name)

    def pictures(self, view: HeldOutView) -> None:
        """The texture map on the mesh, and the relit avatar, against the camera's picture."""
        truth = self.capture.image(view.camera, view.frame)
        relit = self._render(view, Lighting(Environment(self.avatar.light)), {"radiance"}).image("radiance")
        for kind, image in (
            ("texture", self._texture(view)),
            ("relit", linear_to_srgb(relit.clamp(0.0, 1.0))),
        ):
            numbers = {
                "psnr": psnr(image, truth), "psnr_foreground": psnr(image, truth, view.foreground),
                "ssim": ssim(image, truth),
            }  # fmt: skip
            self._note(view, f"{view.split}.{kind}", numbers)
            self._show(view, kind, truth, image, numbers)

    def materials(self, view: HeldOutView, truth: GroundTruth) -> None:
        """Albedo, roughness and normals."""
        shown = self._render(view, Lighting(), {"albedo", "roughness", "normal"})
        where = (view.camera, view.frame)
        if truth.has("albedo", *where):
            albedo = truth.albedo(*where)
            ours = median_aligned(shown.image("albedo") * shown.mask, albedo)
            extra = {}
            if truth.has("shading", *where, TRAIN_LIGHT):
                light = truth.shading(TRAIN_LIGHT, *where)
                extra["baked_shading"] = baked_shading(ours, albedo, light, view.foreground)
            self._compare_linear(view, "albedo", ours, albedo, extra=extra)
        if truth.has("roughness", *where):
            theirs, ours = truth.roughness(*where)[..., 0], shown.image("roughness")[..., 0]
            whole = view.foreground & (view.coverage > WHOLE_COVERAGE)  # elsewhere the truth is part background
            numbers = {
                "rmse": rmse(ours, theirs, whole),
                "best_constant_rmse": float(theirs[whole].std(correction=0)),
            }
            self._note(view, "roughness", numbers)
            self._show(view, "roughness", _gray(theirs), _gray(ours * shown.mask[..., 0]), numbers)
        if truth.has("normal", *where):
            normal = truth.normal(*where)
            known = view.foreground & (normal.norm(dim=-1) > 0.5) & (shown.mask[..., 0] > 0)
            numbers = {"degrees": normal_degrees(shown.image("normal"), normal, known)}
            self._note(view, "normal", numbers)
            self._show(view, "normal", _normal_picture(normal), _normal_picture(shown.image("normal")), numbers)

    def lights(self, view: HeldOutView, truth: GroundTruth) -> None:
        """Relighting and the visibility image under lights that training never saw."""
        where = (view.camera, view.frame)
        for light in truth.lights:
            has_relit, has_shading = truth.has("relit", *where, light), truth.has("shading", *where, light)
            if not has_relit and not has_shading:
                continue
            shown = self._render(view, Lighting(Environment(truth.light_image(light))), {"radiance", "shading"})
            if has_relit:
                relit = truth.relit(light, *where)
                self._compare_linear(view, "relighting", median_aligned(shown.image("radiance"), relit), relit, light)
            if has_shading:
                shading = truth.shading(light, *where)
                ours = median_aligned(shown.image("shading") * shown.mask, shading)
                self._compare_linear(view, "visibility", ours, shading, light)

    def geometry(self, frame: int) -> None:
        """P2S and CD of one frame's mesh."""
        truth = self.capture.ground_truth
        if truth is None or not truth.has_geometry(frame):
            return
        with torch.no_grad():
            vertices = self.avatar.displaced_vertices(self.capture.poses[frame])
        p2s, cd = surface_distances(
            vertices, self.avatar.body.faces, *truth.mesh(frame), self.options.surface_samples
        )
        prefix = "" if self.capture.frame_split[frame] == "train" else "novel_pose_"
        self.numbers[f"geometry.{prefix}p2s_cm"].append(p2s)
        self.numbers[f"geometry.{prefix}cd_cm"].append(cd)
        row = {"split": SPLITS[self.capture.frame_split[frame]], "camera": "", "frame": frame, "kind": "geometry"}
        self.evaluation.rows.append(row | {"p2s_cm": p2s, "cd_cm": cd})

    def result(self) -> Evaluation:
        """Means, nested by name."""
        metrics: dict[str, Any] = {}
        for path, values in self.numbers.items():
            node = metrics
            *groups, name = path.split(".")
            for group in groups:
                node = node.setdefault(group, {})
            node[name] = mean_of(values)
        counts = {name: sum(row["split"] == name and row["kind"] == "relit" for row in self.evaluation.rows)
                  for name in SPLITS.values()}  # fmt: skip
        metrics["protocol"] = PROTOCOL | {"images": counts, "supersample": self.options.supersample}
        self.evaluation.metrics = metrics
        return self.evaluation

    def _compare_linear(
        self,
        view: HeldOutView,
        kind: str,
        ours: Tensor,
        theirs: Tensor,
        light: str = "",
        extra: dict[str, float] | None = None,
    ) -> None:
        encoded, truth = linear_to_srgb(ours.clamp(0.0, 1.0)), linear_to_srgb(theirs.clamp(0.0, 1.0))
        numbers = {
            "psnr": psnr(ours, theirs), "psnr_foreground": psnr(ours, theirs, view.foreground),
            "psnr_srgb": psnr(encoded, truth), "psnr_foreground_srgb": psnr(encoded, truth, view.foreground),
        } | (extra or {})  # fmt: skip
        self._note(view, kind, numbers, light)
        self._show(view, f"{kind} {light}".strip(), truth, encoded, numbers)

    def _note(self, view: HeldOutView, path: str, numbers: dict[str, float], light: str = "") -> None:
        for name, value in numbers.items():
            self.numbers[f"{path}.{name}"].append(value)
        kind = path.rsplit(".", 1)[-1] + (f" {light}" if light else "")
        row = {"split": view.split, "camera": view.camera, "frame": view.frame, "kind": kind}
        self.evaluation.rows.append(row | numbers)

    def _show(self, view: HeldOutView, kind: str, truth: Tensor, ours: Tensor, numbers: dict[str, float]) -> None:
        if view.is_pictured:
            score = ", ".join(f"{name} {value:.3g}" for name, value in numbers.items())
            self.evaluation.panels.append(Panel(f"{view.title}: {kind}", truth, ours, score))

    def _scene(self, view: HeldOutView, lighting: Lighting) -> Scene:
        pose = self.capture.poses[view.frame]
        return Scene((PosedAvatar(self.avatar, pose),), self.capture.cameras[view.camera], lighting)

    def _render(self, view: HeldOutView, lighting: Lighting, buffers: set[str]) -> FrameBuffers:
        options = RenderOptions(frozenset(buffers), supersample=self.options.supersample)
        return self.renderer.render(self._scene(view, lighting), options)

    @torch.no_grad()
    def _texture(self, view: HeldOutView) -> Tensor:  # [H, W, 3] sRGB
        """The texture map on the mesh, averaged over each pixel in linear light."""
        factor = self.options.supersample
        scene = self._scene(view, Lighting())
        camera = scene.camera.resized(scene.camera.width * factor, scene.camera.height * factor)
        shown = self.renderer.render(Scene(scene.avatars, camera, scene.lighting), RenderOptions(frozenset({"uv"})))
        covered = shown.mask[..., 0] > 0
        image = torch.zeros(*covered.shape, 3)
        pose = scene.avatars[0].pose.vector()
        image[covered] = srgb_to_linear(self.avatar.query_texture(shown.image("uv")[covered], pose))
        pooled = image.view(camera.height // factor, factor, camera.width // factor, factor, 3).mean((1, 3))
        return linear_to_srgb(pooled)


def _gray(values: Tensor) -> Tensor:  # [H, W] -> [H, W, 3]
    return values.clamp(0.0, 1.0)[..., None].expand(-1, -1, 3)


def _normal_picture(normal: Tensor) -> Tensor:  # [H, W, 3] unit or 0 -> [0, 1]
    return torch.where(normal.norm(dim=-1, keepdim=True) > 0.5, 0.5 + 0.5 * normal, torch.zeros(()))
