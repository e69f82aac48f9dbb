"""A person's template from posed silhouettes: carve, mesh, bind to the body, cut into charts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from phynes_core.body.model import BodyModel, Pose, pose_body, pose_correctives, pose_joints, rest_to_posed
from phynes_core.body.rotations import axis_angle_to_matrix
from phynes_core.body.template import CORRECTIVE_REACH_M, Template, template_body
from phynes_core.geometry.mesh import vertex_normals
from phynes_core.render.camera import Camera
from phynes_core.render.rasterize import rasterize
from phynes_core.template.binding import bind
from phynes_core.template.bridging import directions, is_torn, loose_cloth, usual_poses
from phynes_core.template.carve import PosedSkeletons, Silhouettes, silhouettes
from phynes_core.template.charts import chart
from phynes_core.template.config import SHARES, TemplateConfig
from phynes_core.template.fairing import smoothed
from phynes_core.template.isosurface import closed_surface
from phynes_core.template.meshing import PersonMesh, person_mesh, shape_of
from phynes_core.template.parts import body_parts
from phynes_core.template.rest_shape import RestShape, skinned
from phynes_core.template.segments import vertex_colors
from phynes_core.template.solid import Carving, Grid

MOST_JUDGED = 24  # pictures that shapes are judged by
MOST_COLORS = 32  # pictures that clothes' borders are found in
# of their overlap by cloth that spans the legs: silhouettes do not show all of it, but where it does not span them
MOST_LOST = 0.0005
HEMS = (0.4, 0.95)  # of cloth that hangs around the legs, tried one after the other: shares of the shins
LEAST_HANGING = 0.0005  # of their overlap, for each of them
SUBSAMPLES = 2  # a side of a pixel, of silhouettes that are compared


@dataclass(frozen=True)
class MaskedView:
    """A picture's silhouette."""

    camera: Camera
    coverage: np.ndarray  # [H, W] uint8
    known: np.ndarray | None = None  # [H, W] bool: where the mask is believed; None: everywhere
    image: np.ndarray | None = None  # [H, W, 3] uint8 sRGB; None: no colors are known


@dataclass(frozen=True)
class PosedViews:
    """A frame."""

    pose: Pose
    views: Sequence[MaskedView]
    vertices: Tensor | None = None  # [V, 3] world: the body's mesh there with all that is known of it; None: bare


@dataclass(frozen=True)
class MadeTemplate:
    """A template and how it came out."""

    template: Template
    is_better: bool  # than the body's mesh, by held-out silhouettes
    share: float  # of pictures that may call a point outside
    overlap: float  # mean intersection over union of held-out silhouettes
    body_overlap: float  # of the body's mesh
    parts: tuple[str, ...]  # that are the body's own triangles
    crossing: int  # pairs of faces that go through each other in the carving pose
    hem: float | None = None  # of cloth that hangs off the legs, as a share of the shins; None: all bends with them


