"""Twelve labs, and a checker that names the mistake: `python -m tinydawn.labs`, or `labs.check(function)` in a notebook.

A lab is a percent script with holes: functions that a student writes, known by their names. The package holds what goes into each
hole, what comes out of the right function, and what comes out of the mistakes that are made there; it holds no right function.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

from ..errors import DataError, message
from .verdict import Verdict, judge

__all__ = ["Verdict", "check", "hint", "judge", "show", "table_of", "tables"]


@functools.cache
def tables() -> dict[int, dict[str, Any]]:
    """All labs' tables, by the number of the lab."""
    files = [file for file in resources.files(__name__).joinpath("tables").iterdir() if file.name.endswith(".json")]
    read = [json.loads(file.read_text("utf-8")) for file in sorted(files, key=lambda file: file.name)]
    return {table["lab"]: table for table in read}


def table_of(name: str) -> dict[str, Any]:
    """The table of the lab that has a hole of this name. Raises DataError if none has."""
    for table in tables().values():
        if name in table["holes"]:
            return table
    import difflib

    known = [hole for table in tables().values() for hole in table["holes"]]
    near = difflib.get_close_matches(name, known, n=1)
    fix = f"did you mean {near[0]!r}?" if near else "a hole of a lab: python -m tinydawn.labs list"
    raise DataError(message(f"labs: no lab has a hole called {name!r}", fix=fix))


def check(function: Callable[..., Any], lang: str | None = None) -> Any:
    """Say whether a hole is right, or what the mistake is; in a notebook, with its picture below. Returns what shows that."""
    from .cell import check_function

    return check_function(function, lang)


def hint(function: Callable[..., Any], lang: str | None = None) -> Any:
    """Check a hole, a `function`, and say one thing more about its mistake than the last time. Returns what shows that."""
    from .cell import hint_function

    return hint_function(function, lang)


def show(path: str | Path) -> None:
    """Show a picture that was saved, the file `path`: below its cell in a notebook; elsewhere print where it is."""
    from ..viz.figure import Saved
    from .cell import in_a_notebook

    if in_a_notebook():
        from IPython.display import display

        display(Saved(path))
    else:
        print(path)
