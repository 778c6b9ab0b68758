"""One quick run of a demo, which the tests of its file look at; and what is asked of every demo."""

from __future__ import annotations

import json
import math
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import symbols
from test_demos import assert_refused, run

from tinydawn.viz import find_renderer


class Quick(NamedTuple):
    folder: Path
    out: str
    record: dict[str, Any]
    metrics: dict[str, float]
    baselines: dict[str, float]


DONE: dict[str, Quick] = {}  # a demo is run once, whoever looks at it


def quick_run(demo: str, folder: Path, draws_graphs: bool = False) -> Quick:
    if demo in DONE:
        return DONE[demo]
    pytest.importorskip("matplotlib", reason="matplotlib is not installed: demos draw their figures with it")
    if draws_graphs and find_renderer() is None:
        pytest.skip("neither dot nor graphviz-pure is installed: demos draw graphs with it")
    done = run("--quick", "--out", "out", folder=folder, demo=demo)
    assert done.returncode == 0, done.stderr
    record = json.loads((folder / "out" / "metrics.json").read_text(encoding="utf-8"))
    DONE[demo] = Quick(folder / "out", done.stdout, record, record["metrics"], record["baselines"])
    return DONE[demo]


def assert_well_formed(quick: Quick, demo: str, figures: list[str]) -> None:
    """metrics.json as DESIGN asks for it, and every figure there, with something in it."""
    record = quick.record
    assert {"demo", "data", "seed", "seconds", "metrics", "baselines", "figures"} <= set(record)
    assert (record["demo"], record["seed"], record["quick"], record["figures"]) == (demo, 0, True, figures)
    assert record["metrics"]
    assert record["baselines"]
    for name, x in {**record["metrics"], **record["baselines"]}.items():
        assert isinstance(x, float), name
        assert math.isfinite(x), name
    symbols.slips_of(demo, quick.metrics | quick.baselines)  # what SYMBOLS.md says of it is measured
    assert sorted(path.name for path in quick.folder.iterdir()) == sorted([*figures, "metrics.json"])
    for name in figures:
        if name.endswith(".svg"):
            assert len(list(ElementTree.parse(quick.folder / name).getroot().iter())) > 20, f"{name} is nearly empty"


def assert_bad_data_is_refused(demo: str, folder: Path) -> None:
    """One clear message and no traceback, for a name that is none, and for a file that holds no labels."""
    assert_refused(run("--data", "nowhere", folder=folder, demo=demo), "nowhere", "fix: ")
    (folder / "plain.txt").write_text("no label here\n" * 20, encoding="utf-8")
    assert_refused(run("--data", "plain.txt", folder=folder, demo=demo), "plain.txt")
