"""The usual mistakes in a capture's files, each as the change that would undo it.

A hypothesis says how cameras, poses, pictures or frame numbers would have to be changed. Whether that makes silhouettes
agree is measured in mistakes.py.
"""

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from phynes_core.body.model import BodyModel, Pose
from phynes_core.body.rotations import axis_angle_to_matrix, matrix_to_quaternion, quaternion_to_axis_angle
from phynes_core.conventions import JOINT_NAMES, rotation_about_y
from phynes_core.render.camera import Camera

SHIFTS = (-2, -1, 1, 2)  # frames
_UNITS = {"millimetres": 0.001, "centimetres": 0.01}
_SCALES = (0.25, 1 / 3, 0.5, 2 / 3, 0.75, 4 / 3, 1.5, 2.0, 3.0, 4.0)  # of pictures that are resized in practice
_NOTED_SCALE = 0.04  # a principal point this far from the picture's middle tells of another size
_NOTED_HEIGHT = 0.1  # hair and shoes make a person a few percent taller than the bare body
_DEPTH_FIRST = (1, 4, 7, 10, 2, 5, 8, 11, 3, 6, 9, 12, 15, 13, 16, 18, 20, 22, 14, 17, 19, 21, 23)  # as .bvh files list


@dataclass(frozen=True, eq=False)
class Hypothesis:
    """A mistake, and what undoes it."""

    name: str  # continues "as if ..."
    remedy: str
    camera: Callable[[Camera], Camera] | None = None  # the right camera; None: as it is
    pose: Callable[[Pose], Pose] | None = None  # the right pose
    is_mirrored: bool = False  # pictures and masks are to be mirrored
    shift: int = 0  # the pose of frame n + shift belongs to the picture of frame n
    is_of_one_camera: bool = False  # may be true of a single camera


def single_mistakes(
    body: BodyModel,
    cameras: list[Camera],
    height_ratio: float,  # how many times as tall the masks are as the body: tells of any focal length
) -> Iterator[Hypothesis]:
    """All mistakes that are tried alone, but frames that are off, of which `shifted` makes one."""
    yield from _camera_matrices()
    yield from _intrinsics(cameras, height_ratio)
    yield from _up_axes()
    yield Hypothesis("its pictures were mirrored left to right", "mirror the pictures and masks back, or record again "
                     "with the camera's mirroring switched off", is_mirrored=True, is_of_one_camera=True)  # fmt: skip
    yield from _translations(body)
    yield from _rotations()


def shifted(frames: int) -> Hypothesis:
    """Pictures and poses are off by some frames."""
    direction = "later" if frames > 0 else "earlier"
    count = f"{abs(frames)} frame{'s' * (abs(frames) > 1)}"
    return Hypothesis(
        f"its pictures show what the poses have {count} {direction}",
        f"number the pictures {frames:+d}, so that picture n shows pose n (see `-ss` and `-start_number` of ffmpeg)",
        shift=frames,
        is_of_one_camera=True,
    )


def camera_combinations() -> Iterator[Hypothesis]:
    """Several mistakes of the camera matrices at once: direction, axes of the camera, axes of the world, units."""
    units = {"": 1.0, **{f"{name} instead of metres": scale for name, scale in _UNITS.items()}}
    for inverted, flipped, turn, (unit, scale) in itertools.product(
        (False, True), (False, True), _axis_rotations(), units.items()
    ):
        is_turned = not torch.equal(turn, torch.eye(3))
        said = [
            "they were inverted (camera to world)" if inverted else "",
            "y and z of the camera were flipped (OpenGL's axes)" if flipped else "",
            f"the world had other axes (x, y, z) -> ({axes_of(turn)})" if is_turned else "",
            f"lengths were in {unit}" if unit else "",
        ]
        said = [text for text in said if text]
        if len(said) < 2:
            continue

        def undone(camera: Camera, inverted=inverted, flipped=flipped, turn=turn, scale=scale) -> Camera:
            matrix = _with_lengths(camera.T_cam_world, scale)
            if inverted and flipped:  # camera to world in OpenGL's axes, as transforms.json has it
                matrix = _inverse(matrix @ _flip())
            elif inverted:
                matrix = _inverse(matrix)
            elif flipped:
                matrix = _flip() @ matrix
            return replace(camera, T_cam_world=_world_turned(matrix, turn))

        yield Hypothesis(", ".join(said), "undo all of it in the cameras' matrices (docs/dataset.md)", undone)


