"""The metrics computed for each picture, and the region of each."""

from torch import Tensor

from phynes_core.conventions import linear_to_srgb
from phynes_core.evaluation.metrics.errors import psnr
from phynes_core.evaluation.metrics.flip import flip_map
from phynes_core.evaluation.metrics.lpips import SMALLEST as SMALLEST_LPIPS
from phynes_core.evaluation.metrics.masks import bounding_rectangle, box_mask, closed
from phynes_core.evaluation.metrics.ssim import SMALLEST_MULTISCALE, WINDOW, ms_ssim, ssim
from phynes_core.evaluation.options import EvaluateOptions
from phynes_core.render.camera import Camera


class ImageMetrics:
    """Metrics of pictures with the options of one evaluation."""

    def __init__(self, options: EvaluateOptions) -> None:
        self._options = options

    def box(self, body_vertices: Tensor, camera: Camera) -> Tensor:  # [V, 3] posed, bare -> [H, W] bool
        """The pixels of the body's padded box."""
        return box_mask(body_vertices, camera, self._options.box_padding_m)

    def picture(
        self,
        image: Tensor,  # [H, W, 3] sRGB in [0, 1]
        truth: Tensor,  # [H, W, 3] likewise
        foreground: Tensor,  # [H, W] bool
        box: Tensor,  # [H, W] bool
        head_and_hands: Tensor,  # [H, W] bool
    ) -> dict[str, float]:
        """Metrics of a rendering against a photograph; those whose window does not fit the picture are left out."""
        rows, columns = bounding_rectangle(box)
        image_cut, truth_cut = image[rows, columns], truth[rows, columns]
        flip = flip_map(image, truth)
        numbers = {
            "psnr": psnr(image, truth), "psnr_foreground": psnr(image, truth, foreground),
            "psnr_box": psnr(image, truth, box) if bool(box.any()) else psnr(image, truth),
            "ssim": ssim(image, truth), "flip": float(flip.mean()), "flip_foreground": float(flip[foreground].mean()),
        }  # fmt: skip
        if bool(head_and_hands.any()):
            numbers["psnr_head_and_hands"] = psnr(image, truth, head_and_hands)
        if min(truth_cut.shape[:2]) >= WINDOW:
            numbers["ssim_box"] = ssim(image_cut, truth_cut)
        if min(truth.shape[:2]) >= SMALLEST_MULTISCALE:
            numbers["ms_ssim"] = ms_ssim(image, truth)
        return numbers | self._perceptual(image_cut, truth_cut)

    def linear(
        self,
        ours: Tensor,  # [H, W, 3] linear, aligned
        theirs: Tensor,  # [H, W, 3] linear
        foreground: Tensor,  # [H, W] bool
        coverage: Tensor,  # [H, W] of the truth
    ) -> dict[str, float]:
        """Metrics of albedo and light, compared in linear values and again encoded as sRGB."""
        encoded, truth = (linear_to_srgb(side.clamp(0.0, 1.0)) for side in (ours, theirs))
        mask = closed(coverage)
        rows, columns = bounding_rectangle(mask)
        numbers = {
            "psnr": psnr(ours, theirs), "psnr_foreground": psnr(ours, theirs, foreground),
            "psnr_mask": psnr(ours, theirs, mask),
            "psnr_srgb": psnr(encoded, truth), "psnr_foreground_srgb": psnr(encoded, truth, foreground),
            "ssim": ssim(ours, theirs),
        }  # fmt: skip
        return numbers | self._perceptual(encoded[rows, columns], truth[rows, columns])

    def _perceptual(self, image: Tensor, truth: Tensor) -> dict[str, float]:
        network = self._options.lpips
        if network is None or min(truth.shape[:2]) < SMALLEST_LPIPS:
            return {}
        return {"lpips": network.distance(image, truth)}
