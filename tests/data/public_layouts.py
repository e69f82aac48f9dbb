"""Tiny datasets in the public layouts, made from known geometry by code of its own: nothing here calls a reader."""

from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image

from phynes_core.body.files import load_bundled_body
from phynes_core.body.model import Pose, pose_body
from phynes_core.data.public.options import CaptureOptions
from phynes_core.render.camera import Camera
from phynes_core.render.rasterize import rasterize

BODY = load_bundled_body()
FOUR = CaptureOptions(train_views=(0, 2), test_views=(1, 3))
LENS = np.array([-0.24, 0.11, -0.004, 0.006, 0.05])  # as strong as ZJU-MoCap's
BODY_COLOR, BACKGROUND = (210, 140, 90), 60
_SAMPLES = 3  # a side of a pixel of the ideal picture that the bent one looks up; odd, so that centers meet centers


@dataclass(frozen=True)
class Lens:
    """One camera in the dataset's world, as OpenCV has it: a pixel's center has whole coordinates."""

    K: np.ndarray
    D: np.ndarray
    R: np.ndarray
    T: np.ndarray  # metres

    def project(self, point):
        """cv2.projectPoints, written out."""
        x, y, z = self.R @ point + self.T
        x, y = bend(x / z, y / z, self.D)
        return np.array([self.K[0, 0] * x + self.K[0, 2], self.K[1, 1] * y + self.K[1, 2]])


def bend(x, y, D):
    k1, k2, p1, p2, k3 = D
    r2 = x**2 + y**2
    radial = 1 + k1 * r2 + k2 * r2**2 + k3 * r2**3
    return x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x**2), y * radial + p1 * (r2 + 2 * y**2) + 2 * p2 * x * y


def unbend(x, y, D):
    ideal_x, ideal_y = x, y
    for _ in range(60):
        bent_x, bent_y = bend(ideal_x, ideal_y, D)
        ideal_x, ideal_y = ideal_x + x - bent_x, ideal_y + y - bent_y
    return ideal_x, ideal_y


def ring(count, size, up, distance=3.2, D=LENS):
    """Cameras around the origin of a world with this vertical axis, 0.3 m above it, looking at it."""
    axis = "xyz".index(up[1])
    upward = np.zeros(3)
    upward[axis] = -1.0 if up[0] == "-" else 1.0
    across, along = np.eye(3)[(axis + 1) % 3], np.eye(3)[(axis + 2) % 3]
    made = []
    for k in range(count):
        angle = 2 * np.pi * (k + 0.1) / count
        position = distance * (np.cos(angle) * across + np.sin(angle) * along) + 0.3 * upward
        forward = -position / np.linalg.norm(position)
        right = np.cross(forward, upward)
        right /= np.linalg.norm(right)
        R = np.stack([right, np.cross(forward, right), forward])
        K = np.array([[1.45 * size, 0, 0.52 * size], [0, 1.43 * size, 0.47 * size], [0, 0, 1.0]])
        made.append(Lens(K, D, R, -R @ position))
    return made


def body_frame(number, up):
    """EasyMocap's parameters: someone upright near the origin, turning and waving with the frame's number."""
    generator = np.random.default_rng(number)
    poses = np.zeros(72)
    poses[3:66] = generator.normal(0.0, 0.12, 63)
    poses[50], poses[53] = -0.7, 0.7
    upright = {"+y": np.zeros(3), "+z": np.array([np.pi / 2, 0, 0]), "-z": np.array([-np.pi / 2, 0, 0])}[up]
    turn = rodrigues(generator.normal(0.0, 0.15, 3)) @ rodrigues(upright)
    return {
        "poses": poses[None],
        "Rh": log_rotation(turn)[None],
        "Th": generator.normal(0.0, 0.05, 3)[None] + turn @ [0, 0.25, 0],
        "shapes": np.linspace(-0.8, 0.9, 10)[None],
    }


def body_vertices(parameters):
    """EasyMocap's formula: the posed body without root rotation, turned about the origin, moved."""
    poses, shapes = parameters["poses"][0], parameters["shapes"][0]
    pose = Pose(torch.from_numpy(poses[3:72]).float().view(23, 3), torch.zeros(3), torch.zeros(3),
                torch.from_numpy(shapes[:10]).float())  # fmt: skip
    posed = pose_body(BODY, pose).vertices.double().numpy()
    return posed @ rodrigues(parameters["Rh"][0]).T + parameters["Th"]


