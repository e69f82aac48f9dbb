"""Where masks bulge over the person, the background shows: it tells how far the person really reaches.

A camera that stands still has the same background in all frames, and what a picture shows inside its mask but clearly
outside the registered surface is a sample of it. From these samples the background near the person is known, and each
pixel next to a mask's edge is compared with it and with the person's color nearby. Where a mask cuts into the person,
its picture says nothing about what lies outside: such pixels are unknown, not empty.
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.ndimage import binary_dilation, binary_erosion, distance_transform_edt, gaussian_filter, label

from phynes_core.registration.pictures import PersonPicture, decoded, distance_inside, encoded, linear_of

MODEL_SHARE = (
    0.004  # of a person's height in pixels: how far outlines of a surface lie from exact masks (0.8 px of 200)
)
BAND_SIGMAS = 3.0  # how far from a mask's edge it is questioned, in standard deviations of the edge
SAMPLE_SIGMAS = 0.75  # how far outside the surface a pixel must lie to count as background
FEWEST_SAMPLES = 50  # of a camera's background
SPACINGS_PX = (4.0, 10.0, 25.0)  # over which samples may be averaged; what predicts left-out samples best is taken
LEAST_SUPPORT = 0.02  # of a sample at the same place, for the background to be known there
LEAST_DEVIATION = 0.01  # of the background's color, sRGB
LEAST_CONTRAST = 0.1  # between person and background, below which nothing is decided
OUTLIERS = 0.5, 0.01  # share of the person's and of the background's colors that are like neither
SURFACE_WEIGHT = 0.3  # of a pixel of distance from the surface, as a logarithm of odds
LEAST_OPACITY = 0.3  # of a mask's pixel whose color is used
WHOLE = 0.97  # coverage of a pixel from which on it is not at the mask's own edge
MIXING_CONTRAST = 0.05  # between person and background, linear, for coverage to be read from a color


@dataclass(frozen=True)
class QuestionedPicture:
    """A picture cut to the person, with signed distances in pixels, positive inside."""

    linear: np.ndarray  # [H, W, 3] float32, premultiplied
    coverage: np.ndarray  # [H, W] float32
    mask_depth: np.ndarray  # [H, W]
    surface_depth: np.ndarray  # [H, W]
    corner: tuple[int, int]  # row and column of its first pixel in the whole picture

    @property
    def color(self) -> np.ndarray:  # [H, W, 3] linear, not premultiplied
        """0 where the mask leaves too little."""
        opacity = self.coverage[..., None]
        return np.where(opacity > LEAST_OPACITY, self.linear / np.maximum(opacity, LEAST_OPACITY), 0.0)


@dataclass(frozen=True)
class Background:
    """What one camera sees behind the person, as far as pictures show it."""

    color: np.ndarray  # [H, W, 3] sRGB, of the whole picture
    is_known: np.ndarray  # [H, W] bool
    deviation: float  # of one channel


@dataclass(frozen=True)
class Matte:
    """A corrected mask: H x W pixels of the questioned picture."""

    coverage: np.ndarray  # [H, W] float32
    linear: np.ndarray  # [H, W, 3] float32, premultiplied by it
    is_open: np.ndarray  # [H, W] bool: outside the mask where it may cut into the person
    is_unclear: np.ndarray  # [H, W] bool: near an edge where person and background look alike, or none was seen


def correct_edges(pictures: Sequence[PersonPicture], covered: Sequence[np.ndarray], edge_px: int) -> None:
    """Let all pictures of a capture take what they tell of the person's edge; `covered` [H, W] by the surface."""
    groups = defaultdict(list)
    for picture, ours in zip(pictures, covered, strict=True):
        depths = signed_depth(picture.given_coverage > 0.5), signed_depth(ours)
        asked = QuestionedPicture(picture.given_linear, picture.given_coverage, *depths, picture.corner)
        groups[picture.camera_name, picture.whole_size].append((picture, asked))
    for (_, size), group in groups.items():
        for (picture, _), found in zip(group, mattes([asked for _, asked in group], size, edge_px), strict=True):
            picture.take_edge(found.linear, found.coverage, found.is_open)


def mattes(pictures: Sequence[QuestionedPicture], size: tuple[int, int], edge_px: int) -> list[Matte]:
    """Corrected masks of one camera's pictures, whose whole size is [H, W]; edges are uncertain by `edge_px`."""
    reach_px = edge_reach(pictures)
    background = find_background(pictures, size, edge_px, reach_px)
    deviation = person_deviation(pictures, edge_px)
    return [matte(picture, background, deviation, edge_px, reach_px) for picture in pictures]


