"""The frames that are inspected, one at a time: the bare body in its pose, and every camera's picture of it."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from phynes_core.body.model import BodyModel, Pose, pose_body
from phynes_core.data.capture import Capture
from phynes_core.evaluation.options import spread
from phynes_core.geometry.mesh import vertex_normals
from phynes_core.render.camera import Camera
from phynes_core.render.rasterize import Fragments, rasterize

INSIDE = 128  # of 255: a pixel belongs to the mask when the person covers half of it
_BEHIND_M = 0.01  # a point this far behind what the camera sees is hidden
NOVEL_SHARE = 5  # one frame of novel motion for so many training frames


@dataclass(frozen=True, eq=False)
class View:
    """One camera's picture of a moment."""

    name: str  # of the camera
    is_training: bool
    camera: Camera
    image: np.ndarray  # [H, W, 3] uint8 sRGB, premultiplied by coverage
    coverage: np.ndarray  # [H, W] uint8
    fragments: Fragments  # of the bare body

    @cached_property
    def inside(self) -> np.ndarray:  # [H, W] bool
        """The mask."""
        return self.coverage >= INSIDE

    @cached_property
    def body(self) -> np.ndarray:  # [H, W] bool
        """The bare body's silhouette."""
        return self.fragments.face_index.numpy() >= 0


@dataclass(frozen=True, eq=False)
class Moment:
    """One frame."""

    frame: int
    is_training: bool  # a frame of split "train"
    pose: Pose
    vertices: Tensor  # [V, 3] world, metres: the bare body
    normals: Tensor  # [V, 3] unit, world
    views: tuple[View, ...]

    @property
    def training_views(self) -> tuple[View, ...]:
        """What training sees of this frame."""
        return tuple(view for view in self.views if view.is_training and self.is_training)


def chosen_frames(capture: Capture, most: int) -> list[int]:
    """Up to `most` training frames, evenly apart, and some of novel motion that a camera saw."""
    train = [frame for frame in capture.frames if capture.frame_split[frame] == "train"]
    novel = [
        frame for frame in capture.frames
        if capture.frame_split[frame] != "train" and any(capture.has_image(name, frame) for name in capture.cameras)
    ]  # fmt: skip
    return spread(train, most) + spread(novel, max(1, most // NOVEL_SHARE))


@torch.no_grad()
def moments(
    capture: Capture,
    body: BodyModel,
    frames: Sequence[int],
    cameras: Collection[str] | None = None,  # None: all
) -> Iterator[Moment]:
    """Read, pose and rasterize the frames one after the other. Raises CaptureError for unreadable pictures."""
    for frame in frames:
        pose = capture.poses[frame]
        vertices = pose_body(body, pose).vertices
        normals = vertex_normals(vertices, body.faces)
        views = tuple(
            _view(capture, body, vertices, name=name, frame=frame)
            for name in capture.cameras
            if (cameras is None or name in cameras) and capture.has_image(name, frame)
        )
        yield Moment(frame, capture.frame_split[frame] == "train", pose, vertices, normals, views)


def seen_points(
    view: View,
    points: Tensor,  # [N, 3] world, on the bare body
    normals: Tensor,  # [N, 3] unit, world
    least_cosine: float,  # between normal and ray
) -> tuple[Tensor, Tensor, Tensor]:  # [N] bool; [N] column and [N] row, 0 where the point lies outside the picture
    """Which points a camera sees: inside its picture, not behind the body, not at a grazing angle."""
    camera = view.camera
    x_px, y_px, depth = camera.project(points).unbind(-1)
    is_inside = (depth > 0) & (x_px >= 0) & (x_px < camera.width) & (y_px >= 0) & (y_px < camera.height)
    x, y = (torch.where(is_inside, pixels, 0.0).long() for pixels in (x_px, y_px))
    before = view.fragments.depth[y, x]
    cosine = (torch.nn.functional.normalize(camera.center - points, dim=-1) * normals).sum(-1)
    return is_inside & ((before == 0) | (depth <= before + _BEHIND_M)) & (cosine >= least_cosine), x, y


def _view(capture: Capture, body: BodyModel, vertices: Tensor, name: str, frame: int) -> View:
    camera = capture.cameras[name]
    image, mask = capture.image(name, frame), capture.mask(name, frame)
    return View(
        name=name,
        is_training=capture.camera_split[name] == "train",
        camera=camera,
        image=np.round(image.numpy() * 255.0).astype(np.uint8),
        coverage=np.round(mask.numpy() * 255.0).astype(np.uint8),
        fragments=rasterize(vertices, body.faces, camera),
    )
