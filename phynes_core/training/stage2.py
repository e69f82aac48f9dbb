"""Stage 2: albedo, roughness and the light of 512 probes, through the rasterized renderer; the geometry is frozen."""

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from phynes_core.body.atlas import chart_image
from phynes_core.conventions import PROBE_COLUMNS, PROBE_ROWS, linear_to_srgb, srgb_to_linear
from phynes_core.frame.scene import Scene
from phynes_core.kernels.cpu.shade_training import light_sums, shading_matrices, shading_tilt
from phynes_core.maps.neural_map import PoseBatch
from phynes_core.render.brdf import bend_toward_eye, widened_roughness
from phynes_core.render.probes import probes_from_image
from phynes_core.training.camera_colors import CameraColors
from phynes_core.training.losses import entropy_loss, neighbor_uv, picture_loss, scale_to_mean, smoothness_loss
from phynes_core.training.optimizer import ScheduledAdam, map_rates
from phynes_core.training.pixel_normals import PixelNormals, gather_pixels, half_variance
from phynes_core.training.processes import partial_draws
from phynes_core.training.run.pictures import material_panels
from phynes_core.training.sampling import pixel_shifts, step_generator
from phynes_core.training.stage import NOTHING, StageSetup
from phynes_core.training.surface_pixels import SurfacePixels, camera_names

CHART_RESOLUTION = 1024  # texels across the chart image; the finest level of the hash grids
DISTIL_BATCH = 4096  # texels a step when the albedo starts from the texture map
DISTIL_RATES = (2e-3, 1e-2)  # of the layers and the grid while it does
CALM_RATE, CALM_ANCHOR = 3e-3, 1.0  # of the offset map's grid; of the moved vertices beside the tilt


