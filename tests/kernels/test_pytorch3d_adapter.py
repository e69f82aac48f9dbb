"""PyTorch3D's rasterizer and losses are ours in other axes: its documented screen, and parity where it is installed."""

import pytest
import torch
import trimesh

from phynes_core.kernels.adapters.pytorch3d import to_fragments, to_ndc
from phynes_core.kernels.registry import missing_cause
from phynes_core.render.camera import Camera, orbit_camera
from phynes_core.render.rasterize import rasterize
from phynes_core.training.losses import MeshRegularizers, mesh_topology

SIZES = [(48, 48), (64, 40), (40, 64)]
CAUSE = missing_cause("pytorch3d")
needs_pytorch3d = pytest.mark.skipif(CAUSE is not None, reason=f"needs PyTorch3D: {CAUSE}")


def sphere(offset=(0.0, 0.0, 0.0)):
    made = trimesh.creation.icosphere(subdivisions=2)
    bumps = 1 + 0.15 * torch.rand(len(made.vertices), 1, generator=torch.Generator().manual_seed(0))
    return torch.tensor(made.vertices).float() * bumps + torch.tensor(offset), torch.tensor(made.faces)


def seen(width, height, distance=4.0):
    return orbit_camera(torch.tensor([0.2, -0.1, 0.0]), 25.0, 10.0, distance, width, height)


def homogeneous_of(vertices, camera):
    return camera.to_camera(vertices) @ camera.intrinsics.T


def documented_rasterizer(ndc, faces, height, width):
    """As PyTorch3D's notes on its coordinates have it: +X left, +Y up, square pixels, the shorter side is [-1, 1].

    Pixel (0, 0) is the picture's top left corner and looks at the largest x and y. Background is -1 in every output.
    """
    reach = torch.tensor([width, height]) / min(width, height)
    x = reach[0] - (torch.arange(width) + 0.5) * 2 * reach[0] / width
    y = reach[1] - (torch.arange(height) + 0.5) * 2 * reach[1] / height
    pixels = torch.stack(torch.meshgrid(y, x, indexing="ij"), -1).flip(-1).reshape(-1, 1, 2).double()
    a, b, c = ndc.double()[faces].unbind(1)

    def signed_area(p, q, r):
        return (q[..., 0] - p[..., 0]) * (r[..., 1] - p[..., 1]) - (q[..., 1] - p[..., 1]) * (r[..., 0] - p[..., 0])

    areas = [signed_area(pixels, b, c), signed_area(pixels, c, a), signed_area(pixels, a, b)]
    on_screen = torch.stack(areas, -1) / signed_area(a, b, c)[:, None]
    by_depth = on_screen / torch.stack([a[:, 2], b[:, 2], c[:, 2]], -1)
    depth = 1.0 / by_depth.sum(-1)
    hit = (on_screen > 0).all(-1) & (depth > 0)
    nearest, face = torch.where(hit, depth, torch.inf).min(1)
    weights = by_depth[torch.arange(len(face)), face] * nearest[:, None]
    covered = nearest.isfinite()
    shape = (1, height, width, 1)
    return (
        torch.where(covered, face, -1).view(shape),
        torch.where(covered, nearest, -1.0).float().view(shape),
        torch.where(covered[:, None], weights, -1.0).float().view(*shape, 3),
    )


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_pixels_land_where_its_screen_has_them(width, height):
    vertices, faces = sphere()
    camera = seen(width, height)
    ndc = to_ndc(homogeneous_of(vertices, camera), width, height)
    face_index, barycentric, depth = to_fragments(*documented_rasterizer(ndc, faces, height, width))
    ours = rasterize(vertices, faces, camera, "reference")
    assert (ours.face_index >= 0).float().mean() > 0.1
    assert face_index.dtype == ours.face_index.dtype and (face_index != ours.face_index).sum() == 0
    torch.testing.assert_close(barycentric, ours.barycentric, atol=1e-4, rtol=0)  # measured 6e-6
    torch.testing.assert_close(depth, ours.depth, atol=1e-5, rtol=0)


