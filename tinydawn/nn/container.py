"""Modules that hold modules or parameters. A plain list or dict as an attribute is found too; these can be called or nested."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Any

from ..checks import Instance, instance, listed, whole
from ..errors import DTypeError, StateError, message
from ..tensor import Tensor
from .module import Module, Parameter


def _module(holder: str, x: Any) -> Module:
    if not isinstance(x, Module):
        kind = f"the class {x.__name__}" if isinstance(x, type) else f"a {type(x).__name__}"
        raise DTypeError(message(f"{holder}: {kind} is no module",
                                 fix="pass modules one by one, made: nn.Linear(2, 3), nn.Tanh()"))
    return x


def _parameter(holder: str, x: Any) -> Parameter:
    """`x`, or a Parameter of the Tensor `x`."""
    if isinstance(x, Parameter):
        return x
    return Parameter(instance(holder, "an entry", x, Tensor))


class _Numbered(Module):
    """What stands in a row, under the names "0", "1", ...: modules, or parameters."""

    def _items(self) -> dict[str, Any]:
        """What it holds, by name, in order."""
        return {name: x for name, x in vars(self).items() if isinstance(x, Module)}

    def _entry(self, x: Any) -> Any:
        """`x`, if it may stand in this row."""
        return _module(type(self).__name__, x)

    def _refill(self, entries: Iterable[Any]) -> None:
        """Hold these, numbered anew."""
        for name in self._items():
            delattr(self, name)
        for i, x in enumerate(entries):
            setattr(self, str(i), x)

    def _name_at(self, index: Any) -> str:
        """The name of the entry at `index`, which may count from the end."""
        names, i = list(self._items()), whole(type(self).__name__, "an index", index)
        if not -len(names) <= i < len(names):
            raise IndexError(f"{type(self).__name__}: index {i} of {len(names)} entries")
        return names[i]

    def __len__(self) -> int:
        return len(self._items())

    def __iter__(self) -> Iterator[Any]:
        return iter(self._items().values())

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return type(self)._of(list(self)[index])
        return self._items()[self._name_at(index)]

    def __setitem__(self, index: int, value: Any) -> None:
        setattr(self, self._name_at(index), self._entry(value))

    def __delitem__(self, index: Any) -> None:
        gone = list(self)[index] if isinstance(index, slice) else [self[index]]
        self._refill([x for x in self if not any(x is other for other in gone)])

    @classmethod
    def _of(cls, entries: list[Any]) -> Any:
        """A new one of these, which keep the names that they have where they came from."""
        made = cls.__new__(cls)
        vars(made).update({str(i): x for i, x in enumerate(entries)})
        return made

    def append(self, module: Any) -> Any:
        """One more at the end. Returns itself."""
        names = self._items()
        setattr(self, str(len(names)), self._entry(module))
        return self

    def extend(self, modules: Iterable[Any]) -> Any:
        """More at the end. Returns itself."""
        for module in listed(type(self).__name__, "what extend is given", modules):
            self.append(module)
        return self

    def insert(self, index: int, module: Any) -> Any:
        """One more before the entry at `index`. Returns itself."""
        entries = list(self)
        entries.insert(index, self._entry(module))
        self._refill(entries)
        return self

    def pop(self, index: int = -1) -> Any:
        """Take out the entry at `index`, and return it."""
        entries = list(self)
        taken = entries.pop(index)
        self._refill(entries)
        return taken

    def __add__(self, other: Iterable[Any]) -> Any:
        return type(self)._of([*self, *other])

    def __iadd__(self, other: Iterable[Any]) -> Any:
        return self.extend(other)


class Sequential(_Numbered):
    """Modules called one after the other, each on the output of the last. Given a dict of modules, they have its names."""

    def __init__(self, *modules: Module) -> None:
        if len(modules) == 1 and isinstance(modules[0], dict):
            for name, module in modules[0].items():
                setattr(self, name, _module("Sequential", module))
            return
        for i, module in enumerate(modules):
            setattr(self, str(i), _module("Sequential", module))

    def forward(self, input: Any) -> Any:
        for module in vars(self).values():
            if isinstance(module, Module):
                input = module(input)
        return input

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            part = dict(list(self._items().items())[index])
            if all(name.isdecimal() for name in part):
                return type(self)._of(list(part.values()))
            made = type(self)._of([])
            vars(made).update(part)  # with their names
            return made
        return self._items()[index] if isinstance(index, str) else super().__getitem__(index)


class ModuleList(_Numbered):
    """A list of modules, whose parameters are found."""

    _holds_only = True

    def __init__(self, modules: Annotated[Iterable[Module], listed] = ()) -> None:
        self.extend(modules)


class ParameterList(_Numbered):
    """A list of parameters, which are found: `values` is any sequence. Tensors in it are made parameters."""

    _holds_only = True

    def __init__(self, values: Annotated[Iterable[Any], listed] = ()) -> None:
        self.extend(values)

    def _items(self) -> dict[str, Any]:
        return {name: x for name, x in vars(self).items() if isinstance(x, Parameter)}

    def _entry(self, x: Any) -> Any:
        return _parameter("ParameterList", x)


class _Named(Module):
    """Modules or parameters by name."""

    def _items(self) -> dict[str, Any]:
        return {name: x for name, x in vars(self).items() if isinstance(x, Module)}

    def _entry(self, x: Any) -> Any:
        return _module(type(self).__name__, x)

    def __setitem__(self, name: str, value: Any) -> None:
        kind = type(self).__name__
        instance(kind, "a name", name, str)
        if hasattr(type(self), name) or "." in name:
            raise StateError(message(f"{kind}: the name {name!r} is taken, or is a path", fix="another name, without a dot"))
        setattr(self, name, self._entry(value))

    def __getitem__(self, name: str) -> Any:
        return self._items()[name]

    def __delitem__(self, name: str) -> None:
        if name not in self._items():
            raise KeyError(f"{type(self).__name__} holds nothing of the name {name!r}")
        delattr(self, name)

    def __contains__(self, name: object) -> bool:
        return name in self._items()

    def __len__(self) -> int:
        return len(self._items())

    def __iter__(self) -> Iterator[str]:
        return iter(self._items())

    def keys(self) -> Iterable[str]:
        """The names."""
        return self._items().keys()

    def values(self) -> Iterable[Any]:
        """What stands under the names."""
        return self._items().values()

    def items(self) -> Iterable[tuple[str, Any]]:
        """Names, each with what stands under it."""
        return self._items().items()

    def update(self, more: Any) -> None:
        """Set what a dict, or a list of pairs, says."""
        for name, value in dict(more).items():
            self[name] = value

    def pop(self, name: str) -> Any:
        """Take out what stands under this name, and return it."""
        value = self[name]
        del self[name]
        return value

    def clear(self) -> None:
        """Take out everything."""
        for name in list(self):
            del self[name]


class ModuleDict(_Named):
    """Modules by name, whose parameters are found: `modules` is a dict, or pairs of a name and a module."""

    _holds_only = True

    def __init__(self, modules: Instance[dict[str, Module]] | None = None) -> None:
        self.update(modules or {})


class ParameterDict(_Named):
    """Parameters by name, which are found. Tensors in it are made parameters."""

    _holds_only = True

    def __init__(self, parameters: Instance[dict[str, Any]] | None = None) -> None:
        self.update(parameters or {})

    def _items(self) -> dict[str, Any]:
        return {name: x for name, x in vars(self).items() if isinstance(x, Parameter)}

    def _entry(self, x: Any) -> Any:
        return _parameter("ParameterDict", x)
