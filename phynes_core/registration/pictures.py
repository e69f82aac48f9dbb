"""What registration sees of a picture: its person cut out and reduced, blurred colors, and the distance to the mask."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import distance_transform_edt, gaussian_filter

from phynes_core.data.capture import Capture
from phynes_core.render.camera import Camera

LONGEST_SIDE = 320  # of a cut-out picture: finer ones are reduced by a whole number; errors of the model are larger
SMALLEST_SIDE = 8  # of a camera's picture: a smaller one shows nothing, and slopes need neighbors
MARGIN_SHARE = 0.08  # of the longer side, kept around the person
EDGE_BLUR_PX = 0.6  # of the distance field, so that its slope turns smoothly around corners
KEPT_BYTES = 2**30  # of blurred pictures, all views together; beyond, they are blurred again when needed
TINY = 1e-4


@dataclass(frozen=True)
class BlurredPicture:
    """Colors of a picture, blurred within the mask."""

    linear: np.ndarray  # [H, W, 3] float32, not premultiplied
    srgb: np.ndarray  # [H, W, 3] float32
    slope: np.ndarray  # [H, W, 3, 2] float32, d srgb / d (x, y) per pixel


class PersonPicture:
    """One camera's picture of one frame, cut to the person; H x W pixels of `camera`."""

    def __init__(self, camera_name: str, camera: Camera, image: np.ndarray, coverage: np.ndarray) -> None:
        """`image` [H, W, 3] and `coverage` [H, W]: uint8; sRGB, premultiplied in linear light."""
        self.camera_name = camera_name
        rows, columns = np.nonzero(coverage)
        margin = round(MARGIN_SHARE * max(np.ptp(rows), np.ptp(columns))) + 4
        x0, y0 = max(columns.min() - margin, 0), max(rows.min() - margin, 0)
        x1, y1 = min(columns.max() + margin, camera.width), min(rows.max() + margin, camera.height)
        factor = -(-max(x1 - x0, y1 - y0) // LONGEST_SIDE)
        width, height = (x1 - x0) // factor, (y1 - y0) // factor
        inside = np.s_[y0 : y0 + height * factor, x0 : x0 + width * factor]
        self.corner = int(y0) // factor, int(x0) // factor  # of its first pixel in the camera's whole picture, reduced
        self.whole_size = -(-camera.height // factor), -(-camera.width // factor)  # of that
        self.pixels_per_px = factor  # pixels of the camera's picture along one of this
        self.camera = camera.cropped(x0, y0, width * factor, height * factor).resized(width, height)
        self.given_camera = self.camera  # as the capture says
        self.given_linear = _reduced(linear_of(image[inside]), factor)  # [H, W, 3], premultiplied
        self.given_coverage = _reduced(coverage[inside].astype(np.float32) / 255.0, factor)  # [H, W]
        self.take_edge(self.given_linear, self.given_coverage, np.zeros(self.given_coverage.shape, bool))

    def take_edge(self, linear: np.ndarray, coverage: np.ndarray, is_open: np.ndarray) -> None:
        """Color [H, W, 3], premultiplied, and coverage [H, W] that are known better than the given ones.

        `is_open` [H, W]: outside the mask where it may cut into the person, so that an outline there is no misfit.
        """
        self._linear, self._coverage, self.is_open = linear, coverage, is_open
        self.has_edge = bool((coverage <= 0.5).any())  # False: the person fills the picture
        self.distance, self.distance_slope = _distance_to_edge(coverage)
        self._blurred: tuple[float, BlurredPicture] | None = None

    @property
    def person_px(self) -> float:
        """The longer side of the person's box."""
        rows, columns = np.nonzero(self._coverage > 0.5)
        return float(max(np.ptp(rows), np.ptp(columns), 1)) if len(rows) else 1.0

    @property
    def nbytes(self) -> int:
        """What keeping a blurred picture takes."""
        return 12 * 4 * self._coverage.size

    def blurred(self, sigma_px: float, is_kept: bool) -> BlurredPicture:
        """Blurred by a Gaussian that leaves the background out."""
        if self._blurred is not None and self._blurred[0] == sigma_px:
            return self._blurred[1]
        linear = blurred_within(self._linear, self._coverage, sigma_px)
        srgb = encoded(linear)
        picture = BlurredPicture(linear, srgb, _slope(srgb).astype(np.float32))
        if is_kept:
            self._blurred = sigma_px, picture
        return picture


def blurred_within(linear: np.ndarray, coverage: np.ndarray, sigma_px: float) -> np.ndarray:
    """[H, W, 3], premultiplied by [H, W], blurred by a Gaussian that leaves the background out; not premultiplied."""
    share = gaussian_filter(coverage, sigma_px)[..., None] + TINY
    return np.minimum(gaussian_filter(linear, (sigma_px, sigma_px, 0)) / share, 1.0)


def load_person_pictures(capture: Capture, camera_names: list[str], frame: int) -> list[PersonPicture]:
    """The pictures of one frame; cameras whose mask is empty, or who have no room for slopes, are left out."""
    found = []
    for name in camera_names:
        camera = capture.cameras[name]
        if not capture.has_image(name, frame) or min(camera.width, camera.height) < SMALLEST_SIDE:
            continue
        image = np.round(capture.image(name, frame).numpy() * 255.0).astype(np.uint8)
        coverage = np.round(capture.mask(name, frame).numpy() * 255.0).astype(np.uint8)
        if (coverage > 127).any():
            found.append(PersonPicture(name, camera, image, coverage))
    return found


def encoded(linear: np.ndarray) -> np.ndarray:
    """Linear [0, ..] to sRGB, float32."""
    linear = np.maximum(linear, 0.0)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055).astype(np.float32)


def linear_of(image: np.ndarray) -> np.ndarray:  # uint8 sRGB -> float32
    """The light that sRGB bytes stand for."""
    return decoded(np.arange(256) / 255.0).astype(np.float32)[image]


def decoded(srgb: np.ndarray) -> np.ndarray:
    """sRGB in [0, 1] to linear: the inverse of `encoded`."""
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def _reduced(image: np.ndarray, factor: int) -> np.ndarray:  # [H, W, ...] -> [H / factor, W / factor, ...]
    if factor == 1:
        return image
    height, width = image.shape[0] // factor, image.shape[1] // factor
    return image.reshape(height, factor, width, factor, *image.shape[2:]).mean((1, 3)).astype(np.float32)


def _distance_to_edge(coverage: np.ndarray) -> tuple[np.ndarray, np.ndarray]:  # [H, W], [H, W, 2] unit or 0
    """Pixels to the mask's edge, negative inside, and their slope; a pixel that is half covered lies on the edge."""
    inside = coverage > 0.5
    if inside.all() or not inside.any():
        farthest = np.float32(sum(inside.shape))
        return np.where(inside, -farthest, farthest), np.zeros((*inside.shape, 2), np.float32)
    distance = np.where(inside, 0.5 - distance_inside(inside), distance_inside(~inside) - 0.5)
    on_edge = (coverage > 0.02) & (coverage < 0.98) & (np.abs(distance) < 1.01)
    distance[on_edge] = 0.5 - coverage[on_edge]
    smooth = gaussian_filter(distance, EDGE_BLUR_PX).astype(np.float32)
    slope = _slope(smooth)
    return smooth, (slope / np.maximum(np.linalg.norm(slope, axis=-1, keepdims=True), 1e-3)).astype(np.float32)


def distance_inside(mask: np.ndarray) -> np.ndarray:  # [H, W] bool -> [H, W] float64
    """Pixels to the nearest one outside."""
    return np.asarray(distance_transform_edt(mask))


def _slope(image: np.ndarray) -> np.ndarray:  # [H, W, ...] -> [H, W, ..., 2]
    """d / d (x, y) per pixel, by central differences."""
    return np.stack((np.gradient(image, axis=1), np.gradient(image, axis=0)), -1)
