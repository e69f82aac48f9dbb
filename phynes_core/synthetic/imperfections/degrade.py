"""Make an imperfect capture of a good one: what training reads gets worse, what judges it stays as it is.

Altered are the training cameras' pictures, masks and calibration, and all body parameters. The test cameras' pictures,
masks and calibration and the ground-truth buffers stay, byte by byte; buffers and meshes belong to the true poses.
The true values are kept in ground_truth/, with what was done.
"""

import hashlib
import json
import os
import shutil
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from phynes_core.data.capture import Capture, ColorGain
from phynes_core.data.native import layout
from phynes_core.data.native.parameters import BODY_PARAMETERS, CAMERAS_JSON, read_cameras
from phynes_core.data.native.reader import load_capture
from phynes_core.data.native.writer import save_body_parameters, save_cameras, save_color_gains
from phynes_core.errors import CaptureError, OutputError, unwritable
from phynes_core.io.image_files import write_png
from phynes_core.io.output_files import check_folder, replacing
from phynes_core.io.untrusted import read_untrusted
from phynes_core.synthetic.imperfections.fits import earlier_poses, noisy_camera, noisy_poses
from phynes_core.synthetic.imperfections.masks import BLOB_SHARE
from phynes_core.synthetic.imperfections.pictures import CameraFaults, color_gain, degraded_view, random_background
from phynes_core.synthetic.imperfections.settings import Imperfections

FORMAT = 1  # of imperfections.json
Report = Callable[[int, int, str], None]  # pictures done, pictures in all, what is being written


def degrade(
    source: Path,
    out: Path,
    settings: Imperfections,
    report: Report = lambda done, total, what: None,
) -> None:
    """Write the imperfect capture into `out`, which must not exist or be empty; it appears whole or not at all.

    Raises CaptureError for a source that cannot be read or was degraded already, OutputError where `out` cannot be
    written. The same source and settings give the same files.
    """
    source, out = Path(source), Path(out)
    capture = load_capture(source)
    if layout.true_path(source, layout.IMPERFECTIONS).exists():
        raise CaptureError(f"{source}: degraded already ({layout.IMPERFECTIONS}); degrade the capture it was made of")
    _check_out(source, out)
    with _appearing(out) as folder:
        _write(capture, source, folder, settings, report)


def _write(capture: Capture, source: Path, folder: Path, settings: Imperfections, report: Report) -> None:
    is_premultiplied = read_cameras(source / layout.CAMERAS)[2]
    views = [(camera, frame) for camera in capture.cameras for frame in capture.frames]
    views = [view for view in views if capture.has_image(*view)]
    trained = [view for view in views if capture.camera_split[view[0]] == "train"]
    report(0, len(views), "cameras and body parameters")
    _keep_truth(source, folder)
    _write_body(capture, source, folder, settings)
    cameras = {
        name: noisy_camera(camera, settings, _generator(settings, "camera", name))
        if capture.camera_split[name] == "train" and (settings.camera_deg or settings.camera_mm)
        else camera
        for name, camera in capture.cameras.items()
    }
    save_cameras(folder, cameras, capture.camera_split, is_premultiplied)
    faults = {name: _faults(capture, name, settings, is_premultiplied) for name in capture.cameras}
    save_color_gains(folder, {name: entry.color for name, entry in faults.items()})

    order = _generator(settings, "blobs").permutation(len(trained))
    count = round(BLOB_SHARE * len(trained)) if settings.mask_px else 0
    without_pieces = {trained[index] for index in order[:count]}
    blobs: list[dict[str, object]] = []
    for done, view in enumerate(views):
        report(done, len(views), f"picture {view[0]}/{layout.frame_name(view[1])}")
        blob = None
        if settings.has_new_images and capture.camera_split[view[0]] == "train":
            pixels = capture.pictures.read(*view)
            image, mask, blob = degraded_view(
                pixels, settings, faults[view[0]], view in without_pieces, is_premultiplied,
                _generator(settings, "mask", *map(str, view)),
            )  # fmt: skip
            write_png(layout.image_path(folder, *view), image)
            if settings.has_new_masks:
                write_png(layout.mask_path(folder, *view), mask)
        for path in (layout.image_path(source, *view), layout.mask_path(source, *view)):
            copy = folder / path.relative_to(source)
            if not copy.exists():
                _same_file(path, copy)
        if blob is not None:
            blobs.append({"camera": view[0], "frame": view[1], **asdict(blob)})
    _write_record(capture, source, folder, settings, blobs)
    report(len(views), len(views), "complete")


