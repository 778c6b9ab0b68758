"""A lab with its right functions in it: what instructors publish afterwards, and what tests run."""

from __future__ import annotations

import ast
import inspect
import textwrap
from pathlib import Path

from tests.labs.author import Lab
from tinydawn.labs import text


def write(lab: Lab, folder: Path, lang: str = "en", notebook: bool = False) -> Path:
    """The solved lab as a percent script or a notebook, in a folder."""
    path = text.start(lab.file, folder, lang, notebook)
    source = inspect.getsource(inspect.getmodule(lab.holes[0].function))
    for hole in lab.holes:
        text.put(path, hole.name, answer(lab, hole.name, source, lang))
    return path


def answer(lab: Lab, name: str, source: str, lang: str = "en") -> str:
    """The hole of the student's text, with its own first lines, and the body of the right function for what is missing there."""
    functions = {node.name: node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}
    helpers = _used(name, functions)
    parts = [_without_steps(ast.get_source_segment(source, functions[helper])) for helper in helpers]
    empty = text.hole_of(lab.file, name, lang)
    right = _without_steps(ast.get_source_segment(source, functions[name]))
    body = ast.parse(right).body[0].body
    first = body[1] if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant) else body[0]
    lines = right.split("\n")[first.lineno - 1:]
    return "\n\n\n".join([*parts, empty.replace("    raise NotImplementedError", "\n".join(lines))])


def _used(name: str, functions: dict[str, ast.FunctionDef]) -> list[str]:
    """The helpers of the answers' module, named with an underscore, that a function calls, and those that they call."""
    found: list[str] = []
    waiting = [name]
    while waiting:
        for node in ast.walk(ast.Module(functions[waiting.pop()].body, [])):
            if isinstance(node, ast.Name) and node.id.startswith("_") and node.id in functions and node.id not in found:
                found.append(node.id)
                waiting.append(node.id)
    return found[::-1]


def _without_steps(source: str) -> str:
    """The code without what is for the checker alone: step("scores", x) is x."""
    source = textwrap.dedent(source)
    calls = [node for node in ast.walk(ast.parse(source))
             if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "step"]
    if not calls:
        return source
    call = max(calls, key=lambda node: (node.lineno, node.col_offset))  # the last is innermost: no other lies in it
    value = ast.get_source_segment(source, call.args[1])
    lines = source.split("\n")
    before = "\n".join([*lines[:call.lineno - 1], _bytes(lines[call.lineno - 1], None, call.col_offset)])
    after = "\n".join([_bytes(lines[call.end_lineno - 1], call.end_col_offset, None), *lines[call.end_lineno:]])
    # In parentheses where it stands among operators: what a call held together may not hold by itself.
    plain = isinstance(call.args[1], ast.Name | ast.Call | ast.Subscript | ast.Attribute | ast.Constant)
    alone = before.rstrip().endswith(("=", "return")) and not after.split("\n")[0].strip()
    return _without_steps(before + (value if plain or (alone and "\n" not in value) else f"({value})") + after)


def _bytes(line: str, start: int | None, end: int | None) -> str:
    """Part of a line, by the offsets of ast, which count UTF-8."""
    return line.encode()[start:end].decode()
