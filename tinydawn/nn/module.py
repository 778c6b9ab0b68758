"""Module: a layer or a model, which finds its parameters by itself."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from .. import scope
from ..backend import device_of, like, module_of, to_device, to_host
from ..checks import declared
from ..errors import DTypeError, StateError, message
from ..graph import wrote
from ..tensor import Tensor

_PACKAGE = __name__.partition(".")[0]


class Parameter(Tensor):
    """A Tensor that belongs to a model: it requires a gradient, and is what an optimizer updates."""

    __slots__ = ()

    def __init__(self, data: Any, requires_grad: bool = True, name: str | None = None) -> None:
        super().__init__(data, requires_grad, name)
        if any(isinstance(what, Module) for what, _ in scope.here.path):
            warnings.warn(message(
                "a Parameter was created inside a forward call: it is made anew every time, and never trained",
                fix="create layers in __init__"), stacklevel=3)


class Buffer(Tensor):
    """A Tensor that belongs to a model's state but is not trained, such as a table of positions."""

    __slots__ = ()


class LoadResult(NamedTuple):
    missing_keys: list[str]
    unexpected_keys: list[str]


class Module:
    """Base class of layers and models: define attributes in __init__ and the computation in `forward`.

    Parameters, buffers and modules are found among the attributes, in order of definition, also inside lists, tuples
    and dicts, and are named by their path: `encoder.layers.0.weight`. A parameter used in two places is listed once.
    """

    training = True
    _name = ""  # the attribute under which the parent holds this module
    _holds_only = False  # True for ModuleList and ModuleDict, which are never called themselves

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "__init__" in vars(cls) and cls.__module__.startswith(f"{_PACKAGE}."):  # who writes a layer may decorate it as well
            cls.__init__ = declared(cls.__init__)  # type: ignore[method-assign]

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        raise AttributeError(f"{type(self).__name__} defines no forward")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        path = scope.here.path
        depth = len(path)
        path.append((self, scope.next_call()))
        try:
            out = self.forward(*args, **kwargs)
            for hook in self.__dict__.get("_forward_hooks", ()):
                hook(self, args, out)
            return out
        finally:
            del path[depth:]

    def register_forward_hook(self, hook: Callable[[Module, tuple[Any, ...], Any], None]) -> Callable[[], None]:
        """Call `hook(module, args, output)` after every forward: for looking, not for changing. Returns its remover."""
        hooks = self.__dict__.setdefault("_forward_hooks", [])
        hooks.append(hook)
        return lambda: hooks.remove(hook)

    # --- attributes ---

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(self.__dict__.get(name), Parameter) and not (value is None or isinstance(value, Parameter)):
            raise DTypeError(message(
                f"{type(self).__name__}.{name} is a Parameter, and a {type(value).__name__} in its place would not be trained",
                fix=f"assign nn.Parameter(...), or write its values: {name}.data[...] = ..."))
        if isinstance(value, Tensor):
            value.name = value.name or name
        for path, child in _held(name, value):
            if isinstance(child, Module):
                child._set_name(f"{self._name}.{path}" if self._holds_only and self._name else path)
        object.__setattr__(self, name, value)

    def _set_name(self, name: str) -> None:
        """Take the name under which the parent holds this module; what a mere list holds is named through it."""
        self.__dict__["_name"] = name
        if self._holds_only:
            for own, child in self.named_children():
                child._set_name(f"{name}.{own}")

    def __getattr__(self, name: str) -> Any:
        kind = type(self).__name__
        if hasattr(type(self), name):  # a property whose own code failed: its own error, in place of a wrong hint
            return object.__getattribute__(self, name)
        from ..guards.elsewhere import MODULES, elsewhere

        raise AttributeError(elsewhere(kind, name, dir(self), MODULES, "set it in __init__", namesakes=False), name=name)

    def register_buffer(self, name: str, value: Any) -> None:
        """Hold an array or Tensor as part of the state that is saved, but not trained."""
        setattr(self, name, Buffer(value, name=name))

    # --- what it holds ---

    def _walk(self, prefix: str = "", seen: set[int] | None = None, again: bool = False) -> Iterator[tuple[str, Any]]:
        """Every module, parameter and buffer below, with its path; a module before what it holds.

        A module in two places comes once; with `again` under each of its names, as in PyTorch's state dicts.
        """
        seen = set() if seen is None else seen
        if id(self) in seen:
            return
        seen.add(id(self))
        yield prefix, self
        for name, value in vars(self).items():
            if not isinstance(value, _HOLDERS):
                continue
            for path, child in _held(name, value):
                full = f"{prefix}.{path}" if prefix else path
                if isinstance(child, Module):
                    yield from child._walk(full, set(seen) if again else seen, again)
                else:
                    yield full, child

    def named_modules(self) -> Iterator[tuple[str, Module]]:
        """This module ("") and every one below, with their paths."""
        return ((name, x) for name, x in self._walk() if isinstance(x, Module))

    def modules(self) -> Iterator[Module]:
        return (module for _, module in self.named_modules())

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules that this one holds directly."""
        for name, value in vars(self).items():
            if isinstance(value, _HOLDERS):
                yield from ((path, x) for path, x in _held(name, value) if isinstance(x, Module))

    def children(self) -> Iterator[Module]:
        return (module for _, module in self.named_children())

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Every parameter with its path, in order of definition; a shared one once, under its first name."""
        seen: set[int] = set()
        for name, x in self._walk():
            if isinstance(x, Parameter) and id(x) not in seen:
                seen.add(id(x))
                yield name, x

    def parameters(self) -> Iterator[Parameter]:
        return (parameter for _, parameter in self.named_parameters())

    def named_buffers(self) -> Iterator[tuple[str, Buffer]]:
        return ((name, x) for name, x in self._walk() if isinstance(x, Buffer))

    def buffers(self) -> Iterator[Buffer]:
        return (buffer for _, buffer in self.named_buffers())

    # --- state ---

    def state_dict(self) -> dict[str, Tensor]:
        """Every parameter and buffer by path, as Tensors that share the model's memory."""
        return {name: x.detach() for name, x in self._walk(again=True) if isinstance(x, (Parameter, Buffer))}

    def load_state_dict(self, state_dict: Any, strict: bool = True) -> LoadResult:
        """Copy the values of `state_dict` (path -> Tensor, array or PyTorch tensor) into this model.

        Everything is compared first: if a name is missing or unexpected (with strict) or a shape differs, StateError
        lists all of it, and nothing has been changed. Values are converted to the parameter's dtype.
        """
        if not hasattr(state_dict, "items"):
            raise StateError(message(f"load_state_dict: a {type(state_dict).__name__} is no state dict",
                                     fix="pass what state_dict() or td.load gave"))
        own = {name: x for name, x in self._walk(again=True) if isinstance(x, (Parameter, Buffer))}
        missing = [name for name in own if name not in state_dict]
        unexpected = [name for name in state_dict if name not in own]
        # astype copies: the values may be this model's own memory, under another name.
        arrays = {name: _values(state_dict[name]).astype(x.dtype) for name, x in own.items() if name in state_dict}
        misshapen = [f"{name}: {arrays[name].shape}, not {x.shape}" for name, x in own.items()
                     if name in arrays and arrays[name].shape != x.shape]
        if misshapen or (strict and (missing or unexpected)):
            lists = [f"  {kind}: {', '.join(names)}" for kind, names in
                     (("missing", missing), ("unexpected", unexpected), ("of another shape", misshapen)) if names]
            raise StateError(message(
                f"load_state_dict: the state does not fit {type(self).__name__}\n" + "\n".join(lists),
                fix="build the model with the settings it was saved with; strict=False skips missing and unexpected names"))
        for name, array in arrays.items():
            own[name].data[...] = like(array, own[name].data)
            wrote(own[name].data)
        return LoadResult(missing, unexpected)

    # --- modes ---

    def train(self, mode: bool = True) -> Module:
        """Training mode for this module and all below: dropout drops. Returns itself."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Module:
        """Evaluation mode: dropout does nothing. Returns itself."""
        return self.train(False)

    def zero_grad(self) -> None:
        """Forget all gradients."""
        for parameter in self.parameters():
            parameter.grad = None

    def requires_grad_(self, wanted: bool = True) -> Module:
        """Freeze (False) or train (True) every parameter below."""
        for parameter in self.parameters():
            parameter.requires_grad = wanted
        return self

    def apply(self, function: Callable[[Module], Any]) -> Module:
        """Call `function` on every module below, children first, and on this one last."""
        for module in reversed(list(self.modules())):
            function(module)
        return self

    def to(self, device: str) -> Module:
        """Move every parameter and buffer, and what gradients there are, to "cpu" or "cuda". Returns itself.

        An optimizer's state follows at its next step. New tensors are made where use_backend says, wherever models are.
        """
        module_of(device)  # fails before anything has been moved
        for _, x in self._walk():
            if isinstance(x, (Parameter, Buffer)) and device_of(x.data) != device:
                grad, wanted = x.grad, x.requires_grad
                x.requires_grad = False
                x.data, x.grad = to_device(x.data, device), None if grad is None else grad.detach().to(device)
                x.requires_grad = wanted
        return self

    def double(self) -> Module:
        """All parameters and buffers in float64: for checking gradients."""
        for _, x in self._walk():
            if isinstance(x, (Parameter, Buffer)) and x.dtype.kind == "f":
                wanted = x.requires_grad
                x.requires_grad = False
                x.data, x.grad = x.data.astype("float64"), None
                x.requires_grad = wanted
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Module:
        new = type(self).__new__(type(self))
        memo[id(self)] = new
        for name, value in vars(self).items():
            new.__dict__[name] = copy.deepcopy(value, memo)
        return new

    def extra_repr(self) -> str:
        """What stands in the brackets of repr: the settings."""
        return ""

    def __repr__(self) -> str:
        extra = self.extra_repr()
        lines = [f"({name}): {module!r}" for name, module in self.named_children()]
        if not lines:
            return f"{type(self).__name__}({extra})"
        body = "\n".join([extra, *lines] if extra else lines).replace("\n", "\n  ")
        return f"{type(self).__name__}(\n  {body}\n)"


_HOLDERS = (Module, Parameter, Buffer, list, tuple, dict)  # what an attribute may be that holds something of a model


def _held(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Modules, parameters and buffers in an attribute, which may be a list, tuple or dict of them."""
    if isinstance(value, (Module, Parameter, Buffer)):
        yield name, value
    elif isinstance(value, (list, tuple)):
        for i, x in enumerate(value):
            yield from _held(f"{name}.{i}", x)
    elif isinstance(value, dict) and not name.startswith("_"):
        for key, x in value.items():
            yield from _held(f"{name}.{key}", x)


def _values(x: Any) -> np.ndarray:
    """The values of one entry of a state dict, whoever made it."""
    if isinstance(x, Tensor):
        return to_host(x.data)
    return np.asarray(x.detach().cpu() if hasattr(x, "detach") else x)
