"""ZJU-MoCap, SyntheticHuman and SyntheticHuman++ as captures (docs/dataset.md)."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from phynes_core.body.model import BodyModel, Pose
from phynes_core.data.capture import Capture
from phynes_core.data.public.cameras import (
    SourceCamera,
    cameras_from_annots,
    cameras_from_yaml,
    up_axis,
    world_rotation,
)
from phynes_core.data.public.frames import SourceFrame, frames_from_annots, frames_from_folders
from phynes_core.data.public.ground_truth import RENDERS, PublicGroundTruth
from phynes_core.data.public.options import (
    PARAMETER_FOLDERS,
    SYNTHETIC_HUMAN,
    SYNTHETIC_HUMAN_PLUS,
    ZJU_MOCAP,
    CaptureOptions,
    FrameRange,
    SubjectPreset,
    subject_preset,
)
from phynes_core.data.public.pictures import LABEL_FOLDERS, MaskedPictures, SourcePicture, SourceView, find_mask
from phynes_core.data.public.poses import poses_from_motion, poses_from_params
from phynes_core.errors import CaptureError, ImageError
from phynes_core.io.image_files import picture_size
from phynes_core.io.restricted_pickle import read_object_array
from phynes_core.io.untrusted import is_readable_file

ANNOTS, INTRINSICS, EXTRINSICS, MOTION = "annots.npy", "intri.yml", "extri.yml", "motion.npz"
SEGMENTED_UNCERTAIN_PX = 2  # Neural Body erodes and dilates label masks by 5 x 5 and leaves out the pixels between
MESHES = "object"  # <frame>.obj, +Y up while the world has +Z up: (x, y, z) of the file is (x, -z, y) of the world


def is_public_dataset(root: Path) -> bool:
    """Whether the folder has the cameras of EasyMocap's family of datasets."""
    return (root / ANNOTS).is_file() or (root / INTRINSICS).is_file() or (root / EXTRINSICS).is_file()


def load_public_dataset(root: Path, options: CaptureOptions, body: BodyModel | None) -> Capture:
    """Read cameras, splits and poses, and check that all their pictures exist."""
    if body is None:
        raise CaptureError(
            f"{root}: its parameters belong to SMPL, which is not ours to ship; name your file with --smpl"
        )
    preset, has_labels = _preset(root, options)
    cameras, frames = _cameras_and_frames(root, preset)
    train, novel = _split(root, frames, preset, options)
    splits = _camera_split(root, cameras, frames, train, novel, preset, options)
    names = {camera: f"{camera:02d}" for camera in splits}
    present = _pictures(root, frames, train, novel, splits, options.evaluate_every or preset.evaluate_every, has_labels)
    views = _views(root, cameras, present, options.ratio or preset.ratio)
    up = options.up or up_axis(root, list(cameras.values()))
    world = world_rotation(up)
    poses = _poses(root, [frames[index] for index in (*train, *novel)], options, body, world)
    pinholes = {names[camera]: views[camera].camera.pinhole(views[camera].size, views[camera].new_size, world)
                for camera in splits}  # fmt: skip
    return Capture(
        name=root.absolute().name,
        root=root,
        body_name="SMPL",
        body_hash="",
        cameras=pinholes,
        camera_split={names[camera]: split for camera, split in splits.items()},
        frames=tuple(sorted(poses)),
        frame_split={frames[index].number: "train" for index in train}
        | {frames[index].number: "novel_pose" for index in novel},
        poses=poses,
        pictures=MaskedPictures(
            {names[camera]: views[camera] for camera in splits},
            {(names[camera], number): picture for (camera, number), picture in present.items()},
        ),
        ground_truth=_ground_truth(root, pinholes, options, up),
        uncertain_px=SEGMENTED_UNCERTAIN_PX if has_labels else 0,
    )


