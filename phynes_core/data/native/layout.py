"""Paths and names of the native capture layout's files (docs/dataset.md)."""

from pathlib import Path

FORMAT = 1  # of cameras.json
CAMERAS = "cameras.json"
BODY = "body.npz"
GROUND_TRUTH = "ground_truth"
COLORS = "colors.json"  # in ground_truth, as the true CAMERAS and BODY of a degraded capture
IMPERFECTIONS = "imperfections.json"  # in ground_truth: what `degrade` did
TRAIN_LIGHT = "train"  # the light under which the training images were taken
PLAIN_BUFFERS = ("albedo", "roughness", "normal", "depth")  # one .exr per camera and frame
LIT_BUFFERS = ("relit", "shading")  # one .exr per light, camera and frame


def frame_name(frame: int) -> str:
    """File name of a frame without its suffix."""
    return f"{frame:06d}"


def image_path(root: Path, camera: str, frame: int) -> Path:
    """8-bit sRGB picture."""
    return root / "images" / camera / f"{frame_name(frame)}.png"


def mask_path(root: Path, camera: str, frame: int) -> Path:
    """8-bit coverage."""
    return root / "masks" / camera / f"{frame_name(frame)}.png"


def buffer_path(root: Path, buffer: str, camera: str, frame: int, light: str | None = None) -> Path:
    """Ground-truth picture: `light` only for the buffers that depend on one."""
    if buffer not in PLAIN_BUFFERS + LIT_BUFFERS:
        raise ValueError(f"buffer: expected one of {', '.join(PLAIN_BUFFERS + LIT_BUFFERS)}, got '{buffer}'")
    if (light is not None) != (buffer in LIT_BUFFERS):
        raise ValueError(f"light: expected {'a name' if buffer in LIT_BUFFERS else 'None'} for {buffer}, got {light}")
    folder = root / GROUND_TRUTH / buffer
    return (folder if light is None else folder / light) / camera / f"{frame_name(frame)}.exr"


def center_mask_path(root: Path, camera: str, frame: int) -> Path:
    """8-bit: 255 where the ray through the pixel's center hits the subject."""
    return root / GROUND_TRUTH / "center_mask" / camera / f"{frame_name(frame)}.png"


def true_path(root: Path, name: str) -> Path:
    """True CAMERAS, BODY or COLORS, or the IMPERFECTIONS, of a degraded capture."""
    return root / GROUND_TRUTH / name


def light_path(root: Path, light: str) -> Path:
    """Lat-long environment, world axes."""
    return root / GROUND_TRUTH / "lights" / f"{light}.exr"


def geometry_path(root: Path, frame: int) -> Path:
    """Vertices of the subject's true surface."""
    return root / GROUND_TRUTH / "geometry" / f"{frame_name(frame)}.npz"


def topology_path(root: Path) -> Path:
    """Faces of the subject's true surface, the same for all frames."""
    return root / GROUND_TRUTH / "geometry" / "topology.npz"
