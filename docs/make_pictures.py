"""Make the pictures of README and docs with the program itself: `python docs/make_pictures.py` from the root.

Names (buffers, pixel_normals, imperfections, windows, inspection, materials) make only those. Needs what the window
tests need (Linux with xvfb, openbox, xdotool, x11-utils, imagemagick). Writes docs/pictures/.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont

PROJECT = Path(__file__).resolve().parent.parent
PICTURES = PROJECT / "docs" / "pictures"
BUFFERS = ("radiance", "albedo", "roughness", "visibility", "shading", "normal", "uv", "depth")
CROP = (116, 10, 396, 502)  # the person in a 512 x 512 frame
DRAG_STEPS = 40
FRAME_MS = 70
IMPERFECT_VIEWS, IMPERFECT_CROP = (("00", 1), ("02", 9), ("03", 20)), (60, 14, 136, 242)  # x, y, width, height
INSPECTION_S = 4.0  # in which the engine gives the values of the pixel under a resting pointer

sys.path.insert(0, str(PROJECT))
import phynes_core as phynes  # noqa: E402
from phynes_core.body.files import load_bundled_body  # noqa: E402
from phynes_core.body.model import BodyModel, pose_body  # noqa: E402
from phynes_core.data.capture import Capture  # noqa: E402
from phynes_core.data.native.reader import load_capture  # noqa: E402
from phynes_core.registration.registration import Registration  # noqa: E402
from phynes_core.registration.residuals import expected_picture  # noqa: E402
from phynes_core.render.rasterize import rasterize  # noqa: E402
from phynes_core.training.frames import load_training_frames, refitted  # noqa: E402
from phynes_core.training.presets import FAST  # noqa: E402
from phynes_core.training.stage0 import conclude  # noqa: E402
from tests.app.desktop import AS_CAPTURED, Desktop, Viewer  # noqa: E402


def buffers(folder: Path) -> None:
    """One frame's buffers side by side."""
    command = ["render", "--avatar", "josh.ckpt", "--out", str(folder), "--motion", "walk", "--frame", "10"]
    command += ["--camera", "25,8,3.6", "--supersample", "2"]
    # shading is rendered darker: the white body under the captured light would clip
    for more in (["--buffers", ",".join(BUFFERS)], ["--buffers", "shading", "--exposure=-1.5"]):
        subprocess.run([sys.executable, PROJECT / "launch.py", *command, *more], cwd=PROJECT, check=True)
    width, height = CROP[2] - CROP[0], CROP[3] - CROP[1]
    sheet = Image.new("RGB", (len(BUFFERS) // 2 * width, 2 * (height + 28)), (18, 19, 23))
    font = ImageFont.truetype(PROJECT / "assets" / "fonts" / "Inter_400Regular.ttf", 18)
    for number, name in enumerate(BUFFERS):
        left, top = number % 4 * width, number // 4 * (height + 28)
        picture = Image.open(folder / f"{name}.png").convert("RGBA")
        sheet.paste(picture.crop(CROP), (left, top + 28), picture.crop(CROP))
        ImageDraw.Draw(sheet).text((left + width // 2, top + 6), name, (220, 222, 228), font, anchor="ma")
    sheet.save(PICTURES / "buffers.png", optimize=True)


def pixel_normals(folder: Path) -> None:
    """The same frame with normals from the vertices alone, and with the offset map's detail, under a raking lamp."""
    size, label = 460, 30
    sheet = Image.new("RGB", (2 * size, 2 * size + label), (18, 19, 23))
    font = ImageFont.truetype(PROJECT / "assets" / "fonts" / "Inter_400Regular.ttf", 18)
    for column, (state, title) in enumerate((("off", "normals of the vertices"), ("on", "normals of each pixel"))):
        command = ["render", "--avatar", "josh.ckpt", "--out", str(folder / state), "--motion", "walk"]
        command += ["--frame", "10", "--camera", "25,10,1.9", "--probe", "none", "--lamp", "85,25,8,4"]
        command += ["--size", str(size), "--supersample", "2"]
        command += ["--pixel-normals", state, "--buffers", "radiance,normal"]
        subprocess.run([sys.executable, PROJECT / "launch.py", *command], cwd=PROJECT, check=True)
        ImageDraw.Draw(sheet).text((column * size + size // 2, 6), title, (220, 222, 228), font, anchor="ma")
        for row, name in enumerate(("radiance", "normal")):
            picture = Image.open(folder / state / f"{name}.png").convert("RGBA")
            sheet.paste(picture, (column * size, label + row * size), picture)
    sheet.save(PICTURES / "pixel_normals.webp", quality=85)


def imperfections(folder: Path) -> None:
    """A picture of a capture before and after `degrade`, its mask, the body as given, and what registration makes."""
    capture, out = PROJECT / "assets" / "captures" / "josh_256", folder / "real"
    command = ["degrade", "--data", str(capture), "--out", str(out), "--preset", "real"]
    subprocess.run([sys.executable, PROJECT / "launch.py", *command], cwd=PROJECT, check=True)
    good, bad, body = load_capture(capture), load_capture(out), load_bundled_body()
    rows = []
    for camera, frame in IMPERFECT_VIEWS:
        panels = [
            good.image(camera, frame),
            bad.image(camera, frame),
            bad.mask(camera, frame)[..., None].expand(-1, -1, 3),
        ]
        rows.append([*panels, _outlined(good, body, camera, frame), _outlined(bad, body, camera, frame)])
    _save_rows("imperfections.webp", ("rendered", "degraded", "its mask", "rendered, body", "degraded, body"), rows)
    corrections(out)


def corrections(degraded: Path) -> None:
    """What stage 0 of training makes of a degraded capture: bodies, colors as registered, and edges of masks."""
    capture, body, config = load_capture(degraded), load_bundled_body(), FAST
    frames = load_training_frames(capture, body, config.stage1.ring_px)
    numbers = [frame.number for frame in frames]
    registration = Registration(capture, body, numbers, config.registration, config.seed)
    for step in range(config.registration.steps):
        registration.step(step)
    frames = refitted(frames, body, registration.fit())
    doubt, _ = conclude(registration, frames)
    fitted = registration.fit().applied_to(capture)
    rows = []
    for camera, number in IMPERFECT_VIEWS:
        frame = next(frame for frame in doubt.applied_to(frames) if frame.number == number)
        view = next(view for view in frame.views if view.camera_name == camera)
        surface = registration.surface(fitted.poses[number])
        edge = torch.from_numpy(view.image / 255.0).float()
        edge[torch.from_numpy(view.trust < 1.0)] = torch.tensor([0.45, 0.45, 0.5])
        panels = [_outlined(capture, body, camera, number), _outlined(fitted, body, camera, number)]
        rows.append([*panels, expected_picture(surface, registration.appearance, fitted.cameras[camera]), edge])
    _save_rows("corrections.webp", ("degraded, body", "body, registered", "its colors", "gray: not known"), rows)


def _save_rows(name: str, titles: Sequence[str], rows: Sequence[Sequence[torch.Tensor]]) -> None:
    """The person in each panel, [H, W, 3] sRGB; those of twice the size are outlines."""
    left, top, width, height = IMPERFECT_CROP
    sheet, label = Image.new("RGB", (len(titles) * width * 2, len(rows) * height * 2 + 30), (18, 19, 23)), 30
    font = ImageFont.truetype(PROJECT / "assets" / "fonts" / "Inter_400Regular.ttf", 18)
    for column, title in enumerate(titles):
        ImageDraw.Draw(sheet).text((width * (2 * column + 1), 6), title, (220, 222, 228), font, anchor="ma")
    smallest = min(len(panel) for panels in rows for panel in panels)
    for row, panels in enumerate(rows):
        for column, panel in enumerate(panels):
            scale = len(panel) // smallest
            picture = Image.fromarray((panel * 255).round().byte().numpy())
            picture = picture.crop([value * scale for value in (left, top, left + width, top + height)])
            sheet.paste(picture.resize((2 * width, 2 * height)), (column * 2 * width, row * 2 * height + label))
    sheet.save(PICTURES / name, quality=88)


def _outlined(capture: Capture, body: BodyModel, camera: str, frame: int) -> torch.Tensor:  # [2 H, 2 W, 3] sRGB
    """The picture with the outline of the bare body."""
    view = capture.cameras[camera]
    large = view.resized(2 * view.width, 2 * view.height)
    vertices = pose_body(body, capture.poses[frame]).vertices
    inside = (rasterize(vertices, body.faces, large).face_index >= 0)[None, None].float()
    edge = torch.nn.functional.max_pool2d(inside, 3, 1, 1)[0, 0] != inside[0, 0]
    image = capture.image(camera, frame).repeat_interleave(2, 0).repeat_interleave(2, 1)
    image[edge] = torch.tensor([0.2, 0.9, 0.6])
    return image


def windows(folder: Path) -> None:
    """Both windows, and a lamp that is dragged in the picture."""
    with _viewer(folder) as viewer:
        Image.fromarray(viewer.desktop.picture("root")).save(PICTURES / "viewer.png", optimize=True)
    with _viewer(folder, "--probe", "none", "--lamp", "60,30,4") as viewer:
        frames = _dragged(viewer, viewer.settled(lambda event: len(event["handles"]) == 1)["handles"][0])
    first, *rest = [frame.resize((frame.width * 3 // 5, frame.height * 3 // 5), Image.LANCZOS) for frame in frames]
    options = {"save_all": True, "append_images": rest, "duration": FRAME_MS, "loop": 0, "quality": 70}
    first.save(PICTURES / "drag_light.webp", **options)


def inspection(folder: Path) -> None:
    """Two lights in a split picture, the skeleton, the loupe and the values of the pixel under the pointer."""
    with _viewer(folder, "--motion", "walk", *AS_CAPTURED) as viewer:
        viewer.key("Right", "Right", "c", "alt+Right", "alt+Right", "alt+Right", "j", "t", "u")
        viewer.drag("picture", (40, 40), (60, 40))  # hides the hints of the first start
        _point(viewer, 0.44, 0.3)
        viewer.settled()
        time.sleep(INSPECTION_S)
        _save(viewer, "looking.webp")


def materials(folder: Path) -> None:
    """The avatar as learned, and with its shirt filled with a glossy green by one stroke of a file."""
    fill = {
        "shape": "fill",
        "paint": "material",
        "points": [_shirt_uv()],
        "color": [0.02, 0.16, 0.12],
        "roughness": 0.4,
    }
    fill |= {"tolerance": 0.14, "pattern_m": 0.045}
    record = {"format": "phynes materials", "version": 1, "avatar": "josh", "materials": {"strokes": [fill]}}
    (folder / "shirt.json").write_text(json.dumps(record))
    size = 460
    sheet = Image.new("RGB", (2 * size, size), (18, 19, 23))
    for column, more in enumerate(([], ["--materials", str(folder / "shirt.json")])):
        out = folder / f"{column}.png"
        command = ["render", "--avatar", "josh.ckpt", "--out", str(out), "--motion", "walk", "--probe", "studio"]
        command += ["--camera", "20,6,4.2", "--exposure", "0.7", "--size", str(size), *more]
        subprocess.run([sys.executable, PROJECT / "launch.py", *command], cwd=PROJECT, check=True)
        picture = Image.open(out).convert("RGBA")
        sheet.paste(picture, (column * size, 0), picture)
    sheet.save(PICTURES / "materials.webp", quality=85)


def _shirt_uv() -> tuple[float, float]:
    """A place of josh's shirt on the UV square."""
    avatar = phynes.load_checkpoint(phynes.resolve_avatar_path("josh"))
    pose = phynes.pose_body(avatar.body, phynes.Pose.rest())
    chest = pose.joints[phynes.JOINT_NAMES.index("spine3")] + torch.tensor([0.05, 0.0, 0.2])
    nearest = (pose.vertices - chest).square().sum(1).argmin()
    corner = (avatar.body.faces == nearest).nonzero()[0]
    u, v = avatar.body.uv[avatar.body.uv_faces[corner[0], corner[1]]].tolist()
    return u, v


@contextmanager
def _viewer(folder: Path, *options: str) -> Iterator[Viewer]:
    """josh in both windows, as these options of the command line open them."""
    os.environ["PHYNES_TEST_SHOTS"] = str(folder)
    desktop = Desktop()
    try:
        checkpoint = PROJECT / "checkpoints" / "josh.ckpt"
        viewer = Viewer(desktop, folder, checkpoint, 512, ("--avatar", str(checkpoint), *options))
        viewer.settled()
        yield viewer
    finally:
        desktop.close()


def _point(viewer: Viewer, across: float, down: float) -> None:
    left, top = viewer.origin("picture")
    height, width = viewer.picture().shape[:2]
    viewer.desktop.pointer("mousemove", round(left + across * width), round(top + down * height))


def _save(viewer: Viewer, name: str) -> None:
    Image.fromarray(viewer.picture()).save(PICTURES / name, quality=85)


def _dragged(viewer: Viewer, handle: tuple[float, float]) -> list[Image.Image]:
    """Pictures along a closed path of the pointer, which drags the lamp."""
    left, top = viewer.origin("picture")
    height, width = viewer.picture().shape[:2]
    angles = np.linspace(0, 2 * np.pi, DRAG_STEPS, endpoint=False)
    center = np.array([0.5 * width, 0.36 * height])
    path = center + np.stack([0.4 * width * np.sin(angles), 0.16 * height * np.cos(angles)], 1)
    viewer.focus("picture")
    viewer.desktop.pointer("mousemove", round(left + handle[0]), round(top + handle[1]))
    viewer.desktop.pointer("mousedown", 1)
    frames = []
    for x, y in path:
        drawn = len(viewer.events("shown"))
        viewer.desktop.pointer("mousemove", round(left + x), round(top + y))
        viewer.wait("the lamp to move", lambda drawn=drawn: len(viewer.events("shown")) > drawn and viewer.shown())
        frames.append(Image.fromarray(viewer.picture()))
    viewer.desktop.pointer("mouseup", 1)
    return frames


PICTURES_MADE = (buffers, pixel_normals, imperfections, windows, inspection, materials)


def main() -> None:
    """Make all pictures, or those that are named."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    for make in PICTURES_MADE:
        if not sys.argv[1:] or make.__name__ in sys.argv[1:]:
            with tempfile.TemporaryDirectory() as folder:
                make(Path(folder))


if __name__ == "__main__":
    main()
