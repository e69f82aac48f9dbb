"""Runs docs/notebook.ipynb from top to bottom and stores its pictures and numbers in it: python docs/run_notebook.py

Widgets are left out: they hold pictures of their own, and show only in a running notebook.
"""

import os
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).resolve().with_name("notebook.ipynb")
WIDGET = "application/vnd.jupyter.widget-view+json"


def run(notebook: nbformat.NotebookNode) -> None:
    """Run the cells in a new kernel of this Python, in this folder; raises CellExecutionError where one fails.

    Outputs are written into the notebook, save those that are widgets.
    """
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"  # this Python's kernel, not one that the user registered
    resources = {"metadata": {"path": str(NOTEBOOK.parent)}}
    client = NotebookClient(
        notebook, timeout=600, kernel_name="python3", resources=resources, record_timing=False,
        store_widget_state=False,
    )  # fmt: skip
    client.execute()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if WIDGET not in output.get("data", {})]
    notebook.metadata["language_info"] = {"name": "python"}  # the rest says which Python it was


if __name__ == "__main__":
    stored = nbformat.read(NOTEBOOK, 4)
    run(stored)
    nbformat.write(stored, NOTEBOOK)
