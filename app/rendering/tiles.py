"""Large pictures, a tile of rows at a time: what one tile needs in memory is all that is ever needed."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from app.rendering.frames import Frame
from phynes_core.render.camera import Camera

LARGEST_AT_ONCE = 1024  # pixels a side of a picture that is made at once
TILE_PIXELS = 1 << 19  # with 2 x 2 samples each as many as half a picture of 1024 x 1024


def fits_at_once(num_pixels: int) -> bool:
    """Whether a picture of so many pixels may be supersampled and its results kept; more would not fit in memory."""
    return num_pixels <= LARGEST_AT_ONCE**2


@dataclass(frozen=True)
class Tile:
    """Rows of a square picture."""

    top: int
    rows: int
    size: int  # of the whole picture

    @property
    def bottom(self) -> int:
        """The first row below."""
        return self.top + self.rows

    @property
    def num_pixels(self) -> int:
        """Of these rows."""
        return self.size * self.rows

    def of(self, camera: Camera) -> Camera:
        """What the whole picture's camera sees in these rows."""
        return camera if self.rows == camera.height else camera.cropped(0, self.top, camera.width, self.rows)


def whole_tile(size: int) -> Tile:
    """The picture in one piece."""
    return Tile(0, size, size)


def tiles_of(size: int) -> list[Tile]:
    """From the top to the bottom."""
    rows = max(1, TILE_PIXELS // size)
    return [Tile(top, min(rows, size - top), size) for top in range(0, size, rows)]


def joined(
    size: int,
    render: Callable[[Tile], Frame],
    after_tile: Callable[[int, int], bool],  # tiles done, of how many; False cancels
) -> Frame | None:
    """One frame of all tiles; None when cancelled."""
    pixels, faces = np.zeros((size, size, 4), np.float16), np.full((size, size), -1, np.int32)
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
