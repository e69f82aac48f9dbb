"""Every number of training, in two presets: `paper` as printed, `fast` as measured.

FORMATS.md section 9 numbers the readings of the paper's ambiguities ("reading 8"); FINDINGS.md section 10 holds the
measurements behind `fast` ("recipe"). Defaults below are the `fast` ones.
"""

import dataclasses
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field

from phynes_core.avatar.avatar import ALBEDO_MAP, NUM_VECTOR_CHANNELS, OFFSET_MAP, ROUGHNESS_MAP, TEXTURE_MAP
from phynes_core.body.subdivide import MAX_SPLITS
from phynes_core.errors import PhynesError
from phynes_core.maps.encodings import HashEncodingConfig
from phynes_core.maps.neural_map import NeuralMapConfig
from phynes_core.registration.config import RegistrationConfig
from phynes_core.template.config import TemplateConfig
from phynes_core.training.settings import check_settings, settings_of, with_setting

PRESETS = ("fast", "paper")
RATES = ("nets", "grids", "offset_grid", "light")  # fields of OptimizerConfig that a resumed run may change
# cells of 1/256 are some 8 mm of cloth: finer ones hold nothing but noise after four views of a person
SMOOTH_OFFSET_MAP = dataclasses.replace(OFFSET_MAP, encoding=HashEncodingConfig(finest_resolution=256))
STILL_ALBEDO_MAP = dataclasses.replace(ALBEDO_MAP, pose_dim=0)  # materials do not change with the pose
STILL_ROUGHNESS_MAP = dataclasses.replace(ROUGHNESS_MAP, pose_dim=0)


@dataclass(frozen=True)
class OptimizerConfig:
    """Adam and its rates; every rate decays exponentially to `final_fraction` of itself."""

    nets: float  # learning rate of the fully connected layers
    grids: float  # learning rate of the hash tables (stage 1: the texture's)
    final_fraction: float
    offset_grid: float = 0.0  # stage 1 only; 0: as `grids`
    light: float = 0.0  # stage 2 only
    beta1: float = 0.9  # hash grids want short memories and a tiny eps (instant-ngp)
    beta2: float = 0.99
    eps: float = 1e-15


@dataclass(frozen=True)
class Stage1Config:
    """Geometry and texture by volume rendering."""

    steps: int = 5000
    offsets: str = "scalar"  # along the body's normals, as in the paper; "vector" slides cloth, and won nothing on ada
    slide_weight: float = 1.0  # of the mean squared way, m^2, that vectors move vertices along the surface
    rays: int = 1024  # paper family: 1024
    frames_per_step: int = 10  # each with all its training cameras; bounds the tree set-ups
    mask_fraction: float = 0.75  # on the person (recipe: 60 % at 256 x 256), the rest on the ring around the mask
    detail_fraction: float = 0.2  # of those on the person: on head and hands; 0: by their area
    ring_px: int = 14  # recipe: 9 px at 256 x 256; 0: anywhere in the body's box
    rays_per_pixel: int = 1  # a square number, averaged before they are compared, as the camera averages its pixel
    has_pixel_jitter: bool = False  # the recipe's; at 512 x 512 it only blurs the texture
    background: str = "random"  # "black" or "random": random composites stop dark hair from shrinking on black
    coarse_samples: int = 64  # recipe; paper: 128
    fine_samples: int = 12  # recipe; paper: 16
    shell_lower_m: float = -0.03  # recipe; reading 14: 0.12 both ways
    shell_upper_m: float = 0.06
    cull_behind_m: float = 0.02  # recipe: samples this far behind the hit are dropped; 0: keep all
    has_interpolated_hits: bool = True  # find hits with the offsets of the vertices, not with a query per sample
    weight_floor: float = 1e-3  # the texture is not asked where a sample weighs less; 0: always asked
    beta_schedule: str = "exponential"  # "learned": a parameter, as VolSDF; it sticks near 2.6 mm (FINDINGS)
    beta_start_m: float = 3e-3  # recipe; reading of the family: 0.1
    beta_end_m: float = 4e-4  # recipe
    beta_decay_share: float = 0.8  # of the steps, then constant
    beta_rate: float = 1e-3  # learning rate of a learned beta
    surface_shift: float = 3.0  # in betas: density(s + shift beta), so that silhouettes fit the mesh (docs/training.md)
    fine_band_m: float = 3e-3  # recipe: fine samples lie within 4 beta + this around the hit
    pose_gain: float = 0.1  # of the maps' first pose weights: what differs between poses is learned after the rest
    has_pose: bool = True  # whether the surface depends on the pose; not where masks wobble (training/masks.py)
    edge_weight: float = 0.1  # paper: 1; at its weights the mesh goes on shrinking once beta is small: after 5000 steps
    normal_weight: float = 0.001  # paper: 0.01;     CD was 0.21 cm, after 1000 it had been 0.15
    laplacian_weight: float = 0.01  # paper: 0.1
    bend_weight: float = 0.05  # of how much the offsets bend the bare surface, by edge length: eyes, lips; paper: none
    bend_width: float = 0.3  # tangent of the bend from which on it weighs less than its square: hems, hair
    fold_weight: float = 0.02  # of faces that turn over where normals meet: corners of eyes and mouth; paper: none
    mesh_every: int = 2  # mesh losses every so many steps, times as much
    silhouette_weight: float = 0.02  # of the mesh's coverage against the masks; 0: none, as in the paper
    relief_weight: float = 0.01  # of the mean squared slope that the offset map has between the vertices; paper: none
    relief_places: int = 1024  # where it is measured, with each mesh loss
    silhouette_turns: int = 2  # every so many mesh losses, times as much: it is the most expensive of them
    optimizer: OptimizerConfig = OptimizerConfig(nets=2e-3, grids=1e-2, offset_grid=3e-3, final_fraction=0.02)


