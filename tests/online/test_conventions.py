"""conventions.md: every program prints what stands behind its `print`, and every test and name that the page gives is there."""

from __future__ import annotations

import ast
import inspect
import pkgutil
import re
from typing import Any

import numpy as np
import pytest

from tests.online.programs import PAGES, programs

PAGE = "conventions.md"
TEXT = (PAGES / PAGE).read_text(encoding="utf-8")
BLOCKS = programs(PAGE, "python")


def printed_by_line(code: str) -> dict[int, str]:
    """What each line of a program printed; what a loop printed one after the other stands between bars."""
    said: dict[int, list[str]] = {}

    def note(*values: Any) -> None:
        frame = inspect.currentframe()
        assert frame is not None
        assert frame.f_back is not None
        said.setdefault(frame.f_back.f_lineno, []).append(" ".join(map(str, values)))

    with np.errstate():
        exec(compile(code, PAGE, "exec"), {"__name__": "program", "print": note})
    return {line: " | ".join(texts) for line, texts in said.items()}


@pytest.mark.parametrize("heading", BLOCKS)
def test_a_program_prints_what_stands_behind_it(heading: str) -> None:
    lines = BLOCKS[heading].splitlines()
    wanted = {k: line.split("  # ")[1] for k, line in enumerate(lines, start=1) if line.lstrip().startswith("print(")}
    assert wanted, "it shows no number"
    assert printed_by_line(BLOCKS[heading]) == wanted


def test_every_section_has_an_anchor_a_program_and_tests() -> None:
    sections = re.split(r"^\(conv-", TEXT, flags=re.MULTILINE)[1:]
    assert len(sections) >= 28
    for section in sections:
        name = section.partition(")")[0]
        assert re.match(r"[a-z-]+\)=\n##+ .+\n", section), name
        assert "\n```python\n" in section, name
        assert "\n```{tested} " in section, name


def test_the_tests_it_names_are_there() -> None:
    root = PAGES.parents[2]
    named = [name for page in PAGES.rglob("*.md") for line in re.findall(r"^```\{tested\} (.+)$", page.read_text("utf-8"), re.M)
             for name in line.split()]
    assert named
    for name in named:
        file, _, test = name.partition("::")
        assert (root / file).is_file(), name
        if test:
            tree = ast.parse((root / file).read_text(encoding="utf-8"))
            assert any(isinstance(node, ast.FunctionDef) and node.name == test for node in ast.walk(tree)), name


def test_the_names_it_gives_are_there() -> None:
    """`models.VAELM`, `optim.clip_grad_norm_`: what stands in code quotes with one of our packages before the dot."""
    for name in re.findall(r"`((?:nn|optim|models|text|decode|metrics|F)\.[A-Za-z0-9_.]*[A-Za-z0-9_])", TEXT):
        package, _, rest = name.partition(".")
        assert pkgutil.resolve_name(f"tinydawn.{'nn.functional' if package == 'F' else package}.{rest}") is not None, name
