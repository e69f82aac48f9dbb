"""Compare one avatar with one capture, picture by picture: both renderers, materials, light and geometry."""

import statistics
import time

import torch
from torch import Tensor

from phynes_core.avatar.avatar import Avatar
from phynes_core.body.model import pose_body
from phynes_core.conventions import linear_to_srgb, srgb_to_linear
from phynes_core.data.capture import Capture, GroundTruth
from phynes_core.data.native.layout import TRAIN_LIGHT
from phynes_core.errors import CaptureError
from phynes_core.evaluation.head_and_hands import crease_numbers, head_and_hands_mask
from phynes_core.evaluation.image_metrics import ImageMetrics
from phynes_core.evaluation.metrics.errors import (
    aligned,
    baked_shading,
    light_error,
    normal_degrees,
    psnr,
    rmse,
    surface_distances,
)
from phynes_core.evaluation.options import SPLITS, EvaluateOptions, HeldOutView
from phynes_core.evaluation.results import Evaluation, Panel, ResultCollector, gray, normal_picture
from phynes_core.frame.buffers import FrameBuffers
from phynes_core.frame.options import RenderOptions
from phynes_core.frame.renderer import FrameRenderer
from phynes_core.frame.scene import PosedAvatar, Scene
from phynes_core.render.lighting import Lighting
from phynes_core.render.probes import Environment

WHOLE_COVERAGE = 0.99
SPEED_SIZE = 512  # pixels across, as the paper's Table II
_TIMED_FRAMES = 3
_LIGHT_PANEL_SCALE = 12  # pixels per side of one of the 16 x 32 cells in the report's panel
PROBES, LAMPS = "probes_only", "probes_and_lamps"


class LightImages:
    """Environment images by light, read once: bright sources are cached by the identity of the image."""

    def __init__(self, truth: GroundTruth) -> None:
        self._truth = truth
        self._images: dict[str, Tensor] = {}

    def lighting(self, light: str) -> Lighting:
        """The environment as it is. Raises CaptureError where the capture does not know it."""
        if light not in self._images:
            self._images[light] = self._truth.light_image(light)
        return Lighting(Environment(self._images[light]))

    def ways(self, light: str) -> dict[str, Lighting]:
        """512 probes alone, and with bright sources as lamps where the light has any; the report tabulates both."""
        whole = self.lighting(light)
        split = whole.split(RenderOptions().bright_sources)
        return {PROBES: whole} | ({LAMPS: split} if split.sources else {})