@dataclass(frozen=True)
class Stage2Config:
    """Albedo, roughness and light through the rasterized renderer."""

    steps: int = 4000
    pixels: int = 2048  # recipe
    detail_fraction: float = 0.2  # of them on head and hands; 0: by their area
    image_weight: float = 1.0  # reading 8: 10
    image_width: float = 0.08  # sRGB error (median 0.02) from which on the mesh is wrong: weighs less; 0: never, paper
    entropy_weight: float = 5e-6  # reading 8 relative to its image weight; 5e-4 empties the histogram
    albedo_smoothness: float = 0.01  # recipe; reading 8: 5e-3
    roughness_smoothness: float = 0.1  # a garment is of one gloss; at 0.01 texels scatter by 0.06; reading 8: 5e-5
    jitter_uv: float = 0.005  # recipe; a standard deviation, where the paper prints a variance of 0.02
    albedo_samples: int = 4  # a square number of albedo queries a pixel, averaged: a pixel is an area; 1: its center
    smooth_pixels: int = 1024  # how many of the pixels the smoothness and entropy terms look at
    overshoot_slope: float = 0.05  # recipe: predictions above 1 meet clipped pixels, this keeps a little gradient
    has_visibility: bool = True
    most_pixels: int = 12_000_000  # kept of all pictures, by chance: 71 bytes each
    has_pixel_normals: bool = True  # shade with the detail of the offset map between vertices
    offset_rate: float = 1e-3  # learning rate of the offset map's grid, so that light shapes that detail; 0: it stays
    calm_steps: int = 200  # that first take the detail out which stage 1 left by chance
    offset_anchor: float = 1e-2  # times the mean square of how many millimetres the vertices moved
    tilt_weight: float = 1e-2  # times the mean square tilt that detail gives to a normal
    normal_error_deg: float = 2.7  # per axis, of normals: it blurs highlights, as a probe's cell does. Measured medians
    #                              say 3.3 (josh, ada), which biased josh_256 by -0.042; 2 left +0.05 on ada; 0: none
    f0: float = 0.04  # reading 7: RA's 0.02
    mean_albedo: float = 0.18  # photographer's gray, to which the light starts; losses do not see albedo's scale; 0: no
    gains: str = "camera"  # what has a gain and an offset of its own, with the mean held: camera, picture or none
    gain_rate: float = 2e-3  # their learning rate
    balance_rate: float = 2e-2  # learning rate of light over albedo, by channel, which the highlights tell; 0: none
    light_start: float = 0.97  # radiance of every probe at the start (softplus of 0.5) where mean_albedo is 0
    albedo_from_texture_steps: int = 200  # recipe: distil the texture map into the albedo first; 0: start anew
    roughness_start: float = 0.6  # the middle of cloth and skin
    optimizer: OptimizerConfig = OptimizerConfig(nets=1e-3, grids=5e-3, light=5e-2, final_fraction=0.1)


