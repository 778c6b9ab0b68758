"""A lab's text as a student gets it: in one language, as a percent script or as a notebook."""

from __future__ import annotations

import ast
import json
import re
from importlib import resources
from pathlib import Path
from typing import Any

from ..demos import as_cells, first_cell, notebook_of
from ..errors import DataError, message
from ..storage.files import write_atomic
from .verdict import asked

# Between two Chinese letters the end of a line is no space, which Markdown would make of it.
NO_SPACE = re.compile(r"(?<=[\u3000-\u9fff\uff00-\uffef])\n(?=[\u3000-\u9fff\uff00-\uffef])")


def student_text(file: str, lang: str = "en") -> str:
    """The percent script of a lab, such as "lab03_softmax", in "en" or "zh"."""
    whole = resources.files(__package__).joinpath("texts", f"{file}.py").read_text("utf-8")
    kept: list[str] = []
    other = {"en": "zh", "zh": "en"}[lang]
    for cell in ("\n" + whole).split("\n# %%")[1:]:
        head, _, body = cell.partition("\n")
        if head.strip() == f"[markdown] {other}":
            continue
        head = head.replace(f"[markdown] {lang}", "[markdown]")
        kept.append(f"# %%{head}\n{body if head else in_one_language(body, lang)}")
    return "\n".join(kept).strip("\n") + "\n"


def in_one_language(code: str, lang: str) -> str:
    """Of a function that begins with two strings, English and Chinese, keep one as its docstring."""
    lines = code.split("\n")
    gone: set[int] = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            strings = [x for x in node.body[:2] if isinstance(x, ast.Expr) and isinstance(x.value, ast.Constant)
                       and isinstance(x.value.value, str)]
            if len(strings) == 2:
                left = strings[1 if lang == "en" else 0]
                gone |= set(range(left.lineno - 1, left.end_lineno or left.lineno))
    return "\n".join(line for i, line in enumerate(lines) if i not in gone)


def hole_of(file: str, name: str, lang: str = "en") -> str:
    """The empty hole of this name, as the lab's text has it."""
    text = student_text(file, lang)
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
            return "\n".join(text.split("\n")[node.lineno - 1:node.end_lineno])
    raise DataError(message(f"labs: {file} has no hole called {name!r}", fix="python -m tinydawn.labs list"))


def task(table: dict[str, Any], name: str, lang: str) -> str:
    """What a hole asks for: the first line of its docstring, and an input with what is expected there."""
    node = ast.parse(hole_of(table["file"], name, lang)).body[0]
    assert isinstance(node, ast.FunctionDef | ast.ClassDef)
    return (ast.get_docstring(node) or "").partition("\n")[0] + "\n" + asked(table["holes"][name], lang)


def as_notebook(file: str, lang: str = "en", wheel: str = "") -> dict[str, Any]:
    """A lab as a notebook, whose first cell of code sees to it that tinydawn is there.

    wheel  where it is to be had, for whoever opens the notebook where it is not
    """
    text = student_text(file, lang)
    cells = [(kind, NO_SPACE.sub("", cell) if kind == "markdown" else cell) for kind, cell in as_cells(text)]
    asked = ['"matplotlib"'] if "td.viz." in text or "matplotlib" in text else []
    asked += ['lang="zh"'] if lang == "zh" else []
    first = next(i for i, (kind, _) in enumerate(cells) if kind == "code")
    cells.insert(first, ("code", first_cell(f"await tinydawn.demos.ready({', '.join(asked)})", wheel, lang)))
    return notebook_of(cells, file)


def start(file: str, folder: Path, lang: str = "en", notebook: bool = False) -> Path:
    """Copy a lab into a folder. Raises DataError if another file is there: nothing is written over."""
    path = folder / f"{file}.{'ipynb' if notebook else 'py'}"
    text = json.dumps(as_notebook(file, lang), indent=1, ensure_ascii=False) + "\n" if notebook else student_text(file, lang)
    made = text.encode()
    if path.exists() and path.read_bytes() != made:
        raise DataError(message(f"labs: {str(path)!r} is there, and has been changed", fix="name another folder"))
    folder.mkdir(parents=True, exist_ok=True)
    write_atomic(path, made)
    return path


def reset(path: Path, file: str, name: str, lang: str = "en") -> None:
    """Put the empty hole in the place of the last function of this name, in a file or a notebook; all else stays."""
    put(path, name, hole_of(file, name, lang))


def put(path: Path, name: str, code: str) -> None:
    """Replace the last function of this name in a file or a notebook. Raises DataError if there is none."""
    text = path.read_text("utf-8-sig")
    if path.suffix != ".ipynb":
        write_atomic(path, _replaced(text, name, code, path).encode())
        return
    book: dict[str, Any] = json.loads(text)
    for cell in reversed([cell for cell in book["cells"] if cell["cell_type"] == "code"]):
        source = "".join(cell["source"])
        try:
            cell["source"] = _replaced(source, name, code, path).splitlines(keepends=True)
        except DataError:
            continue
        write_atomic(path, (json.dumps(book, indent=1, ensure_ascii=False) + "\n").encode())
        return
    raise _not_there(path, name)


def _replaced(text: str, name: str, code: str, path: Path) -> str:
    """In the cell that has the function: one that is no Python harms no other."""
    cells = text.split("# %%")
    for i in range(len(cells) - 1, -1, -1):
        head, newline, body = cells[i].partition("\n") if i else ("", "", cells[i])
        try:
            nodes = ast.parse(body).body
        except (SyntaxError, ValueError):
            continue
        found = [node for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name]
        if found:
            node = found[-1]
            lines = body.split("\n")
            first = min([node.lineno, *(x.lineno for x in node.decorator_list)])
            lines[first - 1:node.end_lineno] = code.split("\n")
            cells[i] = head + newline + "\n".join(lines)
            return "# %%".join(cells)
    raise _not_there(path, name)


def _not_there(path: Path, name: str) -> DataError:
    return DataError(message(f"labs: {path} has no function {name!r}",
                             fix="start the lab anew in another folder, and copy the hole"))
