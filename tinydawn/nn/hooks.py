"""What is called before and after a module's forward, and in the backward pass through it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from .. import functional as T
from ..tensor import Tensor

if TYPE_CHECKING:
    from .module import Module


class Hook:
    """A hook in its place: `hook.remove()`, or `hook()`, takes it out again."""

    def __init__(self, hooks: list[Hook], function: Callable[..., Any], when: Literal["before", "after", "backward"]) -> None:
        self.hooks, self.function, self.when = hooks, function, when
        hooks.append(self)

    def remove(self) -> None:
        if self in self.hooks:
            self.hooks.remove(self)

    __call__ = remove


def hooked(module: Module, hooks: tuple[Hook, ...], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """`module.forward`, with what its hooks do around it."""
    for hook in hooks:
        if hook.when == "before" and (given := hook.function(module, args)) is not None:
            args = given if isinstance(given, tuple) else (given,)
    backward = [hook for hook in hooks if hook.when == "backward"]
    after = [hook for hook in hooks if hook.when == "after"]
    return _watched(module, backward, after, args, kwargs) if backward else _forward(module, after, args, kwargs)


def _forward(module: Module, hooks: list[Hook], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """`module.forward`, and what `hooks` make of its output."""
    out = module.forward(*args, **kwargs)
    for hook in hooks:
        if (given := hook.function(module, args, out)) is not None:
            out = given
    return out


def _watched(module: Module, hooks: list[Hook], after: list[Hook], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """`_forward`, where `hooks` are called with the gradients of the arguments and of the outputs, and may replace those of
    the arguments.

    Several Tensors are made parts of one, whose gradient comes at once.
    """
    of_outputs: list[tuple[Any, ...]] = []
    args, joint = _joined(args)
    out = _forward(module, after, args, kwargs)
    outputs, joint_out = _joined(out if isinstance(out, tuple) else (out,))

    def at_arguments(gradients: tuple[Any, ...]) -> tuple[Any, ...]:
        for hook in hooks:
            given = hook.function(module, gradients, of_outputs[-1] if of_outputs else (None,) * len(outputs))
            if given is not None:
                gradients = given if isinstance(given, tuple) else (given,)
        return gradients

    def at_outputs(gradient: Any) -> None:
        of_outputs.append(_cut(gradient, outputs))
        if joint is None:  # no argument has a gradient: this is all that will come
            at_arguments((None,) * len(args))

    if joint_out is not None:
        joint_out.register_hook(at_outputs)
    if joint is not None:
        joint.register_hook(lambda gradient: _one([g for g in at_arguments(_cut(gradient, args)) if g is not None]))
    return outputs if isinstance(out, tuple) else outputs[0]


def _joined(values: tuple[Any, ...]) -> tuple[tuple[Any, ...], Any]:
    """`values`, in which those Tensors that require a gradient are parts of one; and that one, or None."""
    wanted = [x for x in values if isinstance(x, Tensor) and x.requires_grad]
    if not wanted:
        return values, None
    joint = _one(wanted)
    parts = iter(_cut(joint, wanted))
    return tuple(next(parts) if isinstance(x, Tensor) and x.requires_grad else x for x in values), joint


def _one(tensors: list[Any]) -> Any:
    """The entries of all, in one vector."""
    flat = [T.reshape(x, -1) for x in tensors]
    return flat[0] if len(flat) == 1 else T.cat(flat)


def _cut(joint: Any, like: Any) -> tuple[Any, ...]:
    """The parts of a joint vector in the shapes of those in `like` that require a gradient; None for all else."""
    parts, start = [], 0
    for x in like:
        if isinstance(x, Tensor) and x.requires_grad:
            size = int(np.prod(x.shape, dtype=int))
            parts.append(T.reshape(joint[start:start + size], x.shape))
            start += size
        else:
            parts.append(None)
    return tuple(parts)
