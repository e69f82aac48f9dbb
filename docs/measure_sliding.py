"""How far cloth slides over an avatar's mesh, and what could explain it, as the table of docs/training.md.

    python launch.py synthesize --subject josh --out data/josh
    python launch.py train --data data/josh --out josh.ckpt
    python docs/measure_sliding.py --avatar josh.ckpt --data data/josh

needs the true surface of every frame. Each vertex is given the true surface point that stays nearest to it over the
training frames; how far that point lies from the vertex, along the surface, is the slide. It is then predicted for the
frames of novel motion from the training frames' slides: linearly in the rotations of the joints nearby (ridge
regression, as pose blend shapes are), or by the skinning weights and the rest position that fit each vertex best.
Vertices whose point is lost (5 cm and more away in one frame of twenty) are left out.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
from scipy.optimize import nnls

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from phynes_core.avatar.avatar import Avatar  # noqa: E402
from phynes_core.avatar.checkpoint import load_checkpoint  # noqa: E402
from phynes_core.body.model import displaced, pose_body, rest_to_posed  # noqa: E402
from phynes_core.body.rotations import axis_angle_to_matrix  # noqa: E402
from phynes_core.conventions import NUM_JOINTS  # noqa: E402
from phynes_core.data.capture import Capture  # noqa: E402
from phynes_core.data.native import layout  # noqa: E402
from phynes_core.data.native.reader import load_capture  # noqa: E402
from phynes_core.geometry.mesh import vertex_normals  # noqa: E402
from phynes_core.kernels.cpu.bvh import Bvh  # noqa: E402

LOST_M, MOST_LOST = 0.05, 0.05
EVERY_FRAME, EVERY_VERTEX = 2, 6  # that gives a candidate point; whose weights are fitted
RIDGE, PULL, ROUNDS = 0.1, 0.3, 6  # of the regression; of weights to the given ones; of weights and rest in turn


class Slides:
    """An avatar's vertices, and their true points, in all frames: training frames first."""

    @torch.no_grad()
    def __init__(self, avatar: Avatar, capture: Capture) -> None:
        split = capture.frame_split
        frames = sorted(capture.frames, key=lambda frame: (split[frame] != "train", frame))
        self.num_train = sum(split[frame] == "train" for frame in frames)
        topology = np.load(layout.topology_path(capture.root))
        outer = topology["faces"].astype(np.int64)[topology["outer"].astype(bool)]
        truth, points, normals, blends, nearest = [], [], [], [], []
        for frame in frames:
            pose = capture.poses[frame]
            posed = pose_body(avatar.body, pose)
            moved = displaced(posed, avatar.body.faces, avatar.vertex_offsets(pose.vector()))
            points.append(moved.numpy())
            normals.append(vertex_normals(moved, avatar.body.faces).numpy())
            blends.append(posed.blend.numpy())
            stored = np.load(layout.geometry_path(capture.root, frame))
            truth.append(stored[stored.files[0]].astype(np.float32))
            nearest.append(Bvh(truth[-1], outer).closest(points[-1])[:2])
        self.points, self.normals, self.blends = np.stack(points), np.stack(normals), np.stack(blends)
        best = np.full(self.points.shape[1], np.inf)
        self.slide = np.zeros_like(self.points)
        for face, barycentric in nearest[: self.num_train : EVERY_FRAME]:
            at = np.stack([np.einsum("vk,vkc->vc", barycentric, mesh[outer[face]]) for mesh in truth])
            cost = (np.linalg.norm(at - self.points, axis=-1)[: self.num_train] ** 2).mean(0)
            self.slide[:, cost < best] = (at - self.points)[:, cost < best]
            best = np.minimum(best, cost)
        far = np.linalg.norm(self.slide, axis=-1)[: self.num_train] > LOST_M
        self.is_known = far.mean(0) < MOST_LOST
        rotations = torch.stack([axis_angle_to_matrix(capture.poses[frame].body_pose) for frame in frames])
        self.feature = (rotations - torch.eye(3)).flatten(1).numpy()
        self.transforms = np.stack([rest_to_posed(avatar.body, capture.poses[frame]).numpy() for frame in frames])

    def row(self, title: str, left: np.ndarray, vertices: np.ndarray) -> str:  # [F, K, 3] metres, [K]
        """A line of the table: RMS and 90th percentile along the surface, RMS across it; mm."""
        normal = self.normals[:, vertices]
        across = (left * normal).sum(-1)
        along = np.linalg.norm(left - across[..., None] * normal, axis=-1)
        columns = []
        for part in (slice(None, self.num_train), slice(self.num_train, None)):
            numbers = [_rms(along[part]), np.percentile(along[part], 90), _rms(across[part])]
            columns.append(" / ".join(f"{1e3 * number:.1f}" for number in numbers))
        return f"| {title} | {columns[0]} | {columns[1]} |"


