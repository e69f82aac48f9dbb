"""Brushes on an avatar: round on the body, across seams, on one side and one limb; fills by color."""

import pytest
import torch

from phynes_core.avatar.avatar import Avatar
from phynes_core.avatar.paint_path import Path, paint_weight
from phynes_core.avatar.paint_surface import PaintSurface
from phynes_core.body.files import load_bundled_body
from phynes_core.body.texels import TEXELS, barycentric_at, face_of_uv, surface_texels
from phynes_core.maps.material_edit import look_up


@pytest.fixture(scope="module")
def avatar():
    return Avatar.untrained(load_bundled_body(), "bare").requires_grad_(False)


@pytest.fixture(scope="module")
def surface(avatar):
    return PaintSurface(avatar)


@pytest.fixture(scope="module")
def rest(avatar):
    """Vertices in the T-pose."""
    return avatar.displaced_vertices(avatar.rest_pose(), avatar.vertex_offsets(avatar.training_poses[0]))


def weights_image(touched):
    image = torch.zeros(TEXELS * TEXELS)
    image[touched.index] = touched.weight
    return image.view(TEXELS, TEXELS, 1)


def places_of(avatar, rest, touched):
    """[T, 3] world of the texels touched."""
    texels = surface_texels(avatar.body)
    row = torch.full((TEXELS * TEXELS,), -1)
    row[texels.index] = torch.arange(len(texels.index))
    rows = row[touched.index]
    return (rest[avatar.body.faces[texels.face[rows]]] * texels.barycentric[rows][..., None]).sum(1)


def uv_of_face(avatar, face):
    u, v = avatar.body.uv[avatar.body.uv_faces[face]].mean(0).tolist()
    return u, v


def seam_edges(body):
    """[E, 2 sides, 2 ends] uv entries, and [E, 2] vertices, of edges whose faces lie in different places of the UV."""
    ends = torch.stack([body.faces, body.faces.roll(-1, 1)], -1).view(-1, 2)
    uv_ends = torch.stack([body.uv_faces, body.uv_faces.roll(-1, 1)], -1).view(-1, 2)
    order = ends.argsort(1)
    ends, uv_ends = ends.gather(1, order), uv_ends.gather(1, order)
    _, which, count = torch.unique(ends, dim=0, return_inverse=True, return_counts=True)
    paired = which.argsort(stable=True)[count[which.sort().values] == 2].view(-1, 2)
    is_seam = (uv_ends[paired[:, 0]] != uv_ends[paired[:, 1]]).any(1)
    return uv_ends[paired[is_seam]], ends[paired[is_seam][:, 0]], paired[is_seam] // 3


def test_a_stripe_across_a_seam_is_the_same_on_both_sides(avatar, surface, rest):
    """Against the closed form of a soft brush, where the seam itself is read from either side."""
    body, radius = avatar.body, 0.05
    uv_ends, ends, faces = seam_edges(body)
    centers = rest[ends].mean(1)
    on_the_side = (centers[:, 1] - rest[:, 1].median()).abs().argmin()  # some seam of the trunk
    points = tuple(uv_of_face(avatar, face) for face in faces[on_the_side].tolist())
    image = weights_image(surface.brush(points, radius, 0.0))
    corners = rest[body.faces[faces[on_the_side]]]  # [2, 3, 3]
    normals = torch.nn.functional.normalize(
        torch.linalg.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), dim=-1
    )
    path = Path.through(corners.mean(1), normals, 1.0)
    near = path.distance(centers)[0] < 0.8 * radius
    expected = paint_weight(path, centers[near], path.distance(centers[near])[1], radius, 0.0)
    sides = [look_up(image, body.uv[uv_ends[near, side]].mean(1))[:, 0] for side in (0, 1)]
    assert near.sum() >= 4
    assert (sides[0] - sides[1]).abs().max() < 0.01  # measured 0.0013; without the charts' rims 0.44
    assert (sides[0] - expected).abs().max() < 0.01  # measured 0.0018


def test_a_brush_reaches_as_far_as_its_radius_in_space_and_no_chart_beyond(avatar, surface, rest):
    face = int((rest[avatar.body.faces].mean(1) - torch.tensor([0.0, 0.1, 0.3])).norm(dim=-1).argmin())
    touched = surface.brush((uv_of_face(avatar, face),), 0.04, 0.9)
    apart = (places_of(avatar, rest, touched) - rest[avatar.body.faces[face]].mean(0)).norm(dim=-1)
    assert apart.max() < 0.041
    assert touched.weight[apart < 0.03].min() == pytest.approx(1.0)


def test_the_other_leg_is_not_painted(avatar, surface, rest):
    """From within the left calf the brush's ball reaches the right one."""
    centers = rest[avatar.body.faces].mean(1)
    low = rest[:, 1].min() + 0.3
    inner = torch.where((centers[:, 0] > 0.02) & ((centers[:, 1] - low).abs() < 0.05), centers[:, 0], 9.0).argmin()
    radius = 2.2 * float(centers[inner, 0])
    is_right = (centers[:, 0] < 0) & ((centers - centers[inner]).norm(dim=-1) < radius)
    assert is_right.any()
    places = places_of(avatar, rest, surface.brush((uv_of_face(avatar, int(inner)),), radius, 0.5))
    assert len(places) > 100 and (places[:, 0] > 0).all()


