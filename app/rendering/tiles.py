"""Large pictures are rendered in tiles of rows, so that memory is needed for one tile only."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from app.model.exports import PictureSize, width_height
from app.rendering.frames import Frame
from phynes_core.render.camera import Camera

LARGEST_AT_ONCE = 1024  # width and height of the largest square picture that is rendered in one piece
TILE_PIXELS = 1 << 19  # half as many as a picture of 1024 x 1024


def fits_at_once(num_pixels: int) -> bool:
    """Whether a picture of so many pixels may be supersampled and its results kept in memory."""
    return num_pixels <= LARGEST_AT_ONCE**2


@dataclass(frozen=True)
class Tile:
    """Some rows of a picture."""

    top: int
    rows: int
    width: int  # of the whole picture
    height: int

    @property
    def bottom(self) -> int:
        """Index of the first row below the tile."""
        return self.top + self.rows

    @property
    def num_pixels(self) -> int:
        """Number of pixels in the tile."""
        return self.width * self.rows

    def of(self, camera: Camera) -> Camera:
        """The camera of these rows, from the whole picture's camera."""
        return camera if self.rows == camera.height else camera.cropped(0, self.top, camera.width, self.rows)


def whole_tile(size: PictureSize) -> Tile:
    """The whole picture as one tile."""
    width, height = width_height(size)
    return Tile(0, height, width, height)


def tiles_of(size: PictureSize) -> list[Tile]:
    """The tiles of a picture, from top to bottom."""
    width, height = width_height(size)
    rows = max(1, TILE_PIXELS // width)
    return [Tile(top, min(rows, height - top), width, height) for top in range(0, height, rows)]


def joined(
    size: PictureSize,
    render: Callable[[Tile], Frame],
    after_tile: Callable[[int, int], bool],  # (tiles done, all tiles); False cancels
) -> Frame | None:
    """Render all tiles and join them into one frame; None when cancelled."""
    width, height = width_height(size)
    pixels, faces = np.zeros((height, width, 4), np.float16), np.full((height, width), -1, np.int32)
    tiles, frame, render_ms = tiles_of(size), None, 0.0
    for done, tile in enumerate(tiles, 1):
        frame = render(tile)
        pixels[tile.top : tile.bottom] = frame.pixels
        if frame.face_index is not None:
            faces[tile.top : tile.bottom] = frame.face_index
        render_ms += frame.render_ms
        if not after_tile(done, len(tiles)):
            return None
    assert frame is not None
    return replace(frame, image=pixels, faces=faces, texel_coordinates=None, render_ms=render_ms)
