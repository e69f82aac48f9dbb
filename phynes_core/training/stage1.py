"""Stage 1 (NES): geometry and texture by volume rendering in the shell around the body, plus the mesh losses."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from phynes_core.conventions import linear_to_srgb, srgb_to_linear
from phynes_core.frame.scene import Scene
from phynes_core.registration.registration import Registration
from phynes_core.render.volume import VolumePixels, render_rays
from phynes_core.training.frames import TrainingView, reposed
from phynes_core.training.losses import (
    MeshRegularizers,
    bend_loss,
    fold_loss,
    mesh_topology,
    relief_loss,
    slide_loss,
)
from phynes_core.training.optimizer import ScheduledAdam, map_rates
from phynes_core.training.processes import share_rays
from phynes_core.training.run.pictures import texture_panels
from phynes_core.training.sampling import RayBatch, sample_rays, step_generator
from phynes_core.training.shells import BodyShell, DisplacedFrame, DisplacedShell, SampledSurface, Shell
from phynes_core.training.silhouette import silhouette_loss
from phynes_core.training.stage import NOTHING, StageSetup

MIN_BETA_M = 1e-4  # of a learned beta (VolSDF)


@dataclass(frozen=True)
class _DrawnRays:
    """What a step looks at."""

    batch: RayBatch
    generator: np.random.Generator  # as it stands after the samples
    weight: float  # of this process's part
    beta_m: float
    surface: Callable[[], SampledSurface]


@cache
def _drawing() -> ThreadPoolExecutor:
    """One thread, for rays of the next step."""
    return ThreadPoolExecutor(1, "rays")


class Stage1:
    """Trains avatar.offset and avatar.texture in place, one `step` at a time."""

    number: ClassVar[int] = 1
    name: ClassVar[str] = "stage1"
    title: ClassVar[str] = "geometry, texture"
    row_name: ClassVar[str] = "rays"
    log_every: ClassVar[int] = 20
    preparation: ClassVar[str] = ""
    needs_full_precision = False

    def __init__(self, setup: StageSetup, stored: Mapping[str, Tensor] = NOTHING) -> None:
        avatar, config, device = setup.avatar, setup.config.stage1, setup.device
        self.config, self._processes, self._raster = config, setup.processes, setup.raster
        self._avatar, self._frames, self._seed, self._device = avatar, tuple(setup.frames), setup.config.seed, device
        self._registration, self._registered = setup.registration, setup.config.registration
        self._topology = mesh_topology(avatar.body.faces, avatar.body.num_vertices)
        self._regularizers = MeshRegularizers(self._topology, setup.mesh_losses)
        kind = DisplacedShell if avatar.has_vector_offsets else BodyShell
        self._shell: Shell = kind(avatar, self._frames, device)
        self._log_beta = nn.Parameter(torch.tensor(float(np.log(config.beta_start_m)), device=device))
        rates = map_rates("offset", avatar.offset, config.optimizer.nets, self._offset_grid_rate())
        rates |= map_rates("texture", avatar.texture, config.optimizer.nets, config.optimizer.grids)
        if not config.has_pose and avatar.offset.pose is not None:
            nn.init.zeros_(avatar.offset.pose.weight)
            del rates["offset.pose.weight"]
        if config.beta_schedule == "learned":
            rates["log_beta"] = (self._log_beta, config.beta_rate)
        self._optimizer = ScheduledAdam(rates, config.optimizer, config.steps, setup.processes)
        self._is_fresh = True
        self._ahead: tuple[int, Future[_DrawnRays]] | None = None  # a step and its rays
        if stored:
            self._load(stored)

    @property
    def num_rows(self) -> int:
        """Rays a step."""
        return self.config.rays

    def take_rows(self, count: int) -> None:
        """Take so many rays a step from here on."""
        self.config, self._ahead = replace(self.config, rays=count), None

    def anew(self, setup: StageSetup) -> "Stage1":
        """The same stage before its start."""
        return Stage1(setup)

    def start(self) -> None:
        """Maps start as they were made: there is nothing to do."""

    def panels(self, scene: Scene) -> list[Tensor]:
        """The texture map on the mesh."""
        return texture_panels(scene)

    def step(self, step: int) -> dict[str, float]:
        """One optimizer step; `step` counts from 0. Returns the loss terms."""
        config = self.config
        if self._is_fresh and step == 0:
            self._shell.start()
        self._is_fresh = False
        if self._registration is not None and self._is_round(step):
            self._refine_poses(self._registration, step)
        rays = self._taken(step)
        beta, mesh = self.beta(step), None
        if step % config.mesh_every == 0:
            mesh = self._shell.displaced(self._frame_of(step // config.mesh_every))
        self._look_ahead(step + 1)  # where the surface was last seen is known by now
        surface = rays.surface()
        pixels = self._render(surface, beta)
        image_loss = rays.weight * self._image_loss(rays.batch, pixels, rays.generator)
        loss, terms = image_loss, {"image": image_loss.item(), "samples": float(surface.samples.num_samples)}
        if mesh is not None:
            mesh_loss, mesh_terms = self._mesh_loss(step // config.mesh_every, mesh)
            loss = loss + config.mesh_every * mesh_loss
            terms |= mesh_terms
        terms["loss"], terms["beta_mm"] = loss.item(), 1e3 * rays.beta_m
        terms = self._processes.mean_terms(terms)
        if not np.isfinite(terms["loss"]):
            return terms  # the caller stops: nothing was stepped, the parameters are still the last good ones
        terms["gradient"] = self._optimizer.step(loss, step)
        return terms

    def _taken(self, step: int) -> "_DrawnRays":
        """The rays of a step: those that were drawn ahead, or drawn now."""
        ahead, self._ahead = self._ahead, None
        return ahead[1].result() if ahead is not None and ahead[0] == step else self._drawn(step)

    def _look_ahead(self, step: int) -> None:
        """Let another thread draw the rays of a step, where nothing that happens until then changes them."""
        config = self.config
        is_known = config.beta_schedule != "learned" and self._shell.can_look_ahead(config)
        moves = self._registration is not None and self._is_round(step)
        if is_known and not moves and step < config.steps:
            self._ahead = step, _drawing().submit(self._drawn, step)

    def _drawn(self, step: int) -> "_DrawnRays":
        drawn = step_generator(self._seed, self.number, step)
        whole = sample_rays(self._frames, self.config, drawn)
        batch, generator, weight = share_rays(whole, self.config.rays_per_pixel, drawn, self._processes)
        beta = self.beta(step)
        beta_m = float(beta.detach()) if isinstance(beta, Tensor) else beta
        surface = self._shell.draw(batch, self.config, beta_m, generator)
        return _DrawnRays(batch, generator, weight, beta_m, surface)

    def beta(self, step: int) -> Tensor | float:
        """The beta of the density at a step, in metres: the scale on which the surface is blurred."""
        config = self.config
        if config.beta_schedule == "learned":
            return self._log_beta.exp() + MIN_BETA_M
        progress = min(1.0, step / max(1.0, config.beta_decay_share * config.steps))
        return config.beta_start_m * (config.beta_end_m / config.beta_start_m) ** progress

    def tensors(self) -> dict[str, Tensor]:
        """What a resumed run needs besides the avatar's parameters."""
        optimizer = {f"optimizer.{name}": value for name, value in self._optimizer.tensors().items()}
        return optimizer | self._shell.tensors() | {"log_beta": self._log_beta.detach().clone()}

    def _is_round(self, step: int) -> bool:
        """Whether the poses follow the surface before this step."""
        rounds = self._registered.rounds
        return any(step == round(self.config.steps * (k + 1) / (rounds + 1)) for k in range(rounds))

    @torch.no_grad()
    def _refine_poses(self, registration: Registration, step: int) -> None:
        """Fit the poses to the pictures once more, under the surface that was learned so far."""
        if not registration.is_used:
            return
        for turn in range(self._registered.round_steps):
            registration.refine(self._registered.steps + step + turn, self._shell.offsets())
            self._frames = reposed(self._frames, self._avatar.body, registration.poses)
            self._shell.place(self._frames)

    def _load(self, stored: Mapping[str, Tensor]) -> None:
        prefix = "optimizer."
        self._optimizer.load({k.removeprefix(prefix): v for k, v in stored.items() if k.startswith(prefix)})
        self._shell.load(stored)
        with torch.no_grad():
            self._log_beta.copy_(stored["log_beta"])
        self._is_fresh = False

    def _offset_grid_rate(self) -> float:
        return self.config.optimizer.offset_grid or self.config.optimizer.grids

    def _render(self, surface: SampledSurface, beta: Tensor | float) -> VolumePixels:
        is_linear = self.config.background == "random"

        def color(uv: Tensor, ray: Tensor) -> Tensor:
            texture = surface.color(uv, ray)
            return srgb_to_linear(texture) if is_linear else texture

        return render_rays(
            surface.samples, surface.offset, color, beta, self.config.surface_shift, self.config.weight_floor
        )

    def _image_loss(self, batch: RayBatch, pixels: VolumePixels, generator: np.random.Generator) -> Tensor:
        """Mean squared error in sRGB; with random backgrounds both sides are put over the same random color."""
        count = self.config.rays_per_pixel
        target = torch.from_numpy(batch.target[::count]).to(self._device)
        color = pixels.color.view(-1, count, 3).mean(1)
        if self.config.background == "black":
            return (color - target).square().mean()
        background = torch.from_numpy(generator.random((len(target), 3)).astype(np.float32)).to(self._device)
        background = srgb_to_linear(background)
        coverage = torch.from_numpy(batch.coverage[::count]).to(self._device)[:, None]
        ours = color + (1.0 - pixels.opacity.view(-1, count).mean(1)[:, None]) * background
        theirs = srgb_to_linear(target) + (1.0 - coverage) * background
        return (linear_to_srgb(ours) - linear_to_srgb(theirs)).square().mean()

    def _silhouette_loss(self, vertices: Tensor, views: tuple[TrainingView, ...]) -> Tensor:
        """Each process looks at some of the views, so that their mean is over all."""
        own = views[self._processes.rank :: self._processes.count]
        if not own:
            return vertices.new_zeros(())
        share = self._processes.count * len(own) / len(views)
        return share * silhouette_loss(vertices, self._topology.faces, own, self._raster)

    def _frame_of(self, turn: int) -> int:
        """The frames take turns."""
        return turn % len(self._frames)

    def _mesh_loss(self, turn: int, surface: DisplacedFrame) -> tuple[Tensor, dict[str, float]]:
        """Losses of one frame's displaced mesh."""
        config = self.config
        frame, vertices = self._frames[self._frame_of(turn)], surface.vertices
        losses = self._regularizers.losses(vertices)
        edge, normal = config.edge_weight * losses.edge, config.normal_weight * losses.normal
        laplacian = config.laplacian_weight * losses.laplacian
        total = edge + normal + laplacian
        terms = {"edge": edge.item(), "normal": normal.item(), "laplacian": laplacian.item()}
        bare = torch.from_numpy(frame.vertices)
        if config.bend_weight > 0:
            bend = bend_loss(surface.offsets, bare, self._topology, config.bend_width)
            total = total + config.bend_weight * bend
            terms["bend"] = bend.item()
        if config.fold_weight > 0:
            fold = fold_loss(vertices, bare, self._topology.faces)
            total = total + config.fold_weight * fold
            terms["fold"] = fold.item()
        if config.silhouette_weight > 0 and turn % config.silhouette_turns == 0:
            silhouette = self._silhouette_loss(vertices, frame.views)
            total = total + config.silhouette_turns * config.silhouette_weight * silhouette
            terms["silhouette"] = silhouette.item()
        if config.relief_weight > 0:
            generator = np.random.default_rng((self._seed, self.number, turn, 1))
            relief = relief_loss(
                self._avatar, vertices, surface.offsets, frame.pose_vector, config.relief_places, generator,
                surface.blend,
            )  # fmt: skip
            total = total + config.relief_weight * relief
            terms["relief"] = relief.item()
        if surface.blend is not None:
            slide = slide_loss(vertices, surface.offsets, surface.blend, self._topology.faces)
            total = total + config.slide_weight * slide
            terms["slide"] = slide.item()
        return total.to(self._device), terms
