"""Kernels entered from several threads at once answer as from one: the default numba layer would abort the process."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
import trimesh

from phynes_core.kernels.cpu.bvh import Bvh
from phynes_core.kernels.cpu.rasterize import rasterize
from phynes_core.kernels.cpu.shade import shade_probes
from phynes_core.kernels.cpu.visibility import EmbreeScene, visibility_bits
from phynes_core.render.camera import look_at


def test_four_threads_get_the_answers_of_one():
    rng = np.random.default_rng(0)
    sphere = trimesh.creation.icosphere(subdivisions=3)
    vertices, faces = sphere.vertices.astype(np.float32), sphere.faces.astype(np.int32)
    pixels = vertices * np.float32([20, 20, 0.2]) + np.float32([40, 40, 3])
    homogeneous = (pixels * [[1, 1, 1]]).astype(np.float32)
    homogeneous[:, :2] *= homogeneous[:, 2:]
    directions = sphere.face_normals[:64].astype(np.float32)
    points = rng.normal(size=(2000, 3)).astype(np.float32)
    bits = rng.integers(0, 2**32, (len(vertices), 2), dtype=np.uint32)
    power = rng.random((64, 3)).astype(np.float32)
    roughness = np.full(len(vertices), 0.5, np.float32)
    drawn = [torch.from_numpy(array) for array in (vertices, faces, homogeneous)]
    camera = look_at(torch.tensor([0.0, 0.0, 3.0]), torch.zeros(3), 80, 80)
    embree, tree = EmbreeScene(vertices, faces), Bvh(vertices, faces)
    work = [
        lambda: rasterize(*drawn, camera, near_m=0.01, snap=2.0**14)[0].numpy(),
        lambda: tree.closest(points)[2],
        lambda: shade_probes(vertices, vertices, vertices, roughness, bits, None, None, directions, power, 0.04)[0],
        lambda: visibility_bits(embree, vertices, vertices, directions, np.full(len(vertices), 1e-3)),
        lambda: visibility_bits(tree, vertices, vertices, directions, np.full(len(vertices), 1e-3)),
    ]
    expected = [task() for task in work]
    with ThreadPoolExecutor(4) as pool:
        futures = [[pool.submit(task) for task in work] for _ in range(8)]
        for group in futures:
            for future, value in zip(group, expected, strict=True):
                np.testing.assert_array_equal(future.result(), value)