def _preset(root: Path, options: CaptureOptions) -> tuple[SubjectPreset, bool]:
    """The subject's preset, and whether all of its masks hold labels."""
    name = root.absolute().name
    zju = None
    if (root / MOTION).is_file():
        known, found = SYNTHETIC_HUMAN_PLUS, subject_preset(name, SYNTHETIC_HUMAN_PLUS)
    else:
        zju = subject_preset(name, ZJU_MOCAP)
        known, found = ZJU_MOCAP | SYNTHETIC_HUMAN, zju or subject_preset(name, SYNTHETIC_HUMAN)
    if found is not None:
        return found, zju is not None
    if options.train_views is None:
        raise CaptureError(
            f"{root}: no known subject in the folder's name ({', '.join(known)}); give --train-views, as 0,6,12,18, "
            f"and perhaps --frames, or rename the folder"
        )
    return SubjectPreset(FrameRange(0, 10**6), options.train_views), False


def _cameras_and_frames(
    root: Path, preset: SubjectPreset
) -> tuple[dict[int, SourceCamera], tuple[SourceFrame, ...]]:  # cameras by number
    path = root / ANNOTS
    if not path.is_file():
        names, cameras = cameras_from_yaml(root / INTRINSICS, root / EXTRINSICS)
        return cameras, _checked_frames(root, frames_from_folders(root, names))
    annots = read_object_array(path)
    if not isinstance(annots, dict) or not {"cams", "ims"} <= set(annots):
        raise CaptureError(f"{path}: expected a dictionary with cams and ims, got others; export it again")
    frames = frames_from_annots(path, annots["ims"], preset.counts_from_one)
    return cameras_from_annots(path, annots["cams"]), _checked_frames(path, frames)


def _checked_frames(path: Path, frames: tuple[SourceFrame, ...]) -> tuple[SourceFrame, ...]:
    numbers = [frame.number for frame in frames]
    if len(set(numbers)) != len(numbers):
        raise CaptureError(f"{path}: expected different frames, got one twice; export it again")
    return frames


def _split(
    root: Path, frames: Sequence[SourceFrame], preset: SubjectPreset, options: CaptureOptions
) -> tuple[range, list[int]]:  # indices of `frames`
    train = (options.frames or preset.frames).indices(len(frames))
    if not train:
        raise CaptureError(
            f"{root}: expected frames to train on, got none among its {len(frames)}; give other --frames"
        )
    novel = options.novel_frames or preset.novel_frames
    indices = () if novel is None else novel.indices(len(frames))
    every = options.evaluate_every or preset.evaluate_every
    return train, [index for index in indices[::every] if index not in train]


def _camera_split(
    root: Path,
    cameras: dict[int, SourceCamera],
    frames: Sequence[SourceFrame],
    train: range,
    novel: Sequence[int],
    preset: SubjectPreset,
    options: CaptureOptions,
) -> dict[int, str]:
    """Train and test cameras by number, in order. A preset's test views without pictures are replaced by the others.

    There may be no test camera: none is asked for and no other has pictures, or none that is asked for has any.
    """
    train_views = options.train_views or preset.train_views
    for view in (*train_views, *(options.test_views or ())):
        if view not in cameras:
            known = ", ".join(map(str, sorted(cameras)))
            raise CaptureError(
                f"{root}: expected a camera among {known}, got {view}; give other --train-views or --test-views"
            )
    both = set(train_views) & set(options.test_views or ())
    if both:
        raise CaptureError(f"{root}: camera {min(both)} is both in --train-views and in --test-views; leave one out")
    seen = [frames[index] for index in (*train, *novel)]
    pictured = {view for frame in seen for view, path in frame.pictures.items() if is_readable_file(root / path)}
    others = [view for view in sorted(cameras) if view not in train_views and view in pictured]
    if options.test_views is not None:
        test_views = options.test_views if pictured.intersection(options.test_views) else ()
    else:
        test_views = [view for view in preset.test_views or () if view in others] or others
    return {view: "train" if view in train_views else "test" for view in sorted({*train_views, *test_views})}


