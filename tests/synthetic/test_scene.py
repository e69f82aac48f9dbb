"""Our conventions survive the border to Mitsuba: directions, pixels, texture orientation, BRDF, energy."""

import math

import numpy as np
import pytest
import torch

from phynes_core.conventions import latlong_directions, latlong_solid_angles
from phynes_core.render.brdf import cook_torrance
from phynes_core.render.camera import Camera, look_at, orbit_camera
from phynes_core.synthetic.mitsuba.rendering import render_radiance, surface_buffers
from phynes_core.synthetic.mitsuba.scene import (
    Crop,
    body_crop,
    make_brdf,
    make_environment,
    make_mesh,
    make_texture,
    make_white_diffuse,
    split_at_seams,
)
from phynes_core.synthetic.mitsuba.setup import load_mitsuba

SIZE = 64
FULL = Crop(0, 0, SIZE, SIZE)


def sphere(radius: float = 1.0, rings: int = 48) -> tuple[np.ndarray, np.ndarray]:
    theta, phi = np.meshgrid(np.linspace(0, np.pi, rings + 1), np.arange(2 * rings) * np.pi / rings, indexing="ij")
    points = np.stack([np.sin(theta) * np.cos(phi), np.cos(theta), np.sin(theta) * np.sin(phi)], -1).reshape(-1, 3)
    columns, faces = 2 * rings, []
    for row in range(rings):
        for column in range(columns):
            a, b = row * columns + column, row * columns + (column + 1) % columns
            faces += [(a, b, a + columns), (b, b + columns, a + columns)]
    return points * radius, np.array(faces)


def white_sphere():
    points, faces = sphere()
    return make_mesh(points, faces, make_white_diffuse(), points)


def front_camera() -> Camera:
    return look_at(torch.tensor([0.0, 0.0, 6.0]), torch.zeros(3), SIZE, SIZE)


@pytest.mark.parametrize(("axis", "sign"), [(0, 1), (0, -1), (1, 1), (1, -1), (2, 1), (2, -1)])
def test_one_bright_texel_lights_the_side_it_stands_on(axis, sign):
    """Lambert's law, fitted to the shading of a white sphere, finds the texel's direction in our convention."""
    directions = latlong_directions(32, 64)
    toward = torch.zeros(3)
    toward[axis] = sign
    chosen = (directions @ toward).flatten().argmax()
    image = torch.zeros(32 * 64, 3)
    image[chosen] = 500.0
    light = directions.reshape(-1, 3)[chosen]
    mesh, emitter = white_sphere(), make_environment(image.reshape(32, 64, 3))
    plain = [make_texture(np.ones((2, 2, channels), np.float32)) for channels in (3, 1)]
    normals, shades = [], []
    for azimuth, elevation in ((30, 25), (210, -25)):
        camera = orbit_camera(torch.zeros(3), azimuth, elevation, 6.0, SIZE, SIZE)
        radiance, coverage = render_radiance(mesh, emitter, camera, FULL, 64, seed=1, direct_only=True)
        inside = coverage > 0.999
        normals.append(surface_buffers(mesh, *plain, camera, FULL).normal[inside])
        shades.append(radiance[inside][:, 0])
    normal, shade = torch.cat(normals), torch.cat(shades)
    lit = shade > 0.25 * shade.max()
    found = torch.linalg.lstsq(normal[lit], shade[lit, None]).solution[:, 0]
    assert found / found.norm() @ light > math.cos(
        math.radians(2.5)
    )  # the texel is 5.6 degrees wide, skewed at the poles