@dataclass(frozen=True)
class TrainingConfig:
    """A whole training run."""

    preset: str = "fast"
    seed: int = 0
    has_mixed_precision: bool = False  # networks in bfloat16, on CUDA only
    mesh_splits: int = 0  # midpoint splits of the body (paper, Sec. IV: one gains nothing)
    offset: NeuralMapConfig = SMOOTH_OFFSET_MAP
    texture: NeuralMapConfig = TEXTURE_MAP
    albedo: NeuralMapConfig = STILL_ALBEDO_MAP
    roughness: NeuralMapConfig = STILL_ROUGHNESS_MAP
    registration: RegistrationConfig = field(default_factory=RegistrationConfig)
    template: TemplateConfig = field(default_factory=TemplateConfig)
    stage1: Stage1Config = field(default_factory=Stage1Config)
    stage2: Stage2Config = field(default_factory=Stage2Config)

    def __post_init__(self) -> None:
        if not 0 <= self.mesh_splits <= MAX_SPLITS:
            raise ValueError(f"mesh_splits: expected 0 to {MAX_SPLITS}, got {self.mesh_splits}")


FAST = TrainingConfig()

# Of the readings not named below, 2, 13 and 17 (which nets a stage trains, s = h - l, true deltas) are in the code of
# the stages, 5, 6 and 12 in evaluation, 11 in the datasets' presets. Where paper and readings are silent, those of its
# family stand (FORMATS section 5): one rate of 5e-4 for every parameter, half of the rays on the person.
PAPER = TrainingConfig(
    preset="paper",
    offset=OFFSET_MAP,
    albedo=ALBEDO_MAP,  # reading 16: the materials see the pose
    roughness=dataclasses.replace(ROUGHNESS_MAP, output_scale=0.9, output_offset=0.09),  # reading 3
    registration=RegistrationConfig(steps=0),  # the paper trusts its fits
    template=TemplateConfig(source="smpl"),
    stage1=Stage1Config(
        steps=20_000,  # reading 10: 40 epochs of 500
        rays=1024,
        rays_per_pixel=1,
        frames_per_step=1,
        mask_fraction=0.5,
        detail_fraction=0.0,
        ring_px=0,
        has_pixel_jitter=False,
        background="black",
        coarse_samples=128,
        fine_samples=16,
        shell_lower_m=-0.12,  # reading 14; its soft clamp of the offset at 0.1 m is left out: nothing comes near it
        shell_upper_m=0.12,
        cull_behind_m=0.0,
        has_interpolated_hits=False,
        weight_floor=0.0,
        beta_schedule="learned",
        beta_start_m=0.1,  # VolSDF's and AniSDF's
        beta_rate=5e-4,
        surface_shift=0.0,
        fine_band_m=0.015,
        pose_gain=1.0,
        edge_weight=1.0,
        normal_weight=0.01,
        laplacian_weight=0.1,
        mesh_every=1,
        bend_weight=0.0,
        fold_weight=0.0,
        silhouette_weight=0.0,
        relief_weight=0.0,
        optimizer=OptimizerConfig(nets=5e-4, grids=5e-4, final_fraction=0.1),  # reading 10
    ),
    stage2=Stage2Config(
        steps=30_000,  # reading 10: 60 epochs of 500
        pixels=1024,
        detail_fraction=0.0,
        image_weight=10.0,  # reading 8: Relightable Avatar's 10, 5e-5, 5e-3, 5e-5; squared, as printed
        entropy_weight=5e-5,
        albedo_smoothness=5e-3,
        roughness_smoothness=5e-5,
        jitter_uv=0.02**0.5,  # the paper prints sigma^2 = 0.02; reading 1: Relightable Avatar's deviation is 0.02
        albedo_samples=1,
        image_width=0.0,
        overshoot_slope=0.0,  # reading 9: sRGB, clipped
        normal_error_deg=0.0,
        has_pixel_normals=False,
        offset_rate=0.0,
        f0=0.02,  # reading 7
        mean_albedo=0.0,
        gains="none",
        balance_rate=0.0,
        light_start=0.74,  # softplus of RA's mean start, 0.1
        albedo_from_texture_steps=0,
        roughness_start=0.54,  # a sigmoid's middle
        optimizer=OptimizerConfig(nets=5e-4, grids=5e-4, light=5e-4, final_fraction=0.1),
    ),
)

