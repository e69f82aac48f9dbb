"""The engine: an avatar, a pose, a light and a camera make a picture.

```python
import phynes_core as phynes

avatar = phynes.load_checkpoint(phynes.resolve_avatar_path("josh"))
pose = phynes.load_motion(phynes.bundled_motions()["walk"]).pose_at(0.4, avatar.betas)
sky = phynes.load_environment_image(phynes.bundled_environments()["courtyard"])
lighting = phynes.Lighting(phynes.Environment(sky, yaw_deg=-90.0), lamps=(phynes.Lamp(60.0, 30.0),))
pelvis = phynes.pose_body(avatar.body, pose).joints[0]
camera = phynes.orbit_camera(pelvis, 30.0, 5.0, phynes.framing_distance(1.8), width=512, height=512)
scene = phynes.Scene((phynes.PosedAvatar(avatar, pose),), camera, lighting)
frame = phynes.FrameRenderer().render(scene, phynes.RenderOptions(supersample=2))
picture = phynes.tonemap(frame.radiance, curve="filmic").numpy()  # [512, 512, 3] sRGB in [0, 1], black around the body
```

A name is imported from its module when it is first asked for, so that `import phynes_core` by itself brings no torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING

# The public names by the modules that define them, in the order of docs/api.md. Type checkers and editors read the
# imports below; tests/test_public_names.py holds both lists equal.
PUBLIC = {
    "phynes_core.io.shipped_files": ("bundled_avatars", "bundled_poses", "bundled_motions", "bundled_environments"),
    "phynes_core.avatar.checkpoint": ("load_checkpoint", "resolve_avatar_path", "save_checkpoint"),
    "phynes_core.avatar.avatar": ("Avatar", "AvatarRecord"),
    "phynes_core.body.model": ("Pose", "BodyModel", "pose_body", "PosedBody", "pose_joints", "PosedJoints"),
    "phynes_core.body.motion.pose_files": ("read_pose", "write_pose", "SavedPose"),
    "phynes_core.body.motion.files": ("load_motion",),
    "phynes_core.body.motion.clip": ("MotionClip",),
    "phynes_core.render.probes": ("Environment", "load_environment_image"),
    "phynes_core.render.lamps": ("Lamp", "AreaLamp"),
    "phynes_core.render.lighting": ("Lighting",),
    "phynes_core.render.camera": ("Camera", "look_at", "orbit_camera", "framing_distance"),
    "phynes_core.render.ground": ("Ground",),
    "phynes_core.maps.material_edit": ("MaterialEdit",),
    "phynes_core.frame.scene": ("Scene", "PosedAvatar", "SceneMesh"),
    "phynes_core.frame.options": ("RenderOptions",),
    "phynes_core.frame.renderer": ("FrameRenderer",),
    "phynes_core.frame.buffers": ("FrameBuffers", "BUFFERS"),
    "phynes_core.render.tonemap": ("tonemap", "colored"),
    "phynes_core.conventions": ("JOINT_NAMES", "linear_to_srgb", "srgb_to_linear"),
    "phynes_core.errors": (
        "PhynesError", "CheckpointError", "BodyError", "MotionError", "ImageError", "BackendError", "OutputError",
    ),
}  # fmt: skip
_MODULE_OF = {name: module for module, names in PUBLIC.items() for name in names}

if TYPE_CHECKING:
    from phynes_core.avatar.avatar import Avatar as Avatar
    from phynes_core.avatar.avatar import AvatarRecord as AvatarRecord
    from phynes_core.avatar.checkpoint import load_checkpoint as load_checkpoint
    from phynes_core.avatar.checkpoint import resolve_avatar_path as resolve_avatar_path
    from phynes_core.avatar.checkpoint import save_checkpoint as save_checkpoint
    from phynes_core.body.model import BodyModel as BodyModel
    from phynes_core.body.model import Pose as Pose
    from phynes_core.body.model import PosedBody as PosedBody
    from phynes_core.body.model import PosedJoints as PosedJoints
    from phynes_core.body.model import pose_body as pose_body
    from phynes_core.body.model import pose_joints as pose_joints
    from phynes_core.body.motion.clip import MotionClip as MotionClip
    from phynes_core.body.motion.files import load_motion as load_motion
    from phynes_core.body.motion.pose_files import SavedPose as SavedPose
    from phynes_core.body.motion.pose_files import read_pose as read_pose
    from phynes_core.body.motion.pose_files import write_pose as write_pose
    from phynes_core.conventions import JOINT_NAMES as JOINT_NAMES
    from phynes_core.conventions import linear_to_srgb as linear_to_srgb
    from phynes_core.conventions import srgb_to_linear as srgb_to_linear
    from phynes_core.errors import BackendError as BackendError
    from phynes_core.errors import BodyError as BodyError
    from phynes_core.errors import CheckpointError as CheckpointError
    from phynes_core.errors import ImageError as ImageError
    from phynes_core.errors import MotionError as MotionError
    from phynes_core.errors import OutputError as OutputError
    from phynes_core.errors import PhynesError as PhynesError
    from phynes_core.frame.buffers import BUFFERS as BUFFERS
    from phynes_core.frame.buffers import FrameBuffers as FrameBuffers
    from phynes_core.frame.options import RenderOptions as RenderOptions
    from phynes_core.frame.renderer import FrameRenderer as FrameRenderer
    from phynes_core.frame.scene import PosedAvatar as PosedAvatar
    from phynes_core.frame.scene import Scene as Scene
    from phynes_core.frame.scene import SceneMesh as SceneMesh
    from phynes_core.io.shipped_files import bundled_avatars as bundled_avatars
    from phynes_core.io.shipped_files import bundled_environments as bundled_environments
    from phynes_core.io.shipped_files import bundled_motions as bundled_motions
    from phynes_core.io.shipped_files import bundled_poses as bundled_poses
    from phynes_core.maps.material_edit import MaterialEdit as MaterialEdit
    from phynes_core.render.camera import Camera as Camera
    from phynes_core.render.camera import framing_distance as framing_distance
    from phynes_core.render.camera import look_at as look_at
    from phynes_core.render.camera import orbit_camera as orbit_camera
    from phynes_core.render.ground import Ground as Ground
    from phynes_core.render.lamps import AreaLamp as AreaLamp
    from phynes_core.render.lamps import Lamp as Lamp
    from phynes_core.render.lighting import Lighting as Lighting
    from phynes_core.render.probes import Environment as Environment
    from phynes_core.render.probes import load_environment_image as load_environment_image
    from phynes_core.render.tonemap import colored as colored
    from phynes_core.render.tonemap import tonemap as tonemap
else:
    __all__ = list(_MODULE_OF)

    def __getattr__(name: str) -> object:
        if name not in _MODULE_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(_MODULE_OF[name]), name)
        globals()[name] = value  # found without this function from now on
        return value


def __dir__() -> list[str]:
    return sorted(_MODULE_OF)
