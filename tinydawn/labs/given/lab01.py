"""Lab 1, a scalar engine: numbers that remember, expressions, and what is compared where many answers are right."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any


class NotATuple(TypeError):
    """The inputs or the local derivatives of a Value are one thing, or a set: they are tuples, (a, b), or (a,) of one."""


class NotANumber(TypeError):
    """A Value stands where a number is meant: its number is .data."""


class TooManyReads(RuntimeError):
    """The inputs of a few Values have been read far more often than a walk that goes into each of them once reads them."""


class Value:
    """A number that remembers how it was computed.

    data    the number
    inputs  the Values it was computed from, in order; () for what was given
    locals  for each of them the derivative of this number with respect to it, in the same order
    grad    the derivative of the end of the computation with respect to this number, once it is known; 0.0 at first
    """

    def __init__(self, data: float, inputs: Sequence[Value] = (), locals: Sequence[float] = (), name: str = "") -> None:
        if isinstance(data, Value):
            raise NotANumber("the number of a Value is .data")
        self.data, self.grad, self.name = float(data), 0.0, name
        self.inputs, self.locals = _in_order("inputs", inputs), _in_order("locals", locals)

    def __repr__(self) -> str:
        return f"Value({self.data:.4g}, grad={self.grad:.4g})"

    def _no_number(self, *_: Any) -> Any:
        raise NotANumber("a Value is no number, and Python cannot compute with it: its number is .data")

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __pow__ = __rpow__ = _no_number
    __neg__ = __abs__ = __float__ = __lt__ = __le__ = __gt__ = __ge__ = _no_number

    def plain(self) -> dict[str, Any]:
        """What is compared: the number, those of its inputs, and the local derivatives."""
        return {"data": self.data, "inputs": [x.data if isinstance(x, Value) else repr(x) for x in self.inputs],
                "locals": list(self.locals)}


def _in_order(name: str, things: Any) -> tuple[Any, ...]:
    if isinstance(things, set | frozenset | dict | str):
        raise NotATuple(f"{name} is a {type(things).__name__}, which has no order that locals could follow: write (a, b)")
    if isinstance(things, Value) or not hasattr(things, "__iter__"):
        raise NotATuple(f"{name} is one {type(things).__name__}, and no tuple: of one it is written (x,), with a comma")
    return tuple(things)


class _Counted(Value):
    """A Value that counts how often inputs are read, in all of a graph."""

    reads: list[int] | None = None

    @property
    def inputs(self) -> tuple[Value, ...]:
        if self.reads is not None:
            self.reads[0] += 1
            if self.reads[0] > 10_000:
                raise TooManyReads("the inputs of 41 Values have been read more than 10,000 times")
        return self._inputs

    @inputs.setter
    def inputs(self, inputs: tuple[Value, ...]) -> None:
        self._inputs = inputs


_latest: list[Value] = []


def leaf(data: float) -> Value:
    """A Value that was given."""
    _latest[:] = [Value(data)]
    return _latest[0]


def the_same() -> Value:
    """The Value that leaf() has made last, itself: both arguments are one Value."""
    return _latest[0]


def remembered(returned: Any, *arguments: Value) -> Any:
    """Of a Value that is computed from others: its number, which of them it remembers, and what stands beside each.

    What stands twice among the inputs is put together, so a * a may have its input once or twice. "arguments" are the numbers
    of what was given, which stay as they are.
    """
    if returned is None:
        return None
    if not isinstance(returned, Value):
        return {"a Value": "a number" if isinstance(returned, int | float) else type(returned).__name__}
    names: dict[int, str] = {}
    for name, x in zip("ab", arguments, strict=False):
        names.setdefault(id(x), name)
    inputs = [names.get(id(x), "another Value") if isinstance(x, Value) else "a number" for x in returned.inputs]
    locals: list[Any] = [float(x) if isinstance(x, int | float) else type(x).__name__ for x in returned.locals]
    if len(inputs) == len(locals) and not any(isinstance(x, str) for x in locals):
        together: dict[str, float] = {}
        for name, local in sorted(zip(inputs, locals, strict=True)):
            together[name] = together.get(name, 0.0) + local
        inputs, locals = list(together), list(together.values())
    return {"data": returned.data, "inputs": inputs, "locals": locals, "arguments": [x.data for x in arguments]}


# Graphs on which holes are tried: kind -> how it is built from leaves; the ops are those of the notes.
def _node(op: str, *inputs: Value) -> Value:
    """A finished node, as add, mul and tanh make it."""
    numbers = [x.data for x in inputs]
    if op == "add":
        return Value(sum(numbers), inputs, [1.0] * len(inputs))
    if op == "mul":
        return Value(numbers[0] * numbers[1], inputs, [numbers[1], numbers[0]])
    y = math.tanh(numbers[0])
    return Value(y, inputs, [1 - y * y])


def graph(kind: str, *numbers: float) -> Value:
    """The end of a computation, from leaves a, b and c with these numbers.

    "leaf"     a itself                     "chain"    tanh(a c)
    "square"   a a                          "diamond"  d c d with d = a + b
    "neuron"   tanh(a b + c b + c)          "shared"   e d + d e with d = a b and e = d + c
    "early"    s + s b with s = tanh(c)     "late"     s b + s with s = tanh(c)
    "deep"     5,000 sums, one after another
    "doubled"  40 times x + x
    "all"      the small ones added up, with two leaves of the same number
    "mirror"   the same with the inputs of every op in the other order
    """
    a, b, c = (Value(x, name=name) for x, name in zip(numbers or (2.0, -3.0, 0.5), "abc", strict=True))
    if kind in ("all", "mirror"):
        end = Value(c.data, name="d")
        for small in ("neuron", "early", "shared", "square", "late", "diamond"):
            end = _node("add", end, _small(small, a, b, c))
        if kind == "mirror":
            for x in all_of(end):
                x.inputs, x.locals = x.inputs[::-1], x.locals[::-1]
        return end
    if kind == "deep":
        end = a
        for _ in range(5000):
            end = _node("add", end, b)
        return end
    if kind == "doubled":
        reads = [0]
        end = _Counted(a.data, name="a")
        made = [end]
        for _ in range(40):
            end = _Counted(2 * end.data, (end, end), (1.0, 1.0))
            made.append(end)
        for x in made:
            x.reads = reads
        return end
    return _small(kind, a, b, c)


def _small(kind: str, a: Value, b: Value, c: Value) -> Value:
    match kind:
        case "chain":
            return _node("tanh", _node("mul", a, c))
        case "diamond":
            d = _node("add", a, b)
            return _node("mul", _node("mul", d, c), d)
        case "square":
            return _node("mul", a, a)
        case "neuron":
            return _node("tanh", _node("add", _node("add", _node("mul", a, b), _node("mul", c, b)), c))
        case "shared":
            d = _node("mul", a, b)
            e = _node("add", d, c)
            return _node("add", _node("mul", e, d), _node("mul", d, e))
        case "early":
            s = _node("tanh", c)
            return _node("add", s, _node("mul", s, b))
        case "late":
            s = _node("tanh", c)
            return _node("add", _node("mul", s, b), s)
    return a


def all_of(end: Value) -> list[Value]:
    """Every Value that leads to the end, each once, without recursion; in no order that means anything."""
    seen: dict[int, Value] = {}
    left = [end]
    while left:
        x = left.pop()
        if id(x) not in seen:
            seen[id(x)] = x
            left += x.inputs
    return sorted(seen.values(), key=lambda x: (x.data, len(x.inputs)))


def is_an_order(order: Any, end: Value) -> Any:
    """Of a list of Values: is everything there, once, after all of its inputs, and the end last? What is said first of it."""
    return None if order is None else {"the list": _said_of(order, end)}


def _said_of(order: Any, end: Value) -> str:
    if not isinstance(order, list | tuple):
        return "no list"
    if not all(isinstance(x, Value) for x in order):
        return "not of Values"
    known, there = {id(x): x for x in all_of(end)}, {id(x) for x in order}
    if there - set(known):
        return "has other Values"
    missing = [x for key, x in known.items() if key not in there]
    if missing == [end]:
        return "without the end"
    if missing and {id(x) for x in missing} == {key for key, x in known.items() if not x.inputs}:
        return "without the leaves"
    numbers = {round(x.data, 9) for x in order}
    if missing:
        return "without some of the same number" if all(round(x.data, 9) in numbers for x in missing) else "without some"
    if len(there) < len(order):
        return "some twice"
    if _after_inputs(order):
        return "in order"
    if _after_inputs(order[::-1]):
        return "turned round"
    return "from the end on, some before what uses it" if order[0] is end else "some before one of their inputs"


def _after_inputs(order: Sequence[Value]) -> bool:
    places = {id(x): i for i, x in enumerate(order)}
    return all(places[id(y)] < i for i, x in enumerate(order) for y in x.inputs)


def gradients(returned: Any, end: Value) -> dict[str, Any]:
    """The .grad of every Value behind the end, those of leaves by their names."""
    values = all_of(end)
    grads = {id(x): float(x.grad) if isinstance(x.grad, int | float) else type(x.grad).__name__ for x in values}
    others = sorted((grads[id(x)] for x in values if not x.name), key=lambda g: (isinstance(g, str), g))
    return {"returned": None if returned is None else type(returned).__name__,
            "leaves": {x.name: grads[id(x)] for x in values if x.name}, "others": others[:50]}


def set_engine_is_wrong(end: Any, *_: Any) -> Any:
    """Of an expression: does an engine that keeps a node's inputs in a set give a wrong gradient for it?"""
    if end is None:
        return None
    if not isinstance(end, Value):
        return {"an expression": "a number" if isinstance(end, int | float) else "something else"}
    right, wrong = ({id(x): 0.0 for x in all_of(end)} for _ in range(2))
    right[id(end)] = wrong[id(end)] = 1.0
    for x in _sorted(end):
        for y, local in zip(x.inputs, x.locals, strict=True):
            right[id(y)] += local * right[id(x)]
        for y in {id(y): y for y in x.inputs}.values():
            wrong[id(y)] += x.locals[list(x.inputs).index(y)] * wrong[id(x)]
    differ = any(not math.isclose(right[key], wrong[key], abs_tol=1e-9) for key in right)
    uses = [id(y) for x in all_of(end) for y in x.inputs]
    return {"an expression": "Value", "the set engine is wrong": differ, "a leaf": not end.inputs,
            "twice in one op": any(len({id(y) for y in x.inputs}) < len(x.inputs) for x in all_of(end)),
            "used twice": differ or len(uses) > len(set(uses))}


