"""The lessons, from an installed package: `python -m tinydawn.demos` lists, copies, runs them, and makes notebooks.

They are percent scripts: programs that run without arguments, and whose cells a notebook shows one by one.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from ..errors import DataError, message
from ..storage.files import write_atomic
from .opening import first_cell, ready

# In the order of the notes.
LESSONS = (
    "kl_divergence", "softmax_classifier", "mlp", "bow_classifier", "word_vectors", "backprop", "dropout", "nnlm", "rnn_lm",
    "bptt", "memory", "cnn_classifier", "birnn", "seq2seq", "beam_search", "bleu", "back_translation", "glue", "elmo", "bpe",
    "self_attention", "layer_norm", "transformer", "word_order", "bert", "mlm_vs_cbow", "next_sentence", "finetune",
    "pretrained_bert", "finetune_pretrained", "electra", "longformer", "reparameterisation", "vae_lm", "draw_graphs",
)
_OPTIONS = '''\
# The lesson's flags, as after `python {name}.py`; "--help" lists them, "--quick" is a short run.
FLAGS = ""
'''
_USE = '''\
await tinydawn.demos.ready("matplotlib")
tinydawn.demos.use("{name}")  # so that `support`, which the lessons share, is found'''


def folder() -> Path:
    """Where the lessons are: in the installed package, or beside it in a checkout."""
    package = Path(__file__).parent
    for place in (package / "lessons", package.parents[1] / "demos"):
        if (place / "support").is_dir():
            return place
    raise DataError(message("tinydawn.demos: the lessons are not there", fix="pip install --force-reinstall tinydawn"))


def use(name: str) -> None:
    """In a notebook of the lesson `name`: let `from support.run import ...` find what lessons share, and be told which it is."""
    sys.argv = [str(lesson(name))]
    place = str(folder())
    if place not in sys.path:
        sys.path.insert(0, place)


def lesson(name: str) -> Path:
    """The script of a lesson. Raises DataError for a name that is none."""
    stem = name.removesuffix(".py")
    if stem not in LESSONS:
        import difflib

        near = difflib.get_close_matches(stem, LESSONS, n=1)
        fix = f"did you mean {near[0]!r}?" if near else "python -m tinydawn.demos list"
        raise DataError(message(f"tinydawn.demos: there is no lesson {name!r}", fix=fix))
    return folder() / f"{stem}.py"


def title(name: str) -> str:
    """What the lesson `name` is called: its first heading."""
    lines = lesson(name).read_text("utf-8").splitlines()
    return next(line.removeprefix("# # ") for line in lines if line.startswith("# # "))


def copy(name: str, target: Path) -> Path:
    """Copy the lesson `name` into the folder `target`, `support` beside it; returns its path. DataError if it is there."""
    source = lesson(name)
    _refuse_to_overwrite(target / source.name)
    target.mkdir(parents=True, exist_ok=True)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(source.parent / "support", target / "support", ignore=ignored, dirs_exist_ok=True)
    write_atomic(target / source.name, source.read_bytes())
    return target / source.name


def notebook(name: str, target: Path) -> Path:
    """Write the lesson `name` as NAME.ipynb into the folder `target`; returns its path. DataError if it is there already."""
    source = lesson(name)
    path = target / f"{source.stem}.ipynb"
    _refuse_to_overwrite(path)
    target.mkdir(parents=True, exist_ok=True)
    made = as_notebook(source.read_text("utf-8"), source.stem)
    write_atomic(path, (json.dumps(made, indent=1, ensure_ascii=False) + "\n").encode())
    return path


def run(name: str, flags: list[str]) -> int:
    """Run a lesson here, as `python NAME.py FLAGS`; returns its exit status."""
    return subprocess.run([sys.executable, str(lesson(name)), *flags], check=False).returncode


def as_notebook(script: str, name: str, wheel: str = "") -> dict[str, Any]:
    """A lesson, its `script`, as a notebook. Its first cell of code, before the script's own, holds the flags of `name`.

    wheel  where tinydawn is to be had, for whoever opens the notebook where it is not
    """
    cells = as_cells(script)
    first = next(i for i, (kind, _) in enumerate(cells) if kind == "code")
    cells.insert(first, ("code", _OPTIONS.format(name=name) + first_cell(_USE.format(name=name), wheel)))
    return notebook_of(cells, name)


def as_cells(script: str) -> list[tuple[str, str]]:
    """The cells of a percent script, ("markdown" or "code", text): what follows `# %% [markdown]` and `# %%` is one each."""
    cells: list[tuple[str, list[str]]] = []
    for line in script.splitlines():
        if line.startswith("# %%"):
            cells.append(("markdown" if "[markdown]" in line else "code", []))
        elif cells:
            cells[-1][1].append(line)
    return [(kind, "\n".join(_uncommented(lines) if kind == "markdown" else lines).strip("\n")) for kind, lines in cells]


def notebook_of(cells: list[tuple[str, str]], name: str) -> dict[str, Any]:
    """`cells`, as as_cells gives them, as a notebook (nbformat 4.5), each known by `name` and its number."""
    extra: dict[str, dict[str, Any]] = {"markdown": {}, "code": {"execution_count": None, "outputs": []}}
    return {
        "cells": [{"cell_type": kind, "id": f"{name}-{i}".replace("_", "-"), "metadata": {},
                   "source": text.splitlines(keepends=True), **extra[kind]} for i, (kind, text) in enumerate(cells) if text],
        "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
                     "language_info": {"name": "python"}},
        "nbformat": 4, "nbformat_minor": 5,
    }


def _uncommented(lines: list[str]) -> list[str]:
    return [line.removeprefix("#").removeprefix(" ") for line in lines]


def _refuse_to_overwrite(path: Path) -> None:
    if os.path.lexists(path):
        raise DataError(message(f"tinydawn.demos: there is {str(path)!r} already", fix="name another folder, or remove it"))
