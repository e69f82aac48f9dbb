"""A person's own mesh on a body: shoes without toes, a skirt that closes between the legs, hair.

A template's vertices are places on the body's surface and how far they stand off it in the rest pose; its skinning
weights are a mean of those of a few of the body's vertices. So it holds nothing of the body itself, which may be
licensed, and follows the body's shape and pose directions; loose cloth has some more of its own. On its body it is a
`BodyModel` like any other.
"""

import hashlib
from dataclasses import dataclass, field, fields

import torch
from torch import Tensor

from phynes_core.body.model import BodyModel
from phynes_core.conventions import NUM_JOINTS

CORRECTIVE_REACH_M = 0.04  # what stands off the skin so far follows its pose blend shapes by 1 / e
MOST_SHARES = 8  # of the body's vertices in one vertex's weights
DIRECTED_JOINTS = (1, 2, 4, 5)  # hips and knees, whose rotations move loose cloth
NUM_DIRECTIONS = 9 * len(DIRECTED_JOINTS)


@dataclass(frozen=True, eq=False)
class Template:
    """A mesh of its own topology, bound to a body. On the CPU."""

    body_hash: str  # content_hash of the body that it stands on
    place_face: Tensor  # [V] int64, of the body
    place_barycentric: Tensor  # [V, 3] in [0, 1], sum 1
    offset: Tensor  # [V, 3] metres from the place, in the T-pose's axes
    share_vertex: Tensor  # [V, MOST_SHARES] int64, of the body
    share: Tensor  # [V, MOST_SHARES] of that vertex's skinning weights, >= 0, sum 1
    faces: Tensor  # [F, 3] int64, counter-clockwise from outside
    uv: Tensor  # [U, 2] in [0, 1]; each entry belongs to one vertex
    uv_faces: Tensor  # [F, 3] int64
    # vertices with pose directions of their own, K >= 0, each once: loose cloth that spans both legs
    moved_vertex: Tensor = field(default_factory=lambda: torch.zeros(0, dtype=torch.int64))  # [K]
    # metres in the T-pose's axes, of the rotations of DIRECTED_JOINTS less the identity, row by row
    moved: Tensor = field(default_factory=lambda: torch.zeros(0, 3, NUM_DIRECTIONS))  # [K, 3, NUM_DIRECTIONS]

    def tensors(self) -> dict[str, Tensor]:
        """All but the body's hash and what is empty, by field."""
        values = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        return {name: value for name, value in values.items() if isinstance(value, Tensor) and value.numel()}

    @property
    def content_hash(self) -> str:
        """Of everything, the body included; int64 and float32, little-endian."""
        digest = hashlib.sha256(self.body_hash.encode())
        for value in self.tensors().values():
            array = value.contiguous().numpy()
            digest.update(str(array.shape).encode())
            digest.update(array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes())
        return digest.hexdigest()


def template_body(template: Template, body: BodyModel) -> BodyModel:
    """The template as a body, with the other's skeleton, shape and pose directions.

    Raises ValueError for numbers that do not fit the body.
    """
    _check(template, body)
    corners = body.faces[template.place_face]  # [V, 3]

    def at_places(values: Tensor) -> Tensor:  # [body's V, ...] -> [V, ...]
        weights = template.place_barycentric.view(-1, 3, *[1] * (values.dim() - 1))
        return sum(weights[:, k] * values[corners[:, k]] for k in range(3))  # type: ignore[return-value]

    num_vertices = len(template.offset)
    gain = torch.exp(-template.offset.norm(dim=-1) / CORRECTIVE_REACH_M)
    posedirs = at_places(body.posedirs.view(len(body.posedirs), -1, 3).permute(1, 2, 0)) * gain[:, None, None]
    posedirs[template.moved_vertex[:, None], :, directed_rows()] += template.moved.transpose(1, 2)
    v_template, shapedirs = at_places(body.v_template) + template.offset, at_places(body.shapedirs)
    weights = (template.share[..., None] * body.weights[template.share_vertex]).sum(1)
    return BodyModel(
        name=body.name,
        v_template=v_template,
        shapedirs=shapedirs,
        posedirs=posedirs.permute(2, 0, 1).reshape(-1, num_vertices * 3).contiguous(),
        joint_regressor=_joint_regressor(v_template, shapedirs, body),
        weights=weights,
        parents=body.parents,
        faces=template.faces,
        uv=template.uv,
        uv_faces=template.uv_faces,
        uv_is_unwrapped=True,
        content_hash=template.content_hash,
        template=template,
    )


