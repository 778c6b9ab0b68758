"""Module: a layer or a model, which finds its parameters by itself."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Iterator
from types import FunctionType
from typing import Any, NamedTuple, NoReturn

import numpy as np

from .. import scope
from ..backend import device_of, is_array, like, module_of, to_device, to_host
from ..checks import declared, numbers_of
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


class Hook:
    """A hook in its place: `hook.remove()`, or `hook()`, takes it out again."""

    def __init__(self, hooks: list[Hook], function: Callable[..., Any], before: bool) -> None:
        self.hooks, self.function, self.before = hooks, function, before
        hooks.append(self)

    def remove(self) -> None:
        if self in self.hooks:
            self.hooks.remove(self)

    __call__ = remove


class Module:
    """Base class of layers and models: define attributes in __init__ and the computation in `forward`.

    Parameters, buffers and modules are found among the attributes, also inside lists, tuples and dicts, and are named by their
    path: `encoder.layers.0.weight`. The order is PyTorch's: of each module its own parameters, then its own buffers, then what
    its modules, lists and dicts hold, as they were defined. A parameter used in two places is listed once.
    """

    training = True
    _name = ""  # the attribute under which the parent holds this module
    _holds_only = False  # True for ModuleList and ModuleDict, which are never called themselves

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "__init__" in vars(cls) and cls.__module__.startswith(f"{_PACKAGE}."):  # who writes a layer may decorate it as well
            cls.__init__ = declared(cls.__init__)  # type: ignore[method-assign]
        for name in vars(cls):
            if name in _METHODS and not callable(getattr(cls, name)):
                _refuse_name(cls, name)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        raise AttributeError(f"{type(self).__name__} defines no forward")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        path = scope.here.path
        depth = len(path)
        path.append((self, scope.next_call()))
        try:
            hooks = self.__dict__.get("_hooks")
            return self._hooked(tuple(hooks), args, kwargs) if hooks else self.forward(*args, **kwargs)
        finally:
            del path[depth:]

    def _hooked(self, hooks: tuple[Hook, ...], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """`forward`, with what hooks do before and after it."""
        for hook in hooks:
            if hook.before and (given := hook.function(self, args)) is not None:
                args = given if isinstance(given, tuple) else (given,)
        out = self.forward(*args, **kwargs)
        for hook in hooks:
            if not hook.before and (given := hook.function(self, args, out)) is not None:
                out = given
        return out

    def register_forward_hook(self, hook: Callable[[Module, tuple[Any, ...], Any], Any]) -> Hook:
        """Call `hook(module, args, output)` after every forward. What it returns, if not None, is the output in its place."""
        return Hook(self.__dict__.setdefault("_hooks", []), hook, before=False)

    def register_forward_pre_hook(self, hook: Callable[[Module, tuple[Any, ...]], Any]) -> Hook:
        """Call `hook(module, args)` before every forward. What it returns, if not None, are the arguments in their place:
        a tuple of them, or one that is no tuple. Keyword arguments stay as they are."""
        return Hook(self.__dict__.setdefault("_hooks", []), hook, before=True)

    # --- attributes ---

    def __setattr__(self, name: str, value: Any) -> None:
        held = self.__dict__.get(name)
        if isinstance(held, (Parameter, Module)):
            self._check_replaced(name, held, value)
        if name in _METHODS or (isinstance(value, _HELD) and isinstance(getattr(type(self), name, None), FunctionType)):
            _refuse_name(type(self), name)
        if name == "training" and not isinstance(value, (bool, np.bool_)):
            raise DTypeError(message(f"{type(self).__name__}.training is the mode, and would be lost as a {type(value).__name__}",
                                     fix="True or False; another name for anything else"))
        if isinstance(value, Buffer):
            self._buffer_names().add(name)
        elif name in self._buffer_names():
            value = self._as_buffer(name, value)
        if isinstance(value, Tensor):
            value.name = value.name or name
        for path, child in _held(name, value):
            if isinstance(child, Module):
                child._set_name(f"{self._name}.{path}" if self._holds_only and self._name else path)
        if any(isinstance(value, kind) and not isinstance(held, kind) for kind in _HELD) and name not in self._buffer_names():
            self.__dict__.pop(name, None)  # what becomes something else comes last, as in PyTorch
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        object.__delattr__(self, name)
        self._buffer_names().discard(name)

    def _check_replaced(self, name: str, held: Any, value: Any) -> None:
        """What a model holds is not lost by an assignment that was meant for something else."""
        owner, kind = f"{type(self).__name__}.{name}", type(value).__name__
        if isinstance(held, Parameter) and not (value is None or isinstance(value, Parameter)):
            raise DTypeError(message(
                f"{owner} is a Parameter, and a {kind} in its place would not be trained",
                fix=f"assign nn.Parameter(...), or write its values: {name}.data[...] = ..."))
        if isinstance(held, Module) and (is_array(value) or (isinstance(value, Tensor) and not isinstance(value, _HELD))):
            raise DTypeError(message(f"{owner} is a {type(held).__name__}, and would be lost for a {kind}",
                                     fix="another name for the result; None removes the layer"))

    def _buffer_names(self) -> set[str]:
        """The attributes that are buffers, which may be None at the moment: what is assigned to them is one again."""
        return self.__dict__.setdefault("_buffers", set())

    def _as_buffer(self, name: str, value: Any) -> Any:
        """What stands in a buffer's place from now on: a buffer too, unless it is of the model in a way of its own."""
        if isinstance(value, (Parameter, Module)):
            self._buffer_names().discard(name)
            return value
        if value is None:
            return None
        if not (isinstance(value, Tensor) or is_array(value)):
            raise DTypeError(message(f"{type(self).__name__}.{name} is a buffer, and a {type(value).__name__} would not be saved",
                                     fix="a Tensor, an array or None"))
        return _buffer(value, name)

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
        """Hold an array or Tensor as part of the state that is saved, but not trained; or None, for one that is still to come.

        A Tensor or array that is assigned to it later, as in `self.mean = 0.9 * self.mean + 0.1 * x.mean(0)`, is the buffer then.
        """
        if name not in self._buffer_names() and isinstance(self.__dict__.get(name), (Parameter, Module)):
            raise StateError(message(f"register_buffer: {type(self).__name__} has a {type(getattr(self, name)).__name__} of the "
                                     f"name {name!r}", fix="another name"))
        setattr(self, name, None if value is None else _buffer(value, name))
        self._buffer_names().add(name)

    # --- what it holds ---

    def _walk(self, again: bool = False) -> list[tuple[str, Any]]:
        """Every module, parameter and buffer below, with its path; a module before what it holds.

        A module in two places comes once; with `again` under each of its names, as in PyTorch's state dicts.
        """
        found: list[tuple[str, Any]] = []
        self._collect("", found, set(), again)
        return found

    def _collect(self, path: str, found: list[tuple[str, Any]], seen: set[int], again: bool) -> None:
        if id(self) in seen:
            return
        seen.add(id(self))
        found.append((path, self))
        start = f"{path}." if path else ""
        buffers, others = [], []
        for name, x in self.__dict__.items():
            if isinstance(x, Parameter):
                found.append((start + name, x))
            elif isinstance(x, Buffer):
                buffers.append((start + name, x))
            elif isinstance(x, Module):
                others.append((start + name, x))
            elif isinstance(x, _HOLDERS):
                others += [(start + within, child) for within, child in _held(name, x)]
        found += buffers
        for name, x in others:
            if isinstance(x, Module):
                x._collect(name, found, set(seen) if again else seen, again)
            else:
                found.append((name, x))

    def _named(self, kinds: Any, again: bool = False) -> list[tuple[str, Any]]:
        """Those of these kinds below, with their paths; an error where one path names two, of which a state would lose one."""
        found = [(name, x) for name, x in self._walk(again) if isinstance(x, kinds)]
        names = dict(found)
        if len(names) < len(found):
            for name, x in found:
                if names[name] is not x:
                    raise StateError(message(f"{type(self).__name__}: the name {name!r} leads to two, a {type(x).__name__} "
                                             f"and a {type(names[name]).__name__}",
                                             fix="no dots in the names of attributes and keys of dicts, and no key 1 beside '1'"))
        return found

    def named_modules(self) -> Iterator[tuple[str, Module]]:
        """This module ("") and every one below, with their paths."""
        return iter(self._named(Module))

    def modules(self) -> Iterator[Module]:
        return (module for _, module in self.named_modules())

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules that this one holds directly."""
        for name, value in vars(self).items():
            if isinstance(value, _HOLDERS):
                yield from ((path, x) for path, x in _held(name, value) if isinstance(x, Module))

    def children(self) -> Iterator[Module]:
        return (module for _, module in self.named_children())

    def _once(self, kind: type) -> Iterator[tuple[str, Any]]:
        """Each of this kind below, under its first name."""
        seen: set[int] = set()
        for name, x in self._named(kind):
            if id(x) not in seen:
                seen.add(id(x))
                yield name, x

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Every parameter with its path; a shared one once, under its first name."""
        return self._once(Parameter)

    def parameters(self) -> Iterator[Parameter]:
        return (parameter for _, parameter in self.named_parameters())

    def named_buffers(self) -> Iterator[tuple[str, Buffer]]:
        """Every buffer with its path; a shared one once, under its first name."""
        return self._once(Buffer)

    def buffers(self) -> Iterator[Buffer]:
        return (buffer for _, buffer in self.named_buffers())

    # --- state ---

    def state_dict(self) -> dict[str, Tensor]:
        """Every parameter and buffer by path, as Tensors that share the model's memory."""
        return {name: x.detach() for name, x in self._named((Parameter, Buffer), again=True)}

    def load_state_dict(self, state_dict: Any, strict: bool = True) -> LoadResult:
        """Copy the values of `state_dict` (path -> Tensor, array or PyTorch tensor) into this model.

        Everything is compared first: if a name is missing or unexpected (with strict) or a shape differs, StateError
        lists all of it, and nothing has been changed. Values are converted to the parameter's dtype, also those of dtypes that
        NumPy has not, as bfloat16; DTypeError for what are no real numbers, and for fractions in a buffer of integers.
        """
        if not hasattr(state_dict, "items"):
            raise StateError(message(f"load_state_dict: a {type(state_dict).__name__} is no state dict",
                                     fix="pass what state_dict() or td.load gave"))
        own = dict(self._named((Parameter, Buffer), again=True))
        missing = [name for name in own if name not in state_dict]
        unexpected = [name for name in state_dict if name not in own]
        # Copies: the values may be this model's own memory, under another name.
        arrays = {name: _values(name, state_dict[name], x) for name, x in own.items() if name in state_dict}
        misshapen = [f"{name}: {arrays[name].shape}, not {x.shape}" for name, x in own.items()
                     if name in arrays and arrays[name].shape != x.shape]
        if misshapen or (strict and (missing or unexpected)):
            lists = [f"  {kind}: {', '.join(names)}" for kind, names in
                     (("missing", missing), ("unexpected", unexpected), ("of another shape", misshapen)) if names]
            raise StateError(message(
                f"load_state_dict: the state does not fit {type(self).__name__}\n" + "\n".join(lists),
                fix="build the model with the settings it was saved with; strict=False skips missing and unexpected names"))
        for name, array in arrays.items():
            own[name].array[...] = like(array, own[name].array)
            wrote(own[name].array)
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
            if isinstance(x, (Parameter, Buffer)) and device_of(x.array) != device:
                grad = x.grad if x.is_leaf else None
                _put(x, to_device(x.array, device), None if grad is None else grad.detach().to(device))
        return self

    def double(self) -> Module:
        """All parameters and buffers in float64: for checking gradients."""
        for _, x in self._walk():
            if isinstance(x, (Parameter, Buffer)) and x.dtype.kind == "f":
                _put(x, x.array.astype("float64"), None)
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


