"""What is said of a hole: right, the mistake of a wrong twin, or the first input on which it differs, and how."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .say import say
from .values import numbers_of, shape_of

TOLERANCE = 1e-5  # of what is one number, relative to the greatest of an array, or 1: float32 is near enough


@dataclass
class Verdict:
    """status: "right", "wrong" (something ran, and is not right), "empty" (nothing is written), or "zero" (not counted).

    messages  from where to look, over what the numbers are, to the rule; the first is shown, hint() gives the next
    steps     of the formula, in order: (name, is it among what was computed, its value as text)
    mistake   the name of the wrong twin whose numbers these are, or of a general kind; "" if none is known
    case      the number of the first input on which it differs
    calls     other functions of the same file that it calls
    """

    status: str
    messages: list[str] = field(default_factory=list)
    mistake: str = ""
    case: int | None = None
    steps: list[tuple[str, bool, str]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)


def judge(hole: dict[str, Any], outcomes: Sequence[dict[str, Any]], lang: str = "en") -> Verdict:
    """The Verdict on a function, of what it gave on each case of a hole.

    hole      of a lab's table: its cases, with the right outcomes and those of the known mistakes
    outcomes  one for each case, as labs.running.outcome gives them
    lang      of the messages, "en" or "zh"
    """
    cases = [case["outcome"] for case in hole["cases"]]
    if all(out.get("error") == "NotImplementedError" for out in outcomes):
        return Verdict("empty", [say("nothing", lang)])
    agrees = [same_outcome(out, right) for out, right in zip(outcomes, cases, strict=True)]
    if all(agrees):
        return _of_its_kind(hole, outcomes, lang)
    first = agrees.index(False)
    twin = twin_of(hole, outcomes)
    kind, text = difference(outcomes, cases, first, lang)
    if twin is not None:
        messages = list(twin["messages"][lang])
        messages[0] += f"\n{text}" if kind == "raises" else ""
        return Verdict("wrong", messages, twin["name"], first)
    return Verdict("wrong", [text, shown(hole, outcomes, first, lang)], kind, first)


def trace_back(verdicts: dict[str, Verdict], lang: str = "en") -> None:
    """Say of what is not right, and calls a hole that is not right either, that this may be why. Changes messages alone."""
    for verdict in verdicts.values():
        wrong = [name for name in verdict.calls if name in verdicts and verdicts[name].status != "right"]
        if wrong and verdict.status in ("wrong", "empty"):  # it is "empty" too if what it calls is
            said = [say("calls", lang, name=name) for name in wrong]
            verdict.messages[:1] = ["\n".join(said + verdict.messages[:1] if verdict.status == "wrong" else said)]


def asked(hole: dict[str, Any], lang: str = "en") -> str:
    """The first input of a hole, and what is expected there."""
    case = hole["cases"][0]
    right = case["outcome"]
    return (f"{hole['name']}({', '.join(map(text, case['arguments']))})\n{say('expected', lang)} "
            + (right["error"] if "error" in right else text(right["value"])))


def twin_of(hole: dict[str, Any], outcomes: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The wrong twin that gives the same on every input, if there is one."""
    for twin in hole["twins"]:
        if all(same_outcome(out, other) for out, other in zip(outcomes, twin["outcomes"], strict=True)):
            return twin
    return None


def same_outcome(out: dict[str, Any], other: dict[str, Any]) -> bool:
    """Alike in value and gradients; of errors, alike in kind."""
    if "error" in out or "error" in other:
        return _kind(out.get("error", "")) == _kind(other.get("error", ""))
    return (same(out["value"], other["value"]) and out["changed"] == other["changed"]
            and same_gradients(out.get("gradients"), other.get("gradients")))


def same_gradients(found: list[Any] | None, expected: list[Any] | None) -> bool:
    if not found or not expected:
        return not found and not expected
    return all((a is None) == (b is None) and (a is None or same(a, b)) for a, b in zip(found, expected, strict=True))