def turned(angle_deg: float, body: BodyModel) -> Callable[[Pose], Pose]:
    """The body turned about the vertical axis through its pelvis, after its global_orient."""
    turn = rotation_about_y(angle_deg)
    return lambda pose: _with_orient(pose, turn @ axis_angle_to_matrix(pose.global_orient))


def axes_of(turn: Tensor) -> str:  # [3, 3] of 0, 1, -1 -> "x, z, -y"
    """What a rotation by right angles makes of (x, y, z)."""
    letters = []
    for row in turn.round().int().tolist():
        index = next(index for index, value in enumerate(row) if value)
        letters.append(("-" if row[index] < 0 else "") + "xyz"[index])
    return ", ".join(letters)


def _camera_matrices() -> Iterator[Hypothesis]:
    yield Hypothesis(
        "T_cam_world was inverted (camera to world)", "store the inverse: T_cam_world takes world points to the camera",
        lambda camera: replace(camera, T_cam_world=_inverse(camera.T_cam_world)), is_of_one_camera=True,
    )  # fmt: skip
    yield Hypothesis(
        "y and z of the camera were flipped (OpenGL's axes instead of OpenCV's)",
        "multiply T_cam_world by diag(1, -1, -1, 1) from the left",
        lambda camera: replace(camera, T_cam_world=_flip() @ camera.T_cam_world), is_of_one_camera=True,
    )  # fmt: skip
    for unit, scale in _UNITS.items():
        yield Hypothesis(
            f"the camera's translation was in {unit} instead of metres",
            f"multiply the translation of T_cam_world by {scale:g}",
            lambda camera, scale=scale: replace(camera, T_cam_world=_with_lengths(camera.T_cam_world, scale)),
            is_of_one_camera=True,
        )
        yield Hypothesis(
            f"cameras and transl were in {unit} instead of metres",
            f"multiply the translation of T_cam_world and transl by {scale:g}",
            lambda camera, scale=scale: replace(camera, T_cam_world=_with_lengths(camera.T_cam_world, scale)),
            lambda pose, scale=scale: replace(pose, transl=pose.transl * scale),
        )


def _intrinsics(cameras: list[Camera], height_ratio: float) -> Iterator[Hypothesis]:
    """Pictures resized without their intrinsics; the principal point tells of sizes that are not in the list."""
    scales = {(scale, scale) for scale in _SCALES}
    for camera in cameras:
        middle = camera.intrinsics[:2, 2].tolist()
        if min(middle) > 0:
            across, down = 0.5 * camera.width / middle[0], 0.5 * camera.height / middle[1]
            if max(abs(math.log(across)), abs(math.log(down))) > _NOTED_SCALE:
                scales.add((round(across, 3), round(down, 3)))
    if min(abs(math.log(height_ratio / scale)) for scale in (1.0, *_SCALES)) > _NOTED_HEIGHT:
        scales.add((round(height_ratio, 2), round(height_ratio, 2)))
    for across, down in sorted(scales):
        shown = f"{across:.3g}" if across == down else f"{across:.3g} across and {down:.3g} down"
        yield Hypothesis(
            f"the picture had been resized by {shown} without its intrinsics",
            f"multiply the rows of the intrinsics by {shown}",
            lambda camera, across=across, down=down: _with_intrinsics(camera, across, down, moves_middle=True),
            is_of_one_camera=True,
        )
        if across == down:
            yield Hypothesis(
                f"the focal length should be {shown} times as long",
                f"multiply fx and fy by {shown}: calibrate again, or look up the lens",
                lambda camera, scale=across: _with_intrinsics(camera, scale, scale, moves_middle=False),
                is_of_one_camera=True,
            )


def _up_axes() -> Iterator[Hypothesis]:
    for turn in _axis_rotations():
        if torch.equal(turn, torch.eye(3)):
            continue
        letters = axes_of(turn)
        up = letters.split(", ")[1]
        axis = f"+{up}" if len(up) == 1 else up
        says = f"the cameras' world had {axis} up" if axis != "+y" else "the cameras' world was turned about its +y"
        yield Hypothesis(
            f"{says} and not the poses'",
            f"turn the cameras' world (x, y, z) -> ({letters}): T_cam_world times the inverse of that turn; for public "
            f"datasets --up {axis}",
            lambda camera, turn=turn: replace(camera, T_cam_world=_world_turned(camera.T_cam_world, turn)),
        )


