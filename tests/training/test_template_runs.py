"""Runs that learn on a template: given or carved, saved in their state, and the same bit for bit wherever they stop."""

import dataclasses

import pytest
import torch

from phynes_core.avatar.checkpoint import load_checkpoint
from phynes_core.body.files import load_bundled_body
from phynes_core.data.native.reader import load_capture
from phynes_core.errors import PhynesError
from phynes_core.template.mesh_checks import topology
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
SMALL |= {"registration.steps": "7", "registration.points": "100", "registration.texels": "64"}
SMALL |= {"registration.least_gain": "-9", "registration.rounds": "1"}
ROUGH = {
    "template.source": "auto",
    "template.coarse_m": "0.02",
    "template.voxel_m": "0.02",
    "template.vertices": "4000",
    "template.longest_edge_m": "0.2",
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


def test_an_unknown_source_is_an_error():
    with pytest.raises(PhynesError, match="smpl, auto"):
        with_overrides(preset("fast"), {"template.source": "jacket.obj"})
