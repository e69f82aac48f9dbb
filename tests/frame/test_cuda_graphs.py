"""CUDA graphs, unrecorded on the CPU: the picture of the executor `kept`, and groups that run when they must."""

from dataclasses import replace

import pytest
import torch

from phynes_core.avatar.checkpoint import load_checkpoint
from phynes_core.frame.buffers import BUFFERS
from phynes_core.frame.cuda_graphs import CudaGraphs, can_record
from phynes_core.frame.cuda_nodes import GROUPS
from phynes_core.frame.nodes import frame_values
from phynes_core.frame.options import RenderOptions
from phynes_core.frame.renderer import FrameRenderer
from phynes_core.frame.scene import PosedAvatar, Scene
from phynes_core.io.shipped_files import CHECKPOINTS
from phynes_core.maps.material_edit import MaterialEdit, PaintChange, blank_paint, painted
from phynes_core.render.camera import framing_distance, orbit_camera
from phynes_core.render.lamps import AreaLamp, Lamp
from phynes_core.render.lighting import Lighting
from phynes_core.render.probes import Environment

EVERYTHING = RenderOptions(frozenset(BUFFERS), lamp_samples=3, has_vertex_sources=True, has_pixel_normals=True)
LEAST_PSNR_DB = 50.0


@pytest.fixture(scope="module")
def josh():
    return load_checkpoint(CHECKPOINTS / "josh.ckpt").requires_grad_(False)


def scene_of(josh, azimuth=20.0, elbow=0.4, **lighting):
    """Under a sky with a sun and a window, and a lamp."""
    sky = torch.rand(48, 96, 3, generator=torch.Generator().manual_seed(0))
    sky[10, 20], sky[14:16, 60:63] = 600.0, 40.0
    pose = josh.rest_pose()
    body_pose = pose.body_pose.clone()
    body_pose[17, 1] = elbow
    camera = orbit_camera(torch.tensor([0.0, -0.2, 0.0]), azimuth, 5.0, framing_distance(1.75), 96, 96)
    light = Lighting(**{"environment": Environment(sky), "lamps": (Lamp(50.0, 30.0),), **lighting})
    return Scene((PosedAvatar(josh, replace(pose, body_pose=body_pose)),), camera, light)


def picture(graphs, scene, options=EVERYTHING):
    graphs.start(frame_values(scene, options))
    if not options.use_cache:
        graphs.forget()
    return graphs.run("compose")


def groups_that_ran(graphs):
    return [name for name in graphs.timings if name in GROUPS]


def psnr(image, expected):
    return float(10 * torch.log10(expected.square().amax() / (image - expected).square().mean().clamp(min=1e-20)))


@pytest.mark.parametrize("has_vertex_sources", [True, False])
def test_the_picture_is_that_of_the_ordinary_path(josh, has_vertex_sources):
    """Every buffer, peak over root mean square. Pixels whose face differs (grazing rays) count too in the radiance."""
    scene, options = scene_of(josh), replace(EVERYTHING, has_vertex_sources=has_vertex_sources)
    expected = FrameRenderer().render(scene, options)
    shown = picture(CudaGraphs(), scene, options)
    same = shown.face_index == expected.face_index
    assert (~same).sum() <= 2
    for name in BUFFERS:
        image, wanted = shown.image(name) * same[..., None], expected.image(name) * same[..., None]
        assert image.shape == wanted.shape
        assert psnr(image, wanted) > LEAST_PSNR_DB, name


def test_a_group_runs_when_what_it_depends_on_changed(josh):
    graphs = CudaGraphs()

    def ran(scene, options=EVERYTHING):
        picture(graphs, scene, options)
        return groups_that_ran(graphs)

    scene = scene_of(josh)
    assert ran(scene) == ["pose", "camera", "sources", "light"]
    assert ran(scene) == ["light"]
    assert ran(scene_of(josh, lamps=(Lamp(10.0, 60.0),))) == ["light"]
    assert ran(scene_of(josh, azimuth=60.0)) == ["camera", "light"]
    assert ran(scene_of(josh, azimuth=60.0, elbow=0.9)) == ["pose", "camera", "sources", "light"]
    assert ran(scene_of(josh, azimuth=60.0, elbow=0.9), replace(EVERYTHING, use_cache=False))[0] == "pose"


