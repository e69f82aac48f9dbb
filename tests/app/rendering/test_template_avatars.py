"""An avatar with a mesh of its own in the whole program: pictures, edges, skeleton, limbs, rings, painting, bench."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from pyglm import glm

from app import cli
from app.model.avatar_row import BodyState
from app.model.cameras import CameraState
from app.model.display_settings import DisplaySettings
from app.model.view_state import ViewState
from app.rendering.overlays import projected, wire_corners
from app.rendering.picture import display_bytes
from app.rendering.render_service import RenderService
from app.tools.limbs import limb_weights, picked_limb
from app.tools.orbit_view import OrbitView
from app.tools.rings import rings_of
from phynes_core.avatar.avatar import ALBEDO_MAP, OFFSET_MAP, ROUGHNESS_MAP, TEXTURE_MAP, Avatar
from phynes_core.avatar.checkpoint import load_checkpoint, save_checkpoint
from phynes_core.avatar.paint_surface import PaintSurface
from phynes_core.body.atlas import face_charts
from phynes_core.body.files import load_bundled_body
from phynes_core.body.template import NUM_DIRECTIONS, template_body
from phynes_core.body.texels import TEXELS, surface_texels
from phynes_core.io.image_files import read_png
from phynes_core.maps.encodings import HashEncodingConfig
from phynes_core.maps.material_edit import look_up
from tests.avatar.test_paint_surface import seam_edges, uv_of_face
from tests.carved_template import VERTICES, carved_template

SIZE = 192
SMALL = HashEncodingConfig(num_levels=2, log2_entries=8, base_resolution=4, finest_resolution=8)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """Its checkpoint."""
    torch.manual_seed(5)
    maps = [
        replace(config, encoding=SMALL, hidden_width=8)
        for config in (OFFSET_MAP, TEXTURE_MAP, ALBEDO_MAP, ROUGHNESS_MAP)
    ]
    moved = 0.002 * torch.randn(300, 3, NUM_DIRECTIONS)  # some of it is loose cloth
    template = replace(carved_template(), moved_vertex=torch.arange(300) * 5, moved=moved)
    avatar = Avatar.untrained(template_body(template, load_bundled_body()), "dressed", *maps)
    avatar.light[4:8, 24] = 20.0  # above the horizon, toward +Z
    path = tmp_path_factory.mktemp("avatars") / "dressed.ckpt"
    save_checkpoint(path, avatar)
    return path


@pytest.fixture(scope="module")
def shown(path):
    """A frame of it, and the view that it is seen in."""
    display = DisplaySettings(buffer="normal", has_wireframe=True, has_joints=True)
    state = ViewState(BodyState(str(path)), CameraState(azimuth_deg=25.0, elevation_deg=12.0), display=display)
    frame = RenderService().render(state, SIZE)
    return frame, OrbitView(state.camera, frame.target, SIZE, SIZE)


def test_render_writes_a_picture_of_it(path, tmp_path):
    out = tmp_path / "out.png"
    assert cli.main(["render", "--avatar", str(path), "--out", str(out), "--size", str(SIZE)]) == 0
    pixels = np.asarray(read_png(out), np.float32)
    middle = pixels[SIZE // 4 : SIZE // 2, SIZE // 2 - 4 : SIZE // 2 + 4]
    assert np.ptp(pixels) > 0.2 * pixels.max() and middle.std() > 0.0


def test_a_saved_scene_holds_its_mesh(path, tmp_path):
    out = tmp_path / "scene"
    few = ["--size", "48", "--format", "exr", "--buffers", "mask", "--save-scene"]
    assert cli.main(["render", "--avatar", str(path), "--out", str(out), *few]) == 0
    header = (out / "mesh.ply").read_bytes().split(b"end_header")[0].decode()
    counts = {line.split()[1]: int(line.split()[2]) for line in header.splitlines() if line.startswith("element")}
    body = load_checkpoint(path).body
    assert counts == {"vertex": len(body.uv), "face": body.num_faces} and len(body.uv) > body.num_vertices == VERTICES


def test_edges_and_skeleton_lie_on_it(shown):
    frame, _ = shown
    assert frame.mesh is not None and len(frame.mesh.vertices) == VERTICES
    rows, columns = np.nonzero(frame.face_index >= 0)
    corners = wire_corners(frame)[frame.face_index[rows, columns]][:, :6].reshape(-1, 3, 2)
    centers = np.stack([columns + 0.5, rows + 0.5], 1)
    assert (abs(corners.mean(1) - centers).max(1) < 12).mean() > 0.99  # pixels show the faces that are drawn there
    places = np.asarray(projected(frame.projection, frame.bodies[0].joints))[:, :2].round().astype(int)
    assert (frame.face_index[places[:, 1], places[:, 0]] >= 0).mean() > 0.9  # joints are inside the mesh
    assert display_bytes(frame, frame.state.display).shape[:2] == (SIZE, SIZE)


@pytest.mark.parametrize("ends, joint", [((16, 18), 16), ((18, 20), 18), ((4, 7), 4), ((2, 5), 2), ((19, 21), 19)])
def test_a_click_picks_a_limb_and_its_rings_and_tint_are_there(shown, ends, joint):
    frame, view = shown
    joints = frame.bodies[0].joints
    x, y = view.project(glm.vec3(*(0.5 * (joints[ends[0]] + joints[ends[1]])).tolist()))[:2]
    assert picked_limb(frame, view, x, y) == (0, joint)
    assert limb_weights(frame, 0, joint)[int(y), int(x)] > 150
    rings = rings_of(frame, view, 0, joint)
    assert rings is not None and np.allclose(rings.center.to_tuple(), joints[joint], atol=1e-5)


def test_paint_goes_on_across_its_seams(path):
    """A stroke over a seam of the trunk is the same read from either chart."""
    avatar = load_checkpoint(path).requires_grad_(False)
    body = avatar.body
    rest = avatar.displaced_vertices(avatar.rest_pose(), avatar.vertex_offsets(avatar.training_poses[0]))
    uv_ends, ends, faces = seam_edges(body)
    centers = rest[ends].mean(1)
    chosen = (centers - rest.mean(0)).norm(dim=1).argmin()
    touched = PaintSurface(avatar).brush(tuple(uv_of_face(avatar, f) for f in faces[chosen].tolist()), 0.06, 0.0)
    image = torch.zeros(TEXELS * TEXELS)
    image[touched.index] = touched.weight
    near = (centers - centers[chosen]).norm(dim=1) < 0.03
    sides = [look_up(image.view(TEXELS, TEXELS, 1), body.uv[uv_ends[near, side]].mean(1))[:, 0] for side in (0, 1)]
    assert near.sum() >= 2 and float(torch.stack(sides).min()) > 0.1
    assert float((sides[0] - sides[1]).abs().max()) < 0.02
    texels = surface_texels(body)
    painted = torch.zeros(TEXELS * TEXELS, dtype=torch.bool)
    painted[touched.index] = True
    assert len(face_charts(body)[texels.face[painted[texels.index]]].unique()) > 1


def test_bench_measures_it(path, tmp_path):
    record = tmp_path / "bench.json"
    few = ["--size", "48", "--frames", "3", "--no-references", "--json", str(record)]
    assert cli.main(["bench", "--avatar", str(path), *few]) == 0
    scenarios = json.loads(record.read_text(encoding="utf-8"))["scenarios"]
    assert all(row["fps_p50"] > 0 for row in scenarios.values())
