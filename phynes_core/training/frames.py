"""What training keeps of a capture: bodies with their search trees, pictures as bytes, and where to look in them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

from phynes_core.body.model import BodyModel, Pose, pose_body
from phynes_core.body.parts import head_and_hands
from phynes_core.data.capture import Capture
from phynes_core.errors import CaptureError
from phynes_core.geometry.mesh import vertex_normals
from phynes_core.kernels.cpu.bvh import Bvh
from phynes_core.registration.capture_fit import CaptureFit
from phynes_core.render.camera import Camera

BOX_MARGIN_M = 0.1  # around the body, for the rays of "anywhere in the box" (FORMATS section 1.1: 0.05 to 0.1)
PART_MARGIN_M = 0.05  # around head and hands: hair, and fits that are off by some centimetres


@dataclass(frozen=True)
class TrainingView:
    """One picture."""

    camera_name: str
    camera: Camera
    image: np.ndarray  # [H, W, 3] uint8 sRGB, premultiplied by coverage
    coverage: np.ndarray  # [H, W] uint8
    mask_pixels: np.ndarray  # [M] int32 flat index of pixels with any coverage, uncertain ones left out
    ring_pixels: np.ndarray  # [Q] int32 flat index of the pixels around the mask, or of the body's box
    head_and_hands: np.ndarray  # [H, W] bool: where they are, roughly
    trust: np.ndarray | None = None  # [H, W] float32 in [0, 1]: how far the mask is believed; None: wholly everywhere

    @cached_property
    def head_and_hands_pixels(self) -> np.ndarray:  # [D] int32
        """Those of the mask's pixels that show head or hands."""
        return self.mask_pixels[self.head_and_hands.reshape(-1)[self.mask_pixels]]


@dataclass(frozen=True)
class TrainingFrame:
    """One moment: the bare body in its pose and the training cameras' pictures."""

    number: int
    pose: Pose
    pose_vector: Tensor  # [72]
    vertices: np.ndarray  # [V, 3] world, metres, without offsets
    normals: np.ndarray  # [V, 3]
    bvh: Bvh
    views: tuple[TrainingView, ...]

    @cached_property
    def box(self) -> tuple[np.ndarray, np.ndarray]:  # [3] each, world, metres
        """The least and the greatest coordinates of the vertices."""
        return self.vertices.min(0), self.vertices.max(0)


def load_training_frames(
    capture: Capture,
    body: BodyModel,
    ring_px: int,  # width of the ring around the mask; 0: the body's box
) -> tuple[TrainingFrame, ...]:
    """All frames of the split "train" with their pictures from the training cameras."""
    cameras = [name for name, split in capture.camera_split.items() if split == "train"]
    numbers = [number for number in capture.frames if capture.frame_split[number] == "train"]
    if not cameras or not numbers:
        raise CaptureError(
            f"{capture.root}: expected at least one training camera and frame, got {len(cameras)} cameras and "
            f"{len(numbers)} frames; mark them with split 'train'"
        )
    return tuple(_load_frame(capture, body, number, cameras, ring_px) for number in numbers)


def refitted(frames: Sequence[TrainingFrame], body: BodyModel, fit: CaptureFit) -> tuple[TrainingFrame, ...]:
    """Frames as a capture gives them, with what is known better: poses and cameras."""
    changed = reposed(frames, body, fit.poses)
    return tuple(replace(frame, views=tuple(_mended(view, fit) for view in frame.views)) for frame in changed)


def reposed(frames: Sequence[TrainingFrame], body: BodyModel, poses: Mapping[int, Pose]) -> tuple[TrainingFrame, ...]:
    """The same pictures with other poses of the body; frames without one keep theirs."""
    return tuple(
        replace(frame, **_posed(body, poses[frame.number])) if frame.number in poses else frame for frame in frames
    )


def _mended(view: TrainingView, fit: CaptureFit) -> TrainingView:
    return replace(view, camera=fit.cameras.get(view.camera_name, view.camera))


def _load_frame(capture: Capture, body: BodyModel, number: int, cameras: list[str], ring_px: int) -> TrainingFrame:
    posed = _posed(body, capture.poses[number])
    parts = [posed["vertices"][chosen.numpy()] for chosen in head_and_hands(body).values()]
    views = tuple(_load_view(capture, name, number, posed["vertices"], parts, ring_px) for name in cameras)
    return TrainingFrame(number, views=views, **posed)


def _posed(body: BodyModel, pose: Pose) -> dict[str, Any]:
    """What a frame holds of its pose."""
    with torch.no_grad():
        vertices = pose_body(body, pose).vertices
        normals = vertex_normals(vertices, body.faces)
    points = np.ascontiguousarray(vertices.numpy(), np.float32)
    directions = np.ascontiguousarray(normals.numpy(), np.float32)
    tree = Bvh(points, np.ascontiguousarray(body.faces.numpy(), np.int32))
    return {"pose": pose, "pose_vector": pose.vector(), "vertices": points, "normals": directions, "bvh": tree}


def _load_view(
    capture: Capture, name: str, number: int, vertices: np.ndarray, parts: Sequence[np.ndarray], ring_px: int
) -> TrainingView:
    camera = capture.cameras[name]
    image = np.round(capture.image(name, number).numpy() * 255.0).astype(np.uint8)
    coverage = np.round(capture.mask(name, number).numpy() * 255.0).astype(np.uint8)
    mask = coverage > 0
    if not mask.any():
        raise CaptureError(f"{capture.root}: the mask of camera {name}, frame {number} is empty; remove the frame")
    around = _box(camera, vertices, BOX_MARGIN_M) if ring_px == 0 else _widened(mask, ring_px) & ~mask
    if capture.uncertain_px:
        certain = ~(_widened(mask, capture.uncertain_px) & _widened(~mask, capture.uncertain_px))
        mask, around = mask & certain, around & certain
        if not mask.any():
            raise CaptureError(
                f"{capture.root}: the mask of camera {name}, frame {number} has no pixel farther than "
                f"{capture.uncertain_px} from its edge; use larger pictures or remove the frame"
            )
    detailed = np.zeros(mask.shape, bool)
    for part in parts:
        if len(part):
            detailed |= _box(camera, part, PART_MARGIN_M)
    return TrainingView(name, camera, image, coverage, _flat(mask), _flat(around), detailed)


def _widened(mask: np.ndarray, pixels: int) -> np.ndarray:
    image = torch.from_numpy(mask.astype(np.float32))[None, None]
    side = 2 * pixels + 1  # of the square that moves over the mask: along rows first, then along columns
    rows = torch.nn.functional.max_pool2d(image, (1, side), stride=1, padding=(0, pixels))
    return torch.nn.functional.max_pool2d(rows, (side, 1), stride=1, padding=(pixels, 0))[0, 0].numpy() > 0


def _flat(mask: np.ndarray) -> np.ndarray:
    return np.nonzero(mask.ravel())[0].astype(np.int32)


def _box(camera: Camera, vertices: np.ndarray, margin_m: float) -> np.ndarray:  # [H, W] bool
    """Pixels inside the rectangle that holds the image of the vertices' padded box."""
    low, high = vertices.min(0) - margin_m, vertices.max(0) + margin_m
    corners = np.stack(np.meshgrid(*zip(low, high, strict=True), indexing="ij"), -1).reshape(-1, 3)
    image = camera.project(torch.from_numpy(corners.astype(np.float32))).numpy()
    x0, y0 = np.floor(image[:, :2].min(0)).astype(int)
    x1, y1 = np.ceil(image[:, :2].max(0)).astype(int)
    box = np.zeros((camera.height, camera.width), bool)
    box[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)] = True
    return box
