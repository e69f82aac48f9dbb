"""Files that did harm once, and others of their kinds, are refused in one line by a process with little memory."""

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from phynes_core.io.shipped_files import ASSETS, CHECKPOINTS
from tests.io.hostile_contents import TEXTS, hostile_archives

HOSTILE = Path(__file__).parents[1] / "hostile"
ROOT = HOSTILE.parents[1]
NPY_OF_OBJECT = b"\x93NUMPY\x01\x00v\x00" + b"{'descr': '|O', 'fortran_order': False, 'shape': (), }".ljust(117) + b"\n"
PICKLES = sorted(HOSTILE.glob("**/*.pkl"))
PICTURES = sorted(path for path in HOSTILE.iterdir() if path.suffix in (".png", ".hdr", ".exr"))


@pytest.fixture(scope="module")
def read():
    """Reads a file as something in a child process: its result and message."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.io.hostile_reading"], cwd=ROOT, env=environment, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin and process.stdout and process.stderr

    def ask(reader: str, path: Path | str) -> tuple[str, str]:
        process.stdin.write(json.dumps([reader, str(path)]) + "\n")
        process.stdin.flush()
        answer = json.loads(process.stdout.readline())
        return answer["result"], answer["message"]

    yield ask
    process.stdin.close()
    assert process.stderr.read() == "", "a library printed something"
    process.wait(60)


def check_refused(read, reader: str, path: Path | str) -> str:
    result, message = read(reader, path)
    assert result == "refused", f"{reader} of {path}: {result}: {message}"
    assert message.isprintable() and len(message) < 2100
    return message


@pytest.mark.parametrize("path", PICKLES, ids=lambda path: path.stem)
@pytest.mark.parametrize("reader", ["body", "motion"])
def test_a_hostile_pickle_is_no_body_and_no_motion(read, reader, path):
    check_refused(read, reader, path)


@pytest.mark.parametrize("path", PICKLES, ids=lambda path: path.stem)
def test_a_hostile_pickle_in_an_array_is_refused_or_plain(read, tmp_path, path):
    (tmp_path / "annots.npy").write_bytes(NPY_OF_OBJECT + path.read_bytes())
    result, message = read("annots", tmp_path / "annots.npy")
    assert result == "refused" or (result == "accepted" and message in ("NoneType", "list", "dict", "ndarray", "str"))
    assert message.isprintable()


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.name)
def test_a_hostile_picture_is_refused(read, path):
    check_refused(read, "environment", path)
    if path.suffix == ".png":
        check_refused(read, "picture", path)
        check_refused(read, "size", path)


@pytest.mark.parametrize("path", sorted(HOSTILE.glob("*.ckpt")), ids=lambda path: path.stem)
def test_a_hostile_avatar_is_refused(read, path):
    check_refused(read, "avatar", path)


READ_AS = {
    "avatar": ".ckpt", "body": ".npz", "motion": ".bvh", "cameras": ".json", "parameters": ".npz", "yaml": ".yml",
    "picture": ".png", "size": ".png", "mesh": ".obj", "annots": ".npy", "environment": ".exr",
}  # fmt: skip


@pytest.mark.parametrize("reader", READ_AS)
def test_what_is_no_file_is_refused_by_every_reader_at_once(read, tmp_path, reader):
    """A pipe that nobody writes to, a device without an end, a folder, names that no file has."""
    pipe, device = tmp_path / f"pipe{READ_AS[reader]}", tmp_path / f"zero{READ_AS[reader]}"
    os.mkfifo(pipe)
    device.symlink_to("/dev/zero")
    (tmp_path / f"folder{READ_AS[reader]}").mkdir()
    for path in (pipe, device, tmp_path / f"folder{READ_AS[reader]}", tmp_path / f"{'x' * 300}{READ_AS[reader]}",
                 tmp_path / f"a\0b{READ_AS[reader]}", tmp_path / f"a\nb{READ_AS[reader]}"):  # fmt: skip
        assert "cannot read this" in check_refused(read, reader, path)


def test_archives_of_all_kinds_of_members_are_refused(read, tmp_path):
    for name, content in hostile_archives(tmp_path).items():
        path = tmp_path / f"{name}.npz"
        path.write_bytes(content)
        check_refused(read, "motion", path)
        check_refused(read, "body", path)
        check_refused(read, "parameters", path)


@pytest.mark.parametrize("reader", TEXTS)
def test_texts_that_ask_for_too_much_are_refused(read, tmp_path, reader):
    suffix, texts = TEXTS[reader]
    for name, text in texts.items():
        (tmp_path / f"{name}{suffix}").write_text(text, encoding="utf-8")
        check_refused(read, reader, tmp_path / f"{name}{suffix}")


def test_ragged_and_nested_lists_in_a_pickle_are_refused(read, tmp_path):
    deep: list = []
    for _ in range(100):
        deep = [deep]
    for name, poses in {
        "ragged": [[1.0], [1.0, 2.0]],
        "deep": deep,
        "texts": ["a"] * 72,
        "huge": [[2**63] * 72],
    }.items():
        content = {"smpl_poses": poses, "smpl_trans": np.zeros((1, 3)), "smpl_scaling": np.ones(1)}
        (tmp_path / f"{name}.pkl").write_bytes(pickle.dumps(content, 4))
        check_refused(read, "motion", tmp_path / f"{name}.pkl")
    (tmp_path / "eq_deep.pkl").write_bytes(b"\x80\x04()" + b"\x85" * 200_000 + b")" + b"\x85" * 200_000 + b"\x91.")
    check_refused(read, "motion", tmp_path / "eq_deep.pkl")


def test_what_ships_is_read_with_the_same_limits(read):
    for reader, path in (
        ("avatar", CHECKPOINTS / "josh.ckpt"), ("environment", ASSETS / "probes" / "studio.exr"),
        ("motion", ASSETS / "motions" / "walk.npz"), ("cameras", ASSETS / "captures" / "ada_256" / "cameras.json"),
        ("parameters", ASSETS / "captures" / "ada_256" / "body.npz"),
    ):  # fmt: skip
        result, message = read(reader, path)
        assert result == "accepted", f"{path}: {result}: {message}"
