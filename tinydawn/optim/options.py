"""What an optimizer is given, checked: its parameters and its options, with an error for every usual slip."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable
from typing import Any

from .. import checks
from ..errors import DTypeError, GraphError, OptionError, message
from ..tensor import Tensor

_FLAGS = ("nesterov", "maximize", "amsgrad", "centered", "decoupled_weight_decay")
_ANY_SIGN = ("dampening",)
_PAIRS = {"betas": "(0.9, 0.999)", "etas": "(0.5, 1.2)", "step_sizes": "(1e-6, 50)"}
_BELOW_ONE = ("betas", "alpha", "rho")  # averaging coefficients: at 1 nothing new would ever be averaged in
_EXTRA = ("params", "initial_lr", "param_names")  # keys of a group that are no options


def check_options(owner: str, given: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    """The options of one group by name, as Python numbers, so that float32 parameters stay float32.

    Raises OptionError for a number out of its range, DTypeError for what is no number.
    """
    return {name: _check(owner, name, given[name]) for name in defaults}


def check_names(owner: str, group: dict[str, Any], defaults: dict[str, Any]) -> None:
    """An error for a key of a group that is no option of this optimizer."""
    for name in group:
        if name not in defaults and name not in _EXTRA:
            close = difflib.get_close_matches(str(name), defaults, n=1)
            raise OptionError(message(f"{owner}: a group has the option {name!r}, which {owner} does not know",
                                     fix=f"did you mean {close[0]!r}?" if close else f"it knows {', '.join(defaults)}"))


def _check(owner: str, name: str, value: Any) -> Any:
    if name in _FLAGS:
        return bool(value)
    if name in _PAIRS:
        if not isinstance(value, (tuple, list)) or len(value) != 2:
            raise OptionError(message(f"{owner}: {name} is {value!r}", fix=f"give two numbers, as in {name}={_PAIRS[name]}"))
        return tuple(_number(owner, f"{name}[{i}]", one, name) for i, one in enumerate(value))
    return _number(owner, name, value, name)


def _number(owner: str, label: str, value: Any, name: str) -> float:
    number = checks.number(owner, label, value)
    if not math.isfinite(number) or (number < 0 and name not in _ANY_SIGN) or (number >= 1 and name in _BELOW_ONE):
        bounds = "in [0, 1)" if name in _BELOW_ONE else "finite" if name in _ANY_SIGN else "finite and not negative"
        raise OptionError(message(f"{owner}: {label} must be {bounds}, got {number}",
                                 fix=f"choose {name} in that range; a schedule or a hand-written rule may have set it"))
    return number


def read_groups(owner: str, params: Any) -> list[dict[str, Any]]:
    """What was passed as `params`, as a list of groups."""
    if isinstance(params, Tensor):
        raise DTypeError(message(f"{owner}: params is one Tensor, not a list of them", fix="pass a list: [weight]"))
    check_listed(owner, "params", params, "pass model.parameters(), or a list (its order is fixed) of Tensors or groups",
                 unordered=(str, dict, set, frozenset))
    entries = list(params)
    if not entries:
        raise OptionError(message(f"{owner}: the list of parameters is empty",
                                 fix="pass model.parameters(); a generator can be used only once"))
    return entries if isinstance(entries[0], dict) else [{"params": entries}]


def check_listed(owner: str, what: str, params: Any, fix: str, unordered: tuple[type, ...] = ()) -> None:
    """DTypeError for a model in place of its parameters, and for what is no list of Tensors."""
    if hasattr(params, "parameters"):
        raise DTypeError(message(f"{owner}: {what} is a {type(params).__name__}, not its parameters",
                                 fix="pass model.parameters()"))
    if isinstance(params, unordered) or not isinstance(params, Iterable):
        raise DTypeError(message(f"{owner}: {what} is a {type(params).__name__}, not a list of Tensors", fix=fix))


def named(owner: str, what: str, entry: Any, fix: str) -> tuple[str | None, Tensor]:
    """A parameter, or a pair of its name and itself, as such a pair; DTypeError for what is no Tensor."""
    name, p = entry if isinstance(entry, tuple) and len(entry) == 2 else (None, entry)
    if not isinstance(p, Tensor):
        raise DTypeError(message(f"{owner}: {what} is a {type(p).__name__}, not a Tensor", fix=fix))
    return name, p


def read_params(owner: str, params: Any) -> tuple[list[Tensor], list[str | None]]:
    """The Tensors of one group, each a leaf that requires a gradient, and their names."""
    entries: list[Any] = [params] if isinstance(params, Tensor) else read_groups(owner, params)[0]["params"]
    tensors: list[Tensor] = []
    names: list[str | None] = []
    for i, entry in enumerate(entries):
        fix = "pass its .parameters()" if hasattr(entry, "parameters") else "make a Tensor of it, or put all in groups"
        name, p = named(owner, f"params[{i}]", entry, fix)
        if not p.is_leaf:
            raise GraphError(message(f"{owner}: {label(p, name, i)} was computed: no leaf, it gets no gradient",
                                     fix="pass the Tensors it was computed from, or x.detach().requires_grad_()"))
        if not p.requires_grad:
            raise GraphError(message(f"{owner}: {label(p, name, i)} does not require a gradient",
                                     fix="make it with requires_grad=True; leave frozen ones out: "
                                         "[p for p in model.parameters() if p.requires_grad]"))
        tensors.append(p)
        names.append(name)
    return tensors, names


def label(p: Tensor, name: str | None, index: int) -> str:
    """How a message calls a parameter: by its name if it has one, else by its place."""
    known = name or p.name
    return f"parameter {known!r}" if known else f"parameter {index} of shape {p.shape}"
