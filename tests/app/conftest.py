"""Fixtures of the app's tests: a small avatar, command lines that must fail, panels, a desktop with windows."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from app import cli
from phynes_core.avatar.avatar import ALBEDO_MAP, OFFSET_MAP, ROUGHNESS_MAP, TEXTURE_MAP, Avatar
from phynes_core.avatar.checkpoint import save_checkpoint
from phynes_core.body.files import load_bundled_body
from phynes_core.maps.encodings import HashEncodingConfig
from tests.app.one_line_errors import check_line, contents

SMALL = HashEncodingConfig(num_levels=2, log2_entries=8, base_resolution=4, finest_resolution=8)


@pytest.fixture(scope="session")
def avatar_file(tmp_path_factory) -> Path:
    """A checkpoint that renders quickly: the bundled body, small untrained maps, a light with a bright side."""
    torch.manual_seed(5)
    maps = [
        replace(config, encoding=SMALL, hidden_width=8)
        for config in (OFFSET_MAP, TEXTURE_MAP, ALBEDO_MAP, ROUGHNESS_MAP)
    ]
    avatar = Avatar.untrained(load_bundled_body(), "small", *maps)
    avatar.light[4:8, 24] = 20.0  # above the horizon, toward +Z
    path = tmp_path_factory.mktemp("avatars") / "small.ckpt"
    save_checkpoint(path, avatar)
    return path


@pytest.fixture
def refuse(capsys, tmp_path):
    """Run a command line that must fail and leave tmp_path as it was; returns its one line on stderr."""

    def run(*argv: object) -> str:
        before = contents(tmp_path)
        assert cli.main([str(argument) for argument in argv]) == 2
        said = capsys.readouterr()
        check_line(said.err)
        assert said.out == ""
        assert contents(tmp_path) == before, "files were left behind"
        return said.err

    return run


@pytest.fixture
def bench(monkeypatch):
    """All panels, showing a state."""
    from tests.app.panel_bench import Bench, widgets

    with widgets(monkeypatch):
        bench = Bench()
        bench.layout.build()
        bench.show()
        yield bench


@pytest.fixture(scope="module")
def desktop(tmp_path_factory):
    """A screen under Xvfb with a window manager."""
    from tests.app.desktop import Desktop

    desktop = Desktop()
    desktop.environment["PHYNES_TEST_SHOTS"] = str(tmp_path_factory.mktemp("shots"))
    yield desktop
    desktop.close()


@pytest.fixture(scope="module")
def viewer(desktop, avatar_file, tmp_path_factory):
    """A viewer with one avatar on that screen."""
    from tests.app.desktop import Viewer

    viewer = Viewer(desktop, tmp_path_factory.mktemp("viewer"), avatar_file)
    yield viewer
    viewer.stop()
