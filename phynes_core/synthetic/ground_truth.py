"""Render a plan into the native capture layout, file by file; files that exist are not rendered again."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from phynes_core.body.model import BodyModel, Pose
from phynes_core.data.native import layout
from phynes_core.data.native.writer import (
    save_body_parameters,
    save_buffer,
    save_cameras,
    save_center_mask,
    save_geometry,
    save_light,
    save_topology,
    save_view,
)
from phynes_core.render.camera import Camera
from phynes_core.render.probes import load_environment_image
from phynes_core.synthetic.lights import expose_lights, load_light
from phynes_core.synthetic.mitsuba.rendering import faces_seen, render_radiance, surface_buffers
from phynes_core.synthetic.mitsuba.scene import body_crop, make_environment
from phynes_core.synthetic.plan import (
    Shot,
    SynthesisPlan,
    check_settings,
    find_subject,
    make_cameras,
    make_shots,
    save_settings,
)
from phynes_core.synthetic.subjects.subject import PosedSubject, PreparedSubject, pose_subject, prepare_subject

Report = Callable[[int, int, str], None]  # pictures done, pictures in all, what is being rendered


@dataclass(frozen=True)
class _Task:
    """One picture, or one view's set of surface buffers."""

    shot: Shot
    camera: str
    kind: str  # "view", "surface", "relit" or "shading"
    light: str


def synthesize(plan: SynthesisPlan, body: BodyModel, root: Path, report: Report) -> None:
    """Render whatever is missing of the plan's capture in `root`."""
    entry = find_subject(plan.subject)
    lights = {layout.TRAIN_LIGHT: plan.probe, **{name: name for name in plan.relight}}
    environments = {light: load_light(name) for light, name in lights.items()}
    check_settings(plan, body, root)
    subject = entry.dress(body)
    shots = make_shots(plan, body, subject.betas)
    cameras, camera_split = make_cameras(plan, shots, body)
    tasks = _tasks(shots, camera_split, tuple(plan.relight))
    missing = [task for task in tasks if not _is_done(root, task)]
    done = len(tasks) - len(missing)
    report(done, len(tasks), "dressing the subject")
    prepared = prepare_subject(subject, plan.texture_size)

    save_settings(plan, body, root)
    save_cameras(root, cameras, camera_split)
    poses, splits = {shot.frame: shot.pose for shot in shots}, {shot.frame: shot.split for shot in shots}
    save_body_parameters(root, poses, splits, body.name, body.content_hash)
    if not layout.topology_path(root).is_file():
        faces = subject.surface.faces
        seen = faces_seen(subject.vertices(replace(Pose.rest(), betas=subject.betas)), faces)
        save_topology(root, torch.from_numpy(faces), torch.from_numpy(seen))
    unexposed = {light: image for light, image in environments.items() if not layout.light_path(root, light).is_file()}
    if unexposed:
        report(done, len(tasks), "exposing the lights")
        for light, factor in expose_lights(unexposed, prepared, shots, cameras, camera_split, plan.seed).items():
            save_light(root, light, unexposed[light] * factor)
    emitters = {light: make_environment(load_environment_image(layout.light_path(root, light))) for light in lights}

    posed: PosedSubject | None = None
    for task in missing:
        frame = task.shot.frame
        report(done, len(tasks), f"{task.kind} {task.camera}/{frame:06d} {task.light}".strip())
        if posed is None or posed.frame != frame:
            posed = pose_subject(prepared, task.shot.frame, task.shot.pose)
            if not layout.geometry_path(root, frame).is_file():
                save_geometry(root, frame, torch.from_numpy(posed.vertices))
        _render(task, prepared, posed, cameras[task.camera], emitters.get(task.light), plan, root)
        done += 1
    report(len(tasks), len(tasks), "complete")


def _render(
    task: _Task,
    prepared: PreparedSubject,
    posed: PosedSubject,
    camera: Camera,
    emitter: Any,
    plan: SynthesisPlan,
    root: Path,
) -> None:
    """Render one task and write its files, the one that `_is_done` looks for last."""
    crop = body_crop(posed.vertices, camera)
    if task.kind == "surface":
        buffers = surface_buffers(posed.mesh, prepared.albedo, prepared.roughness, camera, crop)
        for name in layout.PLAIN_BUFFERS:
            save_buffer(root, name, task.camera, posed.frame, getattr(buffers, name))
        save_center_mask(root, task.camera, posed.frame, buffers.center_mask)
        return
    is_shading = task.kind == "shading"
    mesh = posed.white_mesh if is_shading else posed.mesh
    seed = _seed(plan.seed, task)
    radiance, coverage = render_radiance(mesh, emitter, camera, crop, plan.spp, seed, direct_only=is_shading)
    if task.kind == "view":
        save_view(root, task.camera, posed.frame, radiance, coverage)
    else:
        save_buffer(root, task.kind, task.camera, posed.frame, radiance, task.light)


def _tasks(shots: tuple[Shot, ...], camera_split: dict[str, str], relight: tuple[str, ...]) -> list[_Task]:
    """Training pictures first, so that training can begin while the ground truth renders.

    Training cameras see the novel poses as well, without ground truth: poses of held-out frames are fitted to them.
    """
    train = [name for name, split in camera_split.items() if split == "train"]
    test = [name for name, split in camera_split.items() if split == "test"]
    tasks = [_Task(s, camera, "view", layout.TRAIN_LIGHT) for s in shots if s.split == "train" for camera in train]
    tasks += [_Task(s, camera, "view", layout.TRAIN_LIGHT) for s in shots if s.split != "train" for camera in train]
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
        return layout.center_mask_path(root, camera, frame).is_file()  # written last
    return layout.buffer_path(root, task.kind, camera, frame, task.light).is_file()


def _seed(seed: int, task: _Task) -> int:
    """Independent noise per picture, the same in every run."""
    return zlib.crc32(f"{seed}/{task.kind}/{task.light}/{task.camera}/{task.shot.frame}".encode()) & 0x7FFFFFFF
