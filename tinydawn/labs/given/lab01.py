"""Lab 1, a scalar engine: numbers that remember, expressions, and what is compared where many answers are right."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any


class Value:
    """A number that remembers how it was computed.

    data    the number
    inputs  the Values it was computed from, in order; () for what was given
    locals  for each of them the derivative of this number with respect to it
    grad    the derivative of the end of the computation with respect to this number, once it is known
    """

    def __init__(self, data: float, inputs: Sequence[Value] = (), locals: Sequence[float] = (), name: str = "") -> None:
        self.data, self.inputs, self.locals, self.grad, self.name = float(data), tuple(inputs), tuple(locals), 0.0, name

    def __repr__(self) -> str:
        return f"Value({self.data:.4g}, grad={self.grad:.4g})"

    def plain(self) -> dict[str, Any]:
        """What is compared: the number, those of its inputs, and the local derivatives."""
        return {"data": self.data, "inputs": [x.data if isinstance(x, Value) else repr(x) for x in self.inputs],
                "locals": list(self.locals)}


# Expressions on which holes are tried: name -> how it is built from leaves; the ops are those of the notes.
def _node(op: str, *inputs: Value) -> Value:
    """A finished node, as add, mul and tanh make it."""
    numbers = [x.data for x in inputs]
    if op == "add":
        return Value(sum(numbers), inputs, [1.0] * len(inputs))
    if op == "mul":
        return Value(numbers[0] * numbers[1], inputs, [numbers[1], numbers[0]])
    y = math.tanh(numbers[0])
    return Value(y, inputs, [1 - y * y])


def expression(kind: str) -> Value:
    """The end of a computation: "chain", "diamond", "square", "neuron", "leaf", "deep" (5,000 sums), "shared"."""
    a, b, c = Value(2.0, name="a"), Value(-3.0, name="b"), Value(0.5, name="c")
    match kind:
        case "leaf":
            return a
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
    end = a
    for _ in range(5000):
        end = _node("add", end, b)
    return end


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


def is_an_order(order: Any, end: Value) -> dict[str, Any]:
    """Of a list of Values: is everything there, once, after all of its inputs, and the end last?"""
    if not isinstance(order, list | tuple) or not all(isinstance(x, Value) for x in order):
        return {"values": False}
    places = {id(x): i for i, x in enumerate(order)}
    known = {id(x) for x in all_of(end)}
    early = [(x, y) for x in order for y in x.inputs if places.get(id(y), -1) >= places[id(x)]]
    return {"values": True, "missing": len(known - set(places)), "foreign": len(set(places) - known),
            "twice": len(order) - len(places), "before its inputs": len(early), "end last": bool(order) and order[-1] is end}


def gradients(returned: Any, end: Value) -> dict[str, Any]:
    """The .grad of every Value behind the end, those of leaves by their names."""
    values = all_of(end)
    return {"returned": returned, "leaves": {x.name: x.grad for x in values if x.name},
            "others": sorted(x.grad for x in values if not x.name)[:50]}


def set_engine_is_wrong(end: Any, *_: Any) -> dict[str, Any]:
    """Of an expression: does an engine that keeps a node's inputs in a set give a wrong gradient for it?"""
    if not isinstance(end, Value):
        return {"an expression": type(end).__name__}
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
            "a Value is used twice": differ or len(uses) > len(set(uses))}


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


def parameter(data: float, grad: float) -> Value:
    """A leaf whose gradient is known."""
    made = Value(data)
    made.grad = grad
    return made


def parameters_after(returned: Any, parameters: Sequence[Value], *_: Any) -> dict[str, Any]:
    """What a step has made of the parameters, and of their gradients."""
    return {"returned": returned, "data": [p.data for p in parameters], "grad": [p.grad for p in parameters]}
