"""The pages of the lecture: their parts are there, their programs run, and give what the text beside them says."""

from __future__ import annotations

import ast
import json
import re
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from programs import PAGES

from tinydawn import demos
from tinydawn.viz.render import find_renderer

ROOT = PAGES.parents[2]
LECTURE = sorted((PAGES / "lecture").glob("*.md"))
BOXES = re.compile(r"^```\{(\w+)\} ?([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)  # kind, argument, content
sys.path.insert(0, str(PAGES.parent))


def boxes(page: Path, kind: str) -> list[tuple[str, str]]:
    """Argument and content of each box of this kind."""
    return [(argument, content) for name, argument, content in BOXES.findall(page.read_text("utf-8")) if name == kind]


def programs() -> list[tuple[str, str]]:
    """Page and text of each program that is drawn."""
    return [(page.stem, "\n".join(line for line in content.splitlines() if not line.startswith(":")))
            for page in LECTURE for _, content in boxes(page, "live")]


@cache
def played(program: str, **values: float) -> dict[str, Any]:
    """What the playground makes of a program, with these sliders moved."""
    if find_renderer() is None:
        pytest.skip("neither dot nor graphviz-pure is installed")
    from playground import playground

    answer: dict[str, Any] = json.loads(playground.run(json.dumps({"program": program, "values": values})))
    answer["gradients"] = {slider["key"]: slider.get("gradient") for slider in answer["sliders"]}
    return answer


def run(page: str, **values: float) -> dict[str, Any]:
    """The same of the first program of a page."""
    return played(next(program for name, program in programs() if name == page), **values)


def gradient(page: str, name: str, **values: float) -> float:
    return float(run(page, **values)["gradients"][name].replace("−", "-"))


@cache
def functions(file: Path) -> set[str]:
    tree = ast.parse(file.read_text("utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("page", LECTURE, ids=lambda page: page.stem)
def test_a_page_has_its_parts(page: Path) -> None:
    text = page.read_text("utf-8")
    title = text.splitlines()[0]
    assert re.fullmatch(r"# .+ · .*[\u4e00-\u9fff].*", title), "the title is in English and in Chinese"
    for kind in ("chinese", "figures", "lab", "remember", "tested"):
        assert boxes(page, kind), f"no {kind}"
    places = [text.index(mark) for mark in ("```{chinese}", "```{figures}", "## In code", "## Lab")]
    assert places == sorted(places), "the picture first, then code, then the lab"
    ((_, points),) = boxes(page, "remember")
    assert 3 <= points.count("\n* ") + 1 <= 6
    for _, options in boxes(page, "figures"):
        assert options.startswith(":alt: "), "a figure says what is to be seen"


@pytest.mark.parametrize("page", LECTURE, ids=lambda page: page.stem)
def test_the_tests_that_hold_a_page_are_there(page: Path) -> None:
    for _, content in boxes(page, "tested"):
        for test in content.split():
            file, _, name = test.split("[")[0].partition("::")
            assert name in functions(ROOT / file), test


def test_every_slip_of_the_notes_has_a_box() -> None:
    slips = set(re.findall(r"^\| (E\d+) \|", (ROOT / "demos" / "SYMBOLS.md").read_text("utf-8"), re.MULTILINE))
    assert {argument.partition(":")[0] for page in LECTURE for argument, _ in boxes(page, "erratum")} == slips


def test_every_lesson_is_on_one_page() -> None:
    found = [argument for page in LECTURE for argument, _ in boxes(page, "lesson")]
    assert sorted(found) == sorted(set(demos.LESSONS) - {"draw_graphs"})  # which is the gallery


@pytest.mark.parametrize(("page", "program"), programs(), ids=[page for page, _ in programs()])
def test_a_program_runs_in_the_playground(page: str, program: str) -> None:
    assert len(program.splitlines()) <= 30
    assert played(program)["error"] is None


def test_what_is_said_of_padding() -> None:
    assert run("13_padding_cnn")["printed"].split("\n")[:2] == ["the maximum without the mask: 0.6", "with it: 0.4"]
    assert [gradient("13_padding_cnn", f"x[{t}]") for t in range(4)] == [0.4, 0, 0, 0]


def test_what_is_said_of_the_gates() -> None:
    assert float(run("14_gru")["printed"].split()[1]) > 0.8  # kept
    assert gradient("14_gru", "h") > 0.9
    assert float(run("14_gru", x=-1.0)["printed"].split()[1]) < 0.2
    assert gradient("14_gru", "h", x=-1.0) < 0.3


def test_what_is_said_of_residual_layers() -> None:
    assert gradient("15_residual", "x") < 0.1
    assert gradient("15_residual", "x_skip") > 1


def test_what_is_said_of_two_readers() -> None:
    assert gradient("16_birnn", "x3") > 0.1


def test_what_is_said_of_the_search() -> None:
    first, second = run("18_decoding")["printed"].splitlines()
    assert first == "1 ['the', 'dog', 'barks'] 0.252"
    assert second == "2 ['rex', 'barks'] 0.36"


def test_what_is_said_of_bleu() -> None:
    the, sure, wrong, smoothed = run("19_bleu")["printed"].splitlines()
    assert "2/7" in the
    assert "4/4 3/3 2/2 1/1" in sure
    assert float(sure.split()[-1]) < 50
    assert wrong.endswith("0/2 0/1  BP 0.47  BLEU 0.0")
    assert float(smoothed.split()[-1]) > 0


def test_what_is_said_of_the_metrics() -> None:
    rows = [[float(x) for x in re.findall(r"\d\.\d+", line)] for line in run("21_glue")["printed"].splitlines()]
    assert rows == [[0.667, 0.333, 1], [0.8, 0, 1], [0, 0, 1]]


def test_what_is_said_of_the_mix() -> None:
    slopes = [gradient("22_elmo", f"w[{k}]") for k in range(3)]
    assert [slope < 0 for slope in slopes] == [False, True, False]


def test_what_is_said_of_the_merges() -> None:
    lines = run("23_bpe")["printed"].splitlines()
    assert lines[0].split() == ["9", "times", "e", "+", "s"]
    assert lines[-1] == "lowest is spelled ['lo', 'w', 'est</w>']"