def test_environment_is_seen_texel_by_texel():
    """Mitsuba evaluates our image at our texel centers to our numbers."""
    generator = torch.Generator().manual_seed(0)
    image = torch.rand(16, 32, 3, generator=generator)
    mi = load_mitsuba()
    scene = mi.load_dict({"type": "scene", "emitter": make_environment(image)})
    directions = latlong_directions(16, 32).reshape(-1, 3).numpy()
    ray = mi.Ray3f(mi.Point3f(0, 0, 0), mi.Vector3f(np.ascontiguousarray(directions.T)))
    si = scene.ray_intersect(ray)
    seen = np.array(scene.environment().eval(si)).T.reshape(16, 32, 3)
    assert np.abs(seen - image.numpy()).max() < 2e-4


def test_narrow_environments_turn_by_fractions_of_a_texel():
    """A width that is no multiple of four keeps its energy and its direction."""
    image = torch.zeros(3, 6, 3)
    image[1, 2] = 1.0
    mi = load_mitsuba()
    scene = mi.load_dict({"type": "scene", "emitter": make_environment(image)})
    directions = latlong_directions(60, 120)
    ray = mi.Ray3f(mi.Point3f(0, 0, 0), mi.Vector3f(np.ascontiguousarray(directions.reshape(-1, 3).numpy().T)))
    seen = torch.from_numpy(np.array(scene.environment().eval(scene.ray_intersect(ray)))[0]).reshape(60, 120)
    weight = seen * latlong_solid_angles(60, 120)
    mean = (directions * weight[..., None]).sum((0, 1))
    assert mean / mean.norm() @ latlong_directions(3, 6)[1, 2] > math.cos(math.radians(2))


def test_pixels_fall_where_our_camera_projects_them():
    """Four small spheres appear at Camera.project's pixels, also through a crop."""
    camera = orbit_camera(torch.tensor([0.1, -0.2, 0.3]), 35.0, 20.0, 5.0, SIZE, SIZE)
    centers = torch.tensor([[0.5, 0.4, 0.2], [-0.6, 0.3, 0.5], [0.2, -0.7, 0.6], [0.0, 0.0, 0.0]])
    unit, faces = sphere(0.06, 12)
    for center in centers:
        points = unit + center.double().numpy()
        mesh = make_mesh(points, faces, make_white_diffuse())
        crop = body_crop(points, camera)
        _, coverage = render_radiance(mesh, make_environment(torch.ones(8, 16, 3)), camera, crop, 64, seed=2)
        y, x = torch.meshgrid(torch.arange(SIZE) + 0.5, torch.arange(SIZE) + 0.5, indexing="ij")
        found = torch.stack([(x * coverage).sum(), (y * coverage).sum()]) / coverage.sum()
        expected = camera.project(center)[:2]
        assert (found - expected).abs().max() < 0.06
        outside = torch.ones(SIZE, SIZE, dtype=torch.bool)
        outside[crop.y : crop.y + crop.height, crop.x : crop.x + crop.width] = False
        assert coverage[outside].sum() == 0


def test_textures_stand_upright():
    """A quad with v up shows row 0 of the texture on top, column 0 on the left."""
    points = np.array([[-1.0, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]])
    faces = np.array([[0, 1, 2], [0, 2, 3]])
    uv = np.array([[0.0, 0], [1, 0], [1, 1], [0, 1]])
    split = split_at_seams(faces, uv[faces])
    texels = np.zeros((4, 4, 3), np.float32)
    texels[0, :, 0], texels[:, 0, 1] = 1.0, 1.0
    albedo, roughness = make_texture(texels), make_texture(np.full((4, 4, 1), 0.3, np.float32))
    mesh = make_mesh(points[split.vertex], split.faces, make_brdf(albedo, roughness), uv=split.uv)
    buffers = surface_buffers(mesh, albedo, roughness, front_camera(), FULL)
    hit = buffers.center_mask
    rows, columns = torch.nonzero(hit, as_tuple=True)
    top, bottom, left, right = rows.min() + 1, rows.max() - 1, columns.min() + 1, columns.max() - 1
    assert buffers.albedo[top, left : right + 1, 0].min() > 0.95 and buffers.albedo[bottom, :, 0].max() < 0.05
    assert buffers.albedo[top : bottom + 1, left, 1].min() > 0.95 and buffers.albedo[:, right, 1].max() < 0.05
    assert torch.allclose(buffers.roughness[hit], torch.tensor(0.3), atol=1e-6) or buffers.roughness[hit].min() > 0.1
    assert torch.allclose(buffers.normal[hit], torch.tensor([0.0, 0.0, 1.0]), atol=1e-6)
    assert torch.allclose(buffers.depth[hit], torch.tensor(6.0), atol=1e-4)


