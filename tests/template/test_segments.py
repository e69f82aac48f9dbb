"""Colors of vertices: those that pictures show from the front, and none of what is hidden."""

import numpy as np
import pytest
import torch
import trimesh

from phynes_core.render.camera import orbit_camera
from phynes_core.render.rasterize import rasterize
from phynes_core.template.segments import vertex_colors

SIZE = 96


def test_a_sphere_has_the_colors_of_its_pictures_where_they_show_it():
    """The left half is red, the right one green; a wall stands before the lower half; seen from before."""
    sphere = trimesh.creation.icosphere(3, radius=0.3)
    wall = np.array([[-1, -1, 0.5], [1, -1, 0.5], [1, 0, 0.5], [-1, 0, 0.5]])
    vertices = torch.from_numpy(np.concatenate([sphere.vertices, wall])).float()
    faces = torch.from_numpy(np.concatenate([sphere.faces, np.array([[0, 1, 2], [0, 2, 3]]) + len(sphere.vertices)]))
    camera = orbit_camera(torch.zeros(3), 0.0, 0.0, 3.0, SIZE, SIZE)
    covered = (rasterize(vertices, faces, camera).face_index >= 0).numpy()
    image = np.zeros((SIZE, SIZE, 3), np.uint8)
    image[:, : SIZE // 2, 0] = image[:, SIZE // 2 :, 1] = 255
    found = vertex_colors(faces, [(0, camera, image, 255 * covered.astype(np.uint8))], lambda frame: vertices)
    x, y, z = sphere.vertices.T
    upper_front = (z > 0.15) & (y > 0.05)
    ours = found[: len(sphere.vertices)]
    assert np.isfinite(ours[upper_front]).all() and np.isnan(ours[(z < -0.02) | (y < -0.05)]).all()
    assert np.allclose(ours[upper_front & (x < -0.03)], [1, 0, 0]) and np.allclose(
        ours[upper_front & (x > 0.03)], [0, 1, 0]
    )


def test_without_pictures_there_is_an_error():
    with pytest.raises(ValueError, match="one or more"):
        vertex_colors(torch.tensor([[0, 1, 2]]), [], lambda frame: torch.zeros(3, 3))
