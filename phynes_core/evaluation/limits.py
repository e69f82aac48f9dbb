"""Errors that remain with ground truth in place of learned values: the limits of the renderer on this data.

The true mesh has its own, finer topology and no atlas, so it cannot be an avatar: its pixels are shaded here, by the
same functions that shade an avatar's, with true materials taken from the ground-truth pictures.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from phynes_core.avatar.avatar import Avatar
from phynes_core.conventions import linear_to_srgb
from phynes_core.data.capture import Capture, GroundTruth
from phynes_core.data.native.layout import TRAIN_LIGHT
from phynes_core.errors import CaptureError
from phynes_core.evaluation.measurement import LightImages
from phynes_core.evaluation.metrics.errors import aligned, psnr
from phynes_core.evaluation.options import EvaluateOptions, HeldOutView
from phynes_core.evaluation.results import Evaluation, ResultCollector
from phynes_core.frame.buffers import SHADING_ALBEDO
from phynes_core.frame.options import RenderOptions
from phynes_core.frame.renderer import FrameRenderer
from phynes_core.frame.scene import PosedAvatar, Scene
from phynes_core.geometry.mesh import vertex_normals
from phynes_core.render.camera import Camera
from phynes_core.render.coverage import antialiased_fragments
from phynes_core.render.gbuffer import GBuffer, build_gbuffer
from phynes_core.render.lamps import lamp_directions
from phynes_core.render.lighting import Lighting
from phynes_core.render.probes import probe_directions
from phynes_core.render.rasterize import rasterize
from phynes_core.render.shade import PackedVisibility, Shading, Surface, shade
from phynes_core.render.visibility import Occluder

NOTE = (
    "The same pictures with ground truth put in. True mesh: our renderer on the true surface with its normals; true "
    "materials: true albedo and roughness; our mesh: our surface and normals; RGB under the true training light. What "
    "the first leaves is the renderer's: probes and lamps for the sky, no light from one part of the body to another, "
    "one shadow bit a vertex and probe. Learned materials lie where our mesh needs them, true ones where the truth is: "
    "where the two meshes differ by a pixel, ours may score above our mesh with true materials."
)
_LEAST_SHARE = 0.2  # coverage of a pixel, below which its true materials are mostly background
_UNKNOWN = 0.5  # albedo and roughness of a capture without true ones


@dataclass(frozen=True)
class _PosedMesh:
    """A surface that blocks light, with the visibility of the probes on its vertices."""

    vertices: Tensor  # [V, 3]
    faces: Tensor  # [F, 3]
    normals: Tensor  # [V, 3]
    occluder: Occluder
    bits: Tensor  # [V, 16] int32

    @staticmethod
    def of(vertices: Tensor, faces: Tensor) -> "_PosedMesh":
        normals, occluder = vertex_normals(vertices, faces), Occluder(vertices, faces)
        bits = occluder.vertex_bits(normals, probe_directions())
        return _PosedMesh(vertices, faces, normals, occluder, bits)

    def seen(self, camera: Camera) -> "_Pixels":
        """The pixels that show it, antialiased as the avatar's pictures are; without an atlas, uv is 0."""
        no_uv = torch.zeros(len(self.faces), 3, 2)
        centers = rasterize(self.vertices, self.faces, camera)
        fragments, coverage = antialiased_fragments(centers, self.vertices, self.faces, camera)
        surface = build_gbuffer(fragments, self.vertices, self.faces, self.normals, no_uv, camera)
        return _Pixels(surface, coverage.reshape(-1)[surface.pixel])


@dataclass(frozen=True)
class _Pixels:
    surface: GBuffer
    share: Tensor  # [P] of each pixel that is covered


