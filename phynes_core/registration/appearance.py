"""The person's colors while bodies are registered: a texture over the UV square under a light that turns with nothing.

color(uv, n) = texture(uv) * E(n), linear, where E is the irradiance of a distant light in spherical harmonics up to the
second order (Ramamoorthi and Hanrahan 2001). Shadows are not in it. The texture is the mean of what all views of all
frames show; it is what photometric bundle adjustment aligns the pictures to (Zhou and Koltun 2014).
"""

import numpy as np
from scipy.ndimage import distance_transform_edt

NUM_HARMONICS = 9
SMALLEST_WEIGHT = 1e-6


def harmonics(normals: np.ndarray) -> np.ndarray:  # [N, 3] unit -> [N, 9] float32
    """Real spherical harmonics up to the second order, without their constant factors."""
    x, y, z = normals.T
    columns = [np.ones_like(x), x, y, z, x * y, y * z, z * x, x * x - y * y, 3.0 * z * z - 1.0]
    return np.stack(columns, -1).astype(np.float32)


class TexturedLight:
    """Texture and light of the whole capture, made anew from sums over all pictures."""

    def __init__(self, size: int) -> None:  # texels a side
        self.size = size
        self.light = np.zeros((NUM_HARMONICS, 3), np.float32)  # coefficients of E
        self.light[0] = 1.0
        self.texture = np.zeros((size * size, 3), np.float32)  # row 0 is v = 0
        self._sums = np.zeros((size * size, 6))

    def _texels(self, uv: np.ndarray) -> tuple[np.ndarray, np.ndarray]:  # [N, 2] -> [N, 4] int64, [N, 4]
        """The four texels around points of the UV square, and their bilinear weights."""
        at = uv * self.size - 0.5
        low = np.clip(np.floor(at).astype(np.int64), 0, self.size - 2)
        x, y = (at - low).clip(0.0, 1.0).T
        texel = (low[:, 1] * self.size + low[:, 0])[:, None] + np.array([0, 1, self.size, self.size + 1])
        return texel, np.stack([(1 - x) * (1 - y), x * (1 - y), (1 - x) * y, x * y], 1)

    def add(self, uv: np.ndarray, normals: np.ndarray, color: np.ndarray, weight: np.ndarray) -> None:
        """Take the pixels of a picture into the next texture: least squares of color against texture * E.

        uv [N, 2], normals [N, 3] unit, color [N, 3] linear, weight [N].
        """
        texel, share = self._texels(uv)
        irradiance = harmonics(normals) @ self.light
        values = np.concatenate([color * irradiance, irradiance**2], 1) * weight[:, None]
        flat = texel.reshape(-1)
        for column in range(6):
            added = np.bincount(flat, (share * values[:, column, None]).reshape(-1), self.size**2)
            self._sums[:, column] += added

    def finish_texture(self) -> None:
        """The texture of all that was added; the sums start anew."""
        self.texture = (self._sums[:, :3] / np.maximum(self._sums[:, 3:], SMALLEST_WEIGHT)).astype(np.float32)
        self._sums[:] = 0.0

    def texture_at(self, uv: np.ndarray) -> np.ndarray:  # [N, 2] -> [N, 3] linear
        """The texture, interpolated between texels."""
        texel, share = self._texels(uv)
        return (self.texture[texel] * share[..., None]).sum(1).astype(np.float32)

    def without_gaps(self) -> "TexturedLight":
        """The same to be shown: texels that no picture was compared at have the color of the nearest that one was."""
        shown = TexturedLight(self.size)
        is_gap = ~self.texture.any(1).reshape(self.size, self.size)
        shown.light, shown.texture = self.light, self.texture
        if not is_gap.all():
            row, column = np.asarray(distance_transform_edt(is_gap, return_distances=False, return_indices=True))
            shown.texture = self.texture[(row * self.size + column).reshape(-1)]
        return shown


class LightFit:
    """Least squares for the light, with the texture held."""

    def __init__(self) -> None:
        self._matrix = np.zeros((3, NUM_HARMONICS, NUM_HARMONICS))
        self._right = np.zeros((3, NUM_HARMONICS))

    def add(self, texture: np.ndarray, normals: np.ndarray, color: np.ndarray, weight: np.ndarray) -> None:
        """[N, 3] texture, [N, 3] unit normals, [N, 3] linear color, [N] weights."""
        basis = harmonics(normals)
        for channel in range(3):
            weighted = basis * (texture[:, channel] * weight)[:, None]
            self._matrix[channel] += weighted.T @ (basis * texture[:, channel, None])
            self._right[channel] += weighted.T @ color[:, channel]

    def solve(
        self,
    ) -> np.ndarray | None:  # [9, 3] float32; its constant terms have a mean of 1
        """The coefficients of E, whose scale is the texture's; None where nothing was seen, or all of it is black."""
        light = np.empty((NUM_HARMONICS, 3))
        for channel in range(3):
            matrix = self._matrix[channel]
            ridge = 1e-6 * max(np.trace(matrix), SMALLEST_WEIGHT) * np.eye(NUM_HARMONICS)
            light[:, channel] = np.linalg.solve(matrix + ridge, self._right[channel])
        mean = light[0].mean()
        return (light / mean).astype(np.float32) if mean > SMALLEST_WEIGHT else None