def same(a: Any, b: Any) -> bool:
    """Two encoded values: numbers to rounding, whatever array, Tensor or number they are in; the rest exactly."""
    x, y = numbers_of(a), numbers_of(b)
    if x is not None and y is not None:
        return x.shape == y.shape and close(x, y)
    if x is not None or y is not None:
        return False
    if isinstance(a, dict) and isinstance(b, dict) and a.keys() == b.keys():
        if "tuple" in a or "set" in a:
            key = "tuple" if "tuple" in a else "set"
            return _all_same(a[key], b[key])
        if "dict" in a:
            others = {repr(k): x for k, x in b["dict"]}
            return len(a["dict"]) == len(others) and all(repr(k) in others and same(x, others[repr(k)]) for k, x in a["dict"])
        return a == b
    if isinstance(a, dict | list) and isinstance(b, dict | list):  # a tuple where a list is asked for is as good
        left, right = (part.get("tuple") if isinstance(part, dict) else part for part in (a, b))
        return isinstance(left, list) and isinstance(right, list) and _all_same(left, right)
    return type(a) is type(b) and a == b


def _all_same(a: list[Any], b: list[Any]) -> bool:
    return len(a) == len(b) and all(map(same, a, b))


def close(x: np.ndarray, y: np.ndarray) -> bool:
    """Alike to rounding; what is not finite is alike if it is the same."""
    bad = ~np.isfinite(x) | ~np.isfinite(y)
    if bad.any() and not np.array_equal(x[bad], y[bad], equal_nan=True):
        return False
    scale = max(1.0, np.abs(y[~bad]).max(initial=0.0))
    return bool(np.all(np.abs(x[~bad] - y[~bad]) <= TOLERANCE * scale))


def _kind(error: str) -> str:
    return error.partition(":")[0]


def _of_its_kind(hole: dict[str, Any], outcomes: Sequence[dict[str, Any]], lang: str) -> Verdict:
    """Of outcomes whose numbers are right: right, unless they are in something that they were not asked for in."""
    for i, (out, case) in enumerate(zip(outcomes, hole["cases"], strict=True)):
        if "value" in out:
            kind = unlike(out["value"], case["outcome"]["value"], hole.get("whole", False))
            if kind:
                return Verdict("wrong", [say(kind, lang), shown(hole, outcomes, i, lang)], kind, i)
    return Verdict("right")


def unlike(found: Any, asked: Any, whole: bool = False) -> str:
    """How the kind of an encoded value differs from that of its equal: a name in labs.say, or "".

    A Tensor for an array, an array for a Tensor, numbers for booleans, and the other way; with `whole`, where the numbers are ids
    or places, floats for whole numbers too: counts may well be floats. Of single numbers nothing is said.
    """
    match found, asked:
        case ({"tensor": _} | {"array": _}, {"tensor": entries} | {"array": entries}) if entries["shape"]:
            if ("tensor" in found) != ("tensor" in asked):
                return "a Tensor for an array" if "tensor" in found else "an array for a Tensor"
            if (found["dtype"] == "bool") != (asked["dtype"] == "bool"):
                return "booleans for numbers" if found["dtype"] == "bool" else "numbers for booleans"
            return "floats for whole numbers" if whole and "float" in found["dtype"] and "int" in asked["dtype"] else ""
        case {"dict": pairs}, {"dict": others}:
            by_key = {repr(key): value for key, value in others}
            return next(filter(None, (unlike(value, by_key[repr(key)], whole) for key, value in pairs)), "")
    parts, others = (x.get("tuple") if isinstance(x, dict) else x for x in (found, asked))
    if isinstance(parts, list) and isinstance(others, list):
        return next(filter(None, (unlike(a, b, whole) for a, b in zip(parts, others, strict=True))), "")
    return ""


def steps_of(hole: dict[str, Any], case: int, found: Sequence[bool]) -> list[tuple[str, bool, str]]:
    """The named steps of the formula on one case, each with whether it was found and what it should be."""
    return [(name, there, text(value)) for (name, value), there in zip(hole["cases"][case]["steps"], found, strict=True)]


# --- what is said where no twin fits ---


