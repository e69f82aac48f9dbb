"""What each way of storing an avatar's numbers costs in a page: bytes in the file, and decibels of the picture.

    python docs/measure_page.py [josh]

The picture is 256 x 256 of a moving pose under a photographed sky, by the CPU's engine; its decibels are those of the
radiance against the picture of the numbers as the checkpoint has them. Bytes are deflated; base64 makes them a third
more.
"""

import copy
import sys
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from phynes_core.avatar.avatar import Avatar
from phynes_core.avatar.checkpoint import load_checkpoint
from phynes_core.body.model import pose_joints
from phynes_core.body.motion.files import load_motion
from phynes_core.export.packet_file import PacketFile, stored_values
from phynes_core.export.page_packet import in_shape
from phynes_core.frame.gpu_maps import map_arrays
from phynes_core.frame.options import RenderOptions
from phynes_core.frame.renderer import FrameRenderer
from phynes_core.frame.scene import PosedAvatar, Scene
from phynes_core.io.shipped_files import bundled_avatars, bundled_environments, bundled_motions
from phynes_core.render.camera import orbit_camera
from phynes_core.render.lighting import Lighting
from phynes_core.render.probes import Environment, load_environment_image

MAPS = ("offset", "albedo", "roughness")
SIZE = 256


def stored(values: np.ndarray, kind: str) -> tuple[np.ndarray, int]:
    """What a reader gets, and the deflated bytes; kinds of packet_file.py, and n8: 255 steps."""
    if kind == "n8":
        low, step = float(values.min()), float(np.ptp(values)) / 255.0 or 1.0
        steps = np.round((values - low) / step).astype(np.uint8)
        return (low + step * steps.astype(np.float32)), len(zlib.compress(steps.tobytes(), 9))
    packet = PacketFile()
    packet.add("values", values, kind)
    return stored_values(values, kind), packet.packed_sizes()["values"]


def with_parts(avatar: Avatar, part: str, kind: str) -> tuple[Avatar, int]:
    """The avatar with one part as a file of this kind has it, and the part's bytes."""
    changed, total = copy.deepcopy(avatar), 0
    if part in ("rest", "weights", "pose_directions"):
        name = {"rest": "v_template", "pose_directions": "posedirs"}.get(part, part)
        values, total = stored(getattr(avatar.body, name).numpy(), kind)
        changed.body = replace(avatar.body, **{name: torch.from_numpy(values).float()})
        return changed, total
    for name in MAPS:
        neural_map = getattr(changed, name)
        if part == "grids":
            values, num_bytes = stored(neural_map.encoding.grid.detach().numpy(), kind)
            neural_map.encoding.grid.data = torch.from_numpy(values).float()
            total += num_bytes
            continue
        for parameter_name, parameter in neural_map.named_parameters():
            if "grid" not in parameter_name:
                parameter.data = torch.from_numpy(stored(parameter.detach().numpy(), kind)[0]).float()
        arrays = map_arrays(neural_map)
        total += sum(stored(arrays[each](), kind)[1] for each in ("layers", "pose_layer"))
    return changed, total


def main() -> None:
    """Print the table."""
    original = load_checkpoint(bundled_avatars()[sys.argv[1] if len(sys.argv) > 1 else "josh"]).requires_grad_(False)
    avatar = in_shape(original, original.betas)
    joints = pose_joints(avatar.body, avatar.rest_pose()).positions
    pose = load_motion(bundled_motions()["dance_a"]).placed_on(joints).pose_at(1.234, avatar.betas)
    camera = orbit_camera(joints[0] + pose.transl, 25.0, 12.0, 3.9, SIZE, SIZE)
    light = Lighting(Environment(load_environment_image(bundled_environments()["sunset"]), 70.0))
    options = RenderOptions(frozenset({"radiance"}), lamp_samples=4, freezes_materials=True)

    def picture(shown: Avatar) -> torch.Tensor:
        return FrameRenderer().render(Scene((PosedAvatar(shown, pose),), camera, light), options).image("radiance")

    expected = picture(avatar)
    print("part             kind      bytes      dB")
    for part, kinds in (
        ("grids", ("f32", "f16", "n16", "n8")), ("layers", ("f32", "f16")), ("rest", ("f32", "n16", "f16")),
        ("weights", ("f32", "n16", "n8")), ("pose_directions", ("f32", "f16", "n16", "n8")),
    ):  # fmt: skip
        for kind in kinds:
            changed, num_bytes = with_parts(avatar, part, kind)
            error = float((picture(changed) - expected).square().mean())
            decibels = f"{10.0 * np.log10(float(expected.max()) ** 2 / error):7.1f}" if error else "  equal"
            print(f"{part:16} {kind:4} {num_bytes:10,} {decibels}", flush=True)


if __name__ == "__main__":
    main()
