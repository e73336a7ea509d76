"""The notebook runs from its first cell to its last, and plots."""

from __future__ import annotations

from pathlib import Path

import pytest

nbclient = pytest.importorskip("nbclient")
nbformat = pytest.importorskip("nbformat")

NOTEBOOK = Path(__file__).parents[1] / "examples/live.ipynb"


@pytest.mark.timeout(300)
def test_the_notebook_plots_a_region_and_makes_a_frame() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbclient.NotebookClient(notebook, timeout=240, kernel_name="python3").execute()
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    texts = [output.get("data", {}).get("text/plain", "") for output in outputs]
    assert any("Reader of notebook-wave: notebook_wave, live" in text for text in texts)
    assert any("image/png" in output.get("data", {}) for output in outputs)
    assert any("'units': {'height': 'm'}" in output.get("text", "") for output in outputs)
    assert any("falling" in text or "rising" in text for text in texts)
    assert not [output for output in outputs if output.get("name") == "stderr"]
    for cell in nbformat.read(NOTEBOOK, as_version=4).cells:
        assert not cell.get("outputs"), "it is kept without outputs"
