"""Pages of the source, one a file, with a number and an anchor at every line, so that a page of the site can point at a name."""

from __future__ import annotations

import ast
import functools
import html
import re
import shutil
from pathlib import Path

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer, TextLexer
from pygments.token import Comment, Generic, Keyword, Name, Number, String

ROOT = Path(__file__).parents[2]
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{file}</title><link rel="icon" href="{up}_static/favicon.svg"><link rel="stylesheet" href="{up}_static/source.css"></head>
<body><header><a href="{up}index.html">tinydawn</a> <b>{file}</b></header>
<main class="highlight"><pre class="numbers">{numbers}</pre><pre>{code}</pre></main>
</body></html>
"""


class Plain(HtmlFormatter):  # type: ignore[type-arg]
    """Colours keywords, text, numbers and what is defined, and leaves names and signs as they are: half is left of a page."""

    coloured = (Comment, Keyword, Number, String, Name.Function, Name.Class, Generic)

    def _get_css_classes(self, kind):  # type: ignore[no-untyped-def]
        return super()._get_css_classes(kind) if any(kind in x for x in self.coloured) else ""


class Plainer(Plain):
    """Of whole files, of which there are hundreds: text and what is defined."""

    coloured = (Comment, String, Name.Function, Name.Class)


@functools.cache
def places(file: str) -> dict[str, int]:
    """The line of every function, class, method and name that a file defines; "" is its first."""
    found = {"": 1}

    def walk(body: list[ast.stmt], before: str) -> None:
        for node in body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
                found.setdefault(before + node.name, node.lineno)
                walk(node.body, f"{before}{node.name}.")
            elif isinstance(node, ast.Assign | ast.AnnAssign):
                for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                    for name in ast.walk(target):
                        if isinstance(name, ast.Name):
                            found.setdefault(before + name.id, node.lineno)
            elif isinstance(node, ast.If | ast.With | ast.Try | ast.For):
                walk(node.body, before)

    walk(ast.parse((ROOT / file).read_text("utf-8")).body, "")
    return found


def place(name: str) -> tuple[str, int] | None:
    """File and line of `a/b.py` or `a/b.py:Class.method`; None if there is no such thing."""
    file, _, inside = name.partition(":")
    if not (ROOT / file).is_file():
        return None
    if not file.endswith(".py"):
        return file, 1
    line = places(file).get(inside)
    return None if line is None else (file, line)


def address(file: str, line: int) -> str:
    """Of the page, from the site's root."""
    return f"source/{file}.html" + (f"#L-{line}" if line > 1 else "")


def write(out: Path) -> int:
    """Write a page of every file of the package, and of every other one that a page links, and the style they share.

    Returns how many.
    """
    shutil.rmtree(out / "source", ignore_errors=True)  # of an earlier state
    lines: dict[str, set[int]] = {}  # file -> those that some page points at
    for page in out.rglob("*.html"):
        if "source" not in page.relative_to(out).parts[:1]:
            for file, line in re.findall(r'href="[./]*source/([^"#]+)\.html(?:#L-(\d+))?"', page.read_text("utf-8")):
                lines.setdefault(file, set()).add(int(line or 1))
    for path in (ROOT / "tinydawn").rglob("*.py"):
        if "texts" not in path.parts:  # labs have pages of their own
            lines.setdefault(path.relative_to(ROOT).as_posix(), set())
    for file, linked in sorted(lines.items()):
        text = (ROOT / file).read_text("utf-8")
        code = highlight(text, PythonLexer() if file.endswith(".py") else TextLexer(), Plainer(nowrap=True)).split("\n")
        for line in linked:
            code[line - 1] = f'<span id="L-{line}">{code[line - 1]}</span>'
        numbers = "\n".join(str(i) for i in range(1, text.count("\n") + 1))
        target = out / "source" / f"{file}.html"
        target.parent.mkdir(parents=True, exist_ok=True)
        up = "../" * (file.count("/") + 1)
        target.write_text(PAGE.format(file=html.escape(file), up=up, numbers=numbers, code="\n".join(code)), "utf-8")
    dark = HtmlFormatter(style="github-dark").get_style_defs(".highlight")
    style = STYLE + HtmlFormatter(style="tango").get_style_defs(".highlight")
    style += "\n@media (prefers-color-scheme: dark) {\nbody { background: #131416; color: #ddd }\n" + dark + "\n}\n"
    (out / "_static" / "source.css").write_text(style, "utf-8")
    return len(lines)


STYLE = """body { margin: 0; font: 15px/1.5 system-ui, sans-serif; background: #fff; color: #111 }
header { padding: .6em 1em; border-bottom: 1px solid #8884 }
a { color: #3b7dc4; text-decoration: none }
pre { font: 13px/1.5 ui-monospace, monospace; margin: 0; padding: 1em; overflow-x: auto }
main { display: flex; overflow-x: auto }
pre.numbers { text-align: right; opacity: .5; user-select: none; padding-right: 0 }
:target { background: #f6d32d55 }
"""