def _keep_truth(source: Path, folder: Path) -> None:
    """All of ground_truth/, and the true cameras and body parameters beside it."""
    truth = source / layout.GROUND_TRUTH
    for path in sorted(truth.rglob("*")) if truth.is_dir() else ():
        if path.is_file():
            _same_file(path, folder / path.relative_to(source))
    for name in (layout.CAMERAS, layout.BODY):
        _same_file(source / name, layout.true_path(folder, name))


def _write_body(capture: Capture, source: Path, folder: Path, settings: Imperfections) -> None:
    if not settings.has_new_poses:
        _same_file(source / layout.BODY, folder / layout.BODY)
        return
    poses = capture.poses
    if settings.offset_frames:
        poses = earlier_poses(poses, settings.offset_frames)
    if settings.body_deg or settings.body_mm:
        poses = noisy_poses(poses, settings, _generator(settings, "body"))
    save_body_parameters(folder, poses, capture.frame_split, capture.body_name, capture.body_hash)


def _faults(capture: Capture, name: str, settings: Imperfections, is_premultiplied: bool) -> CameraFaults:
    """Test cameras have none. Photographs always need a background: they are multiplied by the mask when read."""
    camera, color = capture.cameras[name], ColorGain(torch.ones(3), torch.zeros(3))
    if capture.camera_split[name] != "train":
        return CameraFaults(color, None)
    if settings.color_percent:
        color = color_gain(settings.color_percent, _generator(settings, "color", name))
    background = None
    if settings.mask_px or not is_premultiplied:
        background = random_background(camera.height, camera.width, _generator(settings, "background", name))
    return CameraFaults(color, background)


def _write_record(
    capture: Capture, source: Path, folder: Path, settings: Imperfections, blobs: list[dict[str, object]]
) -> None:
    content = {
        "format": FORMAT,
        "source": capture.name,
        "source_sha256": {
            name: hashlib.sha256(read_untrusted(source / name, kind)).hexdigest()
            for name, kind in ((layout.CAMERAS, CAMERAS_JSON), (layout.BODY, BODY_PARAMETERS))
        },
        "options": settings.as_typed(),
        "seed": settings.seed,
        "missing_pieces": blobs,
    }
    with replacing(layout.true_path(folder, layout.IMPERFECTIONS)) as temporary:
        temporary.write_text(json.dumps(content, indent=1), encoding="utf-8")


def _generator(settings: Imperfections, *words: str) -> np.random.Generator:
    """Random numbers of their own for every kind, camera and picture: one kind never changes another."""
    return np.random.default_rng([settings.seed, zlib.crc32("/".join(words).encode())])


def _check_out(source: Path, out: Path) -> None:
    if out.is_dir() and any(out.iterdir()):
        raise OutputError(f"{out}: expected a new or an empty folder, got one with files in it; choose another")
    if out.resolve().is_relative_to(source.resolve()):
        raise OutputError(f"{out}: lies in the capture that is read; choose a folder beside it")
    check_folder(out)


@contextmanager
def _appearing(out: Path) -> Iterator[Path]:
    """A folder beside `out` that becomes `out` if the block succeeds and goes away if it does not."""
    place = out.resolve()
    folder = place.with_name(f".{place.name}.{os.getpid()}.partial")
    try:
        folder.mkdir(parents=True)
        yield folder
        if place.exists():
            place.rmdir()
        os.rename(folder, place)
    except OSError as error:
        raise unwritable(out, error) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _same_file(path: Path, copy: Path) -> None:
    """A hard link, which takes no room; a copy where the file system has none."""
    copy.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(path, copy)
    except OSError:
        shutil.copyfile(path, copy)
