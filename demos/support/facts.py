"""Sentences that rest on numbers: a lesson states a fact together with the metrics it follows from.

In markdown the condition stands in square brackets after the sentence, [bleu_beam8 > bleu_greedy];
what is printed goes through Results.shows. A test holds all of them against the default runs.
"""

from __future__ import annotations

import ast
import itertools
import operator
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

OPERATIONS: dict[type, Callable[..., Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.Pow: operator.pow, ast.USub: operator.neg, ast.Lt: operator.lt, ast.LtE: operator.le,
    ast.Gt: operator.gt, ast.GtE: operator.ge, ast.Eq: operator.eq, ast.NotEq: operator.ne,
}
FUNCTIONS = {"abs": abs, "min": min, "max": max}


def holds(condition: str, numbers: Mapping[str, float]) -> bool:
    """Is the condition true of these numbers? Such as `bleu_beam8 > bleu_greedy + 1`.

    It is made of names in `numbers`, numbers, + - * / **, < <= > >= == !=, abs, min, max and `and`.
    Raises KeyError for a name that is not among them, ValueError for anything else.
    """
    # A metric may have any name, such as kl_linear+bow: the longest first, each gets a plain one.
    names = sorted(numbers, key=len, reverse=True)
    plain = {name: f"metric{i}" for i, name in enumerate(names)}
    for name in names:
        condition = re.sub(rf"(?<![\w.]){re.escape(name)}(?![\w])", plain[name], condition)
    values = {plain[name]: x for name, x in numbers.items()}
    unknown = re.search(r"[A-Za-z_]\w*(?<![<>!=])=(?!=)[\w.]+", condition)
    if unknown:  # such as kl_dropout=0.5, of a variant that this run did not train
        raise KeyError(unknown[0])
    try:
        tree = ast.parse(condition, mode="eval").body
    except SyntaxError:
        raise ValueError(f"{condition!r} is no condition") from None
    if not isinstance(tree, ast.Compare | ast.BoolOp):
        raise ValueError(f"{condition!r} compares nothing")
    return bool(_value(tree, values))


def _value(node: ast.expr, values: Mapping[str, float]) -> Any:
    match node:
        case ast.Constant(value=int() | float() as number):
            return number
        case ast.Name(id=name):
            return values[name]
        case ast.UnaryOp(op=op, operand=operand):
            return OPERATIONS[type(op)](_value(operand, values))
        case ast.BinOp(left=left, op=op, right=right):
            return OPERATIONS[type(op)](_value(left, values), _value(right, values))
        case ast.BoolOp(op=ast.And(), values=parts):
            return all([_value(part, values) for part in parts])
        case ast.Compare(left=left, ops=ops, comparators=others):
            sides = [_value(side, values) for side in (left, *others)]
            return all(OPERATIONS[type(op)](a, b)
                       for op, (a, b) in zip(ops, itertools.pairwise(sides), strict=True))
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in FUNCTIONS:
            return FUNCTIONS[name](*[_value(argument, values) for argument in arguments])
    raise ValueError(f"{ast.unparse(node)!r} may not stand in a condition")


def stated(lesson: Path) -> list[str]:
    """The conditions in the markdown of a lesson: what stands in brackets and compares."""
    lines = lesson.read_text("utf-8").splitlines()
    text, inside = [], False
    for line in lines:
        if line.startswith("# %%"):
            inside = line.startswith("# %% [markdown]")
        elif inside and line.startswith("#"):
            text.append(line.lstrip("# "))
    return re.findall(r"\[([^\[\]]*[<>=][^\[\]]*)\]", " ".join(text))
