"""ada: a woman in a satin blouse, a flowered skirt, ribbed tights and patent boots, her hair in a bun.

The skirt is a surface of its own around both legs; the part of the body that it hides is left out, so that the mesh is
the outermost surface. Body and skirt share one texture: the body's atlas on the left, the skirt on the right.
"""

from dataclasses import dataclass, replace

import numpy as np

from phynes_core.body.model import BodyModel, Pose, pose_body
from phynes_core.synthetic.subjects.ada_garments import (
    blouse_field,
    boot_field,
    dress_body,
    skirt_folds,
    sleeve_folds,
    snap_ada,
    tights_field,
)
from phynes_core.synthetic.subjects.ada_patterns import (
    paint_ada_hair,
    paint_blouse,
    paint_boots,
    paint_hem,
    paint_skirt,
    paint_tights,
)
from phynes_core.synthetic.subjects.hair import ada_hair_field, dress_hair
from phynes_core.synthetic.subjects.skin import Complexion, paint_skin
from phynes_core.synthetic.subjects.skirt import Skirt, fit_skirt, refine_skirt, skirt_surface
from phynes_core.synthetic.subjects.subject import Subject, make_person
from phynes_core.synthetic.subjects.textures import (
    Materials,
    TexelMap,
    bake_materials,
    garment_cover,
    lay_over,
    map_texels,
)
from phynes_core.synthetic.surface.landmarks import Landmarks, measure_torso
from phynes_core.synthetic.surface.noise import smoothstep
from phynes_core.synthetic.surface.subdivision import Array, Indices, SurfaceMesh, vertex_normals

ADA_BETAS = (-1.4, 0.5, 0.6, -1.2, 0.1, 1.1, -0.6, 0.8, -0.9, -1.1)  # a short woman: 1.52 m
_SEED = 11
_COMPLEXION = Complexion(
    skin=(0.60, 0.405, 0.315), red=(0.60, 0.25, 0.21), lip=(0.42, 0.06, 0.07), brow=(0.055, 0.024, 0.012), stubble=0.0
)
_HEM_ABOVE_KNEE, _WAIST_ABOVE_PELVIS = 0.085, 0.115  # metres
_HIDDEN_ABOVE_HEM, _HIDDEN_BELOW_WAIST = 0.055, 0.030  # metres that the body continues under the skirt's edges
_BODY_U, _SKIRT_U, _SKIRT_V = 0.80, (0.81, 0.99), (0.01, 0.99)  # rectangles of body and skirt in the texture


