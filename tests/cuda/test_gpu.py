"""What only a GPU can show: recorded frames equal the CPU's, wait for nothing and stay small. See docs/gpu.md."""

from dataclasses import replace

import pytest
import torch

from phynes_core.avatar.checkpoint import load_checkpoint
from phynes_core.frame.buffers import BUFFERS
from phynes_core.frame.options import RenderOptions
from phynes_core.frame.renderer import FrameRenderer
from phynes_core.frame.scene import PosedAvatar, Scene
from phynes_core.geometry.closest_point import closest_point
from phynes_core.io.shipped_files import CHECKPOINTS
from phynes_core.render.camera import framing_distance, orbit_camera
from phynes_core.render.lamps import Lamp
from phynes_core.render.lighting import Lighting
from phynes_core.render.probes import Environment, probe_directions
from phynes_core.render.visibility import Occluder

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA GPU here (docs/gpu.md)")

EVERYTHING = RenderOptions(frozenset(BUFFERS), lamp_samples=4, has_vertex_sources=True, has_pixel_normals=True)
LEAST_PSNR_DB = 50.0
MOST_MEMORY_BYTES = 1 << 30


@pytest.fixture(scope="module")
def josh():
    return load_checkpoint(CHECKPOINTS / "josh.ckpt").requires_grad_(False)


def scene_of(josh, azimuth=20.0, elbow=0.4, size=512):
    sky = torch.rand(48, 96, 3, generator=torch.Generator().manual_seed(0))
    sky[10, 20], sky[14:16, 60:63] = 600.0, 40.0
    pose = josh.rest_pose()
    body_pose = pose.body_pose.clone()
    body_pose[17, 1] = elbow
    camera = orbit_camera(torch.tensor([0.0, -0.2, 0.0]), azimuth, 5.0, framing_distance(1.75), size, size)
    posed = PosedAvatar(josh, replace(pose, body_pose=body_pose))
    return Scene((posed,), camera, Lighting(Environment(sky), (Lamp(50.0, 30.0),)))


def psnr(image, expected):
    return float(10 * torch.log10(expected.square().amax() / (image - expected).square().mean().clamp(min=1e-20)))


def test_rays_and_queries_agree_with_the_cpu():
    """Random soup: a ray that grazes an edge to the last bit may fall to either side."""
    generator = torch.Generator().manual_seed(0)
    vertices = torch.rand(900, 3, generator=generator)
    faces = torch.randint(0, 900, (600, 3), generator=generator)
    points, normals = torch.rand(500, 3, generator=generator), torch.randn(500, 3, generator=generator)
    normals = torch.nn.functional.normalize(normals, dim=-1)
    rows = vertices, faces, points, normals, probe_directions()
    bits = []
    for device in ("cpu", "cuda"):
        v, f, p, n, d = (tensor.to(device) for tensor in rows)
        bits.append(Occluder(v, f).point_bits(p, n, d).cpu())
    differing = sum(int(word).bit_count() for word in (bits[0] ^ bits[1]).flatten().numpy().view("uint32"))
    assert differing <= 1e-4 * 500 * 512
    near = [closest_point(*(t.to(device) for t in rows[:3])).distance.cpu() for device in ("cpu", "cuda")]
    torch.testing.assert_close(near[0], near[1], atol=1e-5, rtol=0)


def test_the_frame_is_that_of_the_cpu(josh):
    scene = scene_of(josh)
    expected = FrameRenderer().render(scene, EVERYTHING)
    shown = FrameRenderer(device=torch.device("cuda", 0)).render(scene, EVERYTHING).cpu()
    same = shown.face_index == expected.face_index
    assert same.float().mean() > 0.9999
    for name in BUFFERS:
        assert psnr(shown.image(name) * same[..., None], expected.image(name) * same[..., None]) > LEAST_PSNR_DB, name


def test_a_replayed_graph_equals_what_it_recorded(josh):
    """A walk of poses, cameras and lights, then the first scene again, against a renderer that only knows that."""
    walked, fresh = (FrameRenderer(device=torch.device("cuda", 0)) for _ in range(2))
    for azimuth, elbow in ((20.0, 0.4), (90.0, 0.4), (90.0, 1.2), (-30.0, 0.0), (50.0, 0.7)):
        shown = walked.render(scene_of(josh, azimuth, elbow), EVERYTHING).cpu()
    expected = fresh.render(scene_of(josh, 50.0, 0.7), EVERYTHING).cpu()
    for name in ("radiance", "albedo", "normal"):
        assert psnr(shown.image(name), expected.image(name)) > LEAST_PSNR_DB, name


def test_a_frame_waits_for_nothing(josh):
    renderer = FrameRenderer(device=torch.device("cuda", 0))
    for elbow in (0.1, 0.2):
        renderer.render(scene_of(josh, elbow=elbow), EVERYTHING)
    torch.cuda.synchronize()
    try:
        torch.cuda.set_sync_debug_mode("error")
        renderer.render(scene_of(josh, azimuth=70.0, elbow=0.9), EVERYTHING)
    finally:
        torch.cuda.set_sync_debug_mode("default")


def test_frames_stay_within_a_gigabyte(josh):
    """Everything that is not torch's included: the context, Warp's tree, the graphs."""
    torch.cuda.empty_cache()
    free = torch.cuda.mem_get_info()[0]
    renderer = FrameRenderer(device=torch.device("cuda", 0))
    for elbow in (0.1, 0.5, 0.9):
        renderer.render(scene_of(josh, elbow=elbow), EVERYTHING)
    torch.cuda.synchronize()
    assert free - torch.cuda.mem_get_info()[0] < MOST_MEMORY_BYTES
