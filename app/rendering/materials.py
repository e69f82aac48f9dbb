"""From a state's material edits to the engine's MaterialEdit, stroke by stroke; and materials over the UV square."""

from collections import OrderedDict

import numpy as np
import torch

from app.model.materials import MaterialState, StrokeState
from app.rendering.frames import MaterialSquare
from phynes_core.avatar.avatar import Avatar
from phynes_core.avatar.paint_surface import PaintSurface
from phynes_core.body.texels import TEXELS, surface_texels, texel_centers
from phynes_core.maps.material_edit import MaterialEdit, PaintChange, blank_paint, edited, painted

MOST_KEPT = 8  # avatars
MOST_EDITS = 4  # of each avatar; 16 MB


class _AvatarMaterials:
    """The kept edits, paint and UV square of one avatar."""

    def __init__(self, avatar: Avatar) -> None:
        self.avatar = avatar  # kept, so that its id is not used again
        self._maps: MapSquare | None = None
        self._square: tuple[MaterialState, MaterialSquare] | None = None
        self._surface: PaintSurface | None = None
        self._before: tuple[tuple[StrokeState, ...], torch.Tensor] | None = None  # paint of all strokes but the newest
        self._edits: list[tuple[MaterialState, MaterialEdit]] = []  # newest last; no dict: hashing points is slow

    def edit(self, state: MaterialState) -> MaterialEdit:
        """The engine's edit; the same object for the same state, as long as it is one of the last MOST_EDITS."""
        edit = next((edit for known, edit in self._edits if known == state), None)
        if edit is None:
            paint = self._paint(state.strokes) if state.strokes else None
            edit = MaterialEdit.uniform(
                state.albedo_scale, state.tint, state.roughness_scale, state.specular_scale, paint
            )
        others = [(known, kept) for known, kept in self._edits if kept is not edit]
        self._edits = [*others, (state, edit)][-MOST_EDITS:]
        return edit

    def square(self, state: MaterialState) -> MaterialSquare:
        """The materials over the UV square; the same object as long as the state does not change."""
        if self._square is None or self._square[0] != state:
            if self._maps is None:
                self._maps = MapSquare(self.avatar)
            self._square = state, self._maps.edited(None if state.is_plain else self.edit(state))
        return self._square[1]

    def _paint(self, strokes: tuple[StrokeState, ...]) -> torch.Tensor:
        for known, edit in self._edits:
            if known.strokes == strokes and edit.paint is not None:
                return edit.paint
        paint = self._painted(strokes[:-1]).clone()
        self._stroke(paint, strokes[-1])
        return paint

    def _painted(self, strokes: tuple[StrokeState, ...]) -> torch.Tensor:
        """The paint of all strokes but the newest, kept while the newest one grows."""
        known, paint = self._before or ((), blank_paint(TEXELS))
        if known != strokes:
            is_longer = known == strokes[: len(known)]
            paint = paint.clone() if is_longer else blank_paint(TEXELS)
            for stroke in strokes[len(known) if is_longer else 0 :]:
                self._stroke(paint, stroke)
        self._before = strokes, paint
        return paint

    def fill_preview(self, stroke: StrokeState) -> np.ndarray:  # [TEXELS, TEXELS] uint8
        """About what a fill takes, over the UV square."""
        if self._surface is None:
            self._surface = PaintSurface(self.avatar)
        found = self._surface.fill_preview(stroke.points[0], stroke.tolerance, stroke.mirrors, stroke.pattern_m)
        weights = torch.zeros(TEXELS * TEXELS, dtype=torch.uint8)
        weights[found.index] = (found.weight * 255.0).round().to(torch.uint8)
        return weights.view(TEXELS, TEXELS).numpy()

    def _stroke(self, paint: torch.Tensor, stroke: StrokeState) -> None:
        if self._surface is None:
            self._surface = PaintSurface(self.avatar)
        if not stroke.points:
            return
        if stroke.shape == "fill":
            touched = self._surface.fill(stroke.points[0], stroke.tolerance, stroke.mirrors, stroke.pattern_m)
        else:
            touched = self._surface.brush(stroke.points, stroke.radius_m, stroke.hardness, stroke.mirrors)
        painted(paint, touched.index, touched.weight * stroke.strength, _change(stroke))


class Materials:
    """Material edits of the last MOST_KEPT avatars. Not thread-safe, like the service that owns it."""

    def __init__(self) -> None:
        self._avatars: OrderedDict[int, _AvatarMaterials] = OrderedDict()

    def edit(self, avatar: Avatar, state: MaterialState) -> MaterialEdit | None:
        """The engine's edit of the avatar's maps; None where nothing is edited."""
        return None if state.is_plain else self._materials_of(avatar).edit(state)

    def square(self, avatar: Avatar, state: MaterialState) -> MaterialSquare:
        """The avatar's edited materials over the UV square."""
        return self._materials_of(avatar).square(state)

    def fill_preview(self, avatar: Avatar, stroke: StrokeState) -> np.ndarray:  # [TEXELS, TEXELS] uint8
        """About what a fill takes, over the UV square."""
        return self._materials_of(avatar).fill_preview(stroke)

    def _materials_of(self, avatar: Avatar) -> _AvatarMaterials:
        if id(avatar) not in self._avatars:
            self._avatars[id(avatar)] = _AvatarMaterials(avatar)
            while len(self._avatars) > MOST_KEPT:
                self._avatars.popitem(last=False)
        self._avatars.move_to_end(id(avatar))
        return self._avatars[id(avatar)]


def _change(stroke: StrokeState) -> PaintChange:
    if stroke.paint == "erase":
        return PaintChange(erases=True)
    if stroke.paint == "tint":
        return PaintChange.tint(stroke.color)
    return PaintChange.over(
        stroke.color if stroke.paint in ("color", "material") else None,
        stroke.roughness if stroke.paint in ("roughness", "material") else None,
    )


SIDE = 256  # texels; one is 7 mm on a body


class MapSquare:
    """The maps over the UV square in the first training pose, queried once."""

    @torch.no_grad()
    def __init__(self, avatar: Avatar) -> None:
        step = TEXELS // SIDE
        face_at = surface_texels(avatar.body).face_at[step // 2 :: step, step // 2 :: step]
        self._is_body = face_at >= 0
        self._index = torch.nonzero(self._is_body.reshape(-1))[:, 0]
        self._uv = texel_centers(self._index, SIDE)
        pose = avatar.training_poses[0]
        self._albedo, self._roughness = avatar.query_albedo(self._uv, pose), avatar.query_roughness(self._uv, pose)

    def edited(self, edit: MaterialEdit | None) -> MaterialSquare:
        """The square with an edit applied."""
        albedo, roughness = self._albedo, self._roughness
        if edit is not None:
            albedo, roughness = edited(edit, self._uv, albedo, roughness)
        colors, rough = torch.zeros(SIDE * SIDE, 3), torch.zeros(SIDE * SIDE)
        colors[self._index], rough[self._index] = albedo, roughness
        return MaterialSquare(colors.view(SIDE, SIDE, 3).numpy(), rough.view(SIDE, SIDE).numpy(), self._is_body.numpy())
