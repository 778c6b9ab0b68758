"""A lab with its right functions in it runs from top to bottom, trainings and pictures too, as a script and as a notebook."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from clock import PATIENCE

from tests.labs import solved
from tests.labs.__main__ import labs


@pytest.mark.nightly
@pytest.mark.parametrize("lab", labs(), ids=lambda lab: lab.file)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_as_a_script(lab, lang, tmp_path):
    path = solved.write(lab, tmp_path, lang)
    done = subprocess.run([sys.executable, path.name], cwd=tmp_path, capture_output=True, encoding="utf-8", timeout=PATIENCE,
                          env={**os.environ, "MPLBACKEND": "agg", "PYTHONIOENCODING": "utf-8"})
    assert done.returncode == 0, done.stderr
    said = "right" if lang == "en" else "正确"
    assert [f"{hole.name}: {said}" in done.stdout.splitlines() for hole in lab.holes] == [True] * len(lab.holes), done.stdout


@pytest.mark.nightly
@pytest.mark.parametrize("lab", labs(), ids=lambda lab: lab.file)
def test_as_a_notebook(lab, tmp_path):
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    book = nbformat.read(solved.write(lab, tmp_path, notebook=True), as_version=4)
    nbclient.NotebookClient(book, timeout=PATIENCE, resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = [out for cell in book.cells for out in cell.get("outputs", ())]
    shown = "\n".join(out.get("text", "") + out.get("data", {}).get("text/plain", "") for out in outputs).splitlines()
    assert [f"{hole.name}: right" in shown for hole in lab.holes] == [True] * len(lab.holes), shown
