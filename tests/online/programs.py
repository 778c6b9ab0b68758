"""The programs on a page of the site: their text, and what they give. td, nn, F and np are there already, as on the site."""

from __future__ import annotations

import ast
import contextlib
import io
import re
from pathlib import Path
from typing import Any

import numpy as np

import tinydawn as td

PAGES = Path(__file__).parents[2] / "demos" / "site" / "pages"


def programs(page: str, kind: str) -> dict[str, str]:
    """The blocks of this kind, such as {live} or python, on a page, by the heading that each stands under."""
    text = (PAGES / page).read_text(encoding="utf-8")
    found: dict[str, str] = {}
    heading = ""
    for match in re.finditer(r"^(#+) ([^\n]+)$|^```" + re.escape(kind) + r"\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        heading = match[2] or heading
        if match[3]:
            name, k = heading, 2
            while name in found:  # the second under one heading
                name, k = f"{heading} {k}", k + 1
            found[name] = match[3]
    return found


def result_of(code: str) -> tuple[Any, str]:
    """The value of a program's last expression, and what it printed."""
    tree = ast.parse(code)
    names: dict[str, Any] = {"td": td, "nn": td.nn, "F": td.nn.functional, "np": np, "__name__": "program"}
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(tree, "a program of the site", "exec"), names)
        value = None if last is None else eval(compile(ast.Expression(last.value), "a program of the site", "eval"), names)
    return value, printed.getvalue()