def _pictures(
    root: Path,
    frames: Sequence[SourceFrame],
    train: range,
    novel: Sequence[int],
    splits: dict[int, str],
    every: int,
    has_labels: bool,
) -> dict[tuple[int, int], SourcePicture]:  # by camera number and frame
    """Training cameras have every training frame; test cameras every n-th. Those of novel motion are taken if there."""
    wanted = {"train": [*train, *novel], "test": [*train[::every], *novel]}
    present = {}
    for camera, split in splits.items():
        for index in wanted[split]:
            frame, is_needed = frames[index], split == "train" and index in train
            relative = frame.pictures.get(camera)
            if relative is None or not is_readable_file(root / relative):
                if is_needed:
                    raise CaptureError(
                        f"{root / (relative or ANNOTS)}: expected a picture of frame {frame.number} from the training "
                        f"camera {camera}, got none; add it or give other --frames or --train-views"
                    )
                continue
            mask = find_mask(root, relative)
            if mask is None:
                if split == "train" and not is_needed:
                    continue
                stem = relative.rpartition(".")[0]
                raise CaptureError(
                    f"{root / relative}: expected a mask at {LABEL_FOLDERS[0]}/{stem}.png or mask/{stem}.png, got "
                    f"none; add it"
                )
            is_label = has_labels or mask.relative_to(root).parts[0] in LABEL_FOLDERS
            present[camera, frame.number] = SourcePicture(root / relative, mask, is_label)
        if split == "test" and not any(key[0] == camera for key in present):
            raise CaptureError(f"{root}: expected pictures of test camera {camera}, got none; give other --test-views")
    return present


def _views(
    root: Path, cameras: dict[int, SourceCamera], present: dict[tuple[int, int], SourcePicture], ratio: float
) -> dict[int, SourceView]:
    """Sizes from each camera's first picture."""
    views: dict[int, SourceView] = {}
    for (camera, _), picture in present.items():
        if camera in views:
            continue
        try:
            size = picture_size(picture.image)
        except ImageError as error:
            raise CaptureError(str(error)) from error
        new_size = (int(size[0] * ratio), int(size[1] * ratio))
        if min(new_size) < 1:
            raise CaptureError(f"{picture.image}: --ratio {ratio} leaves no pixel of {size[0]} x {size[1]}; raise it")
        views[camera] = SourceView(cameras[camera], size, new_size)
    return views


def _poses(
    root: Path, frames: Iterable[SourceFrame], options: CaptureOptions, body: BodyModel, world: np.ndarray
) -> dict[int, Pose]:  # by the capture's number
    numbers = {frame.parameters: frame.number for frame in frames}
    if (root / MOTION).is_file() and not options.parameters:
        made = poses_from_motion(root / MOTION, numbers, body, world)
    else:
        names = (options.parameters,) if options.parameters else PARAMETER_FOLDERS
        folder = next((root / name for name in names if (root / name).is_dir()), None)
        if folder is None:
            raise CaptureError(
                f"{root}: expected body parameters in {MOTION} or a folder {' or '.join(names)}, got neither; copy them"
            )
        made = poses_from_params(folder, numbers, body, world)
    return {numbers[parameters]: pose for parameters, pose in made.items()}


def _ground_truth(root: Path, cameras: dict, options: CaptureOptions, up: str) -> PublicGroundTruth | None:
    meshes = {int(path.stem): path for path in (root / MESHES).glob("*.obj") if path.stem.isdecimal()}
    from_mesh = np.array([(1.0, 0.0, 0.0), (0.0, 0.0, -1.0), (0.0, 1.0, 0.0)])
    truth = PublicGroundTruth(
        root=root,
        human=root.absolute().name,
        picture_cameras=cameras,
        meshes=meshes,
        mesh_rotation=world_rotation(up) @ from_mesh,
        has_z_up=up == "+z",
        renders=options.renders or RENDERS,
        lighting=options.lighting,
    )
    return truth if meshes or truth.lights else None
