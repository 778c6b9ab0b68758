"""A page for each lab, in English and in Chinese, and the picture of a mistake. `write(folder)` puts them into folder/labs.

A page is the lab's text as a student gets it: the theory as text, the holes as code, each check after its hole.
"""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any

import tinydawn as td
from tinydawn import labs
from tinydawn.demos import as_cells
from tinydawn.labs.cell import Shown, check_function
from tinydawn.labs.text import student_text

OTHER = {"en": "这一页的[中文版]({file}.zh.md)。", "zh": "This page [in English]({file}.md)."}
WORK = {
    "en": "Open it in the browser, where nothing is to be installed and your work is kept, or download it. What is to be written "
          "stands as `raise NotImplementedError`; each `labs.check` looks at the function above it. "
          "[How a lab goes](index.md).",
    "zh": "可以在浏览器中打开：不需要安装，写下的内容会保留；也可以下载。`raise NotImplementedError` 的地方由你来写，"
          "每个 `labs.check` 检查它上面的函数。[实验怎么做](index.md)。",
}


def softmax(z: td.Tensor) -> td.Tensor:
    """The formula as it is written on a blackboard, which large logits break: what many write at first."""
    e = td.exp(z)
    return e / e.sum(axis=1, keepdims=True)


def mistake(lang: str) -> Shown:
    """What the checker says to that, with its picture."""
    with contextlib.redirect_stdout(io.StringIO()):  # outside of a notebook check prints what it says
        return check_function(softmax, lang)


def page(table: dict[str, Any], lang: str) -> str:
    """A lab's text as Markdown, its box below the first heading."""
    file = table["file"]
    cells = as_cells(student_text(file, lang))
    heading, _, rest = cells[0][1].partition("\n")
    orphan = "---\norphan: true\n---\n\n" if lang == "zh" else ""  # the contents name each lab once
    parts = [orphan + heading, OTHER[lang].format(file=file), f"```{{lab}} {table['lab']}\n```", WORK[lang], _text(rest)]
    parts += [_text(text) if kind == "markdown" else f"```python\n{text}\n```" for kind, text in cells[1:] if text]
    return "\n\n".join(parts) + "\n"


def _text(text: str) -> str:
    return text.strip("\n").replace("$", "\\$")  # a dollar is the mark of a formula to the pages, and of none to a notebook


def write(folder: Path) -> int:
    """Write all pages and the picture; returns how many labs there are."""
    target = folder / "labs"
    target.mkdir(parents=True, exist_ok=True)
    for table in labs.tables().values():
        (target / f"{table['file']}.md").write_text(page(table, "en"), "utf-8")
        (target / f"{table['file']}.zh.md").write_text(page(table, "zh"), "utf-8")
    for lang in ("en", "zh"):
        shown = mistake(lang)
        assert shown.picture is not None  # the hole softmax has steps
        (target / f"mistake.{lang}.svg").write_text(shown.picture.svg(), "utf-8")
        (target / f"mistake.{lang}.txt").write_text(repr(shown) + "\n", "utf-8")
    return len(labs.tables())
