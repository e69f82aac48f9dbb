"""One small folder of each public layout."""

import shutil
from pathlib import Path

import pytest

from tests.data.public_layouts import write_plus, write_synthetic_human, write_zju


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """One of each, written once."""
    folder = tmp_path_factory.mktemp("public")
    write_zju(folder / "CoreView_377", num_frames=3, num_cameras=5, size=48)
    write_synthetic_human(folder / "nathan", num_frames=2, size=32)
    write_plus(folder / "josh", size=32)
    return folder


@pytest.fixture
def copied(made, tmp_path):
    def copy(name, new_name=None):
        return Path(shutil.copytree(made / name, tmp_path / (new_name or name)))

    return copy
