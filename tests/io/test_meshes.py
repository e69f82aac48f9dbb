"""PLY files: what is written is read back from the bytes, number by number."""

import numpy as np
import torch

from phynes_core.io.meshes import MeshAtlas, write_mesh


def test_vertices_on_a_seam_are_repeated_and_meshes_follow_one_another(tmp_path):
    """Two squares of two triangles, the first one with its diagonal cut in the UV square."""
    vertices, normals = torch.arange(24.0).view(8, 3), torch.tensor([0.0, 0.0, 1.0]).repeat(8, 1)
    cut = MeshAtlas(4, torch.tensor([0, 1, 2, 0, 2, 3]), torch.rand(6, 2), torch.tensor([[0, 1, 2], [3, 4, 5]]))
    whole = MeshAtlas(4, torch.arange(4), torch.rand(4, 2), torch.tensor([[0, 1, 2], [0, 2, 3]]))
    write_mesh(tmp_path / "mesh.ply", vertices, normals, [cut, whole])
    header, _, body = (tmp_path / "mesh.ply").read_bytes().partition(b"end_header\n")
    assert b"element vertex 10\n" in header and b"element face 4\n" in header
    rows = np.frombuffer(body[: 10 * 8 * 4], "<f4").reshape(10, 8)
    owner = [0, 1, 2, 0, 2, 3, 4, 5, 6, 7]
    assert np.array_equal(rows[:, :3], vertices[owner].numpy()) and (rows[:, 3:6] == [0, 0, 1]).all()
    assert np.array_equal(rows[:, 6:], torch.cat([cut.uv, whole.uv]).numpy())
    faces = np.frombuffer(body[10 * 8 * 4 :], [("count", "u1"), ("corners", "<i4", 3)])
    assert faces["corners"].tolist() == [[0, 1, 2], [3, 4, 5], [6, 7, 8], [6, 8, 9]] and (faces["count"] == 3).all()