@dataclass(frozen=True)
class Ada(Subject):
    """Relief on the body above and below, and a skirt."""

    blouse: Array  # [Vd] in [0, 1], 1 on the blouse
    skirt: Skirt
    below_skirt: Indices  # [Fb, 3] the body's faces that the skirt rests on
    visible: Indices  # [Vv] the body's vertices that the skirt does not hide
    merged: SurfaceMesh  # visible body, then skirt
    canonical: tuple[Array, Landmarks]  # the mean body's rest surface [Vd, 3]: faces are painted in its proportions

    @property
    def surface(self) -> SurfaceMesh:
        """The visible body, then the skirt."""
        return self.merged

    def vertices(self, pose: Pose) -> Array:
        """The visible body, then the skirt settled on it."""
        person = self.person
        bare = person.dense.refine(pose_body(person.body, pose).vertices.double().numpy())
        surface = bare + person.turn(self.worn - person.rest, pose)
        folds = self.blouse * sleeve_folds(person.rest, pose.body_pose.double().numpy(), person.marks, person.noises)
        surface = surface + vertex_normals(surface, person.dense.faces) * folds[:, None]
        grid = self.skirt.pose(person, pose, surface, self.below_skirt)
        cloth = refine_skirt(grid)
        return np.concatenate([surface[self.visible], skirt_folds(cloth, person.noises).reshape(-1, 3)])

    def paint(self, resolution: int) -> Materials:
        """Body and skirt in one texture."""
        noises = self.person.noises
        texels = map_texels(self.merged, resolution)
        on_body = np.all(texels.vertex < len(self.visible), axis=1)
        body = texels.restricted(on_body)
        body = replace(body, vertex=self.visible[body.vertex])
        albedo, roughness = np.empty((len(on_body), 3)), np.empty(len(on_body))
        albedo[on_body], roughness[on_body] = self._paint_body(body)
        cloth = refine_skirt(self.skirt.rest)
        down, girth = _lengths(cloth)
        u, v = texels.restricted(~on_body).uv()
        share = np.clip((u - _SKIRT_U[0]) / (_SKIRT_U[1] - _SKIRT_U[0]), 0, 1)
        below_top = np.interp(share, np.linspace(0, 1, len(down)), down)
        around = (v - _SKIRT_V[0]) / (_SKIRT_V[1] - _SKIRT_V[0]) * girth
        color, rough = paint_skirt(below_top, around, girth, noises)
        albedo[~on_body], roughness[~on_body] = paint_hem(color, np.maximum(down[-4] - below_top, 0)), rough
        return bake_materials(texels, albedo, roughness)

    def _paint_body(self, texels: TexelMap) -> tuple[Array, Array]:
        person, marks, noises = self.person, self.person.marks, self.person.noises
        rest, face_marks = self.canonical
        albedo, roughness = paint_skin(texels.sample(rest), face_marks, noises, _COMPLEXION)
        snapped, _ = snap_ada(person)
        points = texels.sample(snapped)
        hair = ada_hair_field(texels.sample(rest), face_marks, noises[4])
        section = measure_torso(snapped, marks)
        worn, normals = texels.sample(self.worn), texels.sample(vertex_normals(self.worn, person.dense.faces))
        layers = (
            (smoothstep(-0.002, 0.008, hair), lambda k: paint_ada_hair(points[k], marks, noises)),
            (garment_cover(tights_field(points, marks)), lambda k: paint_tights(points[k], marks, noises)),
            (garment_cover(boot_field(points, marks)), lambda k: paint_boots(worn[k], normals[k], marks, noises)),
            (garment_cover(blouse_field(points, marks)), lambda k: paint_blouse(points[k], section, marks, noises)),
        )
        for cover, paint in layers:
            lay_over(albedo, roughness, cover, paint)
        return albedo, roughness


def dress_ada(body: BodyModel) -> Ada:
    """Dress the body in its rest pose. Deterministic: the same body gives the same subject."""
    person = make_person(body, ADA_BETAS, _SEED)
    mean = make_person(body, (0.0,) * len(ADA_BETAS), _SEED)
    marks, faces, rest = person.marks, person.dense.faces, person.rest
    worn = dress_body(person)
    hair = ada_hair_field(mean.rest, mean.marks, person.noises[4])
    worn = dress_hair(worn, rest, vertex_normals(rest, faces), hair, marks, person.noises[6])
    blouse = smoothstep(-0.001, 0.03, blouse_field(rest, marks))

    hem, waist = marks["left_knee"][1] + _HEM_ABOVE_KNEE, marks["pelvis"][1] + _WAIST_ABOVE_PELVIS
    trunk = np.abs(rest[:, 0]) < 0.30
    near = trunk & (rest[:, 1] > hem - 0.07) & (rest[:, 1] < waist + 0.06)
    below = faces[near[faces].all(1)]
    skirt = fit_skirt(person, hem, waist, worn, below)
    hidden = trunk & (rest[:, 1] > hem + _HIDDEN_ABOVE_HEM) & (rest[:, 1] < waist - _HIDDEN_BELOW_WAIST)
    seen = ~hidden[faces].all(1)
    visible, seen_faces = np.unique(faces[seen], return_inverse=True)
    cloth = skirt_surface()
    (u0, u1), (v0, v1) = _SKIRT_U, _SKIRT_V
    cloth_uv = cloth.corner_uv * [u1 - u0, v1 - v0] + [u0, v0]
    merged = SurfaceMesh(
        np.concatenate([seen_faces.reshape(-1, 3), cloth.faces + len(visible)]),
        np.concatenate([person.dense.corner_uv[seen] * [_BODY_U, 1.0], cloth_uv]),
    )
    return Ada(person, worn, blouse, skirt, below, visible, merged, (mean.rest, mean.marks))


def _lengths(cloth: Array) -> tuple[Array, float]:  # [R, C, 3] -> metres below the top [R], metres around the hips
    steps = np.linalg.norm(np.diff(cloth, axis=0), axis=2).mean(1)
    girth = np.linalg.norm(cloth - np.roll(cloth, 1, 1), axis=2).sum(1)
    return np.concatenate([[0.0], np.cumsum(steps)]), float(np.median(girth))
