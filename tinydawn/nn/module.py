"""Module: a layer or a model, which finds its parameters by itself."""

from __future__ import annotations

import copy
from collections.abc import Callable
from types import FunctionType
from typing import Any, NamedTuple, NoReturn

import numpy as np

from .. import scope
from ..autograd import wrap
from ..backend import device_of, is_array, like, module_of, to_device, to_host
from ..checks import declared, number_dtype, numbers_of
from ..errors import DTypeError, StateError, message
from ..graph import wrote
from ..tensor import Tensor
from .held import HELD, Buffer, Holder, Parameter, buffer_of, held, put
from .hooks import Hook, hooked

_PACKAGE = __name__.partition(".")[0]


class LoadResult(NamedTuple):
    """What did not fit in a state dict that was loaded with strict=False."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not (self.missing_keys or self.unexpected_keys):
            return "<All keys matched successfully>"
        return f"LoadResult(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"


class Module(Holder):
    """Base class of layers and models: define attributes in __init__ and the computation in `forward`.

    Parameters, buffers and modules are found among the attributes, also inside lists, tuples and dicts, and are named by their
    path: `encoder.layers.0.weight`. The order is PyTorch's: of each module its own parameters, then its own buffers, then what
    its modules, lists and dicts hold, as they were defined. A parameter used in two places is listed once.
    """

    training = True

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
            return hooked(self, tuple(hooks), args, kwargs) if hooks else self.forward(*args, **kwargs)
        finally:
            del path[depth:]

    def register_forward_hook(self, hook: Callable[[Module, tuple[Any, ...], Any], Any]) -> Hook:
        """Call `hook(module, args, output)` after every forward. What it returns, if not None, is the output in its place."""
        return Hook(self.__dict__.setdefault("_hooks", []), hook, "after")

    def register_forward_pre_hook(self, hook: Callable[[Module, tuple[Any, ...]], Any]) -> Hook:
        """Call `hook(module, args)` before every forward. What it returns, if not None, are the arguments in their place:
        a tuple of them, or one that is no tuple. Keyword arguments stay as they are."""
        return Hook(self.__dict__.setdefault("_hooks", []), hook, "before")

    def register_full_backward_hook(self, hook: Callable[[Module, tuple[Any, ...], tuple[Any, ...]], Any]) -> Hook:
        """Call `hook(module, grad_input, grad_output)` when a backward pass has come through: with the gradients of the arguments
        and of the outputs, None for what has none. What it returns, if not None, goes on in the place of grad_input."""
        return Hook(self.__dict__.setdefault("_hooks", []), hook, "backward")

    # --- attributes ---

    def __setattr__(self, name: str, value: Any) -> None:
        before = self.__dict__.get(name)
        if isinstance(before, (Parameter, Module)):
            self._check_replaced(name, before, value)
        if name in _METHODS or (isinstance(value, HELD) and isinstance(getattr(type(self), name, None), FunctionType)):
            _refuse_name(type(self), name)
        if name == "training" and not isinstance(value, (bool, np.bool_)):
            raise DTypeError(message(f"{type(self).__name__}.training is the mode, and would be lost as a {type(value).__name__}",
                                     fix="True or False; another name for anything else"))
        if isinstance(value, Buffer):
            self._kept().setdefault(name, True)
        elif name in self._kept():
            value = self._as_buffer(name, value)
        if isinstance(value, Tensor):
            value.name = value.name or name
        for path, child in held(name, value):
            if isinstance(child, Module) and (self._looks_into_lists or child is value):
                child._set_name(f"{self._name}.{path}" if self._holds_only and self._name else path)
        if any(isinstance(value, kind) and not isinstance(before, kind) for kind in HELD) and name not in self._kept():
            self.__dict__.pop(name, None)  # what becomes something else comes last, as in PyTorch
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        object.__delattr__(self, name)
        self._kept().pop(name, None)

    def _check_replaced(self, name: str, before: Any, value: Any) -> None:
        """What a model holds is not lost by an assignment that was meant for something else."""
        owner, kind = f"{type(self).__name__}.{name}", type(value).__name__
        if isinstance(before, Parameter) and not (value is None or isinstance(value, Parameter)):
            raise DTypeError(message(
                f"{owner} is a Parameter, and a {kind} in its place would not be trained",
                fix=f"assign nn.Parameter(...), or write its values: {name}.data[...] = ..."))
        if isinstance(before, Module) and (is_array(value) or (isinstance(value, Tensor) and not isinstance(value, HELD))):
            raise DTypeError(message(f"{owner} is a {type(before).__name__}, and would be lost for a {kind}",
                                     fix="another name for the result; None removes the layer"))

    def _as_buffer(self, name: str, value: Any) -> Any:
        """What stands in a buffer's place from now on: a buffer too, unless it is of the model in a way of its own."""
        if isinstance(value, (Parameter, Module)):
            del self._kept()[name]
            return value
        if value is None:
            return None
        if not (isinstance(value, Tensor) or is_array(value)):
            raise DTypeError(message(f"{type(self).__name__}.{name} is a buffer, and a {type(value).__name__} would not be saved",
                                     fix="a Tensor, an array or None"))
        return buffer_of(value, name)

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

    def register_buffer(self, name: str, value: Any, persistent: bool = True) -> None:
        """Hold an array or Tensor as part of the state that is saved, but not trained; or None, for one that is still to come.
        Not `persistent`: it is not saved either.

        A Tensor or array that is assigned to it later, as in `self.mean = 0.9 * self.mean + 0.1 * x.mean(0)`, is the buffer then.
        """
        if name not in self._kept() and isinstance(self.__dict__.get(name), (Parameter, Module)):
            raise StateError(message(f"register_buffer: {type(self).__name__} has a {type(getattr(self, name)).__name__} of the "
                                     f"name {name!r}", fix="another name"))
        setattr(self, name, None if value is None else buffer_of(value, name))
        self._kept()[name] = persistent

    def register_parameter(self, name: str, parameter: Parameter | None) -> None:
        """The same as setattr(self, name, parameter), for names that are computed."""
        if parameter is not None and not isinstance(parameter, Parameter):
            raise DTypeError(message(f"register_parameter: {name!r} is a {type(parameter).__name__}", fix="nn.Parameter(...)"))
        setattr(self, name, parameter)

    def register_module(self, name: str, module: Module | None) -> None:
        """The same as setattr(self, name, module), for names that are computed."""
        if module is not None and not isinstance(module, Module):
            raise DTypeError(message(f"register_module: {name!r} is a {type(module).__name__}", fix="a Module, made"))
        setattr(self, name, module)

    def add_module(self, name: str, module: Module | None) -> None:
        """The same as register_module."""
        self.register_module(name, module)

    # --- state ---

    def _saved(self) -> dict[str, Any]:
        """Every parameter and buffer by path, but for the buffers that are not persistent."""
        passing = {id(vars(module).get(name)) for module in self.modules() for name, kept in module._kept().items() if not kept}
        return {name: x for name, x in self._named((Parameter, Buffer), again=True) if id(x) not in passing}

    def state_dict(self, prefix: str = "") -> dict[str, Tensor]:
        """Every parameter and buffer by path, after `prefix`, as Tensors that share the model's memory."""
        return {prefix + name: x.detach() for name, x in self._saved().items()}

    def load_state_dict(self, state_dict: Any, strict: bool = True) -> LoadResult:
        """Copy the values of `state_dict` (path -> Tensor, array or PyTorch tensor) into this model.

        Everything is compared first: if a name is missing or unexpected (with strict) or a shape differs, StateError
        lists all of it, and nothing has been changed. Values are converted to the parameter's dtype, also those of dtypes that
        NumPy has not, as bfloat16; DTypeError for what are no real numbers, and for fractions in a buffer of integers.
        """
        if not hasattr(state_dict, "items"):
            raise StateError(message(f"load_state_dict: a {type(state_dict).__name__} is no state dict",
                                     fix="pass what state_dict() or td.load gave"))
        own = self._saved()
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
        self.training = mode
        for module in self.children():
            module.train(mode)  # which a module may define anew, to keep a part of itself frozen
        return self

    def eval(self) -> Module:
        """Evaluation mode: dropout does nothing. Returns itself."""
        return self.train(False)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget all gradients; or, not `set_to_none`, make zeros of those that there are."""
        for parameter in self.parameters():
            if set_to_none or parameter.grad is None:
                parameter.grad = None
            else:
                parameter.grad = parameter.grad.detach() * 0

    def requires_grad_(self, wanted: bool = True) -> Module:
        """Freeze (False) or train (True) every parameter below."""
        for parameter in self.parameters():
            parameter.requires_grad = wanted
        return self

    def apply(self, function: Callable[[Module], Any]) -> Module:
        """Call `function` on every module below, children first, and on this one last."""
        for module in self.children():
            module.apply(function)
        function(self)
        return self

    def to(self, device: Any = None, dtype: Any = None) -> Module:
        """Move every parameter and buffer, and what gradients there are, to "cpu" or "cuda"; or convert all that are floating to
        `dtype`, which may stand first too; or both. Returns itself.

        An optimizer's state follows at its next step. New tensors are made where use_backend says, wherever models are.
        """
        if device is not None and not isinstance(device, str):
            device, dtype = None, device
        wanted = None if dtype is None else number_dtype("Module.to", dtype)
        if wanted is not None and wanted.kind != "f":
            raise DTypeError(message(f"Module.to: a model of {wanted}", fix="a floating dtype: td.float32, td.float64"))
        if device is not None:
            module_of(device)  # fails before anything has been moved

        def converted(array: Any) -> Any:
            array = array.astype(wanted) if wanted is not None and array.dtype.kind == "f" and array.dtype != wanted else array
            return to_device(array, device) if device is not None and device_of(array) != device else array

        self._replace_buffers(converted, {})
        for _, x in self._walk():
            if isinstance(x, (Parameter, Buffer)):
                _convert(x, converted)
        return self

    def _replace_buffers(self, function: Callable[[Any], Any], made: dict[int, Buffer]) -> None:
        """Other Buffers in the place of those that `function` changes: who holds one of them keeps what it was, as in PyTorch."""
        for name in self._kept():
            x = vars(self).get(name)
            if x is not None and (array := function(x.array)) is not x.array:
                vars(self)[name] = made.setdefault(id(x), Buffer(array, name=x.name))
        for module in self.children():
            module._replace_buffers(function, made)

    def cpu(self) -> Module:
        """The same as to("cpu")."""
        return self.to("cpu")

    def cuda(self) -> Module:
        """The same as to("cuda")."""
        return self.to("cuda")

    def double(self) -> Module:
        """All floating parameters and buffers in float64: for checking gradients."""
        return self.to(dtype=np.float64)

    def float(self) -> Module:
        """All floating parameters and buffers in float32."""
        return self.to(dtype=np.float32)

    def half(self) -> Module:
        """All floating parameters and buffers in float16: to save them; to compute in it is slow."""
        return self.to(dtype=np.float16)

    def __deepcopy__(self, memo: dict[int, Any]) -> Module:
        new = type(self).__new__(type(self))
        memo[id(self)] = new
        for name, value in vars(self).items():
            new.__dict__[name] = copy.deepcopy(value, memo)
        return new

    def extra_repr(self) -> str:
        """What stands in the brackets of repr: the settings."""
        return ""

    def _settings(self) -> str:
        """What stands in the brackets of repr; drawings show extra_repr."""
        return self.extra_repr()

    def __repr__(self) -> str:
        extra = self._settings()
        lines = [f"({name}): {module!r}" for name, module in self.named_children()]
        if not lines:
            return f"{type(self).__name__}({extra})"
        body = "\n".join([extra, *lines] if extra else lines).replace("\n", "\n  ")
        return f"{type(self).__name__}(\n  {body}\n)"


# Names that an attribute may not have: what eval(), state_dict() and all the others call. A model may define `forward` anew.
_METHODS = {name for kind in (Module, Holder) for name, x in vars(kind).items() if callable(x) and not name.startswith("__")}
_METHODS -= {"forward", "half", "float", "cpu", "cuda"}
_METHODS |= {"_name", "_hooks", "_buffers", "_buffer_names", "_parameters", "_modules"}


def _refuse_name(kind: type, name: str) -> NoReturn:
    whose = "every Module needs it" if name in _METHODS else f"it is a method of {kind.__name__}"
    raise StateError(message(f"{kind.__name__}.{name}: the name is taken, {whose}", fix=f"another name, such as {name}_"))


def _convert(x: Tensor, function: Callable[[Any], Any]) -> None:
    """Another array for a parameter or buffer, and for its gradient, if it has one; nothing where it stays the same."""
    array = function(x.array)
    if array is x.array:
        return
    grad = x.grad if x.is_leaf else None
    put(x, array, None if grad is None else wrap(function(grad.array), None))


def _values(name: str, x: Any, own: Tensor) -> np.ndarray:
    """A copy of one entry of a state dict, whoever made it, in the dtype of `own`, whose place it takes."""
    x = x.array if isinstance(x, Tensor) else x
    values = numbers_of("load_state_dict", name, to_host(x) if is_array(x) else x)
    made = values.astype(own.dtype)
    if own.dtype.kind != "f" and values.dtype.kind == "f" and (made != values).any():
        raise DTypeError(message(f"load_state_dict: {name} is {own.dtype} here, and the state has fractions or no numbers",
                                 fix="a state of the same model; floats stay whole in a buffer of floats"))
    return made
