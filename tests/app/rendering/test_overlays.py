"""Wireframe and skeleton: their positions against closed forms; the shader and the files agree."""

from dataclasses import replace

import numpy as np
import pytest

from app.model.avatar_row import BodyState
from app.model.display_settings import DisplaySettings
from app.model.tools import ToolState
from app.model.view_state import ViewState
from app.rendering.frames import PLAIN, Frame, ShownBody, ShownMesh
from app.rendering.overlays import (
    LEFT_INK,
    RIGHT_INK,
    WIRE_INK,
    bone_strips,
    joint_at,
    joint_ink,
    joint_label,
    projected,
    wire_corners,
)
from app.rendering.picture import display_bytes
from app.rendering.render_service import RenderService
from app.tools.pixel_inspector import inspection_at
from app.tools.viewport import Letterbox
from phynes_core.conventions import JOINT_NAMES
from tests.app.offscreen import shown_by_gl

SIZE = 64
IMAGE_FROM_WORLD = np.array([[SIZE, 0, SIZE / 2, 0], [0, SIZE, SIZE / 2, 0], [0, 0, 1, 0]], np.float32)


def flat_frame(vertices, faces, shown, **changes):
    """A gray frame of faces one metre in front of a camera, with the face index `shown` [H, W]."""
    pixels = np.concatenate([np.full((SIZE, SIZE, 3), 0.5), np.ones((SIZE, SIZE, 1))], -1).astype(np.float16)
    frame = Frame(
        pixels, PLAIN, ViewState(), (0.0, 0.0, 0.0), np.zeros((16, 32, 3), np.float32), 1.0, faces=shown,
        projection=IMAGE_FROM_WORLD, mesh=ShownMesh(np.array(vertices, np.float32), np.array(faces)),
    )  # fmt: skip
    return replace(frame, **changes)


def square():
    """Two triangles that fill the picture's middle half, x and y from -0.25 m to 0.25 m."""
    vertices = [(-0.25, -0.25, 1), (0.25, -0.25, 1), (0.25, 0.25, 1), (-0.25, 0.25, 1)]
    shown = np.full((SIZE, SIZE), -1, np.int32)
    rows, columns = np.mgrid[16:48, 16:48]
    shown[16:48, 16:48] = np.where(columns > rows, 0, 1)
    return flat_frame(vertices, [(0, 1, 2), (0, 2, 3)], shown)


def skeleton(**changes):
    joints = np.stack([np.linspace(-0.4, 0.4, 24), np.sin(np.arange(24)) * 0.3, np.full(24, 1.0)], 1)
    body = ShownBody(
        joints, np.zeros((24, 3, 3)), np.zeros((24, 3)), 0.0, 0.0, 0, np.zeros((2, 24), np.uint8)
    )  # fmt: skip
    return replace(square(), bodies=(body,), **changes)


def test_points_project_through_the_cameras_matrix():
    points = projected(IMAGE_FROM_WORLD, np.array([(0.0, 0.0, 2.0), (0.5, -0.25, 1.0)]))
    assert points.tolist() == [[SIZE / 2, SIZE / 2, 2.0], [SIZE, SIZE / 4, 1.0]]


def test_edges_are_drawn_on_the_faces_edges_only():
    plain, wired = (
        display_bytes(square(), DisplaySettings()),
        display_bytes(square(), DisplaySettings(has_wireframe=True)),
    )
    changed = (plain != wired).any(-1)
    assert changed[16, 16:48].all() and changed[16:48, 47].all()  # the outline
    assert changed[range(18, 46), range(18, 46)].all()  # the diagonal that both faces share
    assert not changed[20, 40] and not changed[40, 20] and not changed[:14].any() and not changed[:, 50:].any()
    assert np.abs(wired[30, 30] / 255.0 - WIRE_INK).max() < 0.15


def test_a_face_too_small_for_its_edges_is_not_filled():
    frame = square()
    tiny = replace(frame, mesh=ShownMesh(frame.mesh.vertices * (0.01, 0.01, 1.0), frame.mesh.faces))
    shown = display_bytes(tiny, DisplaySettings(has_wireframe=True)).astype(float)
    assert np.abs(shown - display_bytes(tiny, DisplaySettings())).max() < 0.25 * 255


def test_faces_that_reach_behind_the_camera_have_no_edges():
    frame = square()
    vertices = frame.mesh.vertices.copy()
    vertices[2, 2] = -1.0
    corners = wire_corners(replace(frame, mesh=ShownMesh(vertices, frame.mesh.faces)))
    assert corners[:, 6].tolist() == [0.0, 0.0]


