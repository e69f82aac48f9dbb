"""One avatar against one capture, picture by picture: both renderers, materials, light and geometry."""

import statistics
import time

import torch
from torch import Tensor

from phynes_core.avatar.avatar import Avatar
from phynes_core.body.model import pose_body
from phynes_core.conventions import linear_to_srgb, srgb_to_linear
from phynes_core.data.capture import Capture
from phynes_core.data.ground_truth import GroundTruth
from phynes_core.data.layout import TRAIN_LIGHT
from phynes_core.errors import CaptureError
from phynes_core.evaluation.alignment import aligned
from phynes_core.evaluation.held_out import SPLITS, HeldOutView
from phynes_core.evaluation.image_numbers import ImageNumbers
from phynes_core.evaluation.ledger import Evaluation, Ledger, Panel, gray, normal_picture
from phynes_core.evaluation.lightings import LAMPS, PROBES, LightImages
from phynes_core.evaluation.metrics import baked_shading, light_error, normal_degrees, psnr, rmse
from phynes_core.evaluation.options import EvaluateOptions
from phynes_core.evaluation.surface_distances import surface_distances
from phynes_core.frame.options import RenderOptions
from phynes_core.frame.renderer import FrameRenderer
from phynes_core.frame.scene import PosedAvatar, Scene
from phynes_core.render.frame_buffers import FrameBuffers
from phynes_core.render.lighting import Lighting
from phynes_core.render.probes import Environment

WHOLE_COVERAGE = 0.99
SPEED_SIZE = 512  # pixels across, as the paper's Table III
_TIMED_FRAMES = 3
_LIGHT_PANEL_SCALE = 12  # screen pixels a side of one of the 16 x 32 cells


