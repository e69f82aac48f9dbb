"""The files of `render --save-scene`: mesh, camera and light, from which other programs can render the same picture."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from phynes_core.body.atlas import uv_to_vertex
from phynes_core.io.meshes import MeshAtlas, write_mesh
from phynes_core.io.output_files import replacing
from phynes_core.render.camera import Camera
from phynes_core.render.lighting import Lighting

if TYPE_CHECKING:
    from phynes_core.frame.scene import Scene, SceneMesh


def save_scene(folder: Path, scene: "Scene", mesh: "SceneMesh", bright_sources: int) -> None:
    """Write mesh.ply, camera.json and lighting.json, the light split as in a picture with `bright_sources`."""
    bodies = [posed.avatar.body for posed in scene.avatars]
    atlases = [MeshAtlas(body.num_vertices, uv_to_vertex(body), body.uv, body.uv_faces) for body in bodies]
    write_mesh(folder / "mesh.ply", mesh.vertices, mesh.normals, atlases)
    write_json(folder / "camera.json", camera_record(scene.camera))
    write_json(
        folder / "lighting.json",
        lighting_record(scene.lighting.split(bright_sources), scene.avatars[0].f0),
    )


def camera_record(camera: Camera) -> dict[str, object]:
    """The camera in OpenCV axes; pixels from the image's top left corner, their centers at + 0.5."""
    return {
        "intrinsics": camera.intrinsics.tolist(),
        "T_cam_world": camera.T_cam_world.tolist(),
        "width": camera.width,
        "height": camera.height,
    }


def lighting_record(lighting: Lighting, f0: float) -> dict[str, object]:
    """All light in world axes, linear RGB: yaw, intensity and tint are already in the probes and lamps.

    The lamps are the user's, then the environment's bright sources, which the probes no longer hold. An area lamp is a
    sphere of uniform radiance; its intensity is the irradiance on a surface that faces it from 1 m.
    """
    probes = lighting.probes()
    return {
        "probes": {
            "directions": probes.directions.tolist(),
            "radiance": probes.radiance.tolist(),
            "solid_angle": probes.solid_angle.tolist(),
        },
        "lamps": [
            {
                "direction": lamp.direction.tolist(),
                "angular_radius_deg": lamp.angular_radius_deg,
                "color": list(lamp.color),
                "intensity": lamp.intensity,
            }
            for lamp in (*lighting.lamps, *lighting.sources)
        ],
        "area_lamps": [
            {
                "position": list(lamp.position),
                "radius_m": lamp.radius_m,
                "color": list(lamp.color),
                "intensity": lamp.intensity,
            }
            for lamp in lighting.area_lamps
        ],
        "f0": f0,
    }


def write_json(path: Path, record: dict[str, object]) -> None:
    """Write a JSON file atomically."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
