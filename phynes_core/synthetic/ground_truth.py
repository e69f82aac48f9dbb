"""Render a plan into the native capture layout, file by file; what exists is not rendered again."""

import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from phynes_core.atomic_file import replacing
from phynes_core.body.model import BodyModel
from phynes_core.data import layout
from phynes_core.data.native_writer import (
    save_body_parameters,
    save_buffer,
    save_cameras,
    save_centre_mask,
    save_geometry,
    save_light,
    save_topology,
    save_view,
)
from phynes_core.errors import CaptureError
from phynes_core.paths import ASSETS
from phynes_core.render.camera import Camera
from phynes_core.render.probes import load_environment_image
from phynes_core.synthetic.plan import Shot, SynthesisPlan, make_cameras, make_shots
from phynes_core.synthetic.rendering import render_radiance, surface_buffers
from phynes_core.synthetic.scene import (
    SeamSplit,
    body_crop,
    make_brdf,
    make_environment,
    make_subject_mesh,
    make_texture,
    make_white_diffuse,
    split_at_seams,
)
from phynes_core.synthetic.subject import SUBJECTS, Subject, build_subject

SETTINGS = "synthesis.json"
_LIGHT_ROWS = 256
_CLAMP = 30.0  # times the mean: brighter texels (a naked sun) make noise that no sample count removes
_EXPOSED_QUANTILE = 0.995  # of the foreground's brightest channel, which is put at 1

Report = Callable[[int, int, str], None]  # pictures done, pictures in all, what is being rendered


@dataclass(frozen=True)
class _Stage:
    """What all frames share."""

    subject: Subject
    split: SeamSplit
    albedo: Any  # Mitsuba textures
    roughness: Any
    brdf: Any
    white: Any


@dataclass(frozen=True)
class _Task:
    """One picture, or one view's set of surface buffers."""

    shot: Shot
    camera: str
    kind: str  # "view", "surface", "relit" or "shading"
    light: str


def synthesize(plan: SynthesisPlan, body: BodyModel, root: Path, report: Report) -> None:
    """Render whatever is missing of the plan's capture in `root`."""
    if plan.subject not in SUBJECTS:
        raise CaptureError(f"--subject {plan.subject}: expected one of {', '.join(SUBJECTS)}")
    lights = {layout.TRAIN_LIGHT: plan.probe, **{name: name for name in plan.relight}}
    environments = {light: load_light(name) for light, name in lights.items()}
    _check_settings(plan, body, root)
    subject = build_subject(body, plan.subject)
    shots = make_shots(plan, body, subject.betas)
    cameras, camera_split = make_cameras(plan, shots, body)
    tasks = _tasks(shots, camera_split, tuple(plan.relight))
    missing = [task for task in tasks if not _is_done(root, task)]
    done = len(tasks) - len(missing)
    report(done, len(tasks), "dressing the subject")
    stage = _prepare(subject, plan.texture_size)

    _save_settings(plan, body, root)
    save_cameras(root, cameras, camera_split)
    save_body_parameters(
        root, {s.frame: s.pose for s in shots}, {s.frame: s.split for s in shots}, body.name, body.content_hash
    )
    save_topology(root, torch.from_numpy(subject.dense.faces))
    train_shots = tuple(shot for shot in shots if shot.split == "train")
    train_cameras = tuple(camera for name, camera in cameras.items() if camera_split[name] == "train")
    for light, image in environments.items():
        if not layout.light_path(root, light).is_file():
            report(done, len(tasks), f"exposing {light}")
            save_light(root, light, image * _exposure(stage, image, train_shots, train_cameras, plan.seed))
    emitters = {light: make_environment(_stored_light(root, light)) for light in environments}

    posed = None
    meshes: dict[str, Any] = {}
    for task in missing:
        frame = task.shot.frame
        report(done, len(tasks), f"{task.kind} {task.camera}/{frame:06d} {task.light}".strip())
        if frame != posed:
            posed, vertices = frame, subject.vertices(task.shot.pose)
            meshes = {
                name: make_subject_mesh(vertices, subject.dense.faces, stage.split, bsdf)
                for name, bsdf in (("subject", stage.brdf), ("white", stage.white))
            }
            if not layout.geometry_path(root, frame).is_file():
                save_geometry(root, frame, torch.from_numpy(vertices))
        camera = cameras[task.camera]
        crop = body_crop(vertices, camera)
        if task.kind == "surface":
            buffers = surface_buffers(meshes["subject"], stage.albedo, stage.roughness, camera, crop)
            for name in ("albedo", "roughness", "normal", "depth"):
                save_buffer(root, name, task.camera, frame, getattr(buffers, name))
            save_centre_mask(root, task.camera, frame, buffers.centre_mask)
        else:
            is_shading = task.kind == "shading"
            radiance, coverage = render_radiance(
                meshes["white" if is_shading else "subject"],
                emitters[task.light],
                camera,
                crop,
                plan.spp,
                seed=_seed(plan.seed, task),
                direct_only=is_shading,
            )
            if task.kind == "view":
                save_view(root, task.camera, frame, radiance, coverage)
            else:
                save_buffer(root, task.kind, task.camera, frame, radiance, task.light)
        done += 1
    report(len(tasks), len(tasks), "complete")


