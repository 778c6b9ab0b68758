"""What a module holds: parameters, buffers and other modules, found among its attributes and named by their paths."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import scope
from ..errors import StateError, message
from ..tensor import Tensor

if TYPE_CHECKING:
    from .module import Module


class Parameter(Tensor):
    """A Tensor that belongs to a model: it requires a gradient, and is what an optimizer updates. Arguments as of Tensor: data,
    requires_grad, name."""

    __slots__ = ()

    def __init__(self, data: Any, requires_grad: bool = True, name: str | None = None) -> None:
        super().__init__(data, requires_grad, name)
        if any(isinstance(what, Holder) for what, _ in scope.here.path):
            warnings.warn(message(
                "a Parameter was created inside a forward call: it is made anew every time, and never trained",
                fix="create layers in __init__"), stacklevel=3)


class Buffer(Tensor):
    """A Tensor that belongs to a model's state but is not trained, such as a table of positions. Arguments as of Tensor: data,
    requires_grad, name."""

    __slots__ = ()


class Holder:
    """The part of Module that finds what it holds. See Module for the rules."""

    _name = ""  # the attribute under which the parent holds this module
    _holds_only = False  # True for ModuleList and its like, which are never called themselves
    _looks_into_lists = True  # whether modules and parameters in a plain list, tuple or dict are held

    def _kept(self) -> dict[str, bool]:
        """The attributes that are buffers, which may be None at the moment, and whether each belongs into the state dict."""
        return self.__dict__.setdefault("_buffer_names", {})

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
            elif isinstance(x, Holder):
                others.append((start + name, x))
            elif isinstance(x, LISTS) and self._looks_into_lists:
                others += [(start + within, child) for within, child in held(name, x)]
        found += buffers
        for name, x in others:
            if isinstance(x, Holder):
                x._collect(name, found, set(seen) if again else seen, again)
            else:
                found.append((name, x))

    def _own(self) -> list[tuple[str, Any]]:
        """What it holds itself, with the names from here."""
        found: list[tuple[str, Any]] = []
        for name, x in vars(self).items():
            if isinstance(x, (HELD, *LISTS)) and (self._looks_into_lists or isinstance(x, HELD)):
                found += held(name, x)
        return found

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

    def _of_kind(self, kind: type, prefix: str, recurse: bool, remove_duplicate: bool) -> Iterator[tuple[str, Any]]:
        """Each of this kind, here or anywhere below, with `prefix` before its path; a shared one under its first name only."""
        found = self._named(kind, again=not remove_duplicate) if recurse else [p for p in self._own() if isinstance(p[1], kind)]
        seen: set[int] = set()
        for name, x in found:
            if id(x) not in seen or not remove_duplicate:
                seen.add(id(x))
                yield f"{prefix}.{name}" if prefix and name else prefix or name, x

    def named_modules(self, prefix: str = "", remove_duplicate: bool = True) -> Iterator[tuple[str, Module]]:
        """This module ("") and every one below, with their paths, each after `prefix` and a dot."""
        return self._of_kind(Holder, prefix, True, remove_duplicate)

    def modules(self) -> Iterator[Module]:
        """This module and every one below."""
        return (module for _, module in self.named_modules())

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules that this one holds directly; one in two places under its first name."""
        return self._of_kind(Holder, "", False, True)

    def children(self) -> Iterator[Module]:
        """The modules that this one holds directly."""
        return (module for _, module in self.named_children())

    def named_parameters(self, prefix: str = "", recurse: bool = True,
                         remove_duplicate: bool = True) -> Iterator[tuple[str, Parameter]]:
        """Every parameter with its path; a shared one once, under its first name. Without `recurse` only this module's own."""
        return self._of_kind(Parameter, prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """Every parameter; without `recurse` only this module's own."""
        found: dict[int, Parameter] = {}
        if recurse and type(self).named_parameters is Holder.named_parameters and self._gather(found, set()):
            return iter(found.values())
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def _gather(self, found: dict[int, Parameter], seen: set[int]) -> bool:
        """The parameters in the order of _collect, without their paths, since they are asked for at every step; False where two
        might have one path: at a name with a dot, and in a dict."""
        if id(self) in seen:
            return True
        seen.add(id(self))
        others: list[Any] = []
        for name, x in self.__dict__.items():
            if isinstance(x, Parameter):
                found.setdefault(id(x), x)
            elif isinstance(x, Holder):
                others.append(x)
            elif isinstance(x, (list, tuple)) and self._looks_into_lists:
                others += [child for path, child in held(name, x)]
                if any(isinstance(child, dict) for child in x):
                    return False
            elif not (isinstance(x, dict) and any(held(name, x))):
                continue
            if "." in name or isinstance(x, dict):
                return False
        for x in others:
            if isinstance(x, Parameter):
                found.setdefault(id(x), x)
            elif isinstance(x, Holder) and not x._gather(found, seen):
                return False
        return True

    def named_buffers(self, prefix: str = "", recurse: bool = True,
                      remove_duplicate: bool = True) -> Iterator[tuple[str, Buffer]]:
        """Every buffer with its path; a shared one once, under its first name. Without `recurse` only this module's own."""
        return self._of_kind(Buffer, prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Buffer]:
        """Every buffer; without `recurse` only this module's own."""
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    def _at(self, what: str, kind: type, path: str) -> Any:
        found: Any = self if path == "" and kind is Holder else dict(self._named(kind, again=True)).get(path)
        if found is None:
            listed = {"get_submodule": "named_modules", "get_parameter": "named_parameters", "get_buffer": "named_buffers"}[what]
            raise StateError(message(f"{what}: {type(self).__name__} has none of the path {path!r}", fix=f"one of {listed}()"))
        return found

    def get_submodule(self, target: str) -> Module:
        """The module of this path, as "encoder.layers.0"; StateError where there is none."""
        return self._at("get_submodule", Holder, target)

    def get_parameter(self, target: str) -> Parameter:
        """The parameter of this path, as "encoder.layers.0.weight"; StateError where there is none."""
        return self._at("get_parameter", Parameter, target)

    def get_buffer(self, target: str) -> Buffer:
        """The buffer of this path; StateError where there is none."""
        return self._at("get_buffer", Buffer, target)

    # PyTorch's names for what a module holds itself: to look at, since what is written into these dicts is lost.

    @property
    def _modules(self) -> dict[str, Any]:
        return dict(self.named_children())

    @property
    def _parameters(self) -> dict[str, Any]:
        return {name: x for name, x in vars(self).items() if isinstance(x, Parameter)}

    @property
    def _buffers(self) -> dict[str, Any]:
        return {name: vars(self).get(name) for name in self._kept()}


HELD: Any = (Holder, Parameter, Buffer)
LISTS = (list, tuple, dict)


def held(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Modules, parameters and buffers in an attribute, which may be a list, tuple or dict of them."""
    if isinstance(value, HELD):
        yield name, value
    elif isinstance(value, (list, tuple)):
        for i, x in enumerate(value):
            yield from held(f"{name}.{i}", x)
    elif isinstance(value, dict) and not name.startswith("_"):
        for key, x in value.items():
            yield from held(f"{name}.{key}", x)


def put(x: Tensor, array: Any, grad: Any) -> None:
    """Give a parameter or buffer another array, and with it another leaf; a buffer that was computed loses its past."""
    wanted = x.requires_grad and x.is_leaf
    x._node = None
    x.array, x.grad = array, grad
    x.requires_grad = wanted


def buffer_of(value: Any, name: str) -> Buffer:
    """A buffer with these values. One that was computed stays in its graph: a gradient flows through as before."""
    buffer = Buffer(value, name=name)
    if isinstance(buffer.array, np.ndarray) and not buffer.array.flags.writeable:  # a broadcast: load_state_dict will write
        buffer.array = buffer.array.copy()
    if isinstance(value, Tensor) and not isinstance(value, Parameter):
        buffer._node = value._node
    return buffer