def test_the_corners_of_the_picture_are_the_corners_of_its_screen():
    camera = Camera(torch.eye(3), torch.eye(4), 200, 100)  # at z = 1, world (x, y) is the pixel position
    corners = torch.tensor([[0.0, 0, 1], [200, 0, 1], [200, 100, 1], [100, 50, 1]])
    expected = torch.tensor([[2.0, 1, 1], [-2, 1, 1], [-2, -1, 1], [0, 0, 1]])
    torch.testing.assert_close(to_ndc(homogeneous_of(corners, camera), 200, 100), expected)


def test_what_lies_in_the_cameras_plane_stays_finite():
    assert to_ndc(torch.tensor([[3.0, 4.0, 0.0], [3.0, 4.0, -1e-12]]), 64, 64).isfinite().all()


def test_background_becomes_ours():
    nothing = torch.full((1, 2, 2, 1), -1)
    nowhere = torch.full((1, 2, 2, 1, 3), -1.0)
    face_index, barycentric, depth = to_fragments(nothing, nothing.float(), nowhere)
    assert (face_index == -1).all() and (barycentric == 0).all() and (depth == 0).all()


def test_weights_of_a_rounded_edge_stay_within_the_face():
    covered = torch.zeros(1, 1, 1, 1, dtype=torch.int64)
    weights = torch.tensor([-1e-6, 0.4, 0.6 + 1e-6]).view(1, 1, 1, 1, 3)
    barycentric = to_fragments(covered, torch.ones(1, 1, 1, 1), weights)[1]
    assert barycentric.min() >= 0 and barycentric.sum().item() == pytest.approx(1.0)


@needs_pytorch3d
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_its_rasterizer_sees_what_the_reference_sees(width, height):
    """Measured with easypytorch3d 0.7.9.post1 on the CPU: the same faces, weights within 7e-6, depth within 2e-6."""
    vertices, faces = sphere()
    camera = seen(width, height)
    theirs, ours = (rasterize(vertices, faces, camera, backend) for backend in ("pytorch3d", "reference"))
    assert (theirs.face_index != ours.face_index).sum() <= 2  # centers on an edge: it has no top-left rule
    same = theirs.face_index == ours.face_index
    torch.testing.assert_close(theirs.barycentric[same], ours.barycentric[same], atol=1e-4, rtol=0)
    torch.testing.assert_close(theirs.depth[same], ours.depth[same], atol=1e-5, rtol=0)


@needs_pytorch3d
def test_its_rasterizer_cuts_off_what_is_too_near():
    """A floor that begins behind the camera and a wall behind it. Measured: the same faces, weights within 3e-5."""
    camera = Camera(torch.tensor([[20.0, 0, 20], [0, 20, 20], [0, 0, 1]]), torch.eye(4), 40, 40)
    vertices = torch.tensor([[-9.0, 2, -1], [9, 2, -1], [0, 2, 8], [-9, -9, 9], [9, -9, 9], [0, 9, 9]])
    faces = torch.tensor([[0, 1, 2], [3, 4, 5]])
    theirs, ours = (rasterize(vertices, faces, camera, backend) for backend in ("pytorch3d", "reference"))
    assert set(ours.face_index.unique().tolist()) == {-1, 0, 1}
    assert (theirs.face_index != ours.face_index).sum() == 0
    torch.testing.assert_close(theirs.barycentric, ours.barycentric, atol=1e-4, rtol=0)


@needs_pytorch3d
def test_its_losses_are_ours():
    """Values within 1e-6 and gradients within 1e-6 of the largest."""
    vertices, faces = sphere()
    topology, found = mesh_topology(faces, len(vertices)), {}
    for backend in ("pytorch3d", "reference"):
        moved = vertices.clone().requires_grad_()
        losses = MeshRegularizers(topology, backend).losses(moved)
        terms = losses.edge, losses.normal, losses.laplacian
        found[backend] = [(term.item(), torch.autograd.grad(term, moved, retain_graph=True)[0]) for term in terms]
    for (value, gradient), (expected, slope) in zip(found["pytorch3d"], found["reference"], strict=True):
        assert value == pytest.approx(expected, rel=1e-5)
        torch.testing.assert_close(gradient, slope, atol=1e-5 * float(slope.abs().max()), rtol=1e-4)