def test_what_is_kept_never_shows_in_the_picture(josh):
    """After a walk of poses, cameras and lights the frame is that of fresh memory, bit for bit."""
    graphs = CudaGraphs()
    last = scene_of(josh, azimuth=80.0, elbow=0.2, lamps=(Lamp(-30.0, 20.0),))
    for scene in (scene_of(josh), scene_of(josh, elbow=1.0), scene_of(josh, lamps=(Lamp(90.0, 0.0),)), last):
        shown = picture(graphs, scene)
    fresh = picture(CudaGraphs(), last)
    same = shown.face_index == fresh.face_index  # a refitted tree may order faces at an edge otherwise
    assert same.float().mean() > 0.999
    for name in ("radiance", "albedo", "normal"):
        assert psnr(shown.image(name) * same[..., None], fresh.image(name) * same[..., None]) > 80.0, name


def test_fine_pictures_and_rare_lights_take_the_ordinary_path(josh):
    scene = scene_of(josh)
    assert can_record(scene, EVERYTHING)
    assert not can_record(scene, replace(EVERYTHING, antialias=True))
    assert not can_record(scene, replace(EVERYTHING, exact_visibility=True))
    assert not can_record(scene, replace(EVERYTHING, backend="reference"))
    assert not can_record(scene_of(josh, area_lamps=(AreaLamp((1.0, 1.0, 1.0)),)), EVERYTHING)


def test_material_edits_are_those_of_the_ordinary_path_and_new_ones_reuse_the_recording(josh):
    graphs, paint = CudaGraphs(), blank_paint(64)
    painted(paint, torch.arange(0, 64 * 64, 3), torch.ones(64 * 64 // 3 + 1), PaintChange.over((0.1, 0.7, 0.2), 0.3))
    scene = scene_of(josh)

    def shown(materials):
        edited = replace(scene, avatars=(replace(scene.avatars[0], materials=materials),))
        mine = picture(graphs, edited)
        expected = FrameRenderer().render(edited, EVERYTHING)
        same = (mine.face_index == expected.face_index)[..., None]
        for name in ("albedo", "roughness", "radiance"):
            assert psnr(mine.image(name) * same, expected.image(name) * same) > LEAST_PSNR_DB, name
        return groups_that_ran(graphs)

    first = MaterialEdit.uniform(0.5, (1.0, 0.4, 0.4), 0.6, 1.5, blank_paint(64))
    shown(first)
    assert shown(replace(first, paint=paint, gain=first.gain * 1.2, specular_scale=4.0)) == ["camera", "light"]
    assert shown(None) == ["camera", "sources", "light"]  # recorded anew: without a look-up


def test_new_values_go_into_the_memory_that_recordings_read(josh):
    """An edit of the same shape: no tensor moves, and the edit itself is left alone."""
    graphs, scene = CudaGraphs(), scene_of(josh)
    edits = [MaterialEdit.uniform(gain, paint=blank_paint(16)) for gain in (0.5, 0.7)]
    held = []
    for edit in edits:
        picture(graphs, replace(scene, avatars=(replace(scene.avatars[0], materials=edit),)))
        (group,) = (group for group in graphs._groups if group.name == "camera")
        held.append((group.recording, group.fixed["map_edits"][0].gain.data_ptr()))
    assert held[0] == held[1] and held[0][1] not in {edit.gain.data_ptr() for edit in edits}
    assert torch.equal(group.fixed["map_edits"][0].gain, edits[1].gain)
    assert edits[0].gain[0] == 0.5
