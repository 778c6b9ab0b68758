"""Methods that write in place, whose names end in _."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ... import functional, ops, random
from ...backend import like
from ...graph import Traced
from ...tensor import Tensor
from .. import inplace
from ..inplace import change
from .common import tensor_of

# Methods that write what the method without the underscore gives.
WRITTEN = """
abs add addcdiv addcmul addmm baddbmm ceil clamp clamp_max clamp_min clip cos cumsum div divide eq erf exp floor floor_divide
fmod frac ge gt index_add index_copy index_fill index_put le lerp log log2 log10 log1p logical_not lt masked_fill
masked_scatter mul multiply nan_to_num ne neg pow reciprocal relu remainder round rsqrt scatter scatter_add sigmoid sign sin
sqrt square sub subtract tanh tril triu true_divide trunc
""".split()  # noqa: SIM905 (a list of words)


def written(name: str) -> Callable[..., Any]:
    """The method `name_`: writes what the method `name` gives."""

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        others = [a for a in (*args, *kwargs.values()) if isinstance(a, Traced)]
        return change(self, f"{name}_", lambda x: getattr(x, name)(*args, **kwargs), *others)

    return method


def _drawn(name: str, draw: Callable[..., Any]) -> Callable[..., Any]:
    """The method `name`, which fills with random numbers: draw(generator, shape, dtype, *args)."""

    def method(self: Any, *args: Any, generator: Any = None, **kwargs: Any) -> Any:
        source = generator if generator is not None else random.source
        return change(self, name, lambda _: Tensor(like(draw(source, self, *args, **kwargs), self.array).astype(self.dtype)))

    return method


def _reshaped(x: Any, reshape: Callable[[Any], Any], back: Callable[[Any], Any]) -> Any:
    """x becomes reshape(x), the same memory; what is a view of it, or it of another, is made accordingly from then on."""
    out = reshape(x)
    x.array, x._node = out.array, out._node
    if type(x.alias) is tuple:
        base, view = x.alias
        x.alias = (base, lambda a: reshape(view(a)))
    for reference in x.alias if type(x.alias) is list else ():
        if (t := reference()) is not None:
            t.alias = (x, functools.partial(_of_former, t.alias[1], back))
    return x


def _of_former(view: Callable[[Any], Any], back: Callable[[Any], Any], a: Any) -> Any:
    return view(back(a))


class Writing:
    """Methods of Tensor."""

    def _in_place(self: Any, name: str, function: Any, other: Any) -> Any:
        return change(self, name, lambda x: function(x, other), other)

    def fill_(self: Any, value: Any) -> Any:
        return change(self, "fill_", lambda x: functional.expand(tensor_of(value).astype(x.dtype), *x.shape), value)

    def fill_diagonal_(self: Any, fill_value: Any) -> Any:
        places = np.arange(min(self.shape))
        return change(self, "fill_diagonal_", lambda x: ops.index_put(x, fill_value, index=(places,) * x.ndim))

    def zero_(self: Any) -> Any:
        return self.fill_(0)

    def copy_(self: Any, src: Any, non_blocking: bool = False) -> Any:
        src = tensor_of(src)
        return change(self, "copy_", lambda x: functional.expand(ops.astype(src, dtype=x.dtype), *x.shape), src)

    def requires_grad_(self: Any, requires_grad: bool = True) -> Any:
        self.requires_grad = requires_grad
        if type(self.alias) is list:
            inplace.spread(self)  # views of it are views of a leaf from here on
        return self

    def squeeze_(self: Any, dim: Any = None) -> Any:
        shape = self.shape
        return _reshaped(self, lambda x: functional.squeeze(x, dim), lambda x: functional.reshape(x, *shape))

    def unsqueeze_(self: Any, dim: int) -> Any:
        shape = self.shape
        return _reshaped(self, lambda x: functional.unsqueeze(x, dim), lambda x: functional.reshape(x, *shape))

    def t_(self: Any) -> Any:
        return _reshaped(self, lambda x: functional.transpose(x, 0, 1), lambda x: functional.transpose(x, 0, 1))

    normal_ = _drawn("normal_", lambda g, x, mean=0.0, std=1.0: g.normal(
        mean, std, x.shape, x.dtype, contiguous=bool(x.array.flags.c_contiguous)))
    uniform_ = _drawn("uniform_", lambda g, x, a=0.0, b=1.0, **ends: g.uniform(
        ends.get("from", a), ends.get("to", b), x.shape, x.dtype))
    exponential_ = _drawn("exponential_", lambda g, x, lambd=1.0: g.exponential(lambd, x.shape, x.dtype))
    bernoulli_ = _drawn("bernoulli_", lambda g, x, p=0.5: g.bernoulli_like(p, x.array) if not isinstance(p, Traced)
                        else g.bernoulli(np.broadcast_to(p.array, x.shape)))
    random_ = _drawn("random_", lambda g, x, low=None, high=None: g.random(x.shape, x.dtype) if low is None
                     else g.integers(0 if high is None else low, low if high is None else high, x.shape))
