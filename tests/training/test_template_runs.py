"""Runs that learn on a template: given or carved, saved in their state, and the same bit for bit wherever they stop."""

import dataclasses
from typing import ClassVar

import pytest
import torch

from phynes_core.avatar.checkpoint import load_checkpoint
from phynes_core.body.files import load_bundled_body
from phynes_core.body.model import Pose, pose_body
from phynes_core.data.native.reader import load_capture
from phynes_core.errors import PhynesError
from phynes_core.registration.capture_fit import CaptureFit
from phynes_core.template.config import TemplateConfig
from phynes_core.template.make import MadeTemplate
from phynes_core.template.mesh_checks import topology
from phynes_core.template.meshing import MeshingError
from phynes_core.training import template_choice
from phynes_core.training.frames import TrainingFrame, reposed
from phynes_core.training.options import TrainerOptions
from phynes_core.training.presets import preset, with_overrides
from phynes_core.training.run.run_folder import RunFolder
from phynes_core.training.stage0 import Stage0
from phynes_core.training.stage1 import Stage1
from phynes_core.training.stage2 import Stage2
from phynes_core.training.trainer import Trainer
from tests.body_template import body_as_template
from tests.training.conftest import Killed, Notes, kill_at

SMALL = {"stage1.steps": "8", "stage1.rays": "64", "stage2.steps": "4", "stage2.pixels": "128", "stage1.ring_px": "3"}
SMALL |= {"stage2.smooth_pixels": "32", "stage2.albedo_from_texture_steps": "2", "stage2.calm_steps": "2"}
SMALL |= {f"{name}.encoding.log2_entries": "10" for name in ("offset", "texture", "albedo", "roughness")}
SMALL |= {
    "registration.trial_steps": "2",
    "registration.steps": "7",
    "registration.points": "100",
    "registration.texels": "64",
}
SMALL |= {"registration.least_color_gain": "-9", "registration.rounds": "1"}
ROUGH = {
    "template.source": "auto",
    "template.coarse_m": "0.02",
    "template.voxel_m": "0.02",
    "template.vertices": "4000",
    "template.longest_edge_m": "0.2",
    "template.widest_gap_deg": "180",  # two cameras, opposite each other
}


@pytest.fixture(scope="module")
def capture(tiny_root):
    return load_capture(tiny_root)


@pytest.fixture(scope="module")
def template():
    """The body's mesh, a centimetre wider."""
    made = body_as_template()
    generator = torch.Generator().manual_seed(1)
    return dataclasses.replace(made, offset=0.01 * torch.randn(made.offset.shape, generator=generator))


def _train(capture, folder, template=None, overrides=(), notes=None, **options):
    config = with_overrides(preset("fast"), SMALL | dict(overrides))
    if template is not None:
        config = dataclasses.replace(
            config, template=dataclasses.replace(config.template, source=template.content_hash)
        )
    chosen = TrainerOptions(folder, template=template, **options)
    return Trainer(capture, load_bundled_body(), config, chosen, notes or Notes()).fit()


@pytest.fixture(scope="module")
def whole(capture, template, tmp_path_factory):
    """An uninterrupted run on the given template and its folder."""
    folder = tmp_path_factory.mktemp("whole")
    return _train(capture, folder, template), folder


def test_the_avatar_stands_on_the_given_template_also_in_its_checkpoint(whole, template):
    trained, folder = whole
    assert trained.avatar.body.content_hash == template.content_hash
    stored = load_checkpoint(folder / "avatar.ckpt").body
    assert stored.template is not None and stored.template.content_hash == template.content_hash


@pytest.mark.parametrize(("kind", "at"), [(Stage0, 3), (Stage1, 0), (Stage1, 3), (Stage1, 6), (Stage2, 2)])
def test_a_run_resumed_anywhere_ends_the_same_bit_for_bit(kind, at, capture, whole, template, tmp_path, monkeypatch):
    kill_at(monkeypatch, kind, at)
    with pytest.raises(Killed):
        _train(capture, tmp_path, template, save_every_s=0.0)
    monkeypatch.undo()
    resumed, uninterrupted = _train(capture, tmp_path, template, is_resumed=True), whole[0]
    assert resumed.avatar.body.content_hash == template.content_hash
    for name, value in uninterrupted.avatar.state_dict().items():
        assert torch.equal(resumed.avatar.state_dict()[name], value), name
    for name, value in uninterrupted.fit.tensors().items():
        assert torch.equal(resumed.fit.tensors()[name], value), name


def test_another_template_does_not_resume_a_run(capture, template, tmp_path, monkeypatch):
    kill_at(monkeypatch, Stage1, 2)
    with pytest.raises(Killed):
        _train(capture, tmp_path, template, save_every_s=0.0)
    monkeypatch.undo()
    other = dataclasses.replace(template, offset=2.0 * template.offset)
    with pytest.raises(PhynesError, match=r"template\.source"):
        _train(capture, tmp_path, other, is_resumed=True)
    with pytest.raises(PhynesError, match=r"template\.source"):
        _train(capture, tmp_path, is_resumed=True)