class Measured:
    """Renders the avatar as the capture's cameras saw it, and writes the differences into a ledger."""

    def __init__(self, avatar: Avatar, capture: Capture, options: EvaluateOptions, evaluation: Evaluation) -> None:
        self.avatar, self.capture, self.options = avatar, capture, options
        self.renderer = FrameRenderer()
        self.numbers = ImageNumbers(options)
        self.ledger = Ledger(evaluation)
        self._light_images: LightImages | None = None

    def pictures(self, view: HeldOutView) -> None:
        """The texture map on the mesh, and the relit avatar, against the camera's picture."""
        truth = self.capture.image(view.camera, view.frame)
        relit = self.render(view, Lighting(Environment(self.avatar.light)), {"radiance"}).image("radiance")
        body = pose_body(self.avatar.body, self.capture.poses[view.frame]).vertices
        box = self.numbers.box(body, self.capture.cameras[view.camera])
        for kind, image in (
            ("texture", self.texture(view)),
            ("relit", linear_to_srgb(relit.clamp(0.0, 1.0))),
        ):
            numbers = self.numbers.picture(image, truth, view.foreground, box)
            self.ledger.note(view, (view.split, kind), numbers)
            self.ledger.show(view, f"RGB, {kind}", truth, image, numbers)

    def materials(self, view: HeldOutView, truth: GroundTruth) -> None:
        """Albedo, roughness and normals."""
        shown = self.render(view, Lighting(), {"albedo", "roughness", "normal"})
        where = (view.camera, view.frame)
        if truth.has("albedo", *where):
            albedo = truth.albedo(*where)
            ours = aligned(shown.image("albedo") * shown.mask, albedo, self.options.alignment)
            extra = {}
            if truth.has("shading", *where, TRAIN_LIGHT):
                light = truth.shading(TRAIN_LIGHT, *where)
                extra["baked_shading"] = baked_shading(ours, albedo, light, view.foreground)
            self._linear(view, "albedo", ours, albedo, extra=extra)
        if truth.has("roughness", *where):
            theirs, ours = truth.roughness(*where)[..., 0], shown.image("roughness")[..., 0]
            whole = view.foreground & (view.coverage > WHOLE_COVERAGE)  # elsewhere the truth is part background
            numbers = {
                "rmse": rmse(ours, theirs, whole),
                "best_constant_rmse": float(theirs[whole].std(correction=0)),
            }
            self.ledger.note(view, ("roughness",), numbers)
            self.ledger.show(view, "roughness", gray(theirs), gray(ours * shown.mask[..., 0]), numbers)
        if truth.has("normal", *where):
            normal, ours = truth.normal(*where), shown.image("normal")
            known = view.foreground & (normal.norm(dim=-1) > 0.5) & (shown.mask[..., 0] > 0)
            numbers = {"degrees": normal_degrees(ours, normal, known)}
            for name, has_detail in (("vertex_normals", False), ("pixel_normals", True)):
                other = self.render(view, Lighting(), {"normal"}, has_detail).image("normal")
                numbers[f"{name}_degrees"] = normal_degrees(other, normal, known)
            self.ledger.note(view, ("normal",), numbers)
            self.ledger.show(view, "normal", normal_picture(normal), normal_picture(ours), numbers)

    def lights(self, view: HeldOutView, truth: GroundTruth) -> None:
        """Relighting and the visibility image under lights that training never saw."""
        where = (view.camera, view.frame)
        for light in truth.lights:
            has_relit, has_shading = truth.has("relit", *where, light), truth.has("shading", *where, light)
            if not has_relit and not has_shading:
                continue
            ways = self._images(truth).ways(light)
            plain = self.render(view, ways[PROBES], {"radiance", "shading"}, bright_sources=0)
            shown = self.render(view, ways[PROBES], {"radiance", "shading"}) if LAMPS in ways else plain
            if has_relit:
                pictures = (frame.image("radiance") for frame in (shown, plain))
                self._lit(view, "relighting", light, truth.relit(light, *where), *pictures)
            if has_shading:
                pictures = (frame.image("shading") * frame.mask for frame in (shown, plain))
                self._lit(view, "visibility", light, truth.shading(light, *where), *pictures)

    def geometry(self, frame: int) -> None:
        """P2S and CD of one frame's mesh."""
        truth = self.capture.ground_truth
        if truth is None or not truth.has_geometry(frame):
            return
        with torch.no_grad():
            vertices = self.avatar.displaced_vertices(self.capture.poses[frame])
        p2s, cd = surface_distances(vertices, self.avatar.body.faces, *truth.mesh(frame), self.options.surface_samples)
        prefix = "" if self.capture.frame_split[frame] == "train" else "novel_pose_"
        self.ledger.add(("geometry",), {f"{prefix}p2s_cm": p2s, f"{prefix}cd_cm": cd})
        row = {"split": SPLITS[self.capture.frame_split[frame]], "camera": "", "frame": frame, "kind": "geometry"}
        self.ledger.evaluation.rows.append(row | {"p2s_cm": p2s, "cd_cm": cd})

    def training_light(self, truth: GroundTruth) -> None:
        """The learned light beside the true one, where that is known."""
        try:
            probes = self._images(truth).lighting(TRAIN_LIGHT).probes()
        except CaptureError:  # not every layout knows it
            return
        theirs = probes.radiance.view_as(self.avatar.light)
        ours, error = light_error(self.avatar.light, theirs)
        self.ledger.add(("light",), {"irradiance_relative_rmse": error})
        if self.options.pictured == 0:
            return
        white = float(torch.quantile(theirs.amax(-1), 0.98).clamp(min=1e-6))
        true, learned = (_enlarged(linear_to_srgb((side / white).clamp(0.0, 1.0))) for side in (theirs, ours))
        score = f"irradiance off by {100 * error:.1f} % (relative RMSE)"
        self.ledger.evaluation.panels.append(Panel("training light", "true and learned light", true, learned, score))

    def speed(self, view: HeldOutView) -> None:
        """Frames a second with every stage renewed, as when avatar, camera and light all move."""
        scene = self._scene(view, Lighting(Environment(self.avatar.light)))
        height = SPEED_SIZE * scene.camera.height // scene.camera.width
        scene = Scene(scene.avatars, scene.camera.resized(SPEED_SIZE, height), scene.lighting)
        renderer, seconds = FrameRenderer(), []
        for _ in range(1 + _TIMED_FRAMES):
            start = time.perf_counter()
            renderer.render(scene, RenderOptions(use_cache=False))
            seconds.append(time.perf_counter() - start)
        self.ledger.add(("speed",), {"frames_per_second": 1.0 / statistics.median(seconds[1:]), "size": SPEED_SIZE})

    def render(
        self,
        view: HeldOutView,
        lighting: Lighting,
        buffers: set[str],
        has_pixel_normals: bool | None = None,
        bright_sources: int = RenderOptions.bright_sources,
    ) -> FrameBuffers:
        """This view of the avatar."""
        options = RenderOptions(
            frozenset(buffers), supersample=self.options.supersample, antialias=True,
            has_pixel_normals=has_pixel_normals, bright_sources=bright_sources,
            freezes_materials=self.options.freezes_materials,
        )  # fmt: skip
        return self.renderer.render(self._scene(view, lighting), options)

    @torch.no_grad()
    def texture(self, view: HeldOutView) -> Tensor:  # [H, W, 3] sRGB
        """The texture map on the mesh, averaged over each pixel in linear light."""
        factor = self.options.supersample
        scene = self._scene(view, Lighting())
        camera = scene.camera.resized(scene.camera.width * factor, scene.camera.height * factor)
        options = RenderOptions(frozenset({"uv"}), antialias=True)
        shown = self.renderer.render(Scene(scene.avatars, camera, scene.lighting), options)
        covered = shown.mask[..., 0] > 0
        image = torch.zeros(*covered.shape, 3)
        pose = scene.avatars[0].pose.vector()
        color = srgb_to_linear(self.avatar.query_texture(shown.image("uv")[covered], pose))
        image[covered] = color * shown.mask[covered]
        pooled = image.view(camera.height // factor, factor, camera.width // factor, factor, 3).mean((1, 3))
        return linear_to_srgb(pooled)

    def _lit(self, view: HeldOutView, group: str, light: str, theirs: Tensor, shown: Tensor, plain: Tensor) -> None:
        """Under one light: as the viewer shows it, and with the probes alone."""
        numbers = self._linear(view, group, aligned(shown, theirs, self.options.alignment), theirs, light)
        alone = aligned(plain, theirs, self.options.alignment)
        numbers = {name: numbers[name] for name in ("psnr", "psnr_foreground")}
        without = {"psnr": psnr(alone, theirs), "psnr_foreground": psnr(alone, theirs, view.foreground)}
        self.ledger.add((group, PROBES), without)
        self.ledger.add((group, "by_light", light), numbers)
        self.ledger.add((group, "by_light", light, PROBES), without)

    def _linear(
        self,
        view: HeldOutView,
        group: str,
        ours: Tensor,
        theirs: Tensor,
        light: str = "",
        extra: dict[str, float] | None = None,
    ) -> dict[str, float]:
        numbers = self.numbers.linear(ours, theirs, view.foreground, view.coverage) | (extra or {})
        self.ledger.note(view, (group,), numbers, light=light)
        encoded, truth = (linear_to_srgb(side.clamp(0.0, 1.0)) for side in (ours, theirs))
        self.ledger.show(view, group + (f" under {light}" if light else ""), truth, encoded, numbers)
        return numbers

    def _images(self, truth: GroundTruth) -> LightImages:
        if self._light_images is None:
            self._light_images = LightImages(truth)
        return self._light_images

    def _scene(self, view: HeldOutView, lighting: Lighting) -> Scene:
        pose = self.capture.poses[view.frame]
        return Scene((PosedAvatar(self.avatar, pose),), self.capture.cameras[view.camera], lighting)


def _enlarged(image: Tensor) -> Tensor:  # [h, w, 3] -> larger, cells as squares
    scale = _LIGHT_PANEL_SCALE
    return image.repeat_interleave(scale, 0).repeat_interleave(scale, 1)