def difference(outcomes: Sequence[dict[str, Any]], cases: Sequence[dict[str, Any]], first: int, lang: str) -> tuple[str, str]:
    """The kind of a difference, and a sentence about it, from what is seen on all inputs."""
    out, right = outcomes[first], cases[first]
    if "error" in out:
        at = f" ({out['line']})" if out.get("line") else ""
        fix = f"\n{out['fix']}" if out.get("fix") else ""
        return "raises", say("raises", lang, error=out["error"], at=at) + fix
    if "error" in right:
        return "raises nothing", say("raises nothing", lang, error=_kind(right["error"]))
    value, expected = out["value"], right["value"]
    if value is None and expected is not None:
        return "returns nothing", say("returns nothing", lang)
    if same(value, expected):
        if out["changed"] != right["changed"]:
            return "writes into its argument", say("writes", lang)
        pairs = zip(out.get("gradients") or [], right.get("gradients") or [], strict=True)
        if any(found is None and asked is not None for found, asked in pairs):
            array = isinstance(value, dict) and "array" in value
            return "no gradient", say("an array" if array else "no gradient", lang)
        return "wrong gradient", say("wrong gradient", lang)
    if len(outcomes) > 1 and all("value" in other and same(other["value"], value) for other in outcomes) \
            and not all(same(case.get("value"), expected) for case in cases):
        return "constant", say("constant", lang)
    x, y = numbers_of(value), numbers_of(expected)
    if x is None or y is None:
        return _other_kinds(value, expected, lang)
    kind, text = _of_numbers(x, y, lang)
    if x.size == y.size == 1 and kind in ("sign", "a factor", "a constant", "exp", "log"):  # which any number may be by chance
        both = [(numbers_of(a.get("value")), numbers_of(b.get("value"))) for a, b in zip(outcomes, cases, strict=True)]
        single = np.array([(a.item(), b.item()) for a, b in both if a is not None and b is not None and a.size == b.size == 1])
        if len(single) < 2 or _of_numbers(single[:, 0], single[:, 1], lang)[0] != kind:
            return "differs", say("differs", lang)
    return kind, text


def _other_kinds(value: Any, expected: Any, lang: str) -> tuple[str, str]:
    a, b = kind_of(value), kind_of(expected)
    if a != b:
        return "another kind", say("another kind", lang, found=say(a, lang), expected=say(b, lang))
    if isinstance(value, dict) and "tuple" in value:
        value, expected = value["tuple"], expected["tuple"]
    if isinstance(value, list) and len(value) != len(expected):
        return "another length", say("another length", lang, found=len(value), expected=len(expected))
    if isinstance(value, list) and _another_order(value, expected):
        return "another order", say("another order", lang)
    if isinstance(value, list):
        for i, (part, other) in enumerate(zip(value, expected, strict=True), 1):
            if not same(part, other) and shape_of(part) and shape_of(other):  # of arrays it can be said how they differ
                x, y = numbers_of(part), numbers_of(other)
                if x is not None and y is not None:
                    kind, text = _of_numbers(x, y, lang)
                    return kind, say("in a part", lang, i=i, count=len(value), text=text)
    return "differs", say("differs", lang)


def _another_order(value: list[Any], expected: list[Any]) -> bool:
    """The same entries, each as often."""
    left = list(expected)
    for entry in value:
        i = next((i for i, other in enumerate(left) if same(entry, other)), None)
        if i is None:
            return False
        del left[i]
    return not left


