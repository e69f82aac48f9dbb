"""The dressed subject as Mitsuba sees it: textures and materials once, a mesh per frame."""

from dataclasses import dataclass
from typing import Any

from phynes_core.synthetic.plan import Shot
from phynes_core.synthetic.scene import (
    SeamSplit,
    make_brdf,
    make_subject_mesh,
    make_texture,
    make_white_diffuse,
    split_at_seams,
)
from phynes_core.synthetic.subdivision import Array
from phynes_core.synthetic.subject import Subject


@dataclass(frozen=True)
class Stage:
    """What all frames share."""

    subject: Subject
    split: SeamSplit
    albedo: Any  # Mitsuba textures
    roughness: Any
    brdf: Any
    white: Any


@dataclass(frozen=True)
class PosedSubject:
    """The subject in one frame."""

    frame: int
    vertices: Array  # [Vd, 3] world
    mesh: Any
    white_mesh: Any  # the same in white, for the shading images


def prepare_stage(subject: Subject, texture_size: int) -> Stage:
    """Paint the subject's textures."""
    materials = subject.paint(texture_size)
    albedo, roughness = make_texture(materials.albedo), make_texture(materials.roughness)
    split = split_at_seams(subject.surface.faces, subject.surface.corner_uv)
    return Stage(subject, split, albedo, roughness, make_brdf(albedo, roughness), make_white_diffuse())


def pose_subject(stage: Stage, shot: Shot) -> PosedSubject:
    """The subject's meshes in one frame."""
    vertices, faces = stage.subject.vertices(shot.pose), stage.subject.surface.faces
    mesh, white = (make_subject_mesh(vertices, faces, stage.split, bsdf) for bsdf in (stage.brdf, stage.white))
    return PosedSubject(shot.frame, vertices, mesh, white)