def test_white_sphere_under_uniform_light_shows_its_albedo():
    radiance, coverage = render_radiance(
        white_sphere(), make_environment(torch.ones(16, 32, 3)), front_camera(), FULL, 64, seed=3, direct_only=True
    )
    inner = coverage > 0.999
    assert inner.sum() > 500
    assert abs(float(radiance[inner].mean()) - 0.8) < 0.002


def test_mitsuba_brdf_equals_ours_and_its_sampling_is_unbiased():
    mi = load_mitsuba()
    generator = torch.Generator().manual_seed(4)
    count = 4096

    def upper(n: int) -> torch.Tensor:
        d = torch.nn.functional.normalize(torch.randn(n, 3, generator=generator), dim=-1)
        d[:, 2] = d[:, 2].abs().clamp(min=0.02)
        return torch.nn.functional.normalize(d, dim=-1)

    for rough in (0.15, 0.45, 0.9):
        brdf = make_brdf(
            make_texture(np.full((2, 2, 3), 0.4, np.float32)), make_texture(np.full((2, 2, 1), rough, np.float32))
        )
        wo, wi = upper(count), upper(count)
        si = mi.SurfaceInteraction3f()
        si.wi = mi.Vector3f(np.ascontiguousarray(wo.numpy().T))
        si.uv = mi.Point2f(np.full((2, count), 0.5, np.float32))
        value = np.array(brdf.eval(mi.BSDFContext(), si, mi.Vector3f(np.ascontiguousarray(wi.numpy().T)))).T
        normal = torch.tensor([0.0, 0.0, 1.0]).expand(count, 3)
        ours = cook_torrance(wi, wo, normal, torch.full((count, 3), 0.4), torch.full((count,), rough), 0.04)
        assert np.allclose(value, (ours * wi[:, 2:]).numpy(), rtol=2e-3, atol=1e-5)

        # the directional albedo by importance sampling equals the one by quadrature
        eye = torch.tensor([[0.6, 0.0, 0.8]])
        directions = latlong_directions(400, 800).reshape(-1, 3)
        f = cook_torrance(
            directions, eye.expand_as(directions), torch.tensor([0.0, 0.0, 1.0]).expand_as(directions),
            torch.full_like(directions, 0.4), torch.full((len(directions),), rough), 0.04,
        )  # fmt: skip
        exact = (f[:, 0] * directions[:, 2].clamp(min=0) * latlong_solid_angles(400, 800).reshape(-1)).sum()
        n = 200_000
        si = mi.SurfaceInteraction3f()
        si.wi = mi.Vector3f(*(mi.Float([float(v)] * n) for v in eye[0]))
        si.uv = mi.Point2f(0.5, 0.5)
        random = np.random.default_rng(5).random((3, n), np.float32)
        _, weight = brdf.sample(mi.BSDFContext(), si, mi.Float(random[0]), mi.Point2f(random[1:]))
        assert abs(float(np.array(weight)[0].mean()) / float(exact) - 1) < 0.01


def test_camera_with_a_shifted_center_is_refused():
    camera = front_camera()
    shifted = Camera(
        camera.intrinsics + torch.tensor([[0.0, 0, 5], [0, 0, 0], [0, 0, 0]]), camera.T_cam_world, SIZE, SIZE
    )
    with pytest.raises(ValueError, match="principal point"):
        render_radiance(white_sphere(), make_environment(torch.ones(4, 8, 3)), shifted, FULL, 4, seed=0)