class AvatarMeasurement:
    """Renders the avatar with the capture's cameras, and collects the differences."""

    def __init__(self, avatar: Avatar, capture: Capture, options: EvaluateOptions, evaluation: Evaluation) -> None:
        self.avatar, self.capture, self.options = avatar, capture, options
        self.renderer = FrameRenderer()
        self.image_metrics = ImageMetrics(options)
        self.results = ResultCollector(evaluation)
        self._light_images: LightImages | None = None

    def pictures(self, view: HeldOutView) -> None:
        """The texture map on the mesh, and the relit avatar, against the camera's picture."""
        truth = self.capture.image(view.camera, view.frame)
        relit = self.render(view, Lighting(Environment(self.avatar.light)), {"radiance"}).image("radiance")
        body, camera = self._bare_vertices(view), self.capture.cameras[view.camera]
        box, parts = self.image_metrics.box(body, camera), head_and_hands_mask(body, self.avatar.body, camera)
        for kind, image in (
            ("texture", self.texture(view)),
            ("relit", linear_to_srgb(relit.clamp(0.0, 1.0))),
        ):
            numbers = self.image_metrics.picture(image, truth, view.foreground, box, parts)
            self.results.add_picture(view, (view.split, kind), numbers)
            self.results.add_panel(view, f"RGB, {kind}", truth, image, numbers)

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
            whole = view.foreground & (view.coverage > WHOLE_COVERAGE)  # elsewhere background is mixed in
            numbers = {
                "rmse": rmse(ours, theirs, whole),
                "best_constant_rmse": float(theirs[whole].std(correction=0)),
                "bias": float((ours - theirs)[whole].mean()),
            }
            self.results.add_picture(view, ("roughness",), numbers)
            self.results.add_panel(view, "roughness", gray(theirs), gray(ours * shown.mask[..., 0]), numbers)
        if truth.has("normal", *where):
            normal, ours = truth.normal(*where), shown.image("normal")
            known = view.foreground & (normal.norm(dim=-1) > 0.5) & (shown.mask[..., 0] > 0)
            numbers = {"degrees": normal_degrees(ours, normal, known)}
            camera = self.capture.cameras[view.camera]
            parts = known & head_and_hands_mask(self._bare_vertices(view), self.avatar.body, camera)
            if bool(parts.any()):
                numbers["head_and_hands_degrees"] = normal_degrees(ours, normal, parts)
            for name, has_detail in (("vertex_normals", False), ("pixel_normals", True)):
                other = self.render(view, Lighting(), {"normal"}, has_detail).image("normal")
                numbers[f"{name}_degrees"] = normal_degrees(other, normal, known)
            self.results.add_picture(view, ("normal",), numbers)
            self.results.add_panel(view, "normal", normal_picture(normal), normal_picture(ours), numbers)

    def lights(self, view: HeldOutView, truth: GroundTruth) -> None:
        """Relighting and the visibility image under lights that were not used in training."""
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
        """P2S and CD of one frame's mesh, and creases on its head and hands."""
        truth = self.capture.ground_truth
        if truth is None or not truth.has_geometry(frame):
            return
        with torch.no_grad():
            vertices = self.avatar.displaced_vertices(self.capture.poses[frame])
        p2s, cd = surface_distances(
            vertices, self.avatar.body.faces, *truth.outer_mesh(frame), self.options.surface_samples
        )
        prefix = "" if self.capture.frame_split[frame] == "train" else "novel_pose_"
        numbers = {"p2s_cm": p2s, "cd_cm": cd} | crease_numbers(vertices, self.avatar.body, *truth.mesh(frame))
        self.results.add(("geometry",), {f"{prefix}{name}": value for name, value in numbers.items()})
        row = {"split": SPLITS[self.capture.frame_split[frame]], "camera": "", "frame": frame, "kind": "geometry"}
        self.results.evaluation.rows.append(row | numbers)

    def training_light(self, truth: GroundTruth) -> None:
        """The learned light compared with the true one, where that is known."""
        try:
            probes = self._images(truth).lighting(TRAIN_LIGHT).probes()
        except CaptureError:  # not every layout knows it
            return
        theirs = probes.radiance.view_as(self.avatar.light)
        ours, error = light_error(self.avatar.light, theirs)
        self.results.add(("light",), {"irradiance_relative_rmse": error})
        if self.options.pictured == 0:
            return
        white = float(torch.quantile(theirs.amax(-1), 0.98).clamp(min=1e-6))
        true, learned = (_enlarged(linear_to_srgb((side / white).clamp(0.0, 1.0))) for side in (theirs, ours))
        score = f"irradiance off by {100 * error:.1f} % (relative RMSE)"
        self.results.evaluation.panels.append(Panel("training light", "true and learned light", true, learned, score))

    def speed(self, view: HeldOutView) -> None:
        """Frames a second without caching, as when avatar, camera and light all change."""
        scene = self._scene(view, Lighting(Environment(self.avatar.light)))
        height = SPEED_SIZE * scene.camera.height // scene.camera.width
        scene = Scene(scene.avatars, scene.camera.resized(SPEED_SIZE, height), scene.lighting)
        renderer, seconds = FrameRenderer(), []
        for _ in range(1 + _TIMED_FRAMES):
            start = time.perf_counter()
            renderer.render(scene, RenderOptions(use_cache=False))
            seconds.append(time.perf_counter() - start)
        self.results.add(("speed",), {"frames_per_second": 1.0 / statistics.median(seconds[1:]), "size": SPEED_SIZE})

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
        self.results.add((group, PROBES), without)
        self.results.add((group, "by_light", light), numbers)
        self.results.add((group, "by_light", light, PROBES), without)

    def _linear(
        self,
        view: HeldOutView,
        group: str,
        ours: Tensor,
        theirs: Tensor,
        light: str = "",
        extra: dict[str, float] | None = None,
    ) -> dict[str, float]:
        numbers = self.image_metrics.linear(ours, theirs, view.foreground, view.coverage) | (extra or {})
        self.results.add_picture(view, (group,), numbers, light=light)
        encoded, truth = (linear_to_srgb(side.clamp(0.0, 1.0)) for side in (ours, theirs))
        self.results.add_panel(view, group + (f" under {light}" if light else ""), truth, encoded, numbers)
        return numbers

    def _bare_vertices(self, view: HeldOutView) -> Tensor:  # [V, 3] world
        return pose_body(self.avatar.body, self.capture.poses[view.frame]).vertices

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
