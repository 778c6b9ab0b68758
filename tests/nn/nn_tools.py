"""What the tests of layers share: deterministic values, and the comparison of a call with the same call in PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np

import tinydawn as td

TOLERANCE = 1e-10


class Const:
    """A floating argument that no gradient is asked for."""

    def __init__(self, array: Any) -> None:
        self.array = np.asarray(array)

    def __repr__(self) -> str:  # in the names of tests, which are to be the same in every process
        return f"Const{self.array.shape}"


def grid(*shape: int, phase: float = 0.0, scale: float = 1.0) -> np.ndarray:
    """Fixed float64 values without pattern along any axis: sin of 1.7 k + phase, at k = 0, 1, 2, ..."""
    k = np.arange(int(np.prod(shape)), dtype=np.float64)
    return np.asarray(scale * np.sin(1.7 * k + 0.3 + phase)).reshape(shape)


def flatten(x: Any) -> list[Any]:
    """The tensors in nested tuples, without None."""
    if isinstance(x, (tuple, list)):
        return [t for part in x for t in flatten(part)]
    return [] if x is None else [x]


def ours_of(a: Any) -> Any:
    if isinstance(a, tuple):
        return tuple(ours_of(x) for x in a)
    if isinstance(a, Const):
        return td.tensor(a.array)
    if isinstance(a, np.ndarray) and a.dtype.kind == "f":
        return td.tensor(a, requires_grad=True)
    return a


def theirs_of(torch: Any, a: Any) -> Any:
    if isinstance(a, tuple) and any(isinstance(x, np.ndarray) for x in a):
        return tuple(theirs_of(torch, x) for x in a)
    if isinstance(a, Const):
        return torch.tensor(a.array)
    if isinstance(a, np.ndarray):
        return torch.tensor(a, requires_grad=a.dtype.kind == "f")
    return a


def close(found: Any, expected: Any, what: str) -> None:
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.shape == expected.shape, f"{what}: shape {found.shape}, not {expected.shape}"
    np.testing.assert_allclose(found, expected, rtol=TOLERANCE, atol=TOLERANCE, err_msg=what)


def total(outputs: list[Any], convert: Any) -> Any:
    """The outputs reduced to one number by fixed weights, so that every entry counts differently."""
    return sum((o * convert(grid(*o.shape, phase=1.0 + i) + 1.5)).sum() for i, o in enumerate(outputs))


def compare(
    torch: Any, ours: Any, theirs: Any, args: Any, kwargs: Any = None, their_kwargs: Any = None, modules: Any = ()
) -> None:
    """Call both; equal in every output, in the gradient of every floating input, and in that of every parameter."""
    kwargs = kwargs or {}
    our_args, their_args = [ours_of(a) for a in args], [theirs_of(torch, a) for a in args]
    our_kwargs = {k: ours_of(a) for k, a in kwargs.items()}
    their_kwargs = {k: theirs_of(torch, a) for k, a in (kwargs if their_kwargs is None else their_kwargs).items()}
    our_out = flatten(ours(*our_args, **our_kwargs))
    their_out = flatten(theirs(*their_args, **their_kwargs))
    assert len(our_out) == len(their_out)
    for i, (a, b) in enumerate(zip(our_out, their_out, strict=True)):
        close(a.numpy(), b.detach().numpy(), f"output {i}")
    our_leaves, their_leaves = (
        flatten([*our_args, *our_kwargs.values()]),
        flatten([*their_args, *their_kwargs.values()]),
    )
    our_leaves = [x for x in our_leaves if isinstance(x, td.Tensor) and x.requires_grad]
    their_leaves = [x for x in their_leaves if isinstance(x, torch.Tensor) and x.requires_grad]
    their_out = [o for o in their_out if o.requires_grad]
    our_out = [o for o in our_out if o.requires_grad]
    assert len(our_out) == len(their_out)
    if not our_out:
        return
    total(our_out, td.tensor).backward()
    total(their_out, torch.tensor).backward()
    if len(our_leaves) == len(their_leaves):
        for i, (a, b) in enumerate(zip(our_leaves, their_leaves, strict=True)):
            same_gradient(a, b, f"gradient of input {i}")
    if modules:
        our_parameters, their_parameters = dict(modules[0].named_parameters()), dict(modules[1].named_parameters())
        assert list(our_parameters) == list(their_parameters)
        for name, parameter in our_parameters.items():
            same_gradient(parameter, their_parameters[name], f"gradient of {name}")


def same_gradient(a: Any, b: Any, what: str) -> None:
    """None and all zero are taken as one: where nothing depends on a tensor, either may come."""
    if b.grad is None or a.grad is None:
        assert b.grad is None or not b.grad.numpy().any(), what
        assert a.grad is None or not a.grad.array.any(), what
    else:
        close(a.grad.numpy(), b.grad.numpy(), what)


def twins(torch: Any, name: str, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
    """Our layer `name` and PyTorch's, in float64, with the same fixed weights, carried over by state_dict both ways."""
    return matched(torch, getattr(td.nn, name)(*args, **kwargs), getattr(torch.nn, name)(*args, **kwargs))


def matched(torch: Any, ours: Any, theirs: Any) -> tuple[Any, Any]:
    ours, theirs = ours.double(), theirs.double()
    with torch.no_grad():
        for i, p in enumerate(theirs.parameters()):
            p.copy_(torch.tensor(grid(*p.shape, phase=0.37 * i, scale=0.6)))
    state = theirs.state_dict()
    ours.load_state_dict(state)
    back = {name: torch.tensor(x.numpy()) for name, x in ours.state_dict().items()}
    assert list(back) == list(state)
    with torch.no_grad():
        for p in theirs.parameters():
            p.zero_()
    theirs.load_state_dict(back)
    return ours, theirs