def _translations(body: BodyModel) -> Iterator[Hypothesis]:
    for unit, scale in _UNITS.items():
        yield Hypothesis(
            f"transl was in {unit} instead of metres", f"multiply transl by {scale:g}",
            pose=lambda pose, scale=scale: replace(pose, transl=pose.transl * scale),
        )  # fmt: skip

    def about_the_origin(pose: Pose) -> Pose:
        shapes = body.shapedirs[..., : len(pose.betas)] @ pose.betas
        pelvis = body.joint_regressor[0] @ (body.v_template + shapes)
        return replace(pose, transl=pose.transl + axis_angle_to_matrix(pose.global_orient) @ pelvis - pelvis)

    yield Hypothesis(
        "transl was EasyMocap's Th, which turns the body about the world's origin",
        "set transl to R(Rh) J0 + Th - J0 with the resting pelvis J0 (docs/dataset.md)", pose=about_the_origin,
    )  # fmt: skip


def _rotations() -> Iterator[Hypothesis]:
    def joints(change: Callable[[Tensor], Tensor]) -> Callable[[Pose], Pose]:
        return lambda pose: replace(pose, body_pose=change(pose.body_pose))

    swapped = [_other_side(joint) - 1 for joint in range(1, len(JOINT_NAMES))]
    depth_first = [_DEPTH_FIRST.index(joint) for joint in range(1, len(JOINT_NAMES))]
    mirror = torch.tensor([1.0, -1.0, -1.0])
    order = "list the joints in SMPL's order (phynes_core/conventions.py, JOINT_NAMES)"
    yield Hypothesis("left and right joints were exchanged", order, pose=joints(lambda pose: pose[swapped]))
    yield Hypothesis("joints were listed limb by limb, as .bvh files do", order,
                     pose=joints(lambda pose: pose[depth_first]))  # fmt: skip
    yield Hypothesis("body_pose began with the pelvis", "leave the first three numbers of poses out: they belong to "
                     "global_orient", pose=joints(lambda pose: pose.roll(-1, 0)))  # fmt: skip
    yield Hypothesis("body_pose lacked its first joint", "do not cut body_pose: it begins with the left hip",
                     pose=joints(lambda pose: pose.roll(1, 0)))  # fmt: skip
    yield Hypothesis("the pose was mirrored", "exchange left and right joints and negate y and z of their rotations",
                     pose=joints(lambda pose: pose[swapped] * mirror))  # fmt: skip
    yield Hypothesis("the joints' rotations were inverted", "transpose the joints' matrices", pose=joints(torch.neg))
    yield Hypothesis("the joints' rotations were in degrees", "multiply body_pose by pi / 180",
                     pose=joints(torch.deg2rad))  # fmt: skip
    yield Hypothesis("global_orient was inverted", "negate global_orient, or transpose its matrix",
                     pose=lambda pose: replace(pose, global_orient=-pose.global_orient))  # fmt: skip


def _other_side(joint: int) -> int:
    name = JOINT_NAMES[joint]
    other = name.replace("left", "right") if "left" in name else name.replace("right", "left")
    return JOINT_NAMES.index(other)


def _axis_rotations() -> list[Tensor]:  # of [3, 3]
    """The 24 rotations by right angles, the identity first."""
    made = []
    for order in itertools.permutations(range(3)):
        for signs in itertools.product((1.0, -1.0), repeat=3):
            matrix = torch.zeros(3, 3)
            matrix[range(3), order] = torch.tensor(signs)
            if torch.linalg.det(matrix) > 0:
                made.append(matrix)
    return made


def _world_turned(T_cam_world: Tensor, turn: Tensor) -> Tensor:  # [4, 4], [3, 3]
    matrix = T_cam_world.clone()
    matrix[:3, :3] = T_cam_world[:3, :3] @ turn.T
    return matrix


def _flip() -> Tensor:  # [4, 4]
    return torch.diag(torch.tensor([1.0, -1.0, -1.0, 1.0]))


def _inverse(T: Tensor) -> Tensor:  # [4, 4] rigid
    matrix = torch.eye(4)
    matrix[:3, :3], matrix[:3, 3] = T[:3, :3].T, -T[:3, :3].T @ T[:3, 3]
    return matrix


def _with_lengths(T_cam_world: Tensor, scale: float) -> Tensor:  # [4, 4]
    matrix = T_cam_world.clone()
    matrix[:3, 3] *= scale
    return matrix


def _with_intrinsics(camera: Camera, across: float, down: float, moves_middle: bool) -> Camera:
    intrinsics = camera.intrinsics.clone()
    columns = slice(None) if moves_middle else slice(0, 2)
    intrinsics[0, columns] *= across
    intrinsics[1, columns] *= down
    return replace(camera, intrinsics=intrinsics)


def _with_orient(pose: Pose, matrix: Tensor) -> Pose:  # [3, 3]
    return replace(pose, global_orient=quaternion_to_axis_angle(matrix_to_quaternion(matrix)))
