"""Optimizer: what all optimizers share. Parameter groups, their state, saving and loading it.

    optimizer = optim.AdamW(model.parameters(), lr=1e-3)
    for batch in batches:
        optimizer.zero_grad()
        loss(model, batch).backward()
        optimizer.step()
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..backend import device_of, is_array, mixed, to_device, to_host, xp_of
from ..checks import numbers_of
from ..errors import DeviceError, DTypeError, GraphError, OptionError, ShapeError, StateError, message
from ..gradients import Rows
from ..graph import enable_grad, wrote
from ..tensor import Tensor
from .options import check_names, check_options, label, read_groups, read_params

# Keys of a saved group that are no options; the last four say how PyTorch runs an update, not what it computes.
_NO_OPTIONS = ("params", "param_names", "foreach", "fused", "capturable", "differentiable")


class Optimizer:
    """Base of the optimizers: for each parameter with a gradient, `step` calls the subclass's `update`.

    params    Tensors, or (name, Tensor) pairs, or groups: dicts {"params": ..., option: value} that
              override the options for some parameters
    defaults  the options of groups that do not say otherwise

    param_groups  the groups, each with all its options; schedulers write "lr" here
    state         by parameter (by identity, not by ==), the arrays that its updates need

    Raises DTypeError, GraphError or OptionError, saying which, for parameters or options that cannot be meant.
    """

    buffers: tuple[str, ...] = ()  # the names of the arrays that `update` may keep in its state
    numbers: tuple[str, ...] = ()  # and of single numbers, beside "step"

    def __init__(self, params: Any, defaults: dict[str, Any]) -> None:
        self.defaults = defaults
        self.param_groups: list[dict[str, Any]] = []
        self.state: dict[Tensor, dict[str, Any]] = {}
        self._checked: dict[int, tuple[tuple[Any, ...], dict[str, Any]]] = {}
        self.steps = 0  # calls of step(), so that a scheduler can tell whether one came before
        for group in read_groups(self.name, params):
            self.add_param_group(group)

    def update(self, *args: Any, **options: Any) -> None:
        """update(param, grad, state, **options): change the array `param` in place, and never `grad`."""
        raise NotImplementedError

    def update_rows(self, *args: Any, **options: Any) -> bool:
        """update_rows(param, rows, state, **options): the same from an embedding's gradient, of which only some rows are
        not 0 (gradients.Rows). Returns False where this optimizer cannot, and has changed nothing."""
        return False

    def settle(self, state: dict[str, Any]) -> None:
        """Carry out, in one parameter's state, what an optimizer had put off, before the state is saved."""

    def check(self, options: dict[str, Any]) -> None:
        """Refuse options that do not go together."""

    @property
    def name(self) -> str:
        return type(self).__name__

    def __repr__(self) -> str:
        groups = [", ".join(f"{k}={g[k]}" for k in self.defaults) + f": {len(g['params'])}" for g in self.param_groups]
        return f"{self.name}({'; '.join(groups)} parameters)"

    def _options(self, group: dict[str, Any]) -> dict[str, Any]:
        """The options of a group, checked; those of the step before need no second look."""
        given = tuple([group[name] for name in self.defaults])
        before = self._checked.get(id(group))
        if before is None or before[0] != given:
            options = check_options(self.name, group, self.defaults)
            self.check(options)
            before = self._checked[id(group)] = (given, options)
        return dict(before[1])

    def _labels(self) -> dict[Tensor, str]:
        """What messages call each parameter, in the order of the groups, which is that of the state dict."""
        pairs = [(p, name) for g in self.param_groups
                 for p, name in zip(g["params"], g.get("param_names") or [None] * len(g["params"]), strict=True)]
        return {p: label(p, name, i) for i, (p, name) in enumerate(pairs)}

    def add_param_group(self, group: dict[str, Any]) -> None:
        """Add parameters with options of their own: {"params": ..., "lr": 1e-4}."""
        if not isinstance(group, dict) or "params" not in group:
            raise DTypeError(message(f"{self.name}: a group is a dict with 'params', not this {type(group).__name__}",
                                     fix='pass {"params": [...], "lr": ...}; groups and Tensors do not mix'))
        check_names(self.name, group, self.defaults)
        params, names = read_params(self.name, group["params"])
        seen = {p for g in self.param_groups for p in g["params"]}
        for i, (p, name) in enumerate(zip(params, names, strict=True)):
            if p in seen:
                raise OptionError(message(f"{self.name}: {label(p, name, i)} was given twice: it would be updated twice",
                                         fix="leave it out of one of the lists; model.parameters() has tied ones once"))
            seen.add(p)
        options = {**self.defaults, **{k: v for k, v in group.items() if k not in ("params", "param_names")}}
        options.update(self._options(options))
        if any(names):
            options["param_names"] = names
        self.param_groups.append({"params": params, **options})

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients, so that the next backward() does not add to them.

        With set_to_none=False they become zeros; the next step then updates with a gradient of 0, which weight
        decay and momentum turn into a change. With None, the default, a parameter that gets none is left alone.
        """
        for group in self.param_groups:
            for p in group["params"]:
                p.grad = None if set_to_none or p._grad is None else Tensor(xp_of(p.array).zeros_like(p.array))

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update, in place, every parameter that has a gradient; one whose `grad` is None is left as it is.

        closure  called first: computes the loss anew, and its gradients. What it returns, step returns

        Raises GraphError if no parameter has a gradient; OptionError if an option, say lr, has become NaN or negative.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        if not self._update_all():
            raise GraphError(message(f"{self.name}.step: no parameter has a gradient",
                                     fix="call loss.backward() first, on a loss computed from these parameters"))
        self.steps += 1
        return loss

    def _update_all(self) -> bool:
        """Update the parameters that have a gradient; False where none has."""
        work = [(group["params"], self._options(group)) for group in self.param_groups]  # all checked before any change
        given = 0
        for params, _ in work:
            for p in params:
                g = p._grad
                if g is not None:
                    given += 1
                    shape, values = (g.of, g.g) if type(g) is Rows else (g.array.shape, g.array)
                    if shape != p.array.shape:
                        raise ShapeError(message(f"{self.name}.step: {self._labels()[p]} has a gradient of shape {shape}, "
                                                 f"not {p.array.shape}", fix="let backward() make it: do not assign p.grad"))
                    if type(values) is not type(p.array) and mixed((values, p.array)):
                        raise DeviceError(message(f"{self.name}.step: {self._labels()[p]} is on {device_of(p.array)}, "
                                                  f"its gradient on {device_of(values)}", fix="model.to() moves both"))
        first = self.buffers[0] if self.buffers else ""  # where an optimizer keeps any array, it keeps this one
        written = []
        for params, options in work:
            sign_turned = options.pop("maximize")
            for p in params:
                g = p._grad
                if g is None:
                    continue
                state = self.state.setdefault(p, {})
                if first in state and (type(state[first]) is not type(p.array) or state[first].dtype is not p.array.dtype):
                    state.update({name: to_device(state[name], device_of(p.array)).astype(p.array.dtype, copy=False)
                                  for name in self.buffers if name in state})  # the model was moved, or is of another dtype now
                if type(g) is Rows and (sign_turned or not self.update_rows(p.array, g, state, **options)):
                    g = p.grad  # in full
                if type(g) is not Rows:
                    self.update(p.array, -g.array if sign_turned else g.array, state, **options)
                written.append(p.array)
        wrote(*written)
        return bool(given)

    def state_dict(self) -> dict[str, Any]:
        """A copy of the state in PyTorch's layout: {"state": {index: {name: array}}, "param_groups": [...]}.

        Parameters are numbered in the order of the groups. Every array is NumPy's; `step` is one of no axes.
        """
        index = {p: i for i, p in enumerate(self._labels())}
        for kept in self.state.values():
            self.settle(kept)
        state = {index[p]: {k: np.array(to_host(v), np.float32 if k == "step" else None) for k, v in kept.items()}
                 for p, kept in self.state.items() if kept}
        groups = [{**g, "params": [index[p] for p in g["params"]]} for g in self.param_groups]
        return {"state": dict(sorted(state.items())), "param_groups": groups}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from what `state_dict()` returned, here or in PyTorch (tensors or arrays).

        Raises StateError, naming what differs, and then changes nothing.
        """
        for what in self._differences(state_dict):
            raise StateError(message(f"{self.name}.load_state_dict: {what}",
                                     fix="make the optimizer as it was when saved: its class, parameters and groups"))
        saved_groups = state_dict["param_groups"]
        groups = [self._loaded(own, saved) for own, saved in zip(self.param_groups, saved_groups, strict=True)]
        by_index = self._by_index(saved_groups)
        state = {}
        for index, kept in state_dict["state"].items():
            p = by_index[int(index)]
            state[p] = {name: int(value) if name == "step" else float(value) if name in self.numbers else xp_of(p.array).array(
                            value if is_array(value) and value.dtype.kind in "fiub" else
                            numbers_of(f"{self.name}.load_state_dict", name, value), dtype=p.array.dtype)
                        for name, value in kept.items() if value is not None}
        self.param_groups[:], self.state = groups, state

    def _loaded(self, own: dict[str, Any], saved: dict[str, Any]) -> dict[str, Any]:
        """A group of our parameters with the options that were saved, checked."""
        loaded = {**own, **{name: saved[name] for name in saved if name not in _NO_OPTIONS}}
        return {**loaded, **self._options(loaded)}

    def _by_index(self, saved_groups: list[dict[str, Any]]) -> dict[int, Tensor]:
        """Our parameters by the numbers that they have in the saved groups."""
        numbers = [int(i) for group in saved_groups for i in group["params"]]
        return dict(zip(numbers, self._labels(), strict=True))

    def _differences(self, state_dict: Any) -> Iterator[str]:
        """What in a state dict does not fit this optimizer, one after the other: each may rely on those before."""
        if not isinstance(state_dict, dict) or not {"state", "param_groups"} <= state_dict.keys():
            yield "this is no state dict of an optimizer: it lacks 'state' or 'param_groups'"
        saved_groups = state_dict["param_groups"]
        if len(saved_groups) != len(self.param_groups):
            yield f"it has {len(saved_groups)} groups, ours {len(self.param_groups)}"
        for i, (own, saved) in enumerate(zip(self.param_groups, saved_groups, strict=True)):
            if len(own["params"]) != len(saved["params"]):
                yield f"its group {i} has {len(saved['params'])} parameters, ours {len(own['params'])}"
            for ours, theirs in zip(own.get("param_names", ()), saved.get("param_names", ()), strict=False):
                if ours != theirs:
                    yield f"group {i} has {theirs!r} where this optimizer has {ours!r}"
            for name in saved:
                if name not in (*_NO_OPTIONS, *self.defaults, "initial_lr"):
                    yield f"its group {i} has the option {name!r}, which {self.name} does not know"
        labels, by_index = self._labels(), self._by_index(saved_groups)
        for index, kept in state_dict["state"].items():
            if int(index) not in by_index:
                yield f"it has a state for parameter {index}, which is in none of its groups"
            p = by_index[int(index)]
            for name, value in kept.items():
                if name == "step" or name in self.numbers or value is None:
                    continue
                if name not in self.buffers:
                    yield f"it has {name!r} for {labels[p]}, which {self.name} does not keep"
                shape = tuple(value.shape) if hasattr(value, "shape") else np.shape(value)
                if shape != p.array.shape:
                    yield f"{name} of {labels[p]} has shape {shape}, the parameter {p.array.shape}"
