"""Which parts of the body no training camera ever saw: nothing can be learned there."""

import torch
from torch import Tensor

from phynes_core.body.model import BodyModel, Pose
from phynes_core.conventions import JOINT_NAMES
from phynes_core.evaluation.inspection.drawing import on_the_body, on_the_uv_square
from phynes_core.evaluation.inspection.findings import GOOD, Finding, Picture, Section, level_of, listed
from phynes_core.evaluation.inspection.moments import Moment, seen_points
from phynes_core.evaluation.report.elements import Table
from phynes_core.geometry.mesh import face_cross_products

LEAST_COSINE = 0.2  # between normal and ray: 78 degrees; a flatter look shows a pixel of smear
_FEW_PICTURES = 4  # fewer are hardly enough to tell color from light
_USABLE, _WRONG = 0.08, 0.5  # of the area
_NOTED_PART = 0.2  # of a part's area
_NEVER, _SELDOM, _SEEN = (0.85, 0.1, 0.2), (0.98, 0.72, 0.2), (0.62, 0.72, 0.8)
_NOTE = (
    "Red was never seen by a training camera (78 degrees from its normal is the flattest look that counts), yellow in"
    " fewer than four pictures. Soles, armpits and the crotch are hidden in most captures: up to 8 % is normal. The "
    "maps continue smoothly over what was not seen."
)


class SurfaceCheck:
    """Counts in how many training pictures each vertex of the body is seen."""

    def __init__(self, body: BodyModel) -> None:
        self.body = body
        self.count = torch.zeros(body.num_vertices, dtype=torch.int64)  # [V]
        self.pose: Pose | None = None

    def add(self, moment: Moment) -> None:
        """Look at a frame."""
        for view in moment.training_views:
            self.count += seen_points(view, moment.vertices, moment.normals, LEAST_COSINE)[0]
            self.pose = moment.pose

    def unseen(self, most: int = 0) -> float:
        """Share of the resting body's area that is seen in at most so many pictures."""
        area = vertex_areas(self.body)
        return float(area[self.count <= most].sum() / area.sum())

    def section(self) -> Section | None:
        """None without a training picture."""
        if self.pose is None:
            return None
        area, part = vertex_areas(self.body), self.body.weights.argmax(-1)
        rows, hidden = [], []
        for joint, name in enumerate(JOINT_NAMES):
            own = part == joint
            if not own.any():
                continue
            shares = [
                float(area[own & (self.count <= most)].sum() / area[own].sum()) for most in (0, _FEW_PICTURES - 1)
            ]
            rows.append((name.replace("_", " "), *(f"{share:.0%}" for share in shares)))
            if shares[0] > _NOTED_PART:
                hidden.append((shares[0], f"{name.replace('_', ' ')} ({shares[0]:.0%})"))
        share = self.unseen()
        level = level_of(share, _USABLE, _WRONG)
        where = f": {listed([text for _, text in sorted(hidden, reverse=True)])}" if hidden and level != GOOD else ""
        finding = Finding(
            "surface", level, f"{share:.1%} of the body's surface is never seen by a training camera{where}",
            "" if level == GOOD else "let the person turn and lift the arms, or add a camera on that side",
        )  # fmt: skip
        table = Table("Share that is not seen, by part", "", ("", "never", "in fewer than 4 pictures"), tuple(rows))
        return Section("Parts that were never seen", _NOTE, (finding,), (table,), pictures=self._pictures(self.pose))

    def _pictures(self, pose: Pose) -> tuple[Picture, ...]:
        colors = self.count.new_zeros(0).float().new_tensor(_SEEN).repeat(len(self.count), 1)
        colors[self.count < _FEW_PICTURES] = torch.tensor(_SELDOM)
        colors[self.count == 0] = torch.tensor(_NEVER)
        rest = Pose(torch.zeros_like(pose.body_pose), torch.zeros(3), torch.zeros(3), pose.betas)
        return (
            Picture("surface", "On the body", "Front and back.", on_the_body(self.body, rest, colors)),
            Picture("surface", "On the UV square", "As the maps are stored.", on_the_uv_square(self.body, colors)),
        )


def vertex_areas(body: BodyModel) -> Tensor:  # [V] square metres
    """A third of each adjoining face of the resting body."""
    area = face_cross_products(body.v_template, body.faces).norm(dim=-1) / 6.0
    return torch.zeros(body.num_vertices).index_add(0, body.faces.reshape(-1), area.repeat_interleave(3))
