"""What demos/SYMBOLS.md says: rows of its tables, and whether what they name is there."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "demos" / "SYMBOLS.md"
sys.path.insert(0, str(ROOT / "tests" / "nn"))
sys.path.insert(0, str(ROOT / "demos"))
from support.facts import holds  # noqa: E402


def rows(title: str) -> list[list[str]]:
    """The cells of the table under a heading, without its head."""
    part = PAGE.read_text("utf-8").split(f"## {title}\n")[1].split("\n## ")[0]
    lines = [line for line in part.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def slips() -> list[tuple[str, str]]:
    """Pairs of a lesson's name, and the condition on its numbers."""
    return [(row[3].strip("`").removesuffix(".py"), row[4].strip("`")) for row in rows("Slips of the notes")]


def slips_of(lesson: str, numbers: dict[str, float]) -> dict[str, bool]:
    """Which of the conditions on this lesson hold; KeyError for one that names what it does not measure."""
    return {condition: holds(condition, numbers) for name, condition in slips() if name == lesson}


def named(cell: str) -> list[tuple[str, str]]:
    """Pairs of a file and a name in it, of a cell: `a/b.py`: `f(x)`, `C.y`; `a/c.py`: `g`."""
    file, found = "", []
    for span in re.findall(r"`([^`]+)`", cell):
        if span.endswith(".py"):
            file = span
        else:
            found.append((file, span))
    return found


def exists(file: str, name: str) -> bool:
    """Is there such a file, and in it this function, class, attribute C.y, or argument f(x)?"""
    if not (ROOT / file).is_file():
        return False
    if file.startswith("demos/"):  # lessons are scripts, which are not imported here
        tree = ast.parse((ROOT / file).read_text("utf-8"))
        words = {getattr(node, "id", getattr(node, "arg", getattr(node, "name", None))) for node in ast.walk(tree)}
        return name in words
    whole, _, argument = name.rstrip(")").partition("(")
    found: Any = importlib.import_module(file.removesuffix(".py").replace("/", "."))
    for part in whole.split("."):
        if not hasattr(found, part) and inspect.isclass(found):
            found = example(found) or found
        if part in getattr(found, "__annotations__", {}):  # a field of a dataclass
            return not argument
        if not hasattr(found, part):
            return False
        found = getattr(found, part)
    return not argument or argument in inspect.signature(found).parameters


def example(cls: type) -> Any:
    """An object of a class, which has what its __init__ makes; None where no example is known."""
    from test_constructors import VALID

    if cls.__name__ == "WordPiece":
        return cls(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a"])
    if cls.__name__ == "Vocab":
        return cls.build([["a"]])
    needed = [p.name for p in inspect.signature(cls).parameters.values() if p.default is p.empty]
    return cls(**{name: VALID[cls.__name__][name] for name in needed}) if cls.__name__ in VALID else None