def edge_uncertainty(spread_px: float, height_px: float) -> int:
    """Standard deviation of masks' edges, from that of their distance to outlines of the surface."""
    usual_px = usual_spread(height_px)
    return round(math.sqrt(max(spread_px**2 - usual_px**2, 0.0)))


def usual_spread(height_px: float) -> float:
    """The same distance where masks are exact; `height_px` of the person."""
    return max(MODEL_SHARE * height_px, 0.8)


def questioned(
    image: np.ndarray,  # [H, W, 3] uint8 sRGB, premultiplied
    coverage: np.ndarray,  # [H, W] uint8
    covered: np.ndarray,  # [H, W] bool: by the registered surface
    edge_px: int,
) -> QuestionedPicture:
    """Cut out the person and measure distances; `coverage` must not be empty."""
    margin = math.ceil(BAND_SIGMAS * edge_px) + 4
    rows, columns = np.nonzero((coverage > 0) | covered)
    part = np.s_[
        max(rows.min() - margin, 0) : rows.max() + margin, max(columns.min() - margin, 0) : columns.max() + margin
    ]
    own = coverage[part].astype(np.float32) / 255.0
    depths = signed_depth(own > 0.5), signed_depth(covered[part])
    return QuestionedPicture(linear_of(image[part]), own, *depths, (part[0].start, part[1].start))


def edge_reach(pictures: Sequence[QuestionedPicture]) -> int:
    """Pixels to both sides of an edge that are soft in masks, and hence mixtures in photographs: at least 1."""
    soft = sum(int(((p.coverage > 1.0 - WHOLE) & (p.coverage < WHOLE)).sum()) for p in pictures)
    length = sum(int((np.abs(p.mask_depth) < 0.6).sum()) for p in pictures)
    return max(1, round(soft / max(length, 1)))


def signed_depth(inside: np.ndarray) -> np.ndarray:  # [H, W] bool -> [H, W]
    """Pixels from each pixel's middle to the edge, positive inside."""
    return np.where(inside, distance_inside(inside) - 0.5, 0.5 - distance_inside(~inside)).astype(np.float32)


def find_background(
    pictures: Sequence[QuestionedPicture], size: tuple[int, int], edge_px: int, reach_px: int
) -> Background | None:
    """The background of one camera from all its pictures, whose whole size is [H, W]; None where too little shows."""
    places, colors = [], []
    for picture in pictures:
        shows = (picture.coverage > LEAST_OPACITY) & (picture.mask_depth < BAND_SIGMAS * edge_px)
        shows &= picture.surface_depth < -max(SAMPLE_SIGMAS * edge_px, reach_px)
        places.append(np.argwhere(shows) + picture.corner)
        colors.append(encoded(picture.color[shows]))
    place, color = np.concatenate(places), np.concatenate(colors)
    if len(place) < FEWEST_SAMPLES:
        return None
    weight = np.ones(len(place))
    for _ in range(3):
        tried = [_averaged(place, color, weight, size, spacing) for spacing in SPACINGS_PX]
        error, mean, support, misfit = min(tried, key=lambda found: found[0])
        weight = 1.0 / (1.0 + (misfit / (2.5 * max(error, LEAST_DEVIATION / 2.0))) ** 2) ** 2
    return Background(mean, np.asarray(support > LEAST_SUPPORT), max(error, LEAST_DEVIATION))


def _averaged(
    place: np.ndarray, color: np.ndarray, weight: np.ndarray, size: tuple[int, int], spacing_px: float
) -> tuple[float, np.ndarray, np.ndarray, np.ndarray]:
    """Error of samples predicted without themselves, mean color [H, W, 3], support [H, W], and each sample's misfit."""
    own = 1.0 / (2.0 * math.pi * spacing_px**2)  # of a sample at its own place
    sums = np.zeros((*size, 4))
    np.add.at(sums, (place[:, 0], place[:, 1]), weight[:, None] * np.concatenate([color, np.ones((len(color), 1))], 1))
    smooth = gaussian_filter(sums, (spacing_px, spacing_px, 0.0), truncate=5.0)
    others = smooth[place[:, 0], place[:, 1], 3] - weight * own
    predicted = (smooth[place[:, 0], place[:, 1], :3] - (weight * own)[:, None] * color) / np.maximum(others, 1e-12)[
        :, None
    ]
    misfit = np.linalg.norm(color - predicted, axis=1)
    has_others = others > LEAST_SUPPORT * own
    misfit[~has_others] = 1.0
    mean = (smooth[..., :3] / np.maximum(smooth[..., 3:], 1e-12)).clip(0.0, 1.0)
    return float(np.median(misfit)), mean, smooth[..., 3] / own, misfit


