"""labs.check(function), labs.hint(function): one hole, in the cell of a notebook or a line of a script."""

from __future__ import annotations

import builtins
import html
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from ..viz import Diagram, draw, find_renderer
from . import running, table_of
from .answers import TooSlow, at_most
from .say import language_of, say
from .values import decode, numbers_of
from .verdict import Verdict, judge, steps_of, trace_back

SECONDS = 10
_hints: dict[str, tuple[str, int]] = {}  # by hole: the mistake, and how many messages about it have been given


class Shown:
    """A verdict as a notebook or a terminal shows it."""

    def __init__(self, name: str, verdict: Verdict, lang: str, picture: Diagram | None) -> None:
        self.name, self.verdict, self.lang, self.picture = name, verdict, lang, picture
        self.level = 1  # how many messages are shown
        self.ends = ""  # what is said below them

    def __repr__(self) -> str:
        return "\n".join([*lines_of(self.name, self.verdict, self.lang, self.level), *([self.ends] if self.ends else [])])

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        """The lines, and below them the picture where there is one, and something to lay it out."""
        shown = {"text/plain": repr(self)}
        if self.picture is not None and find_renderer() is not None:
            shown["text/html"] = f"<pre>{html.escape(repr(self))}</pre>{self.picture.svg()}"
        return shown


def lines_of(name: str, verdict: Verdict, lang: str, level: int = 1) -> list[str]:
    """A verdict for the terminal: what it is, the messages up to a level, and the formula's steps."""
    lines = [f"{name}: {say(verdict.status, lang)}"]
    for text in verdict.messages[:level]:
        lines += ["  " + line for line in text.split("\n")]
    if verdict.steps and not all(there for _, there, _ in verdict.steps):
        missed = False
        for step, there, value in verdict.steps:
            lines.append(f"  {'+' if there else '-'} {step}" + ("" if there or missed else f"  {say('expected', lang)} {value}"))
            missed = missed or not there
    return lines


def check_function(function: Callable[..., Any], lang: str | None = None) -> Shown:
    """Judge a function by the table of the lab that has a hole of its name, in the language of its docstring if not in `lang`."""
    return _said(_checked(function, lang))


def hint_function(function: Callable[..., Any], lang: str | None = None) -> Shown:
    """The same, with one message more each time, until the mistake is another."""
    shown = _checked(function, lang)
    verdict = shown.verdict
    if verdict.status == "empty" and not verdict.calls:
        from .text import task

        verdict.messages.append(task(table_of(shown.name), shown.name, shown.lang))
    mistake, level = _hints.get(shown.name, ("", 1))
    level = level + 1 if mistake == verdict.mistake else 2
    shown.level = min(level, max(1, len(verdict.messages)))
    _hints[shown.name] = (verdict.mistake, shown.level)
    if verdict.status == "wrong" and shown.level >= len(verdict.messages):
        shown.ends = say("last hint", shown.lang)
    return _said(shown)


def _checked(function: Callable[..., Any], lang: str | None) -> Shown:
    lang = lang or language_of(getattr(function, "__doc__", None))
    name = getattr(function, "__name__", str(function))
    holes = table_of(name)["holes"]
    hole = holes[name]
    verdict = _judged(function, hole, lang)
    around = getattr(function, "__globals__", {})
    verdict.calls = running.own_calls(function, around)
    if verdict.status in ("wrong", "empty"):
        trace_back({name: verdict, **{x: _judged(around[x], holes[x], lang) for x in verdict.calls if x in holes}}, lang)
    return Shown(name, verdict, lang, picture_of(function, hole, verdict, lang))


def _said(shown: Shown) -> Shown:
    """Printed, where nobody shows what a line gives."""
    if not in_a_notebook():
        print(shown)
    return shown


def in_a_notebook() -> bool:
    """IPython adds its function to Python's own."""
    return hasattr(builtins, "get_ipython")


def picture_of(function: Callable[..., Any], hole: dict[str, Any], verdict: Verdict, lang: str) -> Diagram | None:
    """The student's own graph on the case that went wrong: steps that are there are ticked, the first that is not is red."""
    if verdict.status != "wrong" or verdict.case is None or not hole["cases"][verdict.case]["steps"]:
        return None
    case = hole["cases"][verdict.case]
    expected = [(name, decode(value)) for name, value in case["steps"] if numbers_of(value) is not None]
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return draw(lambda: function(*decode(case["arguments"])), depth="ops", expected=expected, lang=lang, legend=True)
    except (Exception, SystemExit):  # of code that is wrong anything may be raised; the words have been said
        return None


def _judged(function: Callable[..., Any], hole: dict[str, Any], lang: str) -> Verdict:
    module = getattr(function, "__module__", "") or ""
    if module.split(".")[0] in ("tinydawn", "numpy"):
        return Verdict("zero", [say("not yours", lang, name=hole["name"], module=module)], "not yours")
    try:
        with running.called(hole["forbidden"]) as seen, at_most(SECONDS):
            outcomes = [running.outcome(function, case["arguments"], hole["through"]) for case in hole["cases"]]
    except TooSlow:
        return Verdict("zero", [say("too slow", lang, seconds=SECONDS)], "too slow")
    verdict = judge(hole, outcomes, lang)
    if seen and verdict.status == "right":
        return Verdict("zero", [say("called", lang, name=sorted(seen)[0].rpartition(":")[2])], "called")
    if verdict.status == "wrong" and verdict.case is not None:
        case = hole["cases"][verdict.case]
        verdict.steps = steps_of(hole, verdict.case, running.steps_found(function, case["arguments"], case["steps"]))
    return verdict
