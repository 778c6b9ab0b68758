"""The lessons from an installed package, and as notebooks: `python -m tinydawn.demos`."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys

import pytest
from clock import PATIENCE
from test_demos import DEMOS

from tinydawn import demos
from tinydawn.errors import DataError

PICTURES = ("image/svg+xml", "image/png", "text/html")
AS_NOTEBOOKS = ("beam_search", "rnn_lm", "kl_divergence", "self_attention", "bpe")


def command(*arguments, folder):
    env = {**os.environ, "PYTHONIOENCODING": "utf-8", "PYTHONPATH": str(DEMOS.parent)}
    return subprocess.run([sys.executable, "-m", "tinydawn.demos", *arguments], cwd=folder, env=env, capture_output=True,
                          encoding="utf-8", timeout=PATIENCE, check=False)


def test_every_lesson_is_listed_in_the_order_of_the_notes():
    assert sorted(demos.LESSONS) == sorted(path.stem for path in DEMOS.glob("*.py"))
    rows = re.findall(r"^\|[^|]*\| `(\w+)\.py` \|", (DEMOS / "README.md").read_text("utf-8"), re.MULTILINE)
    assert tuple(rows) == demos.LESSONS, "demos/README.md has them in another order"


def test_list_copy_run(tmp_path):
    listed = command("list", folder=tmp_path)
    assert (listed.returncode, len(listed.stdout.splitlines())) == (0, len(demos.LESSONS))
    assert "BLEU, every step of it" in listed.stdout
    copied = command("copy", "bleu", "mine", folder=tmp_path)
    assert copied.stdout.strip() == os.path.join("mine", "bleu.py")
    assert (tmp_path / "mine" / "bleu.py").read_bytes() == (DEMOS / "bleu.py").read_bytes()
    assert (tmp_path / "mine" / "support" / "run.py").is_file()
    again = command("copy", "bleu.py", "mine", folder=tmp_path)
    assert again.returncode == 1
    assert again.stderr.startswith("error: tinydawn.demos: there is 'mine")
    ran = command("run", "bleu", "--help", folder=tmp_path)
    assert ran.returncode == 0
    assert "OPENBLAS_NUM_THREADS" in ran.stdout, "it says how many threads it takes"
    wrong = command("run", "belu", folder=tmp_path)
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert wrong.stderr == "error: tinydawn.demos: there is no lesson 'belu'\n  fix: did you mean 'bleu'?\n"


def test_a_package_without_its_lessons(monkeypatch, tmp_path):
    monkeypatch.setattr(demos, "__file__", str(tmp_path / "a" / "b" / "__init__.py"))
    with pytest.raises(DataError, match="the lessons are not there"):
        demos.folder()


@pytest.mark.parametrize("lesson", demos.LESSONS)
def test_cells_are_what_one_reads_at_a_time(lesson):
    cells = demos.as_notebook((DEMOS / f"{lesson}.py").read_text("utf-8"), lesson)["cells"]
    assert cells[0]["cell_type"] == "markdown"
    assert cells[0]["source"][0].startswith("# ")
    for cell in cells:
        text = "".join(cell["source"])
        if cell["cell_type"] == "code":
            ast.parse(text)
            assert sum(bool(line.strip()) for line in cell["source"]) <= 25, text[:300]
        assert not text.startswith("# %%")
    flags = next(cell for cell in cells if cell["cell_type"] == "code")
    assert 'FLAGS = ""' in "".join(flags["source"])


@pytest.mark.parametrize("lesson", AS_NOTEBOOKS)
def test_a_lesson_runs_as_a_notebook_with_its_figures_in_it(lesson, tmp_path):
    pytest.importorskip("ipykernel", reason="ipykernel is not installed: lessons are not run as notebooks")
    client = pytest.importorskip("nbclient", reason="nbclient is not installed: lessons are not run as notebooks")
    nbformat = pytest.importorskip("nbformat")
    written = json.loads(demos.notebook(lesson, tmp_path).read_text("utf-8"))
    for cell in written["cells"]:
        cell["source"] = "".join(cell["source"]).replace('FLAGS = ""', 'FLAGS = "--quick"')
    book = nbformat.from_dict(written)
    nbformat.validate(book)
    client.NotebookClient(book, timeout=PATIENCE, resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = [output for cell in book.cells for output in cell.get("outputs", [])]
    record = json.loads((tmp_path / "out" / lesson / "metrics.json").read_text("utf-8"))
    pictures = [kind for output in outputs for kind in output.get("data", {}) if kind in PICTURES]
    assert record["quick"]
    assert len(pictures) == len(record["figures"]) > 0
    assert not [output for output in outputs if output["output_type"] == "error"]
    shown = [output for output in outputs if output["output_type"] == "stream" and output["name"] == "stderr"]
    assert not shown, f"progress bars are one output each, and nothing else is said: {shown[:3]}"