def person_deviation(pictures: Sequence[QuestionedPicture], edge_px: int) -> float:
    """How far colors of the person near its edge lie from those next to it further inside; sRGB, one channel."""
    differences = [np.zeros((0, 3))]
    for picture in pictures:
        color = encoded(picture.color)
        rim = (picture.coverage > WHOLE) & (picture.surface_depth > 0.5) & (picture.surface_depth < 2.0 * edge_px)
        differences.append((color - color[_nearest(_is_sure(picture))])[rim])
    found = np.concatenate(differences)
    return max(1.4826 * float(np.median(np.abs(found))), 0.02) if len(found) else 0.1


def matte(
    picture: QuestionedPicture,
    background: Background | None,
    deviation: float,  # as of `person_deviation`
    edge_px: int,
    reach_px: int,  # as of `edge_reach`
) -> Matte:
    """Decide what of the mask is person."""
    band_px = BAND_SIGMAS * edge_px
    shown = picture.coverage > LEAST_OPACITY
    near = np.abs(picture.mask_depth) < band_px
    sure = _is_sure(picture)
    if background is None or not sure.any():
        return Matte(picture.coverage, picture.linear, np.zeros_like(shown), np.abs(picture.mask_depth) <= edge_px)
    row, column = picture.corner
    height, width = shown.shape
    part = np.s_[row : row + height, column : column + width]
    behind, linear = background.color[part], picture.color
    color = encoded(linear)
    person = color[_nearest(sure)]
    odds = _log_density(color - person, deviation, OUTLIERS[0])
    odds = odds - _log_density(color - behind, background.deviation, OUTLIERS[1])
    is_told = background.is_known[part] & (np.linalg.norm(person - behind, axis=-1) > LEAST_CONTRAST)
    odds = odds.clip(-6.0, 6.0) * is_told + SURFACE_WEIGHT * picture.surface_depth
    weight = gaussian_filter(shown.astype(np.float32), 0.7)
    odds = gaussian_filter(np.where(shown, odds, 0.0), 0.7) / np.maximum(weight, 0.05)
    edge = _nearest(shown)
    is_told = is_told[edge]
    is_unclear = (np.abs(picture.mask_depth) <= edge_px) & ~is_told
    empty = shown & is_told & (odds < 0.0) & (picture.mask_depth < band_px)
    empty &= _connected(empty | ~shown, ~shown)
    covered = shown & ~empty
    mixed = _widened(empty, reach_px) & covered | _widened(covered, reach_px) & empty
    coverage = np.where((covered & ~mixed) | ~is_told, picture.coverage, 0.0)
    behind_linear = decoded(behind)
    contrast = linear[_nearest(_shrunk(covered, reach_px) | (sure & covered))] - behind_linear
    square = (contrast**2).sum(-1)
    share = (((linear - behind_linear) * contrast).sum(-1) / np.maximum(square, 1e-6)).clip(0.0, 1.0)
    mixed &= (square > MIXING_CONTRAST**2) & is_told
    coverage = np.where(mixed, share, coverage).astype(np.float32)
    light = linear - (1.0 - coverage[..., None]) * behind_linear
    light = np.where((mixed & (coverage > 0.0))[..., None], light, coverage[..., None] * linear)
    light = np.where(is_told[..., None], light, picture.linear)
    is_cut = ~shown | ((picture.coverage < WHOLE) & covered & ~mixed)
    is_open = near & is_cut & ~empty[edge] & is_told
    return Matte(coverage, light.clip(0.0, 1.0).astype(np.float32), is_open, is_unclear)


def _widened(places: np.ndarray, pixels: int) -> np.ndarray:
    return binary_dilation(places, iterations=pixels)


def _shrunk(places: np.ndarray, pixels: int) -> np.ndarray:
    return binary_erosion(places, iterations=pixels)


def _is_sure(picture: QuestionedPicture) -> np.ndarray:
    return (picture.coverage > WHOLE) & (picture.surface_depth > 2.0) & (picture.mask_depth > 1.5)


def _nearest(places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:  # [H, W] bool, any -> rows, columns [H, W]
    nearest: Any = distance_transform_edt(~places, return_distances=False, return_indices=True)
    return nearest[0], nearest[1]


def _connected(places: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Those of `places` that are connected with one of `start`."""
    found: Any = label(places)
    pieces = found[0]
    reached = np.unique(pieces[start])
    return np.isin(pieces, reached[reached > 0])


def _log_density(difference: np.ndarray, deviation: float, outliers: float) -> np.ndarray:  # [..., 3] -> [...]
    """Of a Gaussian, and a uniform share of colors that are anything."""
    gaussian = np.exp(-0.5 * (difference**2).sum(-1) / deviation**2) / (deviation * math.sqrt(2.0 * math.pi)) ** 3
    return np.log((1.0 - outliers) * gaussian + outliers)
