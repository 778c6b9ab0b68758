"""torch.optim.Optimizer: PyTorch's leniency over tinydawn's optimizers, and the base of one's own."""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np

from ... import optim as ours
from ...autograd import wrap
from ...backend import to_host, xp_of
from ...errors import DTypeError, OptionError, message
from ...gradients import Rows
from ...graph import Traced, enable_grad, wrote
from ...optim.options import check_options, named, read_groups
from ...tensor import Tensor

# What PyTorch's groups say besides: how an update is run.
HOW: dict[str, Any] = {"foreach": None, "capturable": False, "differentiable": False, "fused": None}


class Optimizer(ours.Optimizer):
    """Base of all optimizers. One's own derives from it, hands on the parameters and the defaults of its options, and has a
    step() that goes through `self.param_groups`, keeping what it needs in `self.state[p]`.
    """

    _how: tuple[str, ...] = ()

    def __init__(self, params: Any, defaults: dict[str, Any]) -> None:
        super().__init__(params, dict(defaults))
        self._settle()
        self.steps = 1  # one's own does not count them: a schedule shall not warn that there was none

    def __setstate__(self, state: dict[str, Any]) -> None:
        """What a copy begins with; older programs put options in here that their groups did not have."""
        vars(self).update(state)

    def _settle(self) -> None:
        self.state: Any = defaultdict(dict, self.state)

    @property
    def _own(self) -> bool:
        """Whether this is a user's optimizer, with options and state that only it understands."""
        return type(self).update is ours.Optimizer.update and not isinstance(self, ours.LBFGS)

    def _options(self, group: dict[str, Any]) -> dict[str, Any]:
        """The options of a group as an update takes them. What a program has set since is taken as it is: lr may be below 0."""
        return {name: group[name] if self._own else _plain(group[name]) for name in self.defaults}

    def _check_options(self, group: dict[str, Any]) -> None:
        """An error for options that cannot be meant."""
        if not self._own:
            self.check(check_options(self.name, self._options(group), self.defaults))

    def add_param_group(self, group: dict[str, Any]) -> None:
        """Add parameters with options of their own, and with entries of any other name."""
        if not isinstance(group, dict) or "params" not in group:
            raise DTypeError(message(f"{self.name}: a group is a dict with 'params', not this {type(group).__name__}",
                                     fix='pass {"params": [...], "lr": ...}'))
        given = group["params"]
        entries = [given] if isinstance(given, Traced) else list(read_groups(self.name, given)[0]["params"])
        pairs = [named(self.name, f"params[{i}]", p, "make a Tensor of it, or put all in groups") for i, p in enumerate(entries)]
        params, names = [p for _, p in pairs], [name for name, _ in pairs]
        if any(not p.is_leaf for p in params):
            raise OptionError(message(f"{self.name}: can't optimize a non-leaf Tensor",
                                      fix="pass the Tensors it was computed from, or x.detach().requires_grad_()"))
        if len(set(params)) < len(params):
            warnings.warn(f"{self.name}: a group has a parameter twice: it will be updated twice", stacklevel=3)
        if set(params) & {p for other in self.param_groups for p in other["params"]}:
            raise OptionError(message(f"{self.name}: some parameters appear in more than one group",
                                      fix="leave them out of one of the groups"))
        how = {name: HOW[name] for name in self._how}
        options = {**self.defaults, **how, **{k: v for k, v in group.items() if k != "params"}}
        if any(options[name] is required for name in self.defaults):
            raise OptionError(message(f"{self.name}: an option that has no default is missing", fix="pass lr="))
        self._check_options(options)
        self.param_groups.append({"params": params, **options, **({"param_names": names} if any(names) else {})})

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients; with set_to_none=False those that are there become zeros."""
        for group in self.param_groups:
            for p in group["params"]:
                if set_to_none or p._grad is None:
                    p.grad = None
                elif type(p._grad) is Rows or p.grad._node is not None:
                    p.grad = Tensor(xp_of(p.array).zeros_like(p.array))
                else:
                    p.grad.array[...] = 0
                    wrote(p.grad.array)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update the parameters that have a gradient. `closure` computes the loss anew; step returns what it returns."""
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        self._update_all()
        self.steps += 1
        return loss

    def __repr__(self) -> str:
        lines = [f"{self.name} ("]
        for i, group in enumerate(self.param_groups):
            lines += ["", f"Parameter Group {i}"] if i else [f"Parameter Group {i}"]
            lines += [f"    {k}: {group[k]}" for k in sorted(group) if k != "params"]
        return "\n".join([*lines, ")"])

    def state_dict(self) -> dict[str, Any]:
        """The state as Tensors, by the number of the parameter, and the groups. As in PyTorch what is in it goes on changing with
        the next steps: copy.deepcopy keeps it as it is."""
        if isinstance(self, ours.LBFGS):
            return super().state_dict()
        index = {p: i for i, p in enumerate(p for group in self.param_groups for p in group["params"])}
        for kept in self.state.values():
            self.settle(kept)
        groups = [{**{k: v for k, v in g.items() if k != "params"}, "params": [index[p] for p in g["params"]]}
                  for g in self.param_groups]
        state = {index[p]: {k: _shown(k, v) for k, v in kept.items()} for p, kept in self.state.items() if kept and p in index}
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from what state_dict() returned, here or in PyTorch."""
        if isinstance(self, ours.LBFGS):
            return super().load_state_dict(state_dict)
        for kept in self.state.values():
            self.settle(kept)  # the state may be this optimizer's own
        saved = state_dict["param_groups"]
        if [len(g["params"]) for g in saved] != [len(g["params"]) for g in self.param_groups]:
            raise OptionError(message(f"{self.name}.load_state_dict: the groups have other numbers of parameters",
                                      fix="make the optimizer as it was when saved: its parameters and groups"))
        by_index = {i: p for g, own in zip(saved, self.param_groups, strict=True)
                    for i, p in zip(g["params"], own["params"], strict=True)}
        state = {by_index.get(i, i): {k: v if self._own else self._kept(k, v, by_index[i]) for k, v in kept.items()}
                 for i, kept in state_dict["state"].items()}
        groups = [{**g, "params": own["params"]} for g, own in zip(saved, self.param_groups, strict=True)]
        for group, own in zip(groups, self.param_groups, strict=True):
            self._check_options({**own, **group})
            own.update(group)
        self.state = defaultdict(dict, state)
        return None

    def _kept(self, name: str, value: Any, p: Any) -> Any:
        """One entry of a saved state as an update keeps it."""
        if name == "step" or name in self.numbers:
            return int(value) if name == "step" else float(value)
        if value is None:
            return None
        array = value.array if isinstance(value, Traced) else np.asarray(value)
        return array if array.dtype == p.dtype else array.astype(p.dtype)


class _Required:
    """What stands in the defaults of an option that has none."""

    def __repr__(self) -> str:
        return "<required parameter>"


required = _Required()


def _plain(value: Any) -> Any:
    """A number that is given as a Tensor or an array, or several, as Python's: beside one of float64 all would be computed so."""
    if isinstance(value, (tuple, list)):
        return tuple(_plain(v) for v in value)
    array = value.array if isinstance(value, Traced) else value
    return array.item() if isinstance(array, (np.ndarray, np.generic)) and array.size == 1 else array


def _shown(name: str, value: Any) -> Any:
    """An entry of the state as PyTorch shows it."""
    if name == "step" and isinstance(value, int):
        return Tensor(np.asarray(value, np.float32))
    return wrap(value, None) if isinstance(value, np.ndarray) else Tensor(to_host(value)) if hasattr(value, "dtype") and not (
        isinstance(value, Traced)) else value
