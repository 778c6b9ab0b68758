"""L-BFGS: steps by the curvature that the last gradients tell of; for losses without chance, and few parameters."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from ..backend import device_of, to_device, to_host
from ..checks import Real, Size, declared, numbers_of
from ..errors import DTypeError, OptionError, StateError, message
from ..graph import enable_grad, wrote
from .optimizer import Optimizer

Evaluated = tuple[float, Any]  # a loss and its gradient, all parameters in one row


class LBFGS(Optimizer):
    """L-BFGS: Newton's method with an inverse Hessian that is put together of the last steps and what they did to the gradient.

        s = step, y = change of the gradient along it, kept for the last history_size steps with y . s > 0
        d = -H g, with H from these pairs [1, algorithm 7.4], begun as (y . s) / (y . y) times the identity
        p = p + rate * d           rate: lr (at the very first step at most lr / |g|_1), or found by the line search

    One call of step(closure) makes up to max_iter such iterations; the closure clears the gradients, computes the loss,
    calls backward(), and returns the loss. All parameters are one group.

    lr                the rate, or the first that the line search tries
    max_iter          iterations per call
    max_eval          calls of the closure per call; 5/4 of max_iter by default
    tolerance_grad    done when no entry of the gradient is larger
    tolerance_change  done when neither parameters nor loss change by more
    line_search_fn    None, or "strong_wolfe": a rate that lowers the loss and flattens its slope [1, section 3.5]

    Raises DTypeError for a step without closure, OptionError for several groups. Source: [1] Nocedal and Wright 2006.
    """

    @declared
    def __init__(self, params: Any, lr: float = 1, max_iter: Size = 20, max_eval: Size | None = None,
                 tolerance_grad: Real = 1e-7, tolerance_change: Real = 1e-9, history_size: Size = 100,
                 line_search_fn: Literal["strong_wolfe", None] = None) -> None:
        super().__init__(params, {"lr": lr})
        self.max_iter, self.max_eval = max_iter, max_iter * 5 // 4 if max_eval is None else max_eval
        self.tolerance_grad, self.tolerance_change = tolerance_grad, tolerance_change
        self.history_size, self.line_search_fn = history_size, line_search_fn
        # PyTorch's names: old_dirs are the y, old_stps the s, ro 1 / (y . s), H_diag the scale of the identity, d and t the last
        # direction and rate.
        self.past: dict[str, Any] = {"func_evals": 0, "n_iter": 0, "old_dirs": [], "old_stps": [], "ro": [], "H_diag": 1.0}

    def add_param_group(self, group: dict[str, Any]) -> None:
        if self.param_groups:
            raise OptionError(message("LBFGS: a second group of parameters", fix="pass all in one list, with one lr"))
        super().add_param_group(group)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Up to max_iter iterations. Returns what the closure returned first: the loss before them."""
        if closure is None:
            raise DTypeError(message("LBFGS.step: no closure", fix="pass a function that clears the gradients, computes the "
                                                                   "loss, calls backward() and returns the loss"))
        params, past = self.param_groups[0]["params"], self.past
        lr = self._options(self.param_groups[0])["lr"]
        self.steps += 1

        first: Any = None

        def evaluate() -> Evaluated:
            nonlocal first
            with enable_grad():
                loss = closure()
            first = loss if first is None else first
            rows = [np.zeros(p.shape, p.dtype) if p.grad is None else to_host(p.grad.array) for p in params]
            return float(loss), np.concatenate([row.reshape(-1) for row in rows])

        def move(direction: Any, rate: float) -> None:
            begin = 0
            for p in params:
                part = direction[begin:begin + p.array.size].reshape(p.array.shape)
                p.array[...] += to_device((rate * part).astype(part.dtype), device_of(p.array))
                begin += p.array.size
            wrote(*[p.array for p in params])

        loss, g = evaluate()
        calls = 1
        past["func_evals"] += 1
        for i in range(1, self.max_iter + 1):
            if abs(g).max() <= self.tolerance_grad:
                break
            past["n_iter"] += 1
            d = past["d"] = self._direction(g)
            rate = past["t"] = min(1.0, 1.0 / float(abs(g).sum())) * lr if past["n_iter"] == 1 else lr
            past["prev_flat_grad"], past["prev_loss"], before = g, loss, loss
            slope = float(g @ d)
            if slope > -self.tolerance_change:
                break
            if self.line_search_fn is not None:
                start = [p.array.copy() for p in params]

                def at(rate: float, start: Any = start, d: Any = d) -> Evaluated:
                    move(d, rate)
                    found = evaluate()
                    for p, kept in zip(params, start, strict=True):
                        p.array[...] = kept
                    return found

                loss, g, rate, more = strong_wolfe(at, rate, float(abs(d).max()), (loss, g, slope), d, self.max_eval - calls)
                past["t"] = rate
                move(d, rate)
            else:
                move(d, rate)
                if i == self.max_iter:  # another call would only tell what the next step begins with
                    break
                loss, g = evaluate()
                more = 1
            calls += more
            past["func_evals"] += more
            small = self.tolerance_change
            if calls >= self.max_eval or abs(rate * d).max() <= small or abs(loss - before) < small:
                break
        return first

    def _direction(self, g: Any) -> Any:
        """-H g, after the pair of the last step was added to the history."""
        past = self.past
        if past["n_iter"] == 1:
            return -g
        y, s = g - past["prev_flat_grad"], past["d"] * past["t"]
        ys = float(y @ s)
        changes, moves, ro = past["old_dirs"], past["old_stps"], past["ro"]
        if ys > 1e-10:
            if len(changes) == self.history_size:
                del changes[0], moves[0], ro[0]
            changes.append(y)
            moves.append(s)
            ro.append(1 / ys)
            past["H_diag"] = ys / float(y @ y)
        q, shares = -g, []
        for y, s, r in zip(changes[::-1], moves[::-1], ro[::-1], strict=True):  # newest first
            shares.append(float(s @ q) * r)
            q = q - shares[-1] * y
        d = q * past["H_diag"]
        for y, s, r, share in zip(changes, moves, ro, shares[::-1], strict=True):
            d = d + s * (share - float(y @ d) * r)
        return d

    def state_dict(self) -> dict[str, Any]:
        """A copy of the state, in PyTorch's layout: all of it stands at the first parameter."""
        out = super().state_dict()
        out["param_groups"][0].update({name: getattr(self, name) for name in _OWN})
        return {**out, "state": {0: copy.deepcopy(self.past)} if self.past["n_iter"] else {}}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        super().load_state_dict({"state": {}, "param_groups": [
            {k: v for k, v in group.items() if k not in _OWN} for group in state_dict["param_groups"]]})
        kept = state_dict["state"].get(0, {})
        dtype, size = self.param_groups[0]["params"][0].dtype, sum(p.array.size for p in self.param_groups[0]["params"])

        def row(x: Any) -> Any:
            array = np.array(numbers_of("LBFGS.load_state_dict", "a direction", x), dtype)
            if array.shape != (size,):
                raise StateError(message(f"LBFGS.load_state_dict: a direction of shape {array.shape} for {size} parameters",
                                         fix="load what state_dict() of the same optimizer returned"))
            return array

        for name in ("func_evals", "n_iter"):
            self.past[name] = int(kept.get(name, 0))
        for name in ("old_dirs", "old_stps"):
            self.past[name] = [row(x) for x in kept.get(name) or []]
        self.past["ro"], self.past["H_diag"] = [float(r) for r in kept.get("ro") or []], float(kept.get("H_diag", 1.0))
        if kept:
            self.past.update(d=row(kept["d"]), t=float(kept["t"]), prev_loss=float(kept["prev_loss"]),
                             prev_flat_grad=row(kept["prev_flat_grad"]))


