"""Modules that hold modules. A plain list or dict as an attribute is found too; these can be called or nested."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Any

from ..checks import Instance, instance, listed
from ..errors import DTypeError, StateError, message
from .module import Module


def _module(holder: str, x: Any) -> Module:
    if not isinstance(x, Module):
        kind = f"the class {x.__name__}" if isinstance(x, type) else f"a {type(x).__name__}"
        raise DTypeError(message(f"{holder}: {kind} is no module",
                                 fix="pass modules one by one, made: nn.Linear(2, 3), nn.Tanh()"))
    return x


class Sequential(Module):
    """Modules called one after the other, each on the output of the last."""

    def __init__(self, *modules: Module) -> None:
        for i, module in enumerate(modules):
            setattr(self, str(i), _module("Sequential", module))

    def forward(self, input: Any) -> Any:
        for module in vars(self).values():
            if isinstance(module, Module):
                input = module(input)
        return input

    def __len__(self) -> int:
        return len(list(self.children()))

    def __iter__(self) -> Iterator[Module]:
        return self.children()

    def __getitem__(self, index: int) -> Module:
        return list(self.children())[index]


class ModuleList(Module):
    """A list of modules, whose parameters are found."""

    _holds_only = True

    def __init__(self, modules: Annotated[Iterable[Module], listed] = ()) -> None:
        self._count = 0
        for module in modules:
            self.append(module)

    def append(self, module: Module) -> ModuleList:
        setattr(self, str(self._count), _module("ModuleList", module))
        self._count += 1
        return self

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Module]:
        return self.children()

    def __getitem__(self, index: int) -> Module:
        return list(self.children())[index]


class ModuleDict(Module):
    """Modules by name, whose parameters are found."""

    _holds_only = True

    def __init__(self, modules: Instance[dict[str, Module]] | None = None) -> None:
        for name, module in (modules or {}).items():
            self[name] = module

    def __setitem__(self, name: str, module: Module) -> None:
        instance("ModuleDict", "a name", name, str)
        if hasattr(type(self), name) or "." in name:
            raise StateError(message(f"ModuleDict: the name {name!r} is taken, or is a path", fix="another name, without a dot"))
        setattr(self, name, _module("ModuleDict", module))

    def __getitem__(self, name: str) -> Module:
        return dict(self.named_children())[name]

    def __contains__(self, name: str) -> bool:
        return name in dict(self.named_children())

    def __len__(self) -> int:
        return len(list(self.children()))

    def __iter__(self) -> Iterator[str]:
        return self.keys()

    def keys(self) -> Iterator[str]:
        return (name for name, _ in self.named_children())
