"""Morph targets that follow the pose: principal components of what pose blend shapes and offsets do to the rest mesh.

For a pose p the rest mesh that skins exactly to the engine's is r(p). Without morph targets a file holds r(reference)
alone. The components are those of r(p) - r(reference) over the clips, not centered, so that weights of zero mean the
reference pose; the weights of a frame are its projection, keyframed beside its rotations.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from phynes_core.body.model import Pose
from phynes_core.export.rig import Rig, rest_shape
from phynes_core.export.subject import ExportSubject

MOST_POSES = 120  # of the clips, spread evenly, that components and errors are taken from
LEAST_SHARE = 1e-6  # of the first component's square; what is smaller is rounding


@dataclass(frozen=True, eq=False)
class PoseMorphs:
    """N targets, N perhaps smaller than asked for where the clips hold fewer different poses."""

    targets: Tensor  # [N, V, 3] metres in the rest pose, for a weight of 1
    scale: Tensor  # [N]: the length of a target over all vertices, so that weights are of the order of 1

    @property
    def count(self) -> int:
        """N."""
        return len(self.targets)

    def weights(self, subject: ExportSubject, rig: Rig, pose: Pose) -> Tensor:  # [N]
        """The projection of this pose's rest mesh."""
        change = (rest_shape(subject, rig, pose) - rig.vertices).reshape(-1)
        return (self.targets.reshape(self.count, len(change)) @ change) / self.scale.square()

    def applied(self, rig: Rig, weights: Tensor) -> Tensor:  # [N] -> [V, 3]
        """The rest mesh with these weights."""
        return rig.vertices + torch.einsum("n,nvc->vc", weights, self.targets)


@torch.no_grad()
def pose_morphs(subject: ExportSubject, rig: Rig, count: int) -> PoseMorphs:
    """The first `count` components over the clips' poses; none for a count of 0."""
    nothing = torch.zeros(0, *rig.vertices.shape)
    if count == 0:
        return PoseMorphs(nothing, torch.zeros(0))
    changes = torch.stack([rest_shape(subject, rig, pose) - rig.vertices for pose in poses_of(subject)])
    flat = changes.reshape(len(changes), -1).double()
    # the square of the changes is as small as the number of poses; its eigenvectors say how to mix them
    square, mixing = torch.linalg.eigh(flat @ flat.T)
    square, mixing = square.flip(0)[:count], mixing.flip(1)[:, :count]
    kept = square > LEAST_SHARE * square[0].clamp(min=1e-12)
    square, mixing = square[kept], mixing[:, kept]
    directions = (mixing.T @ flat) / square.sqrt()[:, None]  # [N, 3 V] of length 1
    spread = (square / len(changes)).sqrt()  # a weight's root mean square over the poses becomes 1
    targets = (directions * spread[:, None]).float().reshape(len(directions), *rig.vertices.shape)
    return PoseMorphs(targets, spread.float())


def poses_of(subject: ExportSubject, most: int = MOST_POSES) -> list[Pose]:
    """Poses of all clips, spread evenly; the reference pose where there is no clip."""
    frames = [(clip, frame) for clip in subject.clips for frame in range(clip.num_frames)]
    step = max(1, -(-len(frames) // most))
    return [clip.pose(frame, subject.betas) for clip, frame in frames[::step]] or [subject.reference]
