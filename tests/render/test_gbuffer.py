"""The gbuffer: the kernel against plain torch, and a picture of nothing."""

from dataclasses import fields

import pytest
import torch
import trimesh

from phynes_core.geometry.mesh import vertex_normals
from phynes_core.render.camera import orbit_camera
from phynes_core.render.gbuffer import GBuffer, build_gbuffer
from phynes_core.render.rasterize import rasterize


def sphere_at(distance: float, backend: str) -> GBuffer:
    shape = trimesh.creation.icosphere(subdivisions=3)
    vertices, faces = torch.tensor(shape.vertices).float(), torch.tensor(shape.faces)
    uv = torch.rand(len(faces), 3, 2, generator=torch.Generator().manual_seed(0))
    camera = orbit_camera(torch.tensor([0.2, 0.1, 0.0]), 30.0, 10.0, distance, 70, 50)
    fragments = rasterize(vertices, faces, camera)
    return build_gbuffer(fragments, vertices, faces, vertex_normals(vertices, faces), uv, camera, backend)


@pytest.mark.parametrize("distance", [3.0, 0.9])  # from without, and from within, where every pixel is covered
def test_the_kernel_equals_torch(distance):
    fast, slow = (sphere_at(distance, backend) for backend in ("numba", "reference"))
    assert 500 < slow.num_pixels <= 3500
    for entry in fields(GBuffer):
        ours, theirs = (getattr(gbuffer, entry.name) for gbuffer in (fast, slow))
        if isinstance(ours, int):
            assert ours == theirs
            continue
        assert ours.dtype == theirs.dtype and ours.shape == theirs.shape, entry.name
        torch.testing.assert_close(ours, theirs, rtol=0, atol=5e-7)


@pytest.mark.parametrize("backend", ["numba", "reference"])
def test_a_picture_of_nothing_has_no_rows(backend):
    vertices, faces = torch.zeros(3, 3), torch.tensor([[0, 1, 2]])
    camera = orbit_camera(torch.tensor([5.0, 5.0, 0.0]), 0.0, 0.0, 3.0, 8, 6)
    fragments = rasterize(vertices, faces, camera)
    gbuffer = build_gbuffer(fragments, vertices, faces, torch.ones(3, 3), torch.zeros(1, 3, 2), camera, backend)
    assert gbuffer.num_pixels == 0 and gbuffer.corners.shape == (0, 3)
    assert not gbuffer.scatter(gbuffer.depth).any()
