"""Small programs in the manner of course code; each must give under tinydawn.torch what it gives under PyTorch.

A program is a function of the module: `program(torch)`. It does what a student or a lecturer would write, and returns a
dict or list of Tensors, numbers, strings, bools and tuples. What is compared is the values, the shapes, the dtypes by name
and whether a Tensor is recorded. PyTorch's answers lie in `answers.json`, so that the comparison needs no PyTorch.

    python -m tests.pytorch.programs      # writes answers.json where PyTorch is installed, and prints who agrees
"""

from __future__ import annotations

import importlib
import inspect
import json
import math
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

THEMES = ("inplace", "data_and_grad", "reductions", "dtypes", "indexing", "shapes", "modules", "layers", "optimizers",
          "derivatives", "datasets", "sampling", "lectures", "views", "assigning", "promotion", "texts", "hooking",
          "randomness", "arguments", "losses", "training", "feeding", "copies", "algebra", "edges")
ANSWERS = Path(__file__).with_name("answers.json")
# What PyTorch raises when it refuses. No AttributeError among them: a name that is missing is no refusal.
REFUSALS = (RuntimeError, ValueError, TypeError, IndexError, AssertionError)
TOLERANCES = {"float64": 1e-10, "float16": 1e-2}
STORED = 1e-5  # answers.json holds six digits


def refused(action: Callable[[], Any]) -> str:
    """"refused" where PyTorch says no with an error, "allowed" where it does it."""
    try:
        action()
    except REFUSALS:
        return "refused"
    return "allowed"


def outcome(action: Callable[[], Any]) -> Any:
    """What the action returns, or "refused" where PyTorch says no with an error."""
    try:
        return action()
    except REFUSALS:
        return "refused"


def collect() -> dict[str, Callable[[Any], Any]]:
    """All programs by theme and name, in the order in which they stand in their files."""
    found: dict[str, Callable[[Any], Any]] = {}
    for theme in THEMES:
        module = importlib.import_module(f"{__name__}.{theme}")
        for name, function in vars(module).items():
            if inspect.isfunction(function) and function.__module__ == module.__name__ and not name.startswith("_"):
                found[f"{theme}.{name}"] = function
    return found


def plain(value: Any, torch: Any) -> Any:
    """What a program returned, as JSON can hold it: a Tensor becomes its dtype, shape and record, and its values in a row."""
    if isinstance(value, torch.Tensor):
        recorded = " recorded" if value.requires_grad else ""
        head = f"{str(value.dtype).removeprefix('torch.')} {tuple(value.shape)}{recorded}"
        return {"tensor": head, "values": np.asarray(value.detach().numpy()).ravel().tolist()}
    if isinstance(value, dict):
        return {str(key): plain(item, torch) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item, torch) for item in value]
    if isinstance(value, np.generic):
        return value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"a program returned a {type(value).__name__}; return Tensors, numbers, strings, lists and dicts")


def run(program: Callable[[Any], Any], torch: Any) -> Any:
    """The program's answer under this module, in plain form."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch warns of what is slow or will change; here only answers count
        return plain(program(torch), torch)


def differences(ours: Any, theirs: Any, tolerance: float | None = None, where: str = "") -> list[str]:
    """What is not alike, a line each: kinds, keys, lengths, heads of Tensors, values further apart than `tolerance`."""
    where = where or "answer"
    if type(ours) is not type(theirs):
        return [f"{where}: {ours!r} is not {theirs!r}"]
    if isinstance(theirs, dict) and "tensor" in theirs:
        if ours.get("tensor") != theirs["tensor"]:
            return [f"{where}: {ours.get('tensor')} is not {theirs['tensor']}"]
        allowed = tolerance or TOLERANCES.get(theirs["tensor"].split()[0], 1e-5)
        if not close(ours["values"], theirs["values"], allowed):
            return [f"{where}: {short(ours['values'])} is not {short(theirs['values'])}"]
        return []
    if isinstance(theirs, dict):
        if list(ours) != list(theirs):
            return [f"{where}: the keys {list(ours)} are not {list(theirs)}"]
        return [line for key in theirs for line in differences(ours[key], theirs[key], tolerance, f"{where}[{key!r}]")]
    if isinstance(theirs, list):
        if len(ours) != len(theirs):
            return [f"{where}: {len(ours)} items are not {len(theirs)}"]
        return [line for i in range(len(theirs)) for line in differences(ours[i], theirs[i], tolerance, f"{where}[{i}]")]
    alike = close([ours], [theirs], tolerance or 1e-5) if isinstance(theirs, float) else ours == theirs
    return [] if alike else [f"{where}: {short(ours)} is not {short(theirs)}"]


def close(ours: list[Any], theirs: list[Any], tolerance: float) -> bool:
    """Whole numbers are equal; others within the tolerance of the largest among them, or of 0.1: sums round by that."""
    if not any(isinstance(value, float) for value in theirs):
        return ours == theirs
    largest = max((abs(value) for value in theirs if math.isfinite(value)), default=0.0)
    allowed = tolerance * max(largest, 0.1)
    return len(ours) == len(theirs) and bool(np.allclose(ours, theirs, rtol=0, atol=allowed, equal_nan=True))


def short(value: Any) -> str:
    """As much of a value as a line of the table holds."""
    text = repr([float(f"{v:.6g}") if isinstance(v, float) else v for v in value] if isinstance(value, list) else value)
    return text if len(text) <= 60 else text[:57] + "..."


def rounded(value: Any) -> Any:
    """Floats to six digits, for answers.json."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, list):
        return [rounded(item) for item in value]
    return {key: rounded(item) for key, item in value.items()} if isinstance(value, dict) else value


def stored() -> dict[str, Any]:
    """PyTorch's answers, as they were written."""
    return dict(json.loads(ANSWERS.read_text(encoding="utf-8")))


def store(answers: dict[str, Any]) -> None:
    """One program on a line, so that a change shows which."""
    lines = [f"{json.dumps(name)}: {json.dumps(rounded(answer), separators=(',', ':'))}" for name, answer in answers.items()]
    ANSWERS.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def verdict(program: Callable[[Any], Any], torch: Any, theirs: Any, tolerance: float | None = None) -> tuple[str, str]:
    """How a program does under this module: "agrees", "differs" silently, or "raises", and the first of what is not alike."""
    try:
        ours = run(program, torch)
    except Exception as error:
        text = str(error).splitlines() or [""]
        return "raises", f"{type(error).__name__}: {text[0]}"
    unlike = differences(ours, theirs, tolerance)
    return ("differs", unlike[0]) if unlike else ("agrees", "")
