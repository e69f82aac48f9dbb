"""An avatar as binary glTF: a skinned mesh with PBR textures, 24 joints, clips, and cameras. Needs no library."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from phynes_core.conventions import DEFAULT_F0, JOINT_NAMES
from phynes_core.export.animation import CameraKeys, Keyframes
from phynes_core.export.gltf_file import ARRAY_BUFFER, ELEMENT_ARRAY_BUFFER, GltfFile
from phynes_core.export.model import ExportModel, ior_of, make_model
from phynes_core.export.subject import ExportSubject
from phynes_core.geometry.mesh import vertex_normals

POINTER = "KHR_animation_pointer"  # animates what is no node
MOST_SMALL_INDEX = 65535  # of 16 bits, whose largest number is no index
AfterPart = Callable[[int, int], None]  # (parts done, all parts); raises to stop


def write_glb(
    subject: ExportSubject, path: Path, texture_size: int, num_morphs: int, after_part: AfterPart
) -> tuple[str, ...]:
    """Write the file; what it costs against the engine, in sentences. Raises OutputError."""
    model = make_model(subject, texture_size, num_morphs, after_part)
    file = GltfFile()
    file.json["asset"]["extras"] = {"costs": list(model.costs)}
    joints = _joints(file, model)
    mesh = file.add("nodes", {"name": subject.name, "mesh": _mesh(file, subject, model), "skin": 0})
    _skin(file, model, joints)
    cameras = [_camera(file, keys, track.fov_deg, track.aspect) for keys, track in model.cameras]
    file.add("scenes", {"name": subject.name, "nodes": [mesh, joints[0], *cameras]})
    file.json["scene"] = 0
    for clip in model.clips:
        _animation(file, clip, joints, mesh)
    said = []
    for number, ((keys, track), node) in enumerate(zip(model.cameras, cameras, strict=True)):
        if len(keys.times_s) > 1:
            has_zoom = bool((track.fov_deg != track.fov_deg[0]).any())
            _camera_animation(file, keys, node, _Zoom(number, track.fov_deg) if has_zoom else None)
            said += [f"{keys.name}: its lens changes, as {POINTER}; other programs keep that of its start"] * has_zoom
    file.write(path)
    return (*model.costs, *said)


def _joints(file: GltfFile, model: ExportModel) -> list[int]:
    """The skeleton in the rest pose; each joint's axes are the world's."""
    parents, places = model.rig.parents, model.rig.joints
    nodes = []
    for joint, name in enumerate(JOINT_NAMES):
        parent = parents[joint]
        step = places[joint] - (places[parent] if parent >= 0 else 0.0)
        nodes.append(file.add("nodes", {"name": name, "translation": step.tolist()}))
        if parent >= 0:
            file.json["nodes"][nodes[parent]].setdefault("children", []).append(nodes[joint])
    return nodes


def _skin(file: GltfFile, model: ExportModel, joints: list[int]) -> None:
    inverse = torch.eye(4).repeat(len(joints), 1, 1)
    inverse[:, :3, 3] = -model.rig.joints
    columns = inverse.transpose(1, 2).reshape(-1, 16).numpy()
    file.add("skins", {
        "name": "SMPL", "joints": joints, "skeleton": joints[0],
        "inverseBindMatrices": file.accessor(columns, "f4"),
    })  # fmt: skip


def _mesh(file: GltfFile, subject: ExportSubject, model: ExportModel) -> int:
    mesh, rig = model.mesh, model.rig
    vertex, faces = mesh.vertex, subject.avatar.body.faces
    places = rig.vertices[vertex]

    def vertices(values: Tensor, kind: str = "f4", has_range: bool = False) -> int:
        return file.accessor(values.numpy(), kind, ARRAY_BUFFER, has_range)

    attributes = {
        "POSITION": vertices(places, has_range=True),
        "NORMAL": vertices(model.normals),
        "TEXCOORD_0": vertices(torch.stack([mesh.uv[:, 0], 1.0 - mesh.uv[:, 1]], -1)),
        "JOINTS_0": vertices(rig.index[vertex], "u1"),
        "WEIGHTS_0": vertices(rig.weights[vertex]),
    }
    if model.textures.normal is not None:
        attributes["TANGENT"] = vertices(model.tangents)
    kind = "u2" if len(vertex) <= MOST_SMALL_INDEX else "u4"
    primitive: dict[str, Any] = {
        "attributes": attributes, "material": _material(file, subject, model), "mode": 4,
        "indices": file.accessor(mesh.faces.reshape(-1).numpy(), kind, ELEMENT_ARRAY_BUFFER),
    }  # fmt: skip
    entry: dict[str, Any] = {"name": subject.name, "primitives": [primitive]}
    if model.morphs.count:
        primitive["targets"] = []
        for target in model.morphs.targets:
            turned = vertex_normals(rig.vertices + target, faces)[vertex] - model.normals
            primitive["targets"].append(
                {"POSITION": vertices(target[vertex], has_range=True), "NORMAL": vertices(turned)}
            )
        entry["weights"] = [0.0] * model.morphs.count
        entry["extras"] = {"targetNames": [f"pose_{number:02d}" for number in range(1, model.morphs.count + 1)]}
    return file.add("meshes", entry)


def _material(file: GltfFile, subject: ExportSubject, model: ExportModel) -> int:
    textures, f0 = model.textures, subject.avatar.record.f0
    base = file.texture("base_color", textures.base_color_bytes())
    rough = file.texture("roughness", textures.roughness_bytes())
    material: dict[str, Any] = {
        "name": subject.name,
        "pbrMetallicRoughness": {
            "baseColorTexture": {"index": base}, "metallicRoughnessTexture": {"index": rough}, "metallicFactor": 0.0
        },
    }  # fmt: skip
    if textures.normal is not None:
        material["normalTexture"] = {"index": file.texture("normal", textures.normal_bytes())}
    if model.is_open:
        material["doubleSided"] = True
    extensions: dict[str, Any] = {}
    if abs(f0 - DEFAULT_F0) > 1e-6:
        extensions["KHR_materials_ior"] = {"ior": ior_of(f0)}
    if subject.materials is not None and subject.materials.specular_scale != 1.0:
        extensions["KHR_materials_specular"] = {"specularColorFactor": [subject.materials.specular_scale] * 3}
    for name in extensions:
        file.use(name)
    if extensions:
        material["extensions"] = extensions
    return file.add("materials", material)


def _animation(file: GltfFile, clip: Keyframes, joints: list[int], mesh: int) -> None:
    times = file.accessor(clip.times_s.numpy(), "f4", has_range=True)
    animation: dict[str, Any] = {"name": clip.name, "channels": [], "samplers": []}

    def add(node: int, path: str, values: Tensor) -> None:
        sampler = {"input": times, "output": file.accessor(values.numpy(), "f4"), "interpolation": "LINEAR"}
        animation["samplers"].append(sampler)
        target = {"node": node, "path": path}
        animation["channels"].append({"sampler": len(animation["samplers"]) - 1, "target": target})

    add(joints[0], "translation", clip.root)
    for joint, node in enumerate(joints):
        add(node, "rotation", clip.rotations[:, joint])
    if clip.morphs.shape[1]:
        add(mesh, "weights", clip.morphs.reshape(-1))
    file.add("animations", animation)


def _camera(file: GltfFile, keys: CameraKeys, fov_deg: Tensor, aspect: float) -> int:
    lens = {"yfov": math.radians(float(fov_deg[0])), "znear": 0.01, "zfar": 1000.0, "aspectRatio": aspect}
    camera = file.add("cameras", {"name": keys.name, "type": "perspective", "perspective": lens})
    place = {"translation": keys.places[0].tolist(), "rotation": keys.rotations[0].tolist()}
    return file.add("nodes", {"name": keys.name, "camera": camera, **place})


@dataclass(frozen=True, eq=False)
class _Zoom:
    """The lens of a camera over its keys."""

    camera: int  # of the file
    fov_deg: Tensor  # [K] vertical


def _camera_animation(file: GltfFile, keys: CameraKeys, node: int, zoom: _Zoom | None) -> None:
    times = file.accessor(keys.times_s.numpy(), "f4", has_range=True)
    samplers, channels = [], []

    def add(values: Tensor, target: dict[str, Any]) -> None:
        samplers.append({"input": times, "output": file.accessor(values.numpy(), "f4"), "interpolation": "LINEAR"})
        channels.append({"sampler": len(samplers) - 1, "target": target})

    add(keys.places, {"node": node, "path": "translation"})
    add(keys.rotations, {"node": node, "path": "rotation"})
    if zoom is not None:  # glTF itself animates nodes alone
        file.use(POINTER)
        pointer = f"/cameras/{zoom.camera}/perspective/yfov"
        add(torch.deg2rad(zoom.fov_deg), {"path": "pointer", "extensions": {POINTER: {"pointer": pointer}}})
    file.add("animations", {"name": keys.name, "channels": channels, "samplers": samplers})
