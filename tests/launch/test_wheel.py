"""The wheel that `pip install .` builds holds all files that the program reads, and works from any folder."""

import site
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MOST_BYTES = 62_000_000  # 41 MB are the three captures, 16 the avatars


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(folder),
        ".",
    ]
    subprocess.run(build, cwd=ROOT, check=True)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def phynes(wheel, tmp_path_factory) -> Path:
    """The `phynes` program in a new environment with the wheel and the packages that it requires.

    The packages are those that the tests run with, because downloading them would take minutes.
    """
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    pip = [str(python), "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(pip, check=True)
    asked = [str(python), "-c", "import site; print(site.getsitepackages()[0])"]
    packages = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    (Path(packages) / "packages_of_the_tests.pth").write_text(site.getsitepackages()[0] + "\n")
    return folder / "bin" / "phynes"


def run(phynes: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(phynes), *arguments], cwd=folder, capture_output=True, text=True, check=False)


def test_the_wheel_is_small_and_holds_what_the_program_reads(wheel):
    assert wheel.stat().st_size < MOST_BYTES
    names = zipfile.ZipFile(wheel).namelist()
    shipped = "phynes_core/shipped"
    for name in ("checkpoints/josh.ckpt", "shaders/present/frame.frag.glsl", "assets/probes/studio.exr"):
        assert f"{shipped}/{name}" in names
    assert not [name for name in names if name.startswith(("tests/", "docs/")) or ".venv" in name]


def test_it_renders_from_an_empty_folder(phynes, tmp_path):
    done = run(phynes, tmp_path, "render", "--avatar", "josh.ckpt", "--probe", "studio", "--motion", "walk",
               "--out", "josh.png", "--size", "64")  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert [path.name for path in tmp_path.iterdir()] == ["josh.png"]


def test_its_messages_name_the_installed_program(phynes, tmp_path):
    assert "phynes render --avatar" in run(phynes, tmp_path, "-h").stdout
    done = run(phynes, tmp_path, "rendre")
    assert done.returncode == 2 and "phynes -h" in done.stderr and "launch.py" not in done.stderr


def test_doctor_finds_everything(phynes, tmp_path):
    done = run(phynes, tmp_path, "doctor")
    assert "josh" in done.stdout and "studio" in done.stdout and "numba" in done.stdout
    assert not [line for line in done.stdout.splitlines() if "missing" in line and "display" not in line]


def test_the_test_command_says_that_the_tests_are_not_installed(phynes, tmp_path):
    done = run(phynes, tmp_path, "test")
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and "clone" in done.stderr
