"""The graphs of the site's gallery and of its pages about the engine: all are drawn, and what is said of them is in them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.online.programs import PAGES, programs, result_of
from tinydawn import graph
from tinydawn.viz import Diagram, find_renderer

sys.path.insert(0, str(PAGES.parent))
from playground import playground

LIVE = {(page, heading): code for page in ("gallery.md", *sorted(f"engine/{p.name}" for p in (PAGES / "engine").glob("*.md")))
        for heading, code in programs(page, "{live}").items()}
GALLERY = programs("gallery.md", "{live}")
PYTORCH = "A program written for PyTorch"  # which teaches Tensors PyTorch's methods: in a process of its own

pytestmark = pytest.mark.skipif(find_renderer() is None, reason="neither dot nor graphviz-pure is installed")


@pytest.fixture(autouse=True)
def _as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """In a folder of its own, with NumPy's warnings and the table of ops as they were."""
    monkeypatch.chdir(tmp_path)
    ops = dict(graph.table)
    with np.errstate():
        yield
    graph.table.clear()
    graph.table.update(ops)


def texts(diagram: Diagram) -> str:
    """All that is written in a drawing."""
    return "\n".join("".join(x.itertext()) for x in ElementTree.fromstring(diagram.svg()).iter() if x.tag.endswith("text"))


def of(heading: str) -> str:
    return texts(result_of(GALLERY[heading])[0])


@pytest.mark.parametrize(("page", "heading"), [key for key in LIVE if key[1] != PYTORCH], ids=lambda x: str(x))
def test_every_program_draws(page: str, heading: str) -> None:
    code = LIVE[page, heading]
    assert len(code.splitlines()) <= 30, "more than the playground takes"
    assert max(len(line) for line in code.splitlines()) <= 92, "wider than the page"
    diagram, printed = result_of(code)
    assert isinstance(diagram, Diagram), "the last line is the drawing"
    assert not printed or page != "gallery.md"
    assert diagram.svg() == result_of(code)[0].svg(), "two builds give two pictures"
    played = json.loads(playground.run(json.dumps({"program": code, "values": {}})))
    assert played["error"] is None
    assert "<svg" in played["svg"]


def test_the_gallery_is_large_and_says_what_to_see() -> None:
    assert len(GALLERY) >= 24
    text = (PAGES / "gallery.md").read_text(encoding="utf-8")
    for block in re.split(r"^#+ .*$", text, flags=re.MULTILINE):
        if "```{live}" in block:
            assert len(block.partition("```")[0].split()) >= 8, block[:80]


def test_the_program_written_for_pytorch_draws() -> None:
    code = GALLERY[PYTORCH].replace("td.draw(", "print(td.draw(").rstrip() + ".svg()[:4])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout.startswith("<svg") or done.stdout.startswith("<?xm"), done.stderr


def test_heat_maps_and_curves_are_saved(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    (code,) = programs("gallery.md", "python").values()
    result_of(code)
    assert {path.name for path in tmp_path.iterdir()} == {"gates.svg", "alignment.svg", "losses.svg"}


def test_the_sentences_of_the_gallery() -> None:
    assert "gradient: 0" in of("One neuron").split("\n")
    assert "gradient: 6" in of("A number that is used twice")
    assert "gradient: 3, 3" in of("A bias that is added to every row")
    p_less_y = np.exp([2, 1, 0.1]) / np.exp([2, 1, 0.1]).sum() - [1, 0, 0]
    assert ", ".join(f"{n:.4g}".replace("-", "−") for n in p_less_y) in of("Cross-entropy, as one kernel")
    assert "× 6" in of("Equal layers, drawn once")
    assert "t = " in of("Thirty steps")
    shares = [int(s) for s in re.findall(r"(\d+) % of dL", of("Where a shared weight learns from"))]
    assert shares[0] == shares[1] == 0
    assert shares[-1] > 70
    assert {"0.048", "0.054"} <= set(of("A beam search tree").split("\n"))
    assert "10 of 25 are −∞" in of("Nobody looks ahead")
    assert "S = (Q Kᵀ) · 1/√3" in of("Nobody looks ahead")
    assert "S = (q qᵀ) / 2" in of("Heads")
    assert of("The same, cut").count("gradient: not computed") == 2
    assert "detach" in of("The same, cut")
    assert "failed: W x + b" in of("A forward that fails")
    assert "✓ e" in of("The first wrong step")
    assert "expected p" in of("The first wrong step")
    assert "× 4" in of("BERT")
