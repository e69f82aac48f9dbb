"""Baked textures: the maps' values, nothing of another chart at a border, normals that decode to the engine's."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn.functional import normalize

from phynes_core.body.atlas import chart_image, face_image
from phynes_core.body.texels import barycentric_at, texel_centers
from phynes_core.export.rig import make_rig
from phynes_core.export.tangents import export_mesh, mesh_tangents
from phynes_core.export.textures import bake, has_border
from phynes_core.geometry.mesh import vertex_normals
from phynes_core.maps.material_edit import MaterialEdit
from phynes_core.render.detail_normals import detail_normals, face_frames
from tests.export.conftest import small_subject
from tests.small_body import small_body

SIDE = 64


def baked(subject, side=SIDE, after_part=lambda done, of: None):
    return bake(subject, make_rig(subject), export_mesh(subject.avatar.body), side, after_part)


def inside(subject):
    """Texels in charts, their faces and texel coordinates."""
    faces = face_image(subject.avatar.body, SIDE).view(-1)
    index = torch.nonzero(faces >= 0)[:, 0]
    return index, faces[index].long(), texel_centers(index, SIDE)


def test_texels_hold_the_maps_values(subject):
    textures = baked(subject)
    index, _, uv = inside(subject)
    albedo = subject.avatar.query_albedo(uv, subject.material_pose)
    assert np.allclose(textures.albedo.reshape(-1, 3)[index], albedo, atol=1e-6)
    roughness = subject.avatar.query_roughness(uv, subject.material_pose)
    assert np.allclose(textures.roughness.reshape(-1)[index], roughness, atol=1e-6)


def test_edits_are_baked(subject):
    edited = baked(replace(subject, materials=MaterialEdit.uniform(tint=(0.5, 1.0, 0.0)))).albedo
    plain = baked(subject).albedo
    assert np.allclose(edited, plain * np.array([0.5, 1.0, 0.0]), atol=1e-6)


@pytest.mark.parametrize("has_vectors", [False, True])
def test_normals_decode_to_the_engines(has_vectors):
    """A texel read as MikkTSpace is read, with interpolated vectors that are not made unit, is the detail normal."""
    subject = small_subject(has_vectors)
    body, rig, mesh = subject.avatar.body, make_rig(subject), export_mesh(subject.avatar.body)
    textures = baked(subject)
    index, face, uv = inside(subject)
    weights = barycentric_at(body, face, uv)[..., None]
    normals = vertex_normals(rig.vertices, body.faces)[mesh.vertex]
    tangents = mesh_tangents(mesh, rig.vertices[mesh.vertex], normals)
    n = (weights * normals[mesh.faces[face]]).sum(1)
    t = (weights * tangents[mesh.faces[face]][..., :3]).sum(1)
    b = tangents[mesh.faces[face, 0], 3:] * torch.linalg.cross(n, t)
    texel = torch.from_numpy(textures.normal.reshape(-1, 3))[index]
    decoded = normalize(texel[:, :1] * t + texel[:, 1:2] * b + texel[:, 2:] * n, dim=-1)
    offsets = subject.avatar.vertex_offsets(subject.reference.vector())
    blend = torch.eye(3).expand(len(offsets), 3, 3) if has_vectors else None
    frames = face_frames(rig.vertices, body.faces, body.uv[body.uv_faces], offsets, blend)
    gradient = subject.avatar.offset_gradient(uv, subject.reference.vector())
    wanted = detail_normals(normalize(n, dim=-1), gradient, face, frames)
    assert torch.allclose(decoded, wanted, atol=1e-4)
    assert (wanted - normalize(n, dim=-1)).norm(dim=-1).max() > 0.05  # there is detail to lose


def test_bilinear_reads_at_borders_mix_in_no_other_chart():
    """One chart red, all others green: between texel centers of a chart nothing else shines through."""
    subject = small_subject()
    body = subject.avatar.body
    charts = chart_image(body, 1024)

    class TwoColors(torch.nn.Module):
        def forward(self, uv, pose, backend="auto", count=None):
            column = (uv[:, 0] * 1024).long().clamp(0, 1023)
            row = ((1.0 - uv[:, 1]) * 1024).long().clamp(0, 1023)
            is_red = (charts[row, column] == 0).float()
            return torch.stack([is_red, 1.0 - is_red, torch.zeros(len(uv))], -1)

    subject.avatar.albedo = TwoColors()
    side = 256
    image = torch.from_numpy(baked(replace(subject, has_detail=False), side).albedo)
    own = chart_image(body, side)
    deep = (own == 0) & (torch.nn.functional.max_pool2d((own != 0).float()[None], 3, 1, 1)[0] == 0)
    assert torch.equal(image[deep], torch.tensor([1.0, 0.0, 0.0]).expand(int(deep.sum()), 3))
    # what lies between the charts belongs to the nearest one, so that small mipmaps stay clean, too
    assert ((image[..., 0] == 1.0) | (image[..., 1] == 1.0)).all()


def test_every_texel_is_filled(subject):
    textures = baked(subject)
    assert textures.roughness.min() > 0 and np.allclose(np.linalg.norm(textures.normal, axis=-1), 1.0, atol=1e-5)


def test_a_stop_while_baking_goes_through(subject):
    class Stop(Exception):
        pass

    def stop(done, of):
        raise Stop

    with pytest.raises(Stop):
        baked(subject, after_part=stop)


def test_an_open_mesh_is_seen_from_both_sides():
    body = small_body()
    assert not has_border(body)
    assert has_border(replace(body, faces=body.faces[1:], uv_faces=body.uv_faces[1:]))
