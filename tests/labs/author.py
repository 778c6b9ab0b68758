"""How a lab's holes are written by those who know the answers: a right function, its inputs, and the mistakes made there.

    lab = Lab(3, "softmax")

    @lab.hole(cases=[[TENSOR], ...], more=[[OTHER], ...], forbidden=["softmax"])
    def softmax(z):
        ...

    @softmax.twin(
        "The numbers of a row do not add up to 1.", "These are ...", "The sum goes over ...",
        "一行的数之和不是 1。", "这些是……", "求和应沿……")
    def softmax_over_the_batch(z):
        ...

`cases` are in the student's table, `more` in the one that marks are given by. step("scores", x) in a right function names
a value.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import tinydawn as td
from tinydawn.labs import running
from tinydawn.labs.values import Given, encode

__all__ = ["Given", "Hole", "Lab", "array", "step", "tensor"]

_steps: list[tuple[str, Any]] = []


def step(name: str, value: Any) -> Any:
    """Name a value of the formula, which the picture of a mistake looks for."""
    _steps.append((name, value))
    return value


def tensor(values: Any, grad: bool = True) -> td.Tensor:
    """A float64 argument, by default one that asks for a gradient."""
    return td.tensor(np.asarray(values, float), requires_grad=grad)


def array(values: Any, dtype: Any = None) -> np.ndarray:
    return np.asarray(values, dtype)


class Hole:
    def __init__(self, function: Callable[..., Any], cases: Sequence[list[Any]], more: Sequence[list[Any]],
                 forbidden: Sequence[str], raises: Sequence[str], through: str, points: int, whole: bool) -> None:
        self.function, self.name, self.through, self.points = function, function.__name__, through, points
        self.cases, self.more, self.forbidden, self.raises = cases, more, list(forbidden), list(raises)
        self.whole = whole
        self.twins: list[tuple[Callable[..., Any], list[str], list[str]]] = []

    def __call__(self, *args: Any) -> Any:
        """As the right function: other answers may use it, as a student's do."""
        return self.function(*args)

    def twin(self, *messages: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """A mistake: three messages in English, from where to look to the rule, then the same three in Chinese."""
        if len(messages) != 6:
            raise ValueError(f"{self.name}: three messages in English and three in Chinese, not {len(messages)}")

        def add(function: Callable[..., Any]) -> Callable[..., Any]:
            self.twins.append((function, list(messages[:3]), list(messages[3:])))
            return function

        return add

    def table(self, cases: Sequence[list[Any]]) -> dict[str, Any]:
        inputs = [[encode(x) for x in case] for case in cases]
        rows = []
        for arguments in inputs:
            _steps.clear()
            right = running.outcome(self.function, arguments, self.through)
            steps = [[name, encode(x)] for name, x in _steps]
            rows.append({"arguments": arguments, "outcome": rounded(right), "steps": rounded(steps)})
        twins = [{"name": function.__name__, "messages": {"en": english, "zh": chinese},
                  "outcomes": [_without_place(running.outcome(function, arguments, self.through)) for arguments in inputs]}
                 for function, english, chinese in self.twins]
        return {"name": self.name, "points": self.points, "forbidden": self.forbidden, "raises": self.raises,
                "through": self.through, **({"whole": True} if self.whole else {}), "cases": rows, "twins": twins}


def _without_place(outcome: dict[str, Any]) -> dict[str, Any]:
    """Without the line of an error, and its text: both are of the twin's own code."""
    if "error" not in outcome:
        return rounded(outcome)
    return {"error": outcome["error"].partition(":")[0]}


def rounded(value: Any) -> Any:
    """Numbers to eight digits, a thousand times finer than they are compared: a table of all digits is twice as long."""
    match value:
        case float():
            return float(f"{value:.8g}")
        case list():
            return [rounded(x) for x in value]
        case dict():
            return {key: rounded(x) for key, x in value.items()}
    return value


class Lab:
    """number: 1 to 12. file: of the student's text, such as lab03_softmax."""

    def __init__(self, number: int, file: str, title: str, title_zh: str) -> None:
        self.number, self.file, self.title = number, file, {"en": title, "zh": title_zh}
        self.holes: list[Hole] = []

    def hole(self, cases: Sequence[list[Any]], more: Sequence[list[Any]], forbidden: Sequence[str] = (),
             raises: Sequence[str] = (), through: str = "", points: int = 2,
             whole: bool = False) -> Callable[[Callable[..., Any]], Hole]:
        """A function that the student writes.

        forbidden  ops, and functions as "module:name", that the hole itself stands for
        raises     kinds of errors that it is asked to raise
        through    a function of tinydawn.labs.given that makes what is compared of what it returns, where many values are right
        whole      arrays of whole numbers are to be whole numbers in the student's function too: ids and places, not counts
        """

        def add(function: Callable[..., Any]) -> Hole:
            self.holes.append(Hole(function, cases, more, forbidden, raises, through, points, whole))
            return self.holes[-1]

        return add

    def table(self, marks: bool = False) -> dict[str, Any]:
        """What the package holds of it, or with `marks` what instructors grade by."""
        holes = {hole.name: hole.table(hole.more if marks else hole.cases) for hole in self.holes}
        return {"lab": self.number, "file": self.file, "title": self.title, "holes": holes}
