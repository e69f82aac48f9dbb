"""The page's JavaScript that makes lights, poses and cameras, against the functions that it is the twin of."""

import numpy as np
import pytest
import torch

from phynes_core.avatar.checkpoint import load_checkpoint
from phynes_core.body.model import pose_joints
from phynes_core.body.motion.files import load_motion
from phynes_core.export.packet_file import PacketFile
from phynes_core.io.shipped_files import bundled_avatars, bundled_environments, bundled_motions
from phynes_core.render.bright_sources import source_rays, split_bright_sources
from phynes_core.render.camera import orbit_camera
from phynes_core.render.lamps import Lamp, lamp_rays
from phynes_core.render.probes import Environment, environment_to_probes, load_environment_image, row_means
from tests.app.web.modules import run_modules

MOST = 8


def small(name: str) -> torch.Tensor:  # [64, 128, 3]
    image = load_environment_image(bundled_environments()[name]).permute(2, 0, 1)[None]
    return torch.nn.functional.avg_pool2d(image, image.shape[-1] // 128)[0].permute(1, 2, 0).contiguous()


@pytest.mark.parametrize("name", ["sunset", "studio", "interior"])
def test_a_dropped_picture_becomes_the_same_sources_and_probes(name, tmp_path):
    image = small(name)
    found = run_modules(
        tmp_path,
        """
        import { environmentOf, probePower, turnedSources } from "web/engine/environments.js";
        const radiance = Float32Array.from(given.radiance);
        const made = environmentOf({ name: "a", width: 128, height: 64, radiance });
        const { width, height, rgba } = made.picture;
        answer({
            rows: Array.from(made.rows), power: Array.from(probePower(made, 50, 1.5)),
            sources: turnedSources(made.sources, 50, 1.5), picture: [width, height, rgba.length],
        });
        """,
        {"radiance": image.reshape(-1).tolist()},
    )
    rest, lamps = split_bright_sources(Environment(image, yaw_deg=50.0, intensity=1.5), MOST)
    rows = row_means(rest.image, 16)
    assert np.abs(np.array(found["rows"]) - rows.reshape(-1).numpy()).max() <= 1e-5 * float(rows.max())
    power = environment_to_probes(rest).power
    assert np.abs(np.array(found["power"]) - power.reshape(-1).numpy()).max() <= 1e-5 * float(power.max())
    assert found["picture"] == [96, 48, 4 * 96 * 48]
    assert len(found["sources"]) == len(lamps) > 0
    for source, lamp in zip(found["sources"], lamps, strict=True):
        assert source["intensity"] == pytest.approx(lamp.intensity, rel=1e-4)
        assert source["azimuth"] == pytest.approx(lamp.azimuth_deg, abs=1e-2)
        assert source["elevation"] == pytest.approx(lamp.elevation_deg, abs=1e-2)
        assert source["angle"] == pytest.approx(lamp.angular_radius_deg, rel=1e-3)
        assert source["color"] == pytest.approx(lamp.color, abs=1e-4)


def test_rays_to_lamps_and_bright_sources_are_the_same(tmp_path):
    lamps = (Lamp(40.0, 35.0, 3.0, (1.0, 0.9, 0.8), 2.0), Lamp(-120.0, 88.0, 0.2, (0.2, 1.0, 1.0), 9.0))
    given = [
        {"azimuth": lamp.azimuth_deg, "elevation": lamp.elevation_deg, "angle": lamp.angular_radius_deg,
         "color": lamp.color, "intensity": lamp.intensity} for lamp in lamps
    ]  # fmt: skip
    found = run_modules(
        tmp_path,
        """
        import { lampRays, sourceRays } from "web/engine/lamps.js";
        answer([lampRays(given, 5), sourceRays(given, 16)]);
        """,
        given,
    )
    for shown, (directions, power) in zip(found, (lamp_rays(lamps, 5), source_rays(lamps, 16)), strict=True):
        assert np.abs(np.array(shown["directions"]) - directions.numpy()).max() <= 1e-6
        assert np.abs(np.array(shown["power"]) - power.numpy()).max() <= 1e-6


def test_poses_between_frames_are_those_of_the_clip(tmp_path):
    avatar = load_checkpoint(bundled_avatars()["josh"])
    joints = pose_joints(avatar.body, avatar.rest_pose()).positions
    clip = load_motion(bundled_motions()["kick"]).placed_on(joints)
    packet = PacketFile({
        "joints": [{"place": joints[0].tolist()}], "rest_floor": -1.1,
        "clips": [{"fps": clip.fps, "frames": clip.num_frames, "target_height": 0.9}],
    })  # fmt: skip
    packet.add("clip0.rotations", torch.cat([clip.global_orient[:, None], clip.body_pose], 1).numpy(), "f32")
    packet.add("clip0.translations", clip.transl.numpy(), "f32")
    (tmp_path / "avatar.bin").write_bytes(packet.to_bytes())
    times = [0.0, 0.513, clip.duration_s, clip.duration_s + 0.2, -0.3]
    found = run_modules(
        tmp_path,
        """
        import { readPacket } from "web/engine/packet.js";
        import { poseAt } from "web/engine/poses.js";
        const packet = await readPacket(new Uint8Array(readFileSync(given.file)));
        answer([...given.times.map((time) => poseAt(packet, 0, time)), poseAt(packet, -1, 0)]);
        """,
        {"file": str(tmp_path / "avatar.bin"), "times": times},
    )
    *posed, rest = found
    for shown, time in zip(posed, times, strict=True):
        pose = clip.pose_at(time, loop=time not in (0.0, clip.duration_s))
        rotations = torch.cat([pose.global_orient, pose.body_pose.reshape(-1)])
        assert np.abs(np.array(shown["rotations"]) - rotations.numpy()).max() <= 2e-6
        assert np.abs(np.array(shown["translation"]) - pose.transl.numpy()).max() <= 1e-6
        assert shown["floor"] == 0 and shown["target"][1] == 0.9
    assert not any(rest["rotations"]) and rest["floor"] == -1.1


@pytest.mark.parametrize(("azimuth", "elevation"), [(20.0, 10.0), (-150.0, -60.0), (45.0, 90.0), (45.0, -89.5)])
def test_cameras_are_the_same(azimuth, elevation, tmp_path):
    found = run_modules(
        tmp_path,
        """
        import { cameraValues, pinholeOf, refined } from "web/engine/cameras.js";
        const angles = { azimuth: given[0], elevation: given[1], distance: 3, fov: 40 };
        const pinhole = pinholeOf({ target: [0.1, -0.2, 0.3], ...angles }, 96, 64);
        answer(cameraValues(refined(pinhole, 2), 0.01));
        """,
        [azimuth, elevation],
    )
    camera = orbit_camera(torch.tensor([0.1, -0.2, 0.3]), azimuth, elevation, 3.0, 96, 64, 40.0)
    fine = camera.resized(192, 128)
    rays = torch.linalg.inv(fine.intrinsics).T @ fine.T_cam_world[:3, :3]
    for row, name in enumerate(("ray_step_x", "ray_step_y", "ray_start")):
        assert found[name][:3] == pytest.approx(rays[row].tolist(), abs=1e-5)
    for row, axis in enumerate("xyz"):
        assert found[f"view_{axis}"] == pytest.approx(fine.T_cam_world[row].tolist(), abs=1e-5)
        assert found[f"lens_{axis}"][:3] == pytest.approx(fine.intrinsics[row].tolist(), rel=1e-5)
    assert (found["width"], found["pixels"], found["listed"]) == (192, 192 * 128, 192 * 128 + 1)