_HELD = (Module, Parameter, Buffer)
_HOLDERS = (*_HELD, list, tuple, dict)  # what an attribute may be that holds something of a model
# Names that an attribute may not have: what eval(), state_dict() and all the others call. A model may define `forward` anew.
_METHODS = {name for name, x in vars(Module).items() if callable(x) and not name.startswith("__")} - {"forward"}
_METHODS |= {"_name", "_hooks", "_buffers"}


def _refuse_name(kind: type, name: str) -> NoReturn:
    whose = "every Module needs it" if name in _METHODS else f"it is a method of {kind.__name__}"
    raise StateError(message(f"{kind.__name__}.{name}: the name is taken, {whose}", fix=f"another name, such as {name}_"))


def _put(x: Tensor, array: Any, grad: Any) -> None:
    """Give a parameter or buffer another array, and with it another leaf; a buffer that was computed loses its past."""
    wanted = x.requires_grad and x.is_leaf
    x._node = None
    x.array, x.grad = array, grad
    x.requires_grad = wanted


def _buffer(value: Any, name: str) -> Buffer:
    """A buffer with these values. One that was computed stays in its graph: a gradient flows through as before."""
    buffer = Buffer(value, name=name)
    if isinstance(buffer.array, np.ndarray) and not buffer.array.flags.writeable:  # a broadcast: load_state_dict will write
        buffer.array = buffer.array.copy()
    if isinstance(value, Tensor) and not isinstance(value, Parameter):
        buffer._node = value._node
    return buffer


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


def _values(name: str, x: Any, own: Tensor) -> np.ndarray:
    """A copy of one entry of a state dict, whoever made it, in the dtype of `own`, whose place it takes."""
    x = x.array if isinstance(x, Tensor) else x
    values = numbers_of("load_state_dict", name, to_host(x) if is_array(x) else x)
    made = values.astype(own.dtype)
    if own.dtype.kind != "f" and values.dtype.kind == "f" and (made != values).any():
        raise DTypeError(message(f"load_state_dict: {name} is {own.dtype} here, and the state has fractions or no numbers",
                                 fix="a state of the same model; floats stay whole in a buffer of floats"))
    return made