def test_a_mirrored_stroke_paints_the_same_places_of_the_other_side(avatar, surface, rest):
    centers = rest[avatar.body.faces].mean(1)
    face = int((centers - torch.tensor([0.1, 0.1, 0.3])).norm(dim=-1).argmin())
    points = (uv_of_face(avatar, face),)
    alone, both = surface.brush(points, 0.03, 0.5), surface.brush(points, 0.03, 0.5, mirrors=True)
    ours = places_of(avatar, rest, alone)
    theirs = places_of(avatar, rest, both)
    theirs = theirs[theirs[:, 0] < 0]
    assert len(theirs) == pytest.approx(len(ours), rel=0.1)
    middle = (ours * alone.weight[:, None]).sum(0) / alone.weight.sum()
    assert torch.allclose(theirs.mean(0) * torch.tensor([-1.0, 1.0, 1.0]), middle, atol=0.004)


def test_a_stroke_that_grows_is_the_stroke_drawn_at_once(avatar, surface):
    points = tuple((0.30 + 0.002 * step, 0.55) for step in range(60))
    for count in range(1, 60, 7):
        surface.brush(points[:count], 0.015, 0.7)
    grown, fresh = surface.brush(points, 0.015, 0.7), PaintSurface(avatar).brush(points, 0.015, 0.7)
    assert torch.equal(grown.index, fresh.index) and torch.allclose(grown.weight, fresh.weight)


def test_places_off_the_body_paint_nothing(avatar, surface):
    empty = torch.nonzero(surface_texels(avatar.body).face_at.view(-1) < 0)[0, 0]
    place = (float(empty % TEXELS + 0.5) / TEXELS, 1.0 - float(empty // TEXELS + 0.5) / TEXELS)
    assert len(surface.brush((place,), 0.1, 0.5).index) == 0
    assert len(surface.fill(place, 0.1).index) == 0
    assert len(surface.brush((), 0.1, 0.5).index) == 0


def test_a_fill_takes_the_piece_of_one_color(avatar, rest, monkeypatch):
    """Legs blue, the rest red: a fill on one leg takes both legs and nothing else; seams do not stop it."""

    def albedo(uv, pose, count=None):
        faces = face_of_uv(avatar.body, uv).clamp(min=0)
        height = (rest[avatar.body.faces[faces]] * barycentric_at(avatar.body, faces, uv)[..., None]).sum(1)[:, 1]
        return torch.where(height[:, None] < border, torch.tensor([0.1, 0.1, 0.8]), torch.tensor([0.8, 0.1, 0.1]))

    border = float(rest[:, 1].quantile(0.3))
    monkeypatch.setattr(avatar, "query_albedo", albedo)
    surface = PaintSurface(avatar)
    centers = rest[avatar.body.faces].mean(1)
    foot = int(centers[:, 1].argmin())
    touched = surface.fill(uv_of_face(avatar, foot), 0.1)
    about = set(surface.fill_preview(uv_of_face(avatar, foot), 0.1).index.tolist())
    both = about & set(touched.index.tolist())
    assert len(both) > 0.85 * max(len(about), len(touched.index)), "0.93 of the larger one"
    places = places_of(avatar, rest, touched)
    assert places[:, 1].max() < border + 0.005
    texels = surface_texels(avatar.body)
    height = (rest[avatar.body.faces[texels.face]] * texels.barycentric[..., None]).sum(1)[:, 1]
    assert min((places[:, 0] > 0).sum(), (places[:, 0] < 0).sum()) > 0.45 * (height < border).sum()


def test_a_fill_that_blurs_takes_stripes_as_one_cloth(avatar, rest, monkeypatch):
    """Legs striped red and white every 3 cm, the rest blue: 0 cm takes one stripe, 8 cm the whole of the leg."""

    def albedo(uv, pose, count=None):
        faces = face_of_uv(avatar.body, uv).clamp(min=0)
        height = (rest[avatar.body.faces[faces]] * barycentric_at(avatar.body, faces, uv)[..., None]).sum(1)[:, 1:2]
        stripe = torch.where((height / 0.03).floor() % 2 == 0, torch.tensor([0.8, 0.1, 0.1]), torch.tensor([0.8] * 3))
        return torch.where(height < border, stripe, torch.tensor([0.05, 0.1, 0.8]))

    border = float(rest[:, 1].min()) + 0.7
    monkeypatch.setattr(avatar, "query_albedo", albedo)
    surface = PaintSurface(avatar)
    centers = rest[avatar.body.faces].mean(1)
    shin = int((centers - torch.tensor([0.1, float(rest[:, 1].min()) + 0.35, 0.05])).norm(dim=-1).argmin())
    place = uv_of_face(avatar, shin)
    one, all_of_it = surface.fill(place, 0.1), surface.fill(place, 0.25, pattern_m=0.08)
    heights = [places_of(avatar, rest, touched)[:, 1] for touched in (one, all_of_it)]
    assert heights[0].max() - heights[0].min() < 0.15  # faces of 4 cm reach over a stripe here and there
    assert heights[1].max() - heights[1].min() > 0.4 and heights[1].max() < border + 0.06
