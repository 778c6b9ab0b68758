"""What the documentation shows has to work: the README's example and commands, and every example in a docstring."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import figures
import tinydawn
import tinydawn.torch as layer
from tinydawn import graph
from tinydawn.viz import find_renderer

ROOT = Path(__file__).parents[1]
MODULES = ["tinydawn", *(m.name for m in pkgutil.walk_packages(tinydawn.__path__, "tinydawn."))]
layer.use(False)  # walking imports it, and it changes Tensor: only for its own examples


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings(name: str) -> None:
    if name.startswith("tinydawn.torch"):
        layer.use()
    try:
        result = doctest.testmod(importlib.import_module(name))
    finally:
        layer.use(False)
    assert result.failed == 0


def test_there_are_examples() -> None:
    count = sum(len(test.examples) for name in MODULES
                for test in doctest.DocTestFinder().find(importlib.import_module(name)))
    assert count > 20


@pytest.mark.skipif(find_renderer() is None, reason="no Graphviz renderer is installed")
def test_the_readme_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    monkeypatch.setattr(graph, "table", dict(graph.table))  # an op of the reader's own is not to stay in it
    for code in re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.DOTALL):
        exec(code, names)
    assert "tensor(" in capsys.readouterr().out
    assert "gradient: 0" in (tmp_path / "graph.svg").read_text(encoding="utf-8")
    assert (tmp_path / "unrolled.svg").read_text(encoding="utf-8").count("% of dL/dW_hh") == 6
    if "manual_seed" in figures.lines_of_the_readme("unrolled.svg"):  # without, each run draws another picture
        drawn, shown = (figures.texts_of(folder / "unrolled.svg") for folder in (tmp_path, figures.FIGURES))
        assert drawn == shown, "run python -m tests.figures"


def test_the_readme_names_what_is_there() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for command in ("pip install -e '.[demos]' && python demos/beam_search.py",
                    "pip install -e '.[test]' && python -m pytest -n auto"):
        assert f"    {command}\n" in text, "one line of its own, which CI runs"
    for path in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (ROOT / path).exists(), path
    for name in ("shaping.py", "functional.py", "kernels/linear.py", "ops.py", "graph.py", "autograd.py", "tensor.py"):
        assert name in text, f"the map leaves out {name}"
