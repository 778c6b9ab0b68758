"""What CuPy's wheel offers, by name and signature: written to cupy.json, which the double in cupy_double.py is built on.

    pip install cupy-cuda12x && python tests/device/snapshot.py        needs no GPU: names and signatures only
"""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("cupy.json")


def take(cupy: Any) -> dict[str, Any]:
    """version; functions, ufuncs and methods of ndarray, each name -> names of its parameters; and all other names.

    Names that begin with an underscore are left out."""
    found: dict[str, Any] = {"version": cupy.__version__, "functions": {}, "ufuncs": {}, "methods": {}, "attributes": [],
                             "names": []}
    for name in sorted(dir(cupy)):
        x = getattr(cupy, name)
        if name.startswith("_"):
            continue
        if type(x).__name__ in ("ufunc", "_GUFunc"):
            found["ufuncs"][name] = parameters(x)
        elif inspect.isfunction(x) or inspect.isbuiltin(x):
            found["functions"][name] = parameters(x)
        else:
            found["names"].append(name)
    for name in sorted(dir(cupy.ndarray)):
        x = getattr(cupy.ndarray, name)
        if name.startswith("_"):  # __buffer__, and what __add__ takes, are Python's own, and differ with it
            continue
        if callable(x):
            found["methods"][name] = parameters(x)
        else:
            found["attributes"].append(name)
    return found


def parameters(x: Any) -> list[str] | None:
    """["a", "axis", "**kwargs"], from the signature or, for compiled code, from the first line of the docstring."""
    try:
        return [str(p).split("=")[0].split(":")[0].strip() for p in inspect.signature(x).parameters.values() if p.name != "self"]
    except (ValueError, TypeError):
        pass
    line = (x.__doc__ or "").strip().split("\n")[0]
    match = re.search(r"\w\((.*?)\)(?:\s*->.*)?$", line)
    if not match:
        return None
    names = [part.strip().split("=")[0].split(" ")[-1].replace("\\", "") for part in match[1].split(",")]
    return [name for name in names if name not in ("self", "/", "*", "")]


if __name__ == "__main__":
    import cupy

    FILE.write_text(json.dumps(take(cupy), indent=1) + "\n", encoding="utf-8")