def rodrigues(vector):
    angle = np.linalg.norm(vector)
    x, y, z = vector / max(angle, 1e-12)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


def log_rotation(R):
    angle = np.arccos(np.clip((np.trace(R) - 1) / 2, -1, 1))
    axis = np.array([R[2, 1] - R[1, 2], R[0, 2] - R[2, 0], R[1, 0] - R[0, 1]])
    return axis * angle / max(2 * np.sin(angle), 1e-12)


def photograph(lens, vertices, size):
    """What the lens sees of the body: colors [size, size, 3] uint8 over a gray background, mask [size, size] bool."""
    margin = size // 2
    big = _SAMPLES * (size + 2 * margin)
    K = lens.K.copy()
    K[:2, 2] += 0.5 + margin
    K[:2] *= _SAMPLES
    T_cam_world = np.eye(4)
    T_cam_world[:3, :3], T_cam_world[:3, 3] = lens.R, lens.T
    camera = Camera(torch.from_numpy(K).float(), torch.from_numpy(T_cam_world).float(), big, big)
    seen = rasterize(torch.from_numpy(vertices).float(), BODY.faces, camera).face_index.numpy() >= 0
    v, u = np.meshgrid(np.arange(size), np.arange(size), indexing="ij")
    x, y = unbend((u - lens.K[0, 2]) / lens.K[0, 0], (v - lens.K[1, 2]) / lens.K[1, 1], lens.D)
    column = np.floor(x * K[0, 0] + K[0, 2]).astype(int).clip(0, big - 1)
    row = np.floor(y * K[1, 1] + K[1, 2]).astype(int).clip(0, big - 1)
    mask = seen[row, column]
    return np.where(mask[..., None], np.array(BODY_COLOR), BACKGROUND).astype(np.uint8), mask


def spot(lens, point, size):
    """A bright spot where the lens puts a point of the world."""
    center = lens.project(point)
    v, u = np.meshgrid(np.arange(size), np.arange(size), indexing="ij")
    shape = np.exp(-((u - center[0]) ** 2 + (v - center[1]) ** 2) / (2 * 3.0**2))
    return np.repeat((255 * shape).round().astype(np.uint8)[..., None], 3, -1)


def write_picture(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, quality=95)