def make_template(body: BodyModel, frames: Sequence[PosedViews], config: TemplateConfig) -> MadeTemplate:
    """Deterministic. The shape is that of the first frame's betas."""
    frames = evenly(frames, config.most_frames)
    rest = RestShape(body, frames[0].pose.betas)
    held_out = frames[config.held_out_every // 2 :: config.held_out_every] if len(frames) > 3 else frames
    others = [frame for frame in frames if all(frame is not other for other in held_out)] or frames
    judged = evenly([(frame, view) for frame in held_out for view in frame.views], MOST_JUDGED)
    carving = Carving(rest, skeletons(body, others), _silhouettes(others), config)
    grid, solids = carving.coarse(SHARES)
    overlaps = [_overlap(rest, grid, np.ascontiguousarray(solids[..., k]), judged) for k in range(len(SHARES))]
    best = int(np.argmax(overlaps))
    share, overlap, hem = SHARES[best], overlaps[best], None
    for lower in HEMS:
        hanging = replace(carving, rest=rest.hanging(lower))
        grid, solid = hanging.coarse((share,))
        gained = _overlap(hanging.rest, grid, solid[..., 0], judged)
        if gained < overlap + LEAST_HANGING:
            break
        overlap, hem = gained, lower
    rest = rest if hem is None else rest.hanging(hem)
    body_overlap = _mean_overlap(judged, lambda frame: (_body_vertices(body, frame), body.faces))

    carving = Carving(rest, skeletons(body, frames), _silhouettes(frames), config)
    parts = body_parts(body, shape_of(rest), carving.covered(share, config.hair_m))
    grid, solid = carving.coarse((share,))
    grid, solid = carving.fine(grid, solid[..., 0], share, parts)
    mesh = person_mesh(carving, grid, solid, share, parts)
    template = bind(rest, mesh)
    template = _with_loose_cloth(rest, mesh, grid, solid, template, frames, judged)
    standing = template_body(template, body)
    colors = _colors(standing, frames)
    points = torch.from_numpy(mesh.vertices).float()
    uv, uv_faces = chart(points, template.faces, standing.weights.numpy(), colors)
    template = replace(template, uv=uv, uv_faces=uv_faces)
    is_better = overlap > body_overlap + config.least_gain
    return MadeTemplate(template, is_better, share, overlap, body_overlap, mesh.parts, mesh.crossing, hem)


def widest_gap_deg(body: BodyModel, frames: Sequence[PosedViews]) -> float:
    """Largest angle about the body's long axis between neighboring sides that are seen; opposite sides are one.

    A hull is wide where no camera looks across: one camera before a person who stands still makes a slab.
    """
    sides = []
    for frame in frames:
        turn = axis_angle_to_matrix(frame.pose.global_orient[None].double())[0]
        root = pose_joints(body, frame.pose).positions[0].double()
        for view in frame.views:
            toward = turn.T @ (view.camera.center.double() - root)
            sides.append(float(torch.atan2(toward[0], toward[2])) % np.pi)
    around = np.sort(np.array(sides))
    return float(np.degrees(np.diff(np.append(around, around[0] + np.pi)).max()))


def evenly(items: Sequence, most: int) -> list:
    """At most so many of them, spread over all."""
    count = min(most, len(items))
    return [items[int(k)] for k in np.linspace(0, len(items) - 1, count).round()]


def skeletons(body: BodyModel, frames: Sequence[PosedViews]) -> PosedSkeletons:
    """What moves the body in these frames."""
    transforms = [rest_to_posed(body, frame.pose).numpy() for frame in frames]
    correctives = [pose_correctives(body, frame.pose).numpy() for frame in frames]
    return PosedSkeletons(np.stack(transforms).astype(np.float32), np.stack(correctives).astype(np.float32))


def _silhouettes(frames: Sequence[PosedViews]) -> Silhouettes:
    return silhouettes(
        [(i, view.camera, view.coverage, view.known) for i, frame in enumerate(frames) for view in frame.views]
    )


def _with_loose_cloth(
    rest: RestShape,
    mesh: PersonMesh,
    grid: Grid,
    solid: np.ndarray,  # [X, Y, Z]
    template: Template,
    frames: Sequence[PosedViews],
    judged: Sequence[tuple[PosedViews, MaskedView]],
) -> Template:
    """With pose directions for cloth that joins the legs, unless it rips or silhouettes say that it does not span."""
    standing = template_body(template, rest.body)
    normals = vertex_normals(torch.from_numpy(mesh.vertices), standing.faces).numpy()
    cloth = loose_cloth(rest, mesh.vertices, mesh.faces, normals, standing.weights.numpy(), grid, solid)
    if cloth is None:
        return template
    poses = [frame.pose for frame in frames] + usual_poses(rest.pose.betas)
    moved = torch.from_numpy(directions(standing, cloth, poses)).float()
    spanning = replace(template, moved_vertex=torch.from_numpy(cloth.vertex), moved=moved)
    spanned = template_body(spanning, rest.body)
    if is_torn(spanned, mesh.vertices, cloth):
        return template
    before, after = (
        _mean_overlap(judged, lambda frame, each=each: (pose_body(each, frame.pose).vertices, each.faces))
        for each in (standing, spanned)
    )
    return spanning if after > before - MOST_LOST else template


def _colors(body: BodyModel, frames: Sequence[PosedViews]) -> np.ndarray | None:  # [V, 3]
    """What some of the pictures show on a template; None where none is known."""
    shown = [
        (i, view.camera, view.image, view.coverage)
        for i, frame in enumerate(frames)
        for view in frame.views
        if view.image is not None
    ]
    if not shown:
        return None
    return vertex_colors(body.faces, evenly(shown, MOST_COLORS), lambda i: pose_body(body, frames[i].pose).vertices)


def _body_vertices(body: BodyModel, frame: PosedViews) -> Tensor:
    return pose_body(body, frame.pose).vertices if frame.vertices is None else frame.vertices


def _overlap(rest: RestShape, grid: Grid, solid: np.ndarray, judged: Sequence[tuple[PosedViews, MaskedView]]) -> float:
    """Mean intersection over union of a solid's silhouettes with masks."""
    vertices, faces = closed_surface(solid)
    vertices = smoothed(grid.low + vertices * grid.cell_m, faces, times=2)
    bound = rest.bound(vertices.astype(np.float32))
    gain = np.exp(-np.maximum(bound.distance, 0.0) / CORRECTIVE_REACH_M)[:, None]
    corners, shown = rest.faces[bound.face], torch.from_numpy(faces)

    def posed(frame: PosedViews) -> tuple[Tensor, Tensor]:
        correctives = pose_correctives(rest.body, frame.pose).numpy()
        moved = bound.rest + gain * np.einsum("nk,nkc->nc", bound.barycentric, correctives[corners])
        transforms = rest_to_posed(rest.body, frame.pose).numpy()
        return torch.from_numpy(skinned(moved, bound.weights, transforms).astype(np.float32)), shown

    return _mean_overlap(judged, posed)


def _mean_overlap(
    judged: Sequence[tuple[PosedViews, MaskedView]], posed: Callable[[PosedViews], tuple[Tensor, Tensor]]
) -> float:
    overlaps, last, vertices, faces = [], None, None, None
    for frame, view in judged:
        if frame is not last:
            last, (vertices, faces) = frame, posed(frame)
        assert vertices is not None and faces is not None
        overlaps.append(silhouette_overlap(vertices, faces, view))
    return float(np.mean(overlaps))


def silhouette_overlap(vertices: Tensor, faces: Tensor, view: MaskedView) -> float:
    """Intersection over union of a mesh's silhouette [V, 3], [F, 3] with a mask, by areas; where the mask is known."""
    camera = view.camera.resized(SUBSAMPLES * view.camera.width, SUBSAMPLES * view.camera.height)
    covered = (rasterize(vertices, faces, camera).face_index >= 0).float()
    ours = torch.nn.functional.avg_pool2d(covered[None], SUBSAMPLES)[0].numpy()
    theirs = view.coverage / 255.0
    if view.known is not None:
        ours, theirs = ours[view.known], theirs[view.known]
    return float(np.minimum(ours, theirs).sum() / max(np.maximum(ours, theirs).sum(), 1e-9))