def test_a_template_of_another_body_is_an_error(capture, template, tmp_path):
    with pytest.raises(PhynesError, match="another body"):
        _train(capture, tmp_path, dataclasses.replace(template, body_hash="0" * 64))


@pytest.mark.parametrize("least_gain", ["-1", "1"])
def test_auto_carves_and_keeps_what_held_out_silhouettes_say(least_gain, capture, tmp_path, monkeypatch):
    """With gains that everything or nothing reaches; a run that was stopped afterwards does not choose again."""
    overrides = ROUGH | {"template.least_gain": least_gain, "registration.steps": "0"}
    kill_at(monkeypatch, Stage1, 4)
    notes = Notes()
    with pytest.raises(Killed):
        _train(capture, tmp_path, overrides=overrides, notes=notes, save_every_s=0.0)
    monkeypatch.undo()
    assert any("held-out silhouettes overlap" in note for note in notes.said)
    is_carved = any(name.startswith("template.") for name in RunFolder(tmp_path).load().tensors)
    assert is_carved == (least_gain == "-1")
    again = Notes()
    body = _train(capture, tmp_path, overrides=overrides, notes=again, is_resumed=True).avatar.body
    assert not any("overlap" in note for note in again.said)
    assert (body.template is not None) == is_carved
    if is_carved:
        found = topology(body.faces.numpy())
        assert (found.num_parts, found.is_manifold, found.genus) == (1, True, 0) and body.num_vertices == 4000


def test_auto_keeps_the_bodys_mesh_and_says_so_where_too_few_sides_are_seen(capture, tmp_path, monkeypatch):
    kill_at(monkeypatch, Stage1, 0)
    notes = Notes()
    with pytest.raises(Killed):
        _train(capture, tmp_path, overrides={"registration.steps": "0"}, notes=notes)
    assert any("the body's mesh stays" in note and "no camera sees" in note for note in notes.said)


def test_auto_keeps_the_bodys_mesh_where_no_surface_comes_out(capture, tmp_path, monkeypatch):
    def fail(*_):
        raise MeshingError("expected one closed surface without handles, got two")

    monkeypatch.setattr(template_choice, "make_template", fail)
    kill_at(monkeypatch, Stage1, 0)
    notes = Notes()
    with pytest.raises(Killed):
        _train(capture, tmp_path, overrides=ROUGH | {"registration.steps": "0"}, notes=notes)
    assert any("got two; the body's mesh stays" in note for note in notes.said)


@pytest.mark.parametrize("overlaps, kept", [((0.90, 0.91, 0.92), 2), ((0.90, 0.91, 0.9105), 1), ((0.90, 0.85), 0)])
def test_poses_follow_rough_templates_while_held_out_silhouettes_gain(overlaps, kept, template, monkeypatch):
    """The registration of this test counts its rounds in the poses' translation."""
    body = load_bundled_body()
    to_come = iter(overlaps)

    def make(_body, _views, config):
        assert config.voxel_m == config.coarse_m
        return MadeTemplate(template, True, 0.0, next(to_come), 0.8, (), 0)

    class Counting:
        is_used, offsets = True, None
        poses: ClassVar = {3: Pose.rest()}

        def stand_on(self, mesh):
            self.mesh = mesh

        def refine(self, step, offsets):
            assert self.mesh.template is template and len(offsets[3]) == self.mesh.num_vertices
            if step == 0:
                moved = dataclasses.replace(self.poses[3], transl=self.poses[3].transl + torch.tensor([1.0, 0, 0]))
                self.poses = {3: moved}

        def fit(self):
            return CaptureFit(dict(self.poses))

        def surface(self, pose):
            return pose_body(body, pose)

    monkeypatch.setattr(template_choice, "make_template", make)
    frame = template_choice.refitted((_bare_frame(body),), body, CaptureFit())[0]
    registration = Counting()
    config = TemplateConfig(rounds=2)
    found = template_choice._with_better_poses(body, [frame], registration, config)
    assert float(found[0].pose.transl[0]) == float(registration.poses[3].transl[0]) == kept
    assert registration.mesh is body


def _bare_frame(body):
    """Frame 3 in the rest pose without pictures."""
    empty = TrainingFrame(3, Pose.rest(), Pose.rest().vector(), *[None] * 3, views=())
    return reposed([empty], body, {3: Pose.rest()})[0]


def test_an_unknown_source_is_an_error():
    with pytest.raises(PhynesError, match="smpl, auto"):
        with_overrides(preset("fast"), {"template.source": "jacket.obj"})