def save_object(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    boxed = np.empty((), object)
    boxed[()] = value
    np.save(path, boxed, allow_pickle=True)


def write_annots(root, lenses, ims):
    cams = {
        "K": [lens.K for lens in lenses],
        "D": [lens.D[:, None] for lens in lenses],
        "R": [lens.R for lens in lenses],
        "T": [1000.0 * lens.T[:, None] for lens in lenses],
    }
    save_object(root / "annots.npy", {"cams": cams, "ims": [{"ims": paths, "kpts2d": None} for paths in ims]})


def write_frames(root, lenses, ims, up, size, folder):
    """Parameters and pictures of every frame; yields each picture's camera, frame, mask and the body's vertices."""
    for frame, paths in enumerate(ims):
        parameters = body_frame(frame, up)
        save_object(root / folder / f"{frame}.npy", parameters)
        vertices = body_vertices(parameters)
        for camera, lens in enumerate(lenses):
            colors, mask = photograph(lens, vertices, size)
            write_picture(root / paths[camera], colors)
            yield camera, frame, mask, vertices
    write_annots(root, lenses, ims)


def write_zju(root, num_frames=2, num_cameras=5, size=96, up="-z"):
    """CoreView_*: Camera_B<n>/<frame>.jpg, CIHP labels, new_params."""
    lenses = ring(num_cameras, size, up)
    ims = [[f"Camera_B{c + 1}/{f:06d}.jpg" for c in range(num_cameras)] for f in range(num_frames)]
    for camera, frame, mask, _ in write_frames(root, lenses, ims, up, size, "new_params"):
        labels = np.where(np.arange(size)[:, None] < size // 2, 13, 5) * mask
        write_picture(root / "mask_cihp" / f"Camera_B{camera + 1}" / f"{frame:06d}.png", labels.astype(np.uint8))
    return lenses


def write_synthetic_human(root, num_frames=2, num_cameras=10, size=64, up="+z"):
    """images/<cam>/<frame>.jpg, mask/, params/, object/<frame>.obj with +Y up."""
    lenses = ring(num_cameras, size, up, D=np.zeros(5))
    ims = [[f"images/{c:02d}/{f:06d}.jpg" for c in range(num_cameras)] for f in range(num_frames)]
    for camera, frame, mask, vertices in write_frames(root, lenses, ims, up, size, "params"):
        gray = np.where(mask, 200, 40).astype(np.uint8)  # rescaled, 40 is less than half
        write_picture(root / "mask" / f"{camera:02d}" / f"{frame:06d}.png", gray)
        if camera == 0:
            write_obj(root / "object" / f"{frame:06d}.obj", vertices[:, [0, 2, 1]] * (1, 1, -1))
    return lenses


def write_obj(path, vertices):
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"v {x:.6f} {y:.6f} {z:.6f}" for x, y, z in vertices]
    lines += ["f " + " ".join(f"{i + 1}/{i + 1}" for i in face) for face in BODY.faces.tolist()]
    path.write_text("\n".join(lines))


def write_plus(root, num_frames=2, pictured=(1, 4, 7, 9, 12), size=64, up="+z"):
    """SyntheticHuman++: intri.yml, extri.yml, motion.npz of SMPL-H; 20 cameras, not all of which took pictures."""
    lenses = ring(20, size, up, D=LENS / 4)
    frames = [body_frame(frame, up) for frame in range(num_frames)]
    for frame, parameters in enumerate(frames):
        vertices = body_vertices(parameters | {"poses": parameters["poses"] * (np.arange(72) < 66)})
        for camera in pictured:
            colors, mask = photograph(lenses[camera], vertices, size)
            write_picture(root / "images" / f"{camera:02d}" / f"{frame:06d}.png", colors)
            write_picture(root / "mask" / f"{camera:02d}" / f"{frame:06d}.png", mask.astype(np.uint8) * 255)
    hands = np.full((num_frames, 90), 0.3)
    np.savez(
        root / "motion.npz",
        poses=np.concatenate([np.concatenate([f["poses"][:, :66] for f in frames]), hands], 1),
        Rh=np.concatenate([f["Rh"] for f in frames]),
        Th=np.concatenate([f["Th"] for f in frames]),
        shapes=np.concatenate([np.pad(f["shapes"], ((0, 0), (0, 6))) for f in frames]),
    )
    write_yaml(root / "intri.yml", [(f"{c:02d}", {"K": x.K, "dist": x.D[None]}) for c, x in enumerate(lenses)])
    write_yaml(root / "extri.yml", [(f"{c:02d}", {"Rot": x.R, "T": x.T[:, None]}) for c, x in enumerate(lenses)])
    return lenses


def write_yaml(path, cameras):
    """As cv2.FileStorage writes it."""
    lines = ["%YAML:1.0", "---", "names:", *(f'   - "{name}"' for name, _ in cameras)]
    for name, matrices in cameras:
        for key, matrix in matrices.items():
            rows, columns = matrix.shape
            numbers = [f"{value:.16e}" for value in matrix.ravel()]
            numbers = ",\n       ".join(", ".join(numbers[i : i + 2]) for i in range(0, len(numbers), 2))
            lines += [f"{key}_{name}: !!opencv-matrix", f"   rows: {rows}", f"   cols: {columns}", "   dt: d"]
            lines += [f"   data: [ {numbers} ]"]
    path.write_text("\n".join(lines) + "\n")


def to_our_world(points, up):
    """The dataset's world with its vertical axis turned to +Y."""
    x, y, z = np.moveaxis(np.asarray(points), -1, 0)
    return np.stack({"+y": (x, y, z), "+z": (x, z, -y), "-z": (x, -z, y)}[up], -1)


def annots(root):
    """What a test wrote as annots.npy."""
    return np.load(root / "annots.npy", allow_pickle=True).item()