def load_light(name: str) -> Tensor:  # [256, 512, 3] linear
    """A bundled probe, averaged to the size that is stored, and clamped."""
    path = ASSETS / "probes" / f"{name}.exr"
    if not path.is_file():
        known = ", ".join(sorted(probe.stem for probe in path.parent.glob("*.exr")))
        raise CaptureError(f"probe {name}: expected one of {known}")
    image = load_environment_image(path)
    factor = image.shape[0] // _LIGHT_ROWS
    if factor * _LIGHT_ROWS != image.shape[0]:
        raise CaptureError(f"{path}: expected a multiple of {_LIGHT_ROWS} rows, got {image.shape[0]}; resize it")
    small = image.reshape(_LIGHT_ROWS, factor, 2 * _LIGHT_ROWS, factor, 3).mean((1, 3))
    return small.clamp(max=_CLAMP * float(small.mean()))


def _tasks(shots: tuple[Shot, ...], camera_split: dict[str, str], relight: tuple[str, ...]) -> list[_Task]:
    """Training pictures first, so that training can begin while the ground truth renders."""
    train = [name for name, split in camera_split.items() if split == "train"]
    test = [name for name, split in camera_split.items() if split == "test"]
    tasks = [_Task(s, camera, "view", layout.TRAIN_LIGHT) for s in shots if s.split == "train" for camera in train]
    for shot in shots:
        for camera in test if shot.has_ground_truth else ():
            tasks.append(_Task(shot, camera, "view", layout.TRAIN_LIGHT))
            tasks.append(_Task(shot, camera, "surface", ""))
            tasks += [_Task(shot, camera, "relit", light) for light in relight]
            tasks += [_Task(shot, camera, "shading", light) for light in (layout.TRAIN_LIGHT, *relight)]
    return tasks


def _is_done(root: Path, task: _Task) -> bool:
    frame, camera = task.shot.frame, task.camera
    if task.kind == "view":
        return layout.image_path(root, camera, frame).is_file() and layout.geometry_path(root, frame).is_file()
    if task.kind == "surface":
        return layout.centre_mask_path(root, camera, frame).is_file()  # written last
    return layout.buffer_path(root, task.kind, camera, frame, task.light).is_file()


def _prepare(subject: Subject, texture_size: int) -> _Stage:
    materials = subject.paint(texture_size)
    albedo, roughness = make_texture(materials.albedo), make_texture(materials.roughness)
    split = split_at_seams(subject.dense.faces, subject.dense.corner_uv)
    return _Stage(subject, split, albedo, roughness, make_brdf(albedo, roughness), make_white_diffuse())


def _exposure(stage: _Stage, image: Tensor, shots: tuple[Shot, ...], cameras: tuple[Camera, ...], seed: int) -> float:
    """The factor that leaves half a percent of the foreground, over a few frames from all sides, above 1."""
    emitter = make_environment(image)
    seen: list[Tensor] = []
    for shot in shots[:: max(1, len(shots) // 3)][:3]:
        vertices = stage.subject.vertices(shot.pose)
        mesh = make_subject_mesh(vertices, stage.subject.dense.faces, stage.split, stage.brdf)
        for camera in cameras:
            small = camera.resized(96, 96 * camera.height // camera.width)
            radiance, coverage = render_radiance(mesh, emitter, small, body_crop(vertices, small), 64, seed + len(seen))
            seen.append(radiance.amax(-1)[coverage > 0.99])
    return 1.0 / float(torch.quantile(torch.cat(seen), _EXPOSED_QUANTILE))


def _stored_light(root: Path, light: str) -> Tensor:
    return load_environment_image(layout.light_path(root, light))


def _seed(seed: int, task: _Task) -> int:
    """Independent noise per picture, the same in every run."""
    return zlib.crc32(f"{seed}/{task.kind}/{task.light}/{task.camera}/{task.shot.frame}".encode()) & 0x7FFFFFFF


def _settings(plan: SynthesisPlan, body: BodyModel) -> dict[str, Any]:
    return {"plan": plan.as_json(), "body": body.content_hash}


def _check_settings(plan: SynthesisPlan, body: BodyModel, root: Path) -> None:
    """CaptureError when `root` holds a capture made with other settings."""
    path = root / SETTINGS
    if not path.is_file():
        if (root / layout.CAMERAS).exists():
            raise CaptureError(f"{root}: holds a capture that was not synthesized here; choose an empty --out")
        return
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        difference, stored_body = plan.difference(stored["plan"]), stored["body"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CaptureError(
            f"{path}: expected this run's settings, got something unreadable; choose another --out"
        ) from error
    if difference is None and stored_body != body.content_hash:
        difference = "body: another body model"
    if difference is not None:
        raise CaptureError(f"{path}: made with other settings ({difference}); repeat those or choose another --out")


def _save_settings(plan: SynthesisPlan, body: BodyModel, root: Path) -> None:
    with replacing(root / SETTINGS) as temporary:
        temporary.write_text(json.dumps(_settings(plan, body), indent=1), encoding="utf-8")