class Limits:
    """Measures with ground truth in place of learned values."""

    def __init__(
        self,
        avatar: Avatar,
        capture: Capture,
        truth: GroundTruth,
        options: EvaluateOptions,
    ) -> None:
        self.avatar, self.capture, self.truth, self.options = avatar, capture, truth, options
        self._renderer, self._images = FrameRenderer(), LightImages(truth)
        self._results = ResultCollector(Evaluation("limits"))
        self._frame: tuple[int, _PosedMesh, _PosedMesh] | None = None

    def measure(self, views: Sequence[HeldOutView], progress: Callable[[], None] = lambda: None) -> dict[str, Any]:
        """Numbers by group and by the ground truth used; empty when no true surface is known."""
        for view in sorted(views, key=lambda view: view.frame):  # a frame's meshes are built once
            if self.truth.has_geometry(view.frame):
                self._measure(view)
            progress()
        return self._results.means()

    @torch.no_grad()
    def _measure(self, view: HeldOutView) -> None:
        theirs, ours = self._meshes(view.frame)
        camera = self.capture.cameras[view.camera]
        factor = self.options.supersample
        camera = camera.resized(camera.width * factor, camera.height * factor)
        where = (view.camera, view.frame)
        true_pixels, our_pixels = theirs.seen(camera), ours.seen(camera)
        normal = self._our_normals(view, camera, our_pixels.surface)
        our_pixels = replace(our_pixels, surface=replace(our_pixels.surface, normal=normal))
        cases = (("true_mesh", theirs, true_pixels), ("our_mesh", ours, our_pixels))
        for light in (TRAIN_LIGHT, *self.truth.lights):
            try:
                ways = self._images.ways(light)
            except CaptureError:  # not every layout knows the training light
                continue
            for way, lighting in ways.items():
                for name, mesh, pixels in cases:
                    shading = self._shade(view, mesh, pixels.surface, lighting)
                    if light == TRAIN_LIGHT:
                        self._picture(view, f"{name}_true_materials_{way}", pixels, shading)
                    else:
                        self._compare(view, light, f"{name}", way, pixels, shading, where)

    def _compare(
        self,
        view: HeldOutView,
        light: str,
        name: str,
        way: str,
        pixels: _Pixels,
        shading: Shading,
        where: tuple[str, int],
    ) -> None:
        if self.truth.has("shading", *where, light):
            white = self._pooled(pixels, SHADING_ALBEDO / torch.pi * shading.irradiance)
            self._add(view, "visibility", f"{name}_{way}", white, self.truth.shading(light, *where))
        if self.truth.has("relit", *where, light) and self.truth.has("albedo", *where):
            relit = self._pooled(pixels, shading.radiance)
            self._add(view, "relighting", f"{name}_true_materials_{way}", relit, self.truth.relit(light, *where))

    def _add(self, view: HeldOutView, group: str, name: str, image: Tensor, theirs: Tensor) -> None:
        image = aligned(image, theirs, self.options.alignment)
        numbers = {"psnr": psnr(image, theirs), "psnr_foreground": psnr(image, theirs, view.foreground)}
        self._results.add((group, name), numbers)

    def _picture(self, view: HeldOutView, name: str, pixels: _Pixels, shading: Shading) -> None:
        """The camera's own picture, under the true training light: no alignment."""
        if not self.truth.has("albedo", view.camera, view.frame):
            return
        image = linear_to_srgb(self._pooled(pixels, shading.radiance).clamp(0.0, 1.0))
        photograph = self.capture.image(view.camera, view.frame)
        numbers = {"psnr": psnr(image, photograph), "psnr_foreground": psnr(image, photograph, view.foreground)}
        self._results.add((view.split, name), numbers)

    def _shade(self, view: HeldOutView, mesh: _PosedMesh, pixels: GBuffer, lighting: Lighting) -> Shading:
        albedo, roughness = self._true_materials(view, pixels)
        surface = Surface(pixels.normal, pixels.wo, albedo, roughness, self.avatar.record.f0)
        probes = lighting.probes()
        visibility = PackedVisibility(mesh.bits, mesh.faces[pixels.face_index], pixels.barycentric)
        total = shade(surface, probes.directions, probes.power, visibility)
        if lighting.sources:
            samples = RenderOptions().lamp_samples
            directions = torch.cat([lamp_directions(lamp, samples) for lamp in lighting.sources])
            power = torch.cat([(lamp.irradiance / samples).expand(samples, 3) for lamp in lighting.sources])
            bits = mesh.occluder.point_bits(pixels.position, pixels.normal, directions)
            total = total + shade(surface, directions, power, PackedVisibility.per_pixel(bits))
        return total

    def _true_materials(self, view: HeldOutView, pixels: GBuffer) -> tuple[Tensor, Tensor]:  # [P, 3], [P]
        """True materials from the ground-truth pictures, whose pixels are means over their covered part."""
        where = (view.camera, view.frame)
        factor = self.options.supersample
        row, column = pixels.pixel // pixels.width // factor, pixels.pixel % pixels.width // factor
        share = view.coverage[row, column, None]
        known = share[:, 0] > _LEAST_SHARE

        def read(picture: Tensor) -> Tensor:  # [H, W, C] -> [P, C]; the mean outside the true outline
            values = (picture[row, column] / share.clamp(min=_LEAST_SHARE)).clamp(0.0, 1.0)
            values[~known] = values[known].mean(0)
            return values

        albedo, roughness = torch.full((len(row), 3), _UNKNOWN), torch.full((len(row),), _UNKNOWN)
        if self.truth.has("albedo", *where):
            albedo = read(self.truth.albedo(*where))
        if self.truth.has("roughness", *where):
            roughness = read(self.truth.roughness(*where))[:, 0]
        return albedo, roughness

    def _meshes(self, frame: int) -> tuple[_PosedMesh, _PosedMesh]:
        if self._frame is None or self._frame[0] != frame:
            vertices = self.avatar.displaced_vertices(self.capture.poses[frame])
            ours = _PosedMesh.of(vertices, self.avatar.body.faces)
            self._frame = frame, _PosedMesh.of(*self.truth.mesh(frame)), ours
        return self._frame[1], self._frame[2]

    def _our_normals(self, view: HeldOutView, camera: Camera, pixels: GBuffer) -> Tensor:  # [P, 3]
        scene = Scene((PosedAvatar(self.avatar, self.capture.poses[view.frame]),), camera, Lighting())
        shown = self._renderer.render(scene, RenderOptions(frozenset({"normal"}), antialias=True))
        return shown.image("normal").reshape(-1, 3)[pixels.pixel]

    def _pooled(self, pixels: _Pixels, values: Tensor) -> Tensor:  # [P, 3] -> [H, W, 3]
        factor = self.options.supersample
        image = pixels.surface.scatter(values * pixels.share[:, None])
        return image.view(image.shape[0] // factor, factor, image.shape[1] // factor, factor, 3).mean((1, 3))
