"""The pages of the lecture: their parts are there, their programs run, and give what the text beside them says."""

from __future__ import annotations

import ast
import json
import re
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.online.programs import PAGES
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
    assert re.search(r"^% topics: \w.+$", text, re.MULTILINE), "the list of pages names what is on it"
    order = ("```{chinese}", "```{figures}", "## In code", "## Lab", "## In the notes", "```{remember}")
    places = [text.index(mark) for mark in order]
    assert places == sorted(places), "the picture first, then code, then the lab, then the notes"
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


def test_an_outcome_that_never_happens_costs_nothing() -> None:
    """What the page on the divergence says of 0 ln 0 holds in its program too."""
    answer = run("01_kl", **{"p[2]": 0.0})
    assert answer["error"] is None
    assert "nan" not in answer["svg"].lower()


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


def result(page: str, **values: float) -> float:
    """The number that a page's program ends with."""
    return float(re.findall(r"tensor\(([-+.e\d]+)", run(page, **values)["result"])[0])


def test_what_is_said_of_attention() -> None:
    rows = re.findall(r"\d\.\d+", run("24_self_attention")["printed"])
    assert [sum(map(float, rows[i:i + 3])) for i in (0, 3, 6)] == pytest.approx([1, 1, 1], abs=0.011)  # of two digits each


def test_what_is_said_of_both_norms() -> None:
    assert run("25_layer_norm")["printed"].split()[-2:] == ["ratio", "0.866"]
    steep = abs(gradient("25_layer_norm", "h[1]", **{"h[0]": 0.01}))
    assert steep > 50 * abs(gradient("25_layer_norm", "h[1]"))
    constant = run("25_layer_norm", **{"h[0]": 0.0})
    assert constant["printed"].split()[-2:] == ["ratio", "1000.0"]
    assert float(constant["gradients"]["h[0]"]) == pytest.approx((1 - 0.375) * (1e6 + 1e3), rel=1e-2)  # (g - mean)/eps, both
    assert "nan" not in constant["svg"].lower()


@pytest.mark.parametrize("values", [{}, {"pos": -2.0}, {"k": 0.5}, {"pos": 9.0, "k": -3.5}])
def test_what_is_said_of_positions(values: dict[str, float]) -> None:
    assert result("26_positions", **values) == pytest.approx(0, abs=1e-12)


def test_what_is_said_of_adams_first_step() -> None:
    steps = [result("27_warm_up", g=g) for g in (0.5, 0.05, 5.0, -0.5)]
    assert steps == pytest.approx([1e-5, 1e-5, 1e-5, -1e-5], rel=1e-5)
    assert result("27_warm_up", g=0.0) == 0
    assert "nan" not in run("27_warm_up", g=0.0)["svg"].lower()


def test_what_is_said_of_hiding() -> None:
    shown, target = (re.findall(r"-?\d+", line) for line in run("29_bert")["printed"].splitlines())
    chosen = {told: seen for seen, told in zip(shown, target, strict=True) if told != "-100"}
    assert chosen == {"7": "7", "9": "17", "14": "3"}  # kept, a random one, [MASK]


def test_what_is_said_of_a_mean() -> None:
    assert result("30_mlm_cbow") == pytest.approx(0, abs=1e-6)


def test_what_is_said_of_a_pair() -> None:
    ids, segments = run("31_next_sentence")["printed"].splitlines()
    assert (ids, segments) == ("[1, 7, 12, 9, 2, 15, 8, 11, 14, 2]", "[0, 0, 0, 0, 0, 1, 1, 1, 1, 1]")


def test_what_is_said_of_the_two_networks() -> None:
    """What the discriminator thinks is nothing to the generator."""
    page = "33_electra"
    for k in range(4):
        key = f"generator[0, {k}]"
        assert gradient(page, key, **{"discriminator[1]": -3.0}) == gradient(page, key)


def test_what_is_said_of_the_window() -> None:
    assert run("34_longformer")["printed"].split() == ["..xxxxx..", "sees", "5", "=", "1", "+", "2", "*", "2"]


def test_what_is_said_of_the_draw() -> None:
    """dL/dmu - mu = dL/dz, dL/dsigma = eps dL/dz, and with logvar = log sigma^2 the rest by the chain rule."""
    page, eps, logvar = "35_reparameterisation", 1.3, -0.6
    of_z = gradient(page, "mu") - 0.5  # the KL's part is mu
    sigma = np.exp(logvar / 2)
    expected = eps * of_z * sigma / 2 + (np.exp(logvar) - 1) / 2
    assert gradient(page, "logvar") == pytest.approx(expected, abs=1e-4)