_OWN = ("max_iter", "max_eval", "tolerance_grad", "tolerance_change", "history_size", "line_search_fn")  # in PyTorch's groups
_LOWER, _FLATTER = 1e-4, 0.9  # the constants of the two Wolfe conditions
_SHORTEST = 1e-9  # a bracket whose ends are no further apart is searched no more


def strong_wolfe(at: Callable[[float], Evaluated], rate: float, largest: float, start: tuple[float, Any, float], d: Any,
                 most: int) -> tuple[float, Any, float, int]:
    """A rate along the direction d with a lower loss and a flatter slope: (loss, gradient, rate, calls of `at`).

    at       the loss and gradient at a rate
    rate     the first to try
    largest  the largest entry of d, in size
    start    loss, gradient and slope at rate 0
    most     how many tries

    First the rate grows until a bracket of two rates has a right one between them, then the bracket shrinks. The arithmetic is
    PyTorch's. Source: Nocedal and Wright 2006, algorithms 3.5 and 3.6.
    """
    loss0, g0, slope0 = start

    def tried(rate: float) -> tuple[float, float, Any, float]:
        loss, g = at(rate)
        return rate, loss, g, float(g @ d)

    def too_high(point: tuple[float, float, Any, float]) -> bool:
        return point[1] > loss0 + _LOWER * point[0] * slope0

    def flat(point: tuple[float, float, Any, float]) -> bool:
        return abs(point[3]) <= -_FLATTER * slope0

    before, now, count = (0.0, loss0, g0, slope0), tried(rate), 0
    bracket = [(0.0, loss0, g0, slope0), now]
    while count < most:
        bracket = [before, now]
        if too_high(now) or (count > 1 and now[1] >= before[1]):
            break
        if flat(now):
            return now[1], now[2], now[0], count + 1
        if now[3] >= 0:
            break
        following = cubic_minimum(before, now, now[0] + 0.01 * (now[0] - before[0]), now[0] * 10)
        before, now = now, tried(following)
        count += 1
        bracket = [(0.0, loss0, g0, slope0), now]
    low = 0 if bracket[0][1] <= bracket[1][1] else 1
    little, found = False, False  # whether the last rate lay close to an end; whether both conditions hold
    while not found and count < most and abs(bracket[1][0] - bracket[0][0]) * largest >= _SHORTEST:
        least, greatest = sorted(point[0] for point in bracket)
        rate, margin = cubic_minimum(bracket[0], bracket[1], least, greatest), 0.1 * (greatest - least)
        close = min(greatest - rate, rate - least) < margin
        if close and (little or rate >= greatest or rate <= least):
            rate = greatest - margin if abs(rate - greatest) < abs(rate - least) else least + margin
            close = False
        little = close
        now = tried(rate)
        count += 1
        if too_high(now) or now[1] >= bracket[low][1]:
            bracket[1 - low] = now
            low = 0 if bracket[0][1] <= bracket[1][1] else 1
            continue
        found = flat(now)
        if not found and now[3] * (bracket[1 - low][0] - bracket[low][0]) >= 0:
            bracket[1 - low] = bracket[low]
        bracket[low] = now
    return bracket[low][1], bracket[low][2], bracket[low][0], count + 1


def cubic_minimum(a: Any, b: Any, least: float, greatest: float) -> float:
    """Where the cubic through two points (rate, loss, ..., slope) is smallest, within the bounds."""
    if a[0] > b[0]:
        a, b = b, a
    mean = a[3] + b[3] - 3 * (a[1] - b[1]) / (a[0] - b[0])
    square = mean**2 - a[3] * b[3]
    if not square >= 0:
        return (least + greatest) / 2
    root = math.sqrt(square)
    if b[3] - a[3] + 2 * root == 0:
        return least
    place = b[0] - (b[0] - a[0]) * ((b[3] + root - mean) / (b[3] - a[3] + 2 * root))
    return min(max(place, least), greatest)