def _of_numbers(x: np.ndarray, y: np.ndarray, lang: str) -> tuple[str, str]:
    """How numbers differ from those expected: by a factor, a sign, an order, a shape."""
    if x.shape != y.shape:
        if x.size == y.size and close(x.ravel(), y.ravel()):
            return "another shape", say("same numbers, another shape", lang, found=x.shape, expected=y.shape)
        if x.ndim == 2 and x.T.shape == y.shape and close(x.T, y):
            return "transposed", say("transposed", lang)
        return "another shape", say("another shape", lang, found=x.shape, expected=y.shape)
    bad = ~np.isfinite(x) & np.isfinite(y)
    if bad.any():
        return "not finite", say("not finite", lang, count=int(bad.sum()), size=x.size)
    if x.ndim == 2 and x.shape[0] == x.shape[1] and close(x.T, y):
        return "transposed", say("transposed", lang)
    if close(-x, y):
        return "sign", say("sign", lang)
    finite = np.isfinite(x) & np.isfinite(y)
    if finite.all() and np.all(np.abs(y) > 1e-12) and x.size:
        ratio = x / y
        if close(ratio, np.full_like(ratio, ratio.flat[0])) and abs(ratio.flat[0]) > 1e-9:
            return "a factor", say("a factor", lang, factor=number(float(ratio.flat[0])))
    if finite.all() and x.size > 1 and close(x - y, np.full_like(x, (x - y).flat[0])):
        return "a constant", say("a constant", lang, constant=number(float((x - y).flat[0])))
    for name, function in (("exp", np.exp), ("log", np.log)):
        with np.errstate(all="ignore"):
            if close(function(x), y):
                return name, say(f"needs {name}", lang)
    if x.size > 1 and close(np.sort(x, axis=None), np.sort(y, axis=None)):
        return "another order", say("another order", lang)
    wrong = int((~np.isclose(x, y, rtol=TOLERANCE, atol=TOLERANCE)).sum())
    if x.size > 1 and wrong < x.size:
        return "some differ", say("some differ", lang, wrong=wrong, size=x.size)
    return "differs", say("differs", lang)


def kind_of(value: Any) -> str:
    match value:
        case {"tensor": _}:
            return "Tensor"
        case {"array": _}:
            return "array"
        case {"other": name}:
            return name
        case dict():
            return next(iter(value))
        case bool():
            return "bool"
        case int() | float():
            return "number"
        case None:
            return "None"
    return type(value).__name__


def shown(hole: dict[str, Any], outcomes: Sequence[dict[str, Any]], i: int, lang: str) -> str:
    """The call, what came out and what was expected, on three lines."""
    case, out = hole["cases"][i], outcomes[i]
    right = case["outcome"]
    arguments = ", ".join(text(x) for x in case["arguments"])
    lines = [f"{hole['name']}({arguments})"]
    if "error" not in out and "error" not in right and same(out["value"], right["value"]) and right.get("gradients"):
        found, expected = out.get("gradients"), right.get("gradients")
        lines += [say("gives the gradients", lang) + " " + text(found), say("expected", lang) + " " + text(expected)]
    else:
        lines += [say("gives", lang) + " " + (out["error"] if "error" in out else text(out["value"])),
                  say("expected", lang) + " " + (right["error"] if "error" in right else text(right["value"]))]
    return "\n".join(lines)


def text(value: Any, room: int = 160) -> str:
    """An encoded value as one reads it: few digits, and no more than fits two lines."""
    made = _text(value)
    return made if len(made) <= room else made[:room - 2] + " …"


def _text(value: Any) -> str:
    x = numbers_of(value)
    if x is not None:
        return _nested(x) if shape_of(value) else number(float(x))
    match value:
        case list():
            return "[" + ", ".join(map(_text, value)) + "]"
        case {"tuple": parts}:
            return "(" + ", ".join(map(_text, parts)) + ")"
        case {"set": parts}:
            return "{" + ", ".join(map(_text, parts)) + "}"
        case {"dict": pairs}:
            return "{" + ", ".join(f"{_text(k)}: {_text(x)}" for k, x in pairs) + "}"
        case {"given": name, "args": args}:
            return f"{name}({', '.join(map(_text, args))})"
        case {"other": name}:
            return f"<{name}>"
        case {"array": entries} | {"tensor": entries}:
            return repr(entries["flat"])
    return repr(value)


def _nested(x: np.ndarray) -> str:
    if x.ndim == 0:
        return number(float(x))
    return "[" + ", ".join(_nested(part) for part in x) + "]"


def number(x: float) -> str:
    """Four digits, without zeros that say nothing."""
    if math.isfinite(x) and x == round(x) and abs(x) < 1e6:
        return str(round(x))
    return f"{x:.4g}"
