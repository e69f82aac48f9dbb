"""The GPU's frame, unrecorded on the CPU: the same picture as the ordinary path, and steps that run when they must."""

from contextlib import contextmanager
from dataclasses import replace

import pytest
import torch

from phynes_core.avatar.checkpoint import load_checkpoint
from phynes_core.frame.frame import FrameRenderer, RenderOptions
from phynes_core.frame.recorded_frames import RecordedFrames, can_record
from phynes_core.frame.scene import PosedAvatar, Scene
from phynes_core.io.shipped_files import CHECKPOINTS
from phynes_core.maps.material_edit import MaterialEdit, PaintChange, blank_paint, painted
from phynes_core.render.camera import framing_distance, orbit_camera
from phynes_core.render.frame_buffers import BUFFERS
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


class Ran(list):
    """The names of the steps that ran."""

    @contextmanager
    def timed(self, name):
        self.append(name)
        yield


def psnr(image, expected):
    return float(10 * torch.log10(expected.square().amax() / (image - expected).square().mean().clamp(min=1e-20)))


@pytest.mark.parametrize("has_vertex_sources", [True, False])
def test_the_picture_is_that_of_the_ordinary_path(josh, has_vertex_sources):
    """Every buffer, peak over root mean square. Pixels whose face differs (grazing rays) count too in the radiance."""
    scene, options = scene_of(josh), replace(EVERYTHING, has_vertex_sources=has_vertex_sources)
    expected = FrameRenderer().render(scene, options)
    shown = RecordedFrames(torch.device("cpu")).render(scene, scene.camera, options, Ran().timed)
    same = shown.face_index == expected.face_index
    assert (~same).sum() <= 2
    for name in BUFFERS:
        image, wanted = shown.image(name) * same[..., None], expected.image(name) * same[..., None]
        assert image.shape == wanted.shape
        assert psnr(image, wanted) > LEAST_PSNR_DB, name


def test_a_step_runs_when_what_it_depends_on_changed(josh):
    frames = RecordedFrames(torch.device("cpu"))

    def ran(scene, options=EVERYTHING):
        names = Ran()
        frames.render(scene, scene.camera, options, names.timed)
        return list(names)

    scene = scene_of(josh)
    assert ran(scene) == ["pose", "camera", "sources", "light"]
    assert ran(scene) == ["light"]
    assert ran(scene_of(josh, lamps=(Lamp(10.0, 60.0),))) == ["light"]
    assert ran(scene_of(josh, azimuth=60.0)) == ["camera", "light"]
    assert ran(scene_of(josh, azimuth=60.0, elbow=0.9)) == ["pose", "camera", "sources", "light"]
    assert ran(scene_of(josh, azimuth=60.0, elbow=0.9), replace(EVERYTHING, use_cache=False))[0] == "pose"


def test_what_is_kept_never_shows_in_the_picture(josh):
    """After a walk of poses, cameras and lights the frame is that of fresh memory, bit for bit."""
    frames = RecordedFrames(torch.device("cpu"))
    last = scene_of(josh, azimuth=80.0, elbow=0.2, lamps=(Lamp(-30.0, 20.0),))
    for scene in (scene_of(josh), scene_of(josh, elbow=1.0), scene_of(josh, lamps=(Lamp(90.0, 0.0),)), last):
        shown = frames.render(scene, scene.camera, EVERYTHING, Ran().timed)
    fresh = RecordedFrames(torch.device("cpu")).render(last, last.camera, EVERYTHING, Ran().timed)
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
    frames, paint = RecordedFrames(torch.device("cpu")), blank_paint(64)
    painted(paint, torch.arange(0, 64 * 64, 3), torch.ones(64 * 64 // 3 + 1), PaintChange.over((0.1, 0.7, 0.2), 0.3))
    scene = scene_of(josh)

    def shown(materials):
        edited = replace(scene, avatars=(replace(scene.avatars[0], materials=materials),))
        names = Ran()
        mine = frames.render(edited, edited.camera, EVERYTHING, names.timed)
        expected = FrameRenderer().render(edited, EVERYTHING)
        same = (mine.face_index == expected.face_index)[..., None]
        for name in ("albedo", "roughness", "radiance"):
            assert psnr(mine.image(name) * same, expected.image(name) * same) > LEAST_PSNR_DB, name
        return list(names)

    first = MaterialEdit.uniform(0.5, (1.0, 0.4, 0.4), 0.6, 1.5, blank_paint(64))
    shown(first)
    assert shown(replace(first, paint=paint, gain=first.gain * 1.2, specular_scale=4.0)) == ["camera", "light"]
    assert "pose" in shown(None)  # recorded anew: without a look-up