def directed_rows() -> Tensor:  # [NUM_DIRECTIONS]
    """Which of a body's pose directions belong to DIRECTED_JOINTS."""
    return torch.cat([torch.arange(9 * (joint - 1), 9 * joint) for joint in DIRECTED_JOINTS])


def _joint_regressor(v_template: Tensor, shapedirs: Tensor, body: BodyModel) -> Tensor:  # [24, V]
    """The regressor of least norm that gives the body's joints in every shape."""
    num_vertices = len(v_template)
    columns = [torch.ones(num_vertices, 1), v_template, shapedirs.reshape(num_vertices, -1)]
    known = torch.cat(columns, 1).double()  # [V, 4 + 3 B]
    joints = body.joint_regressor.double() @ body.v_template.double()
    moved = torch.einsum("jv,vcb->jcb", body.joint_regressor.double(), body.shapedirs.double())
    wanted = torch.cat([torch.ones(NUM_JOINTS, 1).double(), joints, moved.reshape(NUM_JOINTS, -1)], 1)
    scale = known.square().sum(0).sqrt().clamp(min=1e-12)  # of columns in metres and in metres per beta
    return ((wanted / scale) @ torch.linalg.pinv(known / scale)).float()


def _check(template: Template, body: BodyModel) -> None:
    """Every index in range, so that files of strangers fail here and not later."""
    num_vertices, num_entries = len(template.offset), len(template.uv)
    limits = {
        "place_face": body.num_faces, "share_vertex": body.num_vertices, "faces": num_vertices,
        "uv_faces": num_entries,
    }  # fmt: skip
    for name, limit in limits.items():
        value = getattr(template, name)
        if value.numel() == 0 or int(value.min()) < 0 or int(value.max()) >= limit:
            raise ValueError(f"{name}: expected numbers 0..{limit - 1}, got others")
    moved = template.moved_vertex
    if moved.numel() and (int(moved.min()) < 0 or int(moved.max()) >= num_vertices or len(moved.unique()) < len(moved)):
        raise ValueError(f"moved_vertex: expected different numbers 0..{num_vertices - 1}, got others")
    shapes = {
        "place_face": (num_vertices,), "place_barycentric": (num_vertices, 3), "offset": (num_vertices, 3),
        "share_vertex": (num_vertices, MOST_SHARES), "share": (num_vertices, MOST_SHARES),
        "faces": (len(template.faces), 3), "uv": (num_entries, 2), "uv_faces": (len(template.faces), 3),
        "moved": (len(template.moved_vertex), 3, NUM_DIRECTIONS),
    }  # fmt: skip
    for name, shape in shapes.items():
        if tuple(getattr(template, name).shape) != shape:
            raise ValueError(f"{name}: expected shape {shape}, got {tuple(getattr(template, name).shape)}")
    for name in ("place_barycentric", "share"):
        value = getattr(template, name)
        if float(value.min()) < -1e-4 or float((value.sum(-1) - 1.0).abs().max()) > 1e-3:
            raise ValueError(f"{name}: expected shares in [0, 1] that sum to 1, got others")
    if float(template.uv.min()) < 0.0 or float(template.uv.max()) > 1.0:
        raise ValueError("uv: expected numbers in [0, 1], got others")
    owner = torch.full((num_entries,), -1, dtype=torch.int64)
    owner[template.uv_faces.reshape(-1)] = template.faces.reshape(-1)
    if int(owner.min()) < 0 or not torch.equal(owner[template.uv_faces], template.faces):
        raise ValueError("uv_faces: expected entries that are used and belong to one vertex each, got others")
    if template.body_hash != body.content_hash:
        raise ValueError(f"body: expected that with hash {template.body_hash[:12]}, got {body.content_hash[:12]}")