def _sorted(end: Value) -> list[Value]:
    """From the end to the leaves, each after all that use it: by counting uses."""
    uses = {id(x): 0 for x in all_of(end)}
    for x in all_of(end):
        for y in x.inputs:
            uses[id(y)] += 1
    ready, found = [end], []
    while ready:
        x = ready.pop()
        found.append(x)
        for y in x.inputs:
            uses[id(y)] -= 1
            if not uses[id(y)]:
                ready.append(y)
    return found


def polynomial(*coefficients: float) -> Callable[[float], float]:
    """x -> c0 + c1 x + c2 x^2 + ..."""
    return lambda x: sum(c * x ** k for k, c in enumerate(coefficients))


class Parameters(list[Value]):
    """A list of Values which a network uses: `used` are these, whatever becomes of the list."""

    def __init__(self, values: Sequence[Value]) -> None:
        super().__init__(values)
        self.used = tuple(values)


def parameters(data: Sequence[float], grad: Sequence[float]) -> Parameters:
    """Leaves whose gradients are known."""
    made = Parameters([Value(x) for x in data])
    for p, g in zip(made, grad, strict=True):
        p.grad = g
    return made


def parameters_after(returned: Any, parameters: Parameters, *_: Any) -> dict[str, Any]:
    """What a step has made of the Values that the network uses, and of their gradients; are they still those in the list?"""
    return {"returned": None if returned is None else type(returned).__name__, "data": [p.data for p in parameters.used],
            "grad": [p.grad for p in parameters.used],
            "the same Values": len(parameters) == len(parameters.used)
            and all(p is q for p, q in zip(parameters, parameters.used, strict=True))}
