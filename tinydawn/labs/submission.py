"""Reading what a student wrote, a Python file or a notebook: its functions, without running what stands between them."""

from __future__ import annotations

import ast
import builtins
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import DataError, message

# Calls that may stand outside of functions and are run: nothing else is, so that checking is quick and trains nothing.
BUILTINS = {"range", "len", "set", "frozenset", "dict", "list", "tuple", "float", "int", "str", "sorted", "sum", "min", "max",
            "zip", "enumerate", "abs", "round"}


@dataclass
class Submission:
    """cells: (source, number of its first line). left_out: what is no Python, as (place, what is wrong)."""

    path: Path
    cells: list[tuple[str, int]]
    left_out: list[tuple[str, str]] = field(default_factory=list)

    def statements(self) -> list[ast.stmt]:
        """Of all cells, in order; a cell that is no Python is left out, and nothing else is lost."""
        found: list[ast.stmt] = []
        self.left_out = []
        for i, (source, line) in enumerate(self.cells, 1):
            try:
                tree = ast.parse(source)
            except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
                at = f"line {line + (getattr(error, 'lineno', None) or 1) - 1}" if self.path.suffix != ".ipynb" else f"cell {i}"
                self.left_out.append((at, getattr(error, "msg", None) or str(error) or type(error).__name__))
                continue
            ast.increment_lineno(tree, line - 1)
            found += tree.body
        return found


def read(path: str | Path) -> Submission:
    """Of a .py file by its `# %%` cells, of an .ipynb by its code cells. Raises DataError for what cannot be read."""
    path = Path(path)
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise DataError(message(f"{path}: cannot be read ({error.strerror})", fix="name the file of a lab")) from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[:error.start].count(b"\n") + 1
        raise DataError(message(f"{path}: line {line} is not UTF-8", fix="save the file as UTF-8 in your editor")) from None
    if path.suffix == ".ipynb":
        return Submission(path, _notebook_cells(path, text))
    cells, start = [], 1
    lines = text.splitlines()
    for number, row in enumerate([*lines, "# %%"], 1):
        if row.startswith("# %%"):
            cells.append(("\n".join(lines[start - 1:number - 1]), start))
            start = number
    return Submission(path, cells)


def _notebook_cells(path: Path, text: str) -> list[tuple[str, int]]:
    try:
        cells = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
        sources = ["".join(cell["source"]) for cell in cells]
    except (ValueError, KeyError, TypeError):
        raise DataError(message(f"{path}: is no notebook, or is damaged", fix="save it anew in Jupyter")) from None
    # What is for IPython alone, such as %matplotlib or !pip, is no Python.
    return [("\n".join("pass" if line[:1] in "%!?" and line else line for line in source.splitlines()), 1) for source in sources]


@dataclass
class Loaded:
    """namespace: what the file defines. times: how often each function is. skipped: names that are set by what is not run."""

    namespace: dict[str, Any]
    times: dict[str, int]
    skipped: set[str]
    failed: list[str]


def load(submission: Submission) -> Loaded:
    """Run the imports, functions, classes and plain assignments of a file: not its trainings, and not its pictures."""
    namespace: dict[str, Any] = {"__name__": "student", "__file__": str(submission.path)}
    found = Loaded(namespace, {}, set(), [])
    modules: set[str] = set()
    for statement in submission.statements():
        if isinstance(statement, ast.Import | ast.ImportFrom):
            modules |= {(alias.asname or alias.name).split(".")[0] for alias in statement.names}
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            found.times[statement.name] = found.times.get(statement.name, 0) + 1
        names = [node for node in ast.walk(statement) if isinstance(node, ast.Name)]
        sets = {node.id for node in names if isinstance(node.ctx, ast.Store)}
        if not _is_run(statement, modules):
            found.skipped |= sets
            continue
        try:
            exec(compile(ast.Module([statement], []), str(submission.path), "exec"), namespace)
        except NameError as error:
            if error.name not in found.skipped:
                found.failed.append(f"line {statement.lineno}: {type(error).__name__}: {error}")
            found.skipped |= sets  # what follows from something that is not run is not run
        except Exception as error:
            found.failed.append(f"line {statement.lineno}: {type(error).__name__}: {error}")
    found.skipped -= set(namespace)
    return found


def _is_run(statement: ast.stmt, modules: set[str]) -> bool:
    if isinstance(statement, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return True
    if isinstance(statement, ast.Assign | ast.AnnAssign):
        return all(_may_be_called(call.func, modules) for call in ast.walk(statement) if isinstance(call, ast.Call))
    if isinstance(statement, ast.Try):
        return all(isinstance(part, ast.Import | ast.ImportFrom) for part in statement.body)
    return False


def _may_be_called(function: ast.expr, modules: set[str]) -> bool:
    """A plain builtin, or a function of NumPy, math or tinydawn that makes an array; not what is found on a computed object."""
    if isinstance(function, ast.Name):
        return function.id in BUILTINS and hasattr(builtins, function.id)
    while isinstance(function, ast.Attribute):
        function = function.value
    return isinstance(function, ast.Name) and function.id in modules & {"np", "numpy", "math", "td", "tinydawn", "string"}