_MAPS = ("offset", "texture", "albedo", "roughness")

# 10 octaves and 5 layers of 256: what the paper's predecessors give a plain network (FORMATS section 5)
_PLAIN_MAP = {"frequency_octaves": "10", "num_layers": "5", "hidden_width": "256"}

# the paper's ablations: overrides on top of a preset, so that `--set` can do the same
ABLATIONS = {
    # and with the normals of the vertices: what light shapes between them is the grid
    "plain-maps": {f"{name}.{key}": value for name in _MAPS for key, value in _PLAIN_MAP.items()}
    | {"stage2.has_pixel_normals": "false"},
    "no-mesh-losses": dict.fromkeys(("stage1.edge_weight", "stage1.normal_weight", "stage1.laplacian_weight"), "0"),
    "split-mesh": {"mesh_splits": "1"},
}


def preset(name: str) -> TrainingConfig:
    """The preset of this name."""
    if name not in PRESETS:
        raise PhynesError(f"preset: expected one of {', '.join(PRESETS)}, got '{name}'")
    return PAPER if name == "paper" else FAST


def surface_maps(config: TrainingConfig) -> tuple[NeuralMapConfig, NeuralMapConfig]:
    """The offset map and the texture map of stage 1.

    Where vectors move the cloth the texture does not see the pose: it would paint the cloth where it moves to. On the
    cylinder of tests/training/test_sliding_cloth.py, whose pattern slides 32 mm, 600 steps of 384 rays then miss that
    by 5 mm, with a texture that sees the pose by 21.
    """
    if config.stage1.offsets == "scalar":
        return config.offset, config.texture
    offset = dataclasses.replace(config.offset, output_channels=NUM_VECTOR_CHANNELS)
    return offset, dataclasses.replace(config.texture, pose_dim=0)


def with_overrides(config: TrainingConfig, overrides: Mapping[str, str]) -> TrainingConfig:
    """Change single numbers by dotted name, as in {"stage1.steps": "500"}. Unknown names, useless values are errors."""
    for name, text in overrides.items():
        config = with_setting(config, name, text)
    check_settings(config)
    return config


def with_ablation(config: TrainingConfig, name: str) -> TrainingConfig:
    """The settings with one ablation."""
    if name not in ABLATIONS:
        raise PhynesError(f"--ablation: expected one of {', '.join(ABLATIONS)}, got '{name}'")
    return with_overrides(config, ABLATIONS[name])


def with_rates_of(config: TrainingConfig, other: TrainingConfig) -> TrainingConfig:
    """The settings with the learning rates of others: a run that diverged goes on with lower ones."""
    for name in (entry.name for entry in dataclasses.fields(config)):
        own, stage = getattr(config, name), getattr(other, name)
        if isinstance(getattr(own, "optimizer", None), OptimizerConfig):
            rates = {rate: getattr(stage.optimizer, rate) for rate in RATES}
            own = dataclasses.replace(own, optimizer=dataclasses.replace(own.optimizer, **rates))
            config = dataclasses.replace(config, **{name: own})
    return config


def as_json(config: TrainingConfig) -> dict[str, typing.Any]:
    """Plain nested values, for the run folder."""
    return dataclasses.asdict(config)


def from_json(stored: Mapping[str, typing.Any]) -> TrainingConfig:
    """The inverse of `as_json`. Unknown keys and useless values are errors."""
    config = settings_of(TrainingConfig, stored)
    check_settings(config)
    return config
