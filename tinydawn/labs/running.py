"""Running a hole on its inputs: what comes out, which gradients, what is raised, and what it called on the way."""

from __future__ import annotations

import contextlib
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import CodeType
from typing import Any

import numpy as np

from .. import graph, random
from ..backend import to_host
from ..errors import TinydawnError
from ..tensor import Tensor
from . import given as given_things
from .values import TooLarge, decode, encode, numbers_of

SEED = 0  # of everything random, before each call
HIDES = -1e4  # what is below it has no weight in a softmax; viz/expected.py has the same, and is slow to import


def outcome(function: Callable[..., Any], arguments: list[Any], through: str = "") -> dict[str, Any]:
    """What a function makes of encoded arguments, encoded.

    through  a function of tinydawn.labs.given, which is given the value and the arguments, and gives what is compared: where
             many values are right, such as every input on which a wrong formula fails

    value      what it returned
    gradients  for every argument that is a Tensor and asks for one: of the sum of all Tensors returned, each entry times a
               weight of its own; None where none flows
    changed    the places of arguments that it wrote into
    error      the kind and the first line of what it raised, in place of all this
    """
    random.manual_seed(SEED)
    np.random.seed(SEED)  # noqa: NPY002 (a student may use it)
    given = decode(arguments)
    before = [encode(x) for x in given]
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what is not finite is seen in the numbers
            value = function(*given)
        if isinstance(value, Iterator):  # a generator: what it gives
            value = list(value)
        if through:
            value = getattr(given_things, through)(value, *given)
        found = {"value": encode(value)}
    except NotImplementedError:
        return {"error": "NotImplementedError"}
    except TooLarge as error:
        return {"error": f"TooLarge: {error}"}
    except (Exception, SystemExit) as error:
        lines = str(error).splitlines()
        fix = next((line.strip() for line in lines if line.strip().startswith("fix: ")), "")
        return {"error": f"{type(error).__name__}: {lines[0] if lines else ''}", "fix": fix, "line": line_of(error, function)}
    # What a lab gives may keep what was done with it: that is no change of an argument.
    found["changed"] = [i for i, (x, old) in enumerate(zip(given, before, strict=True)) if _plain(x) and encode(x) != old]
    leaves = [x for x in given if isinstance(x, Tensor) and x.requires_grad]
    if leaves:
        found["gradients"] = _gradients(value, leaves)
    return found


def line_of(error: BaseException, function: Callable[..., Any]) -> str:
    """Where in the student's code it was raised: the innermost line of the function's own file."""
    here, at = getattr(function, "__code__", None), ""
    trace = error.__traceback__
    while trace is not None:
        if here is not None and trace.tb_frame.f_code.co_filename == here.co_filename:
            at = f"line {trace.tb_lineno}"
        trace = trace.tb_next
    return at


def weights_for(shape: tuple[int, ...]) -> np.ndarray:
    """What the entries of an output are multiplied with before they are added up: no two alike, so that all are told apart."""
    n = int(np.prod(shape))
    return np.cos(1.7 * np.arange(n) + 1.0).reshape(shape)


def _gradients(value: Any, leaves: list[Tensor]) -> list[Any]:
    outputs = [x for x in _all_tensors(value) if x.requires_grad and x.dtype.kind == "f"]
    if not outputs:
        return [None for _ in leaves]
    total: Any = 0.0
    try:
        with np.errstate(all="ignore"):
            for y in outputs:
                total = total + (y * weights_for(y.shape).astype(y.dtype)).sum()
            total.backward()
    except TinydawnError as error:
        return [f"{type(error).__name__}: {str(error).splitlines()[0]}" for _ in leaves]
    return [None if x.grad is None else encode(np.asarray(to_host(x.grad.detach().numpy()))) for x in leaves]


def _all_tensors(value: Any) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _all_tensors(part)
    elif isinstance(value, dict):
        for part in value.values():
            yield from _all_tensors(part)


def _plain(x: Any) -> bool:
    return x is None or isinstance(x, bool | int | float | str | list | tuple | dict | set | np.ndarray | Tensor)


@contextmanager
def called(names: Iterable[str]) -> Iterator[set[str]]:
    """Which of these functions and ops run inside: "softmax" an op of the graph, "tinydawn.metrics.bleu:bleu" a function."""
    seen: set[str] = set()
    names = list(names)
    ops = {name for name in names if ":" not in name}
    codes = {_code(name): name for name in names if ":" in name}

    def observe(op: str, *_: Any) -> None:
        if op in ops:
            seen.add(op)

    def profile(frame: Any, event: str, _: Any) -> None:
        if event == "call" and frame.f_code in codes:
            seen.add(codes[frame.f_code])

    graph.observers.append(observe)
    before = sys.getprofile()
    if codes:
        sys.setprofile(profile)
    try:
        yield seen
    finally:
        sys.setprofile(before)
        graph.observers.remove(observe)


def _code(name: str) -> CodeType:
    import importlib
    import inspect

    module, _, path = name.partition(":")
    thing: Any = importlib.import_module(module)
    for part in path.split("."):
        thing = getattr(thing, part)
    return inspect.unwrap(thing).__code__


def own_calls(function: Callable[..., Any], namespace: dict[str, Any]) -> list[str]:
    """Names of other functions of the same file that a function names, also inside of a comprehension of it."""
    own = getattr(function, "__code__", None)
    if own is None:
        return []
    names: set[str] = set()
    waiting = [own]
    while waiting:
        code = waiting.pop()
        names |= set(code.co_names)
        waiting += [x for x in code.co_consts if isinstance(x, CodeType)]

    def is_of_the_file(x: Any) -> bool:
        return x is not function and getattr(getattr(x, "__code__", None), "co_filename", None) == own.co_filename

    return sorted(name for name in names if is_of_the_file(namespace.get(name)))


def steps_found(function: Callable[..., Any], arguments: list[Any], steps: list[list[Any]]) -> list[bool]:
    """Which of the formula's named values, [name, value], some op of the student's function gives too."""
    from .verdict import same

    found = [False] * len(steps)
    asked = [numbers_of(value) for _, value in steps]

    def observe(op: str, node: Any, out: Any, *_: Any) -> None:
        for i, (_, value) in enumerate(steps):
            if not found[i] and np.size(out) < 10_000:
                made, want = np.asarray(to_host(out)), asked[i]
                if want is not None and made.shape == want.shape:  # where -inf hides something, -1e9 does so as well
                    made = np.where(np.isneginf(want) & (made < HIDES), -np.inf, made)
                found[i] = same(encode(made), value)

    with graph.observe(observe), np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        random.manual_seed(SEED)
        with contextlib.suppress(Exception, SystemExit):  # what it raises has been said; what came before counts
            function(*decode(arguments))
    return found