class Stage2:
    """Trains avatar.albedo, avatar.roughness and avatar.light in place, one `step` at a time."""

    number: ClassVar[int] = 2
    name: ClassVar[str] = "stage2"
    title: ClassVar[str] = "materials, light"
    row_name: ClassVar[str] = "pixels"
    log_every: ClassVar[int] = 20
    preparation: ClassVar[str] = "rasterizing the training views"

    def __init__(
        self,
        setup: StageSetup,
        stored: Mapping[str, Tensor] = NOTHING,
        pixels: SurfacePixels | None = None,  # of these frames, in this order; gathered when left out
    ) -> None:
        avatar, config, device = setup.avatar, setup.config.stage2, setup.device
        self.config, self._processes = config, setup.processes
        if pixels is None:
            avatar.cpu()  # the body and its search trees are built there
            pixels = gather_pixels(avatar, setup.frames, config, setup.config.seed, stored)
            avatar.to(device)
        self._avatar, self._pixels, self._seed, self._device = avatar, pixels, setup.config.seed, device
        self._charts = chart_image(avatar.body, CHART_RESOLUTION)
        self._poses = torch.stack([frame.pose_vector for frame in setup.frames]).to(device)
        probes = probes_from_image(torch.ones(PROBE_ROWS, PROBE_COLUMNS, 3))
        self._directions = probes.directions.numpy()
        self._solid_angle = probes.solid_angle[:, None].to(device)
        self._raw_light = nn.Parameter(torch.zeros(PROBE_ROWS * PROBE_COLUMNS, 3, device=device))
        rates = map_rates("albedo", avatar.albedo, config.optimizer.nets, config.optimizer.grids)
        rates |= map_rates("roughness", avatar.roughness, config.optimizer.nets, config.optimizer.grids)
        rates["light"] = (self._raw_light, config.optimizer.light)
        moves = config.has_pixel_normals and config.offset_rate > 0
        for name, value in avatar.offset.named_parameters():
            value.requires_grad_(moves and name == "encoding.grid")  # no gradient is computed that nobody steps
        self._normals = PixelNormals(avatar, pixels, device) if config.has_pixel_normals else None
        if self._normals is not None and config.offset_rate:
            rates |= {name: (value, config.offset_rate) for name, value in self._normals.parameters().items()}
        self._balance = nn.Parameter(torch.zeros(3, device=device))
        if config.balance_rate:
            rates["balance"] = (self._balance, config.balance_rate)
        self._colors = CameraColors(config.gains, len(camera_names(setup.frames)), len(setup.frames), device)
        rates |= self._colors.rates(config.gain_rate)
        self._optimizer = ScheduledAdam(rates, config.optimizer, config.steps, setup.processes)
        if stored:
            self._load(stored)

    @property
    def num_rows(self) -> int:
        """Pixels a step."""
        return self.config.pixels

    @property
    def needs_full_precision(self) -> bool:
        """The slopes of the offset map are differences in its sixth digit."""
        return self.config.has_pixel_normals

    def take_rows(self, count: int) -> None:
        """Take so many pixels a step from here on."""
        self.config = replace(self.config, pixels=count)

    def anew(self, setup: StageSetup) -> "Stage2":
        """The same stage before its start; the pixels are not gathered again."""
        return Stage2(setup, pixels=self._pixels)

    def panels(self, scene: Scene) -> list[Tensor]:
        """Relit, albedo, roughness, visibility."""
        return material_panels(scene)

    def start(self) -> None:
        """A constant roughness, the texture decoded to linear as albedo, the light for it."""
        self._start_roughness()
        radiance = self.config.light_start if self.config.mean_albedo == 0.0 else self._start_radiance()
        with torch.no_grad():
            self._raw_light.fill_(float(np.log(np.expm1(radiance))))
        self._start_albedo(1.0 / radiance if self.config.mean_albedo else 1.0)
        if self.config.calm_steps:
            self._calm_detail()

    def _calm_detail(self) -> None:
        """Take out of the offset map what stage 1 left between the vertices: its rays hardly see it, so it is noise."""
        config = self.config
        if self._normals is None or not config.offset_rate:
            return
        rates = {name: (value, CALM_RATE) for name, value in self._normals.parameters().items()}
        if not rates:
            return  # a map without a grid stays as it is
        optimizer = ScheduledAdam(rates, config.optimizer, config.calm_steps)
        for step in range(config.calm_steps):
            generator = np.random.default_rng((self._seed, self.number, step, 3))
            rows = generator.integers(0, self._pixels.count, config.smooth_pixels)
            pose = self._pose(torch.from_numpy(self._pixels.frame[rows].astype(np.int64)))
            normal = self._normals.at(rows, torch.from_numpy(self._pixels.uv[rows]), pose)
            moved = self._normals.moved(self._some_vertices(len(rows), generator), pose)
            optimizer.step(self._normals.tilt(rows, normal) + CALM_ANCHOR * moved, step)

    def _some_vertices(self, count: int, generator: np.random.Generator) -> np.ndarray:
        return (generator.random((count,)) * len(self._avatar.body.uv)).astype(np.int64)

    @torch.no_grad()
    def _start_radiance(self) -> float:
        """Of a uniform light under which the person's mean albedo is `mean_albedo`."""
        generator = np.random.default_rng((self._seed, self.number, 0, 2))
        color = self._pixels.color[generator.integers(0, self._pixels.count, DISTIL_BATCH)]
        seen = srgb_to_linear(torch.from_numpy(color.astype(np.float32) / 255.0)).mean()
        return max(float(seen) / self.config.mean_albedo, 1e-3)

    def step(self, step: int) -> dict[str, float]:
        """One optimizer step; `step` counts from 0. Returns the loss terms."""
        config, pixels = self.config, self._pixels
        drawn = step_generator(self._seed, self.number, step)
        all_rows = pixels.draw(config.pixels, config.detail_fraction, drawn)
        part, few_part = (self._processes.part(n) for n in (config.pixels, min(config.smooth_pixels, config.pixels)))
        rows, generator = all_rows[part.rows], partial_draws(drawn, (few_part, part))
        uv = torch.from_numpy(pixels.uv[rows])
        frame_index = torch.from_numpy(pixels.frame[rows].astype(np.int64))
        albedo = self._pixel_albedo(rows, uv, frame_index, generator)
        roughness = self._avatar.query_roughness(uv.to(self._device), self._pose(frame_index))
        normal = self._normals.at(rows, uv, self._pose(frame_index)) if self._normals else None
        radiance = self._colors.seen(
            self._shade(rows, albedo, roughness, normal), pixels.camera[rows], pixels.frame[rows]
        )
        target = torch.from_numpy(pixels.color[rows].astype(np.float32) / 255.0).to(self._device)
        image_loss, square = picture_loss(radiance, target, config.overshoot_slope, width=config.image_width)
        loss, terms = config.image_weight * part.weight * image_loss, {"image": part.weight * square}
        few = len(few_part.rows)
        noise = torch.from_numpy(generator.normal(0.0, config.jitter_uv, (len(uv[:few]), 2)).astype(np.float32))
        near = neighbor_uv(uv[:few], self._charts, noise).to(self._device)
        pose = self._pose(frame_index[:few])
        here = self._avatar.query_albedo(uv[:few].to(self._device), pose) if config.albedo_samples > 1 else albedo[:few]
        everything = self._processes.gather_rows(albedo, part)
        size = scale_to_mean(everything, config.mean_albedo) if config.mean_albedo else 1.0
        smooth_albedo = few_part.weight * smoothness_loss(here * size, self._avatar.query_albedo(near, pose) * size)
        near_roughness = self._avatar.query_roughness(near, pose)
        smooth_roughness = few_part.weight * smoothness_loss(roughness[:few, None], near_roughness[:, None])
        entropy = entropy_loss(self._processes.gather_rows(albedo[:few], few_part) * size)
        loss = loss + config.albedo_smoothness * smooth_albedo + config.roughness_smoothness * smooth_roughness
        loss = loss + config.entropy_weight * entropy
        if self._normals is not None and normal is not None and config.offset_rate:
            moved = few_part.weight * self._normals.moved(self._some_vertices(few, generator), pose)
            tilt = part.weight * self._normals.tilt(rows, normal)
            loss = loss + config.offset_anchor * moved + config.tilt_weight * tilt
            terms |= {"offset_moved": moved.item(), "tilt": tilt.item()}
        terms |= {"smooth_albedo": smooth_albedo.item(), "smooth_roughness": smooth_roughness.item()}
        terms |= {
            "entropy": entropy.item(),
            "gain_spread": self._colors.spread(),
            "loss": loss.item(),
            "roughness_std": roughness.detach().std().item(),
        }
        terms = self._processes.mean_terms(terms)
        if not np.isfinite(terms["loss"]):
            return terms  # the caller stops: nothing was stepped
        terms["gradient"] = self._optimizer.step(loss, step)
        if self.config.balance_rate:
            self._rebalance()
        with torch.no_grad():
            self._avatar.light.copy_(self.light().view(PROBE_ROWS, PROBE_COLUMNS, 3))
        return terms

    def light(self) -> Tensor:  # [512, 3] radiance, never negative
        """The learned probes."""
        return nn.functional.softplus(self._raw_light)

    def tensors(self) -> dict[str, Tensor]:
        """What a resumed run needs besides the avatar's parameters."""
        optimizer = {f"optimizer.{name}": value for name, value in self._optimizer.tensors().items()}
        normals = {} if self._normals is None else self._normals.tensors()
        return optimizer | normals | self._colors.tensors() | {"raw_light": self._raw_light.detach().clone()}

    def _load(self, stored: Mapping[str, Tensor]) -> None:
        prefix = "optimizer."
        self._optimizer.load({k.removeprefix(prefix): v for k, v in stored.items() if k.startswith(prefix)})
        with torch.no_grad():
            self._raw_light.copy_(stored["raw_light"])
        self._colors.load(stored)
        if self._normals is not None:
            self._normals.load(stored)

    @torch.no_grad()
    def _rebalance(self) -> None:
        """Brighter light over darker albedo, or the reverse, by as much as the last step asked.

        Without it light and albedo reach what the highlights ask for only after thousands of steps, for a darker albedo
        under a brighter light changes little else in the picture.
        The bias of a sigmoid scales small outputs; for large ones the next steps make up the rest.
        """
        light = (self.light() * self._balance.exp()).clamp(min=1e-8)
        self._raw_light.copy_(light + torch.log(-torch.expm1(-light)))
        self._avatar.albedo.head.bias.sub_(self._balance)
        self._balance.zero_()

    def _pose(self, frame_index: Tensor) -> PoseBatch:
        return PoseBatch(self._poses, frame_index.to(self._device))

    def _pixel_albedo(
        self, rows: np.ndarray, uv: Tensor, frame_index: Tensor, generator: np.random.Generator
    ) -> Tensor:
        """Mean albedo [P, 3] over each pixel's area: a picture of a fine pattern is blurred, the map need not be."""
        count = self.config.albedo_samples
        if count == 1:
            return self._avatar.query_albedo(uv.to(self._device), self._pose(frame_index))
        shift = torch.from_numpy(pixel_shifts(len(rows), count, generator).astype(np.float32)) - 0.5
        slope = torch.from_numpy(self._pixels.uv_per_px[rows]).repeat_interleave(count, 0)
        around = (slope @ shift[:, :, None])[:, :, 0]
        spread = neighbor_uv(uv.repeat_interleave(count, 0), self._charts, around).to(self._device)
        albedo = self._avatar.query_albedo(spread, self._pose(frame_index.repeat_interleave(count, 0)))
        return albedo.view(-1, count, 3).mean(1)

    def _shade(self, rows: np.ndarray, albedo: Tensor, roughness: Tensor, normal: Tensor | None) -> Tensor:  # [P, 3]
        """Eq. 1 under the learned probes, linear; with exact gradients by albedo, roughness, light and normal.

        Normals that lean away from the eye are bent toward it, as in rendering; the bend is differentiated, too. Lobes
        are as wide as normals and probes blur them: what is learned is the roughness of the material without that.
        """
        pixels = self._pixels
        roughness = widened_roughness(roughness, half_variance(self.config.normal_error_deg))
        wo = torch.from_numpy(pixels.wo[rows])
        normal = bend_toward_eye(torch.from_numpy(pixels.normal[rows]) if normal is None else normal, wo)
        surface = (
            normal.detach().numpy(),
            pixels.wo[rows],
            roughness.detach().cpu().numpy(),
            pixels.visibility_bits,
            pixels.frame[rows] if self.config.has_visibility else np.full(len(rows), -1, np.int32),
            pixels.faces[pixels.face[rows]],
            pixels.barycentric[rows],
            self._directions,
        )
        factor = self._balance.exp()  # one in value: `_rebalance` moves what was learned of it
        power = self.light() * self._solid_angle * factor
        lit, shine, slope = light_sums(power, *shading_matrices(*surface, self.config.f0))
        change = (roughness - roughness.detach())[:, None] * slope  # zero in value
        if normal.requires_grad:
            slopes = shading_tilt(*surface, power.detach().cpu().numpy(), self.config.f0)
            irradiance, highlight = (torch.from_numpy(slope).to(self._device) for slope in slopes)
            tilt = (normal - normal.detach()).to(self._device)[:, None]  # [P, 1, 3], zero in value
            change = change + ((albedo.detach()[:, :, None] * irradiance + highlight) * tilt).sum(-1)
        return albedo / factor * lit + shine + change

    @torch.no_grad()
    def _start_roughness(self) -> None:
        """A constant: the head's weights shrink, its bias says `roughness_start`."""
        head, config = self._avatar.roughness.head, self._avatar.roughness.config
        share = (self.config.roughness_start - config.output_offset) / config.output_scale
        head.weight.mul_(0.1)
        head.bias.fill_(float(np.log(share / (1.0 - share))))

    def _start_albedo(self, scale: float) -> None:
        """Distil the texture map, decoded to linear, into the albedo map; stage 2 then moves the shadows out of it."""
        steps = self.config.albedo_from_texture_steps
        if steps == 0:
            return
        optimizer = ScheduledAdam(map_rates("albedo", self._avatar.albedo, *DISTIL_RATES), self.config.optimizer, steps)
        pixels = self._pixels
        for step in range(steps):
            generator = np.random.default_rng((self._seed, self.number, step, 1))
            rows = generator.integers(0, pixels.count, DISTIL_BATCH)
            uv = torch.from_numpy(pixels.uv[rows]).to(self._device)
            pose = self._pose(torch.from_numpy(pixels.frame[rows].astype(np.int64)))
            with torch.no_grad():
                target = scale * srgb_to_linear(self._avatar.query_texture(uv, pose))
            ours = linear_to_srgb(self._avatar.query_albedo(uv, pose))
            optimizer.step((ours - linear_to_srgb(target)).square().mean(), step)