def joints_nearby(weights: np.ndarray, parents: tuple[int, ...], least: float) -> list[int]:  # [24]
    """Those that a vertex follows, with their parents and children."""
    own = set(np.nonzero(weights > least)[0].tolist())
    return sorted(own | {parents[j] for j in own if parents[j] >= 0} | {k for k, p in enumerate(parents) if p in own})


def without_linear(slides: Slides, weights: np.ndarray, parents: tuple[int, ...]) -> np.ndarray:  # -> [F, V, 3]
    """What is left of the slides where pose directions explain them."""
    own = np.linalg.solve(slides.blends.astype(np.float64), slides.slide[..., None])[..., 0]
    found, train = np.zeros_like(own), slides.num_train
    for vertex in range(own.shape[1]):
        joints = [j for j in joints_nearby(weights[vertex], parents, 0.05) if j > 0]
        feature = slides.feature[:, np.concatenate([np.arange(9 * (j - 1), 9 * j) for j in joints])]
        feature = feature - feature[:train].mean(0)
        mean = own[:train, vertex].mean(0)
        gram = feature[:train] @ feature[:train].T + RIDGE * np.eye(train)
        found[:, vertex] = mean + feature @ feature[:train].T @ np.linalg.solve(gram, own[:train, vertex] - mean)
    return np.einsum("fvij,fvj->fvi", slides.blends, own - found)


def without_weights(
    slides: Slides, weights: np.ndarray, parents: tuple[int, ...], vertices: np.ndarray
) -> np.ndarray:  # -> [F, K, 3]
    """What is left where each vertex has the weights and the rest position that fit its training frames best."""
    left, train, transforms = np.zeros((len(slides.slide), len(vertices), 3)), slides.num_train, slides.transforms
    for k, vertex in enumerate(vertices):
        target = slides.points[:, vertex] + slides.slide[:, vertex]
        joints, own = joints_nearby(weights[vertex], parents, 0.02), weights[vertex].astype(np.float64)
        for round_ in range(ROUNDS + 1):
            blended = np.einsum("j,fjab->fab", own, transforms)
            system = blended[:train, :, :3].reshape(-1, 3)
            rest = np.linalg.lstsq(system, (target - blended[..., 3])[:train].reshape(-1), rcond=None)[0]
            if round_ == ROUNDS:
                break
            carried = transforms[:train][:, joints] @ np.append(rest, 1.0)  # [F, J, 3]
            columns = carried.transpose(0, 2, 1).reshape(-1, len(joints))
            rows = [columns, np.full((1, len(joints)), 100.0), PULL * np.eye(len(joints))]
            wanted = [target[:train].reshape(-1), np.array([100.0]), PULL * own[joints]]
            share = nnls(np.concatenate(rows), np.concatenate(wanted))[0]
            own = np.zeros(NUM_JOINTS)
            own[joints] = share / share.sum()
        left[:, k] = target - (blended[..., :3] @ rest + blended[..., 3])
    return left


def _rms(values: np.ndarray) -> float:
    return float(np.sqrt((values**2).mean()))


def main() -> None:
    """Print the table of one avatar."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--avatar", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    options = parser.parse_args()
    avatar = load_checkpoint(options.avatar)
    slides, body = Slides(avatar, load_capture(options.data)), avatar.body
    known, weights = np.nonzero(slides.is_known)[0], body.weights.numpy()
    some = known[::EVERY_VERTEX]
    print("| along: RMS / 90 %; across: RMS, mm | training frames | novel motion |\n|---|---|---|")
    print(slides.row("as it is", slides.slide[:, known], known), flush=True)
    print(slides.row("pose directions", without_linear(slides, weights, body.parents)[:, known], known), flush=True)
    print(slides.row("weights", without_weights(slides, weights, body.parents, some), some))


if __name__ == "__main__":
    main()
