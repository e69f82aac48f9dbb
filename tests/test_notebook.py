"""docs/notebook.ipynb: it runs from top to bottom, its sliders change the picture, and it is stored small."""

import base64
import importlib.util
import io

import nbformat
import numpy as np
import PIL.Image
import pytest

from tests.source_files import ROOT

NOTEBOOK = ROOT / "docs/notebook.ipynb"
SMALLER = {"SIZE = 320": "SIZE = 96", "VIEWS = 24": "VIEWS = 3"}
MOVED = """
seen = {"first": view.value}
for control, value in ((yaw, 40.0), (time, 2.0), (buffer, "normal")):
    control.value = value
    seen[control.description] = view.value
assert len(set(seen.values())) == len(seen), "a control changed nothing"
assert [picture.size for picture in views] == [(96, 96)] * 3
print(*(view.getextrema() for view in views))
"""


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("run_notebook", ROOT / "docs/run_notebook.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def notebook():
    return nbformat.read(NOTEBOOK, 4)


def picture(outputs) -> np.ndarray:
    (found,) = [output.data["image/jpeg"] for output in outputs if "image/jpeg" in output.get("data", {})]
    return np.array(PIL.Image.open(io.BytesIO(base64.b64decode(found))))


def test_the_notebook_runs_and_its_sliders_change_the_picture(script, notebook, tmp_path, monkeypatch):
    for name in ("JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(tmp_path))
    cells = {cell.id: cell for cell in notebook.cells}
    for usual, smaller in SMALLER.items():
        assert usual in cells["imports"].source
        cells["imports"].source = cells["imports"].source.replace(usual, smaller)
    notebook.cells.append(nbformat.v4.new_code_cell(MOVED))
    script.run(notebook)
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert not [output for output in outputs if output.output_type == "error" or output.get("name") == "stderr"]
    body = picture(cells["shown"].outputs)
    assert body.shape == (96, 96, 3) and body.std() > 5.0  # more than a backdrop
    buffers = picture(cells["buffer_pictures"].outputs)
    assert buffers.shape == (96, 6 * 48, 3)
    assert all(part.max() > 40 for part in np.split(buffers, 6, 1))
    assert "(0, 0)" not in notebook.cells[-1].outputs[0].text  # no view of the turntable is black


def test_the_notebook_is_stored_small_with_pictures_but_without_widgets(notebook):
    """Written by docs/run_notebook.py after every change of a cell."""
    assert NOTEBOOK.stat().st_size < 200_000
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert picture({cell.id: cell for cell in cells}["shown"].outputs).shape == (320, 320, 3)
    assert "widgets" not in notebook.metadata
    assert "widget-view" not in NOTEBOOK.read_text(encoding="utf-8")


def test_a_cell_that_fails_fails_the_run(script, notebook):
    from nbclient.exceptions import CellExecutionError

    notebook.cells = [nbformat.v4.new_code_cell("1 / 0")]
    with pytest.raises(CellExecutionError, match="ZeroDivisionError"):
        script.run(notebook)
