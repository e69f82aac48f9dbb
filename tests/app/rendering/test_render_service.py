"""The render service: from ViewStates to frames, without windows."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from app.model import avatar_row, edits, joints, lights
from app.model.avatar_row import BodyState
from app.model.comparison import CompareState
from app.model.display_settings import BUFFERS
from app.model.lamps import add_lamp, edit_lamp, move_lamp
from app.model.lights import LightState
from app.model.view_state import ViewState
from app.options.bodies import motion_path
from app.options.light import light_of_probe, probe_file
from app.rendering.lighting import cell_of
from app.rendering.render_service import RenderService
from phynes_core.avatar.avatar import Avatar
from phynes_core.avatar.checkpoint import save_checkpoint
from phynes_core.body.files import load_bundled_body
from phynes_core.errors import CheckpointError, ImageError, MotionError
from phynes_core.io.exr_files import write_exr
from phynes_core.io.shipped_files import ASSETS

SIZE = 64


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    torch.manual_seed(0)
    avatar = Avatar.untrained(load_bundled_body(), "plain")
    avatar.light += torch.linspace(0.0, 1.0, 32)[None, :, None]  # not the same from all sides
    path = tmp_path_factory.mktemp("avatar") / "plain.ckpt"
    save_checkpoint(path, avatar)
    return path


@pytest.fixture(scope="module")
def service():
    return RenderService()


@pytest.fixture
def view(service, checkpoint):
    state = ViewState(BodyState(str(checkpoint)), light=light_of_probe("captured"))
    return replace(state, camera=service.home_camera(state))


def lit(frame):
    """Radiance of the covered pixels."""
    pixels = frame.pixels.astype(np.float32)
    return pixels[..., :3][pixels[..., 3] > 0]


def test_the_captured_light_is_the_one_learned_in_training(service, view, checkpoint):
    frame = service.render(view, SIZE)
    assert np.allclose(frame.probe_radiance[:, :, 0], 0.5 + np.linspace(0, 1, 32), atol=1e-5)
    assert frame.state == view and frame.size == (SIZE, SIZE)


def test_the_default_view_fills_most_of_the_height(service, view):
    rows = np.nonzero(service.render(view, SIZE).pixels[..., 3].any(1))[0]
    assert 0.8 < (rows[-1] - rows[0] + 1) / SIZE < 0.9


@pytest.mark.parametrize("name", BUFFERS)
def test_every_buffer_renders(service, view, name):
    frame = service.render(edits.edit_display(view, buffer=name), SIZE)
    assert np.isfinite(frame.pixels).all() and 0.03 < (frame.pixels[..., 3] > 0).mean() < 0.5
    assert lit(frame).max() > 0


def test_a_lamp_lights_the_half_that_faces_it(service, view):
    alone = edits.edit_light(add_lamp(view), mode="none")
    for azimuth, brighter in ((90.0, slice(SIZE // 2, None)), (-90.0, slice(None, SIZE // 2))):
        pixels = service.render(move_lamp(alone, 0, azimuth, 0.0), SIZE).pixels.astype(np.float32)
        darker = slice(None, SIZE // 2) if brighter.start else slice(SIZE // 2, None)
        assert pixels[:, brighter, :3].sum() > 1.5 * pixels[:, darker, :3].sum()


def test_lamps_are_added_to_the_other_light(service, view):
    under_both = service.render(add_lamp(view), SIZE)
    alone = service.render(edits.edit_light(add_lamp(view), mode="none"), SIZE)
    captured = service.render(view, SIZE)
    assert np.allclose(lit(under_both), lit(alone) + lit(captured), rtol=0.01, atol=2e-3)  # half precision


def test_no_light_is_black(service, view):
    assert lit(service.render(edits.edit_light(view, mode="none"), SIZE)).max() == 0


def test_intensity_and_tint_scale_and_yaw_keeps_the_energy(service, view):
    base = service.render(view, SIZE)
    brighter = service.render(edits.edit_light(view, intensity=2.0, tint=(1.0, 0.5, 0.0)), SIZE)
    assert np.allclose(lit(brighter), lit(base) * [2.0, 1.0, 0.0], rtol=0.01, atol=2e-3)
    turned = service.render(edits.edit_light(view, yaw_deg=33.0), SIZE)
    assert turned.probe_radiance.sum() == pytest.approx(base.probe_radiance.sum(), rel=1e-4)
    assert not np.allclose(turned.probe_radiance, base.probe_radiance)


def test_an_environment_replaces_the_captured_light(service, view):
    studio = str(ASSETS / "probes" / "studio.exr")
    frame = service.render(edits.edit_light(view, mode="environment", environment=studio), SIZE)
    assert frame.probe_radiance.max() > 2 * frame.probe_radiance.mean()


def test_painted_probes_replace_single_cells(service, view):
    painted = lights.paint_probes(view, 4, 9, (5.0, 6.0, 7.0))
    frame = service.render(painted, SIZE)
    base = service.render(view, SIZE)
    assert frame.probe_radiance[4, 9].tolist() == [5.0, 6.0, 7.0]
    assert (frame.probe_radiance != base.probe_radiance).any(-1).sum() == 1
    dark = edits.edit_light(painted, mode="none")
    assert service.render(dark, SIZE).probe_radiance.sum() == 18.0


def test_a_light_turntable_turns_painted_probes_too(service, view):
    painted = lights.paint_probes(edits.edit_light(view, mode="none"), 6, 24, (9.0, 9.0, 9.0))  # at +Z
    still = service.render(painted, SIZE)
    # turned by 90 degrees it is at +X: the same picture as with a cell painted there
    turned = service.render(edits.edit_light(painted, turn_deg=90.0), SIZE)
    expected = service.render(lights.paint_probes(edits.edit_light(view, mode="none"), 6, 16, (9.0, 9.0, 9.0)), SIZE)
    assert np.allclose(lit(turned), lit(expected), atol=2e-3)
    assert not np.allclose(lit(turned), lit(still), atol=2e-2)


def test_the_camera_follows_over_the_ground_but_not_up(service, view):
    jump = edits.edit_body(view, motion=motion_path("jump"))
    heights = {service.render(edits.edit_body(jump, time_s=time), 16).target[1] for time in (0.0, 0.6, 1.1)}
    depths = {service.render(edits.edit_body(jump, time_s=time), 16).target[2] for time in (0.0, 0.6, 1.1)}
    assert max(heights) - min(heights) < 1e-5 and max(depths) - min(depths) > 0.1


def test_joints_and_shape_change_the_body(service, view):
    silhouette = service.render(view, SIZE).pixels[..., 3]
    for changed in (joints.set_joint(view, 16, (0, 0, -60)), avatar_row.set_shape(view, 0, 3.0)):
        assert (service.render(changed, SIZE).pixels[..., 3] != silhouette).mean() > 0.003


def test_a_moving_pose_converges_to_the_full_result(service, view):
    posed = joints.set_joint(view, 16, (0.0, 40.0, 0.0))
    frames = [service.render(posed, SIZE)]
    while not frames[-1].is_converged:
        frames.append(service.render(posed, SIZE))
        assert len(frames) < 20
    assert len(frames) > 1
    fresh = RenderService().render(posed, SIZE)
    assert fresh.is_converged and np.array_equal(frames[-1].pixels, fresh.pixels)


def test_outdated_shadows_do_not_refine_buffers_without_light(service, view):
    service.render(joints.set_joint(view, 17, (0.0, 25.0, 0.0)), SIZE)
    assert service.render(
        edits.edit_display(joints.set_joint(view, 17, (0.0, 25.0, 0.0)), buffer="albedo"), SIZE
    ).is_converged
    assert service.render(
        edits.edit_light(joints.set_joint(view, 17, (0.0, 26.0, 0.0)), mode="none"), SIZE
    ).is_converged


def test_edges_are_smooth_in_quarters_while_things_move_and_finer_at_rest(service, view):
    live, final = service.render(view, SIZE), service.render(view, SIZE, is_final=True)
    assert set(np.unique(live.pixels[..., 3])) == {0.0, 0.25, 0.5, 0.75, 1.0}
    assert len(np.unique(final.pixels[..., 3])) > 5 and final.is_final
    hard = RenderService(has_antialias=False).render(view, SIZE)
    assert set(np.unique(hard.pixels[..., 3])) == {0.0, 1.0}
    assert service.to_bytes(final, view.display).shape == (SIZE, SIZE, 3)


def test_choices_hold_bundled_files_and_the_open_avatar(service, checkpoint):
    choices = service.choices(str(checkpoint))
    assert "plain" in {choice.label for choice in choices.avatars}
    assert choices.motions[0].key == "" and {"walk", "jump"} <= {choice.label for choice in choices.motions}
    assert all(choice.duration_s > 0.3 for choice in choices.motions[1:])
    assert {"studio", "sunset"} <= {choice.label for choice in choices.environments}


def test_times_and_frames_of_a_clip(service, view):
    walk = edits.edit_body(view, motion=motion_path("walk"))
    assert service.at_time(walk, 3, None).body.time_s == pytest.approx(0.1)
    assert service.at_time(walk, 0, 0.7).body.time_s == 0.7
    assert service.durations_s(walk)[walk.body.motion] > 1.0 and service.durations_s(view) == {}
    with pytest.raises(MotionError, match="expected 0 to"):
        service.at_time(walk, 9999, None)
    with pytest.raises(MotionError, match="expected a --motion"):
        service.at_time(view, 1, None)


def test_files_that_cannot_be_read_are_errors_of_one_line(service, view, tmp_path):
    write_exr(tmp_path / "square.exr", np.ones((8, 8, 3), np.float32))
    cases = [
        (ImageError, edits.edit_light(view, mode="environment", environment=str(tmp_path / "square.exr"))),
        (ImageError, edits.edit_light(view, mode="environment", environment=str(tmp_path / "none.exr"))),
        (MotionError, edits.edit_body(view, motion=str(tmp_path / "none.npz"))),
        (CheckpointError, edits.edit_body(view, avatar=str(tmp_path / "none.ckpt"))),
        (CheckpointError, replace(view, body=BodyState())),
    ]
    for kind, state in cases:
        with pytest.raises(kind) as error:
            service.check(state)
        assert "\n" not in str(error.value)
    with pytest.raises(ImageError, match="studio"):
        light_of_probe("no-such-light")
    assert service.render(view, SIZE).state == view  # the service still renders


def test_painting_a_cell_removes_the_bright_source_in_it_and_keeps_the_others(service, view):
    """The painted cell has its radiance, other cells keep their bright sources, and `turn_deg` turns everything."""
    file = str(probe_file("interior").resolve())
    lit = edits.edit_light(view, mode="environment", environment=file, yaw_deg=30.0)
    plain = service.scene(lit, SIZE).light.lighting
    sources = plain.split(8).sources
    assert len(sources) >= 3
    cell = cell_of(sources[0])
    painted = edits.edit_light(lit, probe_edits=((cell, (1.0, 2.0, 3.0)),), turn_deg=20.0)
    built = service.scene(painted, SIZE).light
    light, shown = built.lighting, built.probe_radiance
    kept = [source for source in sources if cell_of(source) != cell]
    assert [source.azimuth_deg for source in light.split(8).sources] == [source.azimuth_deg + 20.0 for source in kept]
    assert shown.view(-1, 3)[cell].tolist() == [1.0, 2.0, 3.0]
    assert light.environment is not None and light.environment.image.shape == (16, 32, 3)


def test_light_visibility_shows_one_lamp_alone(service, view):
    """Half the body faces away from a lamp at the side; the environment does not count."""
    state = edit_lamp(add_lamp(view), 0, azimuth_deg=90.0, elevation_deg=0.0)
    frame = service.render(edits.edit_display(state, buffer="light_visibility", shown_light="lamp:0"), SIZE)
    values = frame.pixels[..., 0].astype(np.float32)
    # +X is to the right: the trunk's right half sees the lamp, its left half does not
    trunk = slice(int(0.3 * SIZE), int(0.5 * SIZE))
    assert values[trunk, SIZE // 2 + 3].mean() > 0.5 > values[trunk, SIZE // 2 - 4].mean()
    gone = edits.edit_display(state, buffer="light_visibility", shown_light="lamp:7")
    assert (service.render(gone, SIZE).pixels == frame.pixels).all()  # lamp 7 does not exist: the only lamp


def test_a_comparison_renders_both_pictures(service, view):
    state = replace(view, compare=CompareState(True, buffer="normal"))
    frame = service.render(state, SIZE, is_final=True)
    alone = service.render(edits.edit_display(view, buffer="normal"), SIZE, is_final=True)
    assert frame.other is not None and (frame.other.pixels == alone.pixels).all()
    assert (frame.pixels == service.render(view, SIZE, is_final=True).pixels).all()
    dark = replace(view, compare=CompareState(True, light=LightState(mode="none")))
    frame = service.render(dark, SIZE, is_final=True)
    assert frame.other is not None and lit(frame.other).max() == 0.0 < lit(frame).max()
