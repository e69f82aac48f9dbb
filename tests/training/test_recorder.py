"""Curves and pictures for TensorBoard, where it is installed."""

import builtins

import numpy as np
import pytest

from phynes_core.errors import BackendError
from phynes_core.io.image_files import write_png
from phynes_core.training.run.recorder import TensorBoardLog


def test_curves_and_pictures_are_read_back_and_a_resumed_run_replaces_its_tail(tmp_path):
    accumulators = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    write_png(tmp_path / "strip.png", np.zeros((4, 6, 3), np.uint8))
    for first in (0, 40):  # the second was interrupted before step 60 was saved
        board = TensorBoardLog(tmp_path)
        board.start(1, first)
        for step in range(first + 20, 81, 20):
            board.log(1, step, {"loss": step + first / 100})
        board.picture(1, 80, tmp_path / "strip.png")
    events = accumulators.EventAccumulator(str(tmp_path / "tensorboard" / "stage1"))
    events.Reload()
    points = {point.step: point.value for point in events.Scalars("loss")}
    assert points == {20: 20.0, 40: pytest.approx(40.0), 60: pytest.approx(60.4), 80: pytest.approx(80.4)}
    assert events.Images("pictures")[-1].width == 6


def test_without_the_package_the_message_says_what_to_install(tmp_path, monkeypatch):
    plain_import = builtins.__import__

    def refuse(name, *rest):
        if "tensorboard" in name:
            raise ImportError(name)
        return plain_import(name, *rest)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(BackendError, match="pip install -c constraints.txt tensorboard"):
        TensorBoardLog(tmp_path)
