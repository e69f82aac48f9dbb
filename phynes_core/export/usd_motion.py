"""What moves in a USD file: clips as UsdSkel animations, camera paths as cameras with time samples."""

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from phynes_core.conventions import JOINT_NAMES
from phynes_core.export.animation import CameraKeys, Keyframes
from phynes_core.export.model import ExportModel
from phynes_core.export.subject import CameraTrack

APERTURE_MM = 24.0  # height of full frame; USD measures it in tenths of a scene unit, and only its share counts


def joint_paths(parents: tuple[int, ...]) -> list[str]:
    """The joints as UsdSkel names them: pelvis, pelvis/left_hip and so on."""
    paths: list[str] = []
    for name, parent in zip(JOINT_NAMES, parents, strict=True):
        paths.append(name if parent < 0 else f"{paths[parent]}/{name}")
    return paths


def matrices(translations: Tensor) -> Any:  # [N, 3] -> N matrices of USD, whose rows are columns here
    """Transforms without rotation."""
    from pxr import Vt

    rows = torch.eye(4, dtype=torch.float64).repeat(len(translations), 1, 1)
    rows[:, 3, :3] = translations.double()
    return Vt.Matrix4dArray.FromNumpy(rows.numpy())


def add_animation(stage: Any, model: ExportModel, clip: Keyframes, root: Any, rate: float) -> Any:
    """A clip: rotations and translations of all joints at every frame, and the weights of morph targets."""
    from pxr import Tf, UsdSkel, Vt

    animation = UsdSkel.Animation.Define(stage, root.AppendChild(Tf.MakeValidIdentifier(f"Clip_{clip.name}")))
    parents, places = model.rig.parents, model.rig.joints
    animation.CreateJointsAttr(joint_paths(parents))
    steps = torch.stack([places[j] - (places[p] if p >= 0 else 0.0) for j, p in enumerate(parents)])
    animation.CreateScalesAttr(Vt.Vec3hArray.FromNumpy(np.ones((len(parents), 3), np.float16)))
    translations, rotations = animation.CreateTranslationsAttr(), animation.CreateRotationsAttr()
    weights = None
    if model.morphs.count:
        animation.CreateBlendShapesAttr([f"pose_{number:02d}" for number in range(1, model.morphs.count + 1)])
        weights = animation.CreateBlendShapeWeightsAttr()
    for frame, time_s in enumerate(clip.times_s.tolist()):
        steps[0] = clip.root[frame]
        translations.Set(Vt.Vec3fArray.FromNumpy(steps.numpy().copy()), time_s * rate)
        rotations.Set(Vt.QuatfArray.FromNumpy(clip.rotations[frame].numpy().copy()), time_s * rate)
        if weights is not None:
            weights.Set(Vt.FloatArray.FromNumpy(clip.morphs[frame].numpy().copy()), time_s * rate)
    return animation


def add_camera(stage: Any, root: Any, keys: CameraKeys, track: CameraTrack, rate: float) -> None:
    """A camera that moves; its focal length too."""
    from pxr import Gf, Tf, UsdGeom

    camera = UsdGeom.Camera.Define(stage, root.AppendChild(Tf.MakeValidIdentifier(keys.name)))
    camera.CreateVerticalApertureAttr(APERTURE_MM)
    camera.CreateHorizontalApertureAttr(APERTURE_MM * track.aspect)
    camera.CreateClippingRangeAttr(Gf.Vec2f(0.01, 1000.0))
    focal, transform = camera.CreateFocalLengthAttr(), camera.AddTransformOp()
    for time_s, place, rotation, fov_deg in zip(
        keys.times_s.tolist(), keys.places.tolist(), keys.rotations.tolist(), track.fov_deg.tolist(), strict=True
    ):
        x, y, z, w = rotation
        matrix = Gf.Matrix4d(Gf.Rotation(Gf.Quatd(w, x, y, z)), Gf.Vec3d(*place))
        transform.Set(matrix, time_s * rate)
        focal.Set(0.5 * APERTURE_MM / math.tan(0.5 * math.radians(fov_deg)), time_s * rate)
