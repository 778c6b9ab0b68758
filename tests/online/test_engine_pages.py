"""The pages about the engine: their excerpts of the source are there, and their programs print what the text says."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.online.programs import PAGES, programs, result_of
from tinydawn import graph

ROOT = PAGES.parents[2]
PAGES_OF_THE_ENGINE = sorted(page.name for page in (PAGES / "engine").glob("*.md"))
EXCERPTS = [(page, file, {name: value.strip("'") for name, value in re.findall(r":([a-z-]+): (.+)", options)})
            for page in PAGES_OF_THE_ENGINE
            for file, options in re.findall(r"^```\{literalinclude\} /_source/(\S+)\n(.*?)^```$",
                                            (PAGES / "engine" / page).read_text("utf-8"), re.MULTILINE | re.DOTALL)]


@pytest.fixture(autouse=True)
def _the_table_as_it_was() -> Iterator[None]:
    ops = dict(graph.table)
    yield
    graph.table.clear()
    graph.table.update(ops)


@pytest.mark.parametrize(("page", "file", "options"), EXCERPTS)
def test_an_excerpt_is_there_and_of_a_length_that_is_read(page: str, file: str, options: dict[str, str]) -> None:
    text = (ROOT / file).read_text("utf-8")
    lines = text.splitlines()
    if "pyobject" in options:
        body: list[ast.stmt] = ast.parse(text).body
        found: ast.stmt | None = None
        for name in options["pyobject"].split("."):
            found = next((node for node in body if getattr(node, "name", None) == name), None)
            assert found is not None, options
            body = getattr(found, "body", [])
        assert found is not None
        assert found.end_lineno is not None
        lines = lines[found.lineno - 1:found.end_lineno]
    if "start-at" in options:
        starts = [i for i, line in enumerate(lines) if options["start-at"] in line]
        assert starts, options
        lines = lines[starts[0]:]
    if "end-before" in options:
        ends = [i for i, line in enumerate(lines) if i and options["end-before"] in line]
        assert ends, options
        lines = lines[:ends[0]]
    if "lines" in options:
        first, _, last = options["lines"].partition("-")
        lines = lines[int(first) - 1:int(last or first)]
    assert 1 <= len([line for line in lines if line.strip()]) <= 45, f"{page}: {len(lines)} lines of {file}"


def test_there_are_excerpts_of_every_file_that_is_followed() -> None:
    assert {file for _, file, _ in EXCERPTS} >= {f"tinydawn/{name}.py" for name in (
        "plain", "graph", "ops", "autograd", "gradients", "kernels/fuse", "kernels/linear", "guards/writes")}


SAID = {  # what the text beside a program says of its numbers
    "plain.md": ["[[-0.3271, -0.6543], [0.0027, 0.0054]]\n[[-0.3271, -0.6543], [0.0027, 0.0054]]"],
    "forward.md": ["ndarray\nNone\nNone\n<tanh (2,)>", "add keeps Node Node",
                   "tanh keeps Node and its output\nmul keeps ndarray ndarray"],
    "backward.md": ["mul passes 6.0 over edge 0\nmul passes 6.0 over edge 1\nadd is visited with 12.0",
                    "add passes 12.0 over edge 0\nadd passes 12.0 over edge 1\ntensor(24.)",
                    "tensor([21., 21.])\ntensor([21., 21.])", "True (2, 3)"],
    "second.md": ["4 3.95222"],
    "fast.md": ["Rows [2, 5, 7] (3, 3)\n(10000, 3)"],
    "kernels.md": ["1 cross_entropy tensor", "11 amax detach sub exp sum log sub getitem neg mul sum tensor"],
    "in_place.md": ["that mul saved was changed", "None", "tensor([28., 30.]) tensor([28., 30.])",
                    "tensor([2., 0., 2.]) tensor(10.)"],
    "custom_ops.md": ["True\ntensor([ 2., -4.]", "tensor([2., 5.])", "[[5.0, 10.0], [5.0, 10.0]] [2.0, 3.0]", 'saves="x"'],
    "drawing.md": ["mul 1.0 1.0\nadd 0.0 1.0\ntanh 0.0 1.0", "linear ['Reader', 't=0', 'cell']"],
}


@pytest.mark.parametrize("page", SAID)
def test_programs_print_what_the_text_says(page: str) -> None:
    printed = "".join(result_of(code)[1] for code in programs(f"engine/{page}", "{live}").values())
    for said in SAID[page]:
        assert said in printed