def test_joints_are_drawn_at_their_projections_left_blue_and_right_orange():
    frame = skeleton()
    shown = display_bytes(frame, DisplaySettings(has_joints=True))
    points = projected(IMAGE_FROM_WORLD, frame.bodies[0].joints)
    strips = bone_strips(frame, 1.0, (0.0, 0.0))
    assert len(strips) == 24 + 23
    left, right = JOINT_NAMES.index("left_hand"), JOINT_NAMES.index("right_hand")
    assert joint_ink(left) == LEFT_INK and joint_ink(right) == RIGHT_INK
    column, row = (int(value) for value in points[right, :2])
    assert np.abs(shown[row, column].astype(int) - np.array(RIGHT_INK) * 255).max() < 3
    assert joint_at(frame, *points[left, :2] + 0.4, 3.0) == (0, left) and joint_label(left) == "left hand"
    assert joint_at(frame, 1.0, 1.0, 3.0) is None


def test_a_joint_under_the_pointer_has_a_name_where_joints_are_shown():
    frame = skeleton()
    x, y, _ = projected(IMAGE_FROM_WORLD, frame.bodies[0].joints)[JOINT_NAMES.index("left_hand")]
    window = Letterbox(200, 100, SIZE, SIZE)
    position, plain = window.to_window(float(x), float(y)), ToolState()
    assert inspection_at(frame, None, window, position, plain, DisplaySettings()) is None
    shown = inspection_at(frame, None, window, position, plain, DisplaySettings(has_joints=True))
    assert shown is not None and [line.label for line in shown.lines] == ["left hand"]


def test_bones_behind_the_camera_are_left_out():
    frame = skeleton()
    behind = replace(frame.bodies[0], joints=frame.bodies[0].joints * (1, 1, -1))
    assert len(bone_strips(replace(frame, bodies=(behind,)), 1.0, (0.0, 0.0))) == 0


@pytest.mark.parametrize("display", [DisplaySettings(has_wireframe=True), DisplaySettings(has_joints=True)])
def test_the_shader_and_the_files_agree(display):
    frame = skeleton()
    shown = shown_by_gl(frame, display, Letterbox(SIZE, SIZE, SIZE, SIZE))
    assert np.abs(shown.astype(int) - display_bytes(frame, display)).max() <= 2  # 8 bits, rounded twice in the window


@pytest.fixture(scope="module")
def service():
    return RenderService()


def view_of(service, avatar_file, **display):
    state = ViewState(BodyState(str(avatar_file)), display=DisplaySettings(**display))
    return replace(state, camera=service.home_camera(state))


def test_a_rendered_comparison_is_the_same_in_files_and_on_the_screen(service, avatar_file):
    from app.model.comparison import compare_buffer

    state = view_of(service, avatar_file, has_wireframe=True, has_joints=True, slider=0.45)
    frame = service.render(compare_buffer(state, "normal"), 96, is_final=True)
    assert frame.other is not None and frame.mesh is not None and frame.other.mesh is not None
    shown = shown_by_gl(frame, state.display, Letterbox(96, 96, 96, 96)).astype(int)
    assert np.abs(shown - display_bytes(frame, state.display)).max() <= 2


def test_edges_are_those_of_the_frames_posed_mesh(avatar_file):
    service = RenderService(has_antialias=False)  # else faces reach into pixels whose centers they miss
    frame = service.render(view_of(service, avatar_file, has_wireframe=True), 96)
    assert frame.mesh is not None and frame.projection is not None and frame.face_index is not None
    corners = wire_corners(frame)
    rows, columns = np.nonzero(frame.face_index >= 0)
    centers = np.stack([columns + 0.5, rows + 0.5], 1)
    a, b, c = (corners[frame.face_index[rows, columns]][:, start : start + 2] for start in (0, 2, 4))

    def turn(start, end):
        return (end - start)[:, 0] * (centers - start)[:, 1] - (end - start)[:, 1] * (centers - start)[:, 0]

    signs = np.stack([turn(a, b), turn(b, c), turn(c, a)])
    inside = (signs >= -1e-2).all(0) | (signs <= 1e-2).all(0)
    assert inside.mean() > 0.999  # each pixel's center lies in its own face
    assert service.render(view_of(service, avatar_file), 96).mesh is None
