"""A binary glTF 2.0 file: the accessors, images and the one buffer that they lie in. https://registry.khronos.org/glTF"""

import json
import struct
from io import BytesIO
from pathlib import Path
from typing import Any

import imageio.v3 as imageio
import numpy as np

from phynes_core.io.output_files import replacing

COMPONENT = {"f4": 5126, "u1": 5121, "u2": 5123, "u4": 5125}
KIND = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4", 16: "MAT4"}
ARRAY_BUFFER, ELEMENT_ARRAY_BUFFER = 34962, 34963  # what a view is for; animations' are for nothing
MAGIC, VERSION, JSON_CHUNK, BINARY_CHUNK = b"glTF", 2, b"JSON", b"BIN\0"


class GltfFile:
    """Collects a file's parts; entries of the lists are referred to by the index that their adder returns."""

    def __init__(self) -> None:
        self.json: dict[str, Any] = {"asset": {"version": "2.0", "generator": "PhyNES Viewer"}}
        self._buffer = BytesIO()

    def add(self, kind: str, entry: dict[str, Any]) -> int:
        """Append an entry to the list of that name, "nodes" or "materials"; its index."""
        entries = self.json.setdefault(kind, [])
        entries.append(entry)
        return len(entries) - 1

    def use(self, extension: str) -> None:
        """List an extension once."""
        used = self.json.setdefault("extensionsUsed", [])
        if extension not in used:
            used.append(extension)

    def accessor(
        self,
        values: np.ndarray,  # [N] or [N, 2 | 3 | 4 | 16]
        kind: str,  # of COMPONENT
        target: int | None = None,
        has_range: bool = False,  # glTF asks for it where positions and times are read
    ) -> int:
        """Append an accessor with a view of its own."""
        rows = np.ascontiguousarray(values, f"<{kind}").reshape(len(values), -1)
        entry: dict[str, Any] = {
            "bufferView": self._view(rows.tobytes(), target), "componentType": COMPONENT[kind],
            "count": len(rows), "type": KIND[rows.shape[1]],
        }  # fmt: skip
        if has_range:
            entry |= {"min": rows.min(0).tolist(), "max": rows.max(0).tolist()}
        return self.add("accessors", entry)

    def texture(self, name: str, pixels: np.ndarray) -> int:  # [H, W, 3] uint8
        """Append a PNG picture, and the texture that shows it; texels outside the square repeat its rim."""
        encoded = imageio.imwrite("<bytes>", pixels, extension=".png", plugin="pillow")
        assert isinstance(encoded, bytes)  # imageio's answer to "<bytes>"
        image = self.add("images", {"name": name, "mimeType": "image/png", "bufferView": self._view(encoded)})
        if "samplers" not in self.json:
            linear, mipmaps, clamp = 9729, 9987, 33071
            self.add("samplers", {"magFilter": linear, "minFilter": mipmaps, "wrapS": clamp, "wrapT": clamp})
        return self.add("textures", {"name": name, "source": image, "sampler": 0})

    def write(self, path: Path) -> None:
        """Write the file; it appears whole or not at all. Raises OutputError."""
        content = self._buffer.getvalue()
        self.json["buffers"] = [{"byteLength": len(content)}]
        text = json.dumps(self.json, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode()
        text += b" " * (-len(text) % 4)
        length = 12 + 8 + len(text) + 8 + len(content)
        parts = [MAGIC, struct.pack("<II", VERSION, length)]
        for kind, chunk in ((JSON_CHUNK, text), (BINARY_CHUNK, content)):
            parts += [struct.pack("<I", len(chunk)), kind, chunk]
        with replacing(path) as temporary:
            temporary.write_bytes(b"".join(parts))

    def _view(self, content: bytes, target: int | None = None) -> int:
        entry: dict[str, Any] = {"buffer": 0, "byteOffset": self._buffer.tell(), "byteLength": len(content)}
        if target is not None:
            entry["target"] = target
        self._buffer.write(content + bytes(-len(content) % 4))
        return self.add("bufferViews", entry)
