"""Programs of others that judge exported files: npm's of tests/node, and a GLB read without any of our code's help."""

import json
import shutil
import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest

NODE = Path(__file__).resolve().parents[1] / "node"
COMPONENT = {5126: "<f4", 5121: "u1", 5123: "<u2", 5125: "<u4"}
WIDTH = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}

has_node = pytest.mark.skipif(
    shutil.which("node") is None or not (NODE / "node_modules").is_dir(),
    reason="needs node and `npm ci` in tests/node, which launch.py test runs where npm is there",
)


def run_node(script: str, *arguments: Path) -> str:
    command = ["node", str(NODE / script), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def validator_issues(path: Path) -> list[str]:
    """Khronos' findings of any severity but hints."""
    report = json.loads(run_node("validate.js", path))
    assert not report["issues"]["truncated"]
    return [f"{each['code']} {each['pointer']}" for each in report["issues"]["messages"] if each["severity"] < 3]


class Glb:
    """The content of a .glb."""

    def __init__(self, path: Path) -> None:
        content = path.read_bytes()
        magic, version, length = struct.unpack_from("<4sII", content)
        assert magic == b"glTF" and version == 2 and length == len(content)
        size, kind = struct.unpack_from("<I4s", content, 12)
        assert kind == b"JSON"
        self.json = json.loads(content[20 : 20 + size])
        self._binary = content[28 + size :]

    def view(self, index: int) -> bytes:
        view = self.json["bufferViews"][index]
        return self._binary[view["byteOffset"] : view["byteOffset"] + view["byteLength"]]

    def array(self, accessor: int) -> np.ndarray:
        entry = self.json["accessors"][accessor]
        flat = np.frombuffer(self.view(entry["bufferView"]), COMPONENT[entry["componentType"]])
        return flat.reshape(entry["count"], WIDTH[entry["type"]])

    def attribute(self, name: str) -> np.ndarray:
        return self.array(self.json["meshes"][0]["primitives"][0]["attributes"][name])

    def global_transforms(self, clip: str, frame: int) -> dict[int, np.ndarray]:
        """Of each node, [4, 4], with a clip's keys of one frame."""
        local = {index: dict(node) for index, node in enumerate(self.json["nodes"])}
        animation = next(each for each in self.json["animations"] if each["name"] == clip)
        for channel in animation["channels"]:
            target, sampler = channel["target"], animation["samplers"][channel["sampler"]]
            if target["path"] not in ("weights", "pointer"):
                local[target["node"]][target["path"]] = self.array(sampler["output"])[frame].tolist()
        found: dict[int, np.ndarray] = {}

        def walk(index: int, parent: np.ndarray) -> None:
            found[index] = parent @ matrix_of(local[index])
            for child in local[index].get("children", ()):
                walk(child, found[index])

        for index in self.json["scenes"][0]["nodes"]:
            walk(index, np.eye(4))
        return found

    def skinned(self, clip: str, frame: int, places: np.ndarray) -> np.ndarray:  # [W, 3] -> [W, 3]
        """Vertices as glTF's specification skins them."""
        skin, world = self.json["skins"][0], self.global_transforms(clip, frame)
        inverse = self.array(skin["inverseBindMatrices"]).reshape(-1, 4, 4).transpose(0, 2, 1)
        joints = np.stack([world[node] @ inverse[place] for place, node in enumerate(skin["joints"])])
        blend = (self.attribute("WEIGHTS_0")[..., None, None] * joints[self.attribute("JOINTS_0")]).sum(1)
        return np.einsum("wij,wj->wi", blend[:, :3], np.concatenate([places, np.ones((len(places), 1))], 1))


def matrix_of(node: dict) -> np.ndarray:  # [4, 4]
    x, y, z, w = node.get("rotation", (0.0, 0.0, 0.0, 1.0))
    matrix = np.eye(4)
    matrix[:3, :3] = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    matrix[:3, 3] = node.get("translation", (0.0, 0.0, 0.0))
    return matrix
