"""Runs a short program and draws what it computes, as the playground does: the value of its last line, or its last variable."""

from __future__ import annotations

import ast
import contextlib
import hashlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SECONDS = 120


def drawn(program: str, target: Path, cache: Path) -> tuple[str, str | None]:
    """Run a program in a process of its own, and write the picture of its last value to `target`.

    Returns what it printed, and the name of the picture's file, or None where its last value is nothing that can be drawn. Raises
    ValueError with the program's own error. Results are kept in `cache`, by program and package.
    """
    kept = cache / "live" / (hashlib.sha256((program + _package()).encode()).hexdigest()[:16] + ".json")
    if not kept.is_file():
        done = subprocess.run([sys.executable, __file__], input=program, capture_output=True, encoding="utf-8", check=False,
                              timeout=SECONDS, env={**os.environ, "PYTHONPATH": str(ROOT)})
        if done.returncode:
            raise ValueError(done.stderr.strip()[-1500:])
        kept.parent.mkdir(parents=True, exist_ok=True)
        temporary = kept.with_suffix(f".part{os.getpid()}")
        temporary.write_text(done.stdout, "utf-8")
        temporary.replace(kept)
    result = json.loads(kept.read_text("utf-8"))
    if result["picture"] is None:
        return result["printed"], None
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(result["picture"], "utf-8")
    return result["printed"], target.name


def _package() -> str:
    from lessons import _of_the_package

    return _of_the_package()


def run(program: str) -> dict[str, str | None]:
    """What a program prints, and the picture of its last value."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        picture = picture_of(program)
    return {"printed": printed.getvalue(), "picture": picture}


def picture_of(program: str) -> str | None:
    """Run a program and draw the value of its last line, or the variable it sets there; None if that is nothing to draw."""
    import numpy as np

    import tinydawn as td
    from tinydawn import nn
    from tinydawn.nn import functional as F

    names: dict[str, Any] = {"td": td, "nn": nn, "F": F, "np": np, "__name__": "__main__"}
    tree = ast.parse(program)
    last = tree.body[-1]
    value = None
    if isinstance(last, ast.Expr):
        exec(compile(ast.Module(tree.body[:-1], []), "<program>", "exec"), names)
        value = eval(compile(ast.Expression(last.value), "<program>", "eval"), names)
    else:
        exec(compile(tree, "<program>", "exec"), names)
        if isinstance(last, ast.Assign) and isinstance(last.targets[0], ast.Name):
            value = names[last.targets[0].id]
    if isinstance(value, td.Tensor):
        value = td.draw(value)
    return value.svg() if hasattr(value, "svg") else None


if __name__ == "__main__":
    print(json.dumps(run(sys.stdin.read())))
